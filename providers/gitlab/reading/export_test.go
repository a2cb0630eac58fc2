package reading_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// TestExport mirrors the code with its large files, and the wiki.
func TestExport(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	const content = "a large file\n"
	oid := hash(content)
	sourcetest.Git(t, f.dir, "checkout", "--quiet", "main")
	sourcetest.Commit(t, f.dir, "large.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:"+oid+"\nsize 13\n")
	sourcetest.Commit(t, f.dir, "lost.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:"+hash("lost")+"\nsize 4\n")
	tip := sourcetest.Git(t, f.dir, "rev-parse", "HEAD")
	w.push(t, f.dir, "acme/tools/lamp", "refs/heads/main:refs/heads/large")
	local := filepath.Join(t.TempDir(), "objects.git")
	if _, err := gitrepo.Init(t.Context(), local, "sha1"); err != nil {
		t.Fatal(err)
	}
	store, err := lfs.OpenStore(local)
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(local, "lfs", "objects", oid[:2], oid[2:4], oid)
	if err := os.MkdirAll(filepath.Dir(object), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(object, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	to := lfs.Server{URL: w.URL + "/acme/tools/lamp.git/info/lfs", Username: "oauth2", Password: w.AdminToken(), Transport: lfs.NewTransport(nil)}
	if _, failed, err := lfs.Upload(t.Context(), store, []gitrepo.Pointer{{OID: oid, Size: 13}}, to, nil); err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}

	s := w.open(t, "root")
	dir := filepath.Join(t.TempDir(), "code.git")
	export, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "lamp"), Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Same(t, "refs", map[string]string{"refs/heads/main": f.Merge, "refs/heads/large": tip, "refs/merge-requests/1/head": f.Head, "refs/tags/v1": f.Merge}, export.Refs)
	sourcetest.Same(t, "large files", schema.Count{Source: 2, Fetched: 1}, export.LFS)
	if export.DefaultBranch != "refs/heads/main" || len(export.Failed) != 1 || export.Failed[0].Key.ID != hash("lost") {
		t.Errorf("%q, %+v", export.DefaultBranch, export.Failed)
	}
	wiki, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "lamp"), Part: providers.PartWiki, Dir: filepath.Join(t.TempDir(), "wiki.git")}, nil)
	if err != nil || len(wiki.Refs) != 1 {
		t.Errorf("wiki: %v, %v", wiki.Refs, err)
	}
	if _, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "lamp"), Part: "pages", Dir: t.TempDir()}, nil); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("a part that there is not: %v", err)
	}
	var authors []string
	for a, err := range s.Authors(t.Context(), named(t, "lamp"), filepath.Join(t.TempDir(), "cache")) {
		if err != nil {
			t.Fatal(err)
		}
		authors = append(authors, a.RemoteID)
	}
	if len(authors) == 0 || authors[0] != "ada@example.org" {
		t.Errorf("authors: %q", authors)
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestCanceled gives a clone up when it is not wanted any more.
func TestCanceled(t *testing.T) {
	w := start(t)
	w.project(t, "lamp")
	s := w.open(t, "root")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ExportGit(ctx, providers.ExportRequest{Repo: named(t, "lamp"), Part: providers.PartCode, Dir: filepath.Join(t.TempDir(), "x")}, nil); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}
