package history

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// field is a header line of a commit or tag with the lines that continue it.
type field struct {
	key, value []byte // value is that of the first line, up to the newline
	start, end int    // of all its lines, with the last newline
}

// nextField reads the field at offset at. It fails at the empty line before
// the message and at the end of data.
func nextField(data []byte, at int) (field, bool) {
	if at >= len(data) || data[at] == '\n' {
		return field{}, false
	}
	f := field{start: at, end: endOfLine(data, at)}
	line := bytes.TrimSuffix(data[at:f.end], []byte("\n"))
	f.key, f.value, _ = bytes.Cut(line, []byte(" "))
	for f.end < len(data) && data[f.end] == ' ' {
		f.end = endOfLine(data, f.end)
	}
	return f, true
}

// endOfLine returns the offset behind the line that begins at offset at.
func endOfLine(data []byte, at int) int {
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(data)
}

func (f field) is(key string) bool { return string(f.key) == key }

// links are what the history is made of: the references of a commit to others.
type links struct {
	tree    gitpack.ID
	parents []gitpack.ID
	date    int64 // of the committer, in seconds; 0 if it cannot be read
	message int   // offset of the message and the line before it
}

// parseLinks reads a commit. It fails for what git does not take for a commit
// either. Parents are those that follow the tree at once: git ignores others.
func parseLinks(data []byte, parents []gitpack.ID) (links, bool) {
	l := links{parents: parents[:0]}
	f, ok := nextField(data, 0)
	if !ok || !f.is("tree") {
		return links{}, false
	}
	var err error
	if l.tree, err = gitpack.ParseID(string(f.value)); err != nil {
		return links{}, false
	}
	listed := false // all parents were
	for at := f.end; ; at = f.end {
		if f, ok = nextField(data, at); !ok {
			l.message = at
			return l, true
		}
		switch {
		case !listed && f.is("parent"):
			id, err := gitpack.ParseID(string(f.value))
			if err != nil {
				return links{}, false
			}
			l.parents = append(l.parents, id)
		case f.is("committer"):
			listed = true
			l.date = dateOf(f.value)
		default:
			listed = true
		}
	}
}

// dateOf reads the seconds of an identity line, 0 where there are none.
func dateOf(line []byte) int64 {
	_, rest, _ := bytes.Cut(line, []byte(">"))
	seconds, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \t"), []byte(" "))
	date, err := strconv.ParseInt(string(seconds), 10, 64)
	if err != nil {
		return 0
	}
	return date
}

// splice replaces data[start:end].
type splice struct {
	start, end int
	with       []byte
}

// splices are changes of one object, in any order, that do not overlap.
type splices []splice

func (s *splices) replace(start, end int, with []byte) {
	*s = append(*s, splice{start, end, with})
}

func (s *splices) remove(start, end int) { s.replace(start, end, nil) }

// apply returns data with the changes made.
func (s splices) apply(data []byte) []byte {
	slices.SortFunc(s, func(a, b splice) int { return cmp.Compare(a.start, b.start) })
	size := len(data)
	for _, c := range s {
		size += len(c.with) - (c.end - c.start)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, c := range s {
		out = append(append(out, data[at:c.start]...), c.with...)
		at = c.end
	}
	return append(out, data[at:]...)
}
