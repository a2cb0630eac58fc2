package subversion

import (
	"encoding/gob"
	"fmt"
	"io"
	"sort"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// stateFormat is part of the key of a session: a state of another format is not
// read, and the history is converted anew.
const stateFormat = 1

// none stands for no commit.
const none = int32(-1)

// history is what is known of the revisions so far. It is the converter's state:
// with it and the packs, a later run goes on.
type history struct {
	Layout layout
	Survey *survey // nil when the plan gives the layout

	First int64        // the revision of the first root
	Roots []gitpack.ID // source trees
	Date  int64        // of the last revision that has one, in seconds

	Commits []commit
	Lines   []*line
	Notes   gitpack.ID // tree of git-svn ids
	Noted   int        // commits that are in it

	live   map[string]int32   // lines that exist, by path
	byPath map[string][]int32 // all lines, the oldest first
	inner  map[string]int     // how many lines that exist are below a path
	home   int32              // the live line of kind outside, or none
}

// commit is one commit of a line.
type commit struct {
	ID      gitpack.ID
	Tree    gitpack.ID // public
	Rev     int64
	Line    int32
	Parents []int32 // the first one is what the line was before
	Idle    bool    // it has the tree of its first parent, or nothing at all
}

// line is one life of a trunk, branch or tag.
type line struct {
	Path   string
	Kind   kind
	Start  int64 // the revision that made it
	End    int64 // the last one in which it existed, or alive
	Origin int32 // the commit that it grew from, or none
	Tip    int32 // its last commit, or the origin, or none
	Own    []int32

	// Archived says that it has ended and that nothing else leads to its tip.
	Archived bool

	// Of a tag: who made it, and with which words.
	Tagger, Message []byte
}

// at reports whether the line existed in a revision.
func (l *line) at(rev int64) bool { return l.Start <= rev && (l.End == alive || l.End >= rev) }

// alive is the End of a line that exists.
const alive = int64(-1)

func newHistory(l layout, s *survey) *history {
	h := &history{Layout: l, Survey: s}
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
	if l.Kind == outside {
		if l.End == alive {
			h.home = i
		}
		return
	}
	h.byPath[l.Path] = append(h.byPath[l.Path], i)
	if l.End == alive {
		h.live[l.Path] = i
		h.count(l.Path, 1)
	}
}

// count adds to the number of lines below the folders above p.
func (h *history) count(p string, n int) {
	for p != "" {
		p = parent(p)
		h.inner[p] += n
	}
}

// hollow reports whether lines are or can be inside of the line at p.
func (h *history) hollow(p string) bool { return h.inner[p] > 0 || h.Layout.below(p) }

func readHistory(r io.Reader) (*history, error) {
	h := &history{}
	if err := gob.NewDecoder(r).Decode(h); err != nil {
		return nil, fmt.Errorf("read the state of the conversion: %w", err)
	}
	h.index()
	return h, nil
}

func (h *history) write(w io.Writer) error {
	if err := gob.NewEncoder(w).Encode(h); err != nil {
		return fmt.Errorf("write the state of the conversion: %w", err)
	}
	return nil
}

// last is the youngest revision that was converted.
func (h *history) last() int64 { return h.First + int64(len(h.Roots)) - 1 }

// root returns the source tree of a revision.
func (h *history) root(rev int64) (gitpack.ID, bool) {
	if i := rev - h.First; i >= 0 && i < int64(len(h.Roots)) {
		return h.Roots[i], true
	}
	return gitpack.ID{}, false
}

// owner returns the live line that p is in: the deepest one, or none.
func (h *history) owner(p string) int32 {
	for at := p; ; at = parent(at) {
		if i, ok := h.live[at]; ok {
			return i
		}
		if at == "" {
			return none
		}
	}
}

// lineAt returns the line with exactly this path that existed in a revision.
func (h *history) lineAt(p string, rev int64) int32 {
	list := h.byPath[p]
	for k := len(list) - 1; k >= 0; k-- {
		if l := h.Lines[list[k]]; l.at(rev) {
			return list[k]
		}
	}
	return none
}

// lineHolding returns the line that p was in at a revision: the deepest one, or
// the one of what is outside of all others, or none.
func (h *history) lineHolding(p string, rev int64) int32 {
	for at := p; ; at = parent(at) {
		if i := h.lineAt(at, rev); i != none {
			return i
		}
		if at == "" {
			break
		}
	}
	for i, l := range h.Lines {
		if l.Kind == outside && l.at(rev) && within(p, l.Path) {
			return int32(i)
		}
	}
	return none
}

// commitAt returns the commit that a line stood at in a revision.
func (h *history) commitAt(i int32, rev int64) int32 {
	l := h.Lines[i]
	k := sort.Search(len(l.Own), func(k int) bool { return h.Commits[l.Own[k]].Rev > rev })
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

// end closes a line: rev is the first revision without it.
func (h *history) end(i int32, rev int64) {
	l := h.Lines[i]
	l.End = rev - 1
	switch {
	case l.Kind == outside:
		h.home = none
	case h.live[l.Path] == i:
		delete(h.live, l.Path)
		h.count(l.Path, -1)
	}
}

// held reports whether a line that exists goes on from a commit or stands at it.
func (h *history) held(commit int32) bool {
	if commit == none || h.home != none && (h.Lines[h.home].Tip == commit || h.Lines[h.home].Origin == commit) {
		return true
	}
	for _, i := range h.live {
		if l := h.Lines[i]; l.Tip == commit || l.Origin == commit {
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
		l.Archived = !h.held(l.Tip)
	}
}

// add appends a commit to its line.
func (h *history) add(c commit) int32 {
	i := int32(len(h.Commits))
	h.Commits = append(h.Commits, c)
	l := h.Lines[c.Line]
	l.Own, l.Tip = append(l.Own, i), i
	return i
}
