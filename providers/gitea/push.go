package gitea

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	pushed, err := t.push(ctx, req, observe)
	if err != nil {
		return providers.Pushed{}, failure("push", req.Repo.ID, err)
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
		if pushed.LFS, pushed.Failed, err = t.pushLFS(ctx, repo, from, observe); err != nil {
			return pushed, err
		}
	}
	remote := t.remote(repo, providers.PartCode)
	have, err := gitrepo.LsRemote(ctx, remote)
	if err != nil {
		return pushed, err
	}
	if known.settings().Actions && len(req.Updates) > 0 {
		if err := t.holdActions(ctx, repo); err != nil {
			return pushed, err
		}
	}
	m := mover{from: from, remote: remote, have: have.Names, overwrite: req.Overwrite, observe: observe,
		there: func(name string) (string, error) { return there(name), nil }}
	if err := m.move(ctx, req.Updates, nil); err != nil {
		return pushed, err
	}
	pushed.Failed = append(pushed.Failed, m.failed...)
	now := have
	if m.moved {
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
	m := mover{from: from, remote: t.remote(repo, providers.PartWiki), have: w.names, overwrite: req.Overwrite, observe: observe, there: w.there}
	if w.unused {
		m.ours = w.names[w.shown]
	}
	var oid string
	for _, u := range req.Updates {
		if u.New != "" {
			oid = u.New
		}
	}
	if err := m.move(ctx, req.Updates, w.marks(oid)); err != nil {
		return pushed, err
	}
	pushed.Failed = m.failed
	if w, err = t.wikiRefs(ctx, repo); err != nil {
		return pushed, err
	}
	pushed.Refs = w.refs()
	return pushed, nil
}

// mover moves refs at the server.
type mover struct {
	from      *gitrepo.Repo
	remote    gitrepo.Remote
	have      map[string]string // refs at the server, by their names there
	ours      string            // a value that counts as no value: nobody else put it there
	overwrite bool
	observe   func(providers.Progress)
	there     func(name string) (string, error)

	failed []providers.ItemFailed
	moved  bool
}

// move makes updates, and further ones that are named as the server does. What
// somebody changed is left alone; one ref that is refused does not hold back
// the others.
func (m *mover) move(ctx context.Context, updates []providers.RefUpdate, further []gitrepo.RefUpdate) error {
	here := make(map[string]string, len(updates)) // names at the source by those at the server
	wanted := further
	for _, u := range updates {
		name, err := m.there(u.Name)
		if err != nil {
			m.refuse(u.Name, err.Error(), "rename one of the two at the source")
			continue
		}
		have := m.have[name]
		known := have
		if have == m.ours {
			known = ""
		}
		switch {
		case have == u.New:
			continue
		case known != u.Old && !m.overwrite:
			m.refuse(u.Name, "it was changed at the target since the plan was made", "plan again to see how, or let the plan overwrite it")
			continue
		case have == "":
			have = zeros(u.New)
		}
		here[name] = u.Name
		wanted = append(wanted, gitrepo.RefUpdate{Name: name, Old: have, New: u.New})
	}
	if len(wanted) == 0 {
		return nil
	}
	m.moved = true
	refused, err := m.from.Push(ctx, m.remote, wanted, func(p gitrepo.Progress) {
		m.observe(providers.Progress{Phase: p.Phase, Done: p.Done, Total: p.Total, Unit: "objects"})
	})
	if err != nil {
		return err
	}
	for _, r := range refused {
		name, ok := here[r.Name]
		if !ok {
			return &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the server refused the ref %s: %s", r.Name, r.Message)}
		}
		hint := "see the server's rules for this branch or tag, or leave it out"
		if r.Stale {
			hint = "plan again to see what changed it"
		}
		m.refuse(name, r.Message, hint)
	}
	m.observe(providers.Progress{Phase: "refs", Done: int64(len(updates) - len(m.failed)), Total: int64(len(updates)), Unit: "refs"})
	return nil
}

func (m *mover) refuse(name, why, hint string) {
	m.failed = append(m.failed, providers.ItemFailed{
		Key:     schema.Key{Kind: schema.KindRef, ID: name},
		Problem: &providers.Error{Code: providers.CodeConflict, Op: "update ref", Subject: schema.Printable(name), Message: why, Hint: hint},
	})
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
