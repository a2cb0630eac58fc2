package dump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// program is one run of a program of Subversion.
type program struct {
	name    string
	args    []string
	scratch string
}

// run runs the program and gives what it prints to read. A failure of the
// program is the error even if read failed as well, because of it.
func (p program) run(ctx context.Context, read func(io.Reader) error) error {
	path, err := exec.LookPath(p.name)
	if err != nil {
		return &providers.Error{
			Code: providers.CodeUnsupported, Op: "read the repository", Message: p.name + " was not found, and it has to read repositories of this format", Err: err,
			Hint: `install Subversion, or convert a dump file ("svnadmin dump REPOSITORY > FILE") or the URL of a server`,
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Env = p.environment()
	cmd.WaitDelay = 5 * time.Second
	stderr := &complaints{}
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run %s: %w", p.name, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", p.name, err)
	}
	readErr := read(out)
	if readErr != nil && !errors.Is(readErr, errShort) && !errors.Is(readErr, io.ErrUnexpectedEOF) {
		cancel() // it has more to say than we want to hear
		_ = cmd.Wait()
		return readErr
	}
	// What follows is nothing, or the program is not what we take it for.
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		if context.Cause(ctx) != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s failed: %s (%w)", p.name, stderr.text(), err)
	}
	return readErr
}

// output runs the program and returns what it prints, which is short.
func (p program) output(ctx context.Context) ([]byte, error) {
	const most = 64 << 10
	var out bytes.Buffer
	err := p.run(ctx, func(r io.Reader) error {
		_, err := io.Copy(&out, io.LimitReader(r, most))
		return err
	})
	return out.Bytes(), err
}

// environment holds what the programs need and nothing that changes what they
// print. Paths are given to them in UTF-8.
func (p program) environment() []string {
	locale := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		locale = "en_US.UTF-8"
	}
	env := []string{"LC_ALL=" + locale, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	if p.scratch != "" {
		env[2] = "TMPDIR=" + p.scratch
	}
	if runtime.GOOS == "windows" {
		env = append(env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return env
}

// complaints keeps the beginning of what a program complains about.
type complaints struct{ kept []byte }

func (c *complaints) Write(b []byte) (int, error) {
	const most = 2 << 10
	c.kept = append(c.kept, b[:min(len(b), most-len(c.kept))]...)
	return len(b), nil
}

func (c *complaints) text() string {
	var lines []string
	for line := range strings.SplitSeq(string(c.kept), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, svn.Printable(line))
		}
	}
	if len(lines) == 0 {
		return "it does not say why"
	}
	return strings.Join(lines, "; ")
}
