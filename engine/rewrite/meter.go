package rewrite

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Limits of one parse. What people write stays below them: MaxBytes of short
// lines full of lists, links and tables fit in.
const (
	// maxDepth bounds how deeply blocks nest, because goldmark recurses into
	// them and a Go program cannot survive the overflow of a stack.
	maxDepth = 500
	// maxCost bounds the work, in steps of about a nanosecond or, where a
	// parser allocates, of about two bytes.
	maxCost = 1 << 28
)

const (
	costTry   = 16  // a parser looked and declined
	costLine  = 64  // a block took one more line
	costNode  = 256 // a node of the syntax tree
	costTable = 256 // a cell of a table
)

// A meter ends a parse that becomes too expensive. goldmark is linear for
// ordinary texts, but has inputs that cost the square of their size in time
// (brackets, backticks, definitions) or in memory (blank lines in deep lists,
// short rows of wide tables).
type meter struct {
	left   int
	parent ast.Node // the block whose inline content is being parsed
	nodes  int      // made in parent so far
}

// exhausted is what a meter panics with, for parse to recover: goldmark has
// no other way to be stopped.
type exhausted struct{}

func (m *meter) charge(cost int) {
	if m.left -= cost; m.left < 0 {
		panic(exhausted{})
	}
}

// newParser returns a parser for one text of GitHub Flavored Markdown with
// footnotes, reduced to what tells prose from code and finds destinations.
// Emphasis is left out, since it does neither, and so are bare URLs, which
// goldmark finds only under names with a dot. No transformer of the finished
// tree runs: the one for footnotes drops those that nothing refers to.
func newParser() parser.Parser {
	m := &meter{left: maxCost}
	var blocks, inlines []util.PrioritizedValue
	for _, v := range append(parser.DefaultBlockParsers(),
		util.Prioritized(extension.NewFootnoteBlockParser(), 999)) {
		blocks = append(blocks, util.Prioritized(meteredBlock{v.Value.(parser.BlockParser), m}, v.Priority))
	}
	for _, v := range []util.PrioritizedValue{
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewRawHTMLParser(), 400),
	} {
		inlines = append(inlines, util.Prioritized(meteredInline{v.Value.(parser.InlineParser), m}, v.Priority))
	}
	return parser.NewParser(
		parser.WithBlockParsers(blocks...),
		parser.WithInlineParsers(inlines...),
		parser.WithParagraphTransformers(
			util.Prioritized(meteredParagraph{m}, 0),
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
	)
}

type meteredBlock struct {
	parser.BlockParser
	m *meter
}

func (b meteredBlock) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if len(pc.OpenedBlocks()) > maxDepth {
		panic(exhausted{})
	}
	// Telling "- - -" the rule from "- - -" the lists reads the whole line, at
	// each level again.
	line, _ := r.PeekLine()
	b.m.charge(len(line) / 4)
	node, state := b.BlockParser.Open(parent, r, pc)
	if node == nil {
		b.m.charge(costTry)
	} else {
		b.m.charge(costNode)
	}
	return node, state
}

func (b meteredBlock) Continue(node ast.Node, r text.Reader, pc parser.Context) parser.State {
	b.m.charge(costLine)
	return b.BlockParser.Continue(node, r, pc)
}

// meteredParagraph transforms nothing; it pays for the transformers after it.
type meteredParagraph struct{ m *meter }

func (p meteredParagraph) Transform(node *ast.Paragraph, r text.Reader, _ parser.Context) {
	lines := node.Lines()
	if lines.Len() == 0 {
		return
	}
	// Each definition is copied by a search through the lines of all.
	if first := lines.At(0); bytes.HasPrefix(bytes.TrimLeft(first.Value(r.Source()), " \t"), []byte("[")) {
		p.m.charge(lines.Len() * lines.Len())
	}
	// Every row of a table is filled up to the width of its widest.
	columns := 0
	for _, s := range lines.Sliced(0, lines.Len()) {
		columns = max(columns, bytes.Count(s.Value(r.Source()), []byte("|")))
	}
	p.m.charge(lines.Len() * columns * costTable)
}

type meteredInline struct {
	parser.InlineParser
	m *meter
}

func (i meteredInline) Parse(parent ast.Node, r text.Reader, pc parser.Context) ast.Node {
	if i.m.parent != parent {
		i.m.parent, i.m.nodes = parent, 0
	}
	line, at := r.PeekLine()
	lines := parent.Lines()
	if line[0] == ']' {
		// A closing bracket looks through the nodes since the opening one, and
		// through the lines for its label.
		i.m.charge(i.m.nodes + lines.Len())
	}
	node := i.InlineParser.Parse(parent, r, pc)
	if node == nil {
		i.m.charge(costTry)
		return nil
	}
	i.m.charge(costNode)
	i.m.nodes += 2
	if node.Kind() == ast.KindText {
		// Backticks that nothing closes were compared with all that follows.
		i.m.charge(lines.At(lines.Len()-1).Stop - at.Start)
	}
	return node
}

// CloseBlock passes on what goldmark looks for by a type assertion.
func (i meteredInline) CloseBlock(parent ast.Node, r text.Reader, pc parser.Context) {
	if c, ok := i.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, r, pc)
	}
}
