package standin

import (
	"regexp"
	"strings"
)

var codeSpan = regexp.MustCompile("(?s)``[^`].*?``|`[^`]+`")

// WithoutCode takes code blocks and code spans out of a text, in which forges look for
// no names.
func WithoutCode(text string) string {
	var out strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			line = "\n"
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			line = "\n"
		case strings.HasPrefix(line, "    "), strings.HasPrefix(line, "\t"):
			line = "\n"
		}
		out.WriteString(line)
	}
	return codeSpan.ReplaceAllString(out.String(), " ")
}
