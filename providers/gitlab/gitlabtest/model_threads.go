package gitlabtest

import (
	"slices"
	"time"
)

// Label is a label of a project or a group.
type Label struct {
	ID          int64
	Name        string
	Color       string // #rrggbb
	Description string
	Priority    *int64
	Archived    bool
	Group       *Namespace // nil: of the project
}

// Milestone is a milestone of a project or a group.
type Milestone struct {
	ID, IID     int64
	Project     *Project
	Group       *Namespace
	Title       string
	Description string
	State       string // active, closed
	Due, Start  time.Time
	Created     time.Time
	Updated     time.Time
}

// Item is what issues, merge requests, snippets and commits share: somebody wrote
// them, and others write under them.
type Item struct {
	Kind        string // Issue, MergeRequest, Snippet, Commit
	ID, IID     int64
	SHA         string   // of a commit
	Project     *Project // nil: of a personal snippet
	Author      *User
	Title       string
	Description string
	State       string // opened, closed, locked, merged
	Labels      []*Label
	Milestone   *Milestone
	Assignees   []*User
	Locked      bool
	Created     time.Time
	Updated     time.Time
	ClosedAt    time.Time
	ClosedBy    *User
	Estimate    int64 // seconds
	Spent       int64
	Discussions []*Discussion
	Awards      []*Award
	Events      []*Event
	Subscribed  map[*User]bool // false: on purpose not
	Imported    string         // from where; empty: it was not

	issue   *Issue
	merge   *MergeRequest
	snippet *Snippet
}

// Issue is an issue.
type Issue struct {
	Item
	Confidential bool
	Due          time.Time
	Type         string // issue, incident, task
	Weight       *int64
	MovedTo      *Issue
	Links        []*IssueLink
}

// IssueLink says that an issue has to do with another one.
type IssueLink struct {
	ID             int64
	Source, Target *Issue
	Type           string // relates_to, blocks
	Created        time.Time
	Updated        time.Time
}

// Discussion is a thread of notes, or a single note outside of any.
type Discussion struct {
	ID         string
	Item       *Item
	Individual bool
	Notes      []*Note
}

// Note is a comment, or what the system says happened.
type Note struct {
	ID         int64
	Discussion *Discussion
	Type       string // DiscussionNote, DiffNote; empty: an ordinary one
	Author     *User
	Body       string
	Created    time.Time
	Updated    time.Time
	System     bool
	Action     string // of a system note
	Internal   bool
	Resolved   bool
	ResolvedBy *User
	ResolvedAt time.Time
	CommitID   string
	Position   *Position
	Awards     []*Award
	Imported   string
}

// Position is where a note on a diff stands.
type Position struct {
	Base, Start, Head string
	OldPath, NewPath  string
	Type              string // text, image, file
	OldLine, NewLine  int64  // 0: none
	LineRange         map[string]any
	Width, Height     int64
	X, Y              float64
	Original          *Position // where it stood at first, after it moved
}

// Award is an emoji that somebody put under something.
type Award struct {
	ID      int64
	User    *User
	Name    string
	Created time.Time
}

// Event is a change of state, label or milestone.
type Event struct {
	ID        int64
	Kind      string // state, label, milestone
	User      *User
	Created   time.Time
	Action    string // closed, reopened, merged; add, remove
	Label     *Label
	Milestone *Milestone
}

// MergeRequest is a merge request.
type MergeRequest struct {
	Item
	Source        *Project // nil: gone
	SourceBranch  string
	TargetBranch  string
	MergedAt      time.Time
	MergedBy      *User
	MergeCommit   string
	SquashCommit  string
	MergeError    string
	Squash        bool
	RemoveSource  bool
	Collaboration bool
	Reviewers     []*Reviewer
	Approvals     []*Approval
	Versions      []*Version // the newest last
}

// Reviewer is somebody who is asked to review.
type Reviewer struct {
	User    *User
	State   string // unreviewed, reviewed, requested_changes, approved
	Created time.Time
}

// Approval is somebody's consent.
type Approval struct {
	User *User
	At   time.Time
}

// Version is a state of a merge request's diff.
type Version struct {
	ID                int64
	Head, Base, Start string
	Created           time.Time
}

// Snippet is a snippet; its files are in a git repository.
type Snippet struct {
	Item
	Visibility string
}

// Release is a release.
type Release struct {
	Tag         string
	Name        string
	Description string
	Author      *User
	SHA         string
	Created     time.Time
	Released    time.Time
	Milestones  []*Milestone
	Links       []*ReleaseLink
}

// ReleaseLink is an asset of a release.
type ReleaseLink struct {
	ID   int64
	Name string
	URL  string
	Path string // direct_asset_path; empty: none
	Type string // other, runbook, image, package
}

// ProtectedRef is a rule for branches or tags of a name.
type ProtectedRef struct {
	ID        int64
	Name      string
	Push      []*AccessRule // of a tag: who may create it
	Merge     []*AccessRule
	Unprotect []*AccessRule
	Force     bool
	CodeOwner bool
}

// AccessRule is one of those whom a rule lets through.
type AccessRule struct {
	ID    int64
	Level int
	User  *User
	Group *Namespace
}

// Upload is a file that was uploaded to a project.
type Upload struct {
	ID       int64
	Secret   string
	Name     string
	Data     []byte
	Created  time.Time
	Uploader *User
}

// PackageFile is a file of a generic package.
type PackageFile struct {
	ID            int64
	Package       int64
	Name, Version string
	File          string
	Data          []byte
	Created       time.Time
}

// Notes returns the notes under an item in order of time, without what the
// system says.
func (i *Item) Notes() []*Note {
	return slices.DeleteFunc(i.allNotes(), func(n *Note) bool { return n.System })
}

// allNotes are all notes, the oldest first.
func (i *Item) allNotes() []*Note {
	var all []*Note
	for _, d := range i.Discussions {
		all = append(all, d.Notes...)
	}
	slices.SortStableFunc(all, func(a, b *Note) int {
		if order := a.Created.Compare(b.Created); order != 0 {
			return order
		}
		return int(a.ID - b.ID)
	})
	return all
}

func (i *Item) note(id int64) *Note {
	for _, d := range i.Discussions {
		for _, n := range d.Notes {
			if n.ID == id {
				return n
			}
		}
	}
	return nil
}

func (i *Item) discussion(id string) *Discussion {
	for _, d := range i.Discussions {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// Issue returns an issue by its iid, or nil.
func (p *Project) Issue(iid int64) *Issue {
	for _, i := range p.Issues {
		if i.IID == iid {
			return i
		}
	}
	return nil
}

// MergeRequest returns a merge request by its iid, or nil.
func (p *Project) MergeRequest(iid int64) *MergeRequest {
	for _, r := range p.MergeRequests {
		if r.IID == iid {
			return r
		}
	}
	return nil
}

// head is the newest version; nil: there is none.
func (r *MergeRequest) head() *Version {
	if len(r.Versions) == 0 {
		return nil
	}
	return r.Versions[len(r.Versions)-1]
}

func (p *Project) release(tag string) *Release {
	for _, r := range p.Releases {
		if r.Tag == tag {
			return r
		}
	}
	return nil
}
