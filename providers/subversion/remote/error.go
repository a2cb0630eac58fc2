package remote

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

// Codes of errors that Subversion servers report. They are numbers of APR's,
// and the same in both protocols.
//
// https://svn.apache.org/repos/asf/subversion/trunk/subversion/include/svn_error_codes.h
const (
	codeFSCorrupt        = 160004
	codeFSNoSuchRevision = 160006
	codeFSNotFound       = 160013
	codeFSNotDirectory   = 160016
	codeReposVersion     = 165005
	codeReposDisabled    = 165006
	codeRAIllegalURL     = 170000
	codeRANotAuthorized  = 170001
	codeRANotImplemented = 170003
	codeDAVPathNotFound  = 175007
	codeLocalOpenFailed  = 180001
	codeUnsupported      = 200007
	codeSvnUnknownCmd    = 210001
	codeSvnNoRepository  = 210005
	codeSvnBadVersion    = 210006
	firstAuthentication  = 215000
	lastAuthentication   = 215999
	codeRootUnreadable   = 220000
	codeUnreadable       = 220001
)

// ServerError returns what it means that a server reported the error with this
// number and message.
func ServerError(code int64, message string) *providers.Error {
	e := &providers.Error{Message: "the server says: " + clean(message)}
	if clean(message) == "" {
		e.Message = "the server reports an error without saying which"
	}
	switch code {
	case codeRANotAuthorized:
		e.Code, e.Attribute, e.Hint = providers.CodeAuth, "password", signInHint
	case codeRootUnreadable, codeUnreadable:
		e.Code, e.Hint = providers.CodeDenied, "ask for the right to read the path, or name a folder in vcs_url that the user may read"
	case codeFSNotFound, codeFSNoSuchRevision, codeFSNotDirectory, codeDAVPathNotFound, codeLocalOpenFailed, codeSvnNoRepository:
		e.Code, e.Attribute, e.Hint = providers.CodeNotFound, "vcs_url", "correct vcs_url"
	case codeRAIllegalURL:
		e.Code, e.Attribute, e.Hint = providers.CodeInvalid, "vcs_url", "correct vcs_url"
	case codeRANotImplemented, codeSvnUnknownCmd, codeSvnBadVersion, codeUnsupported, codeReposVersion, codeReposDisabled:
		e.Code, e.Hint = providers.CodeUnsupported, "the server must run Subversion 1.5 or newer; a dump of the repository (svnadmin dump) can be used instead"
	case codeFSCorrupt:
		e.Code, e.Hint = providers.CodeInvalid, "have the repository checked with svnadmin verify on the server"
	default:
		e.Code, e.Hint = providers.CodeUnavailable, "look into the server's log and apply again; what was received is kept"
		if code >= firstAuthentication && code <= lastAuthentication {
			e.Code, e.Attribute, e.Hint = providers.CodeAuth, "password", signInHint
		}
	}
	return e
}

const signInHint = "check username and password in the source block; the user needs the right to read the repository"

// SignIn returns the error of a server that wants to know who we are and was
// not told, or that refused what it was told.
func SignIn(refused bool, realm string) *providers.Error {
	e := &providers.Error{Code: providers.CodeAuth, Attribute: "password", Message: "the server asks for a user name and a password",
		Hint: "set username and password in the source block"}
	if refused {
		e.Message, e.Hint = "the server refuses the user name or the password", signInHint
	}
	if realm := clean(realm); realm != "" {
		e.Message += " for " + realm
	}
	return e
}

// maxMessage is how much of what a server says is repeated.
const maxMessage = 500

// clean makes a server's message fit to be shown, on one line.
func clean(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return schema.Printable(message)
}

// Broken returns the error of a connection that failed.
func Broken(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeUnavailable, Message: "the connection failed: " + clean(err.Error()),
		Hint: "check the host and the network and apply again; what was received is kept", Err: err}
}

// Garbled returns the error of an answer that is not the protocol.
func Garbled(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Message: "the server's answer cannot be understood: " + clean(err.Error()),
		Hint: "check that vcs_url is the address of a Subversion repository", Err: err}
}

// Failure returns err as a *providers.Error that says what was done and to
// what. It is nil for nil, and leaves the end of a context as it is.
func Failure(op, subject string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &providers.Error{Code: providers.CodeInternal, Message: err.Error(), Err: err}
	var data *svn.Error
	var known *providers.Error
	switch {
	case errors.As(err, &data):
		e.Code, e.Hint = providers.CodeInvalid, "have the repository checked with svnadmin verify on the server"
	case errors.As(err, &known):
		*e = *known
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Hint = providers.CodeUnavailable, "free space where drover keeps its working copies and apply again"
	}
	if e.Op == "" {
		e.Op, e.Subject = op, subject
	}
	return e
}
