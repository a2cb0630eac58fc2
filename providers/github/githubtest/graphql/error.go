package graphql

import "fmt"

// Error is one entry of an answer's errors, in GitHub's shape: a type that
// programs branch on for what went wrong while running, extensions with a code
// for what is wrong with the document.
type Error struct {
	Type       string         `json:"type,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
	Locations  []Location     `json:"locations,omitempty"`
	Message    string         `json:"message"`
}

// Location is a place in the document, counted from 1.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Types of errors as GitHub names them.
const (
	NotFound                    = "NOT_FOUND"
	Forbidden                   = "FORBIDDEN"
	RateLimited                 = "RATE_LIMITED"
	ArgumentLimit               = "ARGUMENT_LIMIT"
	MaxNodeLimitExceeded        = "MAX_NODE_LIMIT_EXCEEDED"
	ResourceLimitsExceeded      = "RESOURCE_LIMITS_EXCEEDED"
	MissingPaginationBoundaries = "MISSING_PAGINATION_BOUNDARIES"
	ExcessivePagination         = "EXCESSIVE_PAGINATION"
	InvalidCursorArguments      = "INVALID_CURSOR_ARGUMENTS"
	Unprocessable               = "UNPROCESSABLE"
	Internal                    = "INTERNAL"
)

// Errorf makes an error of a type; a resolver returns it in place of a value.
func Errorf(kind, format string, args ...any) *Error {
	return &Error{Type: kind, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Message }
