package gitea

import (
	"context"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/threads"
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
	if err := t.settleWritable(ctx, known); err != nil {
		return pushed, err
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
	return pushed, providers.Errorf(providers.CodeInvalid, "a repository of this server has no part called %q", req.Part)
}

func (t *target) pushCode(ctx context.Context, known *repository, from *gitrepo.Repo, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	var pushed providers.Pushed
	repo := known.repo()
	// Large objects go first: a server may refuse commits whose objects it lacks.
	if known.settings().LFS {
		var err error
		if pushed.LFS, pushed.Failed, err = forgetarget.PushLFS(ctx, from, t.remote(repo, providers.PartCode), "access_token", observe); err != nil {
			return pushed, err
		}
	}
	remote := t.remote(repo, providers.PartCode)
	have, err := gitrepo.LsRemote(ctx, remote)
	if err != nil {
		return pushed, err
	}
	for name, commit := range threads.InPlace(have.Names) {
		if err := t.api.CreateBranch(ctx, repo, shortBranch(name), commit); err != nil {
			return pushed, err
		}
		have.Names[name] = commit
	}
	if known.settings().Actions && len(req.Updates) > 0 {
		if err := t.holdActions(ctx, repo); err != nil {
			return pushed, err
		}
	}
	m := forgetarget.Mover{From: from, Remote: remote, Have: have.Names, Overwrite: req.Overwrite, Observe: observe,
		There: func(name string) (string, error) { return there(name), nil }}
	if err := m.Move(ctx, req.Updates, nil); err != nil {
		return pushed, err
	}
	pushed.Failed = append(pushed.Failed, m.Failed...)
	now := have
	if m.Moved {
		if now, err = gitrepo.LsRemote(ctx, remote); err != nil {
			return pushed, err
		}
	}
	pushed.Refs, _ = refsOf(now.Names)
	return pushed, t.settleBranches(ctx, repo, pushed.Refs, shortBranch(req.DefaultBranch))
}

// holdActions keeps what is pushed from starting workflows. Finish lets them run
// again.
func (t *target) holdActions(ctx context.Context, repo api.Repo) error {
	r, err := t.api.Repository(ctx, repo)
	if err == nil && r.HasActions {
		_, err = t.api.EditRepository(ctx, repo, api.EditRepository{HasActions: new(false)})
	}
	return err
}

func (t *target) pushWiki(ctx context.Context, known *repository, from *gitrepo.Repo, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	pushed := providers.Pushed{Refs: map[string]string{}}
	repo := known.repo()
	w, err := t.wiki(ctx, repo)
	if err != nil {
		return pushed, err
	}
	if !w.exists && len(req.Updates) == 0 {
		return pushed, nil
	}
	if w, err = t.settleWiki(ctx, repo); err != nil {
		return pushed, err
	}
	w.stands(req)
	m := forgetarget.Mover{From: from, Remote: t.remote(repo, providers.PartWiki), Have: w.names, Overwrite: req.Overwrite, Observe: observe, There: w.there}
	if w.unused {
		m.Ours = w.names[w.shown]
	}
	var oid string
	for _, u := range req.Updates {
		if u.New != "" {
			oid = u.New
		}
	}
	if err := m.Move(ctx, req.Updates, w.marks(oid)); err != nil {
		return pushed, err
	}
	pushed.Failed = m.Failed
	if w, err = t.wikiRefs(ctx, repo); err != nil {
		return pushed, err
	}
	pushed.Refs = w.refs()
	return pushed, nil
}

const (
	// settleTries and settlePause bound the wait for the server to notice what
	// was pushed.
	settleTries = 100
	settlePause = 300 * time.Millisecond
)

// settleBranches waits until the server knows that the repository is not empty,
// and sets its default branch. The server works that out after the push; until
// then it refuses releases and pull requests.
func (t *target) settleBranches(ctx context.Context, repo api.Repo, refs map[string]string, wanted string) error {
	branches := false
	for name := range refs {
		branches = branches || strings.HasPrefix(name, "refs/heads/")
	}
	for try := 0; ; try++ {
		r, err := t.api.Repository(ctx, repo)
		if err != nil {
			return err
		}
		if branches && r.Empty && try < settleTries {
			if err := pause(ctx, settlePause); err != nil {
				return err
			}
			continue
		}
		if wanted == "" || r.DefaultBranch == wanted || refs["refs/heads/"+wanted] == "" && branches {
			return nil
		}
		_, err = t.api.EditRepository(ctx, repo, api.EditRepository{DefaultBranch: new(wanted)})
		return err
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
