package gitea

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

func (t *target) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return forgetarget.Inspect(ctx, places, t.inspect)
}

// inspect takes three requests for a repository without a wiki: what it is, its
// refs with the mark among them, and whether it has a wiki.
func (t *target) inspect(ctx context.Context, place providers.Place) (providers.Standing, error) {
	settings, err := readPlacement(place.Placement)
	if err != nil {
		return providers.Standing{}, err
	}
	r, err := t.lookUp(ctx, place)
	if err != nil || r == nil {
		return providers.Standing{}, err
	}
	known := t.place(r, settings)
	all, err := t.refs(ctx, r)
	if err != nil {
		return providers.Standing{}, err
	}
	standing := providers.Standing{Exists: true, Ref: repositoryRef(r), Namespace: r.Owner.Login, Name: r.Name}
	if place.Counts {
		if standing.Counts, err = t.count(ctx, r.Repo()); err != nil {
			return standing, err
		}
	}
	standing.Refs, standing.Marker = refsOf(all)
	if standing.Marker == "" {
		standing.Marker = noun.Begun(r.Description, standing.Refs)
	}
	if r.DefaultBranch != "" {
		standing.DefaultBranch = "refs/heads/" + r.DefaultBranch
	}
	if !r.HasWiki {
		return standing, nil
	}
	wiki, err := t.wiki(ctx, known.repo())
	if err != nil {
		return standing, err
	}
	standing.WikiRefs = wiki.refs()
	return standing, nil
}

// lookUp finds the repository at a place, or nil when there is none and one can
// be made. A place without a name is asked for by its ref.
func (t *target) lookUp(ctx context.Context, place providers.Place) (*api.Repository, error) {
	if place.Name == "" && place.Namespace == "" && place.Ref.ID != "" {
		known, err := t.repository(ctx, place.Ref)
		if err != nil {
			return nil, forgetarget.NilIfNotFound(err)
		}
		r, err := t.api.Repository(ctx, known.repo())
		return &r, err
	}
	if invalid := checkPlace(place); invalid != nil {
		return nil, invalid
	}
	r, err := t.at(ctx, place)
	if err != nil || r != nil {
		return r, err
	}
	if _, err := t.owner(ctx, place.Namespace); err != nil && !(place.CreateNamespace && api.IsNotFound(err)) {
		return nil, err
	}
	return nil, nil
}

// at finds the repository at a place, or nil. The server leads from old names
// of a repository to its new one; what stood there once does not stand there.
func (t *target) at(ctx context.Context, place providers.Place) (*api.Repository, error) {
	name := api.Repo{Owner: place.Namespace, Name: place.Name}
	if name.Owner == "" {
		name.Owner = t.user.Login
	}
	r, err := t.api.Repository(ctx, name)
	if err != nil {
		return nil, forgetarget.NilIfNotFound(err)
	}
	if !strings.EqualFold(r.Name, name.Name) || !strings.EqualFold(r.Owner.Login, name.Owner) {
		return nil, nil
	}
	return &r, nil
}

// refs are all refs of a repository's code, by their names at the server. The
// list of the API leaves nothing out that is ours, and has no pages.
func (t *target) refs(ctx context.Context, r *api.Repository) (map[string]string, error) {
	return t.api.Refs(ctx, r.Repo())
}
