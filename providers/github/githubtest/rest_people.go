package githubtest

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// user is an account as it stands in other answers; nil is the account of all
// who were deleted.
func (c *call) user(u *User) fields {
	if u == nil {
		u = c.m.Ghost
	}
	at := c.api + "/users/" + u.Login
	page := c.web + "/" + u.Login
	if u.Kind == KindBot {
		page = c.web + "/apps/" + strings.TrimSuffix(u.Login, "[bot]")
	}
	return fields{
		"login": u.Login, "id": u.ID, "node_id": u.NodeID(), "gravatar_id": "",
		"avatar_url": c.avatar(u), "url": at, "html_url": page,
		"followers_url": at + "/followers", "following_url": at + "/following{/other_user}",
		"gists_url": at + "/gists{/gist_id}", "starred_url": at + "/starred{/owner}{/repo}",
		"subscriptions_url": at + "/subscriptions", "organizations_url": at + "/orgs",
		"repos_url": at + "/repos", "events_url": at + "/events{/privacy}",
		"received_events_url": at + "/received_events",
		"type":                u.Kind, "user_view_type": "public", "site_admin": u.SiteAdmin,
	}
}

func (c *call) avatar(u *User) string {
	sum := md5.Sum([]byte(u.Login))
	return c.web + "/avatars/u/" + hex.EncodeToString(sum[:4]) + "?v=4"
}

// userOrNull is the account, or null where GitHub does not name those that were
// deleted.
func (c *call) userOrNull(u *User) any {
	if u == nil {
		return nil
	}
	return c.user(u)
}

func (c *call) users(all []*User) []fields {
	out := []fields{}
	for _, u := range all {
		out = append(out, c.user(u))
	}
	return out
}

// profile is an account as such.
func (c *call) profile(u *User) fields {
	f := c.user(u)
	public := 0
	for _, r := range c.m.RepositoriesOf(u) {
		if r.Visibility == "public" {
			public++
		}
	}
	for name, v := range map[string]any{
		"name": orNull(u.Name), "company": nil, "blog": "", "location": nil, "email": orNull(u.Email),
		"hireable": nil, "bio": nil, "twitter_username": nil, "public_repos": public,
		"public_gists": len(c.m.GistsOf(u)), "followers": 0, "following": 0,
		"created_at": stamp(u.CreatedAt), "updated_at": stamp(u.CreatedAt),
	} {
		f[name] = v
	}
	return f
}

func getUser(c *call) (any, error) {
	if c.token == nil || c.token.User == nil {
		return nil, &failure{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	return c.ownProfile(c.token.User), nil
}

// ownProfile is what somebody sees of the own account.
func (c *call) ownProfile(u *User) fields {
	f := c.profile(u)
	private := 0
	for _, r := range c.m.RepositoriesOf(u) {
		if r.Visibility != "public" {
			private++
		}
	}
	for name, v := range map[string]any{
		"user_view_type": "private", "private_gists": 0, "total_private_repos": private, "owned_private_repos": private,
		"disk_usage": 0, "collaborators": 0, "two_factor_authentication": true, "notification_email": orNull(u.Email),
		"plan": fields{"name": "pro", "space": 976562499, "collaborators": 0, "private_repos": 9999},
	} {
		f[name] = v
	}
	return f
}

func getUserByLogin(c *call) (any, error) {
	u := c.m.User(c.r.PathValue("username"))
	if u != nil && c.token != nil && c.token.User == u {
		return c.ownProfile(u), nil
	}
	return reply(u, c.profile)
}

func getUserByID(c *call) (any, error) {
	id := c.number("account_id")
	i := slices.IndexFunc(c.m.Users, func(u *User) bool { return u.ID == id })
	if i < 0 {
		return nil, notFound()
	}
	return c.profile(c.m.Users[i]), nil
}

func getOrg(c *call) (any, error) {
	return reply(c.m.Org(c.r.PathValue("org")), func(o *Org) fields {
		at := c.api + "/orgs/" + o.Login
		public := 0
		for _, r := range c.m.RepositoriesOf(o.User) {
			if r.Visibility == "public" {
				public++
			}
		}
		return fields{
			"login": o.Login, "id": o.ID, "node_id": o.NodeID(), "url": at, "repos_url": at + "/repos",
			"events_url": at + "/events", "hooks_url": at + "/hooks", "issues_url": at + "/issues",
			"members_url": at + "/members{/member}", "public_members_url": at + "/public_members{/member}",
			"avatar_url": c.avatar(o.User), "description": orNull(o.Description), "name": o.Name,
			"company": "", "blog": "", "location": "", "email": "", "twitter_username": nil, "is_verified": false, "has_organization_projects": true, "has_repository_projects": true,
			"public_repos": public, "public_gists": 0, "followers": 0, "following": 0,
			"html_url": c.web + "/" + o.Login, "created_at": stamp(o.CreatedAt), "updated_at": stamp(o.CreatedAt),
			"archived_at": nil, "type": KindOrg,
		}
	})
}

func (c *call) simpleOrg(o *Org) fields {
	at := c.api + "/orgs/" + o.Login
	return fields{
		"login": o.Login, "id": o.ID, "node_id": o.NodeID(), "url": at, "repos_url": at + "/repos",
		"events_url": at + "/events", "hooks_url": at + "/hooks", "issues_url": at + "/issues",
		"members_url": at + "/members{/member}", "public_members_url": at + "/public_members{/member}",
		"avatar_url": c.avatar(o.User), "description": orNull(o.Description),
	}
}

func (c *call) orgsOf(u *User) []*Org {
	var in []*Org
	for _, o := range c.m.Orgs {
		if slices.Contains(o.Members, u) || slices.Contains(o.Owners, u) {
			in = append(in, o)
		}
	}
	return in
}

func listMyOrgs(c *call) (any, error) {
	if c.token == nil || c.token.User == nil {
		return nil, &failure{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	return list(c, c.orgsOf(c.token.User), c.simpleOrg)
}

func listOrgsOf(c *call) (any, error) {
	u := c.m.User(c.r.PathValue("username"))
	if u == nil {
		return nil, notFound()
	}
	return list(c, c.orgsOf(u), c.simpleOrg)
}

func listMembers(c *call) (any, error) {
	o := c.m.Org(c.r.PathValue("org"))
	if o == nil {
		return nil, notFound()
	}
	return list(c, o.Members, c.user)
}

func listIssueTypes(c *call) (any, error) {
	o := c.m.Org(cmp.Or(c.r.PathValue("org"), c.r.PathValue("owner")))
	if o == nil {
		return nil, notFound()
	}
	out := []fields{}
	for _, t := range o.IssueTypes {
		out = append(out, c.issueType(t).(fields))
	}
	return out, nil
}

func (c *call) issueType(t *IssueType) any {
	if t == nil {
		return nil
	}
	return fields{
		"id": t.ID, "node_id": t.NodeID(), "name": t.Name, "description": orNull(t.Description), "color": orNull(t.Color),
		"is_enabled": true, "created_at": stamp(Epoch), "updated_at": stamp(Epoch),
	}
}

func (c *call) team(t *Team) fields {
	at := c.api + "/organizations/" + t.Org.Login + "/team/" + t.Slug
	return fields{
		"id": t.ID, "node_id": t.NodeID(), "name": t.Name, "slug": t.Slug, "description": nil, "privacy": "closed",
		"notification_setting": "notifications_enabled", "permission": "pull", "url": at,
		"html_url":    c.web + "/orgs/" + t.Org.Login + "/teams/" + t.Slug,
		"members_url": at + "/members{/member}", "repositories_url": at + "/repos",
		"type": "organization", "organization_id": t.Org.ID, "parent": nil,
	}
}

func (c *call) teams(all []*Team) []fields {
	out := []fields{}
	for _, t := range all {
		out = append(out, c.team(t))
	}
	return out
}

func getRateLimit(c *call) (any, error) {
	resource := func(name string) fields {
		b, _ := c.s.spend(c.token, name, 0)
		return fields{"limit": b.limit, "used": b.used, "remaining": b.remaining(), "reset": b.resets.Unix()}
	}
	core := resource("core")
	return fields{"resources": fields{"core": core, "graphql": resource("graphql"), "search": resource("search")}, "rate": core}, nil
}

func getMeta(c *call) (any, error) {
	f := fields{"verifiable_password_authentication": false}
	if c.api != c.web {
		f["installed_version"] = enterpriseVersion
	}
	return f, nil
}
