package threads

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// TemporaryBranches is how the names of branches begin that stand only while a
// merge request is made, or while one from a fork is open. Their names say whose
// they are, so that what a run left that was killed is taken away in the next.
// They are no part of what the source has.
const TemporaryBranches = "drover/change/"

// temporaryHead is the branch that a merge request comes from, where its own
// cannot be had. It is shown for ever, so its own name is in it. The number is
// that at the source.
func temporaryHead(c *schema.Change) string {
	name := c.Head.Branch
	if name == "" {
		name = "head"
	}
	return fmt.Sprintf("%s%d/%s", TemporaryBranches, c.Number, name)
}

// plainHead is what temporaryHead is called when the server does not take the
// name.
func plainHead(c *schema.Change) string {
	return fmt.Sprintf("%s%d/head", TemporaryBranches, c.Number)
}

func temporaryBase(c *schema.Change) string {
	return fmt.Sprintf("%s%d.base", TemporaryBranches, c.Number)
}

// gapBranch is the branch of merge requests that only use up a number.
func gapBranch(number int64) string {
	return fmt.Sprintf("%sgap-%d", TemporaryBranches, number%2)
}

func isTemporary(branch string) bool { return strings.HasPrefix(branch, TemporaryBranches) }

// ends are the branches that a merge request is made between.
type ends struct{ head, base string }

// openEnds makes what is missing of the branches of a new merge request.
func (w *Writer) openEnds(ctx context.Context, r *project, c *change) (e ends, err error) {
	if e.base, err = w.openBase(ctx, r, c); err != nil {
		return e, err
	}
	if e.head, err = w.openHead(ctx, r, c, e.base); err != nil {
		return e, err
	}
	if c.State != stateMerged || c.missing || isTemporary(e.base) {
		return e, nil
	}
	start, err := w.detour(ctx, r, c, e.base)
	if err != nil || start == "" {
		return e, err
	}
	e.base = temporaryBase(c.Change)
	return e, w.branchAt(ctx, r, c, e.base, start)
}

// openHead returns the branch that a merge request comes from: the one that the
// source has, or a temporary one.
func (w *Writer) openHead(ctx context.Context, r *project, c *change, base string) (string, error) {
	if c.living() {
		have, err := w.api.Branch(ctx, r.id, c.Head.Branch)
		if err == nil && c.Head.Branch != base && (c.State == stateOpen || have.Commit.ID == c.Head.Commit) {
			return c.Head.Branch, nil
		}
		if err != nil && !api.IsNotFound(err) {
			return "", err
		}
	}
	return w.ownHead(ctx, r, c, base)
}

// ownHead makes a temporary branch for a merge request to come from.
func (w *Writer) ownHead(ctx context.Context, r *project, c *change, base string) (string, error) {
	if !isHex(c.Head.Commit) {
		return w.emptyHead(ctx, r, c, base)
	}
	name := temporaryHead(c.Change)
	err := w.branchAt(ctx, r, c, name, c.Head.Commit)
	if !hasCode(err, providers.CodeInvalid, providers.CodeNotFound) {
		return name, err
	}
	// The server does not say which of the two it does not like.
	there, err := w.hasCommit(ctx, r, c.Head.Commit)
	if err != nil {
		return "", err
	}
	if !there {
		return w.emptyHead(ctx, r, c, base)
	}
	name = plainHead(c.Change)
	return name, w.branchAt(ctx, r, c, name, c.Head.Commit)
}

// emptyHead makes a branch without commits of its own: those of the merge
// request are not at the target.
func (w *Writer) emptyHead(ctx context.Context, r *project, c *change, base string) (string, error) {
	c.missing = true
	name := plainHead(c.Change)
	have, err := w.api.Branch(ctx, r.id, base)
	if err != nil {
		return "", err
	}
	return name, w.branchAt(ctx, r, c, name, have.Commit.ID)
}

// openBase returns the branch that a merge request is made into. One that is gone
// has a stand-in at the commit at which it was last.
func (w *Writer) openBase(ctx context.Context, r *project, c *change) (string, error) {
	if c.Base.Branch != "" && c.Base.Branch != r.branch {
		_, err := w.api.Branch(ctx, r.id, c.Base.Branch)
		if err == nil {
			return c.Base.Branch, nil
		}
		if !api.IsNotFound(err) {
			return "", err
		}
		if isHex(c.Base.Commit) && c.State != stateOpen {
			name := temporaryBase(c.Change)
			err := w.branchAt(ctx, r, c, name, c.Base.Commit)
			if !hasCode(err, providers.CodeInvalid, providers.CodeNotFound) {
				return name, err
			}
		}
	}
	if r.branch == "" {
		return "", &providers.Error{Code: providers.CodeInvalid, Message: "the project has no branch, and a merge request needs one",
			Hint: "let the history be pushed first"}
	}
	return r.branch, nil
}

// detour returns the commit from which a merged merge request has to be made,
// when its target branch holds all of its commits by now; else nothing. The
// server would see no changes between the two.
func (w *Writer) detour(ctx context.Context, r *project, c *change, base string) (string, error) {
	parted, err := w.api.MergeBase(ctx, r.id, base, c.Head.Commit)
	if api.IsNotFound(err) || err == nil && parted.ID != c.Head.Commit {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if isHex(c.MergeCommit) {
		merge, err := w.api.Commit(ctx, r.id, c.MergeCommit)
		if err != nil && !api.IsNotFound(err) {
			return "", err
		}
		if err == nil && len(merge.Parents) > 1 {
			return merge.Parents[0], nil
		}
	}
	if there, err := w.hasCommit(ctx, r, c.Base.Commit); err != nil || !there || c.Base.Commit == c.Head.Commit {
		return "", err
	}
	return c.Base.Commit, nil
}

// hasCommit reports whether the project holds a commit.
func (w *Writer) hasCommit(ctx context.Context, r *project, commit string) (bool, error) {
	if !isHex(commit) {
		return false, nil
	}
	_, err := w.api.Commit(ctx, r.id, commit)
	if hasCode(err, providers.CodeNotFound, providers.CodeInvalid) {
		return false, nil
	}
	return err == nil, err
}

// branchAt makes a branch that only Drover makes stand at a commit. One that an
// earlier run left is made anew.
func (w *Writer) branchAt(ctx context.Context, r *project, c *change, name, commit string) error {
	_, err := w.api.CreateBranch(ctx, r.id, name, commit)
	if hasCode(err, providers.CodeConflict) {
		have, err := w.api.Branch(ctx, r.id, name)
		if err != nil {
			return err
		}
		if have.Commit.ID != commit {
			if err := w.api.DeleteBranch(ctx, r.id, name); err != nil {
				return err
			}
			if _, err = w.api.CreateBranch(ctx, r.id, name, commit); err != nil {
				return err
			}
		}
		c.made = append(c.made, name)
		return nil
	}
	if err == nil {
		c.made = append(c.made, name)
	}
	return err
}

// dropBranch deletes a branch that may be gone.
func (w *Writer) dropBranch(ctx context.Context, r *project, name string) error {
	if err := w.api.DeleteBranch(ctx, r.id, name); err != nil && !api.IsNotFound(err) {
		return err
	}
	return nil
}
