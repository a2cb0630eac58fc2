package state

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

func TestCheck(t *testing.T) {
	tests := []struct{ name, damage, want string }{
		{"sound", "", ""},
		{"unfinished run", "UPDATE run SET ended = '', outcome = ''", "never ended"},
		{"owner of a dead run", "INSERT INTO owner SELECT 1, id, '' FROM run", "not active"},
		{"open intent", "INSERT INTO item (resource_id, kind, source_id, revision, ref_id, ref_url, state, stream, seen) SELECT id, 'issue', '1', '', '', '', 'intent', '', 0 FROM resource LIMIT 1", "1 items were about to be written"},
		{"orphan", "PRAGMA foreign_keys = off; INSERT INTO item (resource_id, kind, source_id, revision, ref_id, ref_url, state, stream, seen) VALUES (999, 'issue', '1', '', '', '', 'done', '', 0)", "refer to nothing in resource"},
		{"cursor of a finished pass", "INSERT INTO stream (resource_id, name, pass, done, cursor, validator) SELECT id, 'issues', 1, 1, 'c', '' FROM resource LIMIT 1", "stream issues has pass 1"},
		{"cursor too long", "INSERT INTO stream (resource_id, name, pass, done, cursor, validator) SELECT id, 'issues', 1, 0, printf('%.*c', 5000, 'c'), '' FROM resource LIMIT 1", "5000 bytes"},
		{"item of no pass", "INSERT INTO item (resource_id, kind, source_id, revision, ref_id, ref_url, state, stream, seen) SELECT id, 'issue', '1', '', '', '', 'done', 'issues', 1 FROM resource LIMIT 1", "which was never begun"},
		{"counts", "INSERT INTO account SELECT id, 'issue', 3, 3, 1, 1, 0 FROM resource LIMIT 1", "issue do not add up: 3 at the source, 1 imported"},
		{"counts and ledger", "INSERT INTO account SELECT id, 'issue', 1, 1, 1, 0, 0 FROM resource LIMIT 1; INSERT INTO item (resource_id, kind, source_id, revision, ref_id, ref_url, state, stream, seen) SELECT id, 'issue', '1', '', '', '', 'failed', '', 0 FROM resource LIMIT 1", "0 issue items are done"},
		{"history", "UPDATE history SET rev = 9 WHERE resource_id = 1", "revision 9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acme.db")
			makeState(t, path)
			exec(t, path, test.damage)
			s, err := View(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			problems, err := s.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				if len(problems) > 0 {
					t.Errorf("problems of a sound state: %v", problems)
				}
				return
			}
			if len(problems) != 1 || !strings.Contains(problems[0].Message, test.want) || problems[0].Hint == "" {
				t.Errorf("got %+v, want one that mentions %q", problems, test.want)
			}
		})
	}
}

func TestCheckDuringARun(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "acme.db"), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run, err := s.Begin(t.Context(), schema.Run{Kind: schema.RunApply})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Claim(t.Context(), run.ID, schema.Entry{Address: "repository.api"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Intend(t.Context(), []schema.Item{{Key: schema.Key{Kind: "issue", ID: "1"}}}); err != nil {
		t.Fatal(err)
	}
	if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("a run under way is a problem: %v, %v", problems, err)
	}
}

func TestCheckFindsDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	makeState(t, path)
	// Pages that nothing refers to, as after a lost write.
	exec(t, path, "PRAGMA writable_schema = on; DELETE FROM sqlite_schema WHERE name = 'resource_place'")
	s, err := View(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	problems, err := s.Check(t.Context())
	if err != nil || len(problems) == 0 || !strings.Contains(problems[0].Hint, "restore a backup") {
		t.Errorf("got %v, %v; want problems that a backup solves", problems, err)
	}
}
