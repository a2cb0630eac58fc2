package giteatest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

// digest is a text that is the same for the same parts.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// api and web are addresses on the server.
func (m *Model) api(format string, args ...any) string {
	return m.url + "/api/v1" + fmt.Sprintf(format, args...)
}

func (m *Model) web(format string, args ...any) string { return m.url + fmt.Sprintf(format, args...) }

func (m *Model) repoAPI(r *Repository, rest string) string {
	return m.api("/repos/%s/%s%s", url.PathEscape(r.Owner.Login), url.PathEscape(r.Name), rest)
}

func (m *Model) repoWeb(r *Repository, rest string) string {
	return m.web("/%s/%s%s", url.PathEscape(r.Owner.Login), url.PathEscape(r.Name), rest)
}

// escapePath escapes a path and leaves its slashes.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// userView shows a user to a viewer: the mail address, the sign-ins and the state
// of the account are for administrators and the user. A viewer of nil stands for
// places where nobody sees them.
func (m *Model) userView(u, viewer *User) any {
	if u == nil {
		return nil
	}
	full := viewer != nil && (viewer.Admin || viewer == u)
	o := object{
		"id": u.ID, "login": u.Login, "login_name": "", "source_id": 0, "full_name": u.FullName, "email": u.noreply(m),
		"avatar_url": fmt.Sprintf("%s/avatars/%x", m.url, md5.Sum([]byte(strings.ToLower(u.Email)+u.Login))),
		"html_url":   m.web("/%s", url.PathEscape(u.Login)),
		"language":   "", "is_admin": full && u.Admin, "last_login": "0001-01-01T00:00:00Z", "created": stamp(u.Created),
		"restricted": false, "active": false, "prohibit_login": false, "location": u.Location, "website": u.Website,
		"description": u.Description, "visibility": u.Visibility, "followers_count": m.followers(u),
		"following_count": len(u.follows), "starred_repos_count": len(u.stars), "username": u.Login,
	}
	if viewer != nil {
		o["email"] = u.Email
	}
	if full {
		o["last_login"], o["restricted"], o["active"], o["prohibit_login"] = "1970-01-01T00:00:00Z", u.Restricted, !u.Inactive && !u.Organization, u.NoLogin
	}
	return o
}

// noreply is the address of those whom nobody in particular looks at.
func (u *User) noreply(m *Model) string {
	host := strings.TrimPrefix(strings.TrimPrefix(m.url, "http://"), "https://")
	host, _, _ = strings.Cut(host, ":")
	return fmt.Sprintf("%d+%s@noreply.%s", u.ID, strings.ToLower(u.Login), host)
}

func (m *Model) followers(u *User) int {
	n := 0
	for _, o := range m.users {
		if o.follows[u] {
			n++
		}
	}
	return n
}

// users shows several users; it is null when there is none.
func (m *Model) userViews(all []*User, viewer *User) any {
	if len(all) == 0 {
		return nil
	}
	return userList(m, all, viewer)
}

func userList(m *Model, all []*User, viewer *User) []any {
	l := make([]any, 0, len(all))
	for _, u := range all {
		l = append(l, m.userView(u, viewer))
	}
	return l
}

func (m *Model) orgView(u *User) object {
	return object{
		"id": u.ID, "name": u.Login, "full_name": u.FullName, "email": u.Email,
		"avatar_url":  fmt.Sprintf("%s/avatars/%x", m.url, md5.Sum([]byte(u.Login))),
		"description": u.Description, "website": u.Website, "location": u.Location, "visibility": u.Visibility,
		"repo_admin_change_team_access": u.TeamAccessByRepoAdmins, "username": u.Login,
	}
}

func (m *Model) teamView(t *Team, withOrg bool) object {
	o := object{
		"id": t.ID, "name": t.Name, "description": t.Description, "organization": nil, "includes_all_repositories": t.AllRepos,
		"permission": t.Access.String(), "can_create_org_repo": t.CreatesRepo,
	}
	if withOrg {
		o["organization"] = m.orgView(t.Org)
	}
	names, levels := []string{}, object{}
	for _, u := range units() {
		a, set := t.Units[u[0]]
		if t.Access >= Administer {
			a, set = t.Access, true
		}
		if set && a > None {
			names = append(names, u[0])
			levels[u[0]] = a.String()
		}
	}
	o["units"], o["units_map"] = names, levels
	return o
}

// repoView shows a repository to a viewer.
func (m *Model) repoView(r *Repository, viewer *User) object {
	a := m.access(viewer, r, "")
	o := m.repoBody(r, a)
	if r.Parent != nil {
		o["parent"] = m.repoBody(r.Parent, m.access(viewer, r.Parent, ""))
	}
	if r.NewOwner != nil && a >= Administer {
		o["repo_transfer"] = object{"doer": m.userView(r.Owner, nil), "recipient": m.userView(r.NewOwner, nil), "teams": []any{}}
	}
	return o
}

func (m *Model) repoBody(r *Repository, a Access) object {
	var issues, pulls, releases int
	for _, i := range r.Issues {
		switch {
		case i.Closed:
		case i.Pull != nil:
			pulls++
		default:
			issues++
		}
	}
	for _, rel := range r.Releases {
		if !rel.OnlyTag && !rel.Draft {
			releases++
		}
	}
	owner := m.userView(r.Owner, nil).(object)
	if a > None {
		owner["email"] = r.Owner.Email
	}
	o := object{
		"id": r.ID, "owner": owner, "name": r.Name, "full_name": r.FullName(), "description": r.Description,
		"empty": len(branchesOf(r.refs)) == 0, "private": r.Private, "fork": r.Parent != nil, "template": r.Template, "mirror": false,
		"size": r.size, "language": "", "languages_url": m.repoAPI(r, "/languages"), "html_url": m.repoWeb(r, ""), "url": m.repoAPI(r, ""),
		"link": "", "ssh_url": "git@localhost:" + r.FullName() + ".git", "clone_url": m.repoWeb(r, ".git"), "original_url": r.OriginalURL,
		"website": r.Website, "stars_count": m.starred(r), "forks_count": m.forks(r), "watchers_count": len(r.Watchers),
		"branch_count": len(branchesOf(r.refs)), "open_issues_count": issues, "open_pr_counter": pulls, "release_counter": releases,
		"default_branch": r.DefaultBranch, "archived": r.Archived, "created_at": stamp(r.Created), "updated_at": stamp(r.Updated),
		"archived_at": stamp(r.ArchivedAt), "permissions": object{"admin": a >= Administer, "push": a >= Write, "pull": a >= Read},
		"avatar_url": "", "internal": !r.Private && r.Owner.Visibility != "public", "mirror_interval": "",
		"object_format_name": r.ObjectFormat, "mirror_updated": "0001-01-01T00:00:00Z", "topics": emptyNotNull(r.Topics), "licenses": []string{},
	}
	for name, value := range r.Settings {
		o[name] = value
	}
	hideOff(o, "has_issues", "internal_tracker")
	if o["external_tracker"] != nil {
		delete(o, "internal_tracker")
	}
	hideOff(o, "has_pull_requests", "ignore_whitespace_conflicts", "allow_merge_commits", "allow_rebase", "allow_rebase_explicit", "allow_squash_merge",
		"allow_fast_forward_only_merge", "allow_rebase_update", "allow_manual_merge", "autodetect_manual_merge", "default_delete_branch_after_merge",
		"default_allow_maintainer_edit")
	return o
}

// hideOff takes away what belongs to a unit that is off: switches are false then,
// and what is more than a switch is absent.
func hideOff(o object, unit string, names ...string) {
	if on, _ := o[unit].(bool); on {
		return
	}
	for _, name := range names {
		if _, isBool := o[name].(bool); isBool {
			o[name] = false
		} else {
			delete(o, name)
		}
	}
}

func (m *Model) starred(r *Repository) int {
	n := 0
	for _, u := range m.users {
		if u.stars[r] {
			n++
		}
	}
	return n
}

func (m *Model) forks(r *Repository) int {
	n := 0
	for _, o := range m.repos {
		if o.Parent == r {
			n++
		}
	}
	return n
}

func emptyNotNull(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

func (m *Model) hookView(h *Hook) object {
	o := object{
		"id": h.ID, "name": "", "type": "gitea", "branch_filter": "", "config": object{}, "events": []any{}, "authorization_header": "",
		"active": false, "updated_at": stamp(h.Updated), "created_at": stamp(h.Created),
	}
	for k, v := range h.Fields {
		o[k] = v
	}
	if config, ok := o["config"].(object); ok {
		shown := object{}
		for k, v := range config {
			if k != "secret" {
				shown[k] = v
			}
		}
		o["config"] = shown
	}
	return o
}
