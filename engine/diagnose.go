package engine

import (
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// NewDiagnostic turns a provider's error about a resource into a diagnostic at
// the setting that is at fault, or at the resource's block. Prefix is the end
// that reported it, "source" or "target".
func NewDiagnostic(r *schema.Resource, prefix string, e *providers.Error) schema.Diagnostic {
	d := schema.Diagnostic{
		Severity: schema.SeverityError,
		Code:     prefix + "." + string(e.Code),
		Summary:  summaryOf(prefix, e.Code),
		Detail:   sentence(e.Error()),
		Help:     e.Hint,
		Address:  string(r.Address),
	}
	d.Range = place(r, e.Attribute)
	return d
}

// connectionDiagnostic is a provider's error about a connection as a whole, at
// the setting that is at fault, or at the connection's block.
func connectionDiagnostic(c schema.Connection, prefix string, e *providers.Error) schema.Diagnostic {
	d := schema.Diagnostic{
		Severity: schema.SeverityError, Code: prefix + "." + string(e.Code), Summary: summaryOf(prefix, e.Code),
		Detail: sentence(e.Error()), Help: e.Hint, Address: c.Address,
	}
	if at, ok := c.Origins[e.Attribute]; ok && !at.IsZero() {
		d.Range = &at
	} else if !c.Range.IsZero() {
		d.Range = &c.Range
	}
	return d
}

// finding is a diagnostic of the engine's own about a resource.
func finding(r *schema.Resource, severity schema.Severity, code, summary, detail, help, attribute string) schema.Diagnostic {
	return schema.Diagnostic{
		Severity: severity, Code: code, Summary: summary, Detail: detail, Help: help,
		Address: string(r.Address), Range: place(r, attribute),
	}
}

// place is where an attribute of r was written, else where r was.
func place(r *schema.Resource, attribute string) *schema.Range {
	if o, ok := r.Origins[attribute]; ok && !o.Range.IsZero() {
		return &o.Range
	}
	if r.Range.IsZero() {
		return nil
	}
	at := r.Range
	return &at
}

func summaryOf(prefix string, code providers.Code) string {
	end := "The " + prefix
	switch code {
	case providers.CodeAuth:
		return "Credentials missing or refused by the " + prefix
	case providers.CodeNotFound:
		if prefix == "source" {
			return "Repository not found"
		}
		return "Target not found"
	case providers.CodeDenied:
		return "Access denied by the " + prefix
	case providers.CodeInvalid:
		return end + " refuses this"
	case providers.CodeConflict:
		return "Conflict at the " + prefix
	case providers.CodeUnsupported:
		return "Not supported by the " + prefix
	case providers.CodeRateLimited:
		return "Rate limit of the " + prefix
	case providers.CodeUnavailable:
		return end + " cannot be reached"
	}
	if prefix == "provider" {
		return "The provider does not work"
	}
	return "Fault in the provider of the " + prefix
}

// sentence makes a full sentence of an error's text.
func sentence(s string) string {
	s = schema.Printable(s)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
