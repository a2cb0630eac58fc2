package gitlab

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	ref, err := t.create(ctx, req)
	if err != nil {
		return schema.Ref{}, forgetarget.Failure("create", req.Place.Path(), err)
	}
	return ref, nil
}

// create makes the project, marks it, and keeps it quiet before anything is brought
// there. A kill between any two of the steps is made good by the next call: until
// it is marked, a project is known by its description.
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
	unfinished := begunFor(p, refs) == req.Marker
	if marker != req.Marker && !unfinished && !req.Adopt {
		return schema.Ref{}, occupied(marker)
	}
	if want := req.ObjectFormat; want != "" && want != formatOf(known, all) {
		return schema.Ref{}, &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("its object format is %s and that of the source is %s", schema.Printable(formatOf(known, all)), schema.Printable(want)),
			Hint:    "choose another name; a project cannot change its object format"}
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

const provisionally = "Drover is making this project for "

// provisional describes a project that is not marked yet.
func provisional(marker string) string { return provisionally + marker }

// begunFor is what a project was made for that is not finished, because the run that
// made it was killed: nothing stands in it. Empty: it is another one.
func begunFor(p *api.Project, refs map[string]string) string {
	marker, begun := strings.CutPrefix(p.Description, provisionally)
	if !begun || len(refs) > 0 || checkMarker(marker) != nil {
		return ""
	}
	return marker
}

func occupied(marker string) error {
	e := &providers.Error{Code: providers.CodeConflict, Message: "a project that drover did not make stands there",
		Hint: "choose another name, move it away, or adopt it"}
	if marker != "" {
		e.Message = fmt.Sprintf("the project there belongs to the source repository with the identity %q", schema.Printable(marker))
	}
	return e
}

// checkMarker refuses identities that could not be read back.
func checkMarker(marker string) error {
	switch {
	case marker == "":
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository is empty")
	case len(marker) > schema.MaxID:
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository has more than %d bytes", schema.MaxID)
	case strings.ContainsFunc(marker, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository holds a control character")
	}
	return nil
}

// make makes an empty, private project.
func (t *target) make(ctx context.Context, req providers.CreateRequest) (*api.Project, error) {
	n, err := t.settleNamespace(ctx, req.Place)
	if err != nil {
		return nil, err
	}
	wanted := api.NewProject{
		Name: req.Place.Name, Path: req.Place.Name, NamespaceID: n.id, Description: provisional(req.Marker),
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
