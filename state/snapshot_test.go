package state_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// fill makes a state that has something of everything.
func fill(t *testing.T, s *state.Store) {
	t.Helper()
	ctx := t.Context()
	run := begin(t, s)
	claim(t, s, run, entry("web"))
	l := claim(t, s, run, entry("api"))
	check(t, l.SaveRefs(ctx, "source", map[string]string{"refs/heads/main": "aa", "refs/heads/<b>": "bb"}))
	check(t, l.SaveRefs(ctx, "wiki:source", map[string]string{"refs/heads/master": "cc"}))
	startPass(t, l, "issues")
	check(t, l.Commit(ctx, schema.Batch{
		Stream: "issues", Pass: 1, Cursor: "c",
		Items:    []schema.Item{item(schema.KindIssue, "2", schema.ItemFailed), item(schema.KindIssue, "10", schema.ItemDone)},
		Failures: []schema.Failure{{Key: issueKey("2"), Stage: "issues", Step: "loader", Code: "invalid", Message: "too long"}},
	}))
	_, err := l.FinishPass(ctx, "issues", 1, nil, schema.PassEnd{Validator: "v1", Source: map[schema.Kind]int64{schema.KindIssue: 2}, Complete: true})
	check(t, err)
	counts, err := l.Tally(ctx)
	check(t, err)
	check(t, l.SaveCounts(ctx, counts))
	e := l.Entry()
	e.Phase, e.Stage = schema.PhasePartial, "issues"
	check(t, l.Save(ctx, e))
	check(t, s.End(ctx, run, "partial", "1 failed"))
}

func export(t *testing.T, s *state.Store) string {
	t.Helper()
	var b bytes.Buffer
	check(t, s.Export(t.Context(), &b))
	return b.String()
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestExport(t *testing.T) {
	s := open(t, newPath(t))
	fill(t, s)
	got := export(t, s)
	const golden = "testdata/export.json"
	if *update {
		check(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	check(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
}

func TestExportOfNothing(t *testing.T) {
	got := export(t, open(t, newPath(t)))
	if !strings.Contains(got, `"runs": [],`) || !strings.HasSuffix(got, "\"resources\": []\n}\n") {
		t.Errorf("got %s", got)
	}
}

type fullPipe struct{}

var errPipe = errors.New("the pipe is full")

func (fullPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestExportReportsItsWriter(t *testing.T) {
	if err := open(t, newPath(t)).Export(t.Context(), fullPipe{}); !errors.Is(err, errPipe) {
		t.Errorf("got %v, want %v", err, errPipe)
	}
}

func TestBackup(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	fill(t, s)
	v, err := state.View(t.Context(), path)
	check(t, err)
	defer v.Close()
	dir := t.TempDir()
	for name, from := range map[string]*state.Store{"of the writer.db": s, "of a view.db": v} {
		to := filepath.Join(dir, name)
		check(t, from.Backup(t.Context(), to))
		copied, err := state.View(t.Context(), to)
		check(t, err)
		if diff := cmp.Diff(export(t, s), export(t, copied)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		check(t, copied.Close())
		if err := from.Backup(t.Context(), to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over an existing file: %v, want fs.ErrExist", err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the backup is %v, %v", info, err)
		}
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "no", "x.db")); err == nil {
		t.Error("a backup into nowhere was made")
	}
	files, err := os.ReadDir(dir)
	check(t, err)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			t.Errorf("%s was left behind", f.Name())
		}
	}
}
