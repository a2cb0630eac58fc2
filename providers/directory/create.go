package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	ref, err := t.create(ctx, req)
	if err != nil {
		return schema.Ref{}, failure("create", req.Place.Path(), err)
	}
	return ref, nil
}

// create first writes the manifest, which claims the place, and then puts the
// git repository there, which makes it exist. A kill between the two is made
// good by the next call for the same marker.
func (t *target) create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	at, invalid := newLocation(req.Place.Namespace, req.Place.Name)
	if invalid != nil {
		return schema.Ref{}, invalid
	}
	if err := checkMarker(req.Marker); err != nil {
		return schema.Ref{}, providers.Errorf(providers.CodeInvalid, "the identity of the source repository %w", err)
	}
	tree, err := t.archive.create()
	if err != nil {
		return schema.Ref{}, err
	}
	release, err := t.locks.acquire(ctx, at.String())
	if err != nil {
		return schema.Ref{}, err
	}
	defer release()

	m, err := readManifest(tree, at)
	if err != nil {
		return schema.Ref{}, err
	}
	repo, err := t.archive.repository(tree, at.git())
	if err != nil {
		return schema.Ref{}, err
	}
	if !req.Adopt {
		if err := t.checkFree(tree, at, m, repo, req.Marker); err != nil {
			return schema.Ref{}, err
		}
	}
	if m == nil {
		if m, err = t.records(tree, at).survey(ctx); err != nil {
			return schema.Ref{}, err
		}
	}
	m.Identity = req.Marker
	if repo != nil {
		err = describe(ctx, repo, req.ObjectFormat, m)
	} else {
		m.ObjectFormat, m.DefaultBranch = req.ObjectFormat, fullRef(req.DefaultBranch)
		if m.ObjectFormat == "" {
			m.ObjectFormat = "sha1"
		}
	}
	if err != nil {
		return schema.Ref{}, err
	}
	if err := tree.MkdirAll(at.records(), 0o777); err != nil {
		return schema.Ref{}, err
	}
	if err := writeManifest(tree, at, m); err != nil {
		return schema.Ref{}, err
	}
	if repo == nil {
		if err := t.archive.initRepository(ctx, tree, at.git(), m.ObjectFormat, m.DefaultBranch); err != nil {
			return schema.Ref{}, err
		}
	}
	return at.ref(), nil
}

// checkFree makes sure that nothing of somebody else stands at a place.
func (t *target) checkFree(tree tree, at location, m *manifest, repo *gitrepo.Repo, marker string) error {
	occupied := func(what string) error {
		return &providers.Error{Code: providers.CodeConflict, Message: what,
			Hint: "choose another name, move it away, or adopt it"}
	}
	switch {
	case m != nil && m.Identity == marker:
		return nil
	case m != nil:
		return occupied(fmt.Sprintf("the place belongs to the repository with the identity %q", schema.Printable(m.Identity)))
	case repo != nil:
		return occupied("a repository that drover did not make stands there")
	}
	if err := absent(tree, at.wiki(), occupied("a wiki that drover did not make stands there")); err != nil {
		return err
	}
	names, err := entryNames(tree, at.records())
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != path.Base(at.manifest())+tempSuffix {
			return occupied("records that drover did not write stand there")
		}
	}
	return nil
}

// describe puts into m what repo is, and refuses another object format than the
// one wanted.
func describe(ctx context.Context, repo *gitrepo.Repo, want string, m *manifest) error {
	refs, err := repo.Refs(ctx)
	if err != nil {
		return err
	}
	m.DefaultBranch = refs.Head
	if m.ObjectFormat, err = repo.ObjectFormat(ctx); err != nil {
		return err
	}
	if want != "" && want != m.ObjectFormat {
		return &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("its object format is %s and that of the source is %s", m.ObjectFormat, schema.Printable(want)),
			Hint:    "choose another name; a repository cannot change its object format"}
	}
	return nil
}

// initRepository puts an empty repository at name. It appears there complete.
func (a *archive) initRepository(ctx context.Context, t tree, name, format, defaultBranch string) error {
	prefix := "." + strings.TrimSuffix(path.Base(name), gitSuffix) + tempMark
	names, err := entryNames(t, path.Dir(name))
	if err != nil {
		return err
	}
	for _, left := range names { // by a killed call
		if strings.HasPrefix(left, prefix) {
			if err := t.RemoveAll(path.Join(path.Dir(name), left)); err != nil {
				return err
			}
		}
	}
	temp := path.Join(path.Dir(name), prefix+rand.Text())
	dir, err := a.gitDir(temp)
	if err != nil {
		return err
	}
	if err := a.fill(ctx, dir, format, defaultBranch); err != nil {
		return errors.Join(err, t.RemoveAll(temp))
	}
	if err := t.Rename(temp, name); err != nil {
		return errors.Join(err, t.RemoveAll(temp))
	}
	return syncDir(t, path.Dir(name))
}

func (a *archive) fill(ctx context.Context, dir, format, defaultBranch string) error {
	repo, err := gitrepo.Init(ctx, dir, format)
	if err != nil || defaultBranch == "" {
		return err
	}
	return repo.SetHead(ctx, defaultBranch)
}

// entryNames lists a folder, which may not exist.
func entryNames(t tree, name string) ([]string, error) {
	dir, err := t.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}
