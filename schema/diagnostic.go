package schema

import "fmt"

// Severity says how much a diagnostic matters.
type Severity string

// The severities. An error makes its resource, or the whole plan, unfit to be
// applied; a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// FilePosition is a place in a file. Line and Column count from 1, Column in
// characters.
type FilePosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Range is a stretch of a plan file. File is relative to the plan's folder.
type Range struct {
	File  string       `json:"file"`
	Start FilePosition `json:"start"`
	End   FilePosition `json:"end"`
}

// IsZero reports whether r names no place.
func (r Range) IsZero() bool { return r.File == "" }

func (r Range) String() string { return fmt.Sprintf("%s:%d", r.File, r.Start.Line) }

// Excerpt is the text a diagnostic points into.
type Excerpt struct {
	Context   string `json:"context,omitempty"` // the block around it, such as repository "acme"
	Code      string `json:"code"`              // whole lines
	StartLine int    `json:"start_line"`
}

// Value is one name in play where a diagnostic arose.
type Value struct {
	Name string `json:"name"` // as written, such as each.value.name
	Is   string `json:"is"`   // how a person would write its value
}

// Diagnostic is a finding tied to a place in a plan file, or to a resource.
type Diagnostic struct {
	Severity Severity `json:"severity"`

	// Code is stable and made of dotted words, such as plan.reference.unknown
	// or git.auth. Programs may branch on it.
	Code string `json:"code"`

	Summary string   `json:"summary"`          // a short noun phrase
	Detail  string   `json:"detail,omitempty"` // full sentences: what was found, what was expected, what to do
	Help    string   `json:"help,omitempty"`   // a suggestion to paste or type
	Address string   `json:"address,omitempty"`
	Range   *Range   `json:"range,omitempty"`
	Snippet *Excerpt `json:"snippet,omitempty"`
	Values  []Value  `json:"values,omitempty"`
}

// Diagnostics is a list of findings in the order of their places.
type Diagnostics []Diagnostic

// HasErrors reports whether any of d is an error.
func (d Diagnostics) HasErrors() bool {
	for _, x := range d {
		if x.Severity == SeverityError {
			return true
		}
	}
	return false
}

// Errors returns the errors among d.
func (d Diagnostics) Errors() Diagnostics {
	var errs Diagnostics
	for _, x := range d {
		if x.Severity == SeverityError {
			errs = append(errs, x)
		}
	}
	return errs
}
