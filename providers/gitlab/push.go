package gitlab

import (
	"context"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

func (t *target) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	pushed, err := t.push(ctx, req, observe)
	return forgetarget.Result(pushed, "push", req.Repo.ID, err)
}

func (t *target) push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err != nil {
		return providers.Pushed{}, err
	}
	if len(req.Updates) > 0 { // a look leaves the project as it is
		if err := t.settle(ctx, known); err != nil {
			return providers.Pushed{}, err
		}
	}
	p, err := forgetarget.OpenPush(req, observe)
	if err != nil {
		return providers.Pushed{}, err
	}
	if p.Part == providers.PartWiki {
		return t.pushWiki(ctx, known, p)
	}
	return t.pushCode(ctx, known, p)
}

func (t *target) pushCode(ctx context.Context, known *project, p forgetarget.Push) (pushed providers.Pushed, err error) {
	remote := t.remote(known, providers.PartCode)
	// Large objects go first: the server refuses commits whose objects it lacks.
	if known.settings().LFS {
		if pushed.LFS, pushed.Failed, err = p.LFS(ctx, remote); err != nil {
			return pushed, err
		}
	}
	have, err := t.refs(ctx, known)
	if err != nil {
		return pushed, err
	}
	m := p.Mover(remote, have, there)
	if err := m.Move(ctx, p.Updates, nil); err != nil {
		return pushed, err
	}
	now := have
	if m.Moved {
		if now, err = t.refs(ctx, known); err != nil {
			return pushed, err
		}
	}
	settled, err := t.settleBranch(ctx, known, now, p.Branch())
	if err != nil {
		return pushed, err
	}
	failed := m.Failed
	if len(m.Refused) > 0 {
		var again *forgetarget.Mover
		if again, err = t.pushRefused(ctx, known, m, settled, func() *forgetarget.Mover { return p.Mover(remote, now, there) }); err != nil {
			return pushed, err
		}
		if again != nil {
			failed = append(others(m.Failed, m.Refused), again.Failed...)
			if now, err = t.refs(ctx, known); err != nil {
				return pushed, err
			}
			if _, err := t.settleBranch(ctx, known, now, p.Branch()); err != nil {
				return pushed, err
			}
		}
	}
	pushed.Failed = append(pushed.Failed, failed...)
	pushed.Refs, _ = refsOf(now)
	return pushed, nil
}

// pushRefused tries again what the server refused, without the rules that stood
// before it, or after the default branch became another one. It returns nil when
// nothing would come of that.
func (t *target) pushRefused(ctx context.Context, known *project, first *forgetarget.Mover, changed bool, mover func() *forgetarget.Mover) (*forgetarget.Mover, error) {
	over, err := t.rulesOver(ctx, known, first.Refused)
	if err != nil || over.empty() && !changed {
		return nil, err
	}
	again := mover()
	return again, t.without(ctx, known, over, func() error { return again.Move(ctx, first.Refused, nil) })
}

// others are the failures of other refs than some.
func others(failed []providers.ItemFailed, than []providers.RefUpdate) []providers.ItemFailed {
	return slices.DeleteFunc(slices.Clone(failed), func(f providers.ItemFailed) bool {
		return slices.ContainsFunc(than, func(u providers.RefUpdate) bool { return u.Name == f.Key.ID })
	})
}

// settleBranch sets the default branch, and reports whether it was another one.
func (t *target) settleBranch(ctx context.Context, known *project, refs map[string]string, wanted string) (bool, error) {
	if wanted == "" || refs["refs/heads/"+wanted] == "" {
		return false, nil
	}
	p, err := t.api.Project(ctx, known.key())
	if err != nil || p.DefaultBranch == wanted {
		return false, err
	}
	_, err = t.api.EditProject(ctx, known.key(), api.EditProject{DefaultBranch: &wanted})
	return true, err
}
