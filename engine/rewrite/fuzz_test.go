package rewrite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

func seed(f *testing.F) {
	for _, s := range []string{
		"#1", "`#1` #2", "[a](/b \"c\") ![d](e)", "[a]: /b\n[a]", "<a href='/x'>#1</a>", "<!-- #1 -->",
		"- a\n\n\t#1\n", ">\t[a]: /b", "|a|\n|-|\n|`#1\\|`|", "[^1]: #1\n\n    #2", "```\n#1", "\\@a \\#1 &#1;",
		"a/b@0123abc https://h.example/(a).", "<pre>\n#1\n</pre> #2", "\x00\xff\r\n#1",
	} {
		f.Add(s)
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
}

// FuzzText checks that a lookup which changes nothing changes nothing, that
// what is offered is what stands there, and that the counts add up.
func FuzzText(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in string) {
		if out, stats := Text(in, nothing); out != in || stats.Found != stats.Unknown {
			t.Errorf("knowing nothing: %q became %q (%+v)", in, out, stats)
		}
		if out, stats := Text(in, same); out != in || stats.Found != stats.Replaced {
			t.Errorf("knowing the same: %q became %q (%+v)", in, out, stats)
		}
		rest := in
		_, _ = Text(in, func(ref Reference) (string, bool) {
			_, after, ok := strings.Cut(rest, ref.Text)
			if !ok || ref.Text == "" || ref.Kind == 0 || ref.Place == 0 {
				t.Errorf("%q: %+v does not stand in %q", in, ref, rest)
			}
			rest = after
			return "", false
		})
	})
}

// FuzzUnparsed checks that a text which is not parsed has nothing to be found.
func FuzzUnparsed(f *testing.F) {
	seed(f)
	for _, s := range []string{"plain words", "http:/x", "gh12 GH - 1", "abcdef 012345", "a](b)", "www.example.org: a/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > MaxBytes || mayRefer(in) {
			return
		}
		pieces, ok := parse(in)
		if !ok {
			return
		}
		if _, stats := (Document{text: in, regions: regions(in, pieces)}).Replace(nothing); stats.Found > 0 {
			t.Errorf("%q holds %d references", in, stats.Found)
		}
	})
}

// FuzzCode compares with a parser set up the ordinary way: no region may
// overlap what that one takes for code, or for a comment.
func FuzzCode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in string) {
		pieces, ok := parse(in)
		if !ok {
			return
		}
		code := codeBytes(in)
		for _, r := range regions(in, pieces) {
			for i := r.start; i < r.stop; i++ {
				if code[i] {
					t.Fatalf("%q: region %q at %d overlaps code", in, in[r.start:r.stop], r.start)
				}
			}
		}
	})
}

func codeBytes(in string) []bool {
	code := make([]bool, len(in))
	mark := func(s text.Segment) {
		for i := s.Start; i < s.Stop; i++ {
			code[i] = true
		}
	}
	// Emphasis and the transformers of the tree, which the package leaves out,
	// are in. Bare URLs are not: forges look for them after code.
	markdown := goldmark.New(goldmark.WithExtensions(
		extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote))
	root := markdown.Parser().Parse(text.NewReader([]byte(in)))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				mark(c.(*ast.Text).Segment)
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for _, s := range n.Lines().Sliced(0, n.Lines().Len()) {
				mark(s)
			}
		case *ast.RawHTML:
			if s := n.Segments; strings.HasPrefix(in[s.At(0).Start:], "<!--") {
				for _, s := range s.Sliced(0, s.Len()) {
					mark(s)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return code
}

// FuzzFence puts any text into a code block, where nothing may be found.
func FuzzFence(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in string) {
		fence := strings.Repeat("~", 3+strings.Count(in, "~"))
		fenced := fence + "\n" + in + "\n" + fence + "\n"
		_, stats := Text(fenced+"\n#1\n", nothing)
		if !stats.Unread && stats.Found != 1 {
			t.Errorf("%q: found %d references, want the one after the block", fenced, stats.Found)
		}
	})
}
