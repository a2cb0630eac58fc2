package dump

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// story has a bit of everything that a dump can say.
const story = `
r1
  A trunk/
  A branches/
  A tags/ note="a property"
  A trunk/a.txt "first\n"
  A trunk/lib/b.bin "\x00\x01\x02binary\xff"
  A trunk/link "link a.txt" svn:special=*
r2 bob
  M trunk/a.txt "first\nsecond\n"
  M trunk svn:ignore="*.o\n"
  M . root=yes
r3
  C trunk@1 branches/old
  C trunk/a.txt branches/old/copy.txt "first\nsecond\nthird\n" svn:executable=*
r4 - - -
  V trunk/a.txt trunk/moved.txt
  D branches/old/lib
  M trunk -svn:ignore
r6 carol 2011-03-04T05:06:07Z "an umlaut: ü\nand a line"
  R trunk/moved.txt "new\n"
  RC trunk/lib@2 branches/old
  A empty ""
  M trunk/lib/b.bin -svn:nothing other=1
`

func load(t *testing.T) (*svntest.History, string) {
	t.Helper()
	h := svntest.Must(t, story)
	return h, h.Repository(t)
}

func openBytes(t *testing.T, name string, data []byte) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return OpenFile(path, t.TempDir())
}

func mustOpen(t *testing.T, data []byte) *File {
	t.Helper()
	f, err := openBytes(t, "history.dump", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whatever svnadmin writes is read as what is in the repository.
func TestFileOfSvnadmin(t *testing.T) {
	h, repository := load(t)
	for name, args := range map[string][]string{
		"format 2": nil,
		"format 3": {"--deltas"},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustOpen(t, svntest.Run(t, nil, "svnadmin", append([]string{"dump", "-q", repository}, args...)...))
			got, err := replayAll(t.Context(), f, 0, h.Latest())
			if err != nil {
				t.Fatal(err)
			}
			compareTruth(t, h, got, 0, h.Latest())
			if f.UUID() != h.UUID {
				t.Errorf("uuid %q, want %q", f.UUID(), h.UUID)
			}
		})
	}
}

func TestFileCompressed(t *testing.T) {
	h := svntest.Must(t, story)
	plain, err := h.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	pack := map[string]func(t *testing.T) []byte{
		"gzip": func(t *testing.T) []byte {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			w.Write(plain)
			w.Close()
			return b.Bytes()
		},
		"zstd": func(t *testing.T) []byte {
			w, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			return w.EncodeAll(plain, nil)
		},
		"bzip2": func(t *testing.T) []byte { return svntest.Run(t, plain, "bzip2", "-c") },
	}
	for name, pack := range pack {
		t.Run(name, func(t *testing.T) {
			data := pack(t)
			f := mustOpen(t, data)
			got, err := replayAll(t.Context(), f, 0, h.Latest())
			if err != nil {
				t.Fatal(err)
			}
			compareTruth(t, h, got, 0, h.Latest())
			cut, err := openBytes(t, "cut", data[:len(data)-20])
			if err == nil {
				_, err = cut.Latest(t.Context())
			}
			if err == nil {
				t.Error("a truncated file is no error")
			}
		})
	}
	t.Run("xz", func(t *testing.T) {
		_, err := openBytes(t, "x", []byte("\xfd7zXZ\x00rest"))
		wantError(t, err, "compressed by xz")
	})
}

// A part of the history can be read from wherever it begins.
func TestFileRange(t *testing.T) {
	h := svntest.Must(t, story)
	f, err := OpenFile(h.DumpFile(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for from := range h.Latest() + 2 {
		for r, err := range f.Revisions(t.Context(), from, h.Latest()) {
			if err != nil {
				t.Fatal(err)
			}
			if want := len(h.Changed(r.Number)); r.Number != 6 && len(r.Nodes) != want { // r6 deletes and adds for the copy
				t.Errorf("r%d has %d nodes, want %d", r.Number, len(r.Nodes), want)
			}
			got = append(got, r.Number)
			r.Close()
		}
	}
	want := []int64{0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 3, 4, 5, 6, 4, 5, 6, 5, 6, 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
}

// What svndumpfilter leaves out are empty revisions.
func TestFileGaps(t *testing.T) {
	dump := header + revision(0) + revision(2) + revision(5)
	f := mustOpen(t, []byte(dump))
	for _, c := range []struct {
		from, to int64
		want     []int64
	}{
		{0, 9, []int64{0, 1, 2, 3, 4, 5}},
		{1, 1, []int64{1}},
		{3, 4, []int64{3, 4}},
		{4, 9, []int64{4, 5}},
		{6, 9, nil},
		{4, 3, nil},
	} {
		var got, logged []int64
		for r, err := range f.Revisions(t.Context(), c.from, c.to) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Number)
		}
		for e, err := range f.Log(t.Context(), c.from, c.to) {
			if err != nil {
				t.Fatal(err)
			}
			logged = append(logged, e.Number)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("revisions %d..%d (-want +got):\n%s", c.from, c.to, diff)
		}
		if diff := cmp.Diff(c.want, logged); diff != "" {
			t.Errorf("log %d..%d (-want +got):\n%s", c.from, c.to, diff)
		}
	}
}

func TestFileLog(t *testing.T) {
	h := svntest.Must(t, story)
	f, err := OpenFile(h.DumpFile(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got []svn.Change
	for e, err := range f.Log(t.Context(), 3, 4) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Changes...)
		if diff := cmp.Diff(orNil(h.RevProps(e.Number)), stringProps(e.Props)); diff != "" {
			t.Errorf("properties of r%d (-want +got):\n%s", e.Number, diff)
		}
	}
	want := []svn.Change{
		{Action: svn.Add, Kind: svn.Dir, Path: "branches/old", FromPath: "trunk", FromRevision: 1},
		{Action: svn.Add, Kind: svn.File, Path: "branches/old/copy.txt", FromPath: "trunk/a.txt", FromRevision: 2, TextChanged: true, PropsChanged: true},
		{Action: svn.Add, Kind: svn.File, Path: "trunk/moved.txt", FromPath: "trunk/a.txt", FromRevision: 3},
		{Action: svn.Delete, Path: "trunk/a.txt", FromRevision: -1},
		{Action: svn.Delete, Path: "branches/old/lib", FromRevision: -1},
		{Action: svn.Modify, Kind: svn.Dir, Path: "trunk", FromRevision: -1, PropsChanged: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// A dump of the last revisions: with a full tree it stands for itself, as a
// continuation it needs what came before.
func TestFileBeginsLater(t *testing.T) {
	h := svntest.Must(t, `
		r1
		A trunk/f "one"
		r2
		M trunk/f "two"
		r3
		M trunk/f "three"
		r4
		C trunk@3 copy
		r5
		C trunk@1 late`)
	repository := h.Repository(t)
	run := func(args ...string) *File {
		return mustOpen(t, svntest.Run(t, nil, "svnadmin", append([]string{"dump", "-q", repository}, args...)...))
	}
	t.Run("full", func(t *testing.T) {
		f := run("-r", "3:4", "--deltas")
		got, err := replayAll(t.Context(), f, 1, 4)
		if err != nil {
			t.Fatal(err)
		}
		compareTruth(t, h, got, 3, 4)
	})
	t.Run("full with a copy of what is left out", func(t *testing.T) {
		_, err := replayAll(t.Context(), run("-r", "3:5"), 1, 5)
		wantError(t, err, "r5: late: it is a copy from r1, but the file begins at r3")
	})
	t.Run("incremental", func(t *testing.T) {
		_, err := replayAll(t.Context(), run("-r", "3:5", "--incremental"), 1, 5)
		wantError(t, err, "r3: trunk/f: the file holds only what changed")
	})
	t.Run("continued", func(t *testing.T) {
		f := run("-r", "3:5", "--incremental")
		var got []int64
		for r, err := range f.Revisions(t.Context(), 3, 5) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Number)
			r.Close()
		}
		if diff := cmp.Diff([]int64{3, 4, 5}, got); diff != "" {
			t.Errorf("revisions (-want +got):\n%s", diff)
		}
	})
	t.Run("parts in one file", func(t *testing.T) {
		parts := append(svntest.Run(t, nil, "svnadmin", "dump", "-q", repository, "-r", "0:2"),
			svntest.Run(t, nil, "svnadmin", "dump", "-q", repository, "-r", "3:5", "--incremental", "--deltas")...)
		got, err := replayAll(t.Context(), mustOpen(t, parts), 0, 5)
		if err != nil {
			t.Fatal(err)
		}
		compareTruth(t, h, got, 0, 5)
	})
}

// A text that does not fit into memory waits in a file, and the file is gone
// afterwards.
func TestFileLargeText(t *testing.T) {
	scratch := t.TempDir()
	h := svntest.New()
	h.Begin(nil)
	text := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16)
	h.Add("large", svntest.Edit{Text: text})
	f, err := OpenFile(h.DumpFile(t), scratch)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range f.Revisions(t.Context(), 1, 1) {
		if err != nil {
			t.Fatal(err)
		}
		if held := r.Nodes[0].Text.Held(); held != 0 {
			t.Errorf("%d bytes are held in memory", held)
		}
		var got bytes.Buffer
		if err := r.Nodes[0].Text.ApplyStream(nil, 0, &got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), text) {
			t.Error("the text came back changed")
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}
