package gitea

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// firstPage is the page that a wiki is made with. A wiki that holds it alone has
// not been pushed to yet. The server takes dashes in titles for spaces at times.
const firstPage = "DroverFirstPage"

// wiki is the git repository of a wiki. The server shows one branch of it, whose
// name it chooses itself: that is where the branch that the source shows goes,
// whatever it is called there. A ref below refs/drover/branch tells its name.
type wiki struct {
	exists   bool
	unused   bool              // it holds nothing but the page that it was made with
	names    map[string]string // refs at the server
	shown    string            // the full name of the branch that the server shows
	atSource string            // and the full name of what it stands for at the source; empty: the same
}

// wiki looks at the wiki of a repository. It takes one request when there is
// none.
func (t *target) wiki(ctx context.Context, repo api.Repo) (wiki, error) {
	pages, err := t.api.WikiPages(ctx, repo, "2")
	if api.IsNotFound(err) {
		return wiki{}, nil
	}
	if err != nil {
		return wiki{}, err
	}
	w, err := t.wikiRefs(ctx, repo)
	w.unused = len(pages) == 1 && pages[0].Title == firstPage && len(w.names) == 1
	return w, err
}

func (t *target) wikiRefs(ctx context.Context, repo api.Repo) (wiki, error) {
	refs, err := gitrepo.LsRemote(ctx, t.remote(repo, providers.PartWiki))
	if err != nil {
		return wiki{}, err
	}
	w := wiki{exists: true, names: refs.Names, shown: refs.Head}
	for name := range refs.Names {
		if text, ok := strings.CutPrefix(name, wikiBranches); ok {
			if branch, ok := forgetarget.DecodeName(text); ok {
				w.atSource = "refs/heads/" + branch
			}
		}
	}
	return w, nil
}

// refs are the wiki's refs by their names at the source.
func (w wiki) refs() map[string]string {
	if !w.exists || w.unused {
		return nil
	}
	refs := map[string]string{}
	for name, oid := range w.names {
		if name == w.shown && w.atSource != "" {
			refs[w.atSource] = oid
		} else if own, ok := here(name); ok {
			refs[own] = oid
		}
	}
	return refs
}

// settleWiki makes sure that there is a wiki to push to.
func (t *target) settleWiki(ctx context.Context, repo api.Repo) (wiki, error) {
	w, err := t.wiki(ctx, repo)
	if err != nil || w.exists {
		return w, err
	}
	r, err := t.api.Repository(ctx, repo)
	if err != nil {
		return wiki{}, err
	}
	if !r.HasWiki {
		if _, err := t.api.EditRepository(ctx, repo, api.EditRepository{HasWiki: new(true)}); err != nil {
			return wiki{}, err
		}
	}
	if err := t.api.CreateWikiPage(ctx, repo, firstPage, "The wiki is being brought here.\n", "Make the wiki"); err != nil {
		return wiki{}, err
	}
	if w, err = t.wiki(ctx, repo); err == nil && !w.exists {
		err = providers.Errorf(providers.CodeInternal, "the server made a wiki and does not show it")
	}
	return w, err
}

// stands decides which branch of the source the shown one stands for.
func (w *wiki) stands(req providers.PushRequest) {
	branches := map[string]bool{}
	for _, u := range req.Updates {
		if strings.HasPrefix(u.Name, "refs/heads/") && u.New != "" {
			branches[u.Name] = true
		}
	}
	switch {
	case req.DefaultBranch != "":
		w.atSource = "refs/heads/" + forgetarget.ShortBranch(req.DefaultBranch)
	case w.atSource != "" || branches[w.shown] || len(branches) == 0:
	case branches["refs/heads/master"]:
		w.atSource = "refs/heads/master"
	default:
		w.atSource = slices.Min(slices.Collect(maps.Keys(branches)))
	}
	if w.atSource == w.shown {
		w.atSource = ""
	}
}

// there is the name at the server of a ref of the source. It fails for a second
// branch of the name that the shown one has.
func (w *wiki) there(name string) (string, error) {
	switch name {
	case w.atSource:
		return w.shown, nil
	case w.shown:
		if w.atSource != "" {
			return "", fmt.Errorf("the server keeps %s for the branch that it shows, which is %s at the source", name, w.atSource)
		}
	}
	return there(name), nil
}

// marks are the updates that make the wiki tell what its shown branch stands
// for. The mark needs an object to name; any will do.
func (w *wiki) marks(oid string) []gitrepo.RefUpdate {
	var updates []gitrepo.RefUpdate
	wanted := ""
	if w.atSource != "" {
		wanted = wikiBranches + forgetarget.EncodeName(forgetarget.ShortBranch(w.atSource))
	}
	for name, old := range w.names {
		if strings.HasPrefix(name, wikiBranches) && name != wanted {
			updates = append(updates, gitrepo.RefUpdate{Name: name, Old: old})
		}
	}
	if wanted != "" && w.names[wanted] == "" && oid != "" {
		updates = append(updates, gitrepo.RefUpdate{Name: wanted, Old: forgetarget.ZeroOID(oid), New: oid})
	}
	return updates
}
