package history

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets the tests run themselves as a process that can be killed.
func TestMain(m *testing.M) {
	if from := os.Getenv("HISTORY_TEST_FROM"); from != "" {
		os.Exit(rewriteToBeKilled(from, os.Getenv("HISTORY_TEST_TO"), os.Getenv("HISTORY_TEST_AFTER")))
	}
	os.Exit(m.Run())
}

func killedOptions(from, to string) Options {
	return Options{From: from, To: to, People: renameJo, IDs: true, Key: "killed", LargeFiles: &LargeFiles{Threshold: 20, Mode: Move}}
}

// rewriteToBeKilled kills its own process after a time, wherever it is then.
func rewriteToBeKilled(from, to, after string) int {
	d, err := time.ParseDuration(after)
	if err != nil {
		return 2
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return 2
	}
	time.AfterFunc(d, func() { _ = self.Signal(syscall.SIGKILL) })
	if _, err := rewriteForever(killedOptions(from, to)); err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// rewriteForever goes back and forth between two keys, so that there is always
// something to do.
func rewriteForever(o Options) (n int, err error) {
	for ; ; n++ {
		o.Key = []string{"killed", "another"}[n%2]
		if _, err := Rewrite(context.Background(), o, nil); err != nil {
			return n, err
		}
	}
}

func TestKilledAnywhere(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	r := newRepository(t)
	commits := randomHistory(r, rnd, nil, 12)
	dir := t.TempDir()
	to, once := repository{t, filepath.Join(dir, "mapped.git")}, repository{t, filepath.Join(dir, "once.git")}
	for round := range 24 {
		if round%8 == 7 {
			commits = randomHistory(r, rnd, commits, 3)
		}
		child := exec.Command(os.Args[0])
		after := time.Duration(1+rnd.IntN(120)) * time.Millisecond
		child.Env = append(os.Environ(), "HISTORY_TEST_FROM="+r.dir, "HISTORY_TEST_TO="+to.dir, "HISTORY_TEST_AFTER="+after.String())
		out, err := child.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() >= 0 {
			t.Fatalf("round %d: the rewrite was not killed: %v\n%s", round, err, out)
		}
		if _, err := os.Stat(to.dir); err == nil {
			if out, err := to.try("", "fsck", "--no-dangling", "--connectivity-only"); err != nil {
				t.Fatalf("round %d: what a killed rewrite left is damaged: %v\n%s", round, err, out)
			}
		}
		result, err := Rewrite(t.Context(), killedOptions(r.dir, to.dir), nil)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := os.RemoveAll(once.dir); err != nil {
			t.Fatal(err)
		}
		want, err := Rewrite(t.Context(), killedOptions(r.dir, once.dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, result); diff != "" {
			t.Fatalf("round %d: (-at once +after a kill):\n%s", round, diff)
		}
		if diff := cmp.Diff(filesIn(t, filepath.Join(once.dir, "lfs")), filesIn(t, filepath.Join(to.dir, "lfs"))); diff != "" {
			t.Fatalf("round %d: LFS objects (-at once +after a kill):\n%s", round, diff)
		}
		for _, name := range filesIn(t, dir) {
			if strings.Contains(name, "tmp") || strings.Contains(name, ".partial") || strings.Contains(name, ".old") || strings.HasSuffix(name, ".lock") {
				t.Errorf("round %d: left behind: %s", round, name)
			}
		}
	}
}

// filesIn lists the files below dir.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(dir, path)
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSettle ends exchanges that were interrupted at each of their steps.
func TestSettle(t *testing.T) {
	r := newRepository(t)
	r.ref("refs/heads/main", r.commit(r.tree(map[string]string{"a": "1\n"}), jo, 1, "one"))
	first, second := Options{Key: "1"}, Options{Key: "2", People: renameJo}
	for name, interrupt := range map[string]func(to string){
		"before":     func(to string) {},
		"between":    func(to string) { rename(t, to, oldOf(to)) },
		"at the end": func(to string) { rename(t, to, oldOf(to)); rename(t, partialOf(to), to) },
	} {
		t.Run(name, func(t *testing.T) {
			made := filepath.Join(t.TempDir(), "to.git")
			second := second
			second.From, second.To = r.dir, made
			want, err := Rewrite(t.Context(), second, nil)
			if err != nil {
				t.Fatal(err)
			}
			rename(t, made, partialOf(made))
			first := first
			first.From, first.To = r.dir, made
			if err := os.Rename(partialOf(made), made+".kept"); err != nil {
				t.Fatal(err)
			}
			if _, err := Rewrite(t.Context(), first, nil); err != nil {
				t.Fatal(err)
			}
			rename(t, made+".kept", partialOf(made))
			interrupt(made)
			got, err := Rewrite(t.Context(), second, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if left, _ := filepath.Glob(made + ".*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
