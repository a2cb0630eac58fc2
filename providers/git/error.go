package git

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// failure classifies what went wrong while op was done to the repository at a.
// Errors that are classified already keep their class.
func failure(op string, a address, err error) *providers.Error {
	e := classify(err)
	if e.Op == "" {
		e.Op, e.Subject = op, a.shown()
	}
	var git *gitrepo.Error
	if errors.As(err, &git) {
		e.Attribute, e.Hint = advice(git.Kind, a)
	}
	return e
}

// classify returns err as an error of its own, which may be changed.
func classify(err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		e := *known
		return &e
	}
	e := &providers.Error{Message: schema.Printable(err.Error()), Err: err}
	var git *gitrepo.Error
	switch {
	case errors.As(err, &git):
		e.Code, e.Message = gitCode(git.Kind), git.Message
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Hint = providers.CodeUnavailable, spaceHint
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Code, e.Hint = providers.CodeDenied, "give the user that runs drover permission to use it"
	default:
		e.Code = providers.CodeInternal
	}
	return e
}

const spaceHint = "free space where drover keeps its working copies and apply again; what is there is kept"

func gitCode(kind gitrepo.ErrorKind) providers.Code {
	switch kind {
	case gitrepo.Auth:
		return providers.CodeAuth
	case gitrepo.NotFound:
		return providers.CodeNotFound
	case gitrepo.Unreachable, gitrepo.Canceled, gitrepo.NoSpace:
		return providers.CodeUnavailable
	case gitrepo.Refused, gitrepo.Corrupt:
		return providers.CodeInvalid
	}
	return providers.CodeInternal
}

// advice says which setting is at fault and what to do next.
func advice(kind gitrepo.ErrorKind, a address) (attribute, hint string) {
	switch kind {
	case gitrepo.Auth:
		if a.web() {
			return "password", "check username and password in the source block; a token needs the right to read the repository"
		}
		return "vcs_url", "load a key that may read it into ssh-agent and put the host into known_hosts; ssh cannot ask here"
	case gitrepo.NotFound:
		if a.local() {
			return "vcs_url", "correct vcs_url; a relative path starts at the folder of the plan"
		}
		return "vcs_url", "correct vcs_url; a repository that the credential may not see looks the same"
	case gitrepo.Unreachable:
		return "", "check the host and the network, and run the command again"
	case gitrepo.Corrupt:
		return "", "run git fsck in the source repository to see what is damaged"
	case gitrepo.NoSpace:
		return "", spaceHint
	case gitrepo.Missing:
		return "", "install git and make sure that it is in PATH"
	}
	// What is refused after the address was checked says itself what to do.
	return "", ""
}

// badAddress is the failure of an address that cannot be used. It does not
// repeat the address, which may hold a password.
func badAddress(attribute string, err error) *providers.Error {
	e := classify(err)
	e.Op, e.Attribute = "read "+attribute, attribute
	e.Hint = "write a path, or a file, http, https, ssh or git address without a password; name a path that looks like an option ./NAME"
	return e
}
