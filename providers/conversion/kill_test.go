//go:build unix

package conversion

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	killDir = "CONVERSION_TEST_DIR" // where the process that is killed works
	killAt  = "CONVERSION_TEST_KILL_AT"
	killKey = "CONVERSION_TEST_KEY"
)

// killRevisions and killEvery make enough checkpoints for packs to be merged.
const (
	killRevisions = 24
	killEvery     = 1
)

// TestKillAtEveryStep kills a conversion before every revision and before every
// change that a session makes to files, and expects the next run to end like
// one that was not killed, with nothing left behind.
func TestKillAtEveryStep(t *testing.T) {
	clean := filepath.Join(t.TempDir(), "raw.git")
	steps := &killer{}
	convertToKill(t, clean, "key", steps)
	want, wantNames := contents(t, clean), names(t, clean)
	if count := -steps.left; count < 200 {
		t.Fatalf("the run has only %d steps", count)
	}
	// A checkpoint takes eleven steps, so that this comes to each kind of them.
	const stride = 7
	for at := 1; at <= -steps.left; at += stride {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "raw.git")
			mustBeKilled(t, at, rerun(t, dir, "key", at))
			if err := rerun(t, dir, "key", 0); err != nil {
				t.Fatalf("killed at step %d, the next run failed: %v", at, err)
			}
			compareKilled(t, at, dir, want, wantNames)
		})
	}
}

// TestKillAnew kills a session that throws away the conversion of another key,
// and the one after it too.
func TestKillAnew(t *testing.T) {
	clean := filepath.Join(t.TempDir(), "raw.git")
	convertToKill(t, clean, "key", &killer{})
	want, wantNames := contents(t, clean), names(t, clean)
	other := filepath.Join(t.TempDir(), "raw.git")
	convertToKill(t, other, "another key", &killer{})
	for at := 1; at < 20; at += 2 {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "raw.git")
			if err := os.CopyFS(dir, os.DirFS(other)); err != nil {
				t.Fatal(err)
			}
			mustBeKilled(t, at, rerun(t, dir, "key", at))
			mustBeKilled(t, at, rerun(t, dir, "key", at+3))
			if err := rerun(t, dir, "key", 0); err != nil {
				t.Fatalf("killed at step %d, the next run failed: %v", at, err)
			}
			compareKilled(t, at, dir, want, wantNames)
		})
	}
}

func mustBeKilled(t *testing.T, at int, err error) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("step %d: the run was not killed: %v", at, err)
	}
}

func compareKilled(t *testing.T, at int, dir, want string, wantNames []string) {
	t.Helper()
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Fatalf("killed at step %d (-want +got):\n%s", at, diff)
	}
	if diff := cmp.Diff(wantNames, names(t, dir)); diff != "" {
		t.Fatalf("killed at step %d, names in the folder (-want +got):\n%s", at, diff)
	}
	comparePacks(t, dir)
	git(t, dir, "fsck", "--strict", "--no-dangling")
}

func rerun(t *testing.T, dir, key string, at int) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConversionToKill$")
	cmd.Env = append(os.Environ(), killDir+"="+dir, killKey+"="+key, killAt+"="+strconv.Itoa(at))
	out, err := cmd.CombinedOutput()
	if err != nil && at == 0 {
		t.Logf("%s", out)
	}
	return err
}

// TestConversionToKill is what the processes of the tests above run.
func TestConversionToKill(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("runs in a process of its own")
	}
	at, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		t.Fatal(err)
	}
	convertToKill(t, dir, os.Getenv(killKey), &killer{left: at})
}

func convertToKill(t *testing.T, dir, key string, steps *killer) {
	t.Helper()
	s, err := open(t.Context(), killingDisk{realDisk{}, steps}, dir, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (toy{every: killEvery, step: steps.step}).convert(t.Context(), s, killRevisions); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// killer kills the process at a step; at none when left is not positive.
type killer struct{ left int }

func (k *killer) step() {
	if k.left--; k.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		<-context.Background().Done() // the signal takes its time
	}
}

// killingDisk takes a step before every change, and within those that are many.
type killingDisk struct {
	disk
	killer *killer
}

func (d killingDisk) MkdirAll(path string) error {
	d.killer.step()
	return d.disk.MkdirAll(path)
}

func (d killingDisk) Write(path string, fill func(io.Writer) error) error {
	d.killer.step()
	return d.disk.Write(path, func(w io.Writer) error {
		d.killer.step()
		err := fill(w)
		d.killer.step()
		return err
	})
}

func (d killingDisk) Append(path string) (*os.File, error) {
	d.killer.step()
	return d.disk.Append(path)
}

func (d killingDisk) Truncate(path string, size int64) error {
	d.killer.step()
	return d.disk.Truncate(path, size)
}

func (d killingDisk) Rename(from, to string) error {
	d.killer.step()
	return d.disk.Rename(from, to)
}

// RemoveAll can also be killed between the entries of a folder.
func (d killingDisk) RemoveAll(path string) error {
	d.killer.step()
	entries, _ := os.ReadDir(path) // what is no folder has none
	for _, entry := range entries {
		if err := d.disk.RemoveAll(filepath.Join(path, entry.Name())); err != nil {
			return err
		}
		d.killer.step()
	}
	return d.disk.RemoveAll(path)
}
