package main

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

func TestWriteDiagnostics(t *testing.T) {
	several := schema.Range{File: "acme.plan.hcl", Start: schema.FilePosition{Line: 9, Column: 3}, End: schema.FilePosition{Line: 11, Column: 4}}
	elsewhere := rangeAt(7)
	list := []schema.Diagnostic{
		invalidPath(),
		{Severity: schema.SeverityWarning, Code: "plan.deprecated", Summary: "Deprecated setting", Range: &several,
			Snippet: &schema.Excerpt{Code: "  a {\n    b = 1\n  }\n", StartLine: 9},
			Values:  []schema.Value{{Name: "var.x", Is: "null"}, {Name: "each.key", Is: `"k"`}}},
		{Severity: schema.SeverityError, Code: "target.exists", Summary: "Target already exists", Address: `repository.acme["acme/api"]`, Range: &elsewhere,
			Detail: "There is a repository at acme/core/api that this state knows nothing of.",
			Help:   "To take it over, add:\n\n  adopt {\n    to   = repository.acme[\"acme/api\"]\n    path = \"acme/core/api\"\n  }"},
		{Severity: schema.SeverityError, Summary: "No place and no code"},
	}
	found := screen{Excerpt: func(r schema.Range) *schema.Excerpt {
		if r.Start.Line != 7 {
			t.Errorf("asked for %v, which has its excerpt", r)
		}
		return nil
	}}
	golden(t, "diagnostics", rendered(t, func(b *strings.Builder) error { return writeDiagnostics(b, list, found) }))
	golden(t, "diagnostics-color", rendered(t, func(b *strings.Builder) error {
		return writeDiagnostics(b, list[:2], screen{Palette: true, Width: 60})
	}))
}

func TestWriteDiagnosticsFindsExcerpt(t *testing.T) {
	d := invalidPath()
	d.Snippet = nil
	s := screen{Excerpt: func(schema.Range) *schema.Excerpt { return &schema.Excerpt{Code: "found = 1", StartLine: 183} }}
	got := rendered(t, func(b *strings.Builder) error { return writeDiagnostics(b, []schema.Diagnostic{d}, s) })
	if want := "  on acme.plan.hcl line 183:\n 183: found = 1\n\n"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwithout\n%s", got, want)
	}
}

func TestWriteDiagnosticsBoundsText(t *testing.T) {
	long := strings.Repeat("x ", 1<<20)
	d := schema.Diagnostic{Summary: long, Detail: long, Help: long, Range: new(schema.Range), Snippet: &schema.Excerpt{Code: strings.Repeat(long[:1000]+"\n", 1000)}}
	got := rendered(t, func(b *strings.Builder) error { return writeDiagnostics(b, []schema.Diagnostic{d}, screen{}) })
	if most := 64 << 10; len(got) > most {
		t.Errorf("%d bytes were written, want at most %d", len(got), most)
	}
}

func TestWriteDiagnosticsHostile(t *testing.T) {
	mustBeClean(t, rendered(t, func(b *strings.Builder) error {
		return writeDiagnostics(b, hostileChangeset().Diagnostics, screen{})
	}))
}
