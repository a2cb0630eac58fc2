package giteatest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one thing that the API can be asked.
type route struct {
	method string
	path   []string // below /api/v1; "{name}" stands for one part, "{name*}" for the rest
	need   need
	do     func(*call) (reply, error)
}

// need is what a request must bring.
type need struct {
	user   bool   // a token
	site   bool   // an administrator of the server
	unit   string // of the repository, at the level access
	access Access
	live   bool // the repository is not archived
	org    bool // an owner of the organization
}

// anyone, signedIn and so on are the needs that are there more than once.
func anyone() need   { return need{} }
func signedIn() need { return need{user: true} }
func site() need     { return need{user: true, site: true} }
func orgOwner() need { return need{user: true, org: true} }

func reader(unit string) need { return need{unit: unit, access: Read} }
func writer(unit string) need { return need{user: true, unit: unit, access: Write, live: true} }
func admin() need             { return need{user: true, access: Administer} }
func liveAdmin() need         { return need{user: true, access: Administer, live: true} }
func live() need              { return need{user: true, live: true} }

func (n need) check(c *call) error {
	if n.user && c.doer == nil {
		return refuse(http.StatusUnauthorized, "token is required")
	}
	if n.site && !c.doer.Admin {
		return refuse(http.StatusForbidden, "user should be the site admin")
	}
	if n.org && !c.doer.Admin && !c.owns(c.doer, c.org) {
		return refuse(http.StatusForbidden, "Must be an organization owner")
	}
	if c.repo != nil && n.access > None && c.access(c.doer, c.repo, n.unit) < n.access {
		switch n.access {
		case Own:
			return refuse(http.StatusForbidden, "user should be the owner of the repo")
		case Administer:
			return refuse(http.StatusForbidden, "user should be an owner or a collaborator with admin write of a repository")
		case Write:
			return refuse(http.StatusForbidden, "user should have a permission to write to a repo")
		}
		return refuse(http.StatusForbidden, "user should have specific read permission or be a repo admin or a site admin")
	}
	if n.live && c.repo != nil && c.repo.Archived {
		return refuse(http.StatusLocked, "%s is archived", c.repo.FullName())
	}
	return nil
}

// match finds the route of a path, and the values in it. Literal parts win over
// parameters, the earlier the better.
func match(table []route, method, escaped string) (*route, map[string]string) {
	parts := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil {
			return nil, nil
		}
		parts[i] = plain
	}
	var best *route
	for i := range table {
		r := &table[i]
		if r.method == method && r.matches(parts) && (best == nil || r.before(best)) {
			best = r
		}
	}
	if best == nil {
		return nil, nil
	}
	return best, best.values(parts)
}

func (r *route) matches(parts []string) bool {
	for i, want := range r.path {
		switch {
		case strings.HasSuffix(want, "*}"):
			return len(parts) > i && parts[i] != ""
		case i >= len(parts):
			return false
		case strings.HasPrefix(want, "{"):
			if parts[i] == "" {
				return false
			}
		case want != parts[i]:
			return false
		}
	}
	return len(parts) == len(r.path)
}

func (r *route) values(parts []string) map[string]string {
	v := map[string]string{}
	for i, want := range r.path {
		if name, ok := strings.CutSuffix(want, "*}"); ok {
			v[name[1:]] = strings.Join(parts[i:], "/")
		} else if strings.HasPrefix(want, "{") {
			v[strings.Trim(want, "{}")] = parts[i]
		}
	}
	return v
}

// before says whether r is more special than another route that matches too.
func (r *route) before(o *route) bool {
	for i := range min(len(r.path), len(o.path)) {
		if a, b := rank(r.path[i]), rank(o.path[i]); a != b {
			return a < b
		}
	}
	return len(r.path) > len(o.path)
}

func rank(part string) int {
	switch {
	case strings.HasSuffix(part, "*}"):
		return 2
	case strings.HasPrefix(part, "{"):
		return 1
	}
	return 0
}
