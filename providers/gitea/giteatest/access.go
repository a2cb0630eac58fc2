package giteatest

import (
	"net/http"
	"strings"
)

// Access is how much somebody may do.
type Access int

// The levels, each of which includes those before it.
const (
	None Access = iota
	Read
	Write
	Administer
	Own
)

// String is the name of a level in the API.
func (a Access) String() string {
	return [...]string{"none", "read", "write", "admin", "owner"}[a]
}

// accessNamed reads a name of the API; ok is false when it is none.
func accessNamed(name string) (a Access, ok bool) {
	for a := None; a <= Own; a++ {
		if a.String() == name {
			return a, true
		}
	}
	return None, false
}

// units are the parts of a repository that have access levels of their own, and
// the switches that turn them off.
func units() [][2]string {
	return [][2]string{
		{"repo.code", "has_code"}, {"repo.issues", "has_issues"}, {"repo.pulls", "has_pull_requests"}, {"repo.releases", "has_releases"},
		{"repo.wiki", "has_wiki"}, {"repo.ext_wiki", ""}, {"repo.ext_issues", ""}, {"repo.projects", "has_projects"},
		{"repo.packages", "has_packages"}, {"repo.actions", "has_actions"},
	}
}

// access is what a user may do with one unit of a repository. An empty unit is the
// repository itself: the most that the user may do with any. A nil user is
// nobody in particular.
func (m *Model) access(u *User, r *Repository, unit string) Access {
	if unit != "" && !unitOn(r, unit) {
		return None
	}
	most := None
	if !r.Private && (r.Owner.Visibility == "public" || u != nil && r.Owner.Visibility == "limited") && (u == nil || !u.Restricted) {
		most = Read
	}
	if u == nil {
		return most
	}
	if u.Admin || u == r.Owner {
		return Own
	}
	most = max(most, r.Collaborators[u])
	for _, t := range m.teams {
		if t.Org != r.Owner || !t.Members[u] || !t.AllRepos && !t.Repos[r] {
			continue
		}
		most = max(most, t.access(unit))
	}
	return most
}

// access is what the members of a team may do with a unit, or with any.
func (t *Team) access(unit string) Access {
	most := t.Access
	for name, a := range t.Units {
		if unit == name || unit == "" {
			most = max(most, a)
		}
	}
	return most
}

func unitOn(r *Repository, unit string) bool {
	for _, u := range units() {
		if u[0] == unit {
			return u[1] == "" || r.has(u[1])
		}
	}
	return true
}

// owns says whether a user is an owner of an organization.
func (m *Model) owns(u, org *User) bool {
	for _, t := range m.teams {
		if t.Org == org && t.Access == Own && t.Members[u] {
			return true
		}
	}
	return false
}

// member says whether a user is in any team of an organization.
func (m *Model) member(u, org *User) bool {
	for _, t := range m.teams {
		if t.Org == org && t.Members[u] {
			return true
		}
	}
	return false
}

// insider says whether a user belongs to a repository: owner, member or
// collaborator.
func (m *Model) insider(u *User, r *Repository) bool {
	return u == r.Owner || r.Collaborators[u] > None || m.member(u, r.Owner)
}

// authenticate returns the user of a request, and false when what it brings is
// worth nothing.
func (m *Model) authenticate(r *http.Request) (u *User, ok bool) {
	text := r.URL.Query().Get("token") + r.URL.Query().Get("access_token")
	if name, password, given := r.BasicAuth(); given {
		for _, candidate := range []string{password, name} {
			if u := m.tokenUser(candidate); u != nil {
				return u, true
			}
		}
		if u := m.user(name); u != nil && u.password != "" && u.password == password {
			return u, true
		}
		return nil, false
	}
	if kind, value, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(kind, "token") || strings.EqualFold(kind, "bearer") {
		text = value
	} else if r.Header.Get("Authorization") != "" {
		return nil, false
	}
	if text == "" {
		return nil, true
	}
	u = m.tokenUser(text)
	return u, u != nil
}

func (m *Model) tokenUser(text string) *User {
	for _, u := range m.users {
		for _, t := range u.tokens {
			if t.text == text && text != "" {
				return u
			}
		}
	}
	return nil
}

// token makes a token of a user, or returns the one with that name.
func (m *Model) token(u *User, name string) string {
	for _, t := range u.tokens {
		if t.name == name {
			return t.text
		}
	}
	t := &token{id: m.next("token"), name: name, text: digest("token", u.Login, name)[:40], scopes: []string{"all"}}
	u.tokens = append(u.tokens, t)
	return t.text
}

// sudoName is the user in whose name a request asks to be made.
func sudoName(r *http.Request) string {
	if name := r.URL.Query().Get("sudo"); name != "" {
		return name
	}
	return r.Header.Get("Sudo")
}

// mayGit answers gitserver: 0, or the status of a refusal.
func (s *Server) mayGit(r *http.Request, path string, write bool) int {
	m := s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.authenticate(r)
	if !ok {
		return http.StatusUnauthorized
	}
	repo, wiki := m.gitPath(path)
	if repo == nil {
		if u == nil {
			return http.StatusUnauthorized // who does not say who they are learns nothing
		}
		return http.StatusNotFound
	}
	unit, need := "repo.code", Read
	if wiki {
		unit = "repo.wiki"
	}
	if write {
		need = Write
	}
	switch have := m.access(u, repo, unit); {
	case have >= need && write && repo.Archived:
		return http.StatusForbidden
	case have >= need && (u != nil || !write):
		return 0
	case u == nil:
		return http.StatusUnauthorized
	case have == None:
		return http.StatusNotFound
	}
	return http.StatusForbidden
}
