package gitlab

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Move(ctx context.Context, ref schema.Ref, to providers.Place) (schema.Ref, error) {
	moved, err := t.move(ctx, ref, to)
	return forgetarget.Result(moved, "move", to.Path(), err)
}

// move gives the project to another namespace and renames it, whichever of the two
// is still to be done.
func (t *target) move(ctx context.Context, ref schema.Ref, to providers.Place) (schema.Ref, error) {
	settings, err := placementAt(to)
	if err != nil {
		return schema.Ref{}, err
	}
	known, err := t.project(ctx, ref)
	if err != nil {
		return schema.Ref{}, err
	}
	n, err := t.settleNamespace(ctx, to)
	if err != nil {
		return schema.Ref{}, err
	}
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return schema.Ref{}, err
	}
	there, _, err := t.at(ctx, to)
	if err != nil {
		return schema.Ref{}, err
	}
	if there != nil && there.ID != p.ID {
		return schema.Ref{}, noun.Taken()
	}
	// The name comes first: under the old one another project may stand in the new
	// namespace. When the old namespace has another one of the new name, the project
	// is given away first.
	err = t.rename(ctx, &p, to.Name)
	taken := api.IsConflict(err)
	if err != nil && !taken {
		return schema.Ref{}, err
	}
	if !strings.EqualFold(p.Namespace.FullPath, n.path) {
		if p, err = t.api.TransferProject(ctx, known.key(), n.path); err != nil {
			return schema.Ref{}, err
		}
	}
	if taken {
		if err := t.rename(ctx, &p, to.Name); err != nil {
			return schema.Ref{}, err
		}
	}
	t.place(&p, settings)
	return projectRef(&p), nil
}

// rename changes the path of a project, and the name with it when people see the
// path as the name.
func (t *target) rename(ctx context.Context, p *api.Project, to string) error {
	if p.Path == to {
		return nil
	}
	change := api.EditProject{Path: &to}
	if p.Name == p.Path {
		change.Name = &to
	}
	renamed, err := t.api.EditProject(ctx, p.Key(), change)
	if err == nil {
		*p = renamed
		t.remember(p)
	}
	return err
}
