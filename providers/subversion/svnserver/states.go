package svnserver

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// State is what a repository holds after a revision: a line for each path with
// its kind, the checksum of its text and its properties.
type State struct {
	Number int64
	Props  string
	Tree   []string
}

// States applies revisions one after the other and returns what each makes.
// It needs the revisions from the first on. They are closed.
func States(t testing.TB, revisions iter.Seq2[*svn.Revision, error]) []State {
	t.Helper()
	var states []State
	trees := map[int64]tree{}
	current := tree{"": {kind: svn.Dir}}
	for r, err := range revisions {
		if err != nil {
			t.Fatal(err)
		}
		next := maps.Clone(current)
		for _, n := range r.Nodes {
			if err := next.apply(n, trees); err != nil {
				t.Fatalf("r%d: %s: %v", r.Number, n.Path, err)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		trees[r.Number], current = next, next
		states = append(states, State{Number: r.Number, Props: properties(r.Props), Tree: next.lines()})
	}
	return states
}

// tree is what is at each path.
type tree map[string]entry

type entry struct {
	kind  svn.Kind
	text  string
	md5   string // of text
	props map[string][]byte
}

func (tr tree) apply(n *svn.Node, trees map[int64]tree) error {
	base, exists := tr[n.Path]
	if exists != (n.Action != svn.Add) {
		return fmt.Errorf("%s, but the path exists: %t", n.Action, exists)
	}
	if n.Action == svn.Delete || n.Action == svn.Replace {
		tr.remove(n.Path)
		base = entry{}
	}
	switch {
	case n.Action == svn.Delete:
		return nil
	case n.Copied():
		from, ok := trees[n.FromRevision][n.FromPath]
		if !ok {
			return fmt.Errorf("copied from %s@%d, which does not exist", n.FromPath, n.FromRevision)
		}
		for path, e := range trees[n.FromRevision] {
			if rest, ok := strings.CutPrefix(path, n.FromPath+"/"); ok {
				tr[n.Path+"/"+rest] = e
			}
		}
		base = from
	case n.Action != svn.Modify:
		base = entry{}
	}
	if n.Kind != svn.Unknown {
		base.kind = n.Kind
	}
	base.props = n.Props.Apply(base.props)
	if n.Text != nil {
		if n.BaseMD5 != "" && !n.Text.Full && n.BaseMD5 != cmp.Or(base.md5, sum("")) {
			return fmt.Errorf("the text is a difference to %s, not to what is there", n.BaseMD5)
		}
		text, _, err := n.Text.Apply([]byte(base.text))
		if err != nil {
			return err
		}
		base.text, base.md5 = string(text), sum(string(text))
	}
	if base.kind == svn.File && base.md5 == "" {
		base.md5 = sum("") // of a new file without a text
	}
	if n.MD5 != "" && n.MD5 != base.md5 {
		return fmt.Errorf("the text has another checksum than %s", n.MD5)
	}
	tr[n.Path] = base
	return nil
}

func (tr tree) remove(path string) {
	for other := range tr {
		if other == path || strings.HasPrefix(other, path+"/") {
			delete(tr, other)
		}
	}
}

func (tr tree) lines() []string {
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(tr)) {
		e := tr[path]
		line := path + " " + e.kind.String()
		if e.kind == svn.File {
			line += " " + e.md5
		}
		lines = append(lines, line+" "+properties(e.props))
	}
	return lines
}

func properties(props map[string][]byte) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(props)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, props[name]))
	}
	return strings.Join(parts, " ")
}

func sum(text string) string {
	s := md5.Sum([]byte(text))
	return hex.EncodeToString(s[:])
}

// Log returns log entries as lines, in an order and form that do not depend on
// where they come from.
func Log(t testing.TB, entries iter.Seq2[svn.LogEntry, error]) []string {
	t.Helper()
	var lines []string
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("r%d %s", e.Number, properties(e.Props)))
		var changes []string
		deleted := map[string]bool{}
		for _, c := range e.Changes {
			deleted[c.Path] = deleted[c.Path] || c.Action == svn.Delete
		}
		for _, c := range e.Changes {
			if c.Action == svn.Add && deleted[c.Path] { // some sources say in two steps what others call a replacement
				c.Action = svn.Replace
				changes = slices.DeleteFunc(changes, func(line string) bool { return line == c.Path+" D" })
			}
			line := fmt.Sprintf("%s %c", c.Path, c.Action)
			if c.FromRevision >= 0 {
				line += fmt.Sprintf(" from %s@%d", c.FromPath, c.FromRevision)
			}
			changes = append(changes, line)
		}
		slices.Sort(changes)
		lines = append(lines, changes...)
	}
	return lines
}

// Changes is Log without the properties of revisions.
func Changes(t testing.TB, entries iter.Seq2[svn.LogEntry, error]) []string {
	t.Helper()
	return Log(t, func(yield func(svn.LogEntry, error) bool) {
		for e, err := range entries {
			e.Props = nil
			if !yield(e, err) {
				return
			}
		}
	})
}
