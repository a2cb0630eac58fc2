package gitea

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	ref, err := t.create(ctx, req)
	if err != nil {
		return schema.Ref{}, forgetarget.Failure("create", req.Place.Path(), err)
	}
	return ref, nil
}

// create makes the repository, marks it and settles what must hold before
// anything is brought there. A kill between any two of the steps is made good by
// the next call: until it is marked, a repository is known by its description.
func (t *target) create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	if invalid := checkPlace(req.Place); invalid != nil {
		return schema.Ref{}, invalid
	}
	if err := checkMarker(req.Marker); err != nil {
		return schema.Ref{}, err
	}
	settings, err := readPlacement(req.Place.Placement)
	if err != nil {
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
	unfinished := begunFor(r, refs) == req.Marker
	if marker != req.Marker && !unfinished && !req.Adopt {
		return schema.Ref{}, occupied(marker)
	}
	if want := req.ObjectFormat; want != "" && r.ObjectFormat != "" && want != r.ObjectFormat {
		return schema.Ref{}, &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("its object format is %s and that of the source is %s", schema.Printable(r.ObjectFormat), schema.Printable(want)),
			Hint:    "choose another name; a repository cannot change its object format"}
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

const provisionally = "Drover is making this repository for "

// provisional describes a repository that is not marked yet.
func provisional(marker string) string { return provisionally + marker }

// begunFor is what a repository was made for that has no mark yet, because the
// run that made it was killed: nothing stands in it. Empty: it is another one.
func begunFor(r *api.Repository, refs map[string]string) string {
	marker, begun := strings.CutPrefix(r.Description, provisionally)
	if !begun || len(refs) > 0 || checkMarker(marker) != nil {
		return ""
	}
	return marker
}

func occupied(marker string) error {
	e := &providers.Error{Code: providers.CodeConflict, Message: "a repository that drover did not make stands there",
		Hint: "choose another name, move it away, or adopt it"}
	if marker != "" {
		e.Message = fmt.Sprintf("the repository there belongs to the source repository with the identity %q", schema.Printable(marker))
	}
	return e
}

// make makes an empty, private repository.
func (t *target) make(ctx context.Context, req providers.CreateRequest) (*api.Repository, error) {
	o, err := t.settleOwner(ctx, req.Place)
	if err != nil {
		return nil, err
	}
	n := api.NewRepository{
		Name: req.Place.Name, Description: provisional(req.Marker), Private: true,
		DefaultBranch: shortBranch(req.DefaultBranch), ObjectFormat: req.ObjectFormat,
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

// shortBranch is the name of a branch that may be given by its full one.
func shortBranch(name string) string { return strings.TrimPrefix(name, "refs/heads/") }
