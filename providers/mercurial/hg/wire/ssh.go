package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	// maxNoise is how many lines a login may print before the server speaks.
	maxNoise = 500

	// sshFailed is the exit code with which ssh reports its own failures.
	sshFailed = 255

	// endGrace is how long a server may take to end.
	endGrace = 2 * time.Second

	// noNode is the null node.
	noNode = "0000000000000000000000000000000000000000"
)

// shell is a server reached over ssh: hg serve --stdio on the host.
type shell struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   *tail // on standard error
	failed error // of an earlier request: what follows in out is unknown

	once  sync.Once
	ended error // what Wait returned
}

// dialSSH starts ssh and the server behind it.
func dialSSH(ctx context.Context, u *url.URL, opts Options) (conn, string, error) {
	cmd, err := sshCommand(ctx, u, opts)
	if err != nil {
		return nil, "", err
	}
	s := &shell{cmd: cmd, said: &tail{}}
	cmd.Stderr = s.said
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", fmt.Errorf("make a pipe for ssh: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("make a pipe for ssh: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, "", &providers.Error{Code: providers.CodeInternal, Message: "ssh could not be started", Hint: "install ssh and make sure that it is in PATH", Err: err}
	}
	s.in, s.out = in, newReader(out)
	hello, err := s.greet()
	if err != nil {
		return nil, "", s.explain(ctx, err)
	}
	return s, hello, nil
}

// newReader reads a session; no line of it is longer than its buffer.
func newReader(out io.Reader) *bufio.Reader { return bufio.NewReaderSize(out, 64<<10) }

// sshCommand is ssh with a server at its other end.
func sshCommand(ctx context.Context, u *url.URL, opts Options) (*exec.Cmd, error) {
	user, host := username(u, opts), u.Hostname()
	// A path begins at the home of the user; //PATH is absolute.
	path := strings.TrimPrefix(u.Path, "/")
	if path == "" {
		path = "."
	}
	if host == "" || strings.HasPrefix(host, "-") || strings.HasPrefix(user, "-") || strings.HasPrefix(path, "-") {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "host, user or path of the address looks like an option", Attribute: "vcs_url",
			Hint: "write an address like ssh://user@host/path"}
	}
	var args []string
	if u.Port() != "" {
		args = append(args, "-p", u.Port())
	}
	if user != "" {
		host = user + "@" + host
	}
	args = append(args, "--", host, "hg -R "+shellQuote(path)+" serve --stdio")
	cmd := exec.CommandContext(ctx, "ssh", append([]string{"-oBatchMode=yes"}, args...)...)
	if own := os.Getenv("GIT_SSH_COMMAND"); own != "" { // is how this machine reaches hosts, and is shell
		cmd = exec.CommandContext(ctx, "sh", append([]string{"-c", own + ` "$@"`, "ssh"}, args...)...)
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SystemRoot", "SystemDrive", "TEMP", "TMP", "USERPROFILE"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd, nil
}

// shellQuote makes s one word for the shell of the host.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// greet asks for the capabilities. The second question has a known answer, by
// which one sees where the noise of a login ends.
func (s *shell) greet() (string, error) {
	if _, err := fmt.Fprintf(s.in, "hello\nbetween\npairs 81\n%s-%s", noNode, noNode); err != nil {
		return "", err
	}
	hello, before := "", ""
	for range maxNoise {
		line, err := s.line()
		if err != nil {
			return "", err
		}
		if before == "1" && line == "" {
			return hello, nil
		}
		if caps, ok := strings.CutPrefix(line, "capabilities:"); ok {
			hello = caps
		}
		before = line
	}
	return "", errors.New("the host prints too much before the server answers")
}

// line reads a line of a bounded length.
func (s *shell) line() (string, error) {
	line, err := s.out.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return string(line[:len(line)-1]), nil
}

// send writes a request: its name, and its arguments with their sizes.
func (s *shell) send(r request) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", r.command)
	for _, a := range r.args {
		fmt.Fprintf(&b, "%s %d\n%s", a.name, len(a.value), a.value)
	}
	if r.open {
		fmt.Fprintf(&b, "* %d\n", len(r.options))
		for _, a := range r.options {
			fmt.Fprintf(&b, "%s %d\n%s", a.name, len(a.value), a.value)
		}
	}
	_, err := s.in.Write(b.Bytes())
	return err
}

func (s *shell) call(ctx context.Context, r request) ([]byte, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	defer s.killAtEnd(ctx)()
	answer, err := s.answer(r)
	if err != nil {
		s.failed = s.explain(ctx, err)
		return nil, s.failed
	}
	return answer, nil
}

// answer reads a size in a line and as many bytes. A line without a size says
// that standard error has an explanation.
func (s *shell) answer(r request) ([]byte, error) {
	if err := s.send(r); err != nil {
		return nil, err
	}
	line, err := s.line()
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(line)
	if err != nil || size < 0 || size > maxAnswer {
		return nil, fmt.Errorf("the server's answer to %s begins with %q", r.command, schema.Printable(line[:min(len(line), 40)]))
	}
	var answer bytes.Buffer // grows with what comes, not with what is promised
	if _, err := io.CopyN(&answer, s.out, int64(size)); err != nil {
		return nil, err
	}
	return answer.Bytes(), nil
}

func (s *shell) stream(ctx context.Context, r request) (io.ReadCloser, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	done := s.killAtEnd(ctx)
	if err := s.send(r); err != nil {
		done()
		s.failed = s.explain(ctx, err)
		return nil, s.failed
	}
	return &shellStream{shell: s, ctx: ctx, done: done}, nil
}

// shellStream is an answer that itself says where it ends.
type shellStream struct {
	shell *shell
	ctx   context.Context
	done  func()
}

func (t *shellStream) Read(p []byte) (int, error) {
	if t.shell.failed != nil {
		return 0, t.shell.failed
	}
	n, err := t.shell.out.Read(p)
	if err != nil {
		t.shell.failed = t.shell.explain(t.ctx, err)
		err = t.shell.failed
	}
	return n, err
}

func (t *shellStream) Close() error {
	t.done()
	return nil
}

// killAtEnd ends ssh when ctx ends before the returned function is called.
func (s *shell) killAtEnd(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { s.cmd.Process.Kill() }) // may be gone already
	return func() { stop() }
}

func (s *shell) close() error {
	s.end() // how it ends says nothing: everything that was asked has been answered
	return nil
}

// end lets the server see the end of its input, upon which it ends, and waits
// for that, though not for ever.
func (s *shell) end() {
	s.once.Do(func() {
		s.in.Close()
		kill := time.AfterFunc(endGrace, func() { s.cmd.Process.Kill() })
		defer kill.Stop()
		s.ended = s.cmd.Wait()
	})
}

// explain is the error of a connection that does not go on. It waits for the
// end of ssh, whose exit code tells whose failure it is.
func (s *shell) explain(ctx context.Context, err error) error {
	s.end()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	said := s.said.text()
	e := &providers.Error{Code: providers.CodeUnavailable, Message: "the server broke off", Err: err,
		Hint: "run the command again; what was received completely is kept"}
	if said != "" {
		e.Message = "the server broke off: " + said
	} else if err != io.EOF {
		e.Message += ": " + schema.Printable(err.Error())
	}
	var exit *exec.ExitError
	lower := strings.ToLower(said)
	switch {
	case strings.Contains(lower, "permission denied") || strings.Contains(lower, "host key verification failed"):
		e.Code, e.Message, e.Hint = providers.CodeAuth, "ssh was not let in: "+said, "make sure that ssh reaches the host without asking anything"
	case strings.Contains(lower, "there is no mercurial repository here") || strings.Contains(lower, "abort: repository") && strings.Contains(lower, "not found"):
		e.Code, e.Message, e.Attribute = providers.CodeNotFound, "there is no Mercurial repository at the address: "+said, "vcs_url"
		e.Hint = "correct vcs_url; a path begins at the home of the user, and //PATH at the root"
	case strings.Contains(lower, "command not found") || strings.Contains(lower, "hg: not found"):
		e.Code, e.Message, e.Hint = providers.CodeUnsupported, "the host has no hg: "+said, "install Mercurial on the host, or copy the repository to this machine"
	case errors.As(s.ended, &exit) && exit.ExitCode() == sshFailed && said != "":
		e.Message, e.Hint = "ssh did not reach the host: "+said, "check the host and the network, and run the command again"
	}
	return e
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	t.last = t.last[max(0, len(t.last)-maxTail):]
	return len(p), nil
}

// text is what was written, in one line.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return schema.Printable(strings.Join(strings.Fields(string(t.last)), " "))
}
