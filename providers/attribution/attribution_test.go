package attribution

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

var (
	written = time.Date(2021, 3, 4, 11, 0, 59, 0, time.FixedZone("", 3600))
	edited  = time.Date(2021, 3, 5, 0, 0, 0, 0, time.UTC)
)

func TestLine(t *testing.T) {
	for _, test := range []struct {
		name   string
		author Author
		want   string
	}{
		{"nothing", Author{}, ""},
		{"whole",
			Author{Person: schema.Person{Name: "Ada Lovelace", Login: "ada"}, At: written, Edited: edited, Verb: "commented",
				URL: "https://github.com/o/r/issues/1#issuecomment-2", Extra: []string{"assigned to `bob`", ""}},
			"> **Ada Lovelace** (`ada`) commented on 2021-03-04 10:00 UTC · edited 2021-03-05 00:00 UTC · assigned to `bob` · [original](<https://github.com/o/r/issues/1#issuecomment-2>)"},
		{"only a login", Author{Person: schema.Person{Login: "ada"}}, "> `ada` wrote this"},
		{"name is login", Author{Person: schema.Person{Login: "ada", Name: "ada"}}, "> **ada** wrote this"},
		{"only an id", Author{Person: schema.Person{ID: "7"}}, "> `7` wrote this"},
		{"real author", Author{At: written, URL: "https://x/y"}, "> 2021-03-04 10:00 UTC · [original](<https://x/y>)"},
		{"hostile name",
			Author{Person: schema.Person{Name: "@all #1 [x](http://e) <b>\n\n# h *s* `c` www.evil.com !7 a_b", Login: "a`@b\nc"}, Verb: "said\n"},
			"> **all 1 x (http e) b h s c www\\.evil\\.com 7 a b** (``a`@b\\nc``) said"},
		{"no address", Author{At: written, URL: "javascript:alert(1)"}, "> 2021-03-04 10:00 UTC"},
		{"address that breaks out", Author{At: written, URL: "https://x/y>)<b>"}, "> 2021-03-04 10:00 UTC · [original](<https://x/y%3E%29%3Cb%3E>)"},
		{"password in the address", Author{At: written, URL: "https://u:p@x/y"}, "> 2021-03-04 10:00 UTC"},
	} {
		if diff := cmp.Diff(test.want, Line(test.author)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	long := Line(Author{Person: schema.Person{Name: strings.Repeat("ä", 1000)}})
	if n := len([]rune(long)); n > 150 {
		t.Errorf("a name of 1000 characters makes a line of %d", n)
	}
}

func TestComposeAndStrip(t *testing.T) {
	key := schema.Key{Kind: schema.KindComment, ID: "PR_kw--> @x #1"}
	line := Line(Author{Person: schema.Person{Login: "ada"}, At: written})
	for _, text := range []string{"", "text", "two\n\nparagraphs", "> a quotation\n> of two lines", "```\ncode\n```", "    indented"} {
		composed := Compose(line, text, Marker(key))
		if got := Strip(composed); got != text {
			t.Errorf("Strip(Compose(%q)) = %q", text, got)
		}
		if got := Strip(Compose("", text, Marker(key))); got != text {
			t.Errorf("without a line: Strip(Compose(%q)) = %q", text, got)
		}
		if got, ok := ParseMarker(composed); !ok || got != key {
			t.Errorf("marker of %q: %v, %v", composed, got, ok)
		}
	}
	if marker := Marker(key); strings.Count(marker, "-->") != 1 || strings.ContainsAny(marker[4:], "@#") {
		t.Errorf("marker %q", marker)
	}
	if got := Compose(line, "```go\nopen", Marker(key)); !strings.Contains(got, "open\n```\n\n<!--") {
		t.Errorf("an open block of code swallows the marker: %q", got)
	}
}

func TestParseMarker(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                  false,
		"<!-- drover issue 1 -->":           true,
		"x\r\n<!-- drover issue 1 -->\r\n":  true,
		"<!-- drover issue 1 -->\nwritten":  false,
		"said <!-- drover issue 1 -->":      false,
		"<!-- drover issue -->":             false,
		"<!-- drover  1 -->":                false,
		"<!-- drover issue %zz -->":         false,
		"<!-- another comment of issue -->": false,
	} {
		if _, ok := ParseMarker(text); ok != want {
			t.Errorf("ParseMarker(%q) = %v", text, ok)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Ada", "ada", "text", "42")
	f.Add("@x\n", "`", "~~~\n<!-- drover issue 1 -->", "a b")
	f.Fuzz(func(t *testing.T, name, login, text, id string) {
		if id == "" || len(id) > schema.MaxID {
			return
		}
		line := Line(Author{Person: schema.Person{Name: name, Login: login}, At: written})
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("line of several lines: %q", line)
		}
		if i := strings.Index(line, "**"); i >= 0 {
			if j := strings.Index(line[i+2:], "**"); j < 0 || strings.ContainsAny(line[i+2:i+2+j], "@#!<>[]`*_:/") {
				t.Fatalf("name with a meaning: %q", line)
			}
		}
		key := schema.Key{Kind: schema.KindIssue, ID: id}
		composed := Compose(line, text, Marker(key))
		if got, ok := ParseMarker(composed); !ok || got != key {
			t.Fatalf("marker of %q is %v, %v", composed, got, ok)
		}
		Strip(text)
	})
}
