package gitea

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// mark puts the mark of a source repository on a repository, in place of
// another one.
func (t *target) mark(ctx context.Context, r *api.Repository, all map[string]string, marker string) (err error) {
	wanted := markers + forgetarget.EncodeName(marker)
	if _, ok := all[wanted]; ok {
		return nil
	}
	dir, err := os.MkdirTemp(t.scratch, "mark-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	format := "sha1"
	if r.ObjectFormat != "" {
		format = r.ObjectFormat
	}
	repo, err := gitrepo.Init(ctx, dir, format)
	if err != nil {
		return err
	}
	oid, err := repo.WriteBlob(ctx, "Drover made this repository for "+marker+".\n")
	if err != nil {
		return err
	}
	updates := []gitrepo.RefUpdate{{Name: wanted, Old: forgetarget.ZeroOID(oid), New: oid}}
	for name, old := range all {
		if strings.HasPrefix(name, markers) {
			updates = append(updates, gitrepo.RefUpdate{Name: name, Old: old})
		}
	}
	refused, err := repo.Push(ctx, t.remote(r.Repo(), providers.PartCode), updates, nil)
	if err == nil && len(refused) > 0 {
		err = &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the server refused the mark that says what the repository was made for: %s", refused[0].Message),
			Hint: "see whether a hook of the server refuses refs outside of branches and tags"}
	}
	return err
}
