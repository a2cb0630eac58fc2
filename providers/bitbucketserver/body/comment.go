package body

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// IsDraft reports whether a comment was not published yet: nobody but its author,
// whose token this is, sees it.
func IsDraft(c api.Comment) bool { return c.Pending || c.State == api.StatePending }

// Comment is a comment. Its text is as people wrote it, but for that of a task.
func Comment(c api.Comment, url string) schema.Comment {
	b := schema.Comment{
		Text: c.Text, Author: Person(c.Author), Reactions: Reactions(c), Resolved: c.ThreadResolved, URL: url,
		CreatedAt: c.CreatedDate.Time(), UpdatedAt: c.UpdatedDate.Time(),
	}
	if c.Severity == api.SeverityTask {
		b.Text = Task(c.Text, c.State == api.StateResolved)
	}
	return b
}

// OldTask is a task of a server before 7.2.
func OldTask(t api.Task, url string) schema.Comment {
	at := t.CreatedDate.Time()
	return schema.Comment{Text: Task(t.Text, t.State == api.StateResolved), Author: Person(t.Author), URL: url, CreatedAt: at, UpdatedAt: at}
}

// Task is the text of a task as an item of a list. Its other lines are indented, so
// that they stay part of the item.
func Task(text string, done bool) string {
	box := "- [ ] "
	if done {
		box = "- [x] "
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines[1:] {
		if line != "" {
			lines[i+1] = "  " + line
		}
	}
	return box + strings.Join(lines, "\n")
}

// Position is the place of a comment in a diff, with the part of the diff around it
// as far as it is known; nil when there is no anchor.
func Position(a *api.Anchor, diff *api.Diff) *schema.Position {
	if a == nil || a.Path == "" {
		return nil
	}
	p := &schema.Position{Path: string(a.Path), Line: a.Line, Side: side(*a), Commit: a.ToHash, Base: a.FromHash, Outdated: a.Orphaned}
	if a.SrcPath != "" && a.SrcPath != a.Path {
		p.OldPath = string(a.SrcPath)
	}
	if a.Line <= 0 {
		p.Line, p.Side, p.WholeFile = 0, "", true
		return p
	}
	if m := a.Multiline; m != nil && m.StartLine > 0 && m.StartLine < a.Line {
		p.StartLine = m.StartLine
	}
	if diff != nil {
		p.Hunk = hunk(*diff, p.Side, p.Line)
	}
	return p
}

// The sides of a diff.
const (
	oldSide = "old"
	newSide = "new"
)

// side says in which file the line is counted. A line that did not change can be
// counted in either.
func side(a api.Anchor) string {
	switch {
	case a.FileType == "FROM", a.FileType == "" && a.LineType == "REMOVED":
		return oldSide
	}
	return newSide
}

// diffLine is a line of a diff.
type diffLine struct {
	mark     byte // ' ', '+' or '-'
	old, new int64
	text     string
}

// mostLines is how much of a diff is shown above a comment.
const mostLines = 12

// hunk is the part of a diff that ends with a line, as a unified diff. It is empty
// when the line is not in it.
func hunk(d api.Diff, side string, line int64) string {
	for _, h := range d.Hunks {
		lines := flatten(h)
		end := slices.IndexFunc(lines, func(l diffLine) bool {
			return side == oldSide && l.mark != '+' && l.old == line || side == newSide && l.mark != '-' && l.new == line
		})
		if end < 0 {
			continue
		}
		lines = lines[max(0, end+1-mostLines) : end+1]
		var olds, news int64
		var b strings.Builder
		for _, l := range lines {
			if l.mark != '+' {
				olds++
			}
			if l.mark != '-' {
				news++
			}
			b.WriteByte('\n')
			b.WriteByte(l.mark)
			b.WriteString(strings.TrimRight(l.text, "\r\n"))
		}
		return fmt.Sprintf("@@ -%d,%d +%d,%d @@", start(lines[0].old, olds), olds, start(lines[0].new, news), news) + b.String()
	}
	return ""
}

// start is where a hunk starts on one side; one without lines there starts after
// the line before.
func start(first, lines int64) int64 {
	if lines == 0 {
		return max(0, first-1)
	}
	return first
}

func flatten(h api.Hunk) []diffLine {
	marks := map[string]byte{"ADDED": '+', "REMOVED": '-', "CONTEXT": ' '}
	var lines []diffLine
	for _, s := range h.Segments {
		mark, known := marks[s.Type]
		if !known {
			continue
		}
		for _, l := range s.Lines {
			lines = append(lines, diffLine{mark: mark, old: l.Source, new: l.Destination, text: l.Text})
		}
	}
	return lines
}
