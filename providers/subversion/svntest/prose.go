package svntest

import (
	"fmt"
	"strings"
)

const vocabulary = "the a of to and in that is for it was on with as be by at from this have or an they which one you had not but all were when " +
	"your can said there use each how their if will up other about out many then them these so some her would make like him into time has look " +
	"int char void return struct static const while break case switch default null size count index value buffer length offset node tree path"

func (g *generator) word() string { return g.vocabulary[g.rand.IntN(len(g.vocabulary))] }

func (g *generator) words(n int) string {
	var b strings.Builder
	b.WriteString(g.word())
	for range n - 1 {
		b.WriteByte(' ')
		b.WriteString(g.word())
	}
	return b.String()
}

// directory returns where a file goes. A small project has few folders.
func (g *generator) directory() string {
	n := max(g.shape.Files/20, 2)
	d := g.rand.IntN(n)
	return fmt.Sprintf("src/m%d/p%d", d%17, d)
}

// prose returns a text of the usual size.
func (g *generator) prose() text {
	size := int(float64(g.shape.FileSize) * (0.3 + g.rand.ExpFloat64()*0.7))
	t := text{g.paragraph()}
	for t.size() < size {
		t = append(t, g.paragraph())
	}
	return t
}

// paragraph is about a thousand bytes of lines.
func (g *generator) paragraph() string {
	var b strings.Builder
	for b.Len() < 900 {
		b.WriteString(strings.Repeat("    ", g.rand.IntN(3)))
		b.WriteString(g.words(3 + g.rand.IntN(9)))
		b.WriteByte('\n')
	}
	return b.String()
}

// changed returns a paragraph with another line.
func (g *generator) changed(s string) string {
	from := g.rand.IntN(len(s) + 1)
	from = strings.LastIndexByte(s[:from], '\n') + 1
	to := from + strings.IndexByte(s[from:]+"\n", '\n')
	return s[:from] + g.words(3+g.rand.IntN(9)) + s[to:]
}

func (g *generator) binary() text {
	var t text
	for range 1 + g.rand.IntN(8) {
		piece := make([]byte, 4<<10)
		for i := range piece {
			piece[i] = byte(g.rand.Uint32())
		}
		t = append(t, string(piece))
	}
	return t
}
