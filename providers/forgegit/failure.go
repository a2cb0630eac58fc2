package forgegit

import (
	"context"
	"errors"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// failure classifies what went wrong while op was done to the repository.
func (r Repository) failure(op string, err error) *providers.Error {
	e := Failure(op, r.Subject, err)
	if e.Code == providers.CodeAuth && e.Attribute == "" {
		e.Attribute, e.Hint = r.Attribute, "the credential is refused, or lacks "+r.Scope
	}
	return e
}

// Failure classifies what went wrong with git while op was done. Errors that are
// classified already keep their class. Err is not nil.
func Failure(op, subject string, err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		e := *known
		if e.Op == "" {
			e.Op, e.Subject = op, subject
		}
		return &e
	}
	e := &providers.Error{Code: providers.CodeInternal, Op: op, Subject: subject, Message: schema.Printable(err.Error()), Err: err}
	var git *gitrepo.Error
	if !errors.As(err, &git) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
		}
		return e
	}
	e.Message = git.Message
	switch git.Kind {
	case gitrepo.Auth:
		e.Code = providers.CodeAuth
	case gitrepo.NotFound:
		e.Code, e.Hint = providers.CodeNotFound, "correct the name, or give the credential access: to one without, a private repository does not exist"
	case gitrepo.Unreachable:
		e.Code, e.Hint = providers.CodeUnavailable, "check the network, and run the command again; what was received is kept"
	case gitrepo.Canceled:
		e.Code = providers.CodeUnavailable
	case gitrepo.NoSpace:
		e.Code, e.Hint = providers.CodeUnavailable, "free space where drover keeps its working copies and apply again; what is there is kept"
	case gitrepo.Refused, gitrepo.Corrupt:
		e.Code = providers.CodeInvalid
	}
	return e
}
