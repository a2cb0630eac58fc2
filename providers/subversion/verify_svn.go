package subversion

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/dump"
	"github.com/drover-migrate/drover/schema"
)

// at is the URL of a line, pinned to the revision.
func (v *verifier) at(one compared) string {
	u := v.root
	for part := range strings.SplitSeq(one.path, "/") {
		if part != "" {
			u += "/" + url.PathEscape(part)
		}
	}
	return u + "@" + strconv.FormatInt(one.rev, 10)
}

// load makes a repository of a dump file and returns its URL.
func (v *verifier) load(ctx context.Context, file string) (string, error) {
	dir := filepath.Join(v.temp, "repository")
	if _, err := exec.LookPath("svnadmin"); err != nil {
		return "", &providers.Error{Code: providers.CodeUnsupported, Message: "the program svnadmin is not installed, which loads a dump file to compare with",
			Hint: "install Subversion and make sure that svnadmin is in PATH", Err: err}
	}
	if err := v.run(ctx, nil, nil, "svnadmin", "create", dir); err != nil {
		return "", fmt.Errorf("create a repository to compare with: %w", err)
	}
	in, err := dump.OpenPlain(file)
	if err != nil {
		return "", err
	}
	defer in.Close() // read only
	if err := v.run(ctx, in, nil, "svnadmin", "load", "--quiet", "--bypass-prop-validation", "--force-uuid", dir); err != nil {
		return "", fmt.Errorf("load the dump file: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String(), nil
}

// svn runs the client, without a configuration of its own.
func (v *verifier) svn(ctx context.Context, out io.Writer, args ...string) error {
	global := []string{"--non-interactive", "--no-auth-cache", "--config-dir", filepath.Join(v.temp, "config")}
	var in io.Reader
	if v.source.username != "" {
		global = append(global, "--username="+v.source.username)
	}
	if v.source.password != "" {
		global = append(global, "--password-from-stdin")
		in = strings.NewReader(v.source.password)
	}
	if v.source.caFile != "" {
		global = append(global, "--config-option", "servers:global:ssl-authority-files="+v.source.caFile)
	}
	return v.run(ctx, in, out, "svn", append(args[:1:1], append(global, args[1:]...)...)...)
}

// run runs a program of Subversion.
func (v *verifier) run(ctx context.Context, in io.Reader, out io.Writer, name string, args ...string) error {
	const most = 4 << 10
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin, cmd.Stdout = in, out
	var said bytes.Buffer
	cmd.Stderr = &said
	for _, variable := range []string{"PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SVN_SSH", "SystemRoot", "TEMP", "TMP"} {
		if value, ok := os.LookupEnv(variable); ok {
			cmd.Env = append(cmd.Env, variable+"="+value)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C.UTF-8")
	if err := cmd.Run(); err != nil {
		if context.Cause(ctx) != nil {
			return context.Cause(ctx)
		}
		text := said.Bytes()
		return fmt.Errorf("%w: %s", err, schema.Printable(strings.TrimSpace(string(text[:min(len(text), most)]))))
	}
	return nil
}
