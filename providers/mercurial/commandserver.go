package mercurial

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/cmdserver"
	"github.com/drover-migrate/drover/schema"
)

// hgEnvironment is what the program hg sees of ours: no configuration of the
// user, the system or a repository, any of which can name programs to run.
func hgEnvironment(more ...string) []string {
	env := []string{"HGPLAIN=1", "HGRCSKIPREPO=1", "HGENCODING=UTF-8", "LC_ALL=C.UTF-8"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SystemRoot", "TEMP", "TMP", "USERPROFILE", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "NO_PROXY", "no_proxy"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env, more...)
}

// hgCommand is a run of the program hg with the configuration in the file rc.
func hgCommand(ctx context.Context, rc string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "hg", append([]string{"--config", "extensions.largefiles=", "--config", "extensions.lfs="}, args...)...)
	cmd.Env = hgEnvironment("HGRCPATH=" + rc)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// hgRun runs hg to its end.
func hgRun(ctx context.Context, rc string, args ...string) error {
	cmd := hgCommand(ctx, rc, args...)
	said := &tail{}
	cmd.Stdout, cmd.Stderr = io.Discard, said
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return noHg(err)
	}
	return &providers.Error{Code: providers.CodeUnavailable, Op: "run hg " + args[0], Message: said.String(), Err: err,
		Hint: "run the same command by hand to see why it fails"}
}

func noHg(err error) error {
	return &providers.Error{Code: providers.CodeUnsupported, Op: "find hg", Message: "verifying compares with what Mercurial itself exports, and the program hg is not installed", Err: err,
		Hint: "install Mercurial where drover runs; nothing else needs it"}
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.kept = append(t.kept, p...)
	if len(t.kept) > most {
		t.kept = bytes.Clone(t.kept[len(t.kept)-most:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	return schema.Printable(strings.Join(lines[max(0, len(lines)-3):], "; "))
}

// hgServer carries out many commands of hg in one repository.
type hgServer struct{ server *cmdserver.Server }

func startHg(ctx context.Context, repository string) (*hgServer, error) {
	server, err := cmdserver.Start(hgCommand(ctx, "", append([]string{"-R", repository}, cmdserver.Arguments()...)...))
	if errors.Is(err, exec.ErrNotFound) {
		return nil, noHg(err)
	} else if err != nil {
		return nil, err
	}
	return &hgServer{server}, nil
}

// run carries out one command and returns what it complained about.
func (h *hgServer) run(stdout io.Writer, args ...string) (complaint string, err error) {
	said := &tail{}
	code, err := h.server.Run(stdout, said, args...)
	if err != nil || code == 0 {
		return "", err
	}
	return said.String(), nil
}

func (h *hgServer) close() error { return h.server.Close() }
