package subversion

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/subversion/svnserver"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
	"github.com/drover-migrate/drover/schema"
)

// TestSegments breaks conversions off at many places, with checkpoints at many
// places, and goes on each time. The end is always that of one run.
func TestSegments(t *testing.T) {
	g := svntest.Generate(svntest.Shape{Seed: 11, Revisions: 300, Files: 20, FileSize: 300, Branches: 5, Tags: 5, Authors: 3})
	file := g.DumpFile(t)
	settings := with{"layout": standardLayout}
	whole := into(t, filepath.Join(t.TempDir(), "raw.git"), file, settings)
	for _, size := range []struct{ checkpoint, run int }{{1, 50}, {7, 40}, {60, 100}, {1000, 90}} {
		dir := filepath.Join(t.TempDir(), "raw.git")
		runs := 0
		for left := size.run; ; left += size.run { // without a checkpoint, a longer run is needed
			runs++
			if err := runPart(t, dir, file, settings, size.checkpoint, left); err == nil {
				break
			} else if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if runs < 2 {
			t.Errorf("checkpoints every %d: the conversion was not broken off", size.checkpoint)
		}
		c := into(t, dir, file, settings)
		c.git("fsck", "--strict", "--no-dangling")
		if diff := cmp.Diff(whole.export, c.export); diff != "" {
			t.Errorf("checkpoints every %d, broken off every %d (-at once +in %d runs):\n%s", size.checkpoint, size.run, runs, diff)
		}
		if diff := cmp.Diff(whole.label, c.label); diff != "" {
			t.Errorf("revisions (-at once +in %d runs):\n%s", runs, diff)
		}
	}
}

// runPart converts at most some revisions, as a process that is killed then.
func runPart(t *testing.T, dir, url string, block with, checkpoint, most int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	settings, err := readSettings(blockOf(t, url, block))
	if err != nil {
		t.Fatal(err)
	}
	observe := func(providers.Progress) {}
	repo, err := newSource(t).(*source).open(ctx, url, observe)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	session, err := conversion.Open(ctx, dir, settings.key(repo))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	c, err := resume(ctx, session, settings, repo, observe)
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	c.due = func() bool {
		if done++; done == most {
			cancel()
		}
		return done%checkpoint == 0
	}
	if err := c.all(ctx, repo, observe); err != nil {
		return err
	}
	_, err = c.finish(ctx, settings.folder(repo))
	return err
}

// TestServers converts the same repository over every protocol.
func TestServers(t *testing.T) {
	g := svntest.Generate(svntest.Shape{Seed: 5, Revisions: 150, Files: 15, FileSize: 300, Branches: 4, Tags: 4, Authors: 3})
	repo := g.Repository(t)
	root, name := filepath.Dir(repo), filepath.Base(repo)
	settings := with{"layout": standardLayout}
	want := into(t, filepath.Join(t.TempDir(), "raw.git"), repo, settings)
	access := svnserver.Access{Users: map[string]string{"ann": "secret"}, NoAnonymous: true}
	for protocol, serve := range map[string]func(t *testing.T) string{
		"svn":  func(t *testing.T) string { return svnserver.Svnserve(t, root, access) },
		"http": func(t *testing.T) string { return svnserver.Apache(t, root, svnserver.Web{Access: access}) },
	} {
		t.Run(protocol, func(t *testing.T) {
			url := serve(t) + "/" + name
			config := providers.Config{Dir: t.TempDir(), Scratch: t.TempDir(), Settings: []byte(`{"username": "ann"}`), Secrets: map[string]string{"password": "secret"}}
			s, err := openSource(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			block := providers.Repo{Settings: blockOf(t, url, settings)}
			dir := filepath.Join(t.TempDir(), "raw.git")
			export, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: block, Part: providers.PartCode, Dir: dir}, nil)
			if err != nil {
				t.Fatal(err)
			}
			// Some sources repeat the properties of a copy.
			counts := cmpopts.IgnoreFields(schema.Loss{}, "Count")
			if diff := cmp.Diff(want.export, export, counts); diff != "" {
				t.Errorf("over %s (-from disk +over %s):\n%s", protocol, protocol, diff)
			}
			for v, err := range s.VerifyGit(t.Context(), providers.VerifyRequest{Repo: block, Part: providers.PartCode, Dir: dir}, nil) {
				if err != nil {
					t.Fatal(err)
				}
				if len(v.Differences) > 0 {
					t.Errorf("%s: %+v", v.Ref, v.Differences)
				}
			}
			if found, err := s.Detect(t.Context(), url); err != nil || !found.Found {
				t.Errorf("detection: %+v, %v", found, err)
			}
			config.Secrets = nil
			stranger, err := openSource(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stranger.Detect(t.Context(), url); providers.CodeOf(err) != providers.CodeAuth {
				t.Errorf("without a password: %v", err)
			}
		})
	}
}
