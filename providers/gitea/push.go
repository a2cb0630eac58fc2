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
	pushed, err := t.push(ctx, req, observe)
	return forgetarget.Result(pushed, "push", req.Repo.ID, err)
}

func (t *target) push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err != nil {
		return providers.Pushed{}, err
	}
	if err := t.settleWritable(ctx, known); err != nil {
		return providers.Pushed{}, err
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

func (t *target) pushCode(ctx context.Context, known *repository, p forgetarget.Push) (pushed providers.Pushed, err error) {
	repo := known.repo()
	remote := t.remote(repo, providers.PartCode)
	// Large objects go first: a server may refuse commits whose objects it lacks.
	if known.settings().LFS {
		if pushed.LFS, pushed.Failed, err = p.LFS(ctx, remote); err != nil {
			return pushed, err
		}
	}
	have, err := gitrepo.LsRemote(ctx, remote)
	if err != nil {
		return pushed, err
	}
	for name, commit := range threads.InPlace(have.Names) {
		if err := t.api.CreateBranch(ctx, repo, forgetarget.ShortBranch(name), commit); err != nil {
			return pushed, err
		}
		have.Names[name] = commit
	}
	if known.settings().Actions && len(p.Updates) > 0 {
		if err := t.holdActions(ctx, repo); err != nil {
			return pushed, err
		}
	}
	m := p.Mover(remote, have.Names, there)
	if err := m.Move(ctx, p.Updates, nil); err != nil {
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
	return pushed, t.settleBranches(ctx, repo, pushed.Refs, p.Branch())
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

func (t *target) pushWiki(ctx context.Context, known *repository, p forgetarget.Push) (providers.Pushed, error) {
	pushed := providers.Pushed{Refs: map[string]string{}}
	repo := known.repo()
	w, err := t.wiki(ctx, repo)
	if err != nil {
		return pushed, err
	}
	if !w.exists && len(p.Updates) == 0 {
		return pushed, nil
	}
	if w, err = t.settleWiki(ctx, repo); err != nil {
		return pushed, err
	}
	w.stands(p.PushRequest)
	m := p.Mover(t.remote(repo, providers.PartWiki), w.names, there)
	m.There = w.there
	if w.unused {
		m.Ours = w.names[w.shown]
	}
	var oid string
	for _, u := range p.Updates {
		if u.New != "" {
			oid = u.New
		}
	}
	if err := m.Move(ctx, p.Updates, w.marks(oid)); err != nil {
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
	branches, some := false, ""
	for name := range refs {
		if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok {
			branches, some = true, branch
		}
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
		if branches && r.Empty {
			if refs["refs/heads/"+wanted] == "" {
				wanted = some
			}
			return t.wake(ctx, repo, wanted)
		}
		if wanted == "" || r.DefaultBranch == wanted || refs["refs/heads/"+wanted] == "" && branches {
			return nil
		}
		_, err = t.api.EditRepository(ctx, repo, api.EditRepository{DefaultBranch: new(wanted)})
		return err
	}
}

// wake makes the server see that a repository is not empty, which it misses when
// a push is cut off before its hook ends, as it is when drover is killed. A commit
// that the server makes itself lets it look, and makes its branch the default one.
func (t *target) wake(ctx context.Context, repo api.Repo, branch string) error {
	temporary := threads.TemporaryBranch()
	err := t.api.CreateFile(ctx, repo, branch, temporary, ".drover-wake", "Drover: let the server see what was pushed", "")
	if err != nil {
		return err
	}
	if _, err := t.api.EditRepository(ctx, repo, api.EditRepository{DefaultBranch: new(branch)}); err != nil {
		return err
	}
	return t.api.DeleteBranch(ctx, repo, temporary)
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
