package gitea

import (
	"fmt"
	"strings"
)

const (
	ours         = "refs/drover/"
	temporary    = "refs/heads/drover/pull/" // branches of the package threads, while pull requests are made or open
	markers      = ours + "marker/"
	wikiBranches = ours + "branch/" // below it: the name that the wiki's branch has at the source

	// component bounds the parts of our own ref names: they are names of files
	// at the server.
	component = 200
)

// places are the refs that the server keeps for itself, interprets, or hides.
func places() []string {
	return []string{"refs/pull/", "refs/for/", "refs/remotes/", temporary, ours}
}

// there is the name that a ref of the source has at the server.
func there(name string) string {
	for _, prefix := range places() {
		if strings.HasPrefix(name, prefix) {
			return ours + strings.TrimPrefix(name, "refs/")
		}
	}
	return name
}

// here is the name that a ref of the server has at the source. It is false for
// refs that stand for none: the server's own, and our marks.
func here(name string) (string, bool) {
	if strings.HasPrefix(name, markers) || strings.HasPrefix(name, wikiBranches) || name == archived {
		return "", false
	}
	if rest, ok := strings.CutPrefix(name, ours); ok {
		return "refs/" + rest, true
	}
	return name, !strings.HasPrefix(name, "refs/pull/") && !strings.HasPrefix(name, temporary)
}

// encodeName makes any text a part of a ref name that can be read back.
func encodeName(text string) string {
	var b strings.Builder
	length := 0
	for i := range len(text) {
		c := text[i]
		part := string(c)
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			part = fmt.Sprintf("%%%02X", c)
		}
		if length+len(part) > component {
			b.WriteByte('/')
			length = 0
		}
		b.WriteString(part)
		length += len(part)
	}
	return b.String()
}

// decodeName reads what encodeName made. It is false for anything else.
func decodeName(name string) (string, bool) {
	var b strings.Builder
	flat := strings.ReplaceAll(name, "/", "")
	for i := 0; i < len(flat); i++ {
		if flat[i] != '%' {
			b.WriteByte(flat[i])
			continue
		}
		var c byte
		if i+2 >= len(flat) {
			return "", false
		}
		if _, err := fmt.Sscanf(flat[i+1:i+3], "%02X", &c); err != nil {
			return "", false
		}
		b.WriteByte(c)
		i += 2
	}
	text := b.String()
	return text, encodeName(text) == name
}

// refsOf takes the refs of a repository apart: those that stand for refs of the
// source, by their names there, and the mark.
func refsOf(all map[string]string) (refs map[string]string, marker string) {
	refs = make(map[string]string, len(all))
	for name, oid := range all {
		if own, ok := here(name); ok {
			refs[own] = oid
		} else if text, found := strings.CutPrefix(name, markers); found {
			if decoded, ok := decodeName(text); ok {
				marker = decoded
			}
		}
	}
	return refs, marker
}
