package giteatest

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

// Model is everything the server knows, but for what git keeps. Requests change
// it one after the other. What its methods return belongs to it: look at it while
// no request runs.
type Model struct {
	mu  sync.Mutex
	dir string // of git repositories
	url string // of the server
	now func() time.Time

	last        map[string]int64 // the highest id of each table
	users       []*User          // and organizations: they share names and ids
	teams       []*Team
	repos       map[int64]*Repository
	moved       map[string]int64 // former full names of repositories, in lower case
	attachments map[string]*Attachment
	threads     []*thread // of notifications
	notified    []Notified
	memory      gitserver.Memory
}

func newModel(dir string, now func() time.Time) *Model {
	if now == nil {
		now = time.Now
	}
	return &Model{dir: dir, now: now, last: map[string]int64{}, repos: map[int64]*Repository{}, moved: map[string]int64{}, attachments: map[string]*Attachment{}}
}

// next returns the next id of a table.
func (m *Model) next(table string) int64 {
	m.last[table]++
	return m.last[table]
}

// clock is the time as the server keeps it: whole seconds.
func (m *Model) clock() time.Time { return m.now().UTC().Truncate(time.Second) }

// User is a person or an organization.
type User struct {
	ID           int64
	Login        string
	FullName     string
	Email        string
	Organization bool
	Admin        bool
	Inactive     bool
	Restricted   bool
	NoLogin      bool
	Visibility   string // public, limited, private
	Website      string
	Location     string
	Description  string
	Created      time.Time

	TeamAccessByRepoAdmins bool     // of an organization
	Labels                 []*Label // of an organization
	Hooks                  []*Hook

	password string
	tokens   []*token
	follows  map[*User]bool
	stars    map[*Repository]bool
}

type token struct {
	id     int64
	name   string
	text   string
	scopes []string
}

// Team is a team of an organization.
type Team struct {
	ID          int64
	Org         *User
	Name        string
	Description string
	Access      Access            // owner and admin; otherwise none, and Units counts
	Units       map[string]Access // by "repo.issues" and so on
	AllRepos    bool
	CreatesRepo bool
	Members     map[*User]bool
	Repos       map[*Repository]bool
}

// Repository is a repository with all that belongs to it.
type Repository struct {
	ID          int64
	Owner       *User
	Name        string
	Description string
	Website     string
	Private     bool
	Template    bool
	Archived    bool
	ArchivedAt  time.Time
	Created     time.Time
	Updated     time.Time
	Parent      *Repository // of a fork
	OriginalURL string

	DefaultBranch string
	ObjectFormat  string

	// Settings are the switches that the API names, such as has_wiki and
	// allow_rebase, and internal_tracker, external_tracker, external_wiki.
	Settings map[string]any

	Topics        []string
	Labels        []*Label
	Milestones    []*Milestone
	Issues        map[int64]*Issue // and pull requests, by number
	Releases      []*Release
	Protections   []*Protection
	Tags          []*TagProtection
	Collaborators map[*User]Access
	Watchers      map[*User]bool
	Hooks         []*Hook
	Keys          []*DeployKey
	Statuses      []*CommitStatus
	NewOwner      *User // to whom it is offered

	last    int64             // the highest number of an issue
	entries map[int64]*Entry  // of all issues
	wiki    bool              // it was made
	size    int64             // in KiB, as of the last look
	refs    map[string]string // of the code, likewise
	kinds   map[string]string // of the objects that refs name: commit, tag
}

// Hook is a web hook. None is ever called.
type Hook struct {
	ID      int64
	Fields  map[string]any
	Created time.Time
	Updated time.Time
}

// DeployKey is a key that opens one repository.
type DeployKey struct {
	ID       int64
	Title    string
	Key      string
	ReadOnly bool
	Created  time.Time
}

// CommitStatus is what a check said of a commit.
type CommitStatus struct {
	ID      int64
	SHA     string
	State   string
	Context string
	Text    string
	URL     string
	Creator *User
	Created time.Time
}

// Repository returns a repository, or nil.
func (m *Model) Repository(owner, name string) *Repository {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.repo(owner, name)
}

// User returns a user or an organization, or nil.
func (m *Model) User(login string) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user(login)
}

// AddUser makes a user. Names that are missing follow from the login.
func (m *Model) AddUser(u User) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addUser(&u)
}

func (m *Model) addUser(u *User) *User {
	table := "user"
	u.ID = m.next(table)
	if u.Email == "" && !u.Organization {
		u.Email = strings.ToLower(u.Login) + "@example.test"
	}
	if u.Visibility == "" {
		u.Visibility = "public"
	}
	u.Created = m.clock()
	u.follows, u.stars = map[*User]bool{}, map[*Repository]bool{}
	m.users = append(m.users, u)
	return u
}

func (m *Model) user(login string) *User {
	for _, u := range m.users {
		if strings.EqualFold(u.Login, login) {
			return u
		}
	}
	return nil
}

func (m *Model) repo(owner, name string) *Repository {
	for _, r := range m.repos {
		if strings.EqualFold(r.Owner.Login, owner) && strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

// repoList returns all repositories by id.
func (m *Model) repoList() []*Repository {
	all := make([]*Repository, 0, len(m.repos))
	for _, r := range m.repos {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Repository) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// FullName is OWNER/NAME.
func (r *Repository) FullName() string { return r.Owner.Login + "/" + r.Name }

// Issue returns an issue or pull request by its number, or nil.
func (r *Repository) Issue(number int64) *Issue { return r.Issues[number] }

// has says whether a switch of the repository is on.
func (r *Repository) has(setting string) bool { on, _ := r.Settings[setting].(bool); return on }

// codeDir and wikiDir are the folders of the two git repositories. They keep their
// names when the repository changes its own.
func (m *Model) codeDir(r *Repository) string {
	return filepath.Join(m.dir, fmt.Sprintf("%d.git", r.ID))
}

func (m *Model) wikiDir(r *Repository) string {
	return filepath.Join(m.dir, fmt.Sprintf("%d.wiki.git", r.ID))
}

// locate finds the folder of a repository that a git client names.
func (m *Model) locate(path string) (dir string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, wiki := m.gitPath(path)
	switch {
	case r == nil:
		return "", false
	case wiki:
		return m.wikiDir(r), r.wiki
	}
	return m.codeDir(r), true
}

// gitPath finds the repository of OWNER/NAME or OWNER/NAME.wiki.
func (m *Model) gitPath(path string) (r *Repository, wiki bool) {
	owner, name, _ := strings.Cut(path, "/")
	if r := m.repo(owner, name); r != nil {
		return r, false
	}
	if id, ok := m.moved[strings.ToLower(path)]; ok {
		return m.repos[id], false
	}
	name, wiki = strings.CutSuffix(name, ".wiki")
	if !wiki {
		return nil, false
	}
	return m.repo(owner, name), true
}

// shortNames are the refs below a prefix, without it, in order.
func shortNames(refs map[string]string, prefix string) []string {
	var names []string
	for ref := range refs {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
