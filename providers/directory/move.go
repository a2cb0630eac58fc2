package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Move(ctx context.Context, repo schema.Ref, to providers.Place) (schema.Ref, error) {
	ref, err := t.move(ctx, repo, to)
	if err != nil {
		return schema.Ref{}, failure("move", repo.ID, err)
	}
	return ref, nil
}

// move renames the folders of a repository one by one, the git data first. As
// long as the git data is at the old place, nothing was moved and the new
// place must be free. Once it is gone from there, whatever is left follows it:
// that is how a call that was killed is completed by the next.
func (t *target) move(ctx context.Context, repo schema.Ref, to providers.Place) (schema.Ref, error) {
	from, invalid := parseLocation(repo.ID)
	if invalid != nil {
		return schema.Ref{}, invalid
	}
	at, invalid := newLocation(to.Namespace, to.Name)
	if invalid != nil {
		return schema.Ref{}, invalid
	}
	if from == at {
		return at.ref(), nil
	}
	tree, err := t.archive.open()
	if err != nil {
		return schema.Ref{}, err
	}
	release, err := t.locks.acquire(ctx, from.String(), at.String())
	if err != nil {
		return schema.Ref{}, err
	}
	defer release()

	unmoved, err := exists(tree, from.git())
	if err != nil {
		return schema.Ref{}, err
	}
	if !unmoved {
		there, err := exists(tree, at.git())
		if err != nil {
			return schema.Ref{}, err
		}
		if !there {
			return schema.Ref{}, &providers.Error{Code: providers.CodeNotFound,
				Message: "the archive has no such repository", Hint: "plan again"}
		}
	}
	moving := from.parts()
	for i, part := range at.parts() {
		// What is gone from the old place has arrived, or never was.
		left, err := exists(tree, moving[i])
		if err != nil {
			return schema.Ref{}, err
		}
		if !unmoved && !left {
			continue
		}
		if err := absent(tree, part, &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("%s stands in the way", schema.Printable(part)),
			Hint:    "choose another name, or move that folder away",
		}); err != nil {
			return schema.Ref{}, err
		}
	}
	if err := tree.MkdirAll(path.Dir(at.git()), 0o777); err != nil {
		return schema.Ref{}, err
	}
	for i, part := range at.parts() {
		if err := tree.Rename(moving[i], part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return schema.Ref{}, err
		}
	}
	return at.ref(), errors.Join(syncDir(tree, path.Dir(from.git())), syncDir(tree, path.Dir(at.git())))
}
