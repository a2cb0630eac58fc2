package conversion

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
)

func TestRevisionTable(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := gitpack.Hash(gitpack.Blob, nil)
	s.Record(Revision{"r1", "trunk", id})
	s.Record(Revision{"r2", "tab\tline\nend\x1b[0m", id})
	s.Record(Revision{"r2", "über", id})
	want := []Revision{{"r1", "trunk", id}, {"r2", `tab\tline\nend\x1b[0m`, id}, {"r2", "über", id}}
	collect := func(from func(func(Revision, error) bool)) []Revision {
		t.Helper()
		var got []Revision
		for r, err := range from {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		return got
	}
	if diff := cmp.Diff(want, collect(s.Revisions())); diff != "" {
		t.Errorf("in the session (-want +got):\n%s", diff)
	}
	if err := s.Checkpoint(t.Context(), func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	s.Record(Revision{"r3", "trunk", id})
	if n := len(collect(s.Revisions())); n != 4 {
		t.Errorf("%d revisions in the session, want 4", n)
	}
	if diff := cmp.Diff(want, collect(ReadRevisions(dir))); diff != "" {
		t.Errorf("of the checkpoint (-want +got):\n%s", diff)
	}
}

func TestRevisionTableThatIsDamaged(t *testing.T) {
	for _, table := range []string{"r1\n", "r1\tnothing\ttrunk\n", strings.Repeat("x", 2*maxRevisionLine)} {
		dir := t.TempDir()
		run(t, dir, toy{}, 20)
		c, err := os.ReadFile(filepath.Join(dir, providers.RevisionsFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, providers.RevisionsFile), append([]byte(table), c...), 0o666); err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range readRevisions(filepath.Join(dir, providers.RevisionsFile), 1<<30) {
			last = err
		}
		if last == nil {
			t.Errorf("%.20q was read without an error", table)
		}
	}
	for _, err := range ReadRevisions(t.TempDir()) {
		if err == nil {
			t.Error("a folder without a table was read")
		}
	}
}
