package gitlabtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// projectImport is an import that fills a project. It belongs to the model's lock,
// but for what does not change.
type projectImport struct {
	s        *Server
	project  *Project
	importer string // github, bitbucket_server, bitbucket
	source   string // full name of the repository there
	user     *User
	ctx      context.Context
	cancel   context.CancelFunc

	correlation string
	optimistic  bool
	counts      bool // the server tells how much was fetched and stored
	fetched     map[string]int64
	imported    map[string]int64
	failures    []importFailure
}

// importFailure is a failure that ended an import: others are not told by the API.
type importFailure struct {
	id      int64
	class   string
	source  string
	created time.Time
}

// stage is a part of an import.
type stage struct {
	name string
	run  func(*projectImport) error
}

func importRoutes(add adding) {
	add("POST import/github", signedIn(), (*call).importGitHub)
	add("POST import/github/cancel", signedIn(), (*call).cancelGitHub)
	add("POST import/github/gists", signedIn(), (*call).importGists)
	add("POST import/bitbucket_server", signedIn(), (*call).importBitbucketServer)
	add("POST import/bitbucket", signedIn(), (*call).importBitbucketCloud)
	add("GET projects/{id}/import", signedIn(), (*call).importStatus)
}

// into is the project that an import is to make: a failure is what the API answers.
type into struct {
	namespace *Namespace
	name      string
	path      string
	about     string // its description
	public    bool
	importer  string
	source    string
}

// importedProject makes the project of an import.
func (c *call) importedProject(in into) (*Project, error) {
	if c.s.importing.isDisabled(in.importer) {
		return nil, &failure{status: http.StatusForbidden, body: object{"errors": in.importer + " import source is disabled"}}
	}
	p := &Project{
		Namespace: in.namespace, Name: in.name, Path: in.path, Description: in.about, Visibility: "private", Creator: c.doer,
		ImportType: in.importer, ImportStatus: "scheduled",
	}
	if in.public {
		p.Visibility = "public"
		for _, n := range in.namespace.chain() {
			if n.User == nil && rank(n.Visibility) < rank(p.Visibility) {
				p.Visibility = n.Visibility
			}
		}
	}
	if !projectName.MatchString(in.name) {
		return nil, unsaved("Name can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'.")
	}
	if problems := pathProblems(in.path, reservedProject()); len(problems) > 0 {
		return nil, unsaved("Path " + strings.Join(problems, ", Path "))
	}
	if c.Model.project(in.namespace.FullPath()+"/"+in.path) != nil {
		return nil, unsaved("Path has already been taken, Name has already been taken, Project namespace path has already been taken")
	}
	return c.addProject(p)
}

// unsaved says why a project could not be kept.
func unsaved(why string) error {
	return &failure{status: http.StatusUnprocessableEntity, body: object{"errors": why}}
}

// begin starts the import into a project, in the background.
func (c *call) begin(in into, p *Project, stages []stage) *projectImport {
	s := c.s
	j := &projectImport{
		s: s, project: p, importer: in.importer, source: in.source, user: c.doer,
		correlation: digest("import", itoa(p.ID))[:32], fetched: map[string]int64{}, imported: map[string]int64{}, counts: in.importer == "github",
		optimistic: c.text("timeout_strategy") == "optimistic",
	}
	j.ctx, j.cancel = context.WithCancel(s.importing.ctx)
	s.importing.projects[p.ID] = j
	s.importing.run(func() { j.work(stages) })
	return j
}

// work carries an import out.
func (j *projectImport) work(stages []stage) {
	defer j.cancel()
	if j.meet("scheduled", "") != nil || !j.turn("scheduled", "started") {
		return
	}
	for _, st := range stages {
		err := j.meet(st.name, "")
		if err == nil {
			err = st.run(j)
		}
		if j.ctx.Err() != nil {
			return
		}
		if err != nil && !j.bears(st.name, err) {
			return
		}
	}
	j.turn("started", "finished")
}

func (j *projectImport) meet(stage, object string) error {
	return j.s.importing.meet(j.ctx, ImportStep{Importer: j.importer, Path: j.path(), Stage: stage, Object: object})
}

func (j *projectImport) path() string {
	j.s.Model.mu.Lock()
	defer j.s.Model.mu.Unlock()
	return j.project.FullPath()
}

// turn moves the import on from one state to another. It does not when somebody
// canceled it meanwhile.
func (j *projectImport) turn(from, to string) bool {
	m := j.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	if j.project.ImportStatus != from {
		return false
	}
	j.project.ImportStatus = to
	m.touch(j.project)
	return true
}

// bears says whether the import goes on after a stage met trouble, and notes it
// otherwise.
func (j *projectImport) bears(stage string, err error) bool {
	t := troubled(err)
	if t.Timeout {
		if j.optimistic {
			return true
		}
		t = &ImportTrouble{Class: "Gitlab::Import::AdvanceStage::AdvanceStageTimeoutError", Message: "Failing advance stage, timeout reached with pessimistic strategy"}
	} else if !t.Ends && errors.As(err, new(*ImportTrouble)) {
		return true
	}
	m := j.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	j.failures = append(j.failures, importFailure{id: m.next("import failure"), class: t.class(), source: "Gitlab::GithubImport::Stage::" + stage, created: m.clock()})
	if j.project.ImportStatus == "started" {
		j.project.ImportStatus, j.project.ImportError = "failed", t.Message
	}
	return false
}

// object fetches one object and stores it. What goes wrong with it is noted and
// does not end the import, unless the test wants that.
func (j *projectImport) object(stage, relation, what string, store func() error) error {
	m := j.s.Model
	m.mu.Lock()
	j.fetched[relation]++
	m.mu.Unlock()
	err := j.meet(stage, what)
	if err == nil {
		m.mu.Lock()
		if err = store(); err == nil {
			j.imported[relation]++
		}
		m.mu.Unlock()
	}
	if err == nil {
		return nil
	}
	if t := troubled(err); t.Ends || t.Timeout || j.ctx.Err() != nil {
		return err
	}
	return nil
}

// importView is a project as the importers answer with it.
func (m *Model) importView(p *Project, source string) object {
	return object{
		"id": p.ID, "name": p.Name, "full_path": "/" + p.FullPath(), "full_name": p.FullName(), "refs_url": "/" + p.FullPath() + "/refs", "forked": false,
		"import_source": source, "import_status": p.ImportStatus, "human_import_status_name": p.ImportStatus, "provider_link": "/" + source,
		"relation_type": nil, "import_warning": nil,
	}
}

func (c *call) importStatus() (reply, error) {
	p := c.project
	v := object{
		"id": p.ID, "description": optional(p.Description), "name": p.Name, "name_with_namespace": p.FullName(), "path": p.Path,
		"path_with_namespace": p.FullPath(), "created_at": stamp(p.Created), "import_status": p.ImportStatus, "import_type": optional(p.ImportType),
		"correlation_id": nil, "failed_relations": []object{}, "import_error": optional(p.ImportError), "stats": nil,
	}
	if j := c.s.importing.projects[p.ID]; j != nil {
		v["correlation_id"] = j.correlation
		v["failed_relations"] = list(j.failures, func(f importFailure) object {
			return object{"id": itoa(f.id), "created_at": stamp(f.created), "exception_class": f.class, "source": f.source, "exception_message": nil, "relation_name": nil, "line_number": nil}
		})
		if j.counts {
			v["stats"] = object{"fetched": maps.Clone(j.fetched), "imported": maps.Clone(j.imported)}
		}
	}
	return ok(v)
}

func (c *call) cancelGitHub() (reply, error) {
	if err := cmp.Or(c.needs("project_id"), c.integer("project_id")); err != nil {
		return reply{}, err
	}
	p := c.projectByID(c.number("project_id"))
	switch {
	case p == nil || p.ImportType != "github":
		return reply{}, missing("")
	case !c.sees(c.doer, p):
		return reply{}, refuse(http.StatusNotFound, "Not Found")
	case c.level(c.doer, p) < Owner && p.Creator != c.doer:
		return reply{}, refuse(http.StatusForbidden, "Unauthorized access")
	case slices.Contains([]string{"finished", "failed", "canceled"}, p.ImportStatus):
		return reply{}, refuse(http.StatusBadRequest, "The import cannot be canceled because it is "+p.ImportStatus)
	}
	p.ImportStatus = "canceled"
	source := ""
	if j := c.s.importing.projects[p.ID]; j != nil {
		source = j.source
		j.cancel()
	}
	return ok(c.importView(p, source))
}

// importNamespace is where an import may put a project.
func (c *call) importNamespace(path string) (*Namespace, bool) {
	n := c.namespace(strings.Trim(path, "/"))
	if n == nil || n.User != nil {
		return n, n != nil && n.User == c.doer
	}
	return n, c.groupLevel(c.doer, n) >= Maintainer
}

// blocked refuses the address of a source.
func (c *call) blocked(address string) bool {
	u, err := url.Parse(address)
	if err != nil || address != "" && u.Scheme != "http" && u.Scheme != "https" {
		return true
	}
	host := u.Hostname()
	return c.s.importing.refusesPrivate() && (host == "localhost" || strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "10."))
}

func (c *call) timeoutStrategy() error {
	return c.oneOf("timeout_strategy", "optimistic", "pessimistic")
}

// atVersion says whether the server is of a version or later.
func (s *Server) atVersion(major, minor int) bool {
	var have, least int
	fmt.Sscanf(s.version, "%d.%d", &have, &least)
	return have > major || have == major && least >= minor
}
