package conversion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
)

const revisions = 60

// TestSegmentsDoNotMatter converts at once, in many runs and with many
// checkpoints.
func TestSegmentsDoNotMatter(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.git")
	export := run(t, whole, toy{}, revisions)
	want := contents(t, whole)
	if n := strings.Count(want, "\tb0\n"); n != revisions/3 {
		t.Fatalf("the table has %d rows of b0, want %d:\n%s", n, revisions/3, want)
	}
	for _, every := range []int{1, 2, 7} {
		dir := filepath.Join(t.TempDir(), "raw.git")
		var last providers.Export
		for to := 5; to <= revisions; to += 5 {
			last = run(t, dir, toy{every: every}, to)
		}
		if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
			t.Errorf("every %d (-want +got):\n%s", every, diff)
		}
		if diff := cmp.Diff(export, last); diff != "" {
			t.Errorf("every %d: the exports differ (-want +got):\n%s", every, diff)
		}
		git(t, dir, "fsck", "--strict", "--no-dangling")
		comparePacks(t, dir)
		if c, err := readCheckpoint(filepath.Join(dir, checkpointFile)); err != nil || len(c.Packs) > 6 {
			t.Errorf("every %d: %d packs are left: %v", every, len(c.Packs), err)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	run(t, dir, toy{every: 1}, revisions) // packs are merged on the way
	comparePacks(t, dir)
	want := []string{"HEAD", "config", "drover-checkpoint", "drover-lock", "drover-revisions", "drover-state-", "objects", "refs"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSecondRunWithoutNews(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	first := run(t, dir, toy{}, revisions)
	if diff := cmp.Diff(first, run(t, dir, toy{}, revisions)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOpenTakesOver gives a session directories that something else left.
func TestOpenTakesOver(t *testing.T) {
	want := filepath.Join(t.TempDir(), "raw.git")
	run(t, want, toy{}, revisions)
	damaged := func(change func(dir string) error) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			run(t, dir, toy{every: 25}, revisions+5)
			if err := change(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	glob := func(dir, pattern string, change func(path string) error) error {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			return fmt.Errorf("%s: %v %v", pattern, paths, err)
		}
		return change(paths[0])
	}
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"an empty folder", func(t *testing.T, dir string) {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}},
		{"a mirror", func(t *testing.T, dir string) {
			git(t, dir, "init", "--quiet", "--bare", dir)
			git(t, dir, "symbolic-ref", "HEAD", "refs/heads/other")
			git(t, dir, "config", "core.bare", "true")
			tree := strings.TrimSpace(git(t, dir, "hash-object", "-t", "tree", "-w", os.DevNull))
			id := strings.TrimSpace(git(t, dir, "-c", "user.name=a", "-c", "user.email=a", "commit-tree", "-m", "m", tree))
			git(t, dir, "update-ref", "refs/heads/b0/x", id)
			git(t, dir, "pack-refs", "--all")
		}},
		{"a repository that is half made", func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "refs"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "HEAD.lock"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}},
		{"another conversion", func(t *testing.T, dir string) {
			s, err := Open(t.Context(), dir, "another key")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := (toy{step: func() {}, every: 3}).convert(t.Context(), s, revisions+9); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}},
		{"a checkpoint that is no JSON", damaged(func(dir string) error {
			return os.WriteFile(filepath.Join(dir, checkpointFile), []byte("{"), 0o666)
		})},
		{"a checkpoint of another version", damaged(func(dir string) error {
			return os.WriteFile(filepath.Join(dir, checkpointFile), []byte(`{"version":99,"key":"key"}`), 0o666)
		})},
		{"a checkpoint that names a path", damaged(func(dir string) error {
			return os.WriteFile(filepath.Join(dir, checkpointFile), []byte(`{"version":1,"key":"key","packs":[{"name":"pack-/../../x"}]}`), 0o666)
		})},
		{"a missing pack", damaged(func(dir string) error { return glob(dir, "objects/pack/*.pack", os.Remove) })},
		{"a missing index", damaged(func(dir string) error { return glob(dir, "objects/pack/*.idx", os.Remove) })},
		{"a pack that is cut off", damaged(func(dir string) error {
			return glob(dir, "objects/pack/*.pack", func(path string) error {
				return errors.Join(os.Chmod(path, 0o666), os.Truncate(path, 100))
			})
		})},
		{"a missing state", damaged(func(dir string) error { return glob(dir, statePrefix+"*", os.Remove) })},
		{"a changed state", damaged(func(dir string) error {
			return glob(dir, statePrefix+"*", func(path string) error {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				data[len(data)-3]++
				return os.WriteFile(path, data, 0o666)
			})
		})},
		{"a table that is cut off", damaged(func(dir string) error {
			return os.Truncate(filepath.Join(dir, providers.RevisionsFile), 100)
		})},
		{"no configuration", damaged(func(dir string) error { return os.Remove(filepath.Join(dir, "config")) })},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "folder", "raw.git")
			test.prepare(t, dir)
			run(t, dir, toy{}, revisions)
			if diff := cmp.Diff(contents(t, want), contents(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			git(t, dir, "fsck", "--strict", "--no-dangling")
		})
	}
}

// TestLeftoversGo plants what killed programs leave beside a checkpoint.
func TestLeftoversGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	run(t, dir, toy{every: 4}, 20)
	want := contents(t, dir)
	var before []string
	for _, folder := range []string{".", "objects/pack", "refs/heads"} {
		before = append(before, names(t, filepath.Join(dir, folder))...)
	}
	for _, name := range []string{
		"objects/pack/tmp_pack_123", "objects/pack/tmp_idx_4", "objects/pack/pack-0123.pack", "objects/pack/pack-4567.idx",
		"packed-refs.lock", "packed-refs.new", "HEAD.lock", "config.lock", "refs/heads/b0.lock",
		"drover-state-99", "drover-checkpoint.new", "drover-scratch/file",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("left"), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	table, err := os.OpenFile(filepath.Join(dir, providers.RevisionsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = table.WriteString("r99\thalf a li")
	if err := errors.Join(err, table.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("before the next run (-want +got):\n%s", diff)
	}
	run(t, dir, toy{}, 20)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("after the next run (-want +got):\n%s", diff)
	}
	var after []string
	for _, folder := range []string{".", "objects/pack", "refs/heads"} {
		after = append(after, names(t, filepath.Join(dir, folder))...)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("what is in the folder (-want +got):\n%s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, name := range []string{"notes.txt", ".git", "src"} {
		dir := t.TempDir()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, "objects"), 0o777); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(t.Context(), dir, "key"); err == nil {
			t.Errorf("a folder with %s was taken over: %v", name, s.Close())
		}
		want := []string{name, "objects"}
		slices.Sort(want)
		if diff := cmp.Diff(want, names(t, dir)); diff != "" {
			t.Errorf("it was changed (-want +got):\n%s", diff)
		}
	}
}

func TestOpenIsExclusive(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, "key"); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second session: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestScratchIsTemporaryAndSpoolIsNot(t *testing.T) {
	dir := t.TempDir()
	open := func(key string) *Session {
		s, err := Open(t.Context(), dir, key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	fill := func(s *Session) {
		t.Helper()
		for _, folder := range []func() (string, error){s.Scratch, s.Spool} {
			path, err := folder()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(path, "file"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func() []string {
		paths, err := filepath.Glob(filepath.Join(dir, "drover-s*", "file"))
		if err != nil {
			t.Fatal(err)
		}
		return paths
	}
	s := open("key")
	if err := s.Checkpoint(t.Context(), func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	fill(s)
	if len(left()) != 2 {
		t.Fatalf("%v", left())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	spool := filepath.Join(dir, spoolDir, "file")
	if diff := cmp.Diff([]string{spool}, left()); diff != "" {
		t.Errorf("after the session (-want +got):\n%s", diff)
	}
	// As after a kill.
	if err := os.MkdirAll(filepath.Join(dir, scratchDir), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, scratchDir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	s = open("key")
	if diff := cmp.Diff([]string{spool}, left()); diff != "" {
		t.Errorf("after a kill (-want +got):\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open("another").Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), left()); diff != "" {
		t.Errorf("with another key (-want +got):\n%s", diff)
	}
}

func TestFinishNeedsACheckpoint(t *testing.T) {
	empty := func(io.Writer) error { return nil }
	for name, test := range map[string]struct {
		before func(s *Session) error
		ok     bool
	}{
		"none": {func(*Session) error { return nil }, false},
		"one":  {func(s *Session) error { return s.Checkpoint(context.Background(), empty) }, true},
		"objects after it": {func(s *Session) error {
			err := s.Checkpoint(context.Background(), empty)
			_, put := s.Writer().Put(gitpack.Blob, []byte("x"))
			return errors.Join(err, put)
		}, false},
		"records after it": {func(s *Session) error {
			err := s.Checkpoint(context.Background(), empty)
			s.Record(Revision{Source: "1"})
			return err
		}, false},
	} {
		s, err := Open(t.Context(), t.TempDir(), "key")
		if err != nil {
			t.Fatal(err)
		}
		if err := test.before(s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Finish(t.Context(), nil, ""); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStateThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, toy{}, 10)
	want := contents(t, dir)
	s, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	s.Record(Revision{Source: "later"})
	broken := errors.New("broken")
	if err := s.Checkpoint(t.Context(), func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, dir, toy{}, 10)
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRefsAreMadeExact moves between sets of refs that cannot be beside each
// other.
func TestRefsAreMadeExact(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, toy{}, 6)
	s, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ids []gitpack.ID
	for r, err := range s.Revisions() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.Commit)
	}
	for i, refs := range [][]string{
		{"refs/heads/a", "refs/heads/b/c", "refs/tags/t"},
		{"refs/heads/a/b", "refs/heads/b"},
		{"refs/heads/a", "refs/heads/b/c", "refs/heads/b/d/e", "refs/archive/x"},
		{"refs/heads/b/c/d"},
		nil,
	} {
		want := map[string]gitpack.ID{}
		lines := ""
		for _, name := range refs {
			want[name] = ids[i]
		}
		head := ""
		if len(refs) > 0 {
			head = refs[0]
		}
		export, err := s.Finish(t.Context(), want, head)
		if err != nil {
			t.Fatalf("%v: %v", refs, err)
		}
		for name, id := range want {
			if export.Refs[name] != id.String() {
				t.Errorf("the export has %s at %s", name, export.Refs[name])
			}
		}
		for _, line := range strings.Split(strings.TrimSpace(git(t, dir, "for-each-ref", "--sort=refname", "--format=%(objectname) %(refname)")), "\n") {
			if line == "" {
				continue
			}
			id, name, _ := strings.Cut(line, " ")
			if want[name].String() != id {
				t.Errorf("%v: %s is at %s", refs, name, id)
			}
			lines += name
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("%v: not there: %v", refs, want)
		}
		if head == "" {
			head = defaultHead
		}
		if got := strings.TrimSpace(git(t, dir, "symbolic-ref", "HEAD")); got != head {
			t.Errorf("HEAD is %s, want %s", got, head)
		}
	}
}

func TestDue(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), "key")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := s.now()
	s.now = func() time.Time { return now }
	put := func(n int) {
		for range n {
			if _, err := s.Writer().Put(gitpack.Blob, fmt.Append(nil, s.Writer().Len())); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(dueSlow)
	if s.Due() {
		t.Error("due after a thousand objects in no time")
	}
	now = now.Add(dueInterval)
	if !s.Due() {
		t.Error("not due after a thousand objects in two minutes")
	}
	if err := s.Checkpoint(t.Context(), func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	put(1)
	if s.Due() {
		t.Error("due after a checkpoint")
	}
	now = now.Add(100 * dueInterval)
	if s.Due() {
		t.Error("due by the clock alone")
	}
}

func TestSplitPacks(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct{ sizes, small []int64 }{
		{nil, nil},
		{[]int64{10}, nil},
		{[]int64{47 * mib, 10}, nil},
		{[]int64{47 * mib, 10, 12}, []int64{10, 12}},
		{[]int64{32, 32, 32, 32}, []int64{32, 32, 32, 32}},
		{[]int64{1, 2, 4, 8, 16}, []int64{1, 2, 4, 8, 16}},
		{[]int64{1, 2, 6, 18}, nil},
		{[]int64{1, 2, 5, 18}, []int64{1, 2, 5}},
		{[]int64{600 * mib, 700 * mib, 5, 5}, []int64{5, 5}},
		{[]int64{5, 5, 0}, []int64{5, 5, 0}},
	} {
		var packs []packFile
		for i, size := range test.sizes {
			packs = append(packs, packFile{Name: fmt.Sprint(i), Bytes: size})
		}
		small, rest := splitPacks(packs)
		var got []int64
		for _, p := range small {
			got = append(got, p.Bytes)
		}
		if diff := cmp.Diff(test.small, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.sizes, diff)
		}
		if len(small)+len(rest) != len(packs) {
			t.Errorf("%v: %v and %v", test.sizes, small, rest)
		}
	}
}
