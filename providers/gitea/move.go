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

func (t *target) Move(ctx context.Context, ref schema.Ref, to providers.Place) (schema.Ref, error) {
	moved, err := t.move(ctx, ref, to)
	return forgetarget.Result(moved, "move", to.Path(), err)
}

// move gives the repository to another owner and renames it, whichever of the
// two is still to be done.
func (t *target) move(ctx context.Context, ref schema.Ref, to providers.Place) (schema.Ref, error) {
	settings, err := placementAt(to)
	if err != nil {
		return schema.Ref{}, err
	}
	known, err := t.repository(ctx, ref)
	if err != nil {
		return schema.Ref{}, err
	}
	o, err := t.settleOwner(ctx, to)
	if err != nil {
		return schema.Ref{}, err
	}
	r, err := t.api.Repository(ctx, known.repo())
	if err != nil {
		return schema.Ref{}, err
	}
	there, err := t.at(ctx, to)
	if err != nil {
		return schema.Ref{}, err
	}
	if there != nil && there.ID != r.ID {
		return schema.Ref{}, noun.Taken()
	}
	// The name comes first: under the old one another repository of the new
	// owner may stand.
	if r.Name != to.Name {
		if r, err = t.rename(ctx, &r, o, to); err != nil {
			return schema.Ref{}, err
		}
		t.place(&r, settings)
	}
	if !strings.EqualFold(r.Owner.Login, o.name) {
		if r, err = t.transfer(ctx, &r, o.name); err != nil {
			return schema.Ref{}, err
		}
	}
	t.place(&r, settings)
	return repositoryRef(&r), nil
}

// rename changes the name. When the present owner has another repository of
// that name, the repository is given away first.
func (t *target) rename(ctx context.Context, r *api.Repository, o owner, to providers.Place) (api.Repository, error) {
	change := api.EditRepository{Name: new(to.Name)}
	if strings.EqualFold(r.Owner.Login, o.name) {
		return t.api.EditRepository(ctx, r.Repo(), change)
	}
	other, err := t.at(ctx, providers.Place{Namespace: r.Owner.Login, Name: to.Name})
	if err != nil {
		return api.Repository{}, err
	}
	if other == nil || other.ID == r.ID {
		return t.api.EditRepository(ctx, r.Repo(), change)
	}
	given, err := t.transfer(ctx, r, o.name)
	if err != nil {
		return api.Repository{}, err
	}
	return t.api.EditRepository(ctx, given.Repo(), change)
}

func (t *target) transfer(ctx context.Context, r *api.Repository, to string) (api.Repository, error) {
	if _, err := t.api.Transfer(ctx, r.Repo(), to); err != nil {
		return api.Repository{}, err
	}
	given, err := t.api.RepositoryByID(ctx, r.ID)
	if err == nil && !strings.EqualFold(given.Owner.Login, to) {
		err = &providers.Error{Code: providers.CodeDenied, Message: fmt.Sprintf("%s has to accept the repository first", schema.Printable(to)),
			Hint: "let its owner accept it on the repository's page, or use an administrator's token, then apply again"}
	}
	return given, err
}
