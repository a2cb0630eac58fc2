package threads

import (
	"context"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// discussionLabel is carried by what was a discussion.
const discussionLabel = "discussion"

const (
	lossPinned     = "it is not pinned, because the target pins no issues"
	lossSubIssues  = "its sub-issues are linked to it as related"
	lossDiscussion = "it is an issue with the label " + discussionLabel + ", because the target has no discussions"
)

func (w *Writer) writeIssue(ctx context.Context, r *project, one *providers.Write, b *schema.Issue) (providers.Written, error) {
	n := &wanted{
		key: one.Record.Key(), number: b.Number, author: b.Author, at: b.CreatedAt,
		line:   attribution.Author{URL: b.URL, Verb: "opened this issue"},
		closed: b.State == stateClosed, ended: b.UpdatedAt, labels: labelNames(b.Labels), due: b.DueOn, assignees: b.Assignees,
		locked: b.Locked, secret: b.Confidential, reactions: b.Reactions,
	}
	n.title, n.text = title(b.Title, 0, &n.lost), plain(b.Text, &n.lost)
	n.findMilestone(one, b.Milestone)
	if n.kind = kindOf(b.Type); n.kind == "" && b.Type != "" {
		n.line.Extra = append(n.line.Extra, "type "+attribution.Code(b.Type))
	}
	if n.closed {
		n.line.Extra = append(n.line.Extra, ended("closed", b.ClosedBy, b.ClosedAt, b.StateReason))
		n.ended = b.ClosedAt
	}
	if b.Pinned {
		n.lost.Add(lossPinned)
	}
	if len(b.SubIssues) > 0 {
		n.line.Extra = append(n.line.Extra, forgetarget.SubIssues(one, b.SubIssues))
		n.lost.Add(lossSubIssues)
	}
	answer, err := w.writeThread(ctx, r, one, n)
	if err != nil || len(b.SubIssues) == 0 {
		return answer, err
	}
	return answer, w.linkIssues(ctx, r, answer.Ref, one, b.SubIssues)
}

// kindOf returns the server's own name for a type of issues; empty when it has
// none.
func kindOf(name string) string {
	if name == "incident" || name == "task" {
		return name
	}
	return ""
}

func (w *Writer) writeDiscussion(ctx context.Context, r *project, one *providers.Write, b *schema.Discussion) (providers.Written, error) {
	n := &wanted{
		key: one.Record.Key(), number: b.Number, author: b.Author, at: b.CreatedAt,
		line:   attribution.Author{URL: b.URL, Verb: "started this discussion"},
		closed: b.State == stateClosed, ended: b.UpdatedAt, labels: labelNames(append(slices.Clone(b.Labels), discussionLabel)), locked: b.Locked, reactions: b.Reactions,
	}
	if n.closed && !b.ClosedAt.IsZero() {
		n.ended = b.ClosedAt
	}
	n.title, n.text = title(b.Title, 0, &n.lost), plain(b.Text, &n.lost)
	if b.Category != "" {
		n.line.Extra = append(n.line.Extra, "category "+attribution.Code(b.Category))
	}
	n.lost.Add(lossDiscussion)
	return w.writeThread(ctx, r, one, n)
}

// labelNames are labels as the server names them, each once.
func labelNames(labels []string) []string {
	var names []string
	for _, label := range labels {
		name := api.LabelName(label)
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// linkIssues links an issue to those that stood under it, as far as they are
// there.
func (w *Writer) linkIssues(ctx context.Context, r *project, ref schema.Ref, one *providers.Write, ids []string) error {
	from, err := parsePlace(ref.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		ref, ok := forgetarget.Related(*one, schema.Key{Kind: schema.KindIssue, ID: id})
		to, err := parsePlace(ref.ID)
		if !ok || err != nil || to.kind != onIssue || to.number == from.number {
			continue
		}
		err = w.api.LinkIssue(ctx, r.id, from.number, to.number)
		if err != nil && !hasCode(err, providers.CodeConflict, providers.CodeDenied, providers.CodeNotFound, providers.CodeInvalid) {
			return err
		}
	}
	return nil
}

// writeThread makes or updates an issue.
func (w *Writer) writeThread(ctx context.Context, r *project, one *providers.Write, n *wanted) (providers.Written, error) {
	if one.Ref.ID != "" {
		return w.updateThread(ctx, r, one, n)
	}
	issue, made, err := w.createIssue(ctx, r, n)
	if err != nil {
		return providers.Written{}, err
	}
	if made {
		r.thread(place{kind: onIssue, number: issue.IID}).begun()
	}
	return w.settleIssue(ctx, r, n, issue, made)
}

func (w *Writer) updateThread(ctx context.Context, r *project, one *providers.Write, n *wanted) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	issue, err := w.api.Issue(ctx, r.id, at.number)
	if err != nil {
		return providers.Written{}, err
	}
	if err := forgetarget.CheckVersion(one, issueVersion(issue)); err != nil {
		return providers.Written{}, err
	}
	return w.settleIssue(ctx, r, n, issue, false)
}

// postIssue makes an issue with as much as one request can carry. Its author may
// not be let set all of it; settleIssue sees to the rest.
func (w *Writer) postIssue(ctx context.Context, r *project, n *wanted, v voice, iid int64) (api.Issue, error) {
	assignees, err := w.team(ctx, r, n.assignees, nil)
	if err != nil {
		return api.Issue{}, err
	}
	extra := append(assignees.says("assigned to "), w.told(r, place{kind: onIssue}, n.reactions)...)
	m := api.NewIssue{
		IID: iid, Title: n.title, Description: n.body(shown{author: v.real, date: v.dates}, extra), Type: n.kind,
		Labels: n.labels, MilestoneID: n.milestone, AssigneeIDs: assignees.ids, DueDate: n.due, Confidential: n.secret,
	}
	if !n.at.IsZero() {
		at := n.at.UTC()
		m.CreatedAt = &at
	}
	made, err := v.api.CreateIssue(ctx, r.id, m)
	if err == nil && m.CreatedAt != nil {
		r.tookDate(v.who, same(made.CreatedAt, n.at))
	}
	return made, err
}

// settleIssue makes an issue what it is wanted to be: only what differs is
// written, in one request where that is possible. What it finds done already is
// not done again, so that a run that was killed goes on where it stopped.
func (w *Writer) settleIssue(ctx context.Context, r *project, n *wanted, have api.Issue, fresh bool) (providers.Written, error) {
	at := place{kind: onIssue, number: have.IID}
	lost := slices.Clone(n.lost)
	is := shown{author: isBy(have.Author, n.author), date: same(have.CreatedAt, n.at)}
	if !is.author && anyone(n.author) {
		lost.Add(lossAuthor)
	}
	if n.number > 0 && have.IID != n.number && r.gaps != Renumber {
		lost.Add(lossNumber)
	}
	counted, err := w.react(ctx, r, at, n.reactions, fresh)
	if err != nil {
		return providers.Written{}, err
	}
	if len(counted) > 0 {
		lost.Add(lossReaction)
	}
	given, err := w.give(ctx, r, n, fresh, func() ([]int64, []int64) { return idsOf(have.Assignees), nil }, func(p people, look bool) (bool, error) {
		e, differs := n.editIssue(have, p.assignees.ids, n.body(is, append(p.says(), counted...)))
		if !differs || look {
			return differs, nil
		}
		now, err := w.api.EditIssue(ctx, r.id, have.IID, e)
		if err == nil {
			have = now
		}
		return true, err
	})
	if err != nil {
		return providers.Written{}, err
	}
	given.lost(&lost)
	for i := range have.Assignees {
		r.occupy(have.Assignees[i].Username, have.IID)
	}
	r.thread(at).lock(have.Locked)
	return providers.Written{Ref: issueRef(have), Degraded: lost.String()}, nil
}

// editIssue is what has to be changed of an issue.
func (n *wanted) editIssue(have api.Issue, assignees []int64, body string) (e api.EditIssue, differs bool) {
	if have.Title != n.title {
		e.Title, differs = &n.title, true
	}
	if have.Description != body {
		e.Description, differs = &body, true
	}
	if !slices.Equal(ordered(have.Labels), ordered(n.labels)) {
		labels := append([]string{}, n.labels...)
		e.Labels, differs = &labels, true
	}
	if milestoneOf(have.Milestone) != n.milestone {
		e.MilestoneID, differs = &n.milestone, true
	}
	if !slices.Equal(idsOf(have.Assignees), assignees) {
		e.AssigneeIDs, differs = all(assignees), true
	}
	if have.DueDate != n.due {
		e.DueDate, differs = &n.due, true
	}
	if have.Confidential != n.secret {
		e.Confidential, differs = &n.secret, true
	}
	if have.Locked != n.locked {
		e.Locked, differs = &n.locked, true
	}
	switch {
	case n.closed && have.State == opened:
		e.StateEvent, differs = "close", true
	case !n.closed && have.State == stateClosed:
		e.StateEvent, differs = "reopen", true
	}
	if differs && !n.ended.IsZero() {
		at := n.ended.UTC()
		e.UpdatedAt = &at
	}
	return e, differs
}

// issueVersion is a digest of what a write sets of an issue.
func issueVersion(i api.Issue) string {
	return schema.Digest([]any{i.Title, i.Description, i.State, ordered(i.Labels), milestoneOf(i.Milestone), idsOf(i.Assignees), i.DueDate, i.Confidential, i.Locked})
}

func issueRef(i api.Issue) schema.Ref {
	return schema.Ref{ID: place{kind: onIssue, number: i.IID}.id(), URL: i.WebURL, Text: fmt.Sprintf("#%d", i.IID), Version: issueVersion(i)}
}
