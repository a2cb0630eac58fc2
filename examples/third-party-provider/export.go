package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// ExportGit makes the repository at req.Dir hold a commit and a tag for each
// release, and nothing else.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	if req.Part != providers.PartCode {
		return providers.Export{}, providers.Errorf(providers.CodeUnsupported, "tarballs have no part %q", schema.Printable(string(req.Part)))
	}
	project, releases, err := s.find(ctx, req.Repo)
	if err != nil {
		return providers.Export{}, failure("export", s.folder, err)
	}
	refs, err := s.export(ctx, req.Dir, project, releases, observe)
	if err != nil {
		return providers.Export{}, failure("export", project, err)
	}
	return providers.Export{Refs: refs, DefaultBranch: mainBranch, ObjectFormat: "sha1"}, nil
}

func (s *source) export(ctx context.Context, dir, project string, releases []release, observe func(providers.Progress)) (map[string]string, error) {
	repo, done, err := s.resume(ctx, dir, releases)
	if err != nil {
		return nil, err
	}
	if len(done.Releases) < len(releases) {
		if err := s.convert(ctx, repo, project, releases, len(done.Releases), observe); err != nil {
			return nil, err
		}
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	return refs.Names, writeAccount(dir, account{Author: s.author, Releases: releases, Refs: refs.Names})
}

// account is what a call writes down when it is finished, beside what it made:
// the next one goes on from there. Without it, or when it does not fit what
// there is, everything is converted again, with the same result.
type account struct {
	Author   person            `json:"author"`
	Releases []release         `json:"releases"`
	Refs     map[string]string `json:"refs"`
}

func accountFile(dir string) string { return filepath.Join(dir, "info", "tarballs.json") }

func readAccount(dir string) account {
	var a account
	data, err := os.ReadFile(accountFile(dir))
	if err != nil || json.Unmarshal(data, &a) != nil {
		return account{}
	}
	return a
}

// writeAccount replaces the account as a whole.
func writeAccount(dir string, a account) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	temp := accountFile(dir) + ".partial"
	err = errors.Join(os.MkdirAll(filepath.Dir(temp), 0o777), os.WriteFile(temp, data, 0o666))
	if err != nil {
		return err
	}
	return os.Rename(temp, accountFile(dir))
}

// resume opens the repository that an earlier call left, and says which
// releases it has. When it cannot be believed it is made anew.
func (s *source) resume(ctx context.Context, dir string, releases []release) (*gitrepo.Repo, account, error) {
	if repo, err := gitrepo.Open(dir); err == nil {
		done := readAccount(dir)
		fits, err := s.fits(ctx, repo, done, releases)
		if err != nil || fits {
			return repo, done, err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, account{}, err
	}
	repo, err := gitrepo.Init(ctx, dir, "sha1")
	if err == nil {
		err = repo.SetHead(ctx, mainBranch)
	}
	return repo, account{}, err
}

// fits reports whether an account is about this repository, by this author, and
// about the first of these releases as they are now.
func (s *source) fits(ctx context.Context, repo *gitrepo.Repo, a account, releases []release) (bool, error) {
	n := len(a.Releases)
	if n == 0 || n > len(releases) || a.Author != s.author || !slices.Equal(a.Releases, releases[:n]) {
		return false, nil
	}
	refs, err := repo.Refs(ctx)
	if err == nil && !maps.Equal(refs.Names, a.Refs) {
		return false, nil
	}
	var missing []string
	if err == nil {
		missing, err = repo.HasObjects(ctx, slices.Collect(maps.Values(a.Refs)))
	}
	if err != nil && ctx.Err() == nil {
		return false, nil // git does not take it for a repository
	}
	return len(missing) == 0, err
}

// convert adds the releases from the first that is not done.
func (s *source) convert(ctx context.Context, repo *gitrepo.Repo, project string, releases []release, done int, observe func(providers.Progress)) error {
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	tell := progress(observe, len(releases))
	h := history{root: root, project: project, author: s.author, grows: done > 0, converted: func(n int) { tell(done + n) }}

	stream, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := h.write(ctx, in, releases[done:])
		in.CloseWithError(err) // nil is the end
		written <- err
	}()
	imported := repo.FastImport(ctx, stream)
	stream.CloseWithError(errImportEnded) // wakes a writer whose reader has gone
	err = <-written
	if err != nil && !errors.Is(err, errImportEnded) {
		return err // the reason for which the import failed
	}
	return imported
}

// errImportEnded is what the writer of a stream is told when nobody reads it.
var errImportEnded = errors.New("the import has ended")
