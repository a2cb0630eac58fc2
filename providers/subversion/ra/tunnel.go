package ra

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// closeGrace is how long ssh may take to end after its input ended.
const closeGrace = time.Second

// tunnel is a connection through a process of ssh.
type tunnel struct {
	io.Reader
	in     io.WriteCloser
	cmd    *exec.Cmd
	stderr *tail
	cancel context.CancelFunc
	end    func() error
}

// openTunnel starts ssh. The process ends with Close, and with us: its input
// is a pipe.
func openTunnel(a address) (*tunnel, error) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := sshCommand(ctx, a)
	cmd.WaitDelay = closeGrace
	t := &tunnel{cmd: cmd, stderr: &tail{}, cancel: cancel}
	cmd.Stderr = t.stderr
	in, err := cmd.StdinPipe()
	if err == nil {
		t.in = in
		t.Reader, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, &providers.Error{Code: providers.CodeInternal, Message: "ssh could not be started", Hint: "install ssh and make sure that it is in PATH", Err: err}
	}
	t.end = sync.OnceValue(t.stop)
	return t, nil
}

// sshCommand runs svnserve at the host of a. The address is checked: neither
// host nor user begins with a dash.
func sshCommand(ctx context.Context, a address) *exec.Cmd {
	args := []string{}
	if a.port != "" {
		args = append(args, "-p", a.port)
	}
	host := a.host
	if a.user != "" {
		host = a.user + "@" + host
	}
	args = append(args, "--", host, "svnserve -t")
	cmd := exec.CommandContext(ctx, "ssh", append([]string{"-oBatchMode=yes"}, args...)...)
	for _, name := range []string{"SVN_SSH", "GIT_SSH_COMMAND"} {
		if own := os.Getenv(name); own != "" {
			cmd = exec.CommandContext(ctx, "sh", append([]string{"-c", own + ` "$@"`, "ssh"}, args...)...)
			break
		}
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SystemRoot", "SystemDrive", "TEMP", "TMP", "USERPROFILE"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

func (t *tunnel) Write(p []byte) (int, error) { return t.in.Write(p) }

// Close ends ssh.
func (t *tunnel) Close() error { return t.end() }

func (t *tunnel) stop() error {
	_ = t.in.Close() // ssh may have ended before
	timer := time.AfterFunc(closeGrace, t.cancel)
	defer timer.Stop()
	defer t.cancel()
	err := t.cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		return nil // how a program ends that was told to stop says nothing
	}
	return err
}

// failure says why ssh gave no answer.
func (t *tunnel) failure() *providers.Error {
	_ = t.Close() // so that what it said is complete
	said := t.stderr.line()
	e := &providers.Error{Code: providers.CodeUnavailable, Message: "ssh reached no Subversion server: " + said,
		Hint: "check that ssh reaches the host without asking anything and that svnserve is installed there"}
	if said == "" {
		e.Message = "ssh ended without an answer from a Subversion server"
	}
	switch {
	case strings.Contains(said, "Permission denied"), strings.Contains(said, "Too many authentication failures"):
		e.Code, e.Attribute = providers.CodeAuth, "vcs_url"
		e.Hint = "load a key that the host accepts into ssh-agent; ssh cannot ask here"
	case strings.Contains(said, "Host key verification failed"):
		e.Code, e.Attribute = providers.CodeAuth, "vcs_url"
		e.Hint = "put the host into known_hosts; ssh cannot ask here"
	}
	return e
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-maxTail):]...)
	t.buf = t.buf[max(0, len(t.buf)-maxTail):]
	return len(p), nil
}

// line returns the last line that says something.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return schema.Printable(strings.TrimSpace(lines[len(lines)-1]))
}
