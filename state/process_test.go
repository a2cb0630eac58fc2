package state_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// playHolder begins a run and keeps the state until its input ends.
func playHolder(ctx context.Context, path string) error {
	s, err := state.Open(ctx, path, state.Options{Create: true, Host: "runner-7", PID: os.Getpid()})
	if err != nil {
		return err
	}
	run, err := s.Begin(ctx, schema.Run{Kind: schema.RunApply})
	if err != nil {
		return err
	}
	fmt.Println(run.ID)
	io.Copy(io.Discard, os.Stdin)
	return errors.Join(s.End(ctx, run.ID, "ok", ""), s.Close())
}

// playOrphanMaker begins a run, starts a process that inherits the lock and
// its input, and waits to be killed.
func playOrphanMaker(ctx context.Context, path string) error {
	s, err := state.Open(ctx, path, state.Options{Create: true})
	if err != nil {
		return err
	}
	if _, err := s.Begin(ctx, schema.Run{Kind: schema.RunApply}); err != nil {
		return err
	}
	child := exec.Command(os.Args[0], path)
	child.Env = append(os.Environ(), roleVariable+"=idle")
	child.Stdin, child.Stdout = os.Stdin, os.Stdout
	child.ExtraFiles = []*os.File{s.LockFile()}
	if err := child.Start(); err != nil {
		return err
	}
	return child.Wait()
}

// playIdle stays until its input ends.
func playIdle(context.Context, string) error {
	fmt.Println("idle")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func playCanceler(ctx context.Context, path string) error {
	owner, err := state.RequestCancel(ctx, path, []schema.Address{"repository.api"})
	if err == nil && owner == nil {
		err = errors.New("no run is active")
	}
	return err
}

func TestTwoProcesses(t *testing.T) {
	path := newPath(t)
	holder := process(t, "hold", path)
	out, in := start(t, holder)
	run := line(t, out)

	_, err := state.Open(t.Context(), path, state.Options{})
	locked, ok := errors.AsType[*state.LockedError](err)
	if !ok {
		t.Fatalf("open beside another: %v, want a *LockedError", err)
	}
	if locked.Owner == nil || locked.Owner.Run.ID != run {
		t.Errorf("the owner is %+v, want run %s", locked.Owner, run)
	}
	for _, want := range []string{run, "apply", "runner-7", "pid " + strconv.Itoa(holder.Process.Pid), "--lock-timeout", "drover cancel"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}

	v, err := state.View(t.Context(), path)
	check(t, err)
	defer v.Close()
	if owner, err := v.Owner(t.Context()); err != nil || owner == nil || owner.Run.ID != run {
		t.Errorf("the owner seen by a view: %+v, %v", owner, err)
	}
	if _, err := v.Begin(t.Context(), schema.Run{}); !errors.Is(err, state.ErrReadOnly) {
		t.Errorf("begin in a view: %v, want ErrReadOnly", err)
	}

	// An opener that waits gets the state when the other ends.
	opened := make(chan error)
	go func() {
		s, err := state.Open(t.Context(), path, state.Options{LockTimeout: time.Hour})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	in.Close()
	if err := <-opened; err != nil {
		t.Errorf("the opener that waited: %v", err)
	}
	if owner, err := v.Owner(t.Context()); err != nil || owner != nil {
		t.Errorf("the owner after the end: %+v, %v", owner, err)
	}
}

func TestLockWaitHeedsItsContext(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := state.Open(ctx, path, state.Options{LockTimeout: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestLockOutlivesAKilledEngine(t *testing.T) {
	path := newPath(t)
	engine := process(t, "orphan", path)
	out, in := start(t, engine)
	line(t, out) // the provider is up
	check(t, engine.Process.Kill())
	if _, err := engine.Process.Wait(); err != nil {
		t.Fatal(err)
	}

	_, err := state.Open(t.Context(), path, state.Options{})
	if locked, ok := errors.AsType[*state.LockedError](err); !ok || locked.Owner == nil {
		t.Fatalf("while the provider lives: %v, want a *LockedError that names the run", err)
	}
	in.Close() // ends the provider
	s, err := state.Open(t.Context(), path, state.Options{LockTimeout: time.Hour})
	if err != nil {
		t.Fatalf("when the provider is gone: %v", err)
	}
	defer s.Close()
	if owner, err := s.Owner(t.Context()); err != nil || owner != nil {
		t.Errorf("the killed run still counts as active: %+v, %v", owner, err)
	}
}

func TestCancelFromAnotherProcess(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	if owner, err := state.RequestCancel(t.Context(), path, nil); err != nil || owner != nil {
		t.Errorf("with no run: %+v, %v; want neither", owner, err)
	}
	run := begin(t, s)
	if out, err := process(t, "cancel-once", path).Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all, some, err := s.CancelRequests(t.Context())
	if diff := cmp.Diff([]schema.Address{"repository.api"}, some); err != nil || all || diff != "" {
		t.Errorf("requests: all %v, %v (-want +got):\n%s", all, err, diff)
	}
	owner, err := state.RequestCancel(t.Context(), path, nil)
	if err != nil || owner == nil || owner.Run.ID != run || owner.Run.Host != "runner-7" {
		t.Errorf("owner %+v, %v", owner, err)
	}
	if all, _, err := s.CancelRequests(t.Context()); err != nil || !all {
		t.Errorf("the whole run was not asked to stop: %v", err)
	}
	check(t, s.End(t.Context(), run, "canceled", ""))
	begin(t, s)
	if all, some, err := s.CancelRequests(t.Context()); err != nil || all || len(some) > 0 {
		t.Errorf("the next run inherited requests: %v, %v, %v", all, some, err)
	}
	if _, err := state.RequestCancel(t.Context(), path, []schema.Address{"nonsense"}); err == nil {
		t.Error("an address that is none was taken")
	}
}

// playUnprivileged tries what it may: it reports the error of opening for
// writing, then how many resources it can view.
func playUnprivileged(ctx context.Context, path string) error {
	_, err := state.Open(ctx, path, state.Options{})
	fmt.Println(errors.Is(err, state.ErrReadOnly))
	v, err := state.View(ctx, path)
	if err != nil {
		return err
	}
	entries, err := v.Entries(ctx)
	fmt.Println(len(entries))
	return errors.Join(err, v.Close())
}

func TestReadOnly(t *testing.T) {
	tests := []struct {
		name      string
		dir, file fs.FileMode
	}{
		{"folder", 0o755, 0o666},
		{"file", 0o777, 0o644},
		{"both", 0o755, 0o644},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// Not t.TempDir: other users cannot get into that.
			dir, err := os.MkdirTemp("", "state")
			check(t, err)
			t.Cleanup(func() { os.RemoveAll(dir) })
			path := filepath.Join(dir, "acme.db")
			s := open(t, path)
			claim(t, s, begin(t, s), entry("api"))
			check(t, s.Close())
			check(t, os.Chmod(path, test.file))
			check(t, os.Chmod(path+".lock", 0o666))
			check(t, os.Chmod(dir, test.dir))

			out, err := unprivileged(t, path, test.file, test.dir).Output()
			check(t, err)
			if diff := cmp.Diff("true\n1\n", string(out)); diff != "" {
				t.Errorf("write refused, resources seen (-want +got):\n%s", diff)
			}
		})
	}
}

// unprivileged prepares a process that cannot write to path. Nothing stops
// root, so for root it runs as another user, from a copy of the test binary
// that this user can reach.
func unprivileged(t *testing.T, path string, file, dir fs.FileMode) *exec.Cmd {
	t.Helper()
	cmd := process(t, "write-once", path)
	if os.Getuid() != 0 {
		check(t, os.Chmod(path, file&0o007<<6)) // the owner gets what others would have
		check(t, os.Chmod(filepath.Dir(path), dir&0o007<<6))
		t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
		return cmd
	}
	bin, err := os.MkdirTemp("", "state")
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(bin) })
	check(t, os.Chmod(bin, 0o755))
	b, err := os.ReadFile(os.Args[0])
	check(t, err)
	cmd.Path = filepath.Join(bin, "state.test")
	check(t, os.WriteFile(cmd.Path, b, 0o755))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return cmd
}
