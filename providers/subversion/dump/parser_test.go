package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

const header = "SVN-fs-dump-format-version: 2\n\nUUID: 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11\n\n"

func revision(number int64) string {
	return fmt.Sprintf("Revision-number: %d\nProp-content-length: 10\nContent-length: 10\n\nPROPS-END\n\n", number)
}

// node returns a record with the given headers and content.
func node(content string, headers ...string) string {
	return strings.Join(headers, "\n") + "\n\n" + content + "\n\n"
}

func parseAll(t testing.TB, dump string) ([]*svn.Revision, error) {
	p := newParser(newInput(strings.NewReader(dump)))
	var all []*svn.Revision
	for {
		r, err := p.readContents(t.TempDir())
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		dump string
		want string
	}{
		"headers unknown to us": {
			header + "Revision-number: 1\nFoo: bar\nProp-content-length: 10\nContent-length: 10\n\nPROPS-END\n\n" +
				node("", "Node-path: a", "Node-kind: dir", "Node-action: add", "X-Color: blue"),
			"r1: add dir a",
		},
		"no properties of the revision": {
			header + "Revision-number: 1\n\n" + node("", "Node-path: a", "Node-kind: dir", "Node-action: add"),
			"r1: add dir a",
		},
		"no uuid, format 1": {
			"SVN-fs-dump-format-version: 1\n\nRevision-number: 1\nContent-length: 10\n\nPROPS-END\n\n" +
				node("K 1\nk\nV 1\nv\nPROPS-END\ntext", "Node-path: f", "Node-kind: file", "Node-action: add", "Content-length: 26"),
			"r1: add file f full[k=v] text=text",
		},
		"format 1, a directory": {
			"SVN-fs-dump-format-version: 1\n\nRevision-number: 1\nContent-length: 10\n\nPROPS-END\n\n" +
				node("PROPS-END\n", "Node-path: d", "Node-kind: dir", "Node-action: add", "Content-length: 10"),
			"r1: add dir d full[]",
		},
		"blank lines anywhere between records": {
			header + "\n\n\n" + revision(1) + "\n\n\n\n" + node("hello\n\n\n", "Node-path: f", "Node-kind: file", "Node-action: add", "Text-content-length: 6", "Content-length: 6"),
			"r1: add file f text=hello\n",
		},
		"no blank line after the content": {
			header + "Revision-number: 1\nProp-content-length: 10\nContent-length: 10\n\nPROPS-END\nNode-path: f\nNode-kind: file\nNode-action: add\nText-content-length: 2\n\nhiNode-path: g\nNode-kind: dir\nNode-action: add\n\n",
			"r1: add file f text=hi, add dir g",
		},
		"content longer than its parts": {
			header + revision(1) + node("hirest", "Node-path: f", "Node-kind: file", "Node-action: add", "Text-content-length: 2", "Content-length: 6"),
			"r1: add file f text=hi",
		},
		"no content length": {
			header + revision(1) + node("PROPS-END\nhi", "Node-path: f", "Node-kind: file", "Node-action: add", "Prop-content-length: 10", "Text-content-length: 2"),
			"r1: add file f full[] text=hi",
		},
		"a change without a kind": {
			header + revision(1) + node("hi", "Node-path: f", "Node-action: change", "Text-content-length: 2") +
				node("PROPS-END\n", "Node-path: d", "Node-action: change", "Prop-content-length: 10"),
			"r1: change file f text=hi, change unknown d full[]",
		},
		"an empty file": {
			header + revision(1) + node("", "Node-path: f", "Node-kind: file", "Node-action: add", "Text-content-length: 0", "Content-length: 0"),
			"r1: add file f text=",
		},
		"a file without a text": {
			header + revision(1) + node("", "Node-path: f", "Node-kind: file", "Node-action: add"),
			"r1: add file f",
		},
		"the root": {
			header + revision(1) + node("PROPS-END\n", "Node-path: ", "Node-kind: dir", "Node-action: change", "Prop-content-length: 10"),
			"r1: change dir  full[]",
		},
		"copies": {
			header + revision(2) + node("", "Node-path: b", "Node-kind: dir", "Node-action: add", "Node-copyfrom-rev: 1", "Node-copyfrom-path: a") +
				node("", "Node-path: c", "Node-kind: dir", "Node-action: replace", "Node-copyfrom-rev: 0", "Node-copyfrom-path: "),
			"r2: add dir b from a@1, replace dir c from @0",
		},
		"a delta of properties": {
			header + revision(1) + node("K 1\na\nV 0\n\nD 1\nb\nPROPS-END\n", "Node-path: f", "Node-kind: file", "Node-action: change", "Prop-delta: true", "Prop-content-length: 27"),
			"r1: change file f set[a=] unset[b]",
		},
		"a value that looks like a record": {
			header + revision(1) + node("K 1\na\nV 22\nRevision-number: 9\n\nx\n\nPROPS-END\n", "Node-path: f", "Node-kind: file", "Node-action: add", "Prop-content-length: 44"),
			"r1: add file f full[a=Revision-number: 9\n\nx\n]",
		},
		"a deleted node": {
			header + revision(1) + node("", "Node-path: f", "Node-action: delete"),
			"r1: delete unknown f",
		},
		"checksums in capitals": {
			header + revision(1) + node("hi", "Node-path: f", "Node-kind: file", "Node-action: add", "Text-content-md5: 49F68A5C8493EC2C0BF489821C21FC3B", "Text-content-length: 2"),
			"r1: add file f text=hi",
		},
	} {
		t.Run(name, func(t *testing.T) {
			revisions, err := parseAll(t, c.dump)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, r := range revisions {
				lines = append(lines, describe(t, r))
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("revisions (-want +got):\n%s", diff)
			}
		})
	}
}

// describe says in a line what a revision does.
func describe(t *testing.T, r *svn.Revision) string {
	var nodes []string
	for _, n := range r.Nodes {
		s := fmt.Sprintf("%s %s %s", n.Action, n.Kind, n.Path)
		if n.Copied() {
			s += fmt.Sprintf(" from %s@%d", n.FromPath, n.FromRevision)
		}
		if n.Props != nil {
			var set []string
			for name, value := range n.Props.Set {
				set = append(set, name+"="+string(value))
			}
			verb := " set"
			if n.Props.Full {
				verb = " full"
			}
			s += verb + "[" + strings.Join(set, " ") + "]"
			if len(n.Props.Delete) > 0 {
				s += " unset[" + strings.Join(n.Props.Delete, " ") + "]"
			}
		}
		if n.Text != nil {
			text, _, err := n.Text.Apply(nil)
			if err != nil {
				t.Fatal(err)
			}
			s += " text=" + string(text)
		}
		nodes = append(nodes, s)
	}
	return fmt.Sprintf("r%d: %s", r.Number, strings.Join(nodes, ", "))
}

func TestParseDamaged(t *testing.T) {
	file := []string{"Node-path: f", "Node-kind: file", "Node-action: add"}
	with := func(content string, headers ...string) string {
		return header + revision(1) + node(content, append(file[:3:3], headers...)...)
	}
	path := func(path string) string {
		return header + revision(7) + node("", "Node-path: "+path, "Node-kind: dir", "Node-action: add")
	}
	for name, c := range map[string]struct{ dump, want string }{
		"empty":                   {"", "it is empty"},
		"something else":          {"%PDF-1.4\n", "a header was expected instead of %PDF-1.4"},
		"a record of another":     {"Revision-number: 1\n\n", "does not begin like a dump file"},
		"binary":                  {strings.Repeat("x", 1<<20), "a line is longer"},
		"format 4":                {"SVN-fs-dump-format-version: 4\n\n", "format 4 are not known"},
		"line ends changed":       {"SVN-fs-dump-format-version: 2\r\n\r\n", "CR LF"},
		"line ends changed later": {header + "Revision-number: 1\n\r\n", "CR LF"},
		"node first":              {header + node("", file...), "a node comes before the first revision"},
		"revisions back":          {header + revision(3) + revision(3), "r3 comes after r3"},
		"an immense revision":     {header + revision(3) + revision(1<<29), "not a number that can be"},
		"two repositories":        {header + "UUID: another\n\n" + revision(1), "two repositories"},
		"negative length":         {with("", "Text-content-length: -5"), "is not a number"},
		"length overflow":         {with("", "Text-content-length: 99999999999999999999"), "is not a number"},
		"parts over the whole":    {with("hi", "Text-content-length: 9", "Content-length: 4"), "r1: f: its parts are longer"},
		"ten gigabytes":           {with("0123456789", "Text-content-length: 10000000000"), "it ends before its first revision does: r1: f:"},
		"ten gigabytes of a property": {with("K 1\na\nV 10000000000\nx\n", "Prop-content-length: 10000000100"),
			"r1: f: its properties exceed"},
		"a property that lies":     {with("K 1\na\nV 1000\nx\nPROPS-END\n", "Prop-content-length: 26"), "r1: f: its properties are damaged"},
		"a property without value": {with("K 1\na\nPROPS-END\n", "Prop-content-length: 16"), "its properties are damaged"},
		"properties without end":   {with("K 1\na\nV 1\nb\n", "Prop-content-length: 12"), "its properties are damaged"},
		"properties end early":     {with("PROPS-END\nPROPS-END\n", "Prop-content-length: 20"), "its properties are damaged"},
		"removal without delta":    {with("D 1\na\nPROPS-END\n", "Prop-content-length: 16"), "its properties are damaged"},
		"no checksum":              {with("", "Text-content-md5: xyz"), "xyz is no checksum"},
		"absolute":                 {path("/etc/passwd"), "r7: /etc/passwd: the path is absolute"},
		"up":                       {path("a/../../b"), `r7: a/../../b: the path has a part ".."`},
		"dot":                      {path("./b"), `the path has a part "."`},
		"empty part":               {path("a//b"), "the path has an empty part"},
		"trailing slash":           {path("a/"), "the path has an empty part"},
		"NUL":                      {path("a\x00b"), `r7: "a\x00b": the path holds a NUL`},
		"not UTF-8":                {path("a\xffb"), `r7: "a\xffb": the path is not UTF-8`},
		"long":                     {path(strings.Repeat("a/", 40000) + "b"), "the path is too long"},
		"copy from nowhere":        {header + revision(1) + node("", append(file[:3:3], "Node-copyfrom-rev: 0")...), "no path or no revision"},
		"copy from outside":        {header + revision(1) + node("", append(file[:3:3], "Node-copyfrom-rev: 0", "Node-copyfrom-path: ../x")...), "a copy from elsewhere"},
		"copy from the future":     {header + revision(1) + node("", append(file[:3:3], "Node-copyfrom-rev: 1", "Node-copyfrom-path: x")...), "r1: f: it is a copy from r1, which is not earlier"},
		"change as a copy": {header + revision(1) + node("", "Node-path: f", "Node-action: change", "Node-copyfrom-rev: 0", "Node-copyfrom-path: x"),
			"a node is copied that is not new"},
		"no action":          {header + revision(1) + node("", "Node-path: f", "Node-kind: file"), "action"},
		"strange kind":       {header + revision(1) + node("", "Node-path: f", "Node-kind: fifo", "Node-action: add"), "kind fifo"},
		"new without a kind": {header + revision(1) + node("", "Node-path: f", "Node-action: add"), "neither a file nor a directory"},
		"a directory's text": {header + revision(1) + node("x", "Node-path: f", "Node-kind: dir", "Node-action: add", "Text-content-length: 1"), "a directory has a text"},
		"root deleted":       {header + revision(1) + node("", "Node-path: ", "Node-action: delete"), "the root can only be changed"},
		"about nothing":      {header + "Foo: bar\n\n", "about nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAll(t, c.dump)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// However much is missing at the end, the error says what is there; only at
// the end of a record nobody can know.
func TestParseTruncated(t *testing.T) {
	dump := header + revision(1) + node("K 1\na\nV 1\nb\nPROPS-END\nhello", "Node-path: f", "Node-kind: file", "Node-action: add",
		"Prop-content-length: 22", "Text-content-length: 5", "Content-length: 27") +
		revision(2) + node("", "Node-path: f", "Node-action: delete")
	whole := map[int]bool{}
	for at := range dump {
		revisions, err := parseAll(t, dump[:at])
		if err == nil {
			whole[at] = true
			continue
		}
		if len(revisions) == 0 {
			continue
		}
		want := fmt.Sprintf("r%d is its last whole revision", revisions[len(revisions)-1].Number)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), want) {
			t.Fatalf("cut at %d: error %v, want %q", at, err, want)
		}
	}
	for at := range whole {
		name, _, _ := strings.Cut(strings.TrimLeft(dump[at:], "\n"), ":")
		if !slices.Contains([]string{"", "UUID", "Revision-number", "Node-path"}, name) {
			t.Errorf("cut at %d, inside of a record, is no error", at)
		}
	}
}

// A wrong checksum is found when the text is applied.
func TestParseChecksum(t *testing.T) {
	revisions, err := parseAll(t, header+revision(1)+node("hi", "Node-path: f", "Node-kind: file", "Node-action: add",
		"Text-content-md5: 00000000000000000000000000000000", "Text-content-length: 2"))
	if err != nil {
		t.Fatal(err)
	}
	text := revisions[0].Nodes[0].Text
	if _, _, err := text.Apply(nil); !errors.Is(err, svn.ErrChecksum) {
		t.Errorf("Apply: %v, want %v", err, svn.ErrChecksum)
	}
	if err := text.ApplyStream(nil, 0, io.Discard); !errors.Is(err, svn.ErrChecksum) {
		t.Errorf("ApplyStream: %v, want %v", err, svn.ErrChecksum)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + revision(0) + revision(1) + node("K 1\na\nV 1\nb\nPROPS-END\nhello", "Node-path: f", "Node-kind: file", "Node-action: add",
		"Prop-content-length: 22", "Text-content-length: 5", "Content-length: 27")))
	f.Add([]byte("SVN-fs-dump-format-version: 1\n\nRevision-number: 1\nContent-length: 10\n\nPROPS-END\n\n" +
		node("PROPS-END\n", "Node-path: d", "Node-kind: dir", "Node-action: add", "Content-length: 10")))
	f.Add([]byte(header + revision(2) + node("K 1\na\nV 0\n\nD 1\nb\nPROPS-END\nSVN\x00", "Node-path: f", "Node-kind: file", "Node-action: change",
		"Prop-delta: true", "Prop-content-length: 27", "Text-delta: true", "Text-content-length: 4")))
	scratch := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newParser(newInput(bytes.NewReader(data)))
		last := int64(-1)
		for {
			r, err := p.readContents(scratch)
			if err != nil {
				break
			}
			if r.Number <= last {
				t.Fatalf("r%d comes after r%d", r.Number, last)
			}
			last = r.Number
			for _, n := range r.Nodes {
				if svn.CheckPath(n.Path) != nil || svn.CheckPath(n.FromPath) != nil {
					t.Fatalf("the paths %q and %q came through", n.Path, n.FromPath)
				}
				if n.Text != nil && n.Text.Size() > int64(len(data)) {
					t.Fatalf("a text of %d bytes out of %d", n.Text.Size(), len(data))
				}
			}
			r.Close()
		}
		q := newParser(newInput(bytes.NewReader(data)))
		for {
			if _, err := q.readEntry(); err != nil {
				break
			}
		}
		if p.format != q.format {
			t.Fatalf("the log found format %d, the contents %d", q.format, p.format)
		}
	})
}
