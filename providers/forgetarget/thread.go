package forgetarget

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/schema"
)

// WriteBody decodes the body of a record and hands it to a function.
func WriteBody[R, B any](ctx context.Context, repo R, one *providers.Write, do func(context.Context, R, *providers.Write, *B) (providers.Written, error)) providers.Written {
	var body B
	var answer providers.Written
	err := json.Unmarshal(one.Record.Body, &body)
	if err != nil {
		err = providers.Errorf(providers.CodeInvalid, "the body of %s is not that of a %s: %w", schema.Printable(one.Record.ID), one.Record.Kind, err)
	} else {
		answer, err = do(ctx, repo, one, &body)
	}
	if err != nil {
		return providers.Written{Problem: providers.AsError(err)}
	}
	return answer
}

// CheckVersion refuses to write over what somebody changed at the target. Version is
// that of what stands there.
func CheckVersion(one *providers.Write, version string) error {
	if one.Overwrite || one.Ref.Version == "" || one.Ref.Version == version {
		return nil
	}
	return &providers.Error{Code: providers.CodeConflict, Op: "update " + string(one.Record.Kind), Subject: one.Ref.URL,
		Message: "somebody changed it at the target since it was written",
		Hint:    "keep it as it is there, or let the plan overwrite it"}
}

// Losses gathers what an object loses, each once.
type Losses []string

// Add adds a sentence.
func (l *Losses) Add(sentence string) {
	if !slices.Contains(*l, sentence) {
		*l = append(*l, sentence)
	}
}

func (l Losses) String() string { return strings.Join(l, "; ") }

// SubIssues names issues by what they are called at the target.
func SubIssues(one *providers.Write, ids []string) string {
	var names []string
	for _, id := range ids {
		if ref, ok := Related(*one, schema.Key{Kind: schema.KindIssue, ID: id}); ok && ref.Text != "" {
			names = append(names, ref.Text)
		}
	}
	if missing := len(ids) - len(names); missing > 0 && len(names) > 0 {
		names = append(names, fmt.Sprintf("%d more", missing))
	}
	if len(names) == 0 {
		return fmt.Sprintf("%d sub-issues", len(ids))
	}
	return "sub-issues: " + strings.Join(names, ", ")
}

// Where says of which place of a diff a comment is: "on `a.go`, line 3".
func Where(p *schema.Position) string {
	where := "on " + attribution.Code(p.Path)
	switch {
	case p.WholeFile, p.Line == 0:
	case p.StartLine > 0 && p.StartLine != p.Line:
		where += fmt.Sprintf(", lines %d to %d", p.StartLine, p.Line)
	default:
		where += fmt.Sprintf(", line %d", p.Line)
	}
	if p.Side == "old" {
		where += " before the change"
	}
	if p.Outdated {
		where += " (outdated)"
	}
	return where
}

// maxHunk bounds how many lines of a diff are quoted: the last ones, which end with
// the line that a comment is about.
const maxHunk = 30

// QuoteHunk puts the part of a diff that a comment is about before its text.
func QuoteHunk(hunk, text string) string {
	if hunk = strings.TrimRight(hunk, "\n"); hunk == "" {
		return text
	}
	fence := "```"
	for strings.Contains(hunk, fence) {
		fence += "`"
	}
	lines := strings.Split(hunk, "\n")
	lines = lines[max(0, len(lines)-maxHunk):]
	return fence + "diff\n" + strings.Join(lines, "\n") + "\n" + fence + "\n\n" + text
}

// Hide folds the text of a comment that was hidden at the source, for a reason.
func Hide(text, reason string) string {
	// Markdown means nothing in a summary.
	reason = html.EscapeString(schema.Printable(strings.ReplaceAll(reason, "_", " ")))
	return "<details><summary>Hidden as <code>" + reason + "</code></summary>\n\n" + text + "\n\n</details>"
}
