package hg_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

const someNode = "0123456789abcdef0123456789abcdef01234567"

func TestParseChangeset(t *testing.T) {
	node, err := hg.ParseNode(someNode)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, text string
		want       *hg.Changeset
	}{
		{"plain", someNode + "\nAda <ada@example.org>\n12 -3600\na\nb/c\n\nfirst\n\nmore",
			&hg.Changeset{Manifest: node, User: "Ada <ada@example.org>", Time: 12, Offset: 3600, Files: []string{"a", "b/c"}, Description: "first\n\nmore"}},
		{"no files", someNode + "\nada\n0 0\n\n", &hg.Changeset{Manifest: node, User: "ada", Files: []string{}}},
		{"extra", someNode + "\nada\n-5 3601 branch:stable\x00close:1\x00odd:a\\\\b\\nc\\0d\n\nx",
			&hg.Changeset{Manifest: node, User: "ada", Time: -5, Offset: -3601, Files: []string{}, Description: "x",
				Extra: map[string]string{"branch": "stable", "close": "1", "odd": "a\\b\nc\x00d"}}},
		{"fractions", someNode + "\nada\n1.75 0.0\n\n", &hg.Changeset{Manifest: node, User: "ada", Time: 1, Files: []string{}}},
		{"null", "", &hg.Changeset{}},
		{"no header end", someNode + "\nada\n0 0\n", nil},
		{"short header", someNode + "\nada\n\nx", nil},
		{"no date", someNode + "\nada\nnow 0\n\nx", nil},
		{"no manifest", "x\nada\n0 0\n\nx", nil},
		{"infinite date", someNode + "\nada\n1e300 0\n\nx", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := hg.ParseChangeset([]byte(test.text))
			if test.want == nil {
				if !errors.Is(err, hg.ErrCorrupt) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseManifest(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // "" is an error
	}{
		{"files", line("a", "") + line("b/c", "x") + line("d", "l"), "a b/c x d l"},
		{"unsorted", line("b", "") + line("a", ""), ""},
		{"twice", line("a", "") + line("a", ""), ""},
		{"parent folder", line("../a", ""), ""},
		{"inside", line("a/../../b", ""), ""},
		{"absolute", line("/etc/passwd", ""), ""},
		{"no name", line("", ""), ""},
		{"unknown flag", line("a", "q"), ""},
		{"tree", line("a", "t"), ""},
		{"cut", line("a", "")[:20], ""},
		{"not hexadecimal", "a\x00" + strings.Repeat("g", 40) + "\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for f, err := range hg.ParseManifest([]byte(test.text)) {
				if err != nil {
					if test.want != "" || !errors.Is(err, hg.ErrCorrupt) {
						t.Error(err)
					}
					return
				}
				got = append(got, f.Path)
				if f.Flag != hg.Regular {
					got = append(got, string(rune(f.Flag)))
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func line(path, flag string) string { return path + "\x00" + someNode + flag + "\n" }

// TestManifestChanges changes manifests at random, by hunks of whole lines and
// by hunks of any bytes, and compares with reading both manifests.
func TestManifestChanges(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 0))
		before, after := randomManifest(random), randomManifest(random)
		hunks := lineHunks(before, after)
		if random.IntN(2) == 0 {
			hunks = byteHunks(random, before, after)
		}
		if err := checkChanges(before, after, hunks); err != nil {
			t.Fatalf("seed %d: %q to %q by %v: %v", seed, before, after, hunks, err)
		}
	}
}

func randomManifest(random *rand.Rand) string {
	var b strings.Builder
	for _, path := range []string{"a", "a.b", "a/b", "b", "c/d", "c/e", "f"} {
		if random.IntN(3) > 0 {
			b.WriteString(path + "\x00" + strings.Repeat(fmt.Sprint(random.IntN(3)), 40) + []string{"", "x", "l"}[random.IntN(3)] + "\n")
		}
	}
	return b.String()
}

// lineHunks replaces lines by lines at the places that differ.
func lineHunks(before, after string) []hg.Hunk {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	start := 0
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		start += len(a[0])
		a, b = a[1:], b[1:]
	}
	return []hg.Hunk{{Start: start, End: len(before), Data: []byte(strings.Join(b, ""))}}
}

// byteHunks keeps random bytes that both have in common, in their order.
func byteHunks(random *rand.Rand, before, after string) []hg.Hunk {
	var hunks []hg.Hunk
	for at, to := 0, 0; ; {
		start, end := at, to
		for range random.IntN(60) {
			if start < len(before) {
				start++
			}
		}
		if i := -1; start < len(before) {
			if i = strings.IndexByte(after[to:], before[start]); i >= 0 {
				end = to + i
			}
			if i < 0 {
				start = len(before)
			}
		}
		if start >= len(before) {
			return append(hunks, hg.Hunk{Start: at, End: len(before), Data: []byte(after[to:])})
		}
		hunks = append(hunks, hg.Hunk{Start: at, End: start, Data: []byte(after[to:end])})
		at, to = start, end
		for at < len(before) && to < len(after) && before[at] == after[to] {
			at, to = at+1, to+1
		}
	}
}

// checkChanges compares what ManifestChanges says with what the manifests say.
func checkChanges(before, after string, hunks []hg.Hunk) error {
	changes, err := hg.ManifestChanges(nil, []byte(before), hunks)
	if err != nil {
		return err
	}
	files, err := readManifest(before)
	if err != nil {
		return err
	}
	last := ""
	for _, c := range changes {
		if c.Path <= last {
			return fmt.Errorf("%q follows %q", c.Path, last)
		}
		last = c.Path
		if old, there := files[c.Path]; c.Removed && (!there || old != c.File) || !c.Removed && old == c.File {
			return fmt.Errorf("%v changes nothing", c)
		}
		if c.Removed {
			delete(files, c.Path)
		} else {
			files[c.Path] = c.File
		}
	}
	want, err := readManifest(after)
	if err != nil {
		return err
	}
	if !maps.Equal(files, want) {
		return fmt.Errorf("got %v, want %v", files, want)
	}
	return nil
}

func readManifest(text string) (map[string]hg.File, error) {
	files := map[string]hg.File{}
	for f, err := range hg.ParseManifest([]byte(text)) {
		if err != nil {
			return nil, err
		}
		files[f.Path] = f
	}
	return files, nil
}

func TestSplitMeta(t *testing.T) {
	for _, test := range []struct{ text, body, from string }{
		{"text\n", "text\n", ""},
		{"\x01\n\x01\n\x01\nstarts like metadata", "\x01\nstarts like metadata", ""},
		{"\x01\ncopy: a b\ncopyrev: " + someNode + "\n\x01\nbody", "body", "a b"},
		{"\x01\nnever ends", "\x01\nnever ends", ""},
		{"\x01", "\x01", ""},
		{"\x01\n\x01\n", "", ""},
	} {
		meta, body := hg.SplitMeta([]byte(test.text))
		from, _, _ := meta.Copy()
		if string(body) != test.body || from != test.from {
			t.Errorf("%q: got %q, copied from %q", test.text, body, from)
		}
	}
}

// chainGraph is a line of changesets with one more parent here and there.
type chainGraph [][2]int

func (g chainGraph) Len() int                   { return len(g) }
func (g chainGraph) Parents(i int) (p1, p2 int) { return g[i][0], g[i][1] }

func TestVisibility(t *testing.T) {
	//  0 - 1 - 2 - 3
	//       \- 4 - 5
	g := chainGraph{{-1, -1}, {0, -1}, {1, -1}, {2, -1}, {1, -1}, {4, -1}}
	phases := hg.Phases(g, map[int]hg.Phase{1: hg.Draft, 3: hg.Secret})
	if diff := cmp.Diff([]hg.Phase{0, 1, 1, 2, 1, 1}, phases); diff != "" {
		t.Fatalf("phases (-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		name             string
		obsolete, pinned []int
		want             []int
	}{
		{"nothing", nil, nil, nil},
		{"a head", []int{5}, nil, []int{5}},
		{"an ancestor of a visible one", []int{4}, nil, nil},
		{"a line", []int{4, 5}, nil, []int{4, 5}},
		{"public ones stay", []int{0}, nil, nil},
		{"pinned ones show their ancestors", []int{4, 5}, []int{5}, nil},
		{"all drafts", []int{1, 2, 3, 4, 5}, nil, []int{1, 2, 3, 4, 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for i, hidden := range hg.Hidden(g, phases, set(test.obsolete), set(test.pinned)) {
				if hidden {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("hidden: got %v, want %v", got, test.want)
			}
		})
	}
}

func set(numbers []int) map[int]bool {
	s := map[int]bool{}
	for _, n := range numbers {
		s[n] = true
	}
	return s
}

func FuzzParseChangeset(f *testing.F) {
	f.Add([]byte(someNode + "\nada\n-5 3601 branch:stable\x00close:1\na\n\nx"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := hg.ParseChangeset(text)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
	})
}

func FuzzManifestChanges(f *testing.F) {
	f.Add([]byte(line("a", "")+line("b", "x")), hunk(0, 0, line("0", "")))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		if _, err := readManifest(string(base)); err != nil {
			return
		}
		hunks, err := hg.ParseHunks(nil, delta, int64(len(base)))
		if err != nil {
			return
		}
		after := hg.Apply(base, hunks)
		_, sound := readManifest(string(after))
		_, err = hg.ManifestChanges(nil, base, hunks)
		if (sound == nil) != (err == nil) {
			t.Fatalf("%q to %q: reading it says %v, and its changes %v", base, after, sound, err)
		}
		if err == nil {
			if err := checkChanges(string(base), string(after), hunks); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzObsolete(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x27" + strings.Repeat("\x00", 35)))
	f.Add([]byte("\x00\x01\x00\x00\x00\x02\x00" + strings.Repeat("a", 42)))
	f.Fuzz(func(t *testing.T, data []byte) {
		nodes, err := hg.Obsolete(data)
		if err == nil && len(nodes) > len(data) {
			t.Fatalf("%d markers in %d bytes", len(nodes), len(data))
		}
	})
}

func FuzzSplitMeta(f *testing.F) {
	f.Add([]byte("\x01\ncopy: a\n\x01\nbody"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, body := hg.SplitMeta(text)
		if !bytes.HasSuffix(text, body) || len(body)+hg.MetaSize(text) != len(text) {
			t.Fatalf("%q became %q", text, body)
		}
	})
}
