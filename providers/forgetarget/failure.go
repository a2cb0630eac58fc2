package forgetarget

import (
	"context"
	"errors"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Failure classifies what went wrong while op was done to subject. Errors that
// are classified already keep their class.
func Failure(op, subject string, err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		named := *known
		if named.Op == "" {
			named.Op, named.Subject = op, schema.Printable(subject)
		}
		return &named
	}
	e := &providers.Error{Code: providers.CodeInternal, Op: op, Subject: schema.Printable(subject), Message: schema.Printable(err.Error()), Err: err}
	var git *gitrepo.Error
	switch {
	case errors.As(err, &git):
		e.Message = git.Message
		e.Code, e.Hint = gitCode(git.Kind)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
	}
	return e
}

// Result is what a call of a target comes to: value, or why there is none.
func Result[T any](value T, op, subject string, err error) (T, error) {
	if err != nil {
		var none T
		return none, Failure(op, subject, err)
	}
	return value, nil
}

func gitCode(kind gitrepo.ErrorKind) (providers.Code, string) {
	switch kind {
	case gitrepo.Auth:
		return providers.CodeDenied, "give the account of the token permission to write the repository"
	case gitrepo.NotFound:
		return providers.CodeNotFound, ""
	case gitrepo.Refused:
		return providers.CodeConflict, ""
	case gitrepo.Corrupt:
		return providers.CodeInvalid, "run git fsck in the repository to see what is damaged"
	case gitrepo.Unreachable, gitrepo.Canceled:
		return providers.CodeUnavailable, ""
	case gitrepo.NoSpace:
		return providers.CodeUnavailable, "make room on the disk and apply again"
	case gitrepo.Missing:
		return providers.CodeUnsupported, "install git"
	}
	return providers.CodeInternal, ""
}
