package gitea

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// archived is a ref that says that the repository is to be archived once all is
// there. It is at the server because the run that ends may be another one than
// the run that read it.
const archived = ours + "archived"

// settleWritable makes an archived repository take writes, when it was this
// program that archived it.
func (t *target) settleWritable(ctx context.Context, known *repository) error {
	known.mu.Lock()
	locked := known.archived
	known.mu.Unlock()
	if !locked {
		return nil
	}
	all, err := t.api.Refs(ctx, known.repo())
	if err != nil {
		return err
	}
	if all[archived] == "" {
		return &providers.Error{Code: providers.CodeConflict, Message: "somebody archived the repository at the target",
			Hint: "unarchive it there, or take it out of the plan"}
	}
	if err := t.setArchived(ctx, known, false); err != nil {
		return fmt.Errorf("unarchive the repository: %w", err)
	}
	return nil
}

func (t *target) setArchived(ctx context.Context, known *repository, to bool) error {
	r, err := t.api.EditRepository(ctx, known.repo(), api.EditRepository{Archived: &to})
	if err == nil {
		t.remember(&r)
	}
	return err
}

// noteArchived notes at the server whether the repository is to be archived.
func (t *target) noteArchived(ctx context.Context, known *repository, wanted bool) (err error) {
	repo := known.repo()
	all, err := t.api.Refs(ctx, repo)
	if err != nil || (all[archived] != "") == wanted {
		return err
	}
	dir, err := os.MkdirTemp(t.scratch, "note-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	update := gitrepo.RefUpdate{Name: archived, Old: all[archived]}
	from, err := gitrepo.Init(ctx, dir, formatOf(all))
	if err != nil {
		return err
	}
	if wanted {
		if update.New, err = from.WriteBlob(ctx, "archived\n"); err != nil {
			return err
		}
		update.Old = forgetarget.ZeroOID(update.New)
	}
	refused, err := from.Push(ctx, t.remote(repo, providers.PartCode), []gitrepo.RefUpdate{update}, nil)
	if err == nil && len(refused) > 0 {
		err = &providers.Error{Code: providers.CodeConflict, Message: "the server refused a note that the repository is archived: " + refused[0].Message}
	}
	return err
}

// formatOf is the object format that refs show.
func formatOf(refs map[string]string) string {
	for _, oid := range refs {
		if len(oid) == 64 {
			return "sha256"
		}
	}
	return "sha1"
}
