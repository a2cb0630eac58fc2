package gitlab

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	ref, err := t.create(ctx, req)
	return forgetarget.Result(ref, "create", req.Place.Path(), err)
}

// create makes the project, marks it, and keeps it quiet before anything is brought
// there. A kill between any two of the steps is made good by the next call: until
// it is marked, a project is known by its description.
func (t *target) create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	settings, err := placementAt(req.Place)
	if err != nil {
		return schema.Ref{}, err
	}
	if err := forgetarget.CheckMarker(req.Marker); err != nil {
		return schema.Ref{}, err
	}
	p, _, err := t.at(ctx, req.Place)
	if err != nil {
		return schema.Ref{}, err
	}
	if p == nil {
		if p, err = t.make(ctx, req); err != nil {
			return schema.Ref{}, err
		}
	}
	known := t.place(p, settings)
	all, err := t.refs(ctx, known)
	if err != nil {
		return schema.Ref{}, err
	}
	refs, marker := refsOf(all)
	unfinished, err := noun.Claim(req, forgetarget.Found{Description: p.Description, ObjectFormat: formatOf(known, all), Refs: refs, Marker: marker})
	if err != nil {
		return schema.Ref{}, err
	}
	if err := t.mark(ctx, known, all, req.Marker); err != nil {
		return schema.Ref{}, err
	}
	if err := t.settle(ctx, known); err != nil {
		return schema.Ref{}, err
	}
	if unfinished {
		if err := t.dress(ctx, known, req, settings); err != nil {
			return schema.Ref{}, err
		}
	}
	return projectRef(p), nil
}

// placementAt is the settings of a place at which a project can stand.
func placementAt(place providers.Place) (placement, error) {
	if invalid := checkPlace(place); invalid != nil {
		return placement{}, invalid
	}
	return readPlacement(place.Placement)
}

// make makes an empty, private project.
func (t *target) make(ctx context.Context, req providers.CreateRequest) (*api.Project, error) {
	n, err := t.settleNamespace(ctx, req.Place)
	if err != nil {
		return nil, err
	}
	wanted := api.NewProject{
		Name: req.Place.Name, Path: req.Place.Name, NamespaceID: n.id, Description: noun.Description(req.Marker),
		Visibility: visibilityPrivate, AutoDevOps: new(false),
	}
	if req.ObjectFormat == "sha256" {
		wanted.ObjectFormat = req.ObjectFormat
	}
	p, err := t.api.CreateProject(ctx, wanted)
	if api.IsConflict(err) { // somebody was faster
		if other, _, lookErr := t.at(ctx, req.Place); lookErr == nil && other != nil {
			return other, nil
		}
	}
	return &p, err
}

// mark puts the mark of a source repository on a project, in place of another one.
func (t *target) mark(ctx context.Context, known *project, all map[string]string, marker string) error {
	wanted := markers + forgetarget.EncodeName(marker)
	if all[wanted] != "" {
		return nil
	}
	change := notes{wanted: new("Drover made this project for " + marker + ".")}
	for name := range all {
		if strings.HasPrefix(name, markers) {
			change[name] = nil
		}
	}
	return t.tell(ctx, known, all, change)
}

// dress lets those see a new project who shall: with an administrator's token people
// write in their own names, and only those can who see the project. What it is comes
// last, for until then it is known by its description.
func (t *target) dress(ctx context.Context, known *project, req providers.CreateRequest, settings placement) error {
	description := ""
	if s := req.Settings; s != nil {
		description = forgetarget.Clip(s.Description, maxDescription)
		if _, err := t.show(ctx, known, settings.visibility(s.Visibility)); err != nil {
			return err
		}
	}
	_, err := t.api.EditProject(ctx, known.key(), api.EditProject{Description: &description})
	return err
}
