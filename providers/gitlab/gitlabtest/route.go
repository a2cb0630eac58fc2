package gitlabtest

import (
	"net/http"
	"strings"
)

// need is what a request must bring.
type need struct {
	user    bool   // a token
	site    bool   // an administrator of the server
	level   int    // of access to the project or group; 0: to see it
	feature string // of the project, that whoever asks must be able to use
	live    bool   // the project is not archived
}

// anyone, signedIn and so on are the needs that are there more than once.
func anyone() need               { return need{} }
func signedIn() need             { return need{user: true} }
func site() need                 { return need{user: true, site: true} }
func reader(feature string) need { return need{feature: feature} }
func noter(feature string) need  { return need{user: true, feature: feature} }
func writer(feature string, level int) need {
	return need{user: true, level: level, feature: feature, live: true}
}
func atLeast(level int) need { return need{user: true, level: level} }

// adding is how a file puts its routes into the table: a method and a path below
// /api/v4.
type adding func(pattern string, n need, do endpoint)

// routes is the table of all that the API can be asked.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	add := func(pattern string, n need, do endpoint) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v4/"+path, s.answering(n, do))
	}
	for _, routes := range []func(adding){
		siteRoutes, userRoutes, namespaceRoutes, groupRoutes, projectRoutes, memberRoutes, labelRoutes, milestoneRoutes,
		issueRoutes, mergeRoutes, diffRoutes, noteRoutes, awardRoutes, approvalRoutes, releaseRoutes, uploadRoutes, packageRoutes,
		snippetRoutes, protectionRoutes, branchRoutes, treeRoutes, commitRoutes, fileRoutes, wikiRoutes, eventRoutes, importRoutes, bulkRoutes,
	} {
		routes(add)
	}
	return mux
}

// check finds the project or group that the path names, and whether whoever asks
// may do what the route does.
func (n need) check(c *call) error {
	if n.user && c.doer == nil {
		return unauthorized()
	}
	if n.site && !c.doer.Admin {
		return forbidden("")
	}
	rest := strings.TrimPrefix(c.r.URL.Path, "/api/v4/")
	switch id := c.r.PathValue("id"); {
	case id == "":
		return nil
	case strings.HasPrefix(rest, "projects/"):
		if err := c.bindProject(id); err != nil {
			return err
		}
		return n.project(c)
	case strings.HasPrefix(rest, "groups/"):
		if c.group = c.findGroup(id); c.group == nil {
			return missing("Group")
		}
		if c.groupLevel(c.doer, c.group) < n.level {
			return forbidden("")
		}
	}
	return nil
}

func (n need) project(c *call) error {
	switch p := c.project; {
	case n.feature != "" && !c.uses(c.doer, p, n.feature):
		return forbidden("")
	case c.level(c.doer, p) < n.level:
		return forbidden("")
	case n.live && p.Archived:
		return forbidden("")
	}
	return nil
}

// bindProject finds the project with an id or a full path. One that moved is
// still found by those who read.
func (c *call) bindProject(id string) error {
	p := c.findProject(id)
	moved := false
	if p == nil && strings.Contains(id, "/") {
		p, moved = c.moved[strings.ToLower(id)], true
	}
	if p == nil || !c.sees(c.doer, p) {
		return missing("Project")
	}
	if !moved {
		c.project = p
		return nil
	}
	if c.r.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, "405 Non GET methods are not allowed for moved projects")
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(c.r.URL.EscapedPath(), "/api/v4/projects/"), "/")
	to := c.url + "/api/v4/projects/" + itoa(p.ID)
	if rest != "" {
		to += "/" + rest
	}
	if c.r.URL.RawQuery != "" {
		to += "?" + c.r.URL.RawQuery
	}
	c.header.Set("Location", to)
	return &failure{status: http.StatusFound, body: "This resource has been moved temporarily to " + to + "."}
}

// findProject finds a project by its id or its full path, findGroup a group.
func (m *Model) findProject(id string) *Project {
	if n := numberOf(id); n != 0 {
		return m.projectByID(n)
	}
	return m.project(id)
}

func (c *call) findGroup(id string) *Namespace {
	g := c.namespaceByID(numberOf(id))
	if g == nil {
		g = c.namespace(id)
	}
	if g == nil || g.User != nil || !c.seesGroup(c.doer, g) {
		return nil
	}
	return g
}
