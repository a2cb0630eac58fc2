package gitrepo

import (
	"errors"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrorKind says what a failure means to the caller.
type ErrorKind string

const (
	Auth        ErrorKind = "auth"        // credentials are missing, wrong, or not enough
	NotFound    ErrorKind = "not_found"   // there is no such repository or ref
	Unreachable ErrorKind = "unreachable" // the remote did not answer, or broke off; worth another try
	Refused     ErrorKind = "refused"     // a ref update, an address or a protocol was turned down
	Corrupt     ErrorKind = "corrupt"     // objects are missing or damaged
	NoSpace     ErrorKind = "no_space"    // the disk or the quota is full
	Canceled    ErrorKind = "canceled"    // the context ended
	Failed      ErrorKind = "failed"      // anything else
	Missing     ErrorKind = "missing"     // git is not installed or too old
)

// Error is how every operation of this package fails.
type Error struct {
	Op      string // what was tried, with its object: "mirror https://host/a.git"
	Kind    ErrorKind
	Ref     string // the ref that was refused, if the failure is about one
	Message string // one sentence, free of credentials and control characters
	Err     error  // the cause, or nil
}

func (e *Error) Error() string { return e.Op + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [*Error] in err's chain, Failed for
// any other error, and "" for nil.
func KindOf(err error) ErrorKind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Failed
}

// exitCode returns git's exit code if err is about one, and otherwise -1.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// symptom ties texts of git, ssh and curl to a kind. Texts are lower case.
type symptom struct {
	kind  ErrorKind
	texts []string
}

// localSymptoms are looked for, in this order, in what git and its children
// wrote themselves. A dropped connection comes last: it is also the
// consequence of every other failure.
func localSymptoms() []symptom {
	return []symptom{
		{NoSpace, []string{"no space left on device", "disk quota exceeded", "file too large"}},
		{Auth, []string{"authentication failed", "could not read username", "could not read password",
			"permission denied (", "returned error: 401", "returned error: 403", "invalid username or password",
			"host key verification failed", "access denied", "too many authentication failures"}},
		{NotFound, []string{"repository not found", "returned error: 404", "returned error: 410",
			"' not found", "does not appear to be a git repository", "couldn't find remote ref",
			"' does not exist", "could not be found", "not a git repository"}},
		{Refused, []string{"' not allowed", "cannot lock ref", "cannot update ref", "cannot process '",
			"rejected]", "non-fast-forward", "invalid ref format", "invalid ref name", "refusing to",
			"strange hostname", "strange pathname", "bad ref name", "dubious ownership"}},
		{Corrupt, []string{"bad object", "bad tree object", "bad tag", "missing blob", "missing tree", "missing commit", "missing necessary objects",
			"did not send all necessary objects", "is corrupt", "object file", "unable to read tree",
			"unable to read sha1", "could not parse", "failed to parse", "unable to parse", "cannot be accessed",
			"invalid object", "nonexistent object", "hash mismatch", "bad pack", "unresolved delta", "serious inflate",
			"inflate returned", "inflate: data", "not a valid object", "does not point to a valid object",
			"could not read object", "unable to find all commit", "does not match index"}},
	}
}

// remoteSymptoms are looked for in what the remote said. The remote does not
// get to say that our disk is full.
func remoteSymptoms() []symptom {
	return []symptom{
		{NotFound, []string{"not found", "could not be found", "does not exist"}},
		{Auth, []string{"permission", "denied", "authenticat", "unauthorized", "not authorized", "forbidden"}},
	}
}

func connectionSymptoms() []symptom {
	return []symptom{
		{Unreachable, []string{"could not resolve", "unable to look up", "connection refused", "connection timed out",
			"connection reset", "connection closed", "failed to connect", "couldn't connect", "unable to connect", "network is unreachable",
			"no route to host", "timed out", "early eof", "hung up unexpectedly", "rpc failed", "recv failure",
			"empty reply", "returned error: 5", "returned error: 429", "returned error: 408", "broken pipe",
			"unexpected disconnect", "could not read from remote repository", "unable to access"}},
	}
}

// classify reads what git wrote to standard error and returns what it means
// and the line that says it best.
func classify(stderr string) (ErrorKind, string) {
	var local, remote []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if said, ok := strings.CutPrefix(line, "remote:"); ok {
			remote = append(remote, strings.TrimSpace(said))
		} else if line != "" {
			local = append(local, line)
		}
	}
	if kind, line, ok := match(local, localSymptoms()); ok {
		return kind, line
	}
	if kind, line, ok := match(remote, remoteSymptoms()); ok {
		return kind, line
	}
	if kind, line, ok := match(local, connectionSymptoms()); ok {
		return kind, line
	}
	for _, prefix := range []string{"fatal:", "error:"} {
		for _, line := range local {
			if strings.HasPrefix(line, prefix) {
				return Failed, line
			}
		}
	}
	if len(local) > 0 {
		return Failed, local[len(local)-1]
	}
	return Failed, ""
}

func match(lines []string, symptoms []symptom) (ErrorKind, string, bool) {
	for _, s := range symptoms {
		for _, line := range lines {
			lower := strings.ToLower(line)
			for _, text := range s.texts {
				if strings.Contains(lower, text) {
					return s.kind, line, true
				}
			}
		}
	}
	return "", "", false
}

const maxMessage = 400

// plain makes a line of foreign text fit for an error: without git's prefix,
// control and formatting characters, the given secrets and URL credentials.
func plain(line string, secrets ...string) string {
	for _, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if form != "" {
				line = strings.ReplaceAll(line, form, "***")
			}
		}
	}
	line = hideUserinfo(line)
	line = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, line)
	for _, prefix := range []string{"fatal: ", "error: ", "ERROR: "} {
		line = strings.TrimPrefix(line, prefix)
	}
	line = strings.TrimRight(strings.TrimSpace(line), ".")
	if len(line) > maxMessage {
		line = strings.ToValidUTF8(line[:maxMessage], "") + "..."
	}
	return line
}

// hideUserinfo removes user names and passwords from the URLs in text.
func hideUserinfo(text string) string {
	return regexp.MustCompile(`://[^/\s'"]*@`).ReplaceAllString(text, "://")
}
