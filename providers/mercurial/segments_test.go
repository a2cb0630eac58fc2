package mercurial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// generated is a bundle with a history of known content.
func generated(t *testing.T, changesets int) (string, hgtest.Truth) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "generated.hg")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := hgtest.Generate(file, hgtest.Size{Changesets: changesets, Seed: 7})
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return name, truth
}

func TestGenerated(t *testing.T) {
	bundle, truth := generated(t, 400)
	e := exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), bundle)
	gitRun(t, e.dir, "fsck", "--strict", "--no-dangling")
	modes := map[hg.Flag]string{hg.Regular: "100644", hg.Executable: "100755", hg.Symlink: "120000"}
	for branch, tip := range truth.Tips {
		ref := "refs/heads/" + branch
		if branch == "default" {
			ref = "refs/heads/main"
		}
		if truth.Closed[branch] {
			ref = "refs/archive/closed/" + branch
		}
		commit, known := e.Refs[ref]
		if !known {
			t.Errorf("there is no %s among %d refs", ref, len(e.Refs))
			continue
		}
		want := map[string]string{}
		for path, c := range tip.Files {
			want[path] = modes[c.Flag] + " blob " + gitpack.Hash(gitpack.Blob, c.Text).String()
		}
		got := map[string]string{}
		for line := range strings.SplitSeq(strings.TrimSuffix(e.git("ls-tree", "-r", "-z", commit), "\x00"), "\x00") {
			what, path, _ := strings.Cut(line, "\t")
			got[path] = what
		}
		same(t, "files of "+ref, want, got)
	}
	for tag := range truth.Tags {
		if e.Refs["refs/tags/"+tag] == "" {
			t.Errorf("there is no tag %s", tag)
		}
	}
	if n := strings.Count(e.git("rev-list", "--all", "--min-parents=2"), "\n"); n != truth.Merges {
		t.Errorf("%d merges instead of %d", n, truth.Merges)
	}
	same(t, "damage", "", e.git("diff-tree", "--check", "--no-commit-id", "main", "main"))
}

var errKilled = errors.New("killed")

// TestSegments interrupts conversions at many places, with checkpoints in many
// places, and compares what becomes of them with one that was left alone.
func TestSegments(t *testing.T) {
	bundle, _ := generated(t, 200)
	want := exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), bundle)
	file, err := os.Open(bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	local, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	if err := local.Add(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	log, err := local.Changelog()
	if err != nil {
		t.Fatal(err)
	}
	identity := log.Entry(0).Node.String()
	set, _, err := readSettings(repoAt(t, bundle))
	if err != nil {
		t.Fatal(err)
	}
	for _, every := range []int64{9, 60} {
		dir := filepath.Join(t.TempDir(), "raw.git")
		steps, kill := 0, 3*every
		for ; ; steps++ {
			ctx, stop := context.WithCancelCause(t.Context())
			session, err := conversion.Open(ctx, dir, set.key(identity))
			if err != nil {
				t.Fatal(err)
			}
			var asked atomic.Int64
			c := &converter{repo: history{Repository: local}, session: session, settings: set, identity: identity, scratch: t.TempDir(),
				observe: func(providers.Progress) {},
				due: func() bool {
					n := asked.Add(1)
					if n == kill {
						stop(errKilled)
					}
					return n%every == 0
				}}
			named, err := c.convert(ctx)
			if err == nil {
				export, err := session.Finish(ctx, named.commits, named.head)
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("refs with a checkpoint at every %d", every), want.Refs, export.Refs)
			} else if !errors.Is(context.Cause(ctx), errKilled) {
				t.Fatal(err)
			}
			if closing := session.Close(); closing != nil {
				t.Fatal(closing)
			}
			if err == nil {
				break
			}
			kill += 3 * every
		}
		if steps == 0 {
			t.Errorf("with a checkpoint at every %d it was never interrupted", every)
		}
		gitRun(t, dir, "fsck", "--strict", "--no-dangling")
		table, err := os.ReadFile(filepath.Join(dir, providers.RevisionsFile))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(filepath.Join(want.dir, providers.RevisionsFile))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "table of revisions", string(whole), string(table))
	}
}

// TestDamaged changes bytes of a store; nothing may come out of it.
func TestDamaged(t *testing.T) {
	r := hgtest.New(t)
	for i := range 3 {
		commitFile(r, "file", strings.Repeat(fmt.Sprint("line ", i, "\n"), 50))
	}
	file := filepath.Join(r.Dir, ".hg/store/data/file.i")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{70, len(good) - 3, 30} {
		bad := append([]byte(nil), good...)
		bad[at] ^= 0x40
		if err := os.WriteFile(file, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "raw.git")
		s := newTestSource(t, r.Dir)
		out, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: repoAt(t, r.Dir), Part: providers.PartCode, Dir: dir}, nil)
		if providers.CodeOf(err) != providers.CodeInvalid || !strings.Contains(err.Error(), "file") || len(out.Refs) > 0 {
			t.Errorf("byte %d: %v, refs %v", at, err, out.Refs)
		}
		if refs := gitRun(t, dir, "for-each-ref"); refs != "" {
			t.Errorf("byte %d: refs %q", at, refs)
		}
	}
	if err := os.WriteFile(file, good, 0o666); err != nil {
		t.Fatal(err)
	}
	exportNew(t, r.Dir)
}
