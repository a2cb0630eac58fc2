package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what must happen. It is no
// measurement: only a test that is about to fail waits so long.
const patience = 30 * time.Second

// background is a program that a script has begun and not yet seen the end of.
type background struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{}
}

// programs are the script's programs in the background, by name.
type programs map[string]*background

type programsKey struct{}

func programsOf(ts *testscript.TestScript) programs { return ts.Value(programsKey{}).(programs) }

func (p programs) find(ts *testscript.TestScript, name string) *background {
	b := p[name]
	if b == nil {
		ts.Fatalf("no program was begun as %q", name)
	}
	return b
}

// begin NAME PROGRAM ARG...: runs a program in the background.
func begin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: begin NAME PROGRAM ARG...")
	}
	start(ts, args[0], args[1:]...)
}

func start(ts *testscript.TestScript, name string, args ...string) *background {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	b := &background{cmd: exec.Command(path, args[1:]...), ended: make(chan struct{})}
	b.cmd.Args[0] = args[0]
	b.cmd.Dir, b.cmd.Env = ts.MkAbs("."), environment(ts)
	b.cmd.Stdout, b.cmd.Stderr = &b.stdout, &b.stderr
	// Providers that outlive the program for a moment hold its output open.
	b.cmd.WaitDelay = patience
	ts.Check(b.cmd.Start())
	go func() {
		defer close(b.ended)
		b.cmd.Wait() // what it ended with is in ProcessState
	}()
	programsOf(ts)[name] = b
	ts.Defer(func() {
		b.cmd.Process.Kill() // fails when it has ended, as most have
		<-b.ended
	})
	return b
}

// environment is what programs in the background see, which is what the script
// set of these variables.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "CI", "TEST_SECRET",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// signal NAME SIGNAL: sends INT, TERM or KILL to a program in the background.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if neg || len(args) != 2 || signals[args[1]] == 0 {
		ts.Fatalf("usage: signal NAME INT|TERM|KILL")
	}
	ts.Check(programsOf(ts).find(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

// ended NAME CODE: waits for the end of a program in the background. CODE is an
// exit code, or the signal that killed it.
func ended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended NAME CODE")
	}
	b := programsOf(ts).find(ts, args[0])
	until(ts, "the end of "+args[0], b.hasEnded)
	ts.Stdout().Write(b.stdout.Bytes())
	ts.Stderr().Write(b.stderr.Bytes())
	got := strconv.Itoa(b.cmd.ProcessState.ExitCode())
	if status, ok := b.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		got = map[syscall.Signal]string{syscall.SIGINT: "INT", syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL"}[status.Signal()]
	}
	if got != args[1] {
		ts.Fatalf("%s ended with %s, want %s\n%s%s", args[0], got, args[1], b.stdout.String(), b.stderr.String())
	}
}

// appears FILE [TEXT]: waits until there is a file, with a text in it.
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: appears FILE [TEXT]")
	}
	want := append(args, "")[1]
	until(ts, strings.Join(args, " "), func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && bytes.Contains(data, []byte(want))
	})
}

// until waits for a condition. When it waits in vain, it shows what the programs
// in the background are doing.
func until(ts *testscript.TestScript, what string, met func() bool) {
	for deadline := time.Now().Add(patience); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			for name, b := range programsOf(ts) {
				ts.Logf("%s:\n%s", name, b.dump())
			}
			ts.Fatalf("waited in vain for %s", what)
		}
	}
}

func (b *background) hasEnded() bool {
	select {
	case <-b.ended:
		return true
	default:
		return false
	}
}

// dump ends a program in the way that makes Go tell where each goroutine is.
func (b *background) dump() string {
	if !b.hasEnded() {
		b.cmd.Process.Signal(syscall.SIGQUIT)
		<-b.ended
	}
	return b.stdout.String() + b.stderr.String()
}

// killat EVENT N PROGRAM ARG...: runs an apply with --events and kills it with
// SIGKILL when its file of events holds the N-th event of this type. What it
// started ends by itself, and is waited for: providers hold the state's lock.
func killAt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: killat EVENT N PROGRAM ARG...")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	events := ts.MkAbs("killed.events")
	ts.Check(ignoreMissing(os.Remove(events)))
	b := start(ts, "killat", append(args[2:], "--events", events)...)
	until(ts, args[0], func() bool {
		if b.hasEnded() {
			ts.Fatalf("ended before the %d. %s:\n%s%s", n, args[0], b.stdout.String(), b.stderr.String())
		}
		data, err := os.ReadFile(events)
		return err == nil && strings.Count(string(data), `"type":"`+args[0]+`"`) >= n
	})
	ts.Check(b.cmd.Process.Kill())
	<-b.ended
	locks, err := filepath.Glob(ts.MkAbs("*.lock"))
	ts.Check(err)
	for _, lock := range locks {
		until(ts, "the release of "+lock, func() bool { return isFree(lock) })
	}
}

// isFree reports whether nobody holds a lock.
func isFree(lock string) bool {
	f, err := os.Open(lock)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}

// killprovider NAME PROVIDER: kills a provider of a program in the background
// with SIGKILL.
func killProvider(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: killprovider NAME PROVIDER")
	}
	b := programsOf(ts).find(ts, args[0])
	for _, p := range descendants(b.cmd.Process.Pid) {
		if p.program() == "drover-provider-"+args[1] {
			ts.Check(syscall.Kill(p.pid, syscall.SIGKILL))
			return
		}
	}
	ts.Fatalf("%s runs no provider %s", args[0], args[1])
}

// discreet NAME TEXT [PROGRAM...]: no process that a program in the background
// started has TEXT among its arguments, and none in its environment but those
// of the named programs. At least one must be running.
func discreet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: discreet NAME TEXT [PROGRAM...]")
	}
	b := programsOf(ts).find(ts, args[0])
	all := descendants(b.cmd.Process.Pid)
	if len(all) == 0 {
		ts.Fatalf("%s runs nothing to look at", args[0])
	}
	trusted := map[string]bool{}
	for _, name := range args[2:] {
		trusted[name] = true
	}
	for _, p := range append(all, process{pid: b.cmd.Process.Pid}) {
		if strings.Contains(p.read("cmdline"), args[1]) {
			ts.Fatalf("%s has it among its arguments: %q", p.program(), p.read("cmdline"))
		}
		if !trusted[p.program()] && strings.Contains(p.read("environ"), args[1]) {
			ts.Fatalf("%s has it in its environment", p.program())
		}
		fmt.Fprintln(ts.Stdout(), "looked at", p.program())
	}
}

// process is one that runs, as Linux tells of it.
type process struct{ pid int }

func (p process) read(name string) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.pid, name))
	if err != nil {
		return "" // it has ended
	}
	return string(data)
}

// program is the name by which it was started.
func (p process) program() string {
	name, _, _ := strings.Cut(p.read("cmdline"), "\x00")
	return filepath.Base(name)
}

// descendants are the processes that one started, and those that they did.
func descendants(pid int) []process {
	var all []process
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, task := range tasks {
		data, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(append(all, process{child}), descendants(child)...)
			}
		}
	}
	return all
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
