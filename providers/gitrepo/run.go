package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// termGrace is how long git may take to remove its lock files and
	// temporary packs after it was told to stop.
	termGrace = 2 * time.Second

	// waitDelay bounds the wait for a standard error that outlives git: an ssh
	// master connection keeps it open.
	waitDelay = 4 * time.Second

	maxLine = 1 << 20
)

// errStop ends a run early and on purpose; it never leaves the package.
var errStop = errors.New("stop")

// command is one run of git.
type command struct {
	op       string                // what it is for, in errors
	dir      string                // the git directory, or ""
	borrowed []string              // object directories to read beside the repository's own
	remote   *Remote               // where it may connect to; nil cuts it off from every transport
	config   []string              // further key=value settings
	args     []string              // subcommand and arguments
	stdin    io.Reader             // nil for none
	stdout   func(io.Reader) error // reads to the end or fails; nil discards
	progress func(Progress)        // nil for none
	said     func(stderr string)   // gets what git wrote to standard error, but for progress; nil for none
}

// run runs git to its end. On return no process of the run is left.
func (c command) run(parent context.Context) error {
	if parent.Err() != nil {
		return c.canceled(parent)
	}
	ctx, cancel := context.WithCancel(parent)
	defer cancel()

	cmd := exec.CommandContext(ctx, "git", c.argv()...)
	cmd.Env = c.environ()
	cmd.WaitDelay = waitDelay
	group := newGroup(cmd)
	log := &stderrLog{progress: c.progress}
	cmd.Stderr = log

	var in *feed
	if c.stdin != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return c.noPipe(err)
		}
		defer r.Close()
		defer w.Close()
		in = &feed{from: c.stdin, to: w, abort: group.kill}
		cmd.Stdin = r
	}
	var out *os.File
	if c.stdout != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return c.noPipe(err)
		}
		defer r.Close()
		defer w.Close()
		out, cmd.Stdout = r, w
	}

	ended, err := start(cmd)
	if err != nil {
		return c.notStarted(parent, err)
	}
	if c.remote != nil {
		group.watch()
	}
	if in != nil {
		cmd.Stdin.(*os.File).Close() // or nobody would notice that git stopped reading
		go in.run()
	}
	var readErr error
	if out != nil {
		cmd.Stdout.(*os.File).Close() // or the reader would never see the end
		if readErr = c.stdout(out); readErr != nil {
			cancel()
		}
		out.Close()
	}
	waitErr := <-ended
	group.release()
	log.flush()
	if c.said != nil {
		c.said(log.text())
	}
	inputErr := in.failure()

	switch {
	case inputErr != nil && parent.Err() == nil:
		return &Error{Op: c.op, Kind: Failed, Message: "could not read the input: " + plain(inputErr.Error()), Err: inputErr}
	case errors.Is(readErr, errStop):
		return errStop
	case parent.Err() != nil && (waitErr != nil || readErr != nil || inputErr != nil):
		return c.canceled(parent)
	case readErr != nil && log.text() == "":
		return &Error{Op: c.op, Kind: Failed, Message: "could not read what git printed: " + plain(readErr.Error()), Err: readErr}
	case readErr != nil:
		return c.failed(log.text(), readErr)
	case waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay):
		return c.failed(log.text(), waitErr)
	}
	return nil
}

// start starts cmd and returns a channel that gets the result of its Wait.
//
// Linux delivers the parent-death signal when the starting thread ends, not
// the process, so that thread is kept for as long as the command runs.
func start(cmd *exec.Cmd) (<-chan error, error) {
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}

// output runs git and returns what it printed, without the last newline.
func (c command) output(ctx context.Context) (string, error) {
	var b bytes.Buffer
	c.stdout = func(r io.Reader) error {
		if _, err := io.Copy(&b, io.LimitReader(r, maxLine)); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, r)
		return err
	}
	if err := c.run(ctx); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// eachLine runs git and calls f with each line it prints. The line is valid
// until f returns.
func (c command) eachLine(ctx context.Context, f func(line []byte) error) error {
	c.stdout = func(r io.Reader) error {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		lines.Split(splitNewline)
		for lines.Scan() {
			if err := f(lines.Bytes()); err != nil {
				return err
			}
		}
		return lines.Err()
	}
	return c.run(ctx)
}

// splitNewline is bufio.ScanLines without its removal of carriage returns.
func splitNewline(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// argv returns the arguments: settings first, then subcommand and data.
func (c command) argv() []string {
	config := []string{
		"core.hooksPath=" + os.DevNull,
		"core.fsmonitor=false",
		"gc.auto=0",
		"maintenance.auto=false",
		"protocol.ext.allow=never",
		"safe.directory=*",
		"credential.helper=",
		"init.defaultBranch=" + defaultBranch,
		"submodule.recurse=false",
	}
	if c.remote != nil {
		config = append(config, c.remote.config()...)
	}
	var argv []string
	for _, setting := range append(config, c.config...) {
		argv = append(argv, "-c", setting)
	}
	if c.dir != "" {
		argv = append(argv, "--git-dir="+c.dir)
	}
	return append(argv, c.args...)
}

// environ returns the whole environment of git: what it needs of ours, and
// what keeps every other configuration out.
func (c command) environ() []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_VARIANT",
		"SystemRoot", "SystemDrive", "TEMP", "TMP", "USERPROFILE", "PATHEXT", "COMSPEC",
		"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	ssh := os.Getenv("GIT_SSH_COMMAND")
	if ssh == "" {
		ssh = "ssh -oBatchMode=yes"
	}
	env = append(env,
		"GIT_SSH_COMMAND="+ssh, // also keeps core.sshCommand of a foreign repository from running
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_NO_REPLACE_OBJECTS=1", // refs/replace/* are data here, not instructions
		"GIT_NO_LAZY_FETCH=1",
		"LC_ALL=C",
	)
	if len(c.borrowed) > 0 {
		quoted := make([]string, len(c.borrowed))
		for i, dir := range c.borrowed {
			quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(dir) + `"` // a list in git's own quoting
		}
		env = append(env, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+strings.Join(quoted, string(os.PathListSeparator)))
	}
	if c.remote == nil {
		return append(env, "GIT_ALLOW_PROTOCOL=")
	}
	return append(append(env, "GIT_ALLOW_PROTOCOL=file:http:https:ssh:git"), c.remote.environ()...)
}

func (c command) secrets() []string {
	if c.remote == nil {
		return nil
	}
	return c.remote.secrets()
}

func (c command) canceled(ctx context.Context) error {
	return &Error{Op: c.op, Kind: Canceled, Message: "stopped before it was done", Err: context.Cause(ctx)}
}

func (c command) noPipe(err error) error {
	return &Error{Op: c.op, Kind: Failed, Message: "could not make a pipe for git", Err: err}
}

func (c command) notStarted(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return c.canceled(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return &Error{Op: c.op, Kind: Missing, Message: "git is not installed or not in PATH; install git " + minVersion + " or newer", Err: err}
	}
	return &Error{Op: c.op, Kind: Failed, Message: "could not start git", Err: err}
}

func (c command) failed(stderr string, err error) error {
	kind, line := classify(stderr)
	message := plain(line, c.secrets()...)
	if message == "" {
		message = "git failed without saying why"
		if code := exitCode(err); code > 0 {
			message = fmt.Sprintf("git failed with exit code %d without saying why", code)
		}
	}
	return &Error{Op: c.op, Kind: kind, Message: message, Err: err}
}

// feed copies the caller's input to git. It is not waited for: a Read that
// blocks is the caller's to end, and must not hold up a canceled run.
type feed struct {
	from  io.Reader
	to    *os.File
	abort func()

	mu  sync.Mutex
	err error
}

// run ends git at once if reading fails: git must not take half a stream for
// a whole one. Failed writes are no news, for git has ended then.
func (f *feed) run() {
	defer f.to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := f.from.Read(buf)
		if n > 0 {
			if _, err := f.to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			f.mu.Lock()
			f.err = err
			f.mu.Unlock()
			f.abort()
			return
		}
	}
}

// failure returns why the input could not be read.
func (f *feed) failure() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

const (
	minVersion    = "2.30"
	defaultBranch = "main"
)

// Version returns the version of the installed git, such as "2.39.5". It
// fails with kind Missing if there is none or it is older than this package
// needs.
func Version(ctx context.Context) (string, error) {
	c := command{op: "find git", args: []string{"version"}}
	out, err := c.output(ctx)
	if err != nil {
		return "", err
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(out, "git version "), " ")
	if !atLeast(version, minVersion) {
		return "", &Error{Op: c.op, Kind: Missing, Message: fmt.Sprintf("git %s is too old; install git %s or newer", plain(version), minVersion)}
	}
	return version, nil
}

// atLeast compares the first two numbers of two versions.
func atLeast(version, floor string) bool {
	v, f := strings.SplitN(version, ".", 3), strings.SplitN(floor, ".", 3)
	if len(v) < 2 {
		return false
	}
	for i := range 2 {
		have, err := strconv.Atoi(v[i])
		need, _ := strconv.Atoi(f[i])
		if err != nil || have < need {
			return false
		}
		if have > need {
			return true
		}
	}
	return true
}

// absolute makes a path safe to hand to git: it cannot be taken for an option
// or for the name of a configured remote.
func absolute(op, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", &Error{Op: op, Kind: Failed, Message: "could not find the current directory", Err: err}
	}
	return abs, nil
}
