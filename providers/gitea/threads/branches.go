package threads

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

// Branches that stand only while a pull request is made. Their names say whose
// they are, so that what a run left that was killed is taken away in the next.
// The number in them is that at the source.
const temporaryPrefix = "drover/pull/"

func temporaryHead(number int64) string { return fmt.Sprintf("%s%d/head", temporaryPrefix, number) }
func temporaryBase(number int64) string { return fmt.Sprintf("%s%d/base", temporaryPrefix, number) }
func temporaryFork(number int64) string { return fmt.Sprintf("%s%d/fork", temporaryPrefix, number) }

// temporaryStep holds what is to stand under the name of a head branch.
func temporaryStep(number int64) string { return fmt.Sprintf("%s%d/step", temporaryPrefix, number) }

// temporaryMark stands as long as a base branch under its own name is ours.
func temporaryMark(number int64) string { return fmt.Sprintf("%s%d/mark", temporaryPrefix, number) }

// temporaryPlace holds the place of a branch of somebody else's while it is made
// anew.
func temporaryPlace(number int64, branch string) string {
	return fmt.Sprintf("%s%d/place/%s", temporaryPrefix, number, branch)
}

// TemporaryBranch is the name of a branch that belongs to no pull request. Finish
// takes it away when its maker does not.
func TemporaryBranch() string { return temporaryPrefix + "0/branch" }

// InPlace returns the branches whose places are held in refs, with their commits:
// a process that was killed gave their names away and did not make them anew.
// Refs are by their full names.
func InPlace(refs map[string]string) map[string]string {
	var missing map[string]string
	for name, commit := range refs {
		rest, temporary := strings.CutPrefix(name, "refs/heads/"+temporaryPrefix)
		_, branch, held := strings.Cut(rest, "/place/")
		if _, there := refs["refs/heads/"+branch]; !temporary || !held || there || branch == "" {
			continue
		}
		if missing == nil {
			missing = map[string]string{}
		}
		missing["refs/heads/"+branch] = commit
	}
	return missing
}

func isTemporary(branch string) bool { return strings.HasPrefix(branch, temporaryPrefix) }

// ends are the branches that a pull request is made between.
type ends struct {
	head, base string

	// quiet says that it is to be made as a draft, so that the server asks
	// nobody for a review.
	quiet bool
}

// openEnds makes what is missing of the branches of a new pull request.
func (w *Writer) openEnds(ctx context.Context, r *repository, c *change) (e ends, err error) {
	base, err := w.openBase(ctx, r, c)
	if err != nil {
		return e, err
	}
	start, err := w.detour(ctx, r, c, base)
	if err != nil {
		return e, err
	}
	c.swap = start != ""
	if e.head, err = w.openHead(ctx, r, c, start != ""); err != nil {
		return e, err
	}
	owners, err := w.hasOwners(ctx, r)
	if err != nil {
		return e, err
	}
	owners = owners && !r.notify
	switch {
	case start != "":
		// The base branch holds the head already, and the server would see
		// nothing between them.
		e.base, e.quiet = temporaryBase(c.Number), owners
		return e, w.branchAt(ctx, r, c, e.base, start)
	case owners:
		// Between equals nothing has changed, so nobody owns what has. The base
		// is set afterwards.
		e.base = temporaryBase(c.Number)
		return e, w.branchAt(ctx, r, c, e.base, c.Head.Commit)
	}
	e.base = base
	return e, nil
}

// openHead returns the branch that a pull request comes from: the one that the
// source has, or a temporary one. Only once the pull request is there does that
// get its own name, so that no branch of somebody else's is ever taken for it.
// Swapped says that the branch will be given away.
func (w *Writer) openHead(ctx context.Context, r *repository, c *change, swapped bool) (string, error) {
	if c.living() && !swapped {
		have, err := w.api.Branch(ctx, r.name, c.Head.Branch)
		if err == nil && (c.State == stateOpen || have.Commit.ID == c.Head.Commit) {
			return c.Head.Branch, nil
		}
		if err != nil && !api.IsNotFound(err) {
			return "", err
		}
	}
	name := temporaryHead(c.Number)
	return name, w.branchAt(ctx, r, c, name, c.Head.Commit)
}

// openBase returns the branch that a pull request is to go into at last.
func (w *Writer) openBase(ctx context.Context, r *repository, c *change) (string, error) {
	if c.Base.Branch != "" {
		_, err := w.api.Branch(ctx, r.name, c.Base.Branch)
		if err == nil {
			return c.Base.Branch, nil
		}
		if !api.IsNotFound(err) {
			return "", err
		}
		if at := c.lastBase(); at != "" && c.State != stateOpen {
			// It is gone at the source too, and stands while it is needed.
			err := w.branchAt(ctx, r, c, temporaryMark(c.Number), at)
			if err == nil {
				err = w.api.CreateBranch(ctx, r.name, c.Base.Branch, at)
			}
			if err == nil {
				c.madeBase = true
				return c.Base.Branch, nil
			}
			if !hasCode(err, providers.CodeConflict, providers.CodeInvalid, providers.CodeNotFound, providers.CodeUnavailable, providers.CodeDenied) {
				return "", err
			}
		}
	}
	repo, err := w.api.Repository(ctx, r.name)
	return repo.DefaultBranch, err
}

// lastBase is the commit at which a base branch that is gone is to stand.
func (c *change) lastBase() string {
	if c.State == stateMerged && c.MergeCommit != "" {
		return c.MergeCommit
	}
	return c.Base.Commit
}

// detour returns the commit from which a merged pull request has to be made,
// when its base branch holds all of its commits by now; else nothing. It is the
// place where the history parted, where that can be told, or else a commit from
// which the server finds that place.
func (w *Writer) detour(ctx context.Context, r *repository, c *change, base string) (string, error) {
	if c.State != stateMerged || c.MergeCommit == "" {
		return "", nil
	}
	beyond, err := w.api.CommitsBeyond(ctx, r.name, c.Head.Commit, base, 1)
	if err != nil || len(beyond) > 0 {
		return "", err
	}
	start := c.Base.Commit
	merge, err := w.api.Commit(ctx, r.name, c.MergeCommit)
	if err != nil && !api.IsNotFound(err) {
		return "", err
	}
	if err == nil && len(merge.Parents) > 1 {
		start = merge.Parents[0].SHA
	}
	if there, err := w.hasCommit(ctx, r, start); err != nil || !there {
		return "", err
	}
	beyond, err = w.api.CommitsBeyond(ctx, r.name, c.Head.Commit, start, detourLooked)
	if err != nil || len(beyond) == 0 {
		return "", err
	}
	if parted := partedAt(beyond); parted != "" && len(beyond) < detourLooked {
		return parted, nil
	}
	return start, nil
}

// detourLooked is how many commits of a pull request are looked at.
const detourLooked = 50

// partedAt is the only commit outside of some that these stand upon, or nothing
// when there are several.
func partedAt(commits []api.Commit) string {
	inside := make(map[string]bool, len(commits))
	for _, c := range commits {
		inside[c.SHA] = true
	}
	parted := ""
	for _, c := range commits {
		for _, p := range c.Parents {
			switch {
			case inside[p.SHA], p.SHA == parted:
			case parted != "":
				return ""
			default:
				parted = p.SHA
			}
		}
	}
	return parted
}

// hasCommit reports whether the repository holds a commit.
func (w *Writer) hasCommit(ctx context.Context, r *repository, commit string) (bool, error) {
	if commit == "" {
		return false, nil
	}
	_, err := w.api.Commit(ctx, r.name, commit)
	if api.IsNotFound(err) || hasCode(err, providers.CodeInvalid) {
		return false, nil
	}
	return err == nil, err
}

// branchAt makes a branch that only Drover makes stand at a commit. One that an
// earlier run left is made anew.
func (w *Writer) branchAt(ctx context.Context, r *repository, c *change, name, commit string) error {
	c.made = append(c.made, name)
	err := w.api.CreateBranch(ctx, r.name, name, commit)
	if !api.IsConflict(err) {
		return err
	}
	have, err := w.api.Branch(ctx, r.name, name)
	if err != nil || have.Commit.ID == commit {
		return err
	}
	if err := w.api.DeleteBranch(ctx, r.name, name); err != nil {
		return err
	}
	return w.api.CreateBranch(ctx, r.name, name, commit)
}

// hasBranch reports whether there is a branch.
func (w *Writer) hasBranch(ctx context.Context, r *repository, name string) (bool, error) {
	_, err := w.api.Branch(ctx, r.name, name)
	if api.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// dropBranch deletes a branch that may be gone.
func (w *Writer) dropBranch(ctx context.Context, r *repository, name string) error {
	if err := w.api.DeleteBranch(ctx, r.name, name); err != nil && !api.IsNotFound(err) {
		return err
	}
	return nil
}

// hasOwners reports whether the server asks the owners of files for reviews.
func (w *Writer) hasOwners(ctx context.Context, r *repository) (bool, error) {
	r.mu.Lock()
	known := r.owners
	r.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	found := false
	for _, path := range []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"} {
		there, err := w.api.HasFile(ctx, r.name, path)
		if err != nil {
			return false, err
		}
		found = found || there
	}
	r.mu.Lock()
	r.owners = &found
	r.mu.Unlock()
	return found, nil
}
