package state

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func testOptions() Options {
	return Options{Create: true, Version: "0.9.0", Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
}

// makeState leaves a closed state with one run at path.
func makeState(t *testing.T, path string) schema.StateInfo {
	t.Helper()
	s, err := Open(t.Context(), path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // enough to fill pages
		name := strings.Repeat("x", 200) + string(rune('a'+i))
		e := schema.Entry{Address: schema.NewAddress("repository", "a", &name), Name: name, Identity: name, Phase: schema.PhaseSynced}
		if _, err := s.Claim(t.Context(), run.ID, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.End(t.Context(), run.ID, "ok", ""); err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return info
}

func TestOpenPaths(t *testing.T) {
	for _, name := range []string{
		"plain.db", "with space.db", "50% done.db", "%41.db", "what?.db", "a#b.db", "a&mode=memory.db", "ünïcode.db", "-rf", "file:x.db", "bad\xffbyte.db",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			want := makeState(t, path)
			v, err := View(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			got, err := v.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the file at the very path: %v, %v", info, err)
			}
		})
	}
}

func TestOpenLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	makeState(t, filepath.Join(dir, "acme.db"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"acme.db", "acme.db.lock"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "acme.db"), filepath.Join(dir, "no", "acme.db")} {
		if _, err := View(t.Context(), path); !errors.Is(err, ErrMissing) {
			t.Errorf("view: %v, want ErrMissing", err)
		}
		if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrMissing) {
			t.Errorf("open: %v, want ErrMissing", err)
		}
		if _, err := RequestCancel(t.Context(), path, nil); !errors.Is(err, ErrMissing) {
			t.Errorf("cancel: %v, want ErrMissing", err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("asking made %v", entries)
	}
}

func TestLinksLeadToOneLock(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "acme.db"), filepath.Join(dir, "link.db")
	makeState(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s, err := Open(t.Context(), link, testOptions()); !isA[*LockedError](err) {
		t.Errorf("open through the link: %v, %v; want a *LockedError", s, err)
	}
}

func TestDamage(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, path string)
	}{
		{"empty", func(t *testing.T, path string) { truncate(t, path, 0) }},
		{"cut within the header", func(t *testing.T, path string) { truncate(t, path, 60) }},
		{"cut within a page", func(t *testing.T, path string) { truncate(t, path, 4096+100) }},
		{"cut in half", func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			truncate(t, path, info.Size()/2)
		}},
		{"not a database", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("not a database\n", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acme.db")
			makeState(t, path)
			test.damage(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), path, testOptions())
			if !isA[*CorruptError](err) {
				t.Errorf("open: %v, want a *CorruptError", err)
			}
			_, err = View(t.Context(), path)
			if !isA[*CorruptError](err) || !strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("view: %v, want a *CorruptError that says what to do", err)
			}
			if after, err := os.ReadFile(path); err != nil || !cmp.Equal(before, after) {
				t.Errorf("the damaged file was changed (%v)", err)
			}
		})
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func TestForeignDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	exec(t, path, "CREATE TABLE notes (x)")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range []func() (*Store, error){
		func() (*Store, error) { return Open(t.Context(), path, testOptions()) },
		func() (*Store, error) { return View(t.Context(), path) },
	} {
		if _, err := open(); err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("got %v, want a refusal", err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !cmp.Equal(before, after) {
		t.Errorf("the foreign database was changed (%v)", err)
	}
}

func TestLeftoverJournalIsNotReplayedIntoANewState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	if err := os.WriteFile(path+"-wal", []byte("pages of another life"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testOptions()); err == nil || !strings.Contains(err.Error(), "acme.db-wal") {
		t.Errorf("got %v, want a refusal that names the journal", err)
	}
}

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
			want := &NewerError{Path: path, Have: 7, Known: 1, Version: "3.1.4"}
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

	if _, err := view(t.Context(), path, len(steps)); !isA[*OlderError](err) {
		t.Errorf("view: %v, want an *OlderError", err)
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

	backup := path + ".backup-1-20260102T030405.000Z"
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
			if _, err := open(t.Context(), path, o.withDefaults(), append(first[:1:1], test.step)); err == nil {
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

// TestGeneration1 opens a state that was written when generation 1 was the
// newest. The file is never made again; a new generation adds another.
func TestGeneration1(t *testing.T) {
	b, err := os.ReadFile("testdata/generation-1.db")
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
	want, err := os.ReadFile("testdata/export.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	makeState(t, path)
	s, err := Open(t.Context(), path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Claim(t.Context(), run.ID, schema.Entry{Address: "repository.api", Name: "api"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // SQLite raises it to the present size
		t.Fatal(err)
	}
	refs := map[string]string{}
	for i := range 2000 {
		refs["refs/heads/"+strings.Repeat("b", i)] = "00"
	}
	if err := l.SaveRefs(t.Context(), "source", refs); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if got, err := s.Refs(t.Context(), "repository.api", "source"); err != nil || len(got) > 0 {
		t.Errorf("half of the refs stayed: %d, %v", len(got), err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := l.SaveRefs(t.Context(), "source", refs); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestCanceledContextWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	s, err := Open(t.Context(), path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Begin(ctx, schema.Run{Kind: schema.RunApply}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply}); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func exec(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn(path, "mode=rwc"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
