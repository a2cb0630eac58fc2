package mercurial

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
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

// commandServer is one process of hg that carries out many commands: starting
// it takes longer than most of them.
//
// https://wiki.mercurial-scm.org/CommandServer
type commandServer struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     io.Reader
}

// maxFrame bounds what hg may say in one piece.
const maxFrame = 64 << 20

func startCommandServer(ctx context.Context, repository string) (*commandServer, error) {
	s := &commandServer{process: hgCommand(ctx, "", "-R", repository, "serve", "--cmdserver", "pipe")}
	var err error
	if s.in, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	if s.out, err = s.process.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, noHg(err)
		}
		return nil, err
	}
	if _, err := s.frames(io.Discard, io.Discard, true); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// run carries out one command and returns what it complained about.
func (s *commandServer) run(stdout io.Writer, args ...string) (complaint string, err error) {
	request := strings.Join(args, "\x00")
	message := append([]byte("runcommand\n"), binary.BigEndian.AppendUint32(nil, uint32(len(request)))...)
	if _, err := s.in.Write(append(message, request...)); err != nil {
		return "", fmt.Errorf("ask hg: %w", err)
	}
	said := &tail{}
	code, err := s.frames(stdout, said, false)
	if err != nil {
		return "", err
	}
	if code != 0 {
		return said.String(), nil
	}
	return "", nil
}

// frames reads what the server says until it answers; greeting says that its
// first words are all.
func (s *commandServer) frames(stdout, stderr io.Writer, greeting bool) (code int32, err error) {
	for {
		var header [5]byte
		if _, err := io.ReadFull(s.out, header[:]); err != nil {
			return 0, fmt.Errorf("hg ended without an answer: %w", err)
		}
		n := int64(binary.BigEndian.Uint32(header[1:]))
		if n > maxFrame {
			return 0, fmt.Errorf("hg answers with a piece of %d bytes", n)
		}
		to := io.Discard
		switch header[0] {
		case 'o':
			to = stdout
		case 'e':
			to = stderr
		case 'r':
			var answer [4]byte
			if _, err := io.ReadFull(s.out, answer[:]); err != nil || n != int64(len(answer)) {
				return 0, fmt.Errorf("hg ended inside an answer: %w", err)
			}
			return int32(binary.BigEndian.Uint32(answer[:])), nil
		case 'I', 'L': // it wants input, and there is none
			if _, err := s.in.Write(make([]byte, 4)); err != nil {
				return 0, fmt.Errorf("answer hg: %w", err)
			}
			continue
		default:
			if header[0] >= 'A' && header[0] <= 'Z' {
				return 0, fmt.Errorf("hg answers through an unknown channel %q", header[0])
			}
		}
		// What nobody reads any more must be read nevertheless, up to the answer.
		if _, err := io.CopyN(forgiving{to}, s.out, n); err != nil {
			return 0, fmt.Errorf("hg ended inside an answer: %w", err)
		}
		if greeting {
			return 0, nil
		}
	}
}

// forgiving pretends that all was written.
type forgiving struct{ io.Writer }

func (f forgiving) Write(p []byte) (int, error) {
	f.Writer.Write(p)
	return len(p), nil
}

func (s *commandServer) close() error {
	err := s.in.Close() // ends the server
	if wait := s.process.Wait(); err == nil {
		err = wait
	}
	return err
}
