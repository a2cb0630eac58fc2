package gitlab

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// wiki is the git repository of a wiki. The server shows the branch that it finds
// there first, whatever it is called.
type wiki struct {
	names map[string]string // refs at the server
}

func (t *target) wiki(ctx context.Context, known *project) (wiki, error) {
	refs, err := gitrepo.LsRemote(ctx, t.remote(known, providers.PartWiki))
	// To those who may not see it, a wiki that does not exist looks forbidden.
	if kind := gitrepo.KindOf(err); err != nil && (kind == gitrepo.NotFound || kind == gitrepo.Auth) {
		return wiki{}, nil
	}
	return wiki{names: refs.Names}, err
}

// refs are the wiki's refs by their names at the source.
func (w wiki) refs() map[string]string {
	if len(w.names) == 0 {
		return nil
	}
	refs, _ := refsOf(w.names)
	return refs
}

// settleWiki makes sure that there can be a wiki. Its repository is made with the
// project, when the wiki is switched on, or by the first push, as the server's
// version has it.
func (t *target) settleWiki(ctx context.Context, known *project) (wiki, error) {
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return wiki{}, err
	}
	if p.WikiAccess == accessDisabled {
		if _, err := t.api.EditProject(ctx, known.key(), api.EditProject{WikiAccess: new(accessEnabled)}); err != nil {
			return wiki{}, err
		}
	}
	return t.wiki(ctx, known)
}

func (t *target) pushWiki(ctx context.Context, known *project, p forgetarget.Push) (providers.Pushed, error) {
	pushed := providers.Pushed{Refs: map[string]string{}}
	if len(p.Updates) == 0 {
		w, err := t.wiki(ctx, known)
		if refs := w.refs(); refs != nil {
			pushed.Refs = refs
		}
		return pushed, err
	}
	w, err := t.settleWiki(ctx, known)
	if err != nil {
		return pushed, err
	}
	m := p.Mover(t.remote(known, providers.PartWiki), w.names, there)
	if err := m.Move(ctx, p.Updates, nil); err != nil {
		return pushed, err
	}
	pushed.Failed = m.Failed
	if w, err = t.wiki(ctx, known); err != nil {
		return pushed, err
	}
	if refs := w.refs(); refs != nil {
		pushed.Refs = refs
	}
	return pushed, nil
}
