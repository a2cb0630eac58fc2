package mercurial

import (
	"archive/tar"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// VerifyGit compares commits with what hg archive, of the program hg, makes of
// their changesets. It works on a copy of the source.
func (s *source) VerifyGit(ctx context.Context, req providers.VerifyRequest, observe func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	return func(yield func(providers.Verified, error) bool) {
		set, a, err := readSettings(req.Repo)
		if err == nil && req.Part != providers.PartCode {
			err = providers.Errorf(providers.CodeUnsupported, "Mercurial has no part %q", schema.Printable(string(req.Part)))
		}
		if observe == nil {
			observe = func(providers.Progress) {}
		}
		if err == nil {
			err = s.verify(ctx, req, set, a, observe, yield)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(providers.Verified{}, failure("verify", a, err))
		}
	}
}

func (s *source) verify(ctx context.Context, req providers.VerifyRequest, set settings, a address, observe func(providers.Progress), yield func(providers.Verified, error) bool) (err error) {
	objects, err := gitpack.Open(req.Dir)
	if err != nil {
		return err
	}
	defer objects.Close()
	todo, err := toVerify(ctx, objects, req)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(s.scratch, "verify-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	observe(providers.Progress{Phase: "copying", Total: int64(len(todo)), Unit: "commits"})
	copied, err := s.copyFor(ctx, a, scratch)
	if err != nil {
		return err
	}
	hg, err := startHg(ctx, copied)
	if err != nil {
		return err
	}
	defer func() {
		if closing := hg.close(); err == nil {
			err = closing
		}
	}()
	v := verifier{hg: hg, objects: objects, trees: gittree.New(gittree.ReadOnly(objects), 16<<20), settings: set}
	for i, one := range todo {
		if one.Files, one.Differences, err = v.compare(one.Revision, one.Commit); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("compare %s: %w", one.Revision, err)
		}
		observe(providers.Progress{Phase: "verifying", Done: int64(i + 1), Total: int64(len(todo)), Unit: "commits"})
		if !yield(one, nil) {
			return errEnough
		}
	}
	return nil
}

// toVerify lists the commits to compare, without the outcome: those that refs
// name, or all that they lead to. The table has more: what the source had once.
func toVerify(ctx context.Context, objects *gitpack.Store, req providers.VerifyRequest) ([]providers.Verified, error) {
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	refsOf := map[string][]string{} // by commit
	for _, name := range slices.Sorted(maps.Keys(refs.Names)) {
		refsOf[refs.Names[name]] = append(refsOf[refs.Names[name]], name)
	}
	var reached map[gitpack.ID]bool
	if req.Every {
		if reached, err = reachable(objects, slices.Collect(maps.Keys(refsOf))); err != nil {
			return nil, err
		}
	}
	var todo []providers.Verified
	for revision, err := range conversion.ReadRevisions(req.Dir) {
		if err != nil {
			return nil, err
		}
		commit := revision.Commit.String()
		names := refsOf[commit]
		delete(refsOf, commit)
		if len(names) == 0 && !reached[revision.Commit] {
			continue
		}
		one := providers.Verified{Revision: revision.Source, Commit: commit}
		if len(names) > 0 {
			one.Ref = names[0]
		}
		todo = append(todo, one)
		for _, name := range names[min(1, len(names)):] {
			if !req.Every {
				todo = append(todo, providers.Verified{Revision: revision.Source, Commit: commit, Ref: name})
			}
		}
	}
	for commit, names := range refsOf {
		return nil, fmt.Errorf("the ref %s names the commit %s, which stands for no changeset", names[0], commit)
	}
	return todo, nil
}

type verifier struct {
	hg       *hgServer
	objects  *gitpack.Store
	trees    *gittree.Trees
	settings settings
}

// content is a file: what it is, and the hash that git knows it by.
type content struct {
	mode gittree.Mode
	blob gitpack.ID
}

// compare compares a commit with the archive of a changeset.
func (v *verifier) compare(revision, commit string) (int64, []providers.GitDifference, error) {
	want, complaint, err := v.archive(revision)
	if err != nil {
		return 0, nil, err
	}
	if complaint != "" {
		return 0, []providers.GitDifference{{Problem: "cannot be compared, because hg cannot export it: " + complaint}}, nil
	}
	root, err := v.root(commit)
	if err != nil {
		return 0, nil, err
	}
	have := map[string]content{}
	for entry, err := range v.trees.Walk(root) {
		if err != nil {
			return 0, nil, err
		}
		if entry.Mode != gittree.Directory {
			have[entry.Name] = content{entry.Mode, entry.ID}
		}
	}
	if err := v.allowFor(want, have); err != nil {
		return 0, nil, err
	}
	return int64(len(want)), differences(want, have), nil
}

// allowFor takes away what a conversion adds and leaves out by its settings,
// after it is made sure that it is that and nothing else.
func (v *verifier) allowFor(want, have map[string]content) error {
	for path, c := range want {
		if entryProblem(path, c.mode) != "" {
			delete(want, path)
		}
	}
	if v.settings.HgTags == dropped {
		delete(want, tagsFile)
	}
	if v.settings.Subrepositories == asSubmodules {
		if _, own := want[gitModules]; !own {
			delete(have, gitModules)
		}
		maps.DeleteFunc(have, func(_ string, c content) bool { return c.mode == gittree.Submodule })
	}
	if _, own := want[gitIgnore]; v.settings.HgIgnore && !own && want[hgIgnore].mode != 0 {
		made := translateIgnore(func(path string) []byte {
			_, text, err := v.objects.Read(want[path].blob)
			if err != nil || len(text) > maxIgnoreSize || !isFile(want[path].mode) {
				return nil
			}
			return text
		})
		want[gitIgnore] = content{gittree.File, gitpack.Hash(gitpack.Blob, made.text)}
	}
	return nil
}

func isFile(m gittree.Mode) bool { return m == gittree.File || m == gittree.Executable }

// maxDifferences bounds how many differences of one commit are told.
const maxDifferences = 100

func differences(want, have map[string]content) []providers.GitDifference {
	var found []providers.GitDifference
	add := func(path, problem string) {
		found = append(found, providers.GitDifference{Path: schema.Printable(path), Problem: problem})
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		w, h := want[path], have[path]
		switch {
		case h.mode == 0:
			add(path, "is missing")
		case w.mode != h.mode:
			add(path, fmt.Sprintf("has the mode %s instead of %s", h.mode, w.mode))
		case w.blob != h.blob:
			add(path, "has other contents")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[path]; !ok {
			add(path, "is not in the source")
		}
	}
	return found[:min(len(found), maxDifferences)]
}

// archivePrefix is the folder of everything in an archive.
const archivePrefix = "a"

// archive returns the files of a changeset as hg exports them.
func (v *verifier) archive(revision string) (files map[string]content, complaint string, err error) {
	in, out := io.Pipe()
	asked := make(chan error, 1)
	go func() {
		var err error
		complaint, err = v.hg.run(out, "archive", "--rev", revision, "--type", "tar", "--prefix", archivePrefix, "--no-decode", "--config", "ui.archivemeta=no", "-")
		out.CloseWithError(err)
		asked <- err
	}()
	files, err = readArchive(in)
	in.CloseWithError(errEnough)
	if asking := <-asked; asking != nil {
		return nil, "", asking
	}
	if complaint != "" {
		return nil, complaint, nil
	}
	return files, "", err
}

func readArchive(in io.Reader) (map[string]content, error) {
	files := map[string]content{}
	archive := tar.NewReader(in)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, in) // what pads it
			return files, err
		}
		if err != nil {
			return nil, fmt.Errorf("read the archive of hg: %w", err)
		}
		path, ok := strings.CutPrefix(header.Name, archivePrefix+"/")
		if !ok {
			return nil, fmt.Errorf("read the archive of hg: %q is not where it was asked for", schema.Printable(header.Name))
		}
		switch {
		case header.Typeflag == tar.TypeSymlink:
			files[path] = content{gittree.Symlink, gitpack.Hash(gitpack.Blob, []byte(header.Linkname))}
		case header.Typeflag == tar.TypeReg:
			mode := gittree.File
			if header.Mode&0o100 != 0 {
				mode = gittree.Executable
			}
			h := sha1.New()
			fmt.Fprintf(h, "blob %d\x00", header.Size)
			if _, err := io.Copy(h, archive); err != nil {
				return nil, fmt.Errorf("read the archive of hg: %w", err)
			}
			files[path] = content{mode, gitpack.ID(h.Sum(nil))}
		}
	}
}

// root is the tree of a commit.
func (v *verifier) root(commit string) (gitpack.ID, error) {
	id, err := gitpack.ParseID(commit)
	if err != nil {
		return id, err
	}
	_, data, err := v.objects.Read(id)
	if err != nil {
		return id, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return gitpack.ParseID(strings.TrimPrefix(line, "tree "))
}

// reachable returns all commits that tips lead to.
func reachable(objects *gitpack.Store, tips []string) (map[gitpack.ID]bool, error) {
	reached := map[gitpack.ID]bool{}
	var todo []gitpack.ID
	add := func(hex string) error {
		id, err := gitpack.ParseID(hex)
		if err == nil && !reached[id] {
			reached[id] = true
			todo = append(todo, id)
		}
		return err
	}
	for _, tip := range tips {
		if err := add(tip); err != nil {
			return nil, err
		}
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		_, data, err := objects.Read(id)
		if err != nil {
			return nil, err
		}
		header, _, _ := strings.Cut(string(data), "\n\n")
		for line := range strings.SplitSeq(header, "\n") {
			if parent, ok := strings.CutPrefix(line, "parent "); ok {
				if err := add(parent); err != nil {
					return nil, err
				}
			}
		}
	}
	return reached, nil
}
