package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

func markdownOf(t *testing.T, c *engine.Changeset, limit int) string {
	t.Helper()
	return rendered(t, func(b *strings.Builder) error { return writeMarkdown(b, c, limit) })
}

func TestWriteMarkdown(t *testing.T) {
	golden(t, "markdown", markdownOf(t, sampleChangeset(), 60000))
	golden(t, "markdown-short", markdownOf(t, sampleChangeset(), 2048))
	quiet := &engine.Changeset{Plan: engine.PlanRef{Name: "acme"}, Digest: "sha256:1", Summary: engine.Summary{Unchanged: 3}}
	golden(t, "markdown-quiet", markdownOf(t, quiet, 0))
}

// asHTML renders as GitHub does, with HTML let through: what is not escaped by
// us would show.
func asHTML(t *testing.T, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// live is what renders outside code: where mentions, references and HTML work.
func live(rendered string) string {
	return regexp.MustCompile(`(?s)<code[^>]*>.*?</code>`).ReplaceAllString(rendered, "CODE")
}

func TestWriteMarkdownHostile(t *testing.T) {
	c := hostileChangeset()
	text := markdownOf(t, c, 0)
	mustBeClean(t, strings.NewReplacer("```text\n::", "", "##", "").Replace(text))
	out := asHTML(t, text)
	alive := live(out)
	for _, bad := range []string{"<a ", "<img", "<script", "@", "https:", "octocat"} {
		if strings.Contains(alive, bad) {
			t.Errorf("%q is live in\n%s", bad, alive)
		}
	}
	if got := regexp.MustCompile(`#\d|!\d|GH-\d`).FindString(alive); got != "" {
		t.Errorf("the reference %s is live", got)
	}
	if got, want := strings.Count(out, "<tr>"), 1+len(c.Diagnostics)+len(c.Changes); got != want {
		t.Errorf("the table has %d rows, want %d", got, want)
	}
	if got, want := strings.Count(out, "<td"), 4*(len(c.Diagnostics)+len(c.Changes)); got != want {
		t.Errorf("the table has %d cells, want %d", got, want)
	}
	if got := strings.Count(alive, "<details>") + strings.Count(alive, "</details>"); got != 2 {
		t.Errorf("details are opened and closed %d times, want 2", got)
	}
}

func TestWriteMarkdownKeepsToItsLimit(t *testing.T) {
	for name, c := range map[string]*engine.Changeset{"sample": sampleChangeset(), "hostile": hostileChangeset(), "large": largeChangeset(200)} {
		t.Run(name, func(t *testing.T) {
			whole := markdownOf(t, c, 0)
			pieces := newMarkdown(c)
			for limit := 2048; limit < len(whole)+3000; limit += 1 + len(whole)/50 {
				got := markdownOf(t, c, limit)
				if len(got) > limit {
					t.Fatalf("limit %d: %d bytes", limit, len(got))
				}
				mustBeWhole(t, got, pieces)
			}
		})
	}
}

// mustBeWhole fails when a piece was cut, or was left out without being counted.
func mustBeWhole(t *testing.T, text string, all *markdown) {
	t.Helper()
	rows, details := 0, 0
	for _, row := range all.rows {
		if strings.Contains(text, row) {
			rows++
		}
	}
	out := asHTML(t, text)
	if got := max(strings.Count(out, "<tr>")-1, 0); got > rows {
		t.Errorf("%d rows are shown, and only %d of them are whole:\n%s", got, rows, text)
	}
	for _, d := range all.details {
		if strings.Contains(text, d) {
			details++
		}
	}
	if opened, closed := strings.Count(live(out), "<details>"), strings.Count(live(out), "</details>"); opened != closed {
		t.Errorf("details are opened %d times and closed %d times:\n%s", opened, closed, text)
	}
	if strings.Count(out, "<pre>") > details {
		t.Errorf("a fence was cut:\n%s", text)
	}
	if missing := all.allRows - rows; missing > 0 != strings.Contains(text, "more row") {
		t.Errorf("%d rows are left out and the text says otherwise:\n%s", missing, text)
	}
	if missing := all.allDetails - details; missing > 0 != strings.Contains(text, "more detail") {
		t.Errorf("%d details are left out and the text says otherwise:\n%s", missing, text)
	}
}

func TestWriteMarkdownPutsRiskFirst(t *testing.T) {
	got := markdownOf(t, largeChangeset(2000), 4096)
	for _, want := range []string{"error of the plan", "`acme/orphan`", "more rows left out"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was left out before what is harmless:\n%s", want, got)
		}
	}
}

func TestMarkdownMarker(t *testing.T) {
	seen := map[string]string{}
	for _, name := range append(hostileNames(), "acme", "a--b", "a-b", "a%2Db", "-->", strings.Repeat("a", 299)) {
		first, _, _ := strings.Cut(markdownOf(t, &engine.Changeset{Plan: engine.PlanRef{Name: name}}, 0), "\n")
		inner, ok := strings.CutPrefix(first, "<!-- drover:plan:")
		inner, ok2 := strings.CutSuffix(inner, " -->")
		if !ok || !ok2 || strings.Contains(inner, "--") || strings.ContainsAny(inner, "<> ") {
			t.Errorf("the marker of %q is %q", name, first)
		}
		if other, twice := seen[first]; twice {
			t.Errorf("%q and %q have the same marker %q", name, other, first)
		}
		seen[first] = name
	}
}

func TestProse(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Invalid project path", "Invalid project path"},
		{"about 1,150 requests, 84.1 MiB.", "about 1,150 requests, 84.1 MiB."},
		{"ask @octocat about #1 now", "ask `@octocat` about `#1` now"},
		{"main 3f1c2aa..9d04e71, 2 new refs", "main `3f1c2aa..9d04e71`, 2 new refs"},
		{"defaced 1234567", "`defaced 1234567`"},
		{"see https://example.com", "see `https://example.com`"},
		{"a*b* _c_ `d`", "`` a*b* _c_ `d` ``"},
		{"größer als", "größer als"},
		{"- list", "`-` list"},
	}
	for _, test := range tests {
		if got := prose(test.in); got != test.want {
			t.Errorf("prose(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func FuzzMarkdownRow(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := asHTML(t, tableHead+changeRow(&engine.Change{
			Address: keyed("acme", s), Action: engine.ActionError, Findings: schema.Diagnostics{{Severity: schema.SeverityError, Summary: s}},
		})+row("last"))
		if got := strings.Count(out, "<tr>"); got != 3 {
			t.Errorf("%q gave %d rows:\n%s", s, got, out)
		}
		if alive := live(out); strings.ContainsAny(alive, "@#") || strings.Contains(alive, "<a ") || strings.Contains(alive, "<img") {
			t.Errorf("%q is live:\n%s", s, alive)
		}
		if block := asHTML(t, fenced(s)+"\nend\n"); strings.Count(block, "<pre>") != 1 || !strings.HasSuffix(block, "<p>end</p>\n") {
			t.Errorf("%q broke its fence:\n%s", s, block)
		}
		if span := asHTML(t, fmt.Sprintf("x %s y", codeSpan(s))); s != "" && strings.Count(span, "<code>") != 1 {
			t.Errorf("%q broke its span: %s", s, span)
		}
	})
}
