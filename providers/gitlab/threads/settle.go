package threads

import (
	"context"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// settleChange makes a merge request what it is wanted to be, from whatever it
// finds.
func (w *Writer) settleChange(ctx context.Context, r *project, c *change, have api.MergeRequest, fresh bool) (providers.Written, error) {
	n := c.wanted
	at := place{kind: onMerge, number: have.IID}
	var err error
	if n.closed && have.State == opened && !ready(have) {
		// The server keeps the commits once it has made the diff; before, they
		// would be gone with the branch.
		if have, err = w.prepared(ctx, r, have.IID); err != nil {
			return providers.Written{}, err
		}
	}
	if !fresh {
		if have, err = w.reviveHead(ctx, r, c, have); err != nil {
			return providers.Written{}, err
		}
	}
	counted, err := w.react(ctx, r, at, n.reactions, fresh)
	if err != nil {
		return providers.Written{}, err
	}
	is := shown{author: isBy(have.Author, n.author)}
	given, err := w.give(ctx, r, n, fresh, func() ([]int64, []int64) { return idsOf(have.Assignees), idsOf(have.Reviewers) }, func(p people, look bool) (bool, error) {
		e, differs := n.editMerge(have, p, n.body(is, append(p.says(), counted...)))
		if !differs || look {
			return differs, nil
		}
		now, err := w.api.EditMergeRequest(ctx, r.id, have.IID, e)
		if err == nil {
			have = now
		}
		return true, err
	})
	if err != nil {
		return providers.Written{}, err
	}
	if have, err = w.retarget(ctx, r, c, have); err != nil {
		return providers.Written{}, err
	}
	if err := w.tidy(ctx, r, c, have); err != nil {
		return providers.Written{}, err
	}
	r.thread(at).lock(have.Locked)
	for _, u := range slices.Concat(have.Assignees, have.Reviewers) {
		r.occupy(u.Username, -have.IID)
	}
	lost := c.lost(r, have, is)
	given.lost(&lost)
	if len(counted) > 0 {
		lost.Add(lossReaction)
	}
	return providers.Written{Ref: changeRef(have), Degraded: lost.String()}, nil
}

// editMerge is what has to be changed of a merge request, besides its branches.
func (n *wanted) editMerge(have api.MergeRequest, p people, body string) (e api.EditMergeRequest, differs bool) {
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
	if !slices.Equal(idsOf(have.Assignees), p.assignees.ids) {
		e.AssigneeIDs, differs = all(p.assignees.ids), true
	}
	if !slices.Equal(idsOf(have.Reviewers), p.reviewers.ids) && !n.closed {
		e.ReviewerIDs, differs = all(p.reviewers.ids), true
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
	return e, differs
}

// reviveHead sees to the branch of an open merge request that nothing else keeps
// up to date: it is there, and where the source says.
func (w *Writer) reviveHead(ctx context.Context, r *project, c *change, have api.MergeRequest) (api.MergeRequest, error) {
	if !isTemporary(have.SourceBranch) || c.State != stateOpen || have.State == stateMerged || have.State == opened && have.SHA == c.Head.Commit {
		return have, nil
	}
	if !isHex(c.Head.Commit) {
		return have, nil
	}
	err := w.branchAt(ctx, r, c, have.SourceBranch, c.Head.Commit)
	if hasCode(err, providers.CodeInvalid, providers.CodeNotFound) {
		return have, nil // the commit is not at the target, which is told
	}
	if err != nil {
		return have, err
	}
	r.forgetDiff(place{kind: onMerge, number: have.IID})
	return w.api.MergeRequest(ctx, r.id, have.IID)
}

// retarget gives a merge request the target branch that it ought to show. The
// server computes the diff anew when that changes, but not of one that is closed.
func (w *Writer) retarget(ctx context.Context, r *project, c *change, have api.MergeRequest) (api.MergeRequest, error) {
	made := isTemporary(have.TargetBranch)
	wants := c.Base.Branch
	if wants == "" {
		wants = r.branch
	}
	switch {
	case have.TargetBranch == wants, have.State == stateClosed && !made, have.State == opened && c.State != stateOpen, have.State == stateMerged:
		return have, nil
	}
	now, err := w.api.EditMergeRequest(ctx, r.id, have.IID, api.EditMergeRequest{TargetBranch: wants})
	if !hasCode(err, providers.CodeInvalid, providers.CodeConflict, providers.CodeNotFound) {
		return now, err
	}
	if !made {
		return have, nil // it keeps the one that it has, which is told
	}
	return w.api.EditMergeRequest(ctx, r.id, have.IID, api.EditMergeRequest{TargetBranch: r.branch})
}

// tidy takes away the branches that stood for a while. Open merge requests keep
// theirs.
func (w *Writer) tidy(ctx context.Context, r *project, c *change, have api.MergeRequest) error {
	drop := c.made
	if c.unsure {
		drop = append(slices.Clone(drop), have.SourceBranch, temporaryBase(c.Change))
	}
	slices.Sort(drop)
	for _, name := range slices.Compact(drop) {
		if !isTemporary(name) || name == have.TargetBranch || have.State == opened && name == have.SourceBranch {
			continue
		}
		if err := w.dropBranch(ctx, r, name); err != nil {
			return err
		}
	}
	return nil
}

// lost says what of a merge request is not as it was at the source.
func (c *change) lost(r *project, have api.MergeRequest, is shown) losses {
	n := c.wanted
	lost := slices.Clone(n.lost)
	if !is.author && anyone(n.author) {
		lost.Add(lossAuthor)
	}
	if n.number > 0 && have.IID != n.number && r.gaps != Renumber {
		lost.Add(lossNumber)
	}
	if c.State == stateMerged && have.State != stateMerged {
		lost.Add(lossMerged)
	}
	if c.Head.Branch != "" && have.SourceBranch != c.Head.Branch {
		lost.Add(lossHeadName)
	}
	if c.Base.Branch != "" && have.TargetBranch != c.Base.Branch {
		lost.Add(lossBase)
	}
	switch refs := have.Refs; {
	case c.missing, have.SHA != "" && have.SHA != c.Head.Commit && (c.State != stateOpen || isTemporary(have.SourceBranch)):
		lost.Add(lossCommits)
	case refs != nil && refs.Base != "" && refs.Base == refs.Head:
		lost.Add(lossDiff)
	}
	return lost
}

// ready reports whether the server has made the diff of a merge request.
func ready(m api.MergeRequest) bool {
	return m.PreparedAt != nil || m.Refs != nil && m.Refs.Head != ""
}

// patience is how long to wait for the server to prepare a merge request, between
// one look and the next, and how often.
const (
	firstWait = 100 * time.Millisecond
	longWait  = 4 * time.Second
	looks     = 12
)

// prepared returns a merge request whose diff the server has made, which it does
// some time after it answered.
func (w *Writer) prepared(ctx context.Context, r *project, number int64) (api.MergeRequest, error) {
	wait := firstWait
	for look := 1; ; look++ {
		m, err := w.api.MergeRequest(ctx, r.id, number)
		if err != nil || ready(m) {
			return m, err
		}
		if look == looks {
			return m, &providers.Error{Code: providers.CodeUnavailable, Op: "wait for the diff", Subject: m.WebURL,
				Message: "the server has not made it yet", Hint: "see whether its background jobs run, then apply again"}
		}
		if err := w.wait(ctx, wait); err != nil {
			return m, err
		}
		wait = min(2*wait, longWait)
	}
}
