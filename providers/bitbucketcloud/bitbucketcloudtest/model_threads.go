package bitbucketcloudtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Issue is an issue.
type Issue struct {
	ID                            int64
	Title, Text                   string
	Markup                        string // empty: markdown
	Reporter, Assignee            *User
	State, Kind, Priority         string
	Milestone, Component, Version string
	Votes, Watches                int64
	CreatedOn, UpdatedOn          time.Time
	EditedOn                      time.Time
	Comments                      []*Comment
	Changes                       []*Change
	Files                         []File
}

// File is a file of an issue.
type File struct {
	Name string
	Data []byte
}

// Comment is a comment on an issue or pull request.
type Comment struct {
	ID                   int64
	Text                 string
	User                 *User
	CreatedOn, UpdatedOn time.Time
	Deleted, Pending     bool
	Parent               int64
	Inline               *Inline
	Resolver             *User
	Diff                 string // commits between which an inline comment is: HEAD..BASE
}

// Inline is a place in a diff.
type Inline struct {
	Path                         string
	From, To, StartFrom, StartTo int64
	Outdated                     bool
}

// Change is a change of fields of an issue.
type Change struct {
	ID        int64
	User      *User
	CreatedOn time.Time
	Fields    map[string][2]string // old and new
	Message   string
}

// Pull is a pull request.
type Pull struct {
	ID                             int64
	Title, Text                    string
	State                          string // OPEN, MERGED, DECLINED, SUPERSEDED
	Draft                          bool
	Author                         *User
	SourceRepo                     *Repository // nil: it is gone
	Source, Destination            string      // branches
	SourceCommit, TargetCommit     string
	MergeCommit                    string
	Reason                         string
	ClosedBy                       *User
	CreatedOn, UpdatedOn, ClosedOn time.Time
	Reviewers                      []*User
	Participants                   []Participant
	Comments                       []*Comment
	Tasks                          []*Task
}

// Participant is somebody who gave a verdict.
type Participant struct {
	User  *User
	State string // approved, changes_requested; empty: neither
	On    time.Time
}

// Task is something to do.
type Task struct {
	ID        int64
	Text      string
	Resolved  bool
	Creator   *User
	CreatedOn time.Time
	Comment   int64 // 0: of the pull request
}

// AddIssue adds an issue. Fields that have to be something are made up.
func (m *Model) AddIssue(r *Repository, i Issue) *Issue {
	m.mu.Lock()
	defer m.mu.Unlock()
	i.CreatedOn = m.tick()
	i.UpdatedOn = i.CreatedOn
	if i.ID == 0 {
		i.ID = 1
		if n := len(r.Issues); n > 0 {
			i.ID = r.Issues[n-1].ID + 1
		}
	}
	for _, f := range []struct {
		field *string
		value string
	}{{&i.State, "new"}, {&i.Kind, "bug"}, {&i.Priority, "major"}} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	r.Issues = append(r.Issues, &i)
	return &i
}

// DeleteIssue deletes an issue; its number is not given again.
func (m *Model) DeleteIssue(r *Repository, id int64) {
	m.Edit(func() { r.Issues = slices.DeleteFunc(r.Issues, func(i *Issue) bool { return i.ID == id }) })
}

// Comment adds a comment to an issue.
func (m *Model) Comment(i *Issue, by *User, text string) *Comment {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &Comment{ID: m.id(), Text: text, User: by, CreatedOn: m.tick()}
	c.UpdatedOn = c.CreatedOn
	i.Comments, i.UpdatedOn = append(i.Comments, c), c.CreatedOn
	return c
}

// Change changes fields of an issue: state, kind, priority, milestone, component,
// version, title, or assignee_account_id. Each change is a comment too.
func (m *Model) Change(i *Issue, by *User, message string, fields map[string]string) *Change {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	c := &Change{ID: m.id(), User: by, CreatedOn: at, Message: message, Fields: map[string][2]string{}}
	for name, value := range fields {
		if name == "assignee_account_id" {
			c.Fields[name] = [2]string{accountID(i.Assignee), value}
			i.Assignee = nil
			for _, u := range m.Users {
				if u.AccountID == value {
					i.Assignee = u
				}
			}
			continue
		}
		field := map[string]*string{"state": &i.State, "kind": &i.Kind, "priority": &i.Priority, "milestone": &i.Milestone,
			"component": &i.Component, "version": &i.Version, "title": &i.Title}[name]
		c.Fields[name] = [2]string{*field, value}
		*field = value
	}
	i.Changes, i.UpdatedOn = append(i.Changes, c), at
	i.Comments = append(i.Comments, &Comment{ID: c.ID, Text: message, User: by, CreatedOn: at, UpdatedOn: at})
	return c
}

func accountID(u *User) string {
	if u == nil {
		return ""
	}
	return u.AccountID
}

// AddPull adds a pull request between two branches that exist.
func (m *Model) AddPull(r *Repository, p Pull) (*Pull, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.SourceRepo == nil {
		p.SourceRepo = r
	}
	if p.Destination == "" {
		p.Destination = "main"
	}
	var err error
	if p.SourceCommit, err = resolve(p.SourceRepo.Dir, "refs/heads/"+p.Source); err != nil {
		return nil, err
	}
	if p.TargetCommit, err = resolve(r.Dir, "refs/heads/"+p.Destination); err != nil {
		return nil, err
	}
	if p.SourceRepo != r { // the repository takes the commits of forks in
		if _, err := (gitserver.Repo{Dir: r.Dir}).Run("fetch", "--quiet", p.SourceRepo.Dir, p.SourceCommit); err != nil {
			return nil, err
		}
	}
	p.CreatedOn, p.State = m.tick(), "OPEN"
	p.UpdatedOn = p.CreatedOn
	p.ID = int64(len(r.Pulls) + 1)
	r.Pulls = append(r.Pulls, &p)
	return &p, nil
}

// Say adds a comment to a pull request. Its id and times are made up.
func (m *Model) Say(p *Pull, c Comment) *Comment {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.ID, c.CreatedOn = m.id(), m.tick()
	c.UpdatedOn = c.CreatedOn
	if c.Inline != nil && c.Diff == "" {
		c.Diff = p.SourceCommit[:12] + ".." + p.TargetCommit[:12]
	}
	p.Comments, p.UpdatedOn = append(p.Comments, &c), c.CreatedOn
	return &c
}

// AddTask adds a task to a comment of a pull request, or to itself.
func (m *Model) AddTask(p *Pull, t Task) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t.ID, t.CreatedOn = m.id(), m.tick()
	p.Tasks, p.UpdatedOn = append(p.Tasks, &t), t.CreatedOn
}

// Judge gives a verdict on a pull request.
func (m *Model) Judge(p *Pull, by *User, state string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	p.Participants = slices.DeleteFunc(p.Participants, func(q Participant) bool { return q.User == by })
	p.Participants, p.UpdatedOn = append(p.Participants, Participant{User: by, State: state, On: at}), at
}

// End ends a pull request as MERGED, DECLINED or SUPERSEDED. A merged one moves its
// destination to a merge of both ends, or to a commit with the same files and one
// parent when it is squashed.
func (m *Model) End(r *Repository, p *Pull, by *User, state, reason string, squash bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	if state == "MERGED" {
		base, err := resolve(r.Dir, "refs/heads/"+p.Destination)
		if err != nil {
			return err
		}
		parents := []string{base}
		if !squash {
			parents = append(parents, p.SourceCommit)
		}
		who := gitserver.Signature{Name: "Bit Bucket", Email: "bit@example.org", At: time.Unix(1700000000, 0)}
		git := gitserver.Repo{Dir: r.Dir}
		if p.MergeCommit, err = git.CommitTree(p.SourceCommit+"^{tree}", fmt.Sprintf("Merged in %s (pull request #%d)\n", p.Source, p.ID), parents, who, who); err != nil {
			return err
		}
		p.TargetCommit = base
		if err := git.SetRef("refs/heads/"+p.Destination, p.MergeCommit); err != nil {
			return err
		}
	}
	p.State, p.Reason, p.ClosedBy, p.ClosedOn, p.UpdatedOn = state, reason, by, at, at
	return nil
}
