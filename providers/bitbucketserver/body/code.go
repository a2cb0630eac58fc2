package body

import "strings"

// outsideCode hands each part of a Markdown text that is not code to change and puts
// what it returns in its place. Code is what stands in a fence or between backticks
// of a line; indented code is not recognised, because what is indented may as well
// be part of a list.
func outsideCode(text string, change func(string) string) string {
	var out strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		marks := fenceOf(line)
		switch {
		case fence != "":
			if strings.HasPrefix(marks, fence) && strings.TrimSpace(strings.TrimLeft(line, " \t")[len(marks):]) == "" {
				fence = ""
			}
			out.WriteString(line)
		case marks != "":
			fence = marks
			out.WriteString(line)
		default:
			outsideSpans(&out, line, change)
		}
	}
	return out.String()
}

// fenceOf is the marks that a line opens or closes a fence with, or nothing.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " \t")
	for _, mark := range []string{"`", "~"} {
		n := len(line) - len(strings.TrimLeft(line, mark))
		if n >= 3 && (mark == "~" || !strings.Contains(line[n:], "`")) {
			return line[:n]
		}
	}
	return ""
}

// outsideSpans is outsideCode for a line that is in no fence.
func outsideSpans(out *strings.Builder, line string, change func(string) string) {
	for line != "" {
		open := strings.IndexByte(line, '`')
		if open < 0 {
			break
		}
		ticks := line[open : open+len(line[open:])-len(strings.TrimLeft(line[open:], "`"))]
		length := closing(line[open+len(ticks):], len(ticks))
		if length < 0 { // it is no span: a tick like any other character
			out.WriteString(change(line[:open]) + ticks)
			line = line[open+len(ticks):]
			continue
		}
		end := open + len(ticks) + length
		out.WriteString(change(line[:open]) + line[open:end])
		line = line[end:]
	}
	if line != "" {
		out.WriteString(change(line))
	}
}

// closing is how far it is to the end of a span of n backticks, or -1.
func closing(s string, n int) int {
	for at := 0; at < len(s); {
		if s[at] != '`' {
			at++
			continue
		}
		run := len(s[at:]) - len(strings.TrimLeft(s[at:], "`"))
		at += run
		if run == n {
			return at
		}
	}
	return -1
}
