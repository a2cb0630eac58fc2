package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// The exit codes of every command.
const (
	exitOK          = 0
	exitFailure     = 1  // unexpected: a bug, a full disk, I/O
	exitChanges     = 2  // changes present, with --exit-code
	exitPlan        = 3  // the plan or the command line is wrong
	exitRefused     = 4  // a policy, the guard, a precondition or a postcondition said no
	exitStale       = 5  // the changeset is stale, damaged, or for another state
	exitLocked      = 6  // another run holds the state
	exitPartial     = 7  // applied partly; the rest is recorded
	exitProvider    = 8  // a provider or the system behind it: missing, crashed, unreachable
	exitCredentials = 9  // missing, refused, or not allowed enough
	exitCanceled    = 10 // stopped, and resumable
	exitDifferent   = 11 // fmt --check, verify or provider test found differences
)

// exitTable is shown by help.
const exitTable = `Exit codes:
  0  done; for plan, also when there are changes
  1  unexpected failure
  2  changes present (plan --exit-code, drift --exit-code)
  3  the plan or the command line is wrong
  4  a policy, the guard, a precondition or a postcondition said no
  5  the changeset is stale, damaged, or for another state
  6  locked by another run
  7  applied partly; the rest is done and recorded
  8  a provider, or the system behind it, failed
  9  credentials missing, refused, or not enough
 10  cancelled; apply again to continue
 11  fmt --check, verify or provider test found differences
`

// failure is an error with the exit code it leads to. A nil err was already
// shown.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// exit ends a command with a code, after everything was shown.
func exit(code int) error {
	if code == exitOK {
		return nil
	}
	return &failure{code: code}
}

// usage is a mistake on the command line.
func usage(format string, args ...any) error {
	return &failure{code: exitPlan, err: fmt.Errorf(format, args...)}
}

// exitCode is the one place that turns errors into exit codes.
func exitCode(err error) int {
	var (
		f      *failure
		locked *state.LockedError
		start  *plugin.StartError
		p      *providers.Error
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &f):
		return f.code
	case errors.Is(err, context.Canceled):
		return exitCanceled
	case errors.Is(err, engine.ErrStale), errors.Is(err, engine.ErrChangeset):
		return exitStale
	case errors.As(err, &locked):
		return exitLocked
	case errors.As(err, &start):
		return exitProvider
	case errors.As(err, &p):
		return exitOfProblem(p.Code)
	}
	return exitFailure
}

func exitOfProblem(code providers.Code) int {
	switch code {
	case providers.CodeAuth, providers.CodeDenied:
		return exitCredentials
	case providers.CodeUnavailable, providers.CodeInternal, providers.CodeRateLimited:
		return exitProvider
	case providers.CodeNotFound, providers.CodeInvalid, providers.CodeConflict, providers.CodeUnsupported:
		return exitPlan
	}
	return exitFailure
}

// exitOfFindings is the code of a plan that has errors: the plan's own
// mistakes first, then refusals, credentials, providers.
func exitOfFindings(list schema.Diagnostics) int {
	best := exitOK
	rank := map[int]int{exitOK: 0, exitProvider: 1, exitCredentials: 2, exitRefused: 3, exitPlan: 4}
	for _, d := range list.Errors() {
		if code := exitOfFinding(d.Code); rank[code] > rank[best] {
			best = code
		}
	}
	return best
}

func exitOfFinding(code string) int {
	switch code {
	case "plan.precondition", codePolicy, codeGuard, "plan.postcondition":
		return exitRefused
	case "source.auth", "target.auth", "provider.auth", "source.denied", "target.denied", "discover.auth", "discover.denied",
		"vcs.detection_needs_auth", "vcs.auth_failed", "vcs.denied":
		return exitCredentials
	case "source.unavailable", "target.unavailable", "source.internal", "target.internal", "source.rate_limited", "target.rate_limited",
		"provider.internal", "provider.unavailable", "provider.invalid", "provider.not_found", "plan.provider", "discover.unavailable", "discover.internal", "discover.rate_limited",
		"vcs.unavailable", "vcs.internal", "vcs.rate_limited":
		return exitProvider
	}
	return exitPlan
}
