package hgtest

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed dump.py
var dumpExtension string

// Text is one revision of a log, as hg itself reads it.
type Text struct {
	Log          string // "changelog", "manifest" or "file PATH"
	Rev          int
	Node         string
	P1, P2, Link int
	Size         int
	Flags        int
	SHA1         string // of the text
}

// Portable describes revisions in a way that is the same in every copy of a
// repository, sorted: with nodes instead of numbers.
func Portable(texts []Text) []string {
	nodes := map[string][]string{}
	for _, t := range texts {
		nodes[t.Log] = append(nodes[t.Log], t.Node)
	}
	node := func(log string, i int) string {
		if i < 0 || i >= len(nodes[log]) {
			return "none"
		}
		return nodes[log][i]
	}
	var lines []string
	for _, t := range texts {
		lines = append(lines, fmt.Sprintf("%s %s parents %s %s of %s: %d bytes, flags %d, %s",
			t.Log, t.Node, node(t.Log, t.P1), node(t.Log, t.P2), node("changelog", t.Link), t.Size, t.Flags, t.SHA1))
	}
	slices.Sort(lines)
	return lines
}

// Dump lists every revision of every log, read by hg.
func (r *Repo) Dump() []Text {
	t := r.t
	t.Helper()
	extension := filepath.Join(t.TempDir(), "dump.py")
	if err := os.WriteFile(extension, []byte(dumpExtension), 0o666); err != nil {
		t.Fatal(err)
	}
	var texts []Text
	for line := range strings.SplitSeq(strings.TrimSuffix(r.Hg("dumptexts", "--config", "extensions.dump="+extension), "\x01"), "\x01") {
		name, rest, _ := strings.Cut(line, "\x00")
		text := Text{Log: name}
		if _, err := fmt.Sscanf(rest, "%d %s %d %d %d %d %d %s", &text.Rev, &text.Node, &text.P1, &text.P2, &text.Link, &text.Size, &text.Flags, &text.SHA1); err != nil {
			t.Fatalf("what the hg extension printed: %q: %v", line, err)
		}
		texts = append(texts, text)
	}
	return texts
}
