package spool_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

func TestSpool(t *testing.T) {
	r := hgtest.New(t, "experimental.changegroup3=yes")
	hgtest.Fill(r)
	want := hgtest.Portable(r.Dump())
	t.Run("bundles of every type", func(t *testing.T) { testTypes(t, r, want) })
	t.Run("in pieces", func(t *testing.T) { testPieces(t, r, want) })
	t.Run("a part only", func(t *testing.T) { testPart(t, r) })
	t.Run("killed anywhere", func(t *testing.T) { testKilled(t, r, want) })
}

// testTypes adds what hg bundle writes, and compares each revision
// of each log with what hg reads from its repository.
func testTypes(t *testing.T, r *hgtest.Repo, want []string) {
	for _, kind := range []string{"none-v1", "gzip-v1", "bzip2-v1", "none-v2", "gzip-v2", "bzip2-v2", "zstd-v2", "zstd-v2;cg.version=03"} {
		t.Run(kind, func(t *testing.T) {
			s := open(t, t.TempDir())
			add(t, s, r.Bundle("--all", "-t", kind))
			if diff := cmp.Diff(want, hgtest.Portable(hgtest.Read(t, s))); diff != "" {
				t.Errorf("texts (-hg +spool):\n%s", diff)
			}
		})
	}
}

// testPieces adds a history in several overlapping bundles, with the
// spool opened anew in between.
func testPieces(t *testing.T, r *hgtest.Repo, want []string) {
	dir := t.TempDir()
	for _, piece := range [][]string{{"-r", "3", "--base", "null"}, {"-r", "8", "--base", "2"}, {"-r", "stable", "--base", "3"}, {"--all"}} {
		s := open(t, dir)
		add(t, s, r.Bundle(append(piece, "-t", "zstd-v2")...))
		s.Close()
	}
	if diff := cmp.Diff(want, hgtest.Portable(hgtest.Read(t, open(t, dir)))); diff != "" {
		t.Errorf("texts (-hg +spool):\n%s", diff)
	}
}

// testPart refuses a bundle whose beginning is missing, and stays as
// it was.
func testPart(t *testing.T, r *hgtest.Repo) {
	s := open(t, t.TempDir())
	err := s.Add(t.Context(), bytes.NewReader(r.Bundle("-r", "8", "--base", "2")))
	if code := providers.CodeOf(err); code != providers.CodeInvalid {
		t.Errorf("got %s: %v", code, err)
	}
	if log, _ := s.Changelog(); log.Len() != 0 {
		t.Errorf("the spool holds %d changesets", log.Len())
	}
	add(t, s, r.Bundle("--all"))
}

// testKilled cuts a bundle at many places, leaves what was written as
// a killed process would, and adds the whole bundle to that.
func testKilled(t *testing.T, r *hgtest.Repo, want []string) {
	first, all := r.Bundle("-r", "3", "--base", "null"), r.Bundle("--all", "-t", "none-v2")
	origin := t.TempDir()
	s := open(t, origin)
	add(t, s, first)
	s.Close()
	for n := range 12 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(origin)); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		if err := s.Add(t.Context(), bytes.NewReader(all[:len(all)*n/12])); !errors.Is(err, hg.ErrCorrupt) {
			t.Errorf("cut after %d of 12: got %v", n, err)
		}
		s.Close()
		for _, name := range []string{"data", "index", "groups"} { // as if it had not had the time to clean up
			f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.Write(all[:100*n])
			f.Close()
		}
		s = open(t, dir)
		add(t, s, all)
		if diff := cmp.Diff(want, hgtest.Portable(hgtest.Read(t, s))); diff != "" {
			t.Errorf("cut after %d of 12 (-hg +spool):\n%s", n, diff)
		}
	}
}

func open(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, spool.Options{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func add(t *testing.T, s *spool.Spool, bundle []byte) {
	t.Helper()
	if err := s.Add(t.Context(), bytes.NewReader(bundle)); err != nil {
		t.Fatal(err)
	}
}
