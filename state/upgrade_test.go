package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewerGeneration(t *testing.T) {
	tests := []struct {
		name      string
		minReader string
		canView   bool
	}{
		{"additions only", "1", true},
		{"unreadable", "7", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acme.db")
			makeState(t, path)
			exec(t, path, "PRAGMA user_version = 7; UPDATE meta SET value = '3.1.4' WHERE key = 'written_by'; UPDATE meta SET value = "+test.minReader+" WHERE key = 'min_reader'")

			_, err := Open(t.Context(), path, testOptions())
			known, merr := migrations()
			if merr != nil {
				t.Fatal(merr)
			}
			want := &NewerError{Path: path, Have: 7, Known: len(known), Version: "3.1.4"}
			got, _ := errors.AsType[*NewerError](err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("open: %v (-want +got):\n%s", err, diff)
			}
			if err == nil || !strings.Contains(err.Error(), "install drover 3.1.4") {
				t.Errorf("open: %v does not say what to install", err)
			}
			if _, err := RequestCancel(t.Context(), path, nil); !isA[*NewerError](err) {
				t.Errorf("cancel: %v, want a *NewerError", err)
			}
			v, err := View(t.Context(), path)
			if err == nil {
				v.Close()
			}
			if (err == nil) != test.canView || err != nil && !isA[*NewerError](err) {
				t.Errorf("view: %v", err)
			}
		})
	}
}

func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	before := makeState(t, path)
	first, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	steps := append(first, "ALTER TABLE stream ADD COLUMN lag INTEGER NOT NULL DEFAULT 0; UPDATE meta SET value = '2' WHERE key = 'min_reader'")

	old, err := view(t.Context(), path, len(steps))
	if err != nil {
		t.Fatalf("view of the generation before: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), path, testOptions().withDefaults(), steps)
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("info (-before +after):\n%s", diff)
	}
	if _, err := s.writer.ExecContext(t.Context(), "SELECT lag FROM stream"); err != nil {
		t.Errorf("the step was not made: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	backup := fmt.Sprintf("%s.backup-%d-20260102T030405.000Z", path, len(first))
	v, err := View(t.Context(), backup)
	if err != nil {
		t.Fatalf("the backup is not a state of the generation before: %v", err)
	}
	defer v.Close()
	if entries, err := v.Entries(t.Context()); err != nil || len(entries) != 40 {
		t.Errorf("the backup has %d entries, %v", len(entries), err)
	}
	if _, err := Open(t.Context(), path, testOptions()); !isA[*NewerError](err) {
		t.Errorf("open with the program of before: %v, want a *NewerError", err)
	}
}

func TestUpgradeThatFailsChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	makeState(t, path)
	first, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, step string }{
		{"broken SQL", "DROP TABLE failure; SELECT nonsense"},
		{"a reference to nothing", "DELETE FROM run"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := testOptions()
			o.BackupDir = t.TempDir()
			if _, err := open(t.Context(), path, o.withDefaults(), append(first[:len(first):len(first)], test.step)); err == nil {
				t.Fatalf("test %d: the step was taken", i)
			}
			v, err := View(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if problems, err := v.Check(t.Context()); err != nil || len(problems) > 0 {
				t.Errorf("check: %v, %v", problems, err)
			}
		})
	}
}

// TestGenerations opens states that were written when an earlier generation was
// the newest. The files are never made again; a new generation adds another.
func TestGenerations(t *testing.T) {
	want, err := os.ReadFile("testdata/export.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"generation-1.db", "generation-2.db", "generation-3.db", "generation-4.db"} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "acme.db")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path, testOptions())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var got strings.Builder
			if err := s.Export(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("export (-want +got):\n%s", diff)
			}
		})
	}
}
