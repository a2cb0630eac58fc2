package giteatest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Label is a label of a repository or an organization.
type Label struct {
	ID          int64
	Name        string
	Color       string // six hexadecimal digits
	Description string
	Exclusive   bool
	Archived    bool
	Org         *User // nil: of the repository
}

// Milestone is a milestone.
type Milestone struct {
	ID          int64
	Title       string
	Description string
	Closed      bool
	Due         time.Time // zero: none
	ClosedAt    time.Time
	Created     time.Time
	Updated     time.Time
}

// Issue is an issue or a pull request.
type Issue struct {
	ID        int64
	Number    int64
	Repo      *Repository
	Author    *User
	Title     string
	Body      string
	Ref       string
	Labels    []*Label
	Milestone *Milestone
	Assignees []*User
	Closed    bool
	Locked    bool
	Pin       int // place among the pinned ones; 0: not pinned
	Due       time.Time
	Created   time.Time
	Updated   time.Time
	ClosedAt  time.Time
	Version   int64 // of the text

	Reactions  []*Reaction
	Assets     []*Attachment
	Timeline   []*Entry        // comments and events, in order
	Subscribed map[*User]bool  // false: on purpose not
	DependsOn  map[*Issue]bool // is blocked by these
	Times      []*TrackedTime

	Pull *Pull // nil: an issue

	names map[*Entry][]*Entry // what a comment, or with nil the text, left on the timelines of others
}

// Reaction is what somebody put under a text.
type Reaction struct {
	User    *User
	Content string
	Created time.Time
}

// Attachment is a file that was uploaded.
type Attachment struct {
	ID        int64
	UUID      string
	Name      string
	Data      []byte
	Downloads int64
	Created   time.Time
	Uploader  *User

	repo    *Repository
	release *Release
}

// TrackedTime is time that somebody spent on an issue.
type TrackedTime struct {
	ID      int64
	User    *User
	Seconds int64
	Created time.Time
}

// Entry is a comment or an event of an issue. Kind is what the API calls type.
type Entry struct {
	ID        int64
	Kind      string
	Issue     *Issue
	User      *User
	Body      string
	Created   time.Time
	Updated   time.Time
	Assets    []*Attachment
	Reactions []*Reaction

	Label        *Label
	Milestone    *Milestone
	OldMilestone *Milestone
	Assignee     *User
	Removed      bool // the assignee was
	OldTitle     string
	NewTitle     string
	OldRef       string
	NewRef       string
	Other        *Issue // that refers to this one, or that this one depends on
	OtherEntry   *Entry
	RefAction    string
	Commit       string
	Time         *TrackedTime

	// Of comments on code.
	Review   *Review
	Path     string
	Line     int64 // negative: on the old side
	Hunk     string
	Resolver *User
}

// texts says whether an entry is one that people write and edit.
func (e *Entry) texts() bool {
	switch e.Kind {
	case "comment", "review", "code":
		return true
	}
	return false
}

// Comments returns the plain comments of an issue.
func (i *Issue) Comments() []*Entry {
	var all []*Entry
	for _, e := range i.Timeline {
		if e.Kind == "comment" {
			all = append(all, e)
		}
	}
	return all
}

// issues returns the issues and pull requests of a repository by number.
func (r *Repository) issues() []*Issue {
	return slices.SortedFunc(maps.Values(r.Issues), func(a, b *Issue) int { return cmp.Compare(a.Number, b.Number) })
}

// remove takes an entry away.
func (i *Issue) remove(e *Entry) {
	i.Timeline = slices.DeleteFunc(i.Timeline, func(o *Entry) bool { return o == e })
	delete(i.Repo.entries, e.ID)
}

// milestone and label find one by its id.
func (r *Repository) milestone(id int64) *Milestone {
	for _, m := range r.Milestones {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (r *Repository) label(id int64) *Label {
	for _, l := range slices.Concat(r.Labels, r.Owner.Labels) {
		if l.ID == id {
			return l
		}
	}
	return nil
}

func (r *Repository) labelNamed(name string) *Label {
	for _, l := range slices.Concat(r.Labels, r.Owner.Labels) {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// newIssue gives a number to an issue or a pull request and adds it.
func (m *Model) newIssue(r *Repository, i *Issue) *Issue {
	r.last++
	i.ID, i.Number, i.Repo = m.next("issue"), r.last, r
	i.Created = m.clock()
	i.Updated = i.Created
	i.Subscribed, i.DependsOn, i.names = map[*User]bool{}, map[*Issue]bool{}, map[*Entry][]*Entry{}
	r.Issues[i.Number] = i
	return i
}

// add puts an entry at the end of an issue's timeline.
func (m *Model) add(i *Issue, e *Entry) *Entry {
	e.ID, e.Issue = m.next("comment"), i
	e.Created = m.clock()
	e.Updated = e.Created
	if e.RefAction == "" {
		e.RefAction = "none"
	}
	i.Timeline = append(i.Timeline, e)
	i.Repo.entries[e.ID] = e
	return e
}

// touch notes that an issue changed.
func (m *Model) touch(i *Issue) { i.Updated = m.clock() }

// counts returns the numbers of open and closed issues and pull requests of a
// milestone.
func (ms *Milestone) counts(r *Repository) (open, closed int64) {
	for _, i := range r.Issues {
		switch {
		case i.Milestone != ms:
		case i.Closed:
			closed++
		default:
			open++
		}
	}
	return open, closed
}
