package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// Finish takes away what is left of writing: merge requests and issues that only
// used up a number, branches that stood while a merge request was made, and the
// entries that people got in their lists of things to do.
func (w *Writer) Finish(ctx context.Context, p Project) error {
	r, err := w.project(ctx, p)
	if err != nil {
		return err
	}
	if err := w.sweepAll(ctx, r); err != nil {
		return err
	}
	left, err := api.Collect(w.api.BranchesBelow(ctx, r.id, TemporaryBranches))
	if err != nil && !api.IsNotFound(err) {
		return err
	}
	for _, b := range left {
		if !isTemporary(b.Name) {
			continue
		}
		open, err := w.api.IsOpenFrom(ctx, r.id, b.Name)
		if err != nil {
			return err
		}
		if open {
			continue
		}
		if err := w.dropBranch(ctx, r, b.Name); err != nil {
			return err
		}
	}
	return w.calm(ctx, r)
}

// sweepAll deletes what only used up numbers, in this run or one before.
func (w *Writer) sweepAll(ctx context.Context, r *project) error {
	for _, one := range []struct {
		*sequence
		counter
	}{{&r.issues, issueCount{w, r}}, {&r.changes, changeCount{w, r}}} {
		one.mu.Lock()
		if one.next == 0 {
			if _, err := w.reach(ctx, r, one.sequence, one.counter, &wanted{}); err != nil {
				one.mu.Unlock()
				return err
			}
		}
		one.sweep(ctx, one.counter)
		one.mu.Unlock()
	}
	return nil
}

// calm marks as done what people were given to do by being assigned what was
// migrated. Only an administrator can do that for others.
func (w *Writer) calm(ctx context.Context, r *project) error {
	r.mu.Lock()
	busy := r.busy
	r.busy = map[string]map[int64]bool{}
	r.mu.Unlock()
	if !w.admin {
		return nil
	}
	for user, numbers := range busy {
		as := w.api.As(user)
		todos, err := api.Collect(as.Todos(ctx, r.id))
		if hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeAuth) {
			continue // whoever may not see the project was not told
		}
		if err != nil {
			return err
		}
		for _, todo := range todos {
			number := todo.Target.IID
			if todo.Type == "MergeRequest" {
				number = -number
			}
			if !numbers[number] {
				continue
			}
			if err := as.FinishTodo(ctx, todo.ID); err != nil && !api.IsNotFound(err) {
				return err
			}
		}
	}
	return nil
}
