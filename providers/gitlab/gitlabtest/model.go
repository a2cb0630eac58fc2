package gitlabtest

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Model is everything the server knows, but for what git keeps. Requests change it
// one after the other. What its methods return belongs to it: look at it while no
// request runs.
type Model struct {
	mu  sync.Mutex
	dir string // of git repositories
	url string // of the server
	now func() time.Time

	memory gitserver.Memory

	last       map[string]int64 // the highest id of each table
	users      []*User
	namespaces []*Namespace
	projects   []*Project
	moved      map[string]*Project // by former full paths, in lower case
	snippets   []*Snippet
	topics     []*Topic
	notified   []Notified
}

func newModel(dir string, now func() time.Time) *Model {
	if now == nil {
		now = time.Now
	}
	return &Model{dir: dir, now: now, last: map[string]int64{}, moved: map[string]*Project{}}
}

// next returns the next id of a table.
func (m *Model) next(table string) int64 {
	m.last[table]++
	return m.last[table]
}

// clock is the time as the server keeps it: whole milliseconds.
func (m *Model) clock() time.Time { return m.now().UTC().Truncate(time.Millisecond) }

// The access levels that members have.
const (
	None       = 0
	Minimal    = 5
	Guest      = 10
	Planner    = 15
	Reporter   = 20
	Developer  = 30
	Maintainer = 40
	Owner      = 50
)

// User is a person or a bot.
type User struct {
	ID             int64
	Username       string
	Name           string
	Email          string
	PublicEmail    string
	Admin          bool
	Bot            bool
	State          string // active, blocked, deactivated, banned
	External       bool   // sees internal projects only as a member
	CannotGroup    bool   // may not make top-level groups
	CannotProjects bool   // may not make personal projects
	Created        time.Time
	Namespace      *Namespace

	tokens []*token
}

// Namespace is what projects are in: a group, or the personal namespace of a user.
type Namespace struct {
	ID          int64
	User        *User // of a personal namespace; nil: a group
	Name        string
	Path        string
	Parent      *Namespace
	Description string
	Visibility  string
	Members     []*Member
	Labels      []*Label
	Milestones  []*Milestone
	Settings    map[string]any // by their names in the API
	Created     time.Time
	Updated     time.Time
	Archived    bool

	lastMilestone int64
}

// Member is somebody's membership of a group or a project.
type Member struct {
	ID        int64
	User      *User
	Level     int
	CreatedBy *User
	Created   time.Time
	Expires   time.Time // zero: never
}

// Project is a project with all that belongs to it.
type Project struct {
	ID            int64
	Namespace     *Namespace
	Name          string
	Path          string
	Description   string
	Visibility    string // private, internal, public
	Archived      bool
	DefaultBranch string
	Topics        []string
	Features      map[string]string // issues, repository and so on: disabled, private, enabled, public
	Settings      map[string]any    // by their names in the API
	Creator       *User
	Created       time.Time
	Updated       time.Time
	Active        time.Time
	ForkedFrom    *Project
	Avatar        string

	ImportType   string
	ImportURL    string
	ImportStatus string // none, scheduled, started, finished, failed
	ImportError  string

	Members           []*Member
	Labels            []*Label
	Milestones        []*Milestone
	Issues            []*Issue
	MergeRequests     []*MergeRequest
	Snippets          []*Snippet
	Releases          []*Release
	ProtectedBranches []*ProtectedRef
	ProtectedTags     []*ProtectedRef
	Uploads           []*Upload
	Packages          []*PackageFile
	Pipelines         int
	Commits           map[string]*Item // what is said of commits, by their ids

	iids  map[string]int64 // the highest of issues, merge requests, milestones
	stars map[*User]bool
	refs  map[string]string // of the code, as of the last look
	wiki  bool              // its repository was made
}

// Topic is a subject that projects are filed under.
type Topic struct {
	ID          int64
	Name        string
	Title       string
	Description string
}

// AddUser makes a user. What is missing follows from the username.
func (m *Model) AddUser(u User) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addUser(&u)
}

func (m *Model) addUser(u *User) *User {
	u.ID = m.next("user")
	u.Name = cmp.Or(u.Name, u.Username)
	u.Email = cmp.Or(u.Email, strings.ToLower(u.Username)+"@example.test")
	u.State = cmp.Or(u.State, "active")
	if u.Created.IsZero() {
		u.Created = m.clock()
	}
	u.Namespace = m.addNamespace(&Namespace{User: u, Name: u.Name, Path: u.Username, Visibility: "public"})
	m.users = append(m.users, u)
	return u
}

func (m *Model) addNamespace(n *Namespace) *Namespace {
	n.ID = m.next("namespace")
	if n.Created.IsZero() {
		n.Created = m.clock()
	}
	n.Updated = n.Created
	if n.Settings == nil {
		n.Settings = map[string]any{}
	}
	m.namespaces = append(m.namespaces, n)
	return n
}

// User returns a user, or nil.
func (m *Model) User(username string) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user(username)
}

func (m *Model) user(username string) *User {
	for _, u := range m.users {
		if strings.EqualFold(u.Username, username) {
			return u
		}
	}
	return nil
}

func (m *Model) userByID(id int64) *User {
	for _, u := range m.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// AddGroup makes a group at a full path, with those of its parents that are not
// there, and with an owner. Its visibility is private unless visibility says
// otherwise.
func (m *Model) AddGroup(fullPath, visibility string, owner *User) *Namespace {
	m.mu.Lock()
	defer m.mu.Unlock()
	var at *Namespace
	path := ""
	for _, part := range strings.Split(fullPath, "/") {
		path = strings.TrimPrefix(path+"/"+part, "/")
		n := m.namespace(path)
		if n == nil {
			n = m.addNamespace(&Namespace{Name: part, Path: part, Parent: at, Visibility: cmp.Or(visibility, "private")})
			if at == nil && owner != nil {
				n.Members = append(n.Members, m.newMember(owner, Owner, owner))
			}
		}
		at = n
	}
	return at
}

// AddMember makes somebody a member of a group (*Namespace) or a project.
func (m *Model) AddMember(of any, u *User, level int) *Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	made := m.newMember(u, level, nil)
	switch of := of.(type) {
	case *Namespace:
		of.Members = append(of.Members, made)
	case *Project:
		of.Members = append(of.Members, made)
	}
	return made
}

func (m *Model) newMember(u *User, level int, by *User) *Member {
	return &Member{ID: m.next("member"), User: u, Level: level, CreatedBy: by, Created: m.clock()}
}

// Group returns the group or personal namespace at a full path, or nil.
func (m *Model) Group(fullPath string) *Namespace {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.namespace(fullPath)
}

func (m *Model) namespace(fullPath string) *Namespace {
	for _, n := range m.namespaces {
		if strings.EqualFold(n.FullPath(), fullPath) {
			return n
		}
	}
	return nil
}

func (m *Model) namespaceByID(id int64) *Namespace {
	for _, n := range m.namespaces {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// FullPath is the path with those of its parents.
func (n *Namespace) FullPath() string {
	if n.Parent == nil {
		return n.Path
	}
	return n.Parent.FullPath() + "/" + n.Path
}

// FullName is the name with those of its parents.
func (n *Namespace) FullName() string {
	if n.Parent == nil {
		return n.Name
	}
	return n.Parent.FullName() + " / " + n.Name
}

func (n *Namespace) kind() string {
	if n.User != nil {
		return "user"
	}
	return "group"
}

// chain is a namespace and its parents, the innermost first.
func (n *Namespace) chain() []*Namespace {
	var all []*Namespace
	for ; n != nil; n = n.Parent {
		all = append(all, n)
	}
	return all
}

// inside says whether a namespace is another one or below it.
func (n *Namespace) inside(other *Namespace) bool { return slices.Contains(n.chain(), other) }

// Project returns the project at a full path, or nil.
func (m *Model) Project(fullPath string) *Project {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.project(fullPath)
}

// Projects returns all projects by their ids.
func (m *Model) Projects() []*Project {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.projects)
}

func (m *Model) project(fullPath string) *Project {
	for _, p := range m.projects {
		if strings.EqualFold(p.FullPath(), fullPath) {
			return p
		}
	}
	return nil
}

func (m *Model) projectByID(id int64) *Project {
	for _, p := range m.projects {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// FullPath is the path with that of the namespace.
func (p *Project) FullPath() string { return p.Namespace.FullPath() + "/" + p.Path }

// FullName is the name with that of the namespace.
func (p *Project) FullName() string { return p.Namespace.FullName() + " / " + p.Name }

// AddProject makes a project as the API does, with an empty repository.
func (m *Model) AddProject(p Project) (*Project, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addProject(&p)
}

func (m *Model) addProject(p *Project) (*Project, error) {
	p.ID = m.next("project")
	p.Name, p.Path = cmp.Or(p.Name, p.Path), cmp.Or(p.Path, p.Name)
	p.Visibility = cmp.Or(p.Visibility, "private")
	p.DefaultBranch = cmp.Or(p.DefaultBranch, "main")
	p.ImportStatus = cmp.Or(p.ImportStatus, "none")
	if p.Created.IsZero() {
		p.Created = m.clock()
	}
	p.Updated, p.Active = p.Created, p.Created
	p.iids, p.stars, p.refs, p.Commits = map[string]int64{}, map[*User]bool{}, map[string]string{}, map[string]*Item{}
	p.Settings = withDefaults(p.Settings, projectDefaults())
	features := featureDefaults()
	for name, level := range p.Features {
		features[name] = level
	}
	p.Features = features
	if err := m.makeGit(m.codeDir(p), p.DefaultBranch); err != nil {
		return nil, fmt.Errorf("add project %s: %w", p.FullPath(), err)
	}
	if p.Creator != nil && p.Namespace.User == nil && m.level(p.Creator, p) < Maintainer {
		p.Members = append(p.Members, m.newMember(p.Creator, Maintainer, p.Creator))
	}
	m.projects = append(m.projects, p)
	return p, nil
}

// codeDir and wikiDir are the folders of the git repositories. They keep their
// names when the project changes its own.
func (m *Model) codeDir(p *Project) string { return filepath.Join(m.dir, fmt.Sprintf("%d.git", p.ID)) }
func (m *Model) wikiDir(p *Project) string {
	return filepath.Join(m.dir, fmt.Sprintf("%d.wiki.git", p.ID))
}
func (m *Model) snippetDir(s *Snippet) string {
	return filepath.Join(m.dir, "snippets", fmt.Sprintf("%d.git", s.ID))
}

// touch notes that a project changed.
func (m *Model) touch(p *Project) { p.Updated, p.Active = m.clock(), m.clock() }
