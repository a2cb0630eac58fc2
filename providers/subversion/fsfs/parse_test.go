package fsfs

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

const sha = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
const md = "d41d8cd98f00b204e9800998ecf8427e"

func TestParseNode(t *testing.T) {
	got, err := parseNode([]byte("id: 3a-2.0.r40/6\ntype: file\npred: 3a-2.0.r35/50\ncount: 2\n" +
		"text: 40 5 42 366 " + md + " " + sha + " 39-13/_8\nprops: 12 3 70 0 " + md + "\ncpath: /trunk/a b\ncopyroot: 0 /\nfuture: x\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := node{
		kind: svn.File, path: "trunk/a b", prior: place{35, 50},
		text:  &representation{place: place{40, 5}, size: 42, whole: 366, md5: md, sha1: sha},
		props: &representation{place: place{12, 3}, size: 70, whole: 70, md5: md},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(node{}, representation{}, place{})); diff != "" {
		t.Errorf("node (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"", "type: link\n", "type\n", "type: file\npred: 3a-2.0.t39-1\n", "type: file\npred: 3.r5\n", "type: file\npred: 3.r-5/1\n",
		"type: file\ntext: 1 2\n", "type: file\ntext: 1 2 -3 4\n", "type: file\ntext: 1 2 3 4 zz\n", "type: file\ncpath: trunk\n", "type: file\ncpath: /../x\n",
	} {
		if _, err := parseNode([]byte(bad)); err == nil {
			t.Errorf("parseNode(%q) is no error", bad)
		}
	}
}

func TestParseChanges(t *testing.T) {
	got, err := parseChanges([]byte("_1.0.t4-5 add-dir false false false /b/c\n2 /trunk\n" +
		"_2.0.t4-5 modify-file true false false /b\n\n" +
		"_3.0.t4-5 replace-file true true /b-c\n\n" +
		"_4.0.r4/5 delete-dir false false false /a name\n\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []svn.Change{
		{Action: svn.Delete, Kind: svn.Dir, Path: "a name", FromRevision: -1},
		{Action: svn.Modify, Kind: svn.File, Path: "b", FromRevision: -1, TextChanged: true},
		{Action: svn.Add, Kind: svn.Dir, Path: "b/c", FromPath: "trunk", FromRevision: 2},
		{Action: svn.Replace, Kind: svn.File, Path: "b-c", FromRevision: -1, TextChanged: true, PropsChanged: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"x\n\n", "1 add-file true /a\n\n", "1 reset-file true true /a\n\n", "1 add true true /a\n\n", "1 add-file true true /a//b\n\n",
		"1 add-file true true /a\n5\n", "1 add-file true true /a\nx /b\n", "1 add-file true true /a\n3 b\n",
		"1 add-file true true /a\n\n1 delete-file true true /a\n\n",
	} {
		if _, err := parseChanges([]byte(bad)); err == nil {
			t.Errorf("parseChanges(%q) is no error", bad)
		}
	}
}

func TestParseHash(t *testing.T) {
	got, err := parseHash([]byte("K 3\nabc\nV 5\n1\n2\n3\nK 0\n\nV 0\n\nEND\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"abc": []byte("1\n2\n3"), "": {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "K 3\nabc\n", "K 3\nabc\nV 5\n1\nEND\n", "K 99999999999\na\nV 1\nb\nEND\n", "K -1\na\nV 1\nb\nEND\n", "D 1\na\nEND\n", "K 1\na\nV 1\nb\n"} {
		if _, err := parseHash([]byte(bad)); err == nil {
			t.Errorf("parseHash(%q) is no error", bad)
		}
	}
}

// packOf writes a pack of revision properties.
func packOf(raw string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(raw))
	w.Close()
	size := []byte{byte(len(raw)>>7) | 0x80, byte(len(raw) & 0x7f)}
	return append(size, b.Bytes()...)
}

func TestPropPack(t *testing.T) {
	raw, err := inflate(packOf("7\n2\n4\n22\n\nEND\nK 1\na\nV 1\nb\nEND\nxyzzy\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := parsePropPack(raw)
	if err != nil {
		t.Fatal(err)
	}
	if p.first != 7 || len(p.lists) != 2 || string(p.lists[0]) != "END\n" || len(p.lists[1]) != 22 {
		t.Errorf("got %d: %q", p.first, p.lists)
	}
	for _, bad := range []string{"", "7\n\nEND\n", "7\n2\n4\n\nEND\n", "7\n1\n5\n\nEND\n", "7\n1\n-4\n\nEND\n", "x\n1\n4\n\nEND\n"} {
		if _, err := parsePropPack([]byte(bad)); err == nil {
			t.Errorf("parsePropPack(%q) is no error", bad)
		}
	}
	for _, bad := range [][]byte{nil, {0x80}, {5, 'a'}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, packOf("too short")[:8], append([]byte{0x80, 0x05}, packOf("too long")[2:]...)} {
		if _, err := inflate(bad); err == nil {
			t.Errorf("inflate(%q) is no error", bad)
		}
	}
}

// appendIndex writes an index of one page.
func appendIndex(items ...item) []byte {
	page := binary.AppendUvarint(nil, uint64(items[0].offset))
	signed := func(n int64) {
		u := uint64(2 * n)
		if n < 0 {
			u = uint64(-2*n - 1)
		}
		page = binary.AppendUvarint(page, u)
	}
	compound, revision := int64(0), items[0].revision
	for _, it := range items {
		page = binary.AppendUvarint(page, uint64(it.size))
		c := it.number<<3 | int64(it.kind)
		signed(c - compound)
		signed(it.revision - revision)
		page = append(page, 0)
		compound, revision = c, it.revision
	}
	out := []byte("P2L-INDEX\n")
	for _, n := range []int64{items[0].revision, 1000, 4096, 1, int64(len(page))} {
		out = binary.AppendUvarint(out, uint64(n))
	}
	return append(out, page...)
}

func TestParseIndex(t *testing.T) {
	items := []item{
		{revision: 7, number: 3, offset: 0, size: 100, kind: fileText},
		{revision: 7, number: 4, offset: 100, size: 50, kind: nodeRevision},
		{revision: 6, number: 9, offset: 150, size: 0, kind: dirProps},
		{revision: 7, number: 1, offset: 150, size: 850, kind: changedPaths},
	}
	x, err := parseIndex(appendIndex(items...), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range items {
		if got, ok := x.find(want.revision, want.number); !ok || got != want {
			t.Errorf("found %+v, want %+v", got, want)
		}
	}
	if got := len(x.of(7)); got != 3 {
		t.Errorf("r7 has %d items", got)
	}
	if _, ok := x.find(8, 1); ok {
		t.Error("r8 has an item")
	}
	if _, err := parseIndex(appendIndex(items...), 999); err == nil {
		t.Error("an item over the end is no error")
	}
}

func TestParseFooter(t *testing.T) {
	text := "100 " + md + " 150 " + md
	tail := append([]byte(strings.Repeat("x", 60)+text), byte(len(text)))
	f, err := parseFooter(tail, 1000)
	if want := (footer{l2p: 100, p2l: 150, end: 1000 - int64(len(text)) - 1}); err != nil || f != want {
		t.Errorf("got %+v, %v, want %+v", f, err, want)
	}
	for _, bad := range []string{"", "\xff", "abc\x03", "200 a 150 b\x0b", "100 a 5000 b\x0c", "-1 a 150 b\x0a"} {
		if _, err := parseFooter([]byte(bad), 1000); !errors.Is(err, errDamaged) {
			t.Errorf("parseFooter(%q) = %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("id: 3a-2.0.r40/6\ntype: file\npred: 3a-2.0.r35/50\ntext: 40 5 42 366 " + md + " " + sha + " -\ncpath: /trunk/a b\n\n"))
	f.Add([]byte("_1.0.t4-5 add-dir false false false /b/c\n2 /trunk\n"))
	f.Add([]byte("K 3\nabc\nV 5\n1\n2\n3\nEND\n"))
	f.Add(packOf("7\n1\n4\n\nEND\n"))
	f.Add(appendIndex(item{revision: 7, number: 3, size: 100, kind: fileText}, item{revision: 7, number: 4, offset: 100, size: 50, kind: nodeRevision}))
	f.Add([]byte("100 a 150 b\x0b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := parseNode(data); err == nil && svn.CheckPath(n.path) != nil {
			t.Errorf("the path %q came through", n.path)
		}
		changes, _ := parseChanges(data)
		for _, c := range changes {
			if svn.CheckPath(c.Path) != nil || svn.CheckPath(c.FromPath) != nil {
				t.Errorf("the paths %q and %q came through", c.Path, c.FromPath)
			}
		}
		_, _ = parseHash(data)
		if raw, err := inflate(data); err == nil {
			_, _ = parsePropPack(raw)
		}
		x, _ := parseIndex(data, 1000)
		for _, it := range x.items {
			if it.offset < 0 || it.size < 0 || it.offset+it.size > 1000 {
				t.Errorf("the item %+v came through", it)
			}
		}
		if feet, err := parseFooter(data, 1000); err == nil && (feet.l2p < 0 || feet.l2p > feet.p2l || feet.p2l > feet.end || feet.end > 1000) {
			t.Errorf("the footer %+v came through", feet)
		}
	})
}
