package githubtest

import (
	"cmp"
	"slices"
	"time"
)

// begin fills in what GitHub gives a new text.
func (c *Content) begin(at time.Time, in *Repository) {
	c.CreatedAt = orTime(c.CreatedAt, at)
	c.UpdatedAt = orTime(c.UpdatedAt, c.CreatedAt)
	c.Association = cmp.Or(c.Association, association(c.Author, in))
}

func association(u *User, r *Repository) string {
	if u == nil || r == nil {
		return "NONE"
	}
	if r.Owner == u {
		return "OWNER"
	}
	for _, c := range r.Collaborators {
		if c.User == u && c.Outside {
			return "COLLABORATOR"
		}
		if c.User == u {
			return "MEMBER"
		}
	}
	return "NONE"
}

// AddIssue adds an issue with the next number. Texts that mention other issues
// make events there, as do those of comments and reviews.
func (m *Model) AddIssue(r *Repository, i Issue) *Issue {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addIssue(r, &i)
}

func (m *Model) addIssue(r *Repository, i *Issue) *Issue {
	at := m.tick()
	r.number++
	i.ID, i.Number, i.Repo = m.register(prefixIssue, i), r.number, r
	if i.Pull != nil {
		i.Pull.ID = m.register(prefixPull, i)
	}
	i.Content.begin(at, r)
	i.State = cmp.Or(i.State, "open")
	if i.State == "closed" {
		i.ClosedAt = orTime(i.ClosedAt, i.UpdatedAt)
	}
	r.Issues = append(r.Issues, i)
	r.issues[i.Number] = i
	r.issuesChanged()
	if i.Parent != nil {
		i.Parent.SubIssues = append(i.Parent.SubIssues, i)
	}
	m.refer(i, i.Author, i.Body)
	return i
}

// SkipNumbers uses up n numbers of a repository, as deleted issues do.
func (m *Model) SkipNumbers(r *Repository, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	r.number += n
}

// touch says that an issue was updated just now.
func (m *Model) touch(i *Issue) {
	i.UpdatedAt = m.now
	i.Repo.issuesChanged()
}

// EditIssue changes an issue or pull request as somebody, and makes the events
// that GitHub would. When and by whom it was closed or pinned is filled in. edit
// must not call the model.
func (m *Model) EditIssue(i *Issue, by *User, edit func(*Issue)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	before := *i
	before.Labels, before.Assignees, before.SubIssues = slices.Clone(i.Labels), slices.Clone(i.Assignees), slices.Clone(i.SubIssues)
	edit(i)
	if i.Body != before.Body {
		i.EditedAt, i.Editor = at, by
		m.refer(i, by, i.Body)
	}
	m.recordChanges(&before, i, by)
	m.touch(i)
	if i.PinnedAt != before.PinnedAt && onlyPinned(&before, i) {
		i.UpdatedAt = before.UpdatedAt
	}
}

// onlyPinned reports that nothing but the pin has changed, which is no update.
func onlyPinned(a, b *Issue) bool {
	return a.Title == b.Title && a.Body == b.Body && a.State == b.State && a.Locked == b.Locked &&
		a.Milestone == b.Milestone && a.Type == b.Type && a.Parent == b.Parent &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Assignees, b.Assignees)
}

// recordChanges makes the events that lead from one state of an issue to the
// next.
func (m *Model) recordChanges(a, b *Issue, by *User) {
	event := func(name string, e Event) {
		e.Name, e.Actor = name, by
		m.addEvent(b, &e)
	}
	if a.Title != b.Title {
		event("renamed", Event{From: a.Title, To: b.Title})
	}
	for _, l := range missing(a.Labels, b.Labels) {
		event("labeled", Event{Label: l})
	}
	for _, l := range missing(b.Labels, a.Labels) {
		event("unlabeled", Event{Label: l})
	}
	for _, u := range missing(a.Assignees, b.Assignees) {
		event("assigned", Event{Assignee: u})
	}
	for _, u := range missing(b.Assignees, a.Assignees) {
		event("unassigned", Event{Assignee: u})
	}
	if a.Milestone != b.Milestone {
		if a.Milestone != nil {
			event("demilestoned", Event{Milestone: a.Milestone.Title})
		}
		if b.Milestone != nil {
			event("milestoned", Event{Milestone: b.Milestone.Title})
		}
	}
	if a.Type != b.Type {
		switch {
		case a.Type == nil:
			event("issue_type_added", Event{Type: b.Type})
		case b.Type == nil:
			event("issue_type_removed", Event{Previous: a.Type})
		default:
			event("issue_type_changed", Event{Previous: a.Type, Type: b.Type})
		}
	}
	switch {
	case !a.Locked && b.Locked:
		event("locked", Event{LockReason: b.LockReason})
	case a.Locked && !b.Locked:
		b.LockReason = ""
		event("unlocked", Event{})
	}
	switch {
	case a.PinnedAt.IsZero() && !b.PinnedAt.IsZero():
		b.PinnedAt, b.PinnedBy = m.now, by
		event("pinned", Event{})
	case !a.PinnedAt.IsZero() && b.PinnedAt.IsZero():
		b.PinnedBy = nil
		event("unpinned", Event{})
	}
	switch {
	case a.State == "open" && b.State == "closed":
		b.ClosedAt, b.ClosedBy = m.now, by
		if b.Pull == nil {
			b.StateReason = cmp.Or(b.StateReason, "completed")
		}
		event("closed", Event{StateReason: b.StateReason})
	case a.State == "closed" && b.State == "open":
		b.ClosedAt, b.ClosedBy = time.Time{}, nil
		if b.Pull == nil {
			b.StateReason = "reopened"
		}
		event("reopened", Event{StateReason: b.StateReason})
	}
	if a.Parent != b.Parent {
		m.moveSubIssue(a.Parent, b, by)
	}
}

func (m *Model) moveSubIssue(from, child *Issue, by *User) {
	if from != nil {
		from.SubIssues = slices.DeleteFunc(from.SubIssues, func(o *Issue) bool { return o == child })
		m.addEvent(from, &Event{Name: "sub_issue_removed", Actor: by, Source: child})
		m.addEvent(child, &Event{Name: "parent_issue_removed", Actor: by, Source: from})
		m.touch(from)
	}
	if child.Parent != nil {
		child.Parent.SubIssues = append(child.Parent.SubIssues, child)
		m.addEvent(child.Parent, &Event{Name: "sub_issue_added", Actor: by, Source: child})
		m.addEvent(child, &Event{Name: "parent_issue_added", Actor: by, Source: child.Parent})
		m.touch(child.Parent)
	}
}

// missing returns what is in b and not in a.
func missing[T comparable](a, b []T) []T {
	var m []T
	for _, x := range b {
		if !slices.Contains(a, x) {
			m = append(m, x)
		}
	}
	return m
}

// AddEvent adds a line to a timeline as it is given, for what no edit makes.
// The issue counts as updated unless it was only referred to.
func (m *Model) AddEvent(i *Issue, e Event) *Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.addEvent(i, &e)
	if e.Name != "cross-referenced" && e.Name != "referenced" {
		m.touch(i)
	}
	return &e
}

func (m *Model) addEvent(i *Issue, e *Event) {
	e.ID, e.Issue = m.register(prefixEvent, e), i
	e.CreatedAt = orTime(e.CreatedAt, m.now)
	i.Events = append(i.Events, e)
}

// DeleteIssue removes an issue with everything under it. Its number is never
// given again.
func (m *Model) DeleteIssue(i *Issue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	r := i.Repo
	m.forget(prefixIssue, i.ID)
	for _, c := range i.Comments {
		m.forget(prefixComment, c.ID)
	}
	for _, e := range i.Events {
		m.forget(prefixEvent, e.ID)
	}
	if i.Parent != nil {
		i.Parent.SubIssues = slices.DeleteFunc(i.Parent.SubIssues, func(o *Issue) bool { return o == i })
	}
	for _, s := range i.SubIssues {
		s.Parent = nil
	}
	delete(r.issues, i.Number)
	r.Issues = slices.DeleteFunc(r.Issues, func(o *Issue) bool { return o == i })
	for _, o := range r.Issues {
		o.Events = slices.DeleteFunc(o.Events, func(e *Event) bool { return e.Source == i })
	}
	r.issuesChanged()
}

// AddComment adds a comment to an issue or pull request.
func (m *Model) AddComment(i *Issue, c Comment) *Comment {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	c.ID, c.Issue = m.register(prefixComment, &c), i
	c.Content.begin(at, i.Repo)
	i.Comments = append(i.Comments, &c)
	m.touch(i)
	m.refer(i, c.Author, c.Body)
	return &c
}

// EditComment changes a comment.
func (m *Model) EditComment(c *Comment, by *User, edit func(*Comment)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	m.editText(&c.Content, at, by, func() { edit(c) })
	m.touch(c.Issue)
	m.refer(c.Issue, by, c.Body)
}

// editText runs edit and says when and by whom the text was changed, if it
// was.
func (m *Model) editText(c *Content, at time.Time, by *User, edit func()) {
	before := c.Body
	edit()
	c.UpdatedAt = at
	if c.Body != before {
		c.EditedAt, c.Editor = at, by
	}
}

// DeleteComment removes a comment; the timeline says so.
func (m *Model) DeleteComment(c *Comment, by *User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	i := c.Issue
	m.forget(prefixComment, c.ID)
	i.Comments = slices.DeleteFunc(i.Comments, func(o *Comment) bool { return o == c })
	m.addEvent(i, &Event{Name: "comment_deleted", Actor: by, Assignee: c.Author})
	m.touch(i)
}
