package attribution

import (
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

const (
	markerStart = "<!-- drover "
	markerEnd   = " -->"
)

// Marker returns the hidden comment that names k.
func Marker(k schema.Key) string {
	return markerStart + url.QueryEscape(string(k.Kind)) + " " + url.QueryEscape(k.ID) + markerEnd
}

// Compose puts a text together: the line, the text, the marker, each of which may
// be empty.
func Compose(line, text, marker string) string {
	text = strings.TrimRight(text, " \t\r\n")
	if fence := openFence(text); fence != "" && marker != "" {
		text += "\n" + fence
	}
	var parts []string
	for _, part := range []string{line, text, marker} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n")
}

// openFence returns what closes the block of code that text leaves open: a
// marker inside of it would be shown.
func openFence(text string) string {
	open := ""
	for line := range strings.SplitSeq(text, "\n") {
		fence, rest := fenceOf(line)
		switch {
		case open == "" && fence != "" && (fence[0] == '~' || !strings.Contains(rest, "`")):
			open = fence
		case open != "" && fence != "" && fence[0] == open[0] && len(fence) >= len(open) && strings.TrimSpace(rest) == "":
			open = ""
		}
	}
	return open
}

// fenceOf returns the fence that a line begins with, and what follows it.
func fenceOf(line string) (fence, rest string) {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 || trimmed == "" {
		return "", ""
	}
	rest = strings.TrimLeft(trimmed, trimmed[:1])
	fence = trimmed[:len(trimmed)-len(rest)]
	if len(fence) < 3 || fence[0] != '`' && fence[0] != '~' {
		return "", ""
	}
	return fence, rest
}

// ParseMarker returns the object that a text is marked with. Only the last line
// counts: what stands above it was written by people.
func ParseMarker(text string) (schema.Key, bool) {
	_, k, ok := cutMarker(text)
	return k, ok
}

// cutMarker returns the text without its last line when that is a marker.
func cutMarker(text string) (rest string, k schema.Key, ok bool) {
	text = strings.TrimRight(text, " \t\r\n")
	start := strings.LastIndexByte(text, '\n') + 1
	inner, ok := strings.CutPrefix(text[start:], markerStart)
	if !ok {
		return text, schema.Key{}, false
	}
	inner, ok = strings.CutSuffix(inner, markerEnd)
	if !ok {
		return text, schema.Key{}, false
	}
	kind, id, ok := strings.Cut(inner, " ")
	if !ok {
		return text, schema.Key{}, false
	}
	kind, errKind := url.QueryUnescape(kind)
	id, errID := url.QueryUnescape(id)
	if errKind != nil || errID != nil || kind == "" || id == "" || len(id) > schema.MaxID {
		return text, schema.Key{}, false
	}
	return text[:start], schema.Key{Kind: schema.Kind(kind), ID: id}, true
}

// Strip returns a text without what Compose added. A text that has no marker
// comes back as it is.
func Strip(text string) string {
	rest, _, ok := cutMarker(text)
	if !ok {
		return text
	}
	rest = strings.TrimRight(rest, " \t\r\n")
	if line, after, _ := strings.Cut(rest, "\n"); isLine(line, after) {
		rest = strings.TrimLeft(after, "\r\n")
	}
	return rest
}

// isLine reports whether a line, followed by after, has the form that Line
// gives and is no part of a longer quotation.
func isLine(line, after string) bool {
	line = strings.TrimRight(line, "\r")
	if !strings.HasPrefix(line, "> ") || after != "" && strings.TrimSpace(after[:strings.IndexByte(after+"\n", '\n')]) != "" {
		return false
	}
	return strings.Contains(line, " UTC") || strings.HasSuffix(line, ">)") && strings.Contains(line, "[original](<") || strings.HasPrefix(line, "> **")
}
