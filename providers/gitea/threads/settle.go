package threads

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// settle makes an issue, or what a pull request shares with one, what it is
// wanted to be: only what differs is written. Fresh says that it was made just
// now. What it finds done already is not done again, so that a run that was
// killed goes on where it stopped.
func (w *Writer) settle(ctx context.Context, r *repository, t *thread, n *wanted, have api.Issue, fresh bool) (providers.Written, error) {
	t.look(have)
	lost := slices.Clone(n.lost)
	real := isBy(have.User, n.line.Person)
	if !real && anyone(n.line.Person) {
		lost.Add(lossAuthor)
	}
	if n.number > 0 && have.Number != n.number && r.gaps != Renumber {
		lost.Add(lossNumber)
	}
	if err := w.assign(ctx, r, t, n, &have); err != nil {
		return providers.Written{}, err
	}
	own, _, err := w.reacted(ctx, r, n.reactions)
	if err != nil {
		return providers.Written{}, err
	}
	if err := w.react(ctx, r, t, own, fresh, reactions{
		list: func() ([]api.Reaction, error) { return w.api.IssueReactions(ctx, r.name, have.Number) },
		add: func(c *api.Client, name string) error {
			return c.ReactToIssue(ctx, r.name, have.Number, name)
		},
	}); err != nil {
		return providers.Written{}, err
	}
	// What the server refused is told in the text.
	_, extra := w.assigned(r, n.assignees)
	_, more, err := w.reacted(ctx, r, n.reactions)
	if err != nil {
		return providers.Written{}, err
	}
	if len(extra) > 0 {
		lost.Add(lossAssignee)
	}
	if len(more) > 0 {
		lost.Add(lossReaction)
	}
	if err := w.edit(ctx, r, t, n, &have, n.body(real, append(extra, more...))); err != nil {
		return providers.Written{}, err
	}
	if err := w.setLabels(ctx, r, t, n, &have); err != nil {
		return providers.Written{}, err
	}
	if err := w.setState(ctx, r, t, n, &have); err != nil {
		return providers.Written{}, err
	}
	if err := w.pinAndLock(ctx, r, t, n, &have, &lost); err != nil {
		return providers.Written{}, err
	}
	t.look(have)
	return providers.Written{Ref: refOf(have), Degraded: lost.String()}, nil
}

// lossReaction is said when reactions are only counted.
const lossReaction = "reactions of people without an account are counted in the text"

// assign adds the assignees, each in their own name: whoever assigns themselves
// is not notified. One whom the server refuses is named in the text instead.
func (w *Writer) assign(ctx context.Context, r *repository, t *thread, n *wanted, have *api.Issue) error {
	users, _ := w.assigned(r, n.assignees)
	now := make([]string, len(have.Assignees))
	for i := range have.Assignees {
		now[i] = strings.ToLower(have.Assignees[i].Login)
	}
	keep := slices.DeleteFunc(slices.Clone(now), func(name string) bool {
		return !slices.ContainsFunc(users, func(user string) bool { return strings.EqualFold(user, name) })
	})
	if len(keep) < len(now) {
		if err := w.setAssignees(ctx, r, t, w.api, w.user, keep, have); err != nil {
			return err
		}
	}
	for _, user := range users {
		if slices.Contains(keep, strings.ToLower(user)) {
			continue
		}
		c, who := w.api, w.user
		if !r.notify && !strings.EqualFold(user, w.user) {
			c, who = w.api.As(user), user
		}
		all := append(slices.Clone(keep), user)
		err := w.setAssignees(ctx, r, t, c, who, all, have)
		switch {
		case hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeInvalid):
			r.refuse(toAssign, user)
		case err != nil:
			return err
		case slices.ContainsFunc(have.Assignees, func(u api.User) bool { return strings.EqualFold(u.Login, user) }):
			keep = append(keep, strings.ToLower(user))
		default:
			r.refuse(toAssign, user) // the server passes over what a reader asks for
		}
	}
	return nil
}

func (w *Writer) setAssignees(ctx context.Context, r *repository, t *thread, c *api.Client, who string, users []string, have *api.Issue) error {
	if err := w.hush(ctx, r, t, who); err != nil {
		return err
	}
	now, err := c.EditIssue(ctx, r.name, have.Number, api.EditIssue{Assignees: &users})
	if err != nil {
		return err
	}
	*have = now
	for i := range now.Assignees {
		t.note(now.Assignees[i].Login, guest{})
	}
	return nil
}

// edit writes title, text, milestone and date.
func (w *Writer) edit(ctx context.Context, r *repository, t *thread, n *wanted, have *api.Issue, body string) error {
	var e api.EditIssue
	differs := false
	if have.Title != n.title {
		e.Title, differs = &n.title, true
	}
	if have.Body != body {
		e.Body, differs = &body, true
	}
	var milestone int64
	if have.Milestone != nil {
		milestone = have.Milestone.ID
	}
	if milestone != n.milestone {
		e.Milestone, differs = &n.milestone, true
	}
	if dueOn(*have) != n.due {
		differs = true
		if n.due == "" {
			yes := true
			e.NoDueDate = &yes
		} else {
			due := endOfDay(n.due)
			e.DueDate = &due
		}
	}
	if !differs {
		return nil
	}
	if err := w.hush(ctx, r, t, w.user); err != nil {
		return err
	}
	now, err := w.api.EditIssue(ctx, r.name, have.Number, e)
	if err == nil {
		*have = now
	}
	return err
}

func (w *Writer) setLabels(ctx context.Context, r *repository, t *thread, n *wanted, have *api.Issue) error {
	ids, err := w.labelIDs(ctx, r, n.labels)
	if err != nil {
		return err
	}
	now := make([]int64, len(have.Labels))
	for i := range have.Labels {
		now[i] = have.Labels[i].ID
	}
	slices.Sort(ids)
	slices.Sort(now)
	if ids = slices.Compact(ids); slices.Equal(ids, now) {
		return nil
	}
	if err := w.hush(ctx, r, t, w.user); err != nil {
		return err
	}
	labels, err := w.api.SetIssueLabels(ctx, r.name, have.Number, ids)
	if err == nil {
		have.Labels = labels
	}
	return err
}

// setState closes or reopens an issue, in the name of who did.
func (w *Writer) setState(ctx context.Context, r *repository, t *thread, n *wanted, have *api.Issue) error {
	state := stateOpen
	if n.closed {
		state = stateClosed
	}
	if n.pull || have.State == state {
		return nil
	}
	var by schema.Person
	if n.closed {
		by = n.closer
	}
	_, err := w.speak(ctx, r, t, by, toState, func(c *api.Client, _ bool) error {
		now, err := c.EditIssue(ctx, r.name, have.Number, api.EditIssue{State: &state})
		if err == nil {
			*have = now
		}
		return err
	})
	return err
}

// pinAndLock comes last: little can be written to what is locked.
func (w *Writer) pinAndLock(ctx context.Context, r *repository, t *thread, n *wanted, have *api.Issue, lost *losses) error {
	switch {
	case n.pinned && have.PinOrder == 0:
		err := w.api.PinIssue(ctx, r.name, have.Number)
		if hasCode(err, providers.CodeInvalid) {
			lost.Add("it is not pinned, because the target allows no more pinned issues")
		} else if err != nil {
			return err
		} else {
			have.PinOrder = 1
		}
	case !n.pinned && have.PinOrder > 0:
		if err := w.api.UnpinIssue(ctx, r.name, have.Number); err != nil {
			return err
		}
		have.PinOrder = 0
	}
	switch {
	case n.locked && !have.Locked:
		err := w.api.LockIssue(ctx, r.name, have.Number, lockReason(n.reason))
		if lockless(err) {
			lost.Add(lossLock)
		} else if err != nil {
			return err
		} else {
			have.Locked = true
		}
	case !n.locked && have.Locked:
		err := w.api.UnlockIssue(ctx, r.name, have.Number)
		if err != nil && !lockless(err) {
			return err
		}
		have.Locked = err != nil
	}
	return nil
}

// lockReason is a reason in the words of the server.
func lockReason(reason string) string {
	switch strings.ReplaceAll(strings.ToLower(reason), "_", " ") {
	case "too heated":
		return "Too heated"
	case "off-topic", "off topic":
		return "Off-topic"
	case "resolved":
		return "Resolved"
	case "spam":
		return "Spam"
	}
	return ""
}
