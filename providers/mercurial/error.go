package mercurial

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// failure classifies what went wrong while op was done to the repository at a.
// Errors that are classified already keep their class.
func failure(op string, a address, err error) *providers.Error {
	e := classify(err)
	if e.Op == "" {
		e.Op, e.Subject = op, a.shown()
	}
	return e
}

const spaceHint = "free space where drover keeps its working copies and apply again; what is there is kept"

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
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
	case errors.Is(err, conversion.ErrBusy):
		e.Code, e.Hint = providers.CodeConflict, "wait for the other run to end, or stop it"
	case errors.Is(err, hg.ErrCorrupt):
		e.Code, e.Hint = providers.CodeInvalid, "run hg verify in the source repository to see what is damaged"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Hint = providers.CodeUnavailable, spaceHint
	case errors.As(err, &git) && git.Kind == gitrepo.Missing:
		e.Code, e.Hint = providers.CodeInternal, "install git and make sure that it is in PATH"
	case errors.Is(err, fs.ErrNotExist):
		e.Code, e.Attribute, e.Hint = providers.CodeNotFound, "vcs_url", "correct vcs_url; a relative path starts at the folder of the plan"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Code, e.Hint = providers.CodeDenied, "give the user that runs drover permission to use it"
	default:
		e.Code = providers.CodeInternal
	}
	return e
}
