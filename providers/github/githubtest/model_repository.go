package githubtest

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Repository is one repository with everything that stands in it.
type Repository struct {
	ID            int64
	Owner         *User
	Name          string
	Description   string
	Homepage      string
	Topics        []string
	Visibility    string // public, private, internal
	DefaultBranch string
	Archived      bool
	Template      bool
	Fork          bool
	Parent        *Repository // of a fork; nil when it is gone
	License       string      // SPDX id
	Language      string      // the main one
	Size          int64       // in KiB
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PushedAt      time.Time

	HasIssues, HasWiki, HasProjects, HasDiscussions, HasDownloads, HasPages, HasPulls bool

	AllowMerge, AllowSquash, AllowRebase, AllowAutoMerge, DeleteBranchOnMerge, AllowUpdateBranch, AllowForking, WebSignoff bool

	Labels         []*Label
	Milestones     []*Milestone
	Issues         []*Issue // pull requests too, by ascending number
	Discussions    []*Discussion
	Categories     []*Category
	Releases       []*Release
	CommitComments []*CommitComment
	Collaborators  []*Collaborator
	Protections    []*Protection
	Rulesets       []*Ruleset
	Hooks          []*Hook
	DeployKeys     []*DeployKey
	Secrets        []string // names
	Variables      []string // names
	Environments   []string // names
	Packages       []string // names

	Dir     string // bare git repository; empty when the model has no git
	WikiDir string // bare git repository of the wiki; empty when there is none

	number  int64 // newest of issues, pull requests and discussions
	issues  map[int64]*Issue
	updated updatedOrder
}

// NodeID is the repository's global id.
func (r *Repository) NodeID() string { return nodeID(prefixRepository, r.ID) }

// FullName is OWNER/NAME.
func (r *Repository) FullName() string { return r.Owner.Login + "/" + r.Name }

// LastNumber is the newest number that an issue, pull request or discussion
// was given, deleted ones included.
func (r *Repository) LastNumber() int64 { return r.number }

// Issue returns the issue or pull request with a number, or nil.
func (r *Repository) Issue(number int64) *Issue { return r.issues[number] }

// Discussion returns the discussion with a number, or nil.
func (r *Repository) Discussion(number int64) *Discussion {
	i, ok := slices.BinarySearchFunc(r.Discussions, number, func(d *Discussion, n int64) int { return cmp.Compare(d.Number, n) })
	if !ok {
		return nil
	}
	return r.Discussions[i]
}

// updatedOrder keeps the issues by the time of their last update until one
// changes, so that paging through many costs no sorting a page.
type updatedOrder struct {
	mu    sync.Mutex
	valid bool
	all   []*Issue
}

// IssuesByUpdate returns issues and pull requests, the one updated longest ago
// first; of one second, by number. The slice belongs to the model.
func (r *Repository) IssuesByUpdate() []*Issue {
	u := &r.updated
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.valid {
		u.all = slices.Clone(r.Issues)
		slices.SortStableFunc(u.all, func(a, b *Issue) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
		u.valid = true
	}
	return u.all
}

func (r *Repository) issuesChanged() {
	r.updated.mu.Lock()
	defer r.updated.mu.Unlock()
	r.updated.valid = false
}

// Label is a label of a repository.
type Label struct {
	ID          int64
	Name        string
	Color       string
	Description string
	Default     bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NodeID is the label's global id.
func (l *Label) NodeID() string { return nodeID(prefixLabel, l.ID) }

// Milestone is a milestone of a repository.
type Milestone struct {
	ID          int64
	Number      int64
	Title       string
	Description string
	State       string // open, closed
	Creator     *User
	DueOn       time.Time // zero: none
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ClosedAt    time.Time
}

// NodeID is the milestone's global id.
func (s *Milestone) NodeID() string { return nodeID(prefixMilestone, s.ID) }

// Collaborator is somebody's access to a repository.
type Collaborator struct {
	User    *User
	Role    string // read, triage, write, maintain, admin, or the name of a custom role
	Base    string // what a custom role builds on: read, triage, write, maintain
	Outside bool   // not a member of the organisation
}

// Permission is the built-in permission that the collaborator has.
func (c *Collaborator) Permission() string {
	if c.Base != "" {
		return c.Base
	}
	return c.Role
}

// Protection is a classic branch protection rule.
type Protection struct {
	ID                 int64
	Pattern            string
	RequireReviews     bool
	Approvals          int64
	DismissStale       bool
	CodeOwners         bool
	LastPushApproval   bool
	StatusChecks       []string // nil: not required
	StrictChecks       bool
	Signatures         bool
	Linear             bool
	Conversations      bool
	ForcePushes        bool
	Deletions          bool
	EnforceAdmins      bool
	BlockCreations     bool
	LockBranch         bool
	ForkSyncing        bool
	RestrictPushes     bool
	PushUsers          []*User
	BypassReviewsUsers []*User
	Creator            *User
}

// NodeID is the rule's global id.
func (p *Protection) NodeID() string { return nodeID(prefixProtection, p.ID) }

// Ruleset is a ruleset of a repository.
type Ruleset struct {
	ID          int64
	Name        string
	Target      string // branch, tag
	Enforcement string // active, disabled, evaluate
	Include     []string
	Exclude     []string
	Bypass      []RulesetBypass
	Rules       []Rule
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NodeID is the ruleset's global id.
func (r *Ruleset) NodeID() string { return nodeID(prefixRuleset, r.ID) }

// RulesetBypass is who need not obey a ruleset.
type RulesetBypass struct {
	ActorID   int64
	ActorType string // RepositoryRole, Team, OrganizationAdmin
	Mode      string // always, pull_request
}

// Rule is one rule of a ruleset, as REST names it: deletion, non_fast_forward,
// required_linear_history, required_signatures, creation, update,
// pull_request, required_status_checks.
type Rule struct {
	Type          string
	Approvals     int64    // pull_request
	DismissStale  bool     // pull_request
	CodeOwners    bool     // pull_request
	LastPush      bool     // pull_request
	Conversations bool     // pull_request
	Checks        []string // required_status_checks
	Strict        bool     // required_status_checks
}

// Hook is a webhook. GitHub never shows its secret.
type Hook struct {
	ID        int64
	URL       string
	Events    []string
	Active    bool
	HasSecret bool
	CreatedAt time.Time
}

// DeployKey is a deploy key.
type DeployKey struct {
	ID        int64
	Title     string
	Key       string
	ReadOnly  bool
	CreatedAt time.Time
}

// Repository returns the repository called owner/name, in any case, and
// whether it has another name now; nil when there never was one.
func (m *Model) Repository(owner, name string) (r *Repository, moved bool) {
	full := strings.ToLower(owner + "/" + name)
	for _, r := range m.Repositories {
		if strings.ToLower(r.FullName()) == full {
			return r, false
		}
	}
	if r := m.moved[full]; r != nil {
		return r, true
	}
	return nil, false
}

// RepositoryByID returns the repository with an id, or nil.
func (m *Model) RepositoryByID(id int64) *Repository {
	return object[*Repository](m, prefixRepository, id)
}

// RepositoriesOf returns the repositories of an account, in order of creation.
func (m *Model) RepositoriesOf(owner *User) []*Repository {
	var of []*Repository
	for _, r := range m.Repositories {
		if r.Owner == owner {
			of = append(of, r)
		}
	}
	return of
}
