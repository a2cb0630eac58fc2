package gitlabtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// token is what a user shows.
type token struct {
	id      int64
	user    *User
	name    string
	text    string
	scopes  []string
	created time.Time
	expires time.Time
	revoked bool
}

// token makes a token of a user, or returns the one with those scopes.
func (m *Model) token(u *User, scopes []string) string {
	name := strings.Join(scopes, "+")
	for _, t := range u.tokens {
		if t.name == name {
			return t.text
		}
	}
	t := &token{id: m.next("token"), user: u, name: name, scopes: scopes, created: m.clock(), text: "glpat-" + digest("token", u.Username, name)[:20]}
	u.tokens = append(u.tokens, t)
	return t.text
}

// RevokeToken makes a token worthless.
func (s *Server) RevokeToken(text string) {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	if t := s.Model.tokenOf(text); t != nil {
		t.revoked = true
	}
}

func (m *Model) tokenOf(text string) *token {
	for _, u := range m.users {
		for _, t := range u.tokens {
			if text != "" && t.text == text {
				t.user = u
				return t
			}
		}
	}
	return nil
}

// authenticate returns the token of a request, and false when what it brings is
// worth nothing.
func (m *Model) authenticate(r *http.Request) (*token, bool) {
	text := r.Header.Get("Private-Token")
	if kind, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "bearer") {
		text = value
	}
	if _, password, ok := r.BasicAuth(); ok {
		text = password
	}
	for _, name := range []string{"private_token", "access_token"} {
		if v := r.URL.Query().Get(name); v != "" {
			text = v
		}
	}
	if text == "" {
		return nil, r.Header.Get("Authorization") == ""
	}
	t := m.tokenOf(text)
	return t, t != nil
}

// sudoName is the user in whose name a request asks to be made: an id or a
// username.
func sudoName(r *http.Request) string {
	if name := r.URL.Query().Get("sudo"); name != "" {
		return name
	}
	return r.Header.Get("Sudo")
}

func (m *Model) sudoUser(r *http.Request) *User {
	name := sudoName(r)
	if name == "" {
		return nil
	}
	if u := m.userByID(numberOf(name)); u != nil {
		return u
	}
	return m.user(name)
}

// identify finds out who asks, and in whose name.
func (c *call) identify() error {
	t, valid := c.authenticate(c.r)
	if !valid {
		return unauthorized()
	}
	if t == nil {
		return nil
	}
	switch {
	case t.revoked:
		return tokenFailure("Token was revoked. You have to re-authorize from the user.")
	case !t.expires.IsZero() && !c.now().Before(t.expires):
		return tokenFailure("Token is expired. You can either do re-authorization or token refresh.")
	case t.user.State == "blocked" || t.user.State == "banned":
		return forbidden("Your account has been blocked.")
	case !t.allows(c.r):
		return scopeFailure("api")
	}
	c.token, c.doer = t, t.user
	if sudoName(c.r) == "" {
		return nil
	}
	if !t.user.Admin {
		return forbidden("Must be admin to use sudo")
	}
	if !slices.Contains(t.scopes, "sudo") {
		return scopeFailure("sudo")
	}
	as := c.sudoUser(c.r)
	if as == nil {
		return missing("User with ID or username '" + sudoName(c.r) + "'")
	}
	c.doer = as
	return nil
}

func tokenFailure(why string) error {
	return &failure{status: http.StatusUnauthorized, body: object{"error": "invalid_token", "error_description": why}}
}

func scopeFailure(scope string) error {
	return &failure{status: http.StatusForbidden, body: object{"error": "insufficient_scope",
		"error_description": "The request requires higher privileges than provided by the access token.", "scope": scope}}
}

// allows says whether the scopes of a token let a request through.
func (t *token) allows(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	path := strings.TrimPrefix(r.URL.Path, "/api/v4/")
	for _, scope := range t.scopes {
		switch {
		case scope == "api", scope == "read_api" && reads, path == "personal_access_tokens/self":
			return true
		case scope == "read_user" && reads && (path == "user" || strings.HasPrefix(path, "user/") || strings.HasPrefix(path, "users")):
			return true
		}
	}
	return false
}

// git says whether a token is good for fetching, or for pushing.
func (t *token) git(write bool) bool {
	return slices.ContainsFunc(t.scopes, func(scope string) bool {
		return scope == "api" || scope == "write_repository" || scope == "read_repository" && !write
	})
}

// member is the level that a list of members gives somebody.
func (m *Model) member(members []*Member, u *User) int {
	for _, o := range members {
		if o.User == u && (o.Expires.IsZero() || m.now().Before(o.Expires)) {
			return o.Level
		}
	}
	return None
}

// groupMember is somebody's level in a group, by membership of it or of one of its
// parents.
func (m *Model) groupMember(u *User, g *Namespace) int {
	most := None
	for _, n := range g.chain() {
		most = max(most, m.member(n.Members, u))
	}
	if g.User != nil && g.User == u {
		return Owner
	}
	return most
}

// membership is somebody's level in a project.
func (m *Model) membership(u *User, p *Project) int {
	return max(m.member(p.Members, u), m.groupMember(u, p.Namespace))
}

// level is what somebody may do in a project: administrators may everything. A
// nil user is nobody.
func (m *Model) level(u *User, p *Project) int {
	switch {
	case u == nil:
		return None
	case u.Admin:
		return Owner
	}
	return m.membership(u, p)
}

func (m *Model) groupLevel(u *User, g *Namespace) int {
	switch {
	case u == nil:
		return None
	case u.Admin:
		return Owner
	}
	return m.groupMember(u, g)
}

// sees says whether a project is there for somebody.
func (m *Model) sees(u *User, p *Project) bool {
	return open(p.Visibility, u) || m.level(u, p) >= Guest
}

// seesGroup says the same of a group: members of a project or group below it see it
// too.
func (m *Model) seesGroup(u *User, g *Namespace) bool {
	if g.User != nil || open(g.Visibility, u) || m.groupLevel(u, g) >= Minimal {
		return true
	}
	for _, p := range m.projects {
		if p.Namespace.inside(g) && m.member(p.Members, u) >= Guest {
			return true
		}
	}
	return slices.ContainsFunc(m.namespaces, func(n *Namespace) bool { return n.inside(g) && m.member(n.Members, u) >= Guest })
}

func open(visibility string, u *User) bool {
	return visibility == "public" || visibility == "internal" && u != nil && !u.External
}

// uses says whether a part of a project is there for somebody. Guests of a private
// project see neither its code nor its merge requests.
func (m *Model) uses(u *User, p *Project, feature string) bool {
	least := Guest
	if feature == "repository" || feature == "merge_requests" {
		least = Reporter
		if !m.uses(u, p, "") || feature == "merge_requests" && p.Features["repository"] == "disabled" {
			return false
		}
	}
	switch p.Features[feature] {
	case "disabled":
		return false
	case "private":
		return m.level(u, p) >= least
	}
	return open(p.Visibility, u) || m.level(u, p) >= least
}

// rank orders visibilities, the narrowest first.
func rank(visibility string) int {
	return slices.Index([]string{"private", "internal", "public"}, visibility)
}
