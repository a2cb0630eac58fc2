package lfs

import (
	"context"
	"errors"
	"io/fs"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// Folder is an origin on this machine: folders that git-lfs keeps objects in,
// such as REPOSITORY/.git/lfs/objects. They need not exist. What is in them is
// not trusted: it must be regular files with the right content.
type Folder []string

func (o Folder) fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error {
	for _, p := range want {
		err := context.Cause(ctx)
		if err == nil {
			err = o.take(f.store, p)
		}
		if err == nil {
			f.add(p.Size)
		}
		if err := f.done(ctx, p, err); err != nil {
			return err
		}
	}
	return nil
}

func (o Folder) take(to *Store, p gitrepo.Pointer) error {
	for _, dir := range o {
		switch err := to.take(p, object(dir, p.OID)); {
		case errors.Is(err, fs.ErrNotExist) && !isOurs(err):
			continue
		case errors.Is(err, fs.ErrPermission) && !isOurs(err):
			return &providers.Error{Code: providers.CodeDenied, Message: "its file may not be read",
				Hint: "give the user that runs drover permission to read the repository's lfs folder", Err: err}
		default:
			return err
		}
	}
	return &providers.Error{Code: providers.CodeNotFound, Message: "the source repository does not have it",
		Hint: "run git lfs fetch --all in the source repository and apply again"}
}

func isOurs(err error) bool {
	broken := (*storeError)(nil)
	return errors.As(err, &broken)
}
