package threads

import (
	"context"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// end brings a pull request into the state that it ought to have and takes away
// the branches that this needed. It starts from what it finds, wherever an
// earlier run stopped.
func (w *Writer) end(ctx context.Context, r *repository, t *thread, c *change, p api.Pull, fresh bool) (api.Pull, error) {
	var err error
	// Another head than its own is one that rebase put there.
	if c.State == stateMerged && !p.Merged && !fresh && !isTemporary(p.Base.Ref) && p.Head.SHA == c.Head.Commit {
		if p, err = w.unbase(ctx, r, t, c, p); err != nil {
			return p, err
		}
	}
	if p, err = w.nameHead(ctx, r, c, p); err != nil {
		return p, err
	}
	if isTemporary(p.Base.Ref) && !p.Merged {
		base, err := w.openBase(ctx, r, c)
		if err != nil {
			return p, err
		}
		if p, err = w.rebase(ctx, r, t, c, p, base, fresh); err != nil {
			return p, err
		}
	}
	switch {
	case p.Merged:
	case c.State == stateMerged:
		p, err = w.markMerged(ctx, r, t, c, p)
	case p.State != c.State:
		p, err = w.setPullState(ctx, r, t, p, c.State, schema.Person{})
	}
	if err != nil {
		return p, err
	}
	if err := w.tidy(ctx, r, c, p); err != nil {
		return p, err
	}
	return w.api.Pull(ctx, r.name, p.Number)
}

// nameHead gives the head branch the name that it had. The server shows the name
// after the branch is gone.
func (w *Writer) nameHead(ctx context.Context, r *repository, c *change, p api.Pull) (api.Pull, error) {
	name := c.headName()
	if p.Merged || p.Head.Label != temporaryHead(c.Number) || name == p.Head.Label {
		return p, nil
	}
	err := w.api.RenameBranch(ctx, r.name, p.Head.Label, name)
	switch {
	case err == nil:
		p.Head.Label, c.named = name, true
		if p.Head.Ref == temporaryHead(c.Number) {
			p.Head.Ref = name
		}
	case hasCode(err, providers.CodeConflict, providers.CodeInvalid, providers.CodeNotFound, providers.CodeDenied, providers.CodeUnsupported, providers.CodeUnavailable):
		// Another branch of this name is there, or it fits no branch here. It
		// goes by the name that it has; compare says so.
	default:
		return p, err
	}
	return p, nil
}

// unbase gives a pull request that was open till now a temporary base, when its
// own came to hold its head: the server sees no changes between them any more.
func (w *Writer) unbase(ctx context.Context, r *repository, t *thread, c *change, p api.Pull) (api.Pull, error) {
	start, err := w.detour(ctx, r, c, p.Base.Ref)
	if err != nil || start == "" {
		return p, err
	}
	if err := w.branchAt(ctx, r, c, temporaryBase(c.Number), start); err != nil {
		return p, err
	}
	head := p.Head.Label
	_, err = w.api.Branch(ctx, r.name, head)
	switch {
	case api.IsNotFound(err):
		c.named = true
		err = w.api.CreateBranch(ctx, r.name, head, c.Head.Commit)
	case err == nil && head == temporaryHead(c.Number):
		// A run was killed that gave the branch of this name away.
		err = w.giveBack(ctx, r, c, p)
	case err == nil && !c.foreign():
		p, err = w.giveAway(ctx, r, c, p)
	}
	if err != nil {
		return p, err
	}
	open := stateOpen
	return w.editPull(ctx, r, t, c.merger(), p, api.EditPull{State: &open, Base: temporaryBase(c.Number)})
}

// giveAway lets a pull request go with the name of its head branch, which is not
// ours and stays: it is made anew. Between the two another branch holds its
// place, so that it is missed by nobody when the process is killed then; see
// InPlace.
func (w *Writer) giveAway(ctx context.Context, r *repository, c *change, p api.Pull) (api.Pull, error) {
	head := p.Head.Label
	if err := w.branchAt(ctx, r, c, temporaryPlace(c.Number, head), p.Head.SHA); err != nil {
		return p, err
	}
	if err := w.api.RenameBranch(ctx, r.name, head, temporaryHead(c.Number)); err != nil {
		return p, err
	}
	p.Head.Label = temporaryHead(c.Number)
	return p, w.giveBack(ctx, r, c, p)
}

// giveBack makes the branch anew whose name a pull request went with.
func (w *Writer) giveBack(ctx context.Context, r *repository, c *change, p api.Pull) error {
	place := temporaryPlace(c.Number, c.headName())
	c.made = append(c.made, p.Head.Label)
	at, err := w.api.Branch(ctx, r.name, place)
	if err != nil {
		if api.IsNotFound(err) {
			return nil // it was made anew
		}
		return err
	}
	if !slices.Contains(c.made, place) {
		c.made = append(c.made, place)
	}
	if err := w.api.CreateBranch(ctx, r.name, c.headName(), at.Commit.ID); err != nil && !api.IsConflict(err) {
		return err
	}
	return nil
}

// rebase sets the base branch of a pull request that was made against a
// temporary one.
//
// The server computes what a pull request shows from its base branch and its
// head branch whenever the base is set, and refuses a base that holds the head.
// It copies the head branch to refs/pull when that branch is pushed to, but only
// for pull requests that are open, and not when a branch got its name. So while the
// pull request is closed its head branch gives way to another one, with a commit
// of our own upon the place where the history parted: what is computed from that
// is right, and refs/pull keeps the true head.
func (w *Writer) rebase(ctx context.Context, r *repository, t *thread, c *change, p api.Pull, base string, fresh bool) (api.Pull, error) {
	swap := c.swap
	if !fresh && c.State == stateMerged {
		beyond, err := w.api.CommitsBeyond(ctx, r.name, c.Head.Commit, base, 1)
		if err != nil {
			return p, err
		}
		swap = len(beyond) == 0
	}
	if swap && p.MergeBase != "" && p.MergeBase != c.Head.Commit {
		var err error
		if p, err = w.swapHead(ctx, r, t, c, p); err != nil {
			return p, err
		}
	}
	open := stateOpen
	return w.editPull(ctx, r, t, c.merger(), p, api.EditPull{State: &open, Base: base})
}

// merger is who merged it, when that is known.
func (c *change) merger() schema.Person {
	if c.MergedBy == nil {
		return schema.Person{}
	}
	return *c.MergedBy
}

// swapHead puts a commit of our own under the name of the head branch.
func (w *Writer) swapHead(ctx context.Context, r *repository, t *thread, c *change, p api.Pull) (api.Pull, error) {
	head, fork := p.Head.Label, temporaryFork(c.Number)
	have, err := w.api.Branch(ctx, r.name, head)
	gone := api.IsNotFound(err)
	if err != nil && !gone {
		return p, err
	}
	if !gone && have.Commit.ID != c.Head.Commit {
		return p, nil // done by a run that was killed then
	}
	if p, err = w.setPullState(ctx, r, t, p, stateClosed, schema.Person{}); err != nil {
		return p, err
	}
	if p.Base.SHA == p.MergeBase {
		fork = p.Base.Ref
	} else if err := w.branchAt(ctx, r, c, fork, p.MergeBase); err != nil {
		return p, err
	}
	step := temporaryStep(c.Number)
	err = w.beginAt(ctx, r, fork, step)
	if err != nil && !hasCode(err, providers.CodeConflict, providers.CodeInvalid) { // there already
		return p, err
	}
	if !gone {
		if err := w.dropBranch(ctx, r, head); err != nil {
			return p, err
		}
	}
	// Of a name that is changed the server makes nothing. Were the commit pushed to
	// the head branch, Forgejo would copy it to refs/pull: it does so for branches
	// that are new, too, and maybe not before the pull request is open again.
	err = w.api.RenameBranch(ctx, r.name, step, head)
	if hasCode(err, providers.CodeNotFound, providers.CodeUnsupported) { // an old server
		c.made = append(c.made, step)
		err = w.beginAt(ctx, r, fork, head)
	}
	return p, err
}

// beginAt makes a branch with a commit of our own upon that of another branch.
func (w *Writer) beginAt(ctx context.Context, r *repository, fork, branch string) error {
	return w.api.CreateFile(ctx, r.name, fork, branch, ".drover-pull", "Drover: the place where a pull request begins", "")
}

// tries is how often a pull request is marked: the server closes it when it gets
// to a branch that was deleted before, and then answers that it is not found, or
// fails when that happens at the same moment.
const tries = 5

// markMerged marks a pull request as merged. One that cannot be is closed.
func (w *Writer) markMerged(ctx context.Context, r *repository, t *thread, c *change, p api.Pull) (api.Pull, error) {
	by, err := c.merger(), error(nil)
	for range tries {
		if c.MergeCommit == "" {
			break
		}
		if p, err = w.setPullState(ctx, r, t, p, stateOpen, by); err != nil {
			return p, err
		}
		_, err = w.speak(ctx, r, t, by, toState, func(as *api.Client, real bool) error {
			err := as.MarkMerged(ctx, r.name, p.Number, c.MergeCommit)
			if real && hasCode(err, providers.CodeUnsupported) {
				// Also said of who may not merge.
				return w.api.MarkMerged(ctx, r.name, p.Number, c.MergeCommit)
			}
			return err
		})
		if err == nil {
			p.Merged, p.State = true, stateClosed
			return p, nil
		}
		if !hasCode(err, providers.CodeNotFound, providers.CodeUnavailable) {
			break
		}
		now, unread := w.api.Pull(ctx, r.name, p.Number)
		if unread != nil {
			return p, unread
		}
		if p = now; p.Merged {
			return p, nil
		}
	}
	switch {
	case hasCode(err, providers.CodeUnsupported):
		c.wanted.lost.Add(lossMergeRule)
	case err != nil && !hasCode(err, providers.CodeConflict, providers.CodeNotFound, providers.CodeInvalid):
		return p, err
	}
	return w.setPullState(ctx, r, t, p, stateClosed, by)
}

func (w *Writer) setPullState(ctx context.Context, r *repository, t *thread, p api.Pull, state string, by schema.Person) (api.Pull, error) {
	if p.State == state || p.Merged {
		return p, nil
	}
	return w.editPull(ctx, r, t, by, p, api.EditPull{State: &state})
}

func (w *Writer) editPull(ctx context.Context, r *repository, t *thread, by schema.Person, p api.Pull, e api.EditPull) (api.Pull, error) {
	_, err := w.speak(ctx, r, t, by, toState, func(as *api.Client, _ bool) error {
		now, err := as.EditPull(ctx, r.name, p.Number, e)
		if err == nil {
			p = now
		}
		return err
	})
	return p, err
}

// tidy takes away the branches that stood for a while. Open pull requests keep
// their heads: without it the server closes them.
func (w *Writer) tidy(ctx context.Context, r *repository, c *change, p api.Pull) error {
	drop := slices.Clone(c.made)
	if c.unsure {
		drop = []string{temporaryBase(c.Number), temporaryFork(c.Number), temporaryStep(c.Number), temporaryHead(c.Number), temporaryPlace(c.Number, c.headName())}
	}
	drop = slices.DeleteFunc(drop, func(name string) bool {
		return c.State == stateOpen && name == p.Head.Label || c.named && name == temporaryHead(c.Number)
	})
	if c.State != stateOpen && p.Head.Label == c.headName() && (c.foreign() || c.named || c.unsure && c.Head.Gone) {
		drop = append(drop, p.Head.Label)
	}
	if c.unsure {
		var err error
		if c.madeBase, err = w.hasBranch(ctx, r, temporaryMark(c.Number)); err != nil {
			return err
		}
	}
	if c.madeBase && c.State != stateOpen {
		drop = slices.DeleteFunc(drop, func(name string) bool { return name == temporaryMark(c.Number) })
		drop = append(drop, c.Base.Branch, temporaryMark(c.Number)) // the mark last
	}
	for _, name := range drop {
		if c.unsure { // Forgejo fails over a branch that is not there
			if there, err := w.hasBranch(ctx, r, name); err != nil {
				return err
			} else if !there {
				continue
			}
		}
		if err := w.dropBranch(ctx, r, name); err != nil {
			return err
		}
	}
	return nil
}
