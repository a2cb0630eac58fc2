package gitea

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	ref, err := t.create(ctx, req)
	return forgetarget.Result(ref, "create", req.Place.Path(), err)
}

// create makes the repository, marks it and settles what must hold before
// anything is brought there. A kill between any two of the steps is made good by
// the next call: until it is marked, a repository is known by its description.
func (t *target) create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	settings, err := placementAt(req.Place)
	if err != nil {
		return schema.Ref{}, err
	}
	if err := forgetarget.CheckMarker(req.Marker); err != nil {
		return schema.Ref{}, err
	}
	r, err := t.at(ctx, req.Place)
	if err != nil {
		return schema.Ref{}, err
	}
	if r == nil {
		if r, err = t.make(ctx, req); err != nil {
			return schema.Ref{}, err
		}
	}
	all, err := t.refs(ctx, r)
	if err != nil {
		return schema.Ref{}, err
	}
	refs, marker := refsOf(all)
	unfinished, err := noun.Claim(req, forgetarget.Found{Description: r.Description, ObjectFormat: r.ObjectFormat, Refs: refs, Marker: marker})
	if err != nil {
		return schema.Ref{}, err
	}
	if err := t.mark(ctx, r, all, req.Marker); err != nil {
		return schema.Ref{}, err
	}
	if err := t.prepare(ctx, r, req, unfinished, settings); err != nil {
		return schema.Ref{}, err
	}
	t.place(r, settings)
	return repositoryRef(r), nil
}

// placementAt is the settings of a place at which a repository can stand.
func placementAt(place providers.Place) (placement, error) {
	if invalid := checkPlace(place); invalid != nil {
		return placement{}, invalid
	}
	return readPlacement(place.Placement)
}

// make makes an empty, private repository.
func (t *target) make(ctx context.Context, req providers.CreateRequest) (*api.Repository, error) {
	o, err := t.settleOwner(ctx, req.Place)
	if err != nil {
		return nil, err
	}
	n := api.NewRepository{
		Name: req.Place.Name, Description: noun.Description(req.Marker), Private: true,
		DefaultBranch: forgetarget.ShortBranch(req.DefaultBranch), ObjectFormat: req.ObjectFormat,
	}
	var r api.Repository
	switch {
	case o.organization:
		r, err = t.api.CreateInOrganization(ctx, o.name, n)
	case o.name == t.user.Login:
		r, err = t.api.CreateOwn(ctx, n)
	default:
		r, err = t.api.CreateForUser(ctx, o.name, n)
	}
	if api.IsConflict(err) { // somebody was faster
		if other, lookErr := t.at(ctx, req.Place); lookErr == nil && other != nil {
			return other, nil
		}
	}
	return &r, err
}

// prepare keeps workflows from running and people from being told, before
// anything is there that could make them. Adopted repositories keep who watches
// them.
func (t *target) prepare(ctx context.Context, r *api.Repository, req providers.CreateRequest, fresh bool, settings placement) error {
	var change api.EditRepository
	if r.HasActions {
		change.HasActions = new(false)
	}
	if !r.AllowManualMerge { // pull requests that were merged at the source are marked so
		change.AllowManualMerge = new(true)
	}
	if fresh {
		if !settings.Notify {
			if err := t.unwatch(ctx, r.Repo()); err != nil {
				return err
			}
		}
		change.Description = new("")
		if s := req.Settings; s != nil {
			change.Description = new(forgetarget.Clip(s.Description, maxDescription))
			change.Private = new(settings.private(s.Visibility))
		}
	}
	if change == (api.EditRepository{}) {
		return nil
	}
	_, err := t.api.EditRepository(ctx, r.Repo(), change)
	return err
}

// unwatch makes nobody watch a repository that was just made. Without an
// administrator's token it can do so for the token's own account only.
func (t *target) unwatch(ctx context.Context, repo api.Repo) error {
	watchers, err := api.Collect(t.api.Watchers(ctx, repo))
	if err != nil {
		return err
	}
	for _, w := range watchers {
		client := t.api
		if !strings.EqualFold(w.Login, t.user.Login) {
			if !t.user.IsAdmin {
				continue
			}
			client = t.api.As(w.Login)
		}
		if err := client.Unwatch(ctx, repo); err != nil && !api.IsNotFound(err) {
			return err
		}
	}
	return nil
}
