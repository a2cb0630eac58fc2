//go:build unix

package plugin_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
)

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self := options(t, "").Path
	tests := []struct {
		name   string
		path   string
		role   string
		digest string
		reason plugin.Reason
		says   string // of the message and hint
		is     error
		code   providers.Code
	}{
		{name: "absent", path: filepath.Join(dir, "absent"), reason: plugin.NotFound, says: "there is no such file", is: fs.ErrNotExist, code: providers.CodeInvalid},
		{name: "a folder", path: dir, reason: plugin.NotExecutable, says: "not a file", code: providers.CodeInvalid},
		{name: "not executable", path: file("plain", "hello", 0o600), reason: plugin.NotExecutable, says: "make the file executable", is: fs.ErrPermission, code: providers.CodeInvalid},
		{name: "not a program", path: file("garbage", "\x00\x01", 0o700), reason: plugin.NotExecutable, says: "exec format error", is: syscall.ENOEXEC, code: providers.CodeInvalid},
		{name: "wrong digest", path: self, digest: "sha256:" + strings.Repeat("0", 64), reason: plugin.WrongDigest, says: "0000 was asked for", is: plugin.ErrDigest, code: providers.CodeInvalid},
		{name: "true", path: "/bin/true", reason: plugin.NotProvider, says: "without a word", code: providers.CodeInvalid},
		{name: "a script", path: file("script", "#!/bin/sh\nprintf 'hello \\033[1mworld\\n'\n", 0o700), reason: plugin.NotProvider, says: `hello \\x1b[1mworld`, code: providers.CodeInvalid},
		{name: "a script that fails", path: file("failing", "#!/bin/sh\necho hello; exit 1\n", 0o700), reason: plugin.NotProvider, says: "hello", code: providers.CodeInvalid},
		{name: "endless output", path: self, role: "chatterbox", reason: plugin.NotProvider, says: `"y"`, code: providers.CodeInvalid},
		{name: "newer", path: self, role: "newer", reason: plugin.WrongProtocol, says: "upgrade Drover to a release that speaks version 9", code: providers.CodeInvalid},
		{name: "older", path: self, role: "older", reason: plugin.WrongProtocol, says: "upgrade the provider fake to a release that speaks version 1", code: providers.CodeInvalid},
		{name: "panics", path: self, role: "panics", reason: plugin.Crashed, says: "panic: no configuration", code: providers.CodeUnavailable},
		{name: "exits", path: self, role: "exits", reason: plugin.Crashed, says: `(exit status 3)|it said last: \x1b]0;no licence`, code: providers.CodeUnavailable},
		{name: "contradicts itself", path: self, role: "contradiction", reason: plugin.Crashed, says: "Description.Target and OpenTarget go together", code: providers.CodeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, tt.role)
			o.Path, o.Digest, o.Restarts = tt.path, tt.digest, -1
			_, err := launch(t, o).Describe(t.Context())
			var failed *plugin.StartError
			if !errors.As(err, &failed) {
				t.Fatalf("error %v, want a StartError", err)
			}
			if failed.Reason != tt.reason {
				t.Errorf("reason %s, want %s: %v", failed.Reason, tt.reason, failed)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
			if code := providers.CodeOf(err); code != tt.code {
				t.Errorf("code %s, want %s", code, tt.code)
			}
			for _, says := range strings.Split(tt.says, "|") {
				if all := failed.Error() + " " + failed.Hint; !strings.Contains(all, says) {
					t.Errorf("error %q does not say %q", all, says)
				}
			}
		})
	}
}

func TestDigest(t *testing.T) {
	o := options(t, "fake")
	digest, err := plugin.Digest(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	o.Digest = digest
	c := launch(t, o)
	if _, err := c.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	kill(t, c)
	// Whether this call meets the death or comes after it, the next one starts
	// the provider, and checks, again.
	if _, err := c.OpenSource(t.Context(), wantConfig()); err != nil && providers.CodeOf(err) != providers.CodeUnavailable {
		t.Fatal(err)
	}
	openSource(t, c)
	if _, err := plugin.Digest(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("digest of nothing: %v", err)
	}
}

func TestImpostor(t *testing.T) {
	_, err := launch(t, options(t, "impostor")).Describe(t.Context())
	if providers.CodeOf(err) != providers.CodeInvalid || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("error %v", err)
	}
}

// TestNoise has a provider print before, in and after the handshake.
func TestNoise(t *testing.T) {
	var log journal
	o := options(t, "noisy")
	o.Log = logTo(&log)
	c := plugin.Launch(o)
	target := openTarget(t, c)
	if _, err := target.Finish(t.Context(), wantFinish()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"loading plug-ins", `half a line`, "a stray print",
		`level=INFO msg=finishing provider=fake repo=42`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	if strings.Contains(log.String(), "\x1b") || strings.Contains(log.String(), "somebody else") {
		t.Errorf("the log holds what it should not:\n%s", log.String())
	}
	if t.Failed() {
		t.Log(log.String())
	}
}

// TestChildProcess looks at the process from outside: what it was given.
func TestChildProcess(t *testing.T) {
	t.Setenv("CI_SECRET", "hidden")
	t.Setenv("HTTPS_PROXY", "http://proxy.example")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := options(t, "fake")
	o.Env = append(o.Env, "EXTRA=yes")
	o.Inherit = []*os.File{w}
	c := plugin.Launch(o)
	openSource(t, c)

	proc := filepath.Join("/proc", strconv.Itoa(c.PID()))
	environ, err := os.ReadFile(filepath.Join(proc, "environ"))
	if err != nil {
		t.Skip("needs /proc:", err)
	}
	cmdline, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(environ)+string(cmdline), secretText) {
		t.Error("the secret can be read off the process")
	}
	for _, v := range strings.Split(string(environ), "\x00") {
		name, _, _ := strings.Cut(v, "=")
		known := []string{
			"", "HOME", "TMPDIR", "PATH", "LANG", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "SSL_CERT_FILE", "SSL_CERT_DIR",
			"GIT_SSL_CAINFO", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
			"all_proxy", "no_proxy", "EXTRA", roleKey,
		}
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "PLUGIN_") && !strings.HasPrefix(name, "DROVER_") {
			t.Errorf("the provider sees %s", v)
		}
	}
	for _, want := range []string{"EXTRA=yes", "HTTPS_PROXY=http://proxy.example"} {
		if !slices.Contains(strings.Split(string(environ), "\x00"), want) {
			t.Errorf("the provider does not see %s", want)
		}
	}

	// The provider holds the pipe: closing our end does not end it, the end of
	// the provider does.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.ReadFile(filepath.Join(proc, "fdinfo", "3"))
	if err != nil {
		t.Error("the descriptor was not passed on:", err)
	}
	if _, flags, _ := strings.Cut(string(info), "flags:\t"); !strings.HasPrefix(flags, "02") {
		t.Errorf("the provider's children get the descriptor too: %s", info)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(o.Scratch); err != nil || len(entries) != 1 {
		t.Errorf("scratch holds %v, %v; want the folder of a session that is still open", entries, err)
	}
}

// TestOrphan kills an engine and awaits the end of its provider.
func TestOrphan(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tmp, err := os.MkdirTemp("", "orphan") // short, for sockets
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	cmd := exec.Command(options(t, "").Path)
	cmd.Env = append(os.Environ(), roleKey+"=engine", "SCRATCH="+t.TempDir(), "TMPDIR="+tmp)
	cmd.ExtraFiles = []*os.File{w}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if _, numErr := strconv.Atoi(strings.TrimSpace(line)); err != nil || numErr != nil {
		t.Fatalf("the engine says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil { // ends with the last process that holds it
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("the provider left %v behind", left)
	}
}

func kill(t *testing.T, c *plugin.Client) {
	t.Helper()
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// TestCrash kills the provider in the middle of a stream, and goes on.
func TestCrash(t *testing.T) {
	c := launch(t, options(t, "fake"))
	source, target := openSource(t, c), openTarget(t, c)
	first := c.PID()

	var crash error
	for m, err := range source.Read(t.Context(), providers.ReadRequest{Stream: "pause"}) {
		if err != nil {
			crash = err
			break
		}
		if m.Record != nil {
			kill(t, c)
		}
	}
	if providers.CodeOf(crash) != providers.CodeUnavailable || !strings.Contains(crash.Error(), "provider fake crashed (signal: killed)") {
		t.Fatalf("error %v", crash)
	}

	// Both objects go on working, and share one restart.
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := target.Finish(t.Context(), wantFinish()); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			for _, err := range source.Read(t.Context(), providers.ReadRequest{Stream: "10"}) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	pid := c.PID()
	wait.Wait()
	if c.PID() == first || c.PID() == 0 || pid != 0 && pid != c.PID() {
		t.Errorf("processes %d, %d, %d; want one restart", first, pid, c.PID())
	}
}

// TestCrashTakesChildren kills a provider that has a child at work, which keeps
// standard error open.
func TestCrashTakesChildren(t *testing.T) {
	c := launch(t, options(t, "fake"))
	source := openSource(t, c)
	var child string
	var crash error
	for m, err := range source.Read(t.Context(), providers.ReadRequest{Stream: "child"}) {
		if crash = err; err == nil {
			child = m.Record.ID
			kill(t, c)
		}
	}
	if providers.CodeOf(crash) != providers.CodeUnavailable || child == "" {
		t.Fatalf("error %v, child %q", crash, child)
	}
	for {
		stat, err := os.ReadFile(filepath.Join("/proc", child, "stat"))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return // gone, or waiting to be reaped by whoever inherited it
		}
	}
}

func TestCrashDuringWrite(t *testing.T) {
	target := openTarget(t, launch(t, options(t, "fake")))
	_, err := target.Create(t.Context(), providers.CreateRequest{Marker: "die"})
	e := providers.AsError(err)
	if e.Code != providers.CodeUnavailable {
		t.Errorf("code %s", e.Code)
	}
	if want := `it said last: disk full, token `; !strings.HasPrefix(e.Hint, want) {
		t.Errorf("hint %q, want %q", e.Hint, want)
	}
	if strings.Contains(e.Hint, "s3cret") {
		t.Errorf("hint %q holds the secret", e.Hint)
	}
}

// TestGivesUp crashes the provider with every call.
func TestGivesUp(t *testing.T) {
	o := options(t, "fake")
	o.Restarts = 1
	c := launch(t, o)
	target := openTarget(t, c)
	var last error
	for range 3 {
		_, last = target.Create(t.Context(), providers.CreateRequest{Marker: "die"})
		if providers.CodeOf(last) != providers.CodeUnavailable {
			t.Fatal(last)
		}
	}
	if want := "crashed 2 times in a row and is not started again"; !strings.Contains(last.Error(), want) {
		t.Errorf("error %v, want %q", last, want)
	}
	if c.PID() != 0 {
		t.Error("a process is running")
	}
}

// TestSuccessForgives crashes the provider more often than it may in a row.
func TestSuccessForgives(t *testing.T) {
	o := options(t, "fake")
	o.Restarts = 1
	target := openTarget(t, launch(t, o))
	for range 3 {
		if _, err := target.Create(t.Context(), providers.CreateRequest{Marker: "die"}); err == nil {
			t.Fatal("no crash")
		}
		if _, err := target.Finish(t.Context(), wantFinish()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCloseLetsCallsFinish closes the client while a stream is being read: the
// reader gets the last checkpoint.
func TestCloseLetsCallsFinish(t *testing.T) {
	c := launch(t, options(t, "fake"))
	source := openSource(t, c)
	closed := make(chan error, 1)
	var last schema.Cursor
	for m, err := range source.Read(t.Context(), providers.ReadRequest{Stream: "checkpoint at the end"}) {
		switch {
		case err != nil:
			if providers.CodeOf(err) != providers.CodeUnavailable {
				t.Error(err)
			}
		case m.Record != nil:
			go func() { closed <- c.Close(context.Background()) }()
		case m.Checkpoint != nil:
			last = *m.Checkpoint
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if last != "last words" {
		t.Errorf("last checkpoint %q", last)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Error("second close:", err)
	}
	if _, err := c.OpenSource(t.Context(), wantConfig()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
	if c.PID() != 0 {
		t.Error("a process is running")
	}
}

// TestCloseKills closes a client whose provider does not mind.
func TestCloseKills(t *testing.T) {
	c := plugin.Launch(options(t, "fake"))
	source := openSource(t, c)
	pid := c.PID()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failed error
	for _, err := range source.Read(context.Background(), providers.ReadRequest{Stream: "deaf"}) {
		if err != nil {
			failed = err
			break
		}
		cancel() // the grace is over
		if err := c.Close(ctx); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("close: %v", err)
		}
	}
	if !errors.Is(failed, os.ErrClosed) {
		t.Errorf("the call ended with %v", failed)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

// TestCloseStopped closes a client whose provider was stopped by a signal and
// answers nothing at all.
func TestCloseStopped(t *testing.T) {
	c := plugin.Launch(options(t, "fake"))
	openSource(t, c)
	if err := syscall.Kill(c.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); err == nil {
		t.Error("no error")
	}
}

// TestTerminate sends SIGTERM to the provider alone: the stream ends with its
// last checkpoint. SIGINT changes nothing.
func TestTerminate(t *testing.T) {
	c := launch(t, options(t, "fake"))
	source := openSource(t, c)
	var last schema.Cursor
	for m, err := range source.Read(t.Context(), providers.ReadRequest{Stream: "checkpoint at the end"}) {
		switch {
		case err != nil:
			if providers.CodeOf(err) != providers.CodeUnavailable {
				t.Error(err)
			}
		case m.Record != nil:
			for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
				if err := syscall.Kill(c.PID(), s); err != nil {
					t.Fatal(err)
				}
			}
		case m.Checkpoint != nil:
			last = *m.Checkpoint
		}
	}
	if last != "last words" {
		t.Errorf("last checkpoint %q", last)
	}
}
