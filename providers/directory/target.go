package directory

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// target writes an archive. Calls about one repository wait for each other.
type target struct {
	providers.UnimplementedTarget

	archive *archive
	locks   locks
}

func (t *target) Close() error { return t.archive.close() }

func (t *target) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return answers(ctx, places, func(ctx context.Context, place providers.Place) providers.Standing {
		standing, err := t.inspect(ctx, place)
		if err != nil {
			standing = providers.Standing{Problem: failure("inspect", place.Path(), err)}
		}
		standing.ID = place.ID
		return standing
	})
}

func (t *target) inspect(ctx context.Context, place providers.Place) (providers.Standing, error) {
	var standing providers.Standing
	if place.Name == "" && place.Namespace == "" {
		place.Namespace, place.Name = path.Split(place.Ref.ID) // asked for by its id, which is its path
		place.Namespace = strings.TrimSuffix(place.Namespace, "/")
	}
	at, invalid := newLocation(place.Namespace, place.Name)
	if invalid != nil {
		return standing, invalid
	}
	tree, err := t.archive.open()
	if errors.Is(err, fs.ErrNotExist) {
		return standing, nil
	}
	if err != nil {
		return standing, err
	}
	repo, err := t.archive.repository(tree, at.git())
	if err != nil || repo == nil { // what a killed Create left does not count; the next one completes it
		return standing, err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return standing, err
	}
	standing = providers.Standing{Exists: true, Ref: at.ref(), Namespace: at.namespace, Name: at.name, Refs: refs.Names, DefaultBranch: refs.Head}
	wiki, err := t.archive.repository(tree, at.wiki())
	if err != nil {
		return standing, err
	}
	if wiki != nil {
		refs, err := wiki.Refs(ctx)
		if err != nil {
			return standing, err
		}
		standing.WikiRefs = refs.Names
	}
	m, err := readManifest(tree, at)
	if err != nil || m == nil {
		return standing, err
	}
	standing.Marker = m.Identity
	standing.Counts, err = t.records(tree, at).counts(ctx, m)
	return standing, err
}

// repository opens a git repository of the archive. It returns nil when there
// is nothing of that name.
func (a *archive) repository(t tree, name string) (*gitrepo.Repo, error) {
	there, err := exists(t, name)
	if err != nil || !there {
		return nil, err
	}
	dir, err := a.gitDir(name)
	if err != nil {
		return nil, err
	}
	repo, err := gitrepo.Open(dir)
	if gitrepo.KindOf(err) == gitrepo.NotFound {
		return nil, &providers.Error{Code: providers.CodeConflict, Message: schema.Printable(name) + " is not a git repository",
			Hint: "move that folder away, then plan again", Err: err}
	}
	return repo, err
}

func (t *target) records(tree tree, at location) records {
	return records{tree: tree, at: at, scratch: t.archive.scratch}
}

// held is a repository of the target that nobody else uses.
type held struct {
	at       location
	tree     tree
	manifest *manifest
	release  func()
}

// hold finds the repository that ref names and takes its lock. The caller
// releases it.
func (t *target) hold(ctx context.Context, ref schema.Ref) (*held, error) {
	at, invalid := parseLocation(ref.ID)
	if invalid != nil {
		return nil, invalid
	}
	tree, err := t.archive.open()
	if err != nil {
		return nil, err
	}
	release, err := t.locks.acquire(ctx, at.String())
	if err != nil {
		return nil, err
	}
	m, err := readManifest(tree, at)
	if err == nil && m == nil {
		err = &providers.Error{Code: providers.CodeNotFound, Message: "the archive has no such repository, or it was not made by drover",
			Hint: "plan again, so that it is created or adopted"}
	}
	if err != nil {
		release()
		return nil, err
	}
	return &held{at: at, tree: tree, manifest: m, release: release}, nil
}

func (t *target) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	repo, err := t.hold(ctx, req.Repo)
	if err != nil {
		return nil, failure("write records", req.Repo.ID, err)
	}
	defer repo.release()
	written, err := t.records(repo.tree, repo.at).write(ctx, repo.manifest, req.Writes)
	if err != nil {
		return nil, failure("write records", req.Repo.ID, err)
	}
	return written, nil
}

func (t *target) Find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	repo, err := t.hold(ctx, ref)
	if err != nil {
		return nil, failure("find records", ref.ID, err)
	}
	defer repo.release()
	keys := make([]schema.Key, len(wanted))
	for i, w := range wanted {
		keys[i] = w.Key
	}
	found, err := t.records(repo.tree, repo.at).find(ctx, keys)
	if err != nil {
		return nil, failure("find records", ref.ID, err)
	}
	refs := make([]schema.Ref, len(keys))
	for i, key := range keys {
		refs[i] = found[key]
	}
	return refs, nil
}

func (t *target) Finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	ref := req.Repo
	repo, err := t.hold(ctx, ref)
	if err != nil {
		return nil, failure("finish", ref.ID, err)
	}
	defer repo.release()
	if err := t.records(repo.tree, repo.at).finish(ctx, repo.manifest); err != nil {
		return nil, failure("finish", ref.ID, err)
	}
	return repo.manifest.counts(), nil
}

// fullRef is the full name of a branch that may be given by its short one.
func fullRef(branch string) string {
	if branch == "" || strings.HasPrefix(branch, "refs/") {
		return branch
	}
	return "refs/heads/" + branch
}
