package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// ErrDigest is in the chain of the error of a provider whose executable is not
// the one that was asked for.
var ErrDigest = errors.New("the executable is not the one that was asked for")

// Reason says why a provider did not start.
type Reason string

// The reasons.
const (
	NotFound      Reason = "not_found"      // there is no such file
	NotExecutable Reason = "not_executable" // the file cannot be run here
	WrongDigest   Reason = "wrong_digest"   // the file is another one
	NotProvider   Reason = "not_provider"   // it runs, and is no provider
	WrongProtocol Reason = "wrong_protocol" // it speaks no version that this build speaks
	Crashed       Reason = "crashed"        // it ended before it was ready
	TimedOut      Reason = "timed_out"      // it was not ready in time
)

// StartError is the error of a provider that did not start. It is in the chain
// of every error that a Client returns for this cause.
type StartError struct {
	Name   string
	Path   string
	Reason Reason

	// Message says what happened, Hint what to do next.
	Message, Hint string

	// Lines are the last lines that the provider printed, made printable.
	Lines []string

	Err error // the cause, where there is one: ErrDigest, fs.ErrNotExist
}

func (e *StartError) Error() string {
	return fmt.Sprintf("provider %s (%s) did not start: %s", e.Name, e.Path, e.Message)
}

func (e *StartError) Unwrap() error { return e.Err }

// passing reports whether another try may go better.
func (e *StartError) passing() bool { return e.Reason == Crashed || e.Reason == TimedOut }

// Digest returns the digest of the file at path, as "sha256:HEX".
func Digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("digest of a provider: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("digest of %s: %w", path, err)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// examine looks at the file of a provider before it is run. Between this look
// and the run the file could be changed by who may write to its folder; a
// digest says what was installed, and does not defend against its owner.
func examine(name, path, digest string) *StartError {
	e := &StartError{Name: name, Path: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Reason, e.Err = NotFound, err
		e.Message, e.Hint = "there is no such file", "install the provider, or name its path"
		return e
	case err != nil:
		e.Reason, e.Err = NotFound, err
		e.Message, e.Hint = err.Error(), "make the file readable"
		return e
	case !info.Mode().IsRegular():
		e.Reason, e.Message, e.Hint = NotExecutable, "it is not a file", "name the provider's executable"
		return e
	}
	if digest == "" {
		return nil
	}
	got, err := Digest(path)
	if err != nil {
		e.Reason, e.Err = NotExecutable, err
		e.Message, e.Hint = err.Error(), "make the file readable"
		return e
	}
	if !strings.EqualFold(got, digest) {
		e.Reason, e.Err = WrongDigest, ErrDigest
		e.Message = fmt.Sprintf("its digest is %s, and %s was asked for", got, schema.Printable(digest))
		e.Hint = "install the release that was asked for, or lock the providers again when the change was meant"
		return e
	}
	return nil
}

// diagnose finds out why p did not become a provider, now that it has ended.
// The cause is what go-plugin made of it.
func diagnose(name string, p *program, logged []string, cause error, timedOut bool) *StartError {
	e := &StartError{Name: name, Path: p.cmd.Path, Err: cause, Lines: logged}
	if p.ID() == "" {
		e.Reason = NotExecutable
		e.Message = "it cannot be run: " + cause.Error()
		e.Hint = "make the file executable, and check that it was built for this system"
		return e
	}
	greeting, stray := p.said()
	if version, ok := greetingVersion(greeting); ok && !speaks(version) {
		return mismatch(e, version)
	}
	for _, line := range stray[:min(len(stray), tailShown)] {
		e.Lines = append(e.Lines, schema.Printable(line))
	}
	succeeded := p.cmd.ProcessState.Success()
	switch {
	case timedOut:
		e.Reason = TimedOut
		e.Message = fmt.Sprintf("it was not ready within %s", startTimeout)
		e.Hint = lastWord(logged, "see what it does when it is run by hand with --describe")
	case greeting == "" && len(stray) > 0 && (len(logged) == 0 || succeeded || p.wasKilled()):
		e.Reason = NotProvider
		e.Message = fmt.Sprintf("it printed %q where a provider's handshake should be", schema.Printable(stray[0]))
		e.Hint = "name the executable of a provider"
	case greeting == "" && succeeded:
		e.Reason = NotProvider
		e.Message = "it ended without a word, and a provider would have stayed"
		e.Hint = "name the executable of a provider"
	case p.wasKilled():
		e.Reason = NotProvider
		e.Message = "its handshake cannot be used: " + cause.Error()
		e.Hint = "report it to the provider's author"
	default:
		e.Reason = Crashed
		e.Message = fmt.Sprintf("it ended before it was ready (%s)", p.verdict())
		e.Hint = lastWord(logged, "run it by hand with --describe")
	}
	return e
}

// mismatch says which side is too old.
func mismatch(e *StartError, theirs int) *StartError {
	e.Reason = WrongProtocol
	e.Message = fmt.Sprintf("it speaks version %d of the provider protocol, and this Drover speaks %s", theirs, versionList())
	if theirs > protocol {
		e.Hint = fmt.Sprintf("upgrade Drover to a release that speaks version %d, or install an older release of the provider %s", theirs, e.Name)
	} else {
		e.Hint = fmt.Sprintf("upgrade the provider %s to a release that speaks version %d", e.Name, protocol)
	}
	return e
}

func versionList() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(protocols()), " ", " and "), "[]")
}

// greetingVersion reads the protocol version off a handshake.
func greetingVersion(line string) (version int, ok bool) {
	n, err := fmt.Sscanf(line, "1|%d|", &version)
	return version, err == nil && n == 1
}
