package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxTitle       = 255
	maxDescription = 1 << 20
	maxNote        = 1000000
)

// newItem fills in what all new items have.
func (m *Model) newItem(i *Item) {
	i.ID = m.next(i.Kind)
	i.State = cmp.Or(i.State, "opened")
	if i.Created.IsZero() {
		i.Created = m.clock()
	}
	if i.Updated.IsZero() {
		i.Updated = i.Created
	}
	if i.Subscribed == nil {
		i.Subscribed = map[*User]bool{}
	}
}

// takeIID gives an item a number: the one that it has already when it is free, or
// else the next of its kind.
func (p *Project) takeIID(i *Item, want int64) {
	i.IID = want
	if want == 0 {
		i.IID = p.iids[i.Kind] + 1
	}
	p.iids[i.Kind] = max(p.iids[i.Kind], i.IID)
}

// AddIssue makes an issue: what it does not say follows as in the API. An IID that
// is given is taken.
func (m *Model) AddIssue(p *Project, i Issue) *Issue {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addIssue(p, &i)
}

func (m *Model) addIssue(p *Project, i *Issue) *Issue {
	i.Kind, i.Project, i.Type = "Issue", p, cmp.Or(i.Type, "issue")
	i.issue = i
	m.newItem(&i.Item)
	p.takeIID(&i.Item, i.IID)
	p.Issues = append(p.Issues, i)
	return i
}

// AddNote writes a note under an item: by itself, or in a discussion when there is
// one.
func (m *Model) AddNote(i *Item, in *Discussion, n Note) *Note {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addNote(i, in, &n)
}

// addNote puts a note under an item. With a discussion it is a reply, and makes a
// thread of what was a single note.
func (m *Model) addNote(i *Item, in *Discussion, n *Note) *Note {
	n.ID = m.next("note")
	if n.Created.IsZero() {
		n.Created = m.clock()
	}
	if n.Updated.IsZero() {
		n.Updated = n.Created
	}
	if in == nil {
		in = &Discussion{ID: sha1Of(fmt.Sprintf("discussion %d", n.ID)), Item: i, Individual: n.Type == ""}
		i.Discussions = append(i.Discussions, in)
	} else if first := in.Notes[0]; in.Individual {
		in.Individual = false
		first.Type = cmp.Or(first.Type, "DiscussionNote")
		n.Type = "DiscussionNote"
	} else {
		n.Type = cmp.Or(first.Type, "DiscussionNote")
	}
	if len(in.Notes) > 0 && in.Notes[0].Position != nil {
		n.Position, n.CommitID = in.Notes[0].Position, in.Notes[0].CommitID
	}
	n.Discussion = in
	in.Notes = append(in.Notes, n)
	return n
}

// say writes down what happened to an item, as the system does.
func (m *Model) say(i *Item, by *User, at time.Time, action, text string) {
	if by == nil {
		return
	}
	m.addNote(i, nil, &Note{Author: by, Body: text, System: true, Action: action, Created: at})
}

// happen notes an event of an item.
func (m *Model) happen(i *Item, e Event) {
	e.ID = m.next("event")
	if e.Created.IsZero() {
		e.Created = m.clock()
	}
	i.Events = append(i.Events, &e)
}

// closeItem closes an issue or a merge request.
func (m *Model) closeItem(i *Item, by *User) { m.setState(i, by, "closed", m.clock()) }

// setState closes or opens an item, at a time.
func (m *Model) setState(i *Item, by *User, state string, at time.Time) {
	if i.State == state || i.State == "merged" {
		return
	}
	i.State, i.Updated = state, m.clock()
	i.ClosedAt, i.ClosedBy = time.Time{}, nil
	action, why := "reopened", "reopened"
	if state == "closed" {
		i.ClosedAt, i.ClosedBy = at, by
		action, why = "closed", "closed"
	}
	m.happen(i, Event{Kind: "state", User: by, Action: action, Created: at})
	m.say(i, by, at, action, action)
	m.tell(i, by, why, nil)
}

// participants are those who have to do with an item: its author, those it is given
// to, who wrote under it and who is mentioned.
func (i *Item) participants() []*User {
	all := []*User{i.Author}
	all = append(all, i.Assignees...)
	if i.merge != nil {
		for _, r := range i.merge.Reviewers {
			all = append(all, r.User)
		}
	}
	for _, n := range i.Notes() {
		all = append(all, n.Author)
	}
	var unique []*User
	for _, u := range all {
		if u != nil && !slices.Contains(unique, u) {
			unique = append(unique, u)
		}
	}
	return unique
}

// describe takes what a request says of an item, in common for issues and merge
// requests: title, description, labels, milestone, assignees, lock.
func (c *call) describe(i *Item, isNew bool) {
	p := i.Project
	may := c.level(c.doer, p) >= Reporter || i.Kind == "MergeRequest" && c.level(c.doer, p) >= Developer || c.level(c.doer, p) >= Planner && i.Kind == "Issue"
	if c.has("title") {
		if title := strings.TrimSpace(c.text("title")); title != i.Title {
			if !isNew {
				c.say(i, c.doer, c.clock(), "title", "changed title from **"+i.Title+"** to **"+title+"**")
			}
			i.Title = title
		}
	}
	if c.has("description") {
		before := i.Description
		i.Description = c.commands(i, c.text("description"), nil)
		if !isNew && before != i.Description {
			c.say(i, c.doer, c.clock(), "description", "changed the description")
			c.mentioned(i, nil, i.Description, before)
		}
	}
	if may {
		c.describeLabels(i)
		c.describeMilestone(i)
		c.describePeople(i)
	}
	if c.has("discussion_locked") && (may || !isNew) {
		i.Locked = c.on("discussion_locked")
	}
}

// textProblems refuses a title or a description that no item can have.
func (c *call) textProblems() error {
	problems := map[string][]string{}
	title, description := c.text("title"), c.text("description")
	switch {
	case !c.has("title"):
	case strings.TrimSpace(title) == "":
		problems["title"] = []string{"can't be blank"}
	case len([]rune(title)) > maxTitle:
		problems["title"] = []string{"is too long (maximum is 255 characters)"}
	}
	if len([]rune(description)) > maxDescription {
		problems["description"] = []string{"is too long (maximum is 1048576 characters)"}
	}
	if len(problems) > 0 {
		return refuse(http.StatusBadRequest, problems)
	}
	return nil
}

func (c *call) describeLabels(i *Item) {
	next := slices.Clone(i.Labels)
	if c.has("labels") {
		next = c.labelsNamed(i.Project, c.list("labels"))
	}
	for _, l := range c.labelsNamed(i.Project, c.list("add_labels")) {
		if !slices.Contains(next, l) {
			next = append(next, l)
		}
	}
	gone := c.list("remove_labels")
	next = slices.DeleteFunc(next, func(l *Label) bool { return slices.Contains(gone, l.Name) })
	for _, l := range next {
		if !slices.Contains(i.Labels, l) {
			c.happen(i, Event{Kind: "label", User: c.doer, Action: "add", Label: l, Created: c.eventTime(i)})
		}
	}
	for _, l := range i.Labels {
		if !slices.Contains(next, l) {
			c.happen(i, Event{Kind: "label", User: c.doer, Action: "remove", Label: l, Created: c.eventTime(i)})
		}
	}
	i.Labels = next
}

// eventTime is when what a request does happened: events of a new issue have its
// date.
func (c *call) eventTime(i *Item) time.Time {
	if c.r.Method == http.MethodPost {
		return i.Created
	}
	if at := c.time("updated_at"); !at.IsZero() && i.Project != nil && c.level(c.doer, i.Project) >= Owner {
		return at
	}
	return c.clock()
}

func (c *call) describeMilestone(i *Item) {
	if !c.has("milestone_id") {
		return
	}
	var next *Milestone
	if id := c.number("milestone_id"); id != 0 {
		all := slices.Clone(i.Project.Milestones)
		for _, n := range i.Project.Namespace.chain() {
			all = append(all, n.Milestones...)
		}
		if at := slices.IndexFunc(all, func(ms *Milestone) bool { return ms.ID == id }); at >= 0 {
			next = all[at]
		}
	}
	if next == i.Milestone {
		return
	}
	if i.Milestone != nil {
		c.happen(i, Event{Kind: "milestone", User: c.doer, Action: "remove", Milestone: i.Milestone, Created: c.eventTime(i)})
	}
	if next != nil {
		c.happen(i, Event{Kind: "milestone", User: c.doer, Action: "add", Milestone: next, Created: c.eventTime(i)})
	}
	i.Milestone = next
}

// describePeople gives an item to people who may see it. GitLab without a licence
// knows one assignee and one reviewer; with one it knows many, and so does this.
func (c *call) describePeople(i *Item) {
	if !c.any("assignee_ids", "assignee_id") {
		return
	}
	ids := c.numbers("assignee_ids")
	if !c.has("assignee_ids") {
		ids = c.numbers("assignee_id")
	}
	next := c.people(i, ids)
	for _, u := range next {
		if !slices.Contains(i.Assignees, u) {
			c.todo(i, c.doer, u, "assigned")
			c.mail(i, c.doer, u, "assigned")
		}
	}
	var added, removed []string
	for _, u := range next {
		if !slices.Contains(i.Assignees, u) {
			added = append(added, "@"+u.Username)
		}
	}
	for _, u := range i.Assignees {
		if !slices.Contains(next, u) {
			removed = append(removed, "@"+u.Username)
			c.mail(i, c.doer, u, "assigned")
		}
	}
	i.Assignees = next
	var said []string
	if len(added) > 0 {
		said = append(said, "assigned to "+strings.Join(added, ", "))
	}
	if len(removed) > 0 {
		said = append(said, "unassigned "+strings.Join(removed, ", "))
	}
	if len(said) > 0 {
		c.say(i, c.doer, c.eventTime(i), "assignee", strings.Join(said, " and "))
	}
}

// people are users by their ids, without those who may not see an item.
func (c *call) people(i *Item, ids []int64) []*User {
	var all []*User
	for _, id := range ids {
		if u := c.userByID(id); u != nil && u.State == "active" && c.seesItem(u, i) && !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// seesItem says whether somebody may read an item.
func (m *Model) seesItem(u *User, i *Item) bool {
	switch {
	case i.Kind == "Snippet":
		return m.seesSnippet(u, i.snippet)
	case i.Kind == "Commit":
		return m.uses(u, i.Project, "repository")
	case i.Kind == "MergeRequest":
		return m.uses(u, i.Project, "merge_requests")
	case !m.uses(u, i.Project, "issues"):
		return false
	case i.issue.Confidential:
		return u != nil && (m.level(u, i.Project) >= Planner || i.Author == u || slices.Contains(i.Assignees, u))
	}
	return true
}

// changes says whether somebody may change an item.
func (m *Model) changes(u *User, i *Item) bool {
	least := Reporter
	if i.Kind == "MergeRequest" {
		least = Developer
	}
	if i.Kind == "Issue" {
		least = Planner
	}
	return u != nil && !i.Project.Archived && m.seesItem(u, i) && (i.Author == u || slices.Contains(i.Assignees, u) || m.level(u, i.Project) >= least)
}
