package bitbucketcloudtest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Model is what the stand-in holds. Its methods may be called while it is served;
// fields are read and changed within Edit.
type Model struct {
	Users        []*User
	Workspaces   []*Workspace
	Repositories []*Repository

	mu   sync.Mutex
	root string // of the git repositories
	url  string // of the pages
	now  time.Time
	last int64 // id that was given last

	memory gitserver.Memory
}

// NewModel returns an empty model, whose git repositories are below root.
func NewModel(url, root string) *Model {
	return &Model{url: url, root: root, now: time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC)}
}

// Edit calls do while nobody else uses the model.
func (m *Model) Edit(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
}

// tick passes the time: everything that happens has a moment of its own.
func (m *Model) tick() time.Time {
	m.now = m.now.Add(time.Minute + 123456*time.Microsecond)
	return m.now
}

func (m *Model) id() int64 {
	m.last++
	return m.last
}

// uuid is an id in braces, as Bitbucket writes it.
func (m *Model) uuid() string {
	n := m.id()
	return fmt.Sprintf("{%08x-0000-4000-8000-%012x}", n*2654435761%(1<<32), n)
}

// User is an Atlassian account.
type User struct {
	UUID        string
	AccountID   string
	Nickname    string
	DisplayName string
	Username    string // signs in with app passwords
	Email       string // signs in with API tokens
	Left        bool   // is told as null
}

// Workspace holds repositories.
type Workspace struct {
	Slug    string
	UUID    string
	Members []*User // who see everything in it
}

// Repository is a repository.
type Repository struct {
	UUID        string
	Workspace   *Workspace
	Slug        string
	Name        string
	Description string
	Website     string
	Language    string
	Private     bool
	HasIssues   bool
	HasWiki     bool
	Parent      *Repository
	Project     string // key
	CreatedOn   time.Time
	UpdatedOn   time.Time

	Milestones, Components, Versions []Named
	Issues                           []*Issue
	Pulls                            []*Pull
	Restrictions                     []Restriction
	Model                            BranchingModel
	Permissions                      []Permission // given on the repository itself
	Groups                           []Permission
	Hooks, Keys, Downloads           []string
	Reviewers                        []*User // of every pull request

	Dir     string // of the code; empty: there is none
	WikiDir string
}

// FullName is WORKSPACE/SLUG.
func (r *Repository) FullName() string { return r.Workspace.Slug + "/" + r.Slug }

// Named is what has a name and an id.
type Named struct {
	ID   int64
	Name string
}

// Permission is what somebody, or a group, may do.
type Permission struct {
	User  *User
	Group string
	Level string // read, write, admin
}

// Restriction is a rule over branches.
type Restriction struct {
	ID         int64
	Kind       string
	Pattern    string // empty: by BranchType
	BranchType string
	Value      int64
	Users      []*User
	Groups     []string
}

// BranchingModel says which branches the types of restrictions mean.
type BranchingModel struct {
	Development, Production string
	Prefixes                map[string]string // by type
}

// AddUser adds an account. Ids that are empty are made up.
func (m *Model) AddUser(u User) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u.UUID == "" {
		u.UUID = m.uuid()
	}
	if u.AccountID == "" {
		u.AccountID = "557058:" + strings.Trim(u.UUID, "{}")
	}
	if u.DisplayName == "" {
		u.DisplayName = u.Nickname
	}
	if u.Username == "" {
		u.Username = strings.ReplaceAll(u.Nickname, " ", "")
	}
	if u.Email == "" {
		u.Email = u.Username + "@example.org"
	}
	m.Users = append(m.Users, &u)
	return &u
}

// AddWorkspace adds a workspace.
func (m *Model) AddWorkspace(slug string, members ...*User) *Workspace {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &Workspace{Slug: slug, UUID: m.uuid(), Members: members}
	m.Workspaces = append(m.Workspaces, w)
	return w
}

// AddRepository adds a repository, with a git repository that is empty.
func (m *Model) AddRepository(w *Workspace, r Repository) (*Repository, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.Workspace, r.UUID, r.CreatedOn = w, m.uuid(), m.tick()
	r.UpdatedOn = r.CreatedOn
	if r.Name == "" {
		r.Name = r.Slug
	}
	if r.Project == "" {
		r.Project = "MAIN"
	}
	if m.root != "" {
		r.Dir = filepath.Join(m.root, strings.Trim(r.UUID, "{}")+".git")
		if err := initBare(r.Dir, "main"); err != nil {
			return nil, err
		}
	}
	m.Repositories = append(m.Repositories, &r)
	return &r, nil
}

// Rename gives a repository another name, perhaps in another workspace.
func (m *Model) Rename(r *Repository, w *Workspace, slug string) {
	m.Edit(func() { r.Workspace, r.Slug = w, slug })
}

// Repository finds a repository by workspace and name, or by its UUID in whichever
// workspace.
func (m *Model) Repository(workspace, slug string) *Repository {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.repository(workspace, slug)
}

func (m *Model) repository(workspace, slug string) *Repository {
	i := slices.IndexFunc(m.Repositories, func(r *Repository) bool {
		if strings.HasPrefix(slug, "{") {
			return r.UUID == slug
		}
		return strings.EqualFold(r.Workspace.Slug, workspace) && strings.EqualFold(r.Slug, slug)
	})
	if i < 0 {
		return nil
	}
	return m.Repositories[i]
}

// level is what a user may do in a repository: admin, write, read or nothing.
func (r *Repository) level(u *User) string {
	for _, p := range r.Permissions {
		if u != nil && p.User == u {
			return p.Level
		}
	}
	if u != nil && slices.Contains(r.Workspace.Members, u) {
		return "write"
	}
	if !r.Private {
		return "read"
	}
	return ""
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
