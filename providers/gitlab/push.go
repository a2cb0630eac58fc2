package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func (t *target) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	pushed, err := t.push(ctx, req, observe)
	if err != nil {
		return providers.Pushed{}, forgetarget.Failure("push", req.Repo.ID, err)
	}
	return pushed, nil
}

func (t *target) push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	var pushed providers.Pushed
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err != nil {
		return pushed, err
	}
	if len(req.Updates) > 0 { // a look leaves the project as it is
		if err := t.settle(ctx, known); err != nil {
			return pushed, err
		}
	}
	from, err := gitrepo.Open(req.Dir)
	if err != nil {
		return pushed, err
	}
	switch req.Part {
	case providers.PartCode:
		return t.pushCode(ctx, known, from, req, observe)
	case providers.PartWiki:
		return t.pushWiki(ctx, known, from, req, observe)
	}
	return pushed, providers.Errorf(providers.CodeInvalid, "a project of this server has no part called %q", req.Part)
}

func (t *target) pushCode(ctx context.Context, known *project, from *gitrepo.Repo, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	var pushed providers.Pushed
	// Large objects go first: the server refuses commits whose objects it lacks.
	if known.settings().LFS {
		var err error
		if pushed.LFS, pushed.Failed, err = forgetarget.PushLFS(ctx, from, t.remote(known, providers.PartCode), "access_token", observe); err != nil {
			return pushed, err
		}
	}
	have, err := t.refs(ctx, known)
	if err != nil {
		return pushed, err
	}
	mover := func(have map[string]string) *forgetarget.Mover {
		return &forgetarget.Mover{From: from, Remote: t.remote(known, providers.PartCode), Have: have, Overwrite: req.Overwrite, Observe: observe,
			There: func(name string) (string, error) { return there(name), nil }}
	}
	m := mover(have)
	if err := m.Move(ctx, req.Updates, nil); err != nil {
		return pushed, err
	}
	now := have
	if m.Moved {
		if now, err = t.refs(ctx, known); err != nil {
			return pushed, err
		}
	}
	settled, err := t.settleBranch(ctx, known, now, shortBranch(req.DefaultBranch))
	if err != nil {
		return pushed, err
	}
	failed := m.Failed
	if len(m.Refused) > 0 {
		var again *forgetarget.Mover
		if again, err = t.pushRefused(ctx, known, m, settled, func() *forgetarget.Mover { return mover(now) }); err != nil {
			return pushed, err
		}
		if again != nil {
			failed = append(others(m.Failed, m.Refused), again.Failed...)
			if now, err = t.refs(ctx, known); err != nil {
				return pushed, err
			}
			if _, err := t.settleBranch(ctx, known, now, shortBranch(req.DefaultBranch)); err != nil {
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

// shortBranch is the name of a branch that may be given by its full one.
func shortBranch(name string) string { return strings.TrimPrefix(name, "refs/heads/") }
