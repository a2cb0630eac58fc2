package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

// maxConfigured bounds the address that a repository can configure.
const maxConfigured = 4 << 10

// configuredLFS returns lfs.url of the file .lfsconfig at HEAD, or "" when
// there is none or the file is malformed.
//
// git reads the file because it is the one that knows the format. The
// file is data: includes are not followed, and nothing it sets takes effect.
func configuredLFS(ctx context.Context, repo *gitrepo.Repo) (string, error) {
	cmd := exec.CommandContext(ctx, "git", "--git-dir="+repo.Dir(), "config", "--no-includes", "--null", "--blob=HEAD:.lfsconfig", "--get", "lfs.url")
	cmd.Env = append(environment("PATH", "HOME", "TMPDIR", "SystemRoot", "TEMP", "TMP"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=", "LC_ALL=C")
	var out bytes.Buffer
	cmd.Stdout = &limited{to: &out, room: maxConfigured}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit):
		return "", nil
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\x00"), nil
}

// environment returns the named variables of ours that are set.
func environment(names ...string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// limited keeps the beginning of what is written to it.
type limited struct {
	to   *bytes.Buffer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	l.to.Write(p[:min(len(p), l.room-l.to.Len())])
	return len(p), nil
}
