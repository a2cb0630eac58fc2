package svn

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A text keeps its bytes, in memory or in a file, and leaves no file behind.
func TestTextWriter(t *testing.T) {
	for _, size := range []int{0, 1, 1000, spillSize, spillSize + 1, 3 * spillSize} {
		dir := t.TempDir()
		w := NewTextWriter(true, dir)
		w.Grow(int64(size))
		want := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 100_000)
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		text := w.Text()
		if spilled := text.Held() == 0 && size > 0; spilled != (size > spillSize) {
			t.Errorf("%d bytes: in a file: %v", size, spilled)
		}
		got, delta, err := text.Apply([]byte("base"))
		if err != nil || delta != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back changed: %v", size, err)
		}
		for range 2 {
			if err := text.Close(); err != nil {
				t.Error(err)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// A claimed size reserves little.
func TestTextWriterGrow(t *testing.T) {
	w := NewTextWriter(true, t.TempDir())
	w.Grow(1 << 60)
	if cap(w.buf) > 2<<20 {
		t.Errorf("%d bytes were reserved", cap(w.buf))
	}
}

func TestTextTooLarge(t *testing.T) {
	w := NewTextWriter(true, t.TempDir())
	chunk := make([]byte, 1<<20)
	for range MaxText/len(chunk) + 1 {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	text := w.Text()
	defer text.Close()
	if _, _, err := text.Apply(nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Apply: %v, want %v", err, ErrTooLarge)
	}
	var count counter
	if err := text.ApplyStream(nil, 0, &count); err != nil || int64(count) != text.Size() {
		t.Errorf("ApplyStream: %d bytes, %v", count, err)
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func TestExpect(t *testing.T) {
	const md5, sha1 = "5d41402abc4b2a76b9719d911017c592", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
	zero := strings.Repeat("0", 40)
	for _, c := range []struct {
		md5, sha1 string
		want      error
	}{
		{"", "", nil}, {md5, "", nil}, {"", sha1, nil}, {md5, sha1, nil},
		{zero[:32], "", ErrChecksum}, {md5, zero, ErrChecksum},
	} {
		full, diff := NewText(true, []byte("hello")), NewText(false, newDiff(0).window(0, 0, 5, []byte{copyLiteral<<6 | 5}, []byte("hello")).out)
		for _, text := range []*Text{full, diff} {
			text.Expect(c.md5, c.sha1)
			if _, _, err := text.Apply(nil); !errors.Is(err, c.want) {
				t.Errorf("Apply with %q, %q: %v, want %v", c.md5, c.sha1, err, c.want)
			}
			var out bytes.Buffer
			if err := text.ApplyStream(nil, 0, &out); !errors.Is(err, c.want) {
				t.Errorf("ApplyStream with %q, %q: %v, want %v", c.md5, c.sha1, err, c.want)
			}
		}
	}
}

func TestCheckPath(t *testing.T) {
	for path, want := range map[string]string{
		"":                              "",
		"trunk":                         "",
		"trunk/a b/ü/..c/.git":          "",
		"/trunk":                        "absolute",
		"trunk/":                        "empty part",
		"a//b":                          "empty part",
		"../a":                          `".."`,
		"a/..":                          `".."`,
		"a/./b":                         `"."`,
		"a\x00b":                        "NUL",
		"a\xc3":                         "UTF-8",
		strings.Repeat("a", maxPath+10): "too long",
	} {
		err := CheckPath(path)
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckPath(%.40q) = %v, want %q", path, err, want)
		}
	}
}

func TestPropChange(t *testing.T) {
	base := map[string][]byte{"a": []byte("1"), "b": []byte("2")}
	for _, c := range []struct {
		change *PropChange
		want   map[string][]byte
	}{
		{nil, base},
		{&PropChange{Full: true}, nil},
		{&PropChange{Full: true, Set: map[string][]byte{"c": nil}}, map[string][]byte{"c": nil}},
		{&PropChange{Set: map[string][]byte{"a": []byte("3")}, Delete: []string{"b", "x"}}, map[string][]byte{"a": []byte("3")}},
	} {
		if diff := cmp.Diff(c.want, c.change.Apply(base)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.change, diff)
		}
		if len(base) != 2 || string(base["a"]) != "1" {
			t.Fatal("the base was changed")
		}
	}
}

func TestErrorIsPrintable(t *testing.T) {
	err := &Error{Revision: 7, Path: "a\x1b[2Jb", Err: errors.New("what happened")}
	if got, want := err.Error(), `r7: "a\x1b[2Jb": what happened`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
