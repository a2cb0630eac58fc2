package git

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/lfs"
)

const (
	// maxGranted bounds what a host may print.
	maxGranted = 1 << 20

	// sshFailed is the exit code with which ssh reports its own failures.
	sshFailed = 255
)

// authenticate asks the host of an ssh address for its LFS server and for
// headers that let us in.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md#ssh
func authenticate(ctx context.Context, a address) (lfs.Server, *providers.Error) {
	var out bytes.Buffer
	cmd := sshCommand(ctx, a, "git-lfs-authenticate "+shellQuote(strings.TrimPrefix(a.path, "/"))+" download")
	cmd.Stdout = &limited{to: &out, room: maxGranted}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return lfs.Server{}, classify(context.Cause(ctx))
	case errors.As(err, &exit) && exit.ExitCode() == sshFailed:
		return lfs.Server{}, &providers.Error{Code: providers.CodeUnavailable, Message: "ssh could not ask the host for its Git LFS server", Err: err,
			Hint: "check that ssh reaches the host without asking anything"}
	case errors.As(err, &exit):
		return lfs.Server{}, &providers.Error{Code: providers.CodeUnsupported, Message: "the host has no Git LFS for this repository over ssh", Err: err,
			Hint: "set vcs_url to the repository's https address"}
	case err != nil:
		return lfs.Server{}, &providers.Error{Code: providers.CodeInternal, Message: "ssh could not be started", Hint: "install ssh and make sure that it is in PATH", Err: err}
	}
	var granted struct {
		Href   string            `json:"href"`
		Header map[string]string `json:"header"`
	}
	if err := json.Unmarshal(out.Bytes(), &granted); err != nil {
		return lfs.Server{}, &providers.Error{Code: providers.CodeUnsupported, Message: "the host's answer to git-lfs-authenticate is not JSON", Err: err,
			Hint: "set vcs_url to the repository's https address"}
	}
	if granted.Href == "" {
		granted.Href = lfs.Endpoint("https://" + address{host: a.host}.hostPort() + "/" + strings.TrimPrefix((&url.URL{Path: a.path}).EscapedPath(), "/"))
	}
	return lfs.Server{URL: granted.Href, Header: granted.Header}, nil
}

// sshCommand runs command at the host of a, as git would run ssh. The address
// is checked: neither host nor user begins with a dash.
func sshCommand(ctx context.Context, a address, command string) *exec.Cmd {
	args := []string{}
	if a.port != "" {
		args = append(args, "-p", a.port)
	}
	host := a.host
	if a.user != "" {
		host = a.user + "@" + host
	}
	args = append(args, "--", host, command)
	cmd := exec.CommandContext(ctx, "ssh", append([]string{"-oBatchMode=yes"}, args...)...)
	if own := os.Getenv("GIT_SSH_COMMAND"); own != "" { // is shell, by git's definition
		cmd = exec.CommandContext(ctx, "sh", append([]string{"-c", own + ` "$@"`, "ssh"}, args...)...)
	}
	cmd.Env = environment("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SystemRoot", "SystemDrive", "TEMP", "TMP", "USERPROFILE")
	return cmd
}

// shellQuote makes s one word for the shell of the host.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

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
