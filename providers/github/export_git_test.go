package github_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

func export(t testing.TB, s providers.Source, repo providers.Repo, part providers.Part, dir string) (providers.Export, error) {
	t.Helper()
	return s.ExportGit(t.Context(), providers.ExportRequest{Repo: repo, Part: part, Dir: dir}, nil)
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	r := w.repository(&githubtest.Repository{Name: "lamp", Visibility: "private"}, "refs/heads/x", "refs/tags/v1", "refs/pull/1/head", "refs/pull/1/merge", "refs/hidden/x")
	if err := w.Model.ImportWiki(r, strings.ReplaceAll(history(), "refs/heads/main", "refs/heads/master")); err != nil {
		t.Fatal(err)
	}
	s := w.open(nil)
	dir := filepath.Join(t.TempDir(), "code.git")
	for range 2 {
		e, err := export(t, s, w.named("lamp", nil), providers.PartCode, dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"refs/heads/main", "refs/heads/x", "refs/pull/1/head", "refs/tags/v1"}, slices.Sorted(maps.Keys(e.Refs))); diff != "" {
			t.Errorf("refs (-want +got):\n%s", diff)
		}
		if e.DefaultBranch != "refs/heads/main" || e.ObjectFormat != "sha1" {
			t.Errorf("export: %+v", e)
		}
	}
	e, err := export(t, s, w.named("lamp", nil), providers.PartWiki, filepath.Join(t.TempDir(), "wiki.git"))
	if err != nil || e.DefaultBranch != "refs/heads/master" {
		t.Errorf("wiki: %+v, %v", e, err)
	}
	if _, err := export(t, s, w.named("lamp", nil), "pages", filepath.Join(t.TempDir(), "x.git")); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("a part that there is not: %v", err)
	}
	if _, err := export(t, s, w.named("gone", nil), providers.PartCode, filepath.Join(t.TempDir(), "x.git")); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("a repository that there is not: %v", err)
	}
	var people []string
	for a, err := range s.Authors(t.Context(), w.named("lamp", nil), filepath.Join(t.TempDir(), "cache")) {
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, fmt.Sprintf("%s %s %d", a.RemoteID, a.Name, a.Commits))
	}
	if diff := cmp.Diff([]string{"ann@example.org Ann 1"}, people); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}

// TestExportLFS brings the objects that the history names, and says which cannot
// be had.
func TestExportLFS(t *testing.T) {
	w := newWorld(t)
	r := w.repository(&githubtest.Repository{Name: "lamp", Visibility: "private"})
	content := "large\n"
	oid := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	pointer := func(oid string) string {
		return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content))
	}
	lost := strings.Repeat("0", 64)
	if _, err := w.Model.PushFiles(r, "main", w.ann, "large", map[string]string{"a.bin": pointer(oid), "b.bin": pointer(lost)}); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(r.Dir, "lfs", "objects", oid[:2], oid[2:4])
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, store, oid, content)
	dir := filepath.Join(t.TempDir(), "code.git")
	e, err := export(t, w.open(nil), w.named("lamp", nil), providers.PartCode, dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema.Count{Source: 2, Fetched: 1}, e.LFS); diff != "" || len(e.Failed) != 1 {
		t.Errorf("%d failed; LFS (-want +got):\n%s", len(e.Failed), diff)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)); err != nil || string(data) != content {
		t.Errorf("the object is %q, %v", data, err)
	}
}

// TestExportForeignLFS gives the token to no server that a file in the
// repository names.
func TestExportForeignLFS(t *testing.T) {
	w := newWorld(t)
	r := w.repository(&githubtest.Repository{Name: "lamp"})
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("1", 64) + "\nsize 5\n"
	if _, err := w.Model.PushFiles(r, "main", w.ann, "large", map[string]string{"a.bin": pointer, ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/steal\n"}); err != nil {
		t.Fatal(err)
	}
	e, err := export(t, w.open(nil), w.named("lamp", nil), providers.PartCode, filepath.Join(t.TempDir(), "code.git"))
	if err != nil || len(e.Failed) != 1 || e.Failed[0].Problem.Code != providers.CodeDenied {
		t.Errorf("%+v, %v", e.Failed, err)
	}
}
