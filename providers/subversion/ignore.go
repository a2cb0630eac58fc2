package subversion

import (
	"bytes"
	"strings"
)

// The properties of a folder that become its .gitignore.
const (
	propIgnore        = "svn:ignore"
	propGlobalIgnores = "svn:global-ignores"

	ignoreFile = ".gitignore"
)

// ignoreLines translates what a folder ignores. Subversion's svn:ignore concerns
// the folder alone, so its patterns are anchored; svn:global-ignores is
// inherited by the folders below, as git's unanchored patterns are. Patterns
// with a slash match nothing in Subversion: they are returned as dropped.
func ignoreLines(props map[string][]byte) (lines, dropped []string) {
	add := func(pattern, anchor string) {
		if strings.Contains(pattern, "/") {
			dropped = append(dropped, pattern)
			return
		}
		lines = append(lines, gitPattern(pattern, anchor))
	}
	for pattern := range nonEmptyLines(props[propIgnore]) {
		add(pattern, "/")
	}
	for _, pattern := range strings.Fields(string(props[propGlobalIgnores])) {
		add(pattern, "")
	}
	return lines, dropped
}

// gitPattern writes a pattern of Subversion for .gitignore and .gitattributes:
// two stars mean no more than one, and what git would take for syntax is
// escaped.
func gitPattern(pattern, anchor string) string {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	if anchor == "" && strings.ContainsAny(pattern[:1], "!#") {
		pattern = `\` + pattern
	}
	trimmed := strings.TrimRight(pattern, " ")
	if spaces := len(pattern) - len(trimmed); spaces > 0 && !strings.HasSuffix(trimmed, `\`) {
		pattern = trimmed + strings.Repeat(`\ `, spaces)
	}
	return anchor + pattern
}

// withLines puts generated lines before the own lines of a file that a user
// keeps. Later lines win in git, so the user's do. Lines that the file has
// already are left out.
func withLines(lines []string, own []byte) []byte {
	has := map[string]bool{}
	for line := range strings.SplitSeq(string(own), "\n") {
		has[strings.TrimSuffix(line, "\r")] = true
	}
	var b bytes.Buffer
	for _, line := range lines {
		if !has[line] {
			has[line] = true
			b.WriteString(line + "\n")
		}
	}
	b.Write(own)
	return b.Bytes()
}
