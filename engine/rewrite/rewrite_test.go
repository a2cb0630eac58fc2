package rewrite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

func nothing(Reference) (string, bool) { return "", false }

func same(ref Reference) (string, bool) { return ref.Text, true }

// found returns what Text asks about, as "kind place text value".
func found(text string) []string {
	var all []string
	Text(text, func(ref Reference) (string, bool) {
		all = append(all, strings.Join([]string{ref.Kind.String(), ref.Text, value(ref)}, " "))
		return "", false
	})
	return all
}

// value is the part of a reference that a Lookup decides by.
func value(ref Reference) string {
	switch ref.Kind {
	case Issue:
		return fmt.Sprintf("%s#%d", ref.Repository, ref.Number)
	case Change:
		return fmt.Sprintf("%s!%d", ref.Repository, ref.Number)
	case Commit:
		return ref.Repository + "@" + ref.Name
	case Mention:
		return ref.Name
	}
	return ref.URL
}

// TestGolden runs every archive of testdata: before.md becomes after.md by
// lookup, whose lines are "kind value = replacement".
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			table := map[string]string{}
			for line := range strings.Lines(files["lookup"]) {
				key, replacement, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
				if !ok {
					t.Fatalf("lookup: bad line %q", line)
				}
				table[key] = replacement
			}
			used := map[string]bool{}
			got, _ := Text(files["before.md"], func(ref Reference) (string, bool) {
				key := ref.Kind.String() + " " + value(ref)
				replacement, ok := table[key]
				used[key] = ok
				return replacement, ok
			})
			if diff := cmp.Diff(files["after.md"], got); diff != "" {
				t.Errorf("after.md (-want +got):\n%s", diff)
			}
			for key := range table {
				if !used[key] {
					t.Errorf("lookup: %q was never asked for", key)
				}
			}
		})
	}
}

func TestStats(t *testing.T) {
	_, got := Text("#1 #2 @a `#3`", func(ref Reference) (string, bool) { return "x", ref.Kind == Issue })
	if want := (Stats{Found: 3, Replaced: 2, Unknown: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPlace(t *testing.T) {
	text := "#1 [#2](/p) <https://h.example/> <a href=\"/q\">#3</a>\n\n<p>#4</p>\n"
	var got []string
	Text(text, func(ref Reference) (string, bool) {
		got = append(got, fmt.Sprint(ref.Text, " ", ref.Place))
		return "", false
	})
	want := []string{
		fmt.Sprint("#1 ", Prose),
		fmt.Sprint("#2 ", LinkText),
		fmt.Sprint("/p ", Destination),
		fmt.Sprint("https://h.example/ ", Destination),
		fmt.Sprint("/q ", Destination),
		fmt.Sprint("#3 ", LinkText),
		fmt.Sprint("#4 ", HTML),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestDestinationIsEncoded(t *testing.T) {
	const evil = "/a b)\n[x](javascript:1)|`\"'<>\\"
	for _, text := range []string{"[a](/old)", "[a](</old>)", "[a]\n\n[a]: /old", "<img src=\"/old\">", "<img src='/old'>", "<img src=/old>"} {
		got, _ := Text(text, func(ref Reference) (string, bool) { return evil, true })
		want := strings.Replace(text, "/old", "/a%20b%29%0A%5Bx%5D%28javascript:1%29%7C%60%22%27%3C%3E%5C", 1)
		if got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestBytesPassThrough(t *testing.T) {
	text := "\x00\xff#1\xfe\r\n\t\x00[\xff](/a)\r\n```\r\n#2\xff\r\n```\r\n"
	got, stats := Text(text, func(ref Reference) (string, bool) { return "N", true })
	want := "\x00\xffN\xfe\r\n\t\x00[\xff](N)\r\n```\r\n#2\xff\r\n```\r\n"
	if got != want || stats.Found != 2 {
		t.Errorf("got %q (%+v), want %q", got, stats, want)
	}
}

// TestUnread gives texts whose cost grows with the square of their length, or
// whose depth would overflow the stack.
func TestUnread(t *testing.T) {
	if testing.Short() {
		t.Skip("parses many megabytes")
	}
	const n = 2 << 20
	fill := func(s string) string { return strings.Repeat(s, n/len(s)) }
	ticks := func() string {
		var b strings.Builder
		for i := 1; b.Len() < n; i++ {
			b.WriteString(strings.Repeat("`", i) + " ")
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"too long":            strings.Repeat("a", MaxBytes+1),
		"quotes":              fill(">") + "#1",
		"lists":               fill("- ") + "#1",
		"blank lines in list": strings.Repeat("- ", 400) + "a" + fill("\n") + "#1",
		"brackets":            strings.Repeat("[", 900) + fill("a\n") + strings.Repeat("]", 900),
		"short references":    fill("[a]\n"),
		"definitions":         fill("[a]: b\n"),
		"backticks":           ticks() + "#1",
		"wide table":          strings.Repeat("|a", 5000) + "\n" + strings.Repeat("|-", 5000) + "\n" + fill("|\n") + "#1",
	} {
		t.Run(name, func(t *testing.T) {
			got, stats := Text(text, func(Reference) (string, bool) { return "X", true })
			if got != text || stats != (Stats{Unread: true}) {
				t.Errorf("was read: %+v", stats)
			}
		})
	}
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	page := string(archive.Files[0].Data) + "\n"
	for name, text := range map[string]string{
		"long page":  strings.Repeat(page, MaxBytes/len(page)),
		"images":     strings.Repeat("![", 400) + "#1" + strings.Repeat("](/a)", 400),
		"emphasis":   fill("*a _b ") + " #1",
		"open tags":  fill("<a ") + " #1",
		"entities":   fill("&") + " #1",
		"underlines": fill("_") + " #1",
		"paths":      fill("a/") + " #1",
		"schemes":    fill("http:") + " #1",
		"one line":   fill("lorem ipsum ") + " #1",
	} {
		t.Run(name, func(t *testing.T) {
			if _, stats := Text(text, same); stats.Unread {
				t.Errorf("was not read")
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		b.Fatal(err)
	}
	page := string(archive.Files[0].Data)
	for _, bench := range []struct{ name, text string }{
		{"words", "Still there with the newest version, on two machines.\n"},
		{"comment", "Fixed by @alice in #12, see `#13`.\n"},
		{"page", page},
		{"MiB", strings.Repeat(page+"\n", 1<<20/len(page))},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				Text(bench.text, nothing)
			}
		})
	}
}
