package bitbucketservertest

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Model is what a server holds. Its fields are read, and changed, inside View.
type Model struct {
	Users        []*User
	Groups       []string
	Projects     []*Project
	Repositories []*Repository

	mu   sync.Mutex
	root string // folder of the git repositories
	now  time.Time
	last int64 // id that was given last
}

func newModel(root string) *Model {
	return &Model{root: root, now: time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)}
}

// User is somebody with an account.
type User struct {
	ID    int64
	Name  string
	Full  string
	Email string
	Admin bool // of the whole server
}

// Project holds repositories. That of a person has the key ~NAME in capitals.
type Project struct {
	ID     int64
	Key    string
	Name   string
	Public bool
	Owner  *User // of a personal one

	Access Access
}

// Access is who was given which permission.
type Access struct {
	Users  []UserGrant
	Groups []GroupGrant
}

// UserGrant is a permission of somebody, such as REPO_WRITE.
type UserGrant struct {
	User       *User
	Permission string
}

// GroupGrant is a permission of a group.
type GroupGrant struct {
	Group      string
	Permission string
}

// Repository is a repository.
type Repository struct {
	ID          int64
	Project     *Project
	Slug        string
	Name        string
	Description string
	Public      bool
	Archived    bool
	Origin      *Repository
	Labels      []string
	Access      Access

	Restrictions []*Restriction
	Conditions   []*Condition
	AllTasks     bool     // must be done before a merge
	Strategies   []string // by which may be merged
	Webhooks     []string // addresses
	Keys         []string // labels of SSH keys
	Tokens       []string // names
	Hooks        []string // those that are switched on
	Files        map[string][]byte
	Pulls        []*Pull
	Size         int64

	Dir  string // of its git repository
	last int64  // number of a pull request
}

// Restriction forbids something with some refs.
type Restriction struct {
	ID       int64
	Type     string // read-only, ...
	Matching string // BRANCH, PATTERN, MODEL_CATEGORY, MODEL_BRANCH
	Ref      string
	Shown    string
	Users    []*User
	Groups   []string
}

// Condition is who is asked for reviews by default.
type Condition struct {
	ID        int64
	Reviewers []*User
	Required  int64
}

// Pull is a pull request.
type Pull struct {
	Number      int64
	Title       string
	Text        string
	State       string // OPEN, DECLINED, MERGED
	Draft       bool
	Version     int64
	Author      *User
	Reviewers   []*Reviewer
	From        End
	To          End
	MergeCommit string
	Created     time.Time
	Updated     time.Time
	Closed      time.Time
	Activities  []*Activity
	Comments    []*Comment // those that answer nothing
}

// End is one end of a pull request.
type End struct {
	Repository *Repository
	Branch     string
	Commit     string
}

// Reviewer is somebody who is asked for a review.
type Reviewer struct {
	User   *User
	Status string // UNAPPROVED, NEEDS_WORK, APPROVED
	Commit string // reviewed last
}

// Activity is a line in the history of a pull request.
type Activity struct {
	ID      int64
	At      time.Time
	By      *User
	Action  string
	Comment *Comment
	Commit  string // of a merge
	From    string // of a change of the head
	Before  string
	Dropped int // commits that are not in it any more
	Added   []*User
	Removed []*User
}

// Comment is a comment with the replies to it.
type Comment struct {
	ID       int64
	Author   *User
	Text     string
	Created  time.Time
	Updated  time.Time
	Anchor   *Anchor
	Task     bool // severity BLOCKER; before 7.2 a task of the comment it answers
	Done     bool
	Draft    bool
	Resolved bool
	Likes    []*User
	Emoji    map[string][]*User // by shortcut
	Replies  []*Comment
}

// Anchor is a place in a diff.
type Anchor struct {
	Path     string
	SrcPath  string
	Line     int64  // 0: the file
	LineType string // ADDED, CONTEXT, REMOVED
	Orphaned bool
	Start    int64 // of several lines
	Diff     []DiffLine
}

// DiffLine is a line of the diff around a comment.
type DiffLine struct {
	Type     string // ADDED, CONTEXT, REMOVED
	Old, New int64
	Text     string
}

// View calls f with the model at rest.
func (m *Model) View(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// edit calls f after ten minutes have passed.
func (m *Model) edit(f func(at time.Time)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(10 * time.Minute)
	f(m.now)
}

// Wait lets time pass.
func (m *Model) Wait(d time.Duration) { m.View(func() { m.now = m.now.Add(d) }) }

func (m *Model) id() int64 {
	m.last++
	return m.last
}

// AddUser adds an account.
func (m *Model) AddUser(name, full string) *User {
	u := &User{Name: name, Full: full, Email: name + "@example.org"}
	m.edit(func(time.Time) {
		u.ID = m.id()
		m.Users = append(m.Users, u)
	})
	return u
}

// AddProject adds a project.
func (m *Model) AddProject(key, name string) *Project {
	p := &Project{Key: key, Name: name}
	m.edit(func(time.Time) {
		p.ID = m.id()
		m.Projects = append(m.Projects, p)
	})
	return p
}

// Personal adds the project of a person.
func (m *Model) Personal(u *User) *Project {
	p := m.AddProject("~"+strings.ToUpper(u.Name), u.Full)
	m.View(func() { p.Owner = u })
	return p
}

// AddRepository adds a repository with the branch main, which has no commits. What is
// set of r is kept.
func (m *Model) AddRepository(p *Project, r Repository) (*Repository, error) {
	added := &r
	var err error
	m.edit(func(time.Time) {
		added.ID, added.Project = m.id(), p
		if added.Name == "" {
			added.Name = added.Slug
		}
		if added.Strategies == nil {
			added.Strategies = []string{"no-ff", "squash"}
		}
		added.Files = map[string][]byte{}
		if added.Dir, err = initBare(filepath.Join(m.root, fmt.Sprintf("%d.git", added.ID))); err == nil {
			m.Repositories = append(m.Repositories, added)
		}
	})
	return added, err
}

// Rename gives a repository another place. Nothing is left at the old one.
func (m *Model) Rename(r *Repository, p *Project, slug string) {
	m.edit(func(time.Time) { r.Project, r.Slug, r.Name = p, slug, slug })
}

// DeleteRepository removes a repository.
func (m *Model) DeleteRepository(r *Repository) {
	m.edit(func(time.Time) {
		for i, one := range m.Repositories {
			if one == r {
				m.Repositories = append(m.Repositories[:i:i], m.Repositories[i+1:]...)
			}
		}
	})
}

// Upload adds a file of a repository and returns what a text links to it with.
func (m *Model) Upload(r *Repository, name string, data []byte) (link string) {
	m.edit(func(time.Time) {
		id := fmt.Sprintf("%010x/%s", m.id(), name)
		r.Files[id] = data
		link = fmt.Sprintf("attachment:%d/%s", r.ID, strings.ReplaceAll(id, "/", "%2F"))
	})
	return link
}

func (m *Model) repository(key, slug string) *Repository {
	for _, r := range m.Repositories {
		if strings.EqualFold(r.Project.Key, key) && strings.EqualFold(r.Slug, slug) {
			return r
		}
	}
	return nil
}

func (m *Model) project(key string) *Project {
	for _, p := range m.Projects {
		if strings.EqualFold(p.Key, key) {
			return p
		}
	}
	return nil
}

func (r *Repository) pull(number int64) *Pull {
	for _, p := range r.Pulls {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// The permissions, from the least.
const (
	permitNothing = iota
	permitRead
	permitWrite
	permitAdmin
)

func rank(permission string) int {
	switch permission[strings.LastIndexByte(permission, '_')+1:] {
	case "READ":
		return permitRead
	case "WRITE":
		return permitWrite
	case "ADMIN":
		return permitAdmin
	}
	return permitNothing
}

func (a Access) of(u *User) int {
	best := permitNothing
	for _, g := range a.Users {
		if g.User == u {
			best = max(best, rank(g.Permission))
		}
	}
	return best
}

// inProject is what somebody may do with a project.
func (p *Project) permit(u *User) int {
	if u.Admin || p.Owner == u {
		return permitAdmin
	}
	best := p.Access.of(u)
	if p.Public {
		best = max(best, permitRead)
	}
	return best
}

// permit is what somebody may do with a repository.
func (r *Repository) permit(u *User) int {
	best := max(r.Project.permit(u), r.Access.of(u))
	if r.Public {
		best = max(best, permitRead)
	}
	return best
}
