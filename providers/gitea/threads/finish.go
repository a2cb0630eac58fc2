package threads

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// Finish takes away what is left of writing: issues that only used up a number,
// branches that stood while a pull request was made, and what people were told in
// a moment in which the server thought that they wanted to know. It locks again
// what a run that was killed had unlocked.
func (w *Writer) Finish(ctx context.Context, repo Repo) error {
	r := w.repository(repo)
	if err := w.sweepAll(ctx, r); err != nil {
		return err
	}
	if err := w.relockAll(ctx, r); err != nil {
		return err
	}
	if err := w.calm(ctx, r); err != nil {
		return err
	}
	left, err := w.api.BranchesBelow(ctx, r.name, temporaryPrefix)
	if err != nil {
		return err
	}
	for _, name := range left {
		number, what, _ := strings.Cut(strings.TrimPrefix(name, temporaryPrefix), "/")
		if what == "head" {
			n, ok := positive(number)
			if !ok {
				continue
			}
			keep, err := w.headOfOpen(ctx, r, n, name)
			if err != nil {
				return err
			}
			if keep {
				continue
			}
		}
		if err := w.dropBranch(ctx, r, name); err != nil {
			return err
		}
	}
	return nil
}

// sweepAll deletes what only used up numbers, in this run or one before.
func (w *Writer) sweepAll(ctx context.Context, r *repository) error {
	r.numbers.mu.Lock()
	defer r.numbers.mu.Unlock()
	if r.numbers.next == 0 {
		if _, err := w.begin(ctx, r, schema.Key{}); err != nil {
			return err
		}
	}
	w.sweep(ctx, r)
	return nil
}

// headOfOpen reports whether a branch is the head of an open pull request. The
// number is that at the source; it may be another one here.
func (w *Writer) headOfOpen(ctx context.Context, r *repository, number int64, branch string) (bool, error) {
	p, err := w.api.Pull(ctx, r.name, number)
	if err == nil && p.Head.Label == branch {
		return p.State == stateOpen, nil
	}
	if err != nil && !api.IsNotFound(err) {
		return true, err
	}
	for p, err := range w.api.OpenPulls(ctx, r.name) {
		if err != nil {
			return true, err
		}
		if p.Head.Label == branch {
			return true, nil
		}
	}
	return false, nil
}

// calm marks as read what people were told of threads that were written.
func (w *Writer) calm(ctx context.Context, r *repository) error {
	r.mu.Lock()
	startled := r.startled
	r.startled = map[string]map[int64]bool{}
	r.mu.Unlock()
	for user, threads := range startled {
		as := w.api
		if !strings.EqualFold(user, w.user) {
			as = w.api.As(user)
		}
		told, err := api.Collect(as.Notifications(ctx, r.name))
		if hasCode(err, providers.CodeDenied, providers.CodeNotFound) {
			continue // whoever may not see the repository was not told
		}
		if err != nil {
			return err
		}
		for _, n := range told {
			number, ok := positive(n.Subject.URL[strings.LastIndexByte(n.Subject.URL, '/')+1:])
			if !ok || !threads[number] {
				continue
			}
			if err := as.ReadNotification(ctx, n.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
