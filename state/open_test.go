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

func TestWithoutWAL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	makeState(t, path)
	s := &Store{path: path, options: testOptions().withDefaults()}
	if err := s.connect(t.Context(), "DELETE"); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply}); err != nil {
		t.Fatal(err)
	}
	if runs, err := s.Runs(t.Context(), 0); err != nil || len(runs) != 2 {
		t.Errorf("runs %v, %v", runs, err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("there is a WAL")
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
