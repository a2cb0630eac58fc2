package giteatest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func orgRoutes(add adding) {
	add("GET", "orgs", anyone(), (*call).listOrgs)
	add("POST", "orgs", signedIn(), func(c *call) (reply, error) { return c.createOrg(c.doer) })
	add("GET", "orgs/{org}", anyone(), func(c *call) (reply, error) { return ok(c.orgView(c.org)) })
	add("PATCH", "orgs/{org}", orgOwner(), (*call).editOrg)
	add("DELETE", "orgs/{org}", orgOwner(), (*call).deleteOrg)
	add("GET", "orgs/{org}/repos", anyone(), func(c *call) (reply, error) { return c.listReposOf(c.org) })
	add("POST", "orgs/{org}/repos", signedIn(), (*call).createOrgRepo)
	add("POST", "org/{org}/repos", signedIn(), (*call).createOrgRepo)
	add("GET", "orgs/{org}/members", anyone(), (*call).listMembers)
	add("GET", "orgs/{org}/members/{username}", signedIn(), (*call).isMember)
	add("DELETE", "orgs/{org}/members/{username}", orgOwner(), (*call).removeMember)
	add("GET", "orgs/{org}/labels", anyone(), func(c *call) (reply, error) {
		return ok(list(page(c, c.org.Labels, false), func(l *Label) object { return c.labelView(nil, l) }))
	})
	add("POST", "orgs/{org}/labels", orgOwner(), func(c *call) (reply, error) { return c.createLabel(c.org) })
	add("GET", "orgs/{org}/teams", signedIn(), func(c *call) (reply, error) {
		return ok(list(page(c, c.teamsOf(c.org), false), func(t *Team) object { return c.teamView(t, false) }))
	})
	add("GET", "orgs/{org}/teams/search", signedIn(), func(c *call) (reply, error) {
		q, found := strings.ToLower(c.query.Get("q")), []*Team(nil)
		for _, t := range c.teamsOf(c.org) {
			if strings.Contains(strings.ToLower(t.Name), q) {
				found = append(found, t)
			}
		}
		return ok(object{"ok": true, "data": list(page(c, found, true), func(t *Team) object { return c.teamView(t, false) })})
	})
	add("POST", "orgs/{org}/teams", orgOwner(), (*call).createTeam)
	add("GET", "teams/{teamid}", signedIn(), func(c *call) (reply, error) { return ok(c.teamView(c.team, true)) })
	add("PATCH", "teams/{teamid}", signedIn(), (*call).editTeam)
	add("DELETE", "teams/{teamid}", signedIn(), (*call).deleteTeam)
	add("GET", "teams/{teamid}/members", signedIn(), func(c *call) (reply, error) {
		return ok(userList(c.Model, page(c, sortedUsers(c.team.Members), false), c.doer))
	})
	add("PUT", "teams/{teamid}/members/{username}", signedIn(), (*call).addTeamMember)
	add("DELETE", "teams/{teamid}/members/{username}", signedIn(), func(c *call) (reply, error) {
		u, err := c.named()
		if err != nil {
			return reply{}, err
		}
		delete(c.team.Members, u)
		return none()
	})
	add("GET", "teams/{teamid}/repos", signedIn(), func(c *call) (reply, error) {
		var all []*Repository
		for _, r := range c.repoList() {
			if c.team.Repos[r] || c.team.AllRepos && r.Owner == c.team.Org {
				all = append(all, r)
			}
		}
		return ok(list(page(c, all, false), func(r *Repository) object { return c.repoView(r, c.doer) }))
	})
	add("PUT", "teams/{teamid}/repos/{owner}/{repo}", signedIn(), (*call).addTeamRepo)
	add("DELETE", "teams/{teamid}/repos/{owner}/{repo}", signedIn(), func(c *call) (reply, error) {
		delete(c.team.Repos, c.repo)
		return none()
	})
}

func (c *call) teamsOf(org *User) []*Team {
	var all []*Team
	for _, t := range c.teams {
		if t.Org == org {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *Team) int {
		if (a.Access == Own) != (b.Access == Own) {
			return map[bool]int{true: -1, false: 1}[a.Access == Own]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

func sortedUsers(set map[*User]bool) []*User {
	return slices.SortedFunc(maps.Keys(set), func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
}

func (c *call) listOrgs() (reply, error) {
	var all []*User
	for _, u := range c.users {
		if u.Organization && (u.Visibility == "public" || c.doer != nil && (u.Visibility == "limited" || c.doer.Admin || c.member(c.doer, u))) {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	return ok(list(page(c, all, true), c.orgView))
}

func (c *call) listOrgsOf(u *User) (reply, error) {
	var all []*User
	for _, o := range c.users {
		if o.Organization && c.member(u, o) && (o.Visibility == "public" || c.doer != nil && (c.doer == u || c.doer.Admin)) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	return ok(list(page(c, all, true), c.orgView))
}

// AddOrg makes an organization with an owner, who may be nil.
func (m *Model) AddOrg(login string, owner *User) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addOrg(&User{Login: login}, owner)
}

func (m *Model) addOrg(org *User, owner *User) *User {
	org.Organization = true
	m.addUser(org)
	t := &Team{ID: m.next("team"), Org: org, Name: "Owners", Access: Own, AllRepos: true, CreatesRepo: true, Members: map[*User]bool{}, Repos: map[*Repository]bool{}}
	if owner != nil {
		t.Members[owner] = true
	}
	m.teams = append(m.teams, t)
	return org
}

// orgOptions are what is said of an organization.
type orgOptions struct {
	Username   string  `json:"username"`
	FullName   *string `json:"full_name"`
	Email      *string `json:"email"`
	About      *string `json:"description"`
	Website    *string `json:"website"`
	Location   *string `json:"location"`
	Visibility string  `json:"visibility"`
	TeamAccess *bool   `json:"repo_admin_change_team_access"`
}

func (o *orgOptions) apply(u *User) {
	for at, text := range map[*string]*string{&u.FullName: o.FullName, &u.Email: o.Email, &u.Website: o.Website, &u.Location: o.Location, &u.Description: o.About} {
		if text != nil {
			*at = *text
		}
	}
	if o.Visibility != "" {
		u.Visibility = o.Visibility
	}
	if o.TeamAccess != nil {
		u.TeamAccessByRepoAdmins = *o.TeamAccess
	}
}

func (c *call) createOrg(owner *User) (reply, error) {
	var o orgOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("UserName", o.Username); err != nil {
		return reply{}, err
	}
	if c.user(o.Username) != nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "user already exists [name: %s]", o.Username)
	}
	org := &User{Login: o.Username}
	o.apply(org)
	return created(c.orgView(c.addOrg(org, owner)))
}

func (c *call) editOrg() (reply, error) {
	var o orgOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	o.apply(c.org)
	return ok(c.orgView(c.org))
}

func (c *call) deleteOrg() (reply, error) {
	for _, r := range c.repos {
		if r.Owner == c.org {
			return reply{}, refuse(http.StatusUnprocessableEntity, "user still has ownership of repositories [uid: %d]", c.org.ID)
		}
	}
	c.users = slices.DeleteFunc(c.users, func(u *User) bool { return u == c.org })
	c.teams = slices.DeleteFunc(c.teams, func(t *Team) bool { return t.Org == c.org })
	return none()
}

func (c *call) membersOf(org *User) []*User {
	set := map[*User]bool{}
	for _, t := range c.teams {
		if t.Org == org {
			maps.Copy(set, t.Members)
		}
	}
	return sortedUsers(set)
}

func (c *call) listMembers() (reply, error) {
	return ok(userList(c.Model, page(c, c.membersOf(c.org), false), c.doer))
}

func (c *call) isMember() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	if !c.member(u, c.org) {
		return reply{}, missing("")
	}
	return none()
}

func (c *call) removeMember() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	for _, t := range c.teamsOf(c.org) {
		delete(t.Members, u)
	}
	return none()
}

func (c *call) orgPermissions() (reply, error) {
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	owner, member := c.owns(u, c.org), c.member(u, c.org)
	creates := owner
	for _, t := range c.teamsOf(c.org) {
		creates = creates || t.Members[u] && t.CreatesRepo
	}
	most := None
	for _, t := range c.teamsOf(c.org) {
		if t.Members[u] {
			most = max(most, t.access(""))
		}
	}
	if u.Admin {
		most = Own
	}
	return ok(object{"is_owner": owner, "is_admin": most >= Administer, "can_write": most >= Write, "can_read": most >= Read || member, "can_create_repository": creates})
}

// teamOptions are what is said of a team.
type teamOptions struct {
	Name       string            `json:"name"`
	About      *string           `json:"description"`
	AllRepos   *bool             `json:"includes_all_repositories"`
	Permission string            `json:"permission"`
	Units      []string          `json:"units"`
	UnitsMap   map[string]string `json:"units_map"`
	Creates    *bool             `json:"can_create_org_repo"`
}

func (c *call) applyTeam(o teamOptions, t *Team) error {
	if o.Name != "" {
		t.Name = o.Name
	}
	if o.About != nil {
		t.Description = *o.About
	}
	if o.Creates != nil {
		t.CreatesRepo = *o.Creates
	}
	if o.Permission == "admin" {
		t.Access = Administer
	} else if t.Access != Own {
		t.Access = None
		level, _ := accessNamed(o.Permission)
		for _, u := range o.Units {
			t.Units[u] = level
		}
		for u, name := range o.UnitsMap {
			t.Units[u], _ = accessNamed(name)
		}
		if len(t.Units) == 0 {
			return refuse(http.StatusUnprocessableEntity, "units permission should not be empty")
		}
	}
	if o.AllRepos != nil {
		t.AllRepos = *o.AllRepos
	}
	return nil
}

func (c *call) createTeam() (reply, error) {
	var o teamOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Name", o.Name); err != nil {
		return reply{}, err
	}
	for _, t := range c.teamsOf(c.org) {
		if strings.EqualFold(t.Name, o.Name) {
			return reply{}, refuse(http.StatusUnprocessableEntity, "team already exists [org_id: %d, name: %s]", c.org.ID, o.Name)
		}
	}
	t := &Team{Org: c.org, Units: map[string]Access{}, Members: map[*User]bool{}, Repos: map[*Repository]bool{}}
	if err := c.applyTeam(o, t); err != nil {
		return reply{}, err
	}
	t.ID = c.next("team")
	c.teams = append(c.teams, t)
	return created(c.teamView(t, true))
}

func (c *call) ownTeam() error {
	if !c.doer.Admin && !c.owns(c.doer, c.team.Org) {
		return refuse(http.StatusForbidden, "Must be an organization owner")
	}
	return nil
}

func (c *call) editTeam() (reply, error) {
	var o teamOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := c.ownTeam(); err != nil {
		return reply{}, err
	}
	if err := c.applyTeam(o, c.team); err != nil {
		return reply{}, err
	}
	return ok(c.teamView(c.team, true))
}

func (c *call) deleteTeam() (reply, error) {
	if err := c.ownTeam(); err != nil {
		return reply{}, err
	}
	c.teams = slices.DeleteFunc(c.teams, func(t *Team) bool { return t == c.team })
	return none()
}

func (c *call) addTeamMember() (reply, error) {
	if err := c.ownTeam(); err != nil {
		return reply{}, err
	}
	u, err := c.named()
	if err != nil {
		return reply{}, err
	}
	if u.Organization {
		return reply{}, refuse(http.StatusUnprocessableEntity, "%s is an organization not an individual user", u.Login)
	}
	c.team.Members[u] = true
	for _, r := range c.repos { // members watch what they get to see
		if c.team.Repos[r] || c.team.AllRepos && r.Owner == c.team.Org {
			r.Watchers[u] = true
		}
	}
	return none()
}

func (c *call) addTeamRepo() (reply, error) {
	if c.access(c.doer, c.repo, "") < Administer {
		return reply{}, refuse(http.StatusForbidden, "Must have admin-level access to the repository")
	}
	c.giveTeam(c.team, c.repo)
	return none()
}

// giveTeam lets a team have a repository, which its members then watch.
func (m *Model) giveTeam(t *Team, r *Repository) {
	t.Repos[r] = true
	for u := range t.Members {
		r.Watchers[u] = true
	}
}
