package tfvc

import (
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// stateFormat is part of the key of a session: a state of another format is not
// read, and the history is converted anew.
const stateFormat = 1

// none stands for no commit and no line.
const none = int32(-1)

// history is what is known of the changesets so far. It is the converter's
// state: with it and the packs, a later run goes on.
type history struct {
	Layout layout

	Sets  []int32      // numbers of the changesets that touched the project
	Roots []gitpack.ID // and the source tree after each
	Dates []int64      // when it was made, in seconds
	Date  int64        // the last of Dates

	Commits []commit
	Lines   []*line
	Missing []missing
	Labels  map[int]labelState

	Table []byte // of blobs; see packBlobs

	blobs  blobs
	live   map[string]int32   // lines that exist, by folded path
	byPath map[string][]int32 // all lines, the oldest first
	inner  map[string]int     // how many lines that exist are below a folded path
	home   int32              // the live line of what is outside of branches, or none
}

// commit is one commit of a line.
type commit struct {
	ID      gitpack.ID
	Tree    gitpack.ID // public
	Set     int32      // changeset
	Line    int32
	Parents []int32 // the first one is what the line was before
}

// line is one life of a branch.
type line struct {
	Path    string // in the case that it had when the line began
	Outside bool   // of what is in no branch
	Start   int32  // the changeset that made it
	End     int32  // the last one in which it existed, or alive
	Origin  int32  // the commit that it grew from, or none
	Tip     int32  // its last commit, or the origin, or none
	Own     []int32

	// Archived says that it has ended and that nothing else leads to its tip.
	Archived bool
}

// wholeProject is the branch of the table of revisions for the line of the whole
// project and that of what is outside of branches.
const wholeProject = "/"

// alive is the End of a line that exists.
const alive = int32(-1)

// at reports whether the line existed in a version.
func (l *line) at(version int) bool {
	return int(l.Start) <= version && (l.End == alive || int(l.End) >= version)
}

func newHistory(l layout) *history {
	h := &history{Layout: l, Labels: map[int]labelState{}, blobs: blobs{}}
	h.index()
	return h
}

// index makes what is not stored.
func (h *history) index() {
	h.live, h.byPath, h.inner, h.home = map[string]int32{}, map[string][]int32{}, map[string]int{}, none
	for i, l := range h.Lines {
		h.enter(int32(i), l)
	}
}

func (h *history) enter(i int32, l *line) {
	if l.Outside {
		if l.End == alive {
			h.home = i
		}
		return
	}
	key := fold(l.Path)
	h.byPath[key] = append(h.byPath[key], i)
	if l.End == alive {
		h.live[key] = i
		h.count(key, 1)
	}
}

// count adds to the number of lines below the folders above p.
func (h *history) count(key string, n int) {
	for key != "" {
		key = parent(key)
		h.inner[key] += n
	}
}

func readHistory(r io.Reader) (*history, error) {
	h := &history{}
	if err := gob.NewDecoder(r).Decode(h); err != nil {
		return nil, fmt.Errorf("read the state of the conversion: %w", err)
	}
	if h.Labels == nil {
		h.Labels = map[int]labelState{}
	}
	h.blobs = unpackBlobs(h.Table)
	h.Table = nil
	h.index()
	return h, nil
}

func (h *history) write(w io.Writer) error {
	h.Table = packBlobs(h.blobs)
	defer func() { h.Table = nil }()
	if err := gob.NewEncoder(w).Encode(h); err != nil {
		return fmt.Errorf("write the state of the conversion: %w", err)
	}
	return nil
}

// packBlobs writes a table as one piece, which is a tenth of what an encoder of
// values makes of it.
func packBlobs(b blobs) []byte {
	table := make([]byte, 0, len(b)*blobRecord)
	for c, id := range b {
		table = append(table, c.sum[:]...)
		table = binary.BigEndian.AppendUint64(table, uint64(c.size))
		table = append(table, id[:]...)
	}
	return table
}

func unpackBlobs(table []byte) blobs {
	b := make(blobs, len(table)/blobRecord)
	for ; len(table) >= blobRecord; table = table[blobRecord:] {
		c := content{known: true}
		n := copy(c.sum[:], table)
		c.size = int64(binary.BigEndian.Uint64(table[n:]))
		b[c] = gitpack.ID(table[n+8 : blobRecord])
	}
	return b
}

// last is the youngest changeset that was converted, or 0.
func (h *history) last() int {
	if len(h.Sets) == 0 {
		return 0
	}
	return int(h.Sets[len(h.Sets)-1])
}

// root returns the source tree of a version.
func (h *history) root(version int) gitpack.ID {
	i := sort.Search(len(h.Sets), func(i int) bool { return int(h.Sets[i]) > version })
	if i == 0 {
		return gitpack.ID{}
	}
	return h.Roots[i-1]
}

// owner returns the live line that a folded path is in: the deepest one, or
// none.
func (h *history) owner(key string) int32 {
	for at := key; ; at = parent(at) {
		if i, ok := h.live[at]; ok {
			return i
		}
		if at == "" {
			return none
		}
	}
}

// lineHolding returns the line that a path was in in a version: the deepest one,
// or that of what is outside of all others, or none.
func (h *history) lineHolding(p string, version int) int32 {
	for at := fold(p); ; at = parent(at) {
		for _, i := range slices.Backward(h.byPath[at]) {
			if h.Lines[i].at(version) {
				return i
			}
		}
		if at == "" {
			break
		}
	}
	for i, l := range h.Lines {
		if l.Outside && l.at(version) {
			return int32(i)
		}
	}
	return none
}

// commitAt returns the commit that a line stood at in a version.
func (h *history) commitAt(i int32, version int) int32 {
	l := h.Lines[i]
	k := sort.Search(len(l.Own), func(k int) bool { return int(h.Commits[l.Own[k]].Set) > version })
	if k == 0 {
		return l.Origin
	}
	return l.Own[k-1]
}

// begin adds a line.
func (h *history) begin(l *line) int32 {
	i := int32(len(h.Lines))
	h.Lines = append(h.Lines, l)
	h.enter(i, l)
	return i
}

// end closes a line: set is the first changeset without it.
func (h *history) end(i, set int32) {
	l := h.Lines[i]
	l.End = set - 1
	key := fold(l.Path)
	switch {
	case l.Outside:
		h.home = none
	case h.live[key] == i:
		delete(h.live, key)
		h.count(key, -1)
	}
}

// held reports whether a line that exists goes on from a commit or stands at it.
func (h *history) held(commit int32) bool {
	for _, l := range h.Lines {
		if l.End == alive && (l.Tip == commit || l.Origin == commit) {
			return true
		}
	}
	return false
}

// archive decides whether lines that ended are kept. One whose last state
// another line goes on from, as after a rename, lives on in it.
func (h *history) archive(ended []int32) {
	for _, i := range ended {
		l := h.Lines[i]
		l.Archived = l.Tip != none && !h.held(l.Tip)
	}
}

// former returns the last line that ended at a path, or none.
func (h *history) former(p string) int32 {
	for _, i := range slices.Backward(h.byPath[fold(p)]) {
		if l := h.Lines[i]; l.End != alive && l.Tip != none {
			return i
		}
	}
	return none
}

// add appends a commit to its line.
func (h *history) add(c commit) int32 {
	i := int32(len(h.Commits))
	h.Commits = append(h.Commits, c)
	l := h.Lines[c.Line]
	l.Own, l.Tip = append(l.Own, i), i
	return i
}

// ancestors marks a commit and all that it descends from. Parents come before
// children in the list.
func (h *history) ancestors(of int32) []bool {
	marked := make([]bool, max(of+1, 0))
	if of == none {
		return marked
	}
	marked[of] = true
	for i := of; i >= 0; i-- {
		if marked[i] {
			for _, p := range h.Commits[i].Parents {
				marked[p] = true
			}
		}
	}
	return marked
}

// layout says which folders are branches. It is decided by the first run, and
// grows: a branch that the server tells of later is one if there was nothing at
// its path before, so that a conversion of everything at once would have given
// the same commits.
type layout struct {
	Branches []string // paths; none: the whole project is the only branch
	Patterns []string // of the plan, folded; then Branches is not used
}

// some reports whether there can be branches besides the whole project.
func (l *layout) some() bool { return len(l.Branches)+len(l.Patterns) > 0 }

func (l *layout) has(p string) bool {
	return slices.ContainsFunc(l.Branches, func(b string) bool { return fold(b) == fold(p) })
}

// roots returns the paths of branches that p is at or in, according to the
// patterns of a plan.
func (l *layout) roots(p string) (found []string) {
	for _, pattern := range l.Patterns {
		n := strings.Count(pattern, "/") + 1
		parts := strings.Split(p, "/")
		if pattern == "" {
			n, parts = 0, parts[:0]
		}
		if len(parts) < n {
			continue
		}
		if root := strings.Join(parts[:n], "/"); matches(pattern, fold(root)) {
			found = append(found, root)
		}
	}
	return found
}

// matches reports whether a folded path has the form of a pattern, part by part.
func matches(pattern, key string) bool {
	for {
		a, aLeft := cut(pattern)
		b, bLeft := cut(key)
		if !matchPart(a, b) {
			return false
		}
		if aLeft == "" || bLeft == "" {
			return aLeft == bLeft
		}
		pattern, key = aLeft, bLeft
	}
}

// matchPart matches one name; a star stands for any characters.
func matchPart(pattern, name string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, before) {
		return false
	}
	name = name[len(before):]
	for i := 0; i <= len(name); i++ {
		if matchPart(after, name[i:]) {
			return true
		}
	}
	return false
}
