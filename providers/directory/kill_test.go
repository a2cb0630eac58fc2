//go:build unix

package directory

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	killDir = "DIRECTORY_TEST_DIR" // where the process that is killed works
	killAt  = "DIRECTORY_TEST_KILL_AT"
	killRaw = "DIRECTORY_TEST_RAW"
)

// TestKillAtEveryStep kills a migration before every change that it makes to
// the file system, and expects a second run to end in the same bytes as one
// that was not killed.
func TestKillAtEveryStep(t *testing.T) {
	raw := bareRepository(t)
	addLFS(t, raw, "large file")
	clean := filepath.Join(t.TempDir(), "archive")
	if err := rerun(t, clean, raw, 0); err != nil {
		t.Fatal(err)
	}
	want := files(t, clean)
	for at := 1; ; at++ {
		dir := filepath.Join(t.TempDir(), "archive")
		err := rerun(t, dir, raw, at)
		if err == nil {
			if at < 30 {
				t.Fatalf("the run has only %d steps", at-1)
			}
			break
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: the run was not killed: %v", at, err)
		}
		if err := rerun(t, dir, raw, 0); err != nil {
			t.Fatalf("killed at step %d, the next run failed: %v", at, err)
		}
		if diff := cmp.Diff(want, files(t, dir)); diff != "" {
			t.Fatalf("killed at step %d (-want +got):\n%s", at, diff)
		}
	}
}

func rerun(t *testing.T, dir, raw string, at int) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrationToKill$")
	// What a killed process leaves in its temporary folder goes with the test.
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), killDir+"="+dir, killRaw+"="+raw, killAt+"="+strconv.Itoa(at))
	out, err := cmd.CombinedOutput()
	if err != nil && at == 0 {
		t.Logf("%s", out)
	}
	return err
}

// TestMigrationToKill is what the processes of TestKillAtEveryStep run.
func TestMigrationToKill(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("runs in a process of its own")
	}
	at, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		t.Fatal(err)
	}
	target := openedTarget(t, dir)
	root, err := target.archive.create()
	if err != nil {
		t.Fatal(err)
	}
	steps := &killer{left: at}
	target.archive.tree = killingTree{tree: root, killer: steps}
	migrateAndMove(t, target, os.Getenv(killRaw), steps)
}

// migrateAndMove is a migration in two rounds and a rename. It asks before the
// rename, as an engine does, whether an earlier run came so far.
func migrateAndMove(t *testing.T, target *target, raw string, steps *killer) {
	destination := providers.Place{Namespace: "other/place", Name: "renamed"}
	ref := schema.Ref{ID: "acme/api"}
	if !standing(t, target, destination).Exists {
		ref = created(t, target)
		for _, part := range []providers.Part{providers.PartCode, providers.PartWiki} {
			_, err := target.Push(t.Context(), providers.PushRequest{Repo: ref, Part: part, Dir: raw, DefaultBranch: "topic", Updates: keepOrMake(t, target, part, raw)},
				func(providers.Progress) { steps.step() })
			if err != nil {
				t.Fatal(err)
			}
		}
		content := filepath.Join(t.TempDir(), "content")
		writeFile(t, content, "content")
		attachment := providers.Write{Content: content, Record: schema.Record{
			Kind: schema.KindAttachment, ID: "1", Revision: "1", Body: []byte(`{}`), Blob: &schema.Blob{ID: "url", Size: -1},
		}}
		writeOnce(t, target, ref, "first", label("2", "two"), label("1", "one"), attachment)
		finish(t, target, ref)
		writeOnce(t, target, ref, "second", label("10", "ten"))
		writeOnce(t, target, ref, "third", label("1", "new one"))
		finish(t, target, ref)
	}
	if _, err := target.Move(t.Context(), ref, destination); err != nil {
		t.Fatal(err)
	}
}

// writeOnce remembers beside the archive what was stored and does not write it
// again, as an engine does.
func writeOnce(t *testing.T, target *target, ref schema.Ref, name string, writes ...providers.Write) {
	done := target.archive.dir + "." + name
	if _, err := os.Stat(done); err == nil {
		return
	}
	write(t, target, ref, writes...)
	writeFile(t, done, "")
}

// keepOrMake expects of the target what it has, so that pushing goes on where an
// earlier run stopped.
func keepOrMake(t *testing.T, target *target, part providers.Part, raw string) []providers.RefUpdate {
	have := standing(t, target, providers.Place{Namespace: "acme", Name: "api"})
	refs := have.Refs
	if part == providers.PartWiki {
		refs = have.WikiRefs
	}
	updates := updatesTo(refsOf(t, raw))
	for i := range updates {
		updates[i].Old = refs[updates[i].Name]
	}
	return updates
}

// killer kills the process at a step; at none when left is not positive.
type killer struct{ left int }

func (k *killer) step() {
	if k.left--; k.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		<-context.Background().Done() // the signal takes its time
	}
}

// killingTree takes a step before every change.
type killingTree struct {
	tree
	killer *killer
}

func (k killingTree) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if flag&os.O_CREATE != 0 {
		k.killer.step()
	}
	return k.tree.OpenFile(name, flag, perm)
}

func (k killingTree) MkdirAll(name string, perm fs.FileMode) error {
	k.killer.step()
	return k.tree.MkdirAll(name, perm)
}

func (k killingTree) Rename(old, name string) error {
	k.killer.step()
	return k.tree.Rename(old, name)
}

func (k killingTree) Remove(name string) error {
	k.killer.step()
	return k.tree.Remove(name)
}

// RemoveAll can also be killed between the entries of a folder.
func (k killingTree) RemoveAll(name string) error {
	k.killer.step()
	names, err := entryNames(k.tree, name)
	if err != nil {
		return err
	}
	for _, child := range names {
		if err := k.tree.RemoveAll(path.Join(name, child)); err != nil {
			return err
		}
		k.killer.step()
	}
	return k.tree.RemoveAll(name)
}
