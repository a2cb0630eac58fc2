package giteatest

import (
	"fmt"
	"strconv"
	"strings"
)

// contextLines is how many lines are kept with a comment on code.
const contextLines = 4

// hunk is a piece of a difference.
type hunk struct {
	head             string
	old, new         int64 // the first lines
	oldSize, newSize int64
	lines            []string
}

// hunks takes the difference of one file apart.
func hunks(diff string) []*hunk {
	var all []*hunk
	for _, text := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		if strings.HasPrefix(text, "@@ ") {
			all = append(all, readHead(text))
		} else if len(all) > 0 && text != "" {
			last := all[len(all)-1]
			last.lines = append(last.lines, text)
		}
	}
	return all
}

// readHead reads "@@ -1,2 +3,4 @@ what it is in".
func readHead(text string) *hunk {
	h := &hunk{head: text}
	f := strings.Fields(text)
	if len(f) < 3 {
		return h
	}
	side := func(text string) (from, size int64) {
		first, count, counted := strings.Cut(text[1:], ",")
		from, _ = strconv.ParseInt(first, 10, 64)
		if size = 1; counted {
			size, _ = strconv.ParseInt(count, 10, 64)
		}
		return from, size
	}
	h.old, h.oldSize = side(f[1])
	h.new, h.newSize = side(f[2])
	return h
}

// hunkAround cuts what leads to a line out of the difference of one file: the head
// of its hunk, the lines before it and the line itself. A negative line is one of
// the old side. What is in no hunk has no context. A line right behind a hunk
// counts as one of it, as in Gitea.
func hunkAround(diff string, line int64) string {
	old := line < 0
	if old {
		line = -line
	}
	for _, h := range hunks(diff) {
		from, size := h.new, h.newSize
		if old {
			from, size = h.old, h.oldSize
		}
		if from <= line && line <= from+size {
			return h.upTo(line, old)
		}
	}
	return ""
}

func (h *hunk) upTo(line int64, old bool) string {
	oldAt, newAt := h.old, h.new
	var kept []string
	for _, text := range h.lines {
		if old && oldAt > line || !old && newAt > line {
			break
		}
		kept = append(kept, text)
		inOld, inNew := sides(text)
		oldAt, newAt = oldAt+inOld, newAt+inNew
	}
	if len(kept) <= contextLines {
		return h.head + "\n" + strings.Join(kept, "\n")
	}
	kept = kept[len(kept)-contextLines:]
	var olds, news int64
	for _, text := range kept {
		inOld, inNew := sides(text)
		olds, news = olds+inOld, news+inNew
	}
	return fmt.Sprintf("@@ -%d,%d +%d,%d @@\n%s", oldAt-olds, olds, newAt-news, news, strings.Join(kept, "\n"))
}

// sides says in which sides of a difference a line is.
func sides(text string) (old, new int64) {
	switch text[0] {
	case '+':
		return 0, 1
	case '-':
		return 1, 0
	case '\\':
		return 0, 0
	}
	return 1, 1
}
