package threads

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// discussionLabel is carried by what was a discussion.
const discussionLabel = "discussion"

func (w *Writer) writeIssue(ctx context.Context, r *repository, one *providers.Write, b *schema.Issue) (providers.Written, error) {
	if b.Confidential {
		return skipped("it is confidential at the source, and the target would show it to everybody who sees the repository"), nil
	}
	n := &wanted{
		key: one.Record.Key(), number: b.Number, title: b.Title, text: b.Text,
		line:   attribution.Author{Person: b.Author, At: b.CreatedAt, URL: b.URL, Verb: "opened this issue"},
		closed: b.State == stateClosed, labels: b.Labels, due: b.DueOn, assignees: b.Assignees,
		locked: b.Locked, reason: b.LockReason, pinned: b.Pinned, reactions: b.Reactions,
	}
	if b.ClosedBy != nil {
		n.closer = *b.ClosedBy
	}
	n.findMilestone(one, b.Milestone)
	if b.Type != "" {
		n.line.Extra = append(n.line.Extra, "type "+attribution.Code(b.Type))
	}
	if n.closed {
		n.line.Extra = append(n.line.Extra, ended("closed", b.ClosedBy, b.ClosedAt, b.StateReason))
	}
	if len(b.SubIssues) > 0 {
		n.line.Extra = append(n.line.Extra, forgetarget.SubIssues(one, b.SubIssues))
		n.lost.Add("its sub-issues are named in the text, because the target has none")
	}
	return w.writeThread(ctx, r, one, n)
}

func (w *Writer) writeDiscussion(ctx context.Context, r *repository, one *providers.Write, b *schema.Discussion) (providers.Written, error) {
	n := &wanted{
		key: one.Record.Key(), number: b.Number, title: b.Title, text: b.Text,
		line:   attribution.Author{Person: b.Author, At: b.CreatedAt, URL: b.URL, Verb: "started this discussion"},
		closed: b.State == stateClosed, labels: withLabel(b.Labels, discussionLabel), locked: b.Locked, reactions: b.Reactions,
	}
	if b.Category != "" {
		n.line.Extra = append(n.line.Extra, "category "+attribution.Code(b.Category))
	}
	n.lost.Add("it is an issue with the label " + discussionLabel + ", because the target has no discussions")
	return w.writeThread(ctx, r, one, n)
}

func withLabel(labels []string, name string) []string {
	for _, l := range labels {
		if strings.EqualFold(l, name) {
			return labels
		}
	}
	return append(append([]string{}, labels...), name)
}

// ended tells how something came to its end.
func ended(how string, by *schema.Person, at schema.Time, reason string) string {
	if by != nil && attribution.Name(*by) != "" {
		how += " by " + attribution.Name(*by)
	}
	if !at.IsZero() {
		how += " on " + at.UTC().Format("2006-01-02 15:04 UTC")
	}
	if reason = strings.ReplaceAll(reason, "_", " "); reason != "" && reason != "completed" {
		how += " as " + attribution.Code(reason)
	}
	return how
}

// writeThread makes or updates an issue.
func (w *Writer) writeThread(ctx context.Context, r *repository, one *providers.Write, n *wanted) (providers.Written, error) {
	n.fit()
	if one.Ref.ID != "" {
		return w.updateThread(ctx, r, one, n)
	}
	var issue api.Issue
	number, made, err := w.create(ctx, r, n.key, n.number, func() (int64, error) {
		var err error
		issue, err = w.newIssue(ctx, r, n)
		return issue.Number, err
	})
	if err != nil {
		return providers.Written{}, err
	}
	t := r.thread(number)
	if made {
		t.begun(issue)
	} else if issue, err = w.api.Issue(ctx, r.name, number); err != nil {
		return providers.Written{}, err
	}
	return w.settle(ctx, r, t, n, issue, made)
}

func (w *Writer) updateThread(ctx context.Context, r *repository, one *providers.Write, n *wanted) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	issue, err := w.api.Issue(ctx, r.name, at.number)
	if err != nil {
		return providers.Written{}, err
	}
	if err := threadChanged(one, issue); err != nil {
		return providers.Written{}, err
	}
	return w.settle(ctx, r, r.thread(at.number), n, issue, false)
}

// newIssue makes an issue with as much as one request can carry. Its author may
// not be let set all of it; settle sees to the rest.
func (w *Writer) newIssue(ctx context.Context, r *repository, n *wanted) (issue api.Issue, err error) {
	labels, err := w.labelIDs(ctx, r, n.labels)
	if err != nil {
		return issue, err
	}
	_, more, err := w.reacted(ctx, r, n.reactions)
	if err != nil {
		return issue, err
	}
	users, extra := w.assigned(r, n.assignees)
	extra = append(extra, more...)
	nobody := &thread{} // there is none to be told yet
	_, err = w.speak(ctx, r, nobody, n.line.Person, toWrite, func(c *api.Client, real bool) error {
		who := w.user
		if real {
			who = n.line.Person.User
		}
		m := api.NewIssue{Title: n.title, Body: n.body(real, extra), Labels: labels, Milestone: n.milestone}
		for _, user := range users {
			if r.notify || strings.EqualFold(user, who) {
				m.Assignees = append(m.Assignees, user)
			}
		}
		if n.due != "" {
			m.DueDate = endOfDay(n.due)
		}
		// Whoever makes it closes it at once, unless somebody else is known to
		// have closed it.
		m.Closed = n.closed && (!w.can(r, n.closer, toState) || strings.EqualFold(n.closer.User, who))
		issue, err = c.CreateIssue(ctx, r.name, m)
		if err != nil && hasCode(err, providers.CodeInvalid) && len(m.Assignees) > 0 {
			m.Assignees = nil // the author of an issue need not be one who can be assigned
			issue, err = c.CreateIssue(ctx, r.name, m)
		}
		return err
	})
	return issue, err
}
