package threads

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// ghost is the login under which GitHub shows what people who left have written.
const ghost = "ghost"

// person is an account as records have it. Apps are called as in REST and in
// texts: dependabot[bot].
func person(a *actor) schema.Person {
	if a == nil || a.Login == "" {
		return schema.Person{Login: ghost}
	}
	p := schema.Person{Login: a.Login, Name: a.Name}
	if a.DatabaseID > 0 {
		p.ID = strconv.FormatInt(a.DatabaseID, 10)
	}
	if a.Typename == "Bot" && !strings.HasSuffix(p.Login, "[bot]") {
		p.Login += "[bot]"
	}
	return p
}

// ifAny is the person, or nil when there is none.
func ifAny(a *actor) *schema.Person {
	if a == nil {
		return nil
	}
	p := person(a)
	return &p
}

func people(l list[actor]) []schema.Person {
	var all []schema.Person
	for _, a := range l.Nodes {
		all = append(all, person(a))
	}
	return all
}

func moment(t *time.Time) schema.Time {
	if t == nil {
		return schema.Time{}
	}
	return t.UTC()
}

func oid(o *object) string {
	if o == nil {
		return ""
	}
	return o.OID
}

func (ids databaseIDs) id() string {
	switch {
	case ids.Full != "":
		return ids.Full.String()
	case ids.Short > 0:
		return strconv.FormatInt(ids.Short, 10)
	}
	return ""
}

// id is the permanent id of a text: the one that its address ends with, where
// GitHub has no field with room for it.
func (x *text) id() string {
	anchor := x.URL[strings.LastIndexByte(x.URL, '#')+1:]
	digits := anchor[strings.LastIndexFunc(anchor, func(r rune) bool { return r < '0' || r > '9' })+1:]
	return cmp.Or(x.databaseIDs.id(), digits, x.ID)
}

func names(l list[object]) []string {
	var all []string
	for _, o := range l.Nodes {
		if o != nil {
			all = append(all, o.Name)
		}
	}
	return all
}

func reactions(l list[reaction]) []schema.Reaction {
	var all []schema.Reaction
	for _, r := range l.Nodes {
		if r == nil {
			continue
		}
		name := strings.ToLower(r.Content)
		switch r.Content {
		case "THUMBS_UP":
			name = "+1"
		case "THUMBS_DOWN":
			name = "-1"
		}
		all = append(all, schema.Reaction{Name: name, Person: person(r.User), At: r.CreatedAt.UTC()})
	}
	return all
}

// lockReason is a reason as REST and people write it, with underscores.
func lockReason(graph string) string { return strings.ToLower(graph) }

// milestone is the id of the milestone's record: its number.
func (t *thread) milestone() string {
	if t.Milestone == nil {
		return ""
	}
	return id(t.Milestone.Number)
}

// id is the id of a thread's record.
func id(number int64) string { return strconv.FormatInt(number, 10) }

func (t *thread) issue(issueType string) schema.Issue {
	i := schema.Issue{
		Number: t.Number, Title: t.Title, Text: t.Body, State: strings.ToLower(t.IssueState), StateReason: strings.ToLower(t.StateReason), Type: issueType,
		Author: person(t.Author), Assignees: people(t.Assignees), Labels: names(t.Labels), Milestone: t.milestone(),
		Locked: t.Locked, LockReason: lockReason(t.LockReason), Pinned: t.Pinned, Reactions: reactions(t.Reactions),
		URL: t.URL, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: moment(t.LastEditedAt), ClosedAt: moment(t.ClosedAt),
	}
	for _, s := range t.SubIssues.Nodes {
		if s != nil && s.Repository.ID == t.Repository.ID { // those of other repositories are in the timeline
			i.SubIssues = append(i.SubIssues, id(s.Number))
		}
	}
	if i.State == "closed" {
		i.ClosedBy = t.closedBy()
	}
	return i
}

// closedBy is who closed the thread last. GraphQL tells it in the timeline only.
func (t *thread) closedBy() *schema.Person {
	for i := len(t.Timeline.Nodes) - 1; i >= 0; i-- {
		if l := t.Timeline.Nodes[i]; l != nil && l.Typename == "ClosedEvent" {
			p := person(l.Actor)
			return &p
		}
	}
	return nil
}

func (t *thread) change() schema.Change {
	c := schema.Change{
		Number: t.Number, Title: t.Title, Text: t.Body, State: strings.ToLower(t.ChangeState), Draft: t.Draft,
		Author: person(t.Author), Assignees: people(t.Assignees), Labels: names(t.Labels), Milestone: t.milestone(), Locked: t.Locked,
		Head:      schema.Tip{Branch: t.HeadRefName, Commit: t.HeadRefOID, Gone: t.HeadRef == nil, Ref: "refs/pull/" + id(t.Number) + "/head"},
		Base:      schema.Tip{Branch: t.BaseRefName, Commit: t.BaseRefOID, Gone: t.BaseRef == nil},
		Reactions: reactions(t.Reactions),
		URL:       t.URL, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: moment(t.LastEditedAt), ClosedAt: moment(t.ClosedAt), MergedAt: moment(t.MergedAt),
	}
	if t.CrossRepository && t.HeadRepository != nil {
		c.Head.Repository = t.HeadRepository.NameWithOwner
	}
	if t.HeadRepository == nil {
		c.Head.Gone = true
	}
	for _, r := range t.ReviewRequests.Nodes {
		if r != nil && r.Reviewer != nil && r.Reviewer.Login != "" { // the rest are teams
			c.RequestedReviewers = append(c.RequestedReviewers, person(r.Reviewer))
		}
	}
	if t.MergedAt != nil {
		c.MergeCommit = oid(t.MergeCommit)
		p := person(t.MergedBy)
		c.MergedBy = &p
	}
	return c
}

func (t *thread) discussion(pinned bool) schema.Discussion {
	d := schema.Discussion{
		Number: t.Number, Title: t.Title, Text: t.Body, Category: t.Category.Name, State: "open",
		Author: person(t.Author), Labels: names(t.Labels), Locked: t.Locked, Pinned: pinned, Reactions: reactions(t.Reactions),
		URL: t.URL, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: moment(t.LastEditedAt), ClosedAt: moment(t.ClosedAt),
	}
	if t.DiscussionClosed {
		d.State = "closed"
	}
	return d
}

func (r *review) review() schema.Review {
	return schema.Review{
		State: strings.ToLower(r.State), Text: r.Body, Author: person(r.Author), Commit: oid(r.Commit), URL: r.URL, SubmittedAt: moment(r.SubmittedAt),
	}
}

// body is what all sorts of comments have in common.
func (c *comment) body() schema.Comment {
	b := schema.Comment{
		Text: c.Body, Author: person(c.Author), Answer: c.Answer, Reactions: reactions(c.Reactions),
		URL: c.URL, CreatedAt: c.CreatedAt.UTC(), UpdatedAt: moment(c.LastEditedAt),
	}
	if c.Minimized {
		b.Hidden = hidden(c.Reason)
	}
	if c.DeletedAt != nil { // its replies still stand
		b.Hidden = "deleted"
	}
	return b
}

// hidden is why a comment is folded away: off-topic and OFF_TOPIC are one.
func hidden(reason string) string {
	if reason == "" {
		return "hidden"
	}
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(reason))
}

// position is the place of a comment in a diff. One that is outdated is where it
// was made; any other is where it stands now.
func (c *comment) position(in *conversation) *schema.Position {
	p := &schema.Position{
		Path: c.Path, Side: "new", Line: c.Line, StartLine: c.StartLine, Commit: oid(c.Commit),
		Outdated: in.Outdated || c.Outdated, Hunk: c.Hunk, WholeFile: in.SubjectType == "FILE",
	}
	if in.Side == "LEFT" {
		p.Side = "old"
	}
	if p.Outdated || p.Line == 0 {
		p.Line, p.StartLine = c.OriginalLine, c.OriginalStartLine
		if original := oid(c.OriginalCommit); original != "" {
			p.Commit = original
		}
	}
	if p.WholeFile {
		p.Line, p.StartLine, p.Side = 0, 0, ""
	}
	return p
}
