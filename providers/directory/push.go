package directory

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// maxRefused is how many refs of one push are refused one by one. More than
// that have a common cause.
const maxRefused = 200

func (t *target) Push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	pushed, err := t.push(ctx, req, observe)
	if err != nil {
		return providers.Pushed{}, failure("push", req.Repo.ID, err)
	}
	return pushed, nil
}

func (t *target) push(ctx context.Context, req providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	var pushed providers.Pushed
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	held, err := t.hold(ctx, req.Repo)
	if err != nil {
		return pushed, err
	}
	defer held.release()
	repo, err := t.openPart(ctx, held, req)
	if err != nil {
		return pushed, err
	}
	from, err := gitrepo.Open(req.Dir)
	if err != nil {
		return pushed, err
	}
	if err := take(ctx, repo, from, req.Updates); err != nil {
		return pushed, err
	}
	lfs, err := takeLFS(ctx, repo.Dir(), from.Dir(), observe)
	if err != nil {
		return pushed, err
	}
	pushed.LFS, pushed.Failed = lfs.count, lfs.failed

	refused, err := updateRefs(ctx, repo, req)
	if err != nil {
		return pushed, err
	}
	pushed.Failed = append(pushed.Failed, refused...)
	refs, err := repo.Refs(ctx)
	if err != nil {
		return pushed, err
	}
	pushed.Refs = refs.Names
	observe(providers.Progress{Phase: "refs", Done: int64(len(req.Updates) - len(refused)), Total: int64(len(req.Updates)), Unit: "refs"})
	if req.Part == providers.PartCode {
		held.manifest.DefaultBranch = refs.Head
		return pushed, writeManifest(held.tree, held.at, held.manifest)
	}
	return pushed, nil
}

// take brings the objects of a push. A repository in which a converter keeps its
// books, or that was derived from another one, holds more than its refs lead to:
// those books, and the people of before they were mapped. That is not taken.
func take(ctx context.Context, repo, from *gitrepo.Repo, updates []providers.RefUpdate) error {
	derived := false
	for _, sign := range []string{providers.BooksFile, filepath.Join("objects", "info", "alternates")} {
		if _, err := os.Lstat(filepath.Join(from.Dir(), sign)); err == nil {
			derived = true
		}
	}
	if !derived {
		return repo.TakeObjects(ctx, from)
	}
	var tips []string
	for _, u := range updates {
		if u.New != "" {
			tips = append(tips, u.New)
		}
	}
	return repo.TakeReachable(ctx, from, tips)
}

// openPart opens the git repository of a part. A wiki is made by its first
// push.
func (t *target) openPart(ctx context.Context, held *held, req providers.PushRequest) (*gitrepo.Repo, error) {
	name, unknown := held.at.part(req.Part)
	if unknown != nil {
		return nil, unknown
	}
	repo, err := t.archive.repository(held.tree, name)
	if err != nil || repo != nil {
		return repo, err
	}
	if req.Part == providers.PartCode {
		return nil, &providers.Error{Code: providers.CodeNotFound, Message: "the archive has no such repository", Hint: "apply again, so that it is created"}
	}
	from, err := gitrepo.Open(req.Dir)
	if err != nil {
		return nil, err
	}
	format, err := from.ObjectFormat(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.archive.initRepository(ctx, held.tree, name, format, fullRef(req.DefaultBranch)); err != nil {
		return nil, err
	}
	return t.archive.repository(held.tree, name)
}

// updateRefs moves the refs of a push, and HEAD, and returns the refs that were
// refused.
func updateRefs(ctx context.Context, repo *gitrepo.Repo, req providers.PushRequest) ([]providers.ItemFailed, error) {
	refs, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	var refused []providers.ItemFailed
	var updates []gitrepo.RefUpdate
	for _, update := range req.Updates {
		have := refs.Names[update.Name]
		switch {
		case have == update.New:
		case have != update.Old && !req.Overwrite:
			refused = append(refused, refRefused(update.Name, "it was changed at the target since the plan was made",
				"plan again to see how, or let the plan overwrite it"))
		case have == "":
			updates = append(updates, gitrepo.RefUpdate{Name: update.Name, Old: zeros(update.New), New: update.New})
		default:
			updates = append(updates, gitrepo.RefUpdate{Name: update.Name, Old: have, New: update.New})
		}
	}
	// Deleted refs go first: they may make room for "a/b" where "a" was.
	slices.SortFunc(updates, func(a, b gitrepo.RefUpdate) int {
		return cmp.Or(cmp.Compare(min(1, len(a.New)), min(1, len(b.New))), strings.Compare(a.Name, b.Name))
	})
	head := fullRef(req.DefaultBranch)
	if head == refs.Head {
		head = ""
	}
	if len(updates) == 0 && head == "" {
		return refused, nil
	}
	if err := removeLocks(repo); err != nil {
		return nil, err
	}
	failed, err := apply(ctx, repo, updates)
	if err == nil && head != "" {
		err = repo.SetHead(ctx, head)
	}
	return append(refused, failed...), err
}

// apply makes all updates in one transaction. When git refuses it, it tries the
// halves, so that a ref that cannot be stored, such as "a/b" beside "a", does
// not hold back the others.
func apply(ctx context.Context, repo *gitrepo.Repo, updates []gitrepo.RefUpdate) ([]providers.ItemFailed, error) {
	err := repo.UpdateRefs(ctx, updates)
	kind := gitrepo.KindOf(err)
	if kind != gitrepo.Refused && kind != gitrepo.Corrupt {
		return nil, err
	}
	if len(updates) == 1 {
		return []providers.ItemFailed{refRefused(updates[0].Name, message(err), "rename the ref at the source, or leave it out")}, nil
	}
	half := len(updates) / 2
	failed, err := apply(ctx, repo, updates[:half])
	if err != nil {
		return failed, err
	}
	more, err := apply(ctx, repo, updates[half:])
	if failed = append(failed, more...); err == nil && len(failed) > maxRefused {
		err = providers.Errorf(providers.CodeConflict, "git refused more than %d refs, the first of them with: %s", maxRefused, failed[0].Problem.Message)
	}
	return failed, err
}

func refRefused(name, why, hint string) providers.ItemFailed {
	return providers.ItemFailed{
		Key:     schema.Key{Kind: schema.KindRef, ID: name},
		Problem: &providers.Error{Code: providers.CodeConflict, Op: "update ref", Subject: schema.Printable(name), Message: why, Hint: hint},
	}
}

func message(err error) string {
	var e *gitrepo.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// zeros is how git writes "no such ref" for object ids like oid.
func zeros(oid string) string { return strings.Repeat("0", len(oid)) }

// removeLocks removes the locks that a killed git left on refs. That is safe
// because nobody else writes a repository of the archive while drover does.
func removeLocks(repo *gitrepo.Repo) error {
	root, err := os.OpenRoot(repo.Dir())
	if err != nil {
		return err
	}
	defer root.Close()
	locks := []string{"HEAD.lock", "packed-refs.lock", "packed-refs.new"}
	err = fs.WalkDir(root.FS(), "refs", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && path.Ext(name) == ".lock" {
			locks = append(locks, name)
		}
		return err
	})
	for _, name := range locks {
		if gone := root.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
