package threads

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// draftPrefix makes a pull request a draft: the server knows them by the title.
const draftPrefix = "WIP: "

const (
	stateMerged = "merged"

	lossCommits   = "it is an issue, because its commits are not at the target"
	lossHead      = "its head branch is a branch of the repository itself, because the fork is not at the target"
	lossHeadName  = "its head branch is shown under another name, because a branch of its own name is there"
	lossBase      = "its base branch is shown as the default branch, because its own is gone"
	lossMerge     = "it is shown as closed, because its merge commit is not in its base branch"
	lossMergeRule = "it is shown as closed, because the repository does not allow to mark pull requests as merged"
	lossDiff      = "it shows no commits, because its base branch held them all before"
	lossUnlike    = "its commits or its diff are shown otherwise than at the source"
	lossReviewers = "requested reviewers are named in the text, because a request would notify them"
)

// change is a pull request to be written.
type change struct {
	*schema.Change
	wanted *wanted

	swap     bool     // its head branch has to give way while its base is set
	made     []string // temporary branches
	named    bool     // its head branch has the name that it had, and is ours
	madeBase bool     // its base branch is ours
	unsure   bool     // an earlier run may have been cut off
}

func (w *Writer) writeChange(ctx context.Context, r *repository, one *providers.Write, b *schema.Change) (providers.Written, error) {
	n := &wanted{
		key: one.Record.Key(), number: b.Number, title: b.Title, text: b.Text, pull: true,
		line:   attribution.Author{Person: b.Author, At: b.CreatedAt, URL: b.URL, Verb: "opened this pull request"},
		labels: b.Labels, assignees: b.Assignees, locked: b.Locked, reactions: b.Reactions,
	}
	n.findMilestone(one, b.Milestone)
	if b.Draft && b.State != stateMerged && !strings.HasPrefix(strings.ToUpper(b.Title), "WIP:") {
		n.title = draftPrefix + b.Title
	}
	switch b.State {
	case stateMerged:
		n.line.Extra = append(n.line.Extra, ended("merged", b.MergedBy, b.MergedAt, ""))
	case stateClosed:
		n.line.Extra = append(n.line.Extra, ended("closed", nil, b.ClosedAt, ""))
	}
	var reviewers []string
	for _, p := range b.RequestedReviewers {
		if name := attribution.Name(p); name != "" {
			reviewers = append(reviewers, name)
		}
	}
	if len(reviewers) > 0 {
		n.line.Extra = append(n.line.Extra, "review requested of "+strings.Join(reviewers, ", "))
		n.lost.Add(lossReviewers)
	}
	n.fit()
	c := &change{Change: b, wanted: n}
	if one.Ref.ID != "" {
		return w.updateChange(ctx, r, one, c)
	}
	return w.newChange(ctx, r, one, c)
}

// newChange makes a pull request, or an issue when its commits are missing.
func (w *Writer) newChange(ctx context.Context, r *repository, one *providers.Write, c *change) (providers.Written, error) {
	n := c.wanted
	there, err := w.hasCommit(ctx, r, c.Head.Commit)
	if err != nil {
		return providers.Written{}, err
	}
	if !there {
		n.pull, n.closed = false, c.State != stateOpen
		n.lost.Add(lossCommits)
		return w.writeThread(ctx, r, one, n)
	}
	var pull api.Pull
	number, made, err := w.create(ctx, r, n.key, n.number, func() (int64, error) {
		ends, err := w.openEnds(ctx, r, c)
		if err != nil {
			return 0, err
		}
		pull, err = w.newPull(ctx, r, c, ends)
		return pull.Number, err
	})
	if err != nil {
		return providers.Written{}, err
	}
	t := r.thread(number)
	if made {
		t.begun(api.Issue{User: pull.User})
	} else if pull, err = w.api.Pull(ctx, r.name, number); err != nil {
		return providers.Written{}, err
	}
	return w.settleChange(ctx, r, t, c, pull, made, !made)
}

func (w *Writer) updateChange(ctx context.Context, r *repository, one *providers.Write, c *change) (providers.Written, error) {
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
	t := r.thread(at.number)
	if issue.PullRequest == nil { // it was made while its commits were missing
		n := c.wanted
		n.pull, n.closed = false, c.State != stateOpen
		n.lost.Add(lossCommits)
		return w.settle(ctx, r, t, n, issue, false)
	}
	pull, err := w.api.Pull(ctx, r.name, at.number)
	if err != nil {
		return providers.Written{}, err
	}
	return w.settleChange(ctx, r, t, c, pull, false, r.doubted(at.number))
}

// newPull makes the pull request, without its text: what a text says of issues
// that it closes would come true when it is marked as merged.
func (w *Writer) newPull(ctx context.Context, r *repository, c *change, ends ends) (pull api.Pull, err error) {
	m := api.NewPull{
		Title: c.wanted.title, Head: ends.head, Base: ends.base,
		Body: attribution.Compose("", "", attribution.Marker(c.wanted.key)),
	}
	if ends.quiet {
		m.Title = draftPrefix + m.Title
	}
	nobody := &thread{}
	_, err = w.speak(ctx, r, nobody, c.Author, toPull, func(as *api.Client, _ bool) error {
		pull, err = as.CreatePull(ctx, r.name, m)
		return err
	})
	if err != nil {
		return pull, fmt.Errorf("from %s into %s: %w", schema.Printable(ends.head), schema.Printable(ends.base), err)
	}
	return pull, nil
}

// settleChange brings a pull request to the state that it ought to have, then
// everything that it shares with issues. Unsure says that branches of an earlier
// run may be left.
func (w *Writer) settleChange(ctx context.Context, r *repository, t *thread, c *change, pull api.Pull, fresh, unsure bool) (providers.Written, error) {
	n := c.wanted
	t.seen(pull)
	if c.pending(pull) || fresh || unsure {
		c.unsure = unsure && !fresh
		var err error
		if pull, err = w.end(ctx, r, t, c, pull, fresh); err != nil {
			return providers.Written{}, err
		}
	}
	t.seen(pull)
	w.compare(c, pull)
	issue, err := w.api.Issue(ctx, r.name, pull.Number)
	if err != nil {
		return providers.Written{}, err
	}
	return w.settle(ctx, r, t, n, issue, fresh)
}

// pending reports whether a pull request is not yet in the state that it ought
// to have.
func (c *change) pending(p api.Pull) bool {
	switch {
	case isTemporary(p.Base.Ref), p.Merged && c.State != stateMerged:
		return !p.Merged
	case c.State == stateMerged:
		return !p.Merged && !c.unmergeable(p)
	}
	return p.State != c.State
}

// unmergeable reports whether a merged pull request can only be shown as closed,
// and is.
func (c *change) unmergeable(p api.Pull) bool { return c.MergeCommit == "" && p.State == stateClosed }

// compare says what of a pull request is not as it was at the source.
func (w *Writer) compare(c *change, p api.Pull) {
	n := c.wanted
	if c.State == stateMerged && !p.Merged && !slices.Contains(n.lost, lossMergeRule) {
		n.lost.Add(lossMerge)
	}
	if c.Base.Branch != "" && p.Base.Ref != c.Base.Branch {
		n.lost.Add(lossBase)
	}
	switch name := c.headName(); {
	case c.State == stateOpen && c.foreign():
		n.lost.Add(lossHead)
	case p.Head.Label != name:
		n.lost.Add(lossHeadName)
	}
	switch {
	case strings.HasPrefix(p.Head.Ref, "refs/pull/") && p.Head.SHA != c.Head.Commit:
		n.lost.Add(lossUnlike)
	case p.MergeBase == c.Head.Commit:
		n.lost.Add(lossDiff)
	}
}

// foreign reports whether the head is in a fork.
func (c *change) foreign() bool { return c.Head.Repository != "" }

// headName is what the head branch is to be called here: its own name, with the
// fork's owner before it.
func (c *change) headName() string {
	if c.Head.Branch == "" {
		return temporaryHead(c.Number)
	}
	if owner, _, ok := strings.Cut(c.Head.Repository, "/"); ok && c.foreign() {
		return owner + "/" + c.Head.Branch
	}
	return c.Head.Branch
}

// living reports whether the head is a branch of the repository that the source
// still has.
func (c *change) living() bool { return !c.foreign() && !c.Head.Gone && c.Head.Branch != "" }
