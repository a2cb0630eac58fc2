package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// What a diagnostic shows of text that others wrote. The JSON output has all
// of it.
const (
	mostDetail = 8 << 10 // bytes
	mostCode   = 400     // columns of a line
	mostLines  = 20      // of an excerpt
	mostValues = 10
)

// writeDiagnostics writes findings as text in the manner of HCL's own writer,
// each with its code and followed by an empty line.
func writeDiagnostics(w io.Writer, list []schema.Diagnostic, s screen) error {
	var b strings.Builder
	for i := range list {
		addDiagnostic(&b, &list[i], s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func addDiagnostic(b *strings.Builder, d *schema.Diagnostic, s screen) {
	b.WriteString(diagnosticTitle(d, s.Palette) + "\n\n")
	if d.Range != nil {
		addExcerpt(b, d, s)
	}
	addCircumstances(b, d)
	for _, text := range []string{d.Detail, d.Help} {
		if text == "" {
			continue
		}
		for _, line := range wrap(shownText(bounded(text, mostDetail)), s.columns()) {
			b.WriteString(line + "\n")
		}
		b.WriteByte('\n')
	}
}

// diagnosticTitle is what kind of finding it is.
func diagnosticTitle(d *schema.Diagnostic, p palette) string {
	word, st := "Error", styleRed
	if d.Severity == schema.SeverityWarning {
		word, st = "Warning", styleYellow
	}
	title := p.paint(st, word) + ": " + p.paint(styleBold, shown(bounded(d.Summary, mostDetail)))
	if d.Code != "" {
		title += "  [" + shown(d.Code) + "]"
	}
	return title
}

// addExcerpt shows where in the plan files the finding is.
func addExcerpt(b *strings.Builder, d *schema.Diagnostic, s screen) {
	code := d.Snippet
	if code == nil && s.Excerpt != nil {
		code = s.Excerpt(*d.Range)
	}
	fmt.Fprintf(b, "  on %s line %d", shown(d.Range.File), d.Range.Start.Line)
	if code == nil {
		b.WriteString("\n\n")
		return
	}
	if code.Context != "" {
		b.WriteString(", in " + shown(code.Context))
	}
	b.WriteString(":\n")
	lines := strings.Split(strings.TrimRight(code.Code, "\n"), "\n")
	for i, line := range lines[:min(len(lines), mostLines)] {
		n := code.StartLine + i
		fmt.Fprintf(b, "%4d: %s\n", n, highlighted(line, n, *d.Range, s.Palette))
	}
	if more := len(lines) - mostLines; more > 0 {
		fmt.Fprintf(b, "      ... and %s\n", plural(int64(more), "more line"))
	}
	b.WriteByte('\n')
}

// highlighted marks the part of line n that r covers. A line in which something
// had to be escaped is shown without a mark, because its columns moved.
func highlighted(line string, n int, r schema.Range, p palette) string {
	text := clip(strings.ReplaceAll(shownText(line), "\t", "    "), mostCode)
	runes := []rune(line)
	from, to := 0, len(runes)
	if n == r.Start.Line {
		from = r.Start.Column - 1
	}
	if n == r.End.Line {
		to = r.End.Column - 1
	}
	inside := n >= r.Start.Line && n <= r.End.Line && 0 <= from && from < to && to <= len(runes)
	if !bool(p) || text != line || !inside {
		return text
	}
	return string(runes[:from]) + p.paint(styleMarked, string(runes[from:to])) + string(runes[to:])
}

// addCircumstances tells which of several instances is meant: by the values in
// play, or by the address when there are none.
func addCircumstances(b *strings.Builder, d *schema.Diagnostic) {
	if len(d.Values) == 0 {
		if d.Address != "" {
			fmt.Fprintf(b, "for %s.\n\n", shown(d.Address))
		}
		return
	}
	values := d.Values[:min(len(d.Values), mostValues)]
	for i, v := range values {
		lead, end := "     ", ","
		if i == 0 {
			lead = "with "
		}
		if i == len(values)-1 {
			end = "."
		}
		is := "as " + shown(bounded(v.Is, mostCode))
		if v.Is == "null" {
			is = "set to null"
		}
		b.WriteString(lead + shown(v.Name) + " " + is + end + "\n")
	}
	b.WriteByte('\n')
}
