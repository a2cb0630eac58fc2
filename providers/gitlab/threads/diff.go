package threads

import (
	"context"
	"crypto/sha1" // it is how the server names lines
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// diff is what a merge request shows, as far as places in it are concerned.
type diff struct {
	of    place
	refs  api.DiffRefs
	files []fileDiff
}

// fileDiff is a file of a diff.
type fileDiff struct {
	old, new string
	blocks   []block
	hidden   bool // the server does not show the lines
}

// block is a piece of a diff: where it begins, and of each line whether it was
// added (+), removed (-), or stayed.
type block struct {
	old, new int64
	lines    []byte
}

// position returns where in the diff of a merge request a comment stands, or nil
// when the diff does not have that place.
func (w *Writer) position(ctx context.Context, r *project, on place, p *schema.Position) (*api.Position, error) {
	d, err := w.diff(ctx, r, on)
	if err != nil || d == nil {
		return nil, err
	}
	f := d.file(p)
	if f == nil {
		return nil, nil
	}
	at := &api.Position{Type: "text", Base: d.refs.Base, Start: d.refs.Start, Head: d.refs.Head, OldPath: f.old, NewPath: f.new}
	if p.WholeFile {
		at.Type = "file"
		return at, nil
	}
	end, ok := f.find(p.Side, p.Line)
	if !ok {
		return nil, nil
	}
	at.OldLine, at.NewLine = end.shown()
	if p.StartLine > 0 && p.StartLine < p.Line {
		if start, ok := f.find(p.Side, p.StartLine); ok {
			at.Range = &api.LineRange{Start: f.end(start), End: f.end(end)}
		}
	}
	return at, nil
}

// diff returns the diff of a merge request; nil when it has none.
func (w *Writer) diff(ctx context.Context, r *project, of place) (*diff, error) {
	r.mu.Lock()
	for _, d := range r.diffs {
		if d.of == of {
			r.mu.Unlock()
			return d, nil
		}
	}
	r.mu.Unlock()
	m, err := w.prepared(ctx, r, of.number)
	if err != nil || m.Refs == nil {
		return nil, err
	}
	d := &diff{of: of, refs: *m.Refs}
	for f, err := range w.api.MergeRequestDiffs(ctx, r.id, of.number) {
		if err != nil {
			return nil, err
		}
		d.files = append(d.files, fileDiff{old: f.OldPath, new: f.NewPath, blocks: parseBlocks(f.Diff), hidden: f.Collapsed || f.TooLarge})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.diffs = append(r.diffs, d)
	r.diffs = r.diffs[max(0, len(r.diffs)-keptDiffs):]
	return d, nil
}

// forgetDiff is called when the diff of a merge request may be another one.
func (r *memory) forgetDiff(of place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.diffs = slices.DeleteFunc(r.diffs, func(d *diff) bool { return d.of == of })
}

// file returns the file of a place.
func (d *diff) file(p *schema.Position) *fileDiff {
	for i := range d.files {
		if f := &d.files[i]; f.new == p.Path {
			return f
		}
	}
	for i := range d.files { // what was removed or renamed is known by its old path
		if f := &d.files[i]; f.old == p.Path || p.OldPath != "" && f.old == p.OldPath {
			return f
		}
	}
	return nil
}

// parseBlocks reads a diff of one file, without the lines that name it.
func parseBlocks(text string) []block {
	var blocks []block
	for line := range strings.SplitSeq(text, "\n") {
		if old, new, ok := parseHeader(line); ok {
			blocks = append(blocks, block{old: old, new: new})
			continue
		}
		if len(blocks) == 0 || line == "" {
			continue
		}
		if c := line[0]; c == '+' || c == '-' || c == ' ' {
			b := &blocks[len(blocks)-1]
			b.lines = append(b.lines, c)
		}
	}
	return blocks
}

// parseHeader reads "@@ -1,5 +1,6 @@".
func parseHeader(line string) (old, new int64, ok bool) {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return 0, 0, false
	}
	from, rest, ok := strings.Cut(rest, " +")
	if !ok {
		return 0, 0, false
	}
	to, _, ok := strings.Cut(rest, " @@")
	if !ok {
		return 0, 0, false
	}
	old, errOld := firstNumber(from)
	new, errNew := firstNumber(to)
	return old, new, errOld == nil && errNew == nil
}

func firstNumber(span string) (int64, error) {
	number, _, _ := strings.Cut(span, ",")
	return strconv.ParseInt(number, 10, 64)
}

// spot is a line of a diff. Both numbers are set: of a line that was added, old
// is that of the next line that was there before, and the other way round.
type spot struct {
	old, new int64
	kind     byte
}

// shown are the numbers that a line has; 0 is none.
func (s spot) shown() (old, new int64) {
	switch s.kind {
	case '+':
		return 0, s.new
	case '-':
		return s.old, 0
	}
	return s.old, s.new
}

// find returns the line of a number, on one side of the diff. Between the blocks
// are lines that did not change.
func (f *fileDiff) find(side string, line int64) (spot, bool) {
	if line <= 0 || f.hidden {
		return spot{}, false
	}
	before := side == "old"
	shift := int64(0) // from old to new numbers, behind the block before
	for _, b := range f.blocks {
		at := spot{old: b.old, new: b.new}
		if before && line < at.old || !before && line < at.new {
			break
		}
		for _, kind := range b.lines {
			at.kind = kind
			if before && kind != '+' && at.old == line || !before && kind != '-' && at.new == line {
				return at, true
			}
			if kind != '+' {
				at.old++
			}
			if kind != '-' {
				at.new++
			}
		}
		shift = at.new - at.old
	}
	if before {
		return spot{old: line, new: line + shift, kind: ' '}, true
	}
	return spot{old: line - shift, new: line, kind: ' '}, line > shift
}

// end is a line as the end of several.
func (f *fileDiff) end(s spot) api.LineEnd {
	sum := sha1.Sum([]byte(f.new))
	e := api.LineEnd{Code: fmt.Sprintf("%s_%d_%d", hex.EncodeToString(sum[:]), s.old, s.new)}
	e.OldLine, e.NewLine = s.shown()
	switch s.kind {
	case '+':
		e.Type = "new"
	case '-':
		e.Type = "old"
	}
	return e
}
