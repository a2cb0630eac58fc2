package rewrite

import (
	"cmp"
	"slices"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// A role says what a piece of the source is to Markdown.
type role int

const (
	rolePlain       role = iota // inline text
	roleLinkText                // inline text inside a link
	roleDestination             // of a link, an image, a definition, an autolink
	roleCode
	roleTag           // inline raw HTML
	roleHTMLBlock     // a line of an HTML block
	roleHTMLBlockLast // the last line of an HTML block
)

// A piece is a range of the source with one role.
type piece struct {
	start, stop int
	role        role
}

// parse returns the pieces of source in order and without overlaps. What is
// in no piece is markup. It returns false if source is not safe to parse.
func parse(source string) (pieces []piece, ok bool) {
	// goldmark can be left only by a panic, which the meter uses. A defect of
	// goldmark that some text triggers ends here too: one unread text must
	// not end the migration of all others.
	defer func() {
		if recover() != nil {
			pieces, ok = nil, false
		}
	}()
	c := collector{source: []byte(source)}
	root := newParser().Parse(text.NewReader(c.source))
	// The walk cannot fail: visit returns no error.
	_ = ast.Walk(root, c.visit)
	return inOrder(c.pieces), true
}

// inOrder sorts pieces and drops those that overlap. Code wins, so that a
// wrong position of anything else cannot expose code; otherwise the first
// does.
func inOrder(pieces []piece) []piece {
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.start, b.start) })
	kept := pieces[:0]
	covered := 0
	for _, p := range pieces {
		if p.start < covered && p.role != roleCode {
			continue
		}
		for len(kept) > 0 && p.start < kept[len(kept)-1].stop && kept[len(kept)-1].role != roleCode {
			kept = kept[:len(kept)-1]
		}
		kept = append(kept, p)
		covered = max(covered, p.stop)
	}
	return kept
}

// A collector gathers the pieces of a syntax tree.
type collector struct {
	source []byte
	pieces []piece
}

func (c *collector) visit(node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := node.(type) {
	case *ast.Text:
		if n.Parent().Kind() == ast.KindLink {
			c.add(n.Segment, roleLinkText)
		} else {
			c.add(n.Segment, rolePlain)
		}
	case *ast.CodeSpan:
		c.codeSpan(n)
		return ast.WalkSkipChildren, nil
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		c.addAll(n.Lines(), roleCode)
	case *ast.RawHTML:
		c.addAll(n.Segments, roleTag)
	case *ast.HTMLBlock:
		c.htmlBlock(n)
	case *ast.AutoLink:
		if n.AutoLinkType == ast.AutoLinkURL {
			c.destination(n.Label(c.source))
		}
	case *ast.LinkReferenceDefinition:
		c.destination(n.Destination)
	case *ast.Link:
		if n.Reference == nil {
			c.destination(n.Destination)
		} else if n.Reference.Type != ast.ReferenceLinkFull {
			// The text is also the label its definition is found by.
			return ast.WalkSkipChildren, nil
		}
	case *ast.Image:
		if n.Reference == nil {
			c.destination(n.Destination)
		}
		return ast.WalkSkipChildren, nil
	}
	return ast.WalkContinue, nil
}

func (c *collector) add(s text.Segment, r role) {
	if s.Start < s.Stop {
		c.pieces = append(c.pieces, piece{s.Start, s.Stop, r})
	}
}

func (c *collector) addAll(segments *text.Segments, r role) {
	for _, s := range segments.Sliced(0, segments.Len()) {
		c.add(s, r)
	}
}

func (c *collector) codeSpan(n *ast.CodeSpan) {
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if t, ok := child.(*ast.Text); ok {
			c.add(t.Segment, roleCode)
		}
	}
}

func (c *collector) htmlBlock(n *ast.HTMLBlock) {
	c.addAll(n.Lines(), roleHTMLBlock)
	if n.HasClosure() {
		c.add(n.ClosureLine, roleHTMLBlock)
	}
	if last := len(c.pieces) - 1; last >= 0 && c.pieces[last].role == roleHTMLBlock {
		c.pieces[last].role = roleHTMLBlockLast
	}
}

// destination adds the piece that value is. The syntax tree carries no
// position for a destination, but the parser slices it out of the source, so
// the position follows from the capacities. A value that was copied, which
// happens after a tab that stands partly in the indentation, is not found and
// stays as it is.
func (c *collector) destination(value []byte) {
	if len(value) == 0 {
		return
	}
	start := cap(c.source) - cap(value)
	if start < 0 || start+len(value) > len(c.source) || &c.source[start] != &value[0] {
		return
	}
	c.pieces = append(c.pieces, piece{start, start + len(value), roleDestination})
}
