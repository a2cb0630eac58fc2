package providers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code classifies an error. The engine decides from the code alone whether to
// retry, skip, wait or stop.
type Code string

// The codes.
const (
	CodeAuth        Code = "auth"         // the credential is missing, wrong or expired
	CodeNotFound    Code = "not_found"    // no such thing, or not visible to this credential
	CodeDenied      Code = "denied"       // signed in, but not allowed
	CodeInvalid     Code = "invalid"      // the request cannot succeed as it is
	CodeConflict    Code = "conflict"     // something else stands in the way
	CodeUnsupported Code = "unsupported"  // the provider or the other side cannot do this
	CodeRateLimited Code = "rate_limited" // refused for now; Until says how long
	CodeUnavailable Code = "unavailable"  // no answer, or one that leaves the outcome open
	CodeInternal    Code = "internal"     // a fault of the provider
)

// Error is how a provider reports a failure. It crosses the wire as it is,
// except for Err, which stays in the provider's log. No field holds a secret.
type Error struct {
	Code Code `json:"code"`

	// Op is what was being done, as a verb and its object: "list refs".
	Op string `json:"op,omitempty"`

	// Subject is what it was done to: a URL, a path, a key.
	Subject string `json:"subject,omitempty"`

	// Message says what happened, in lower case and without a full stop.
	Message string `json:"message"`

	// Hint says what to do next.
	Hint string `json:"hint,omitempty"`

	// Attribute names the setting at fault, such as "vcs_url".
	Attribute string `json:"attribute,omitempty"`

	// Until is when a CodeRateLimited request may be tried again.
	Until time.Time `json:"until,omitzero"`

	Err error `json:"-"` // the cause
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Subject != "" {
			b.WriteString(" of " + e.Subject)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Err != nil && e.Message == "" {
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error with a formatted message. A %w in format sets Err.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Unsupported returns the error of something that a provider does not do.
func Unsupported(op string) *Error {
	return &Error{Code: CodeUnsupported, Op: op, Message: "this provider does not do that"}
}

// AsError returns err as an *Error: itself when it is one; one of the same code
// when it wraps one; else an internal error, or an unavailable one when its
// context ended. AsError(nil) is nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		return e
	}
	var e *Error
	if errors.As(err, &e) {
		outer := *e
		outer.Op, outer.Subject, outer.Message, outer.Err = "", "", err.Error(), err
		return &outer
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: CodeUnavailable, Message: "stopped before it was finished", Err: err}
	}
	return &Error{Code: CodeInternal, Message: err.Error(), Err: err}
}

// CodeOf returns the code of err, CodeInternal for errors of other types, and
// the empty code for nil.
func CodeOf(err error) Code {
	if e := AsError(err); e != nil {
		return e.Code
	}
	return ""
}
