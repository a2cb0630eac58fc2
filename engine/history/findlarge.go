package history

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// LargeFile is one version of a large file.
type LargeFile struct {
	Ref  string `json:"ref_name"` // the first one that leads to it
	Path string `json:"path"`
	OID  string `json:"oid"`  // of the blob
	Size int64  `json:"size"` // in bytes
}

// FindLarge lists the large files in the history of the repository dir: each
// blob once for each path, under the first ref that leads to it. The branch of
// HEAD comes first, then other branches, tags, and what else there is, by name;
// the files of a ref come by path and, oldest first, by version. It reads no
// contents. Files that are in Git LFS already are not large.
func FindLarge(ctx context.Context, dir string, large LargeFiles) iter.Seq2[LargeFile, error] {
	return func(yield func(LargeFile, error) bool) {
		err := findLarge(ctx, dir, large, func(f LargeFile) bool { return yield(f, nil) })
		if err != nil {
			yield(LargeFile{}, fmt.Errorf("find large files of %s: %w", dir, err))
		}
	}
}

func findLarge(ctx context.Context, dir string, large LargeFiles, yield func(LargeFile) bool) error {
	if err := large.checkPaths(); err != nil {
		return err
	}
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return err
	}
	refs, err := readRefs(ctx, repo)
	if err != nil {
		return err
	}
	store, err := gitpack.Open(repo.Dir())
	if err != nil {
		return err
	}
	defer store.Close()
	survey, err := newSurvey(store, large)
	if err != nil || len(survey.sizes.of) == 0 {
		return err
	}
	seen := map[gitpack.ID]bool{}
	load := &loader{
		store: store, trees: true, editor: func() *editor { return &editor{} },
		converted: func(id gitpack.ID) (bool, error) { return seen[id], nil },
	}
	for _, name := range inOrder(refs) {
		t, err := findTips(store, gitrepo.Refs{Names: map[string]string{name: refs.Names[name]}})
		if err != nil {
			return err
		}
		g, err := load.load(ctx, slices.Concat(t.commits, t.notes), false)
		if err != nil {
			return err
		}
		var files []LargeFile
		tell := func(f found) error {
			files = append(files, LargeFile{Ref: name, Path: f.path, OID: f.blob.String(), Size: f.size})
			return nil
		}
		for _, i := range g.order(nil) {
			seen[g.ids[i]] = true
			if !g.trees[i].IsZero() {
				if err := survey.tell(g.trees[i], tell); err != nil {
					return fmt.Errorf("commit %s: %w", g.ids[i], err)
				}
			}
		}
		for _, tree := range t.trees {
			if err := survey.tell(tree, tell); err != nil {
				return fmt.Errorf("ref %q: %w", name, err)
			}
		}
		slices.SortStableFunc(files, func(a, b LargeFile) int { return strings.Compare(a.Path, b.Path) })
		for _, f := range files {
			if !yield(f) {
				return nil
			}
		}
	}
	return nil
}

// inOrder returns the names of refs, the most important first.
func inOrder(refs gitrepo.Refs) []string {
	rank := func(name string) int {
		switch {
		case name == refs.Head:
			return 0
		case strings.HasPrefix(name, "refs/heads/"):
			return 1
		case strings.HasPrefix(name, "refs/tags/"):
			return 2
		}
		return 3
	}
	names := slices.Sorted(maps.Keys(refs.Names))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}
