package threads

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func TestPlace(t *testing.T) {
	for _, p := range []place{
		{kind: onIssue, number: 12}, {kind: onMerge, number: 7, note: 5}, {kind: onMerge, number: 7, thread: "0a1b", note: 5},
		{kind: onMerge, number: 7, approval: 3}, {kind: onSnippet, number: 4, note: 5}, {kind: onCommit, commit: "abc123", thread: "0f", note: 9},
		{kind: onUpload, secret: "0a1b", file: "a b/c.png"},
	} {
		got, err := parsePlace(p.id())
		if err != nil || got != p {
			t.Errorf("parsePlace(%q) = %+v, %v", p.id(), got, err)
		}
	}
	for _, id := range []string{"", "issue", "issue/0", "issue/-1", "issue/x", "issue/1/", "issue/1/note", "issue/1/note/0", "issue/1/other/2", "issue/01",
		"issue/1/note/2/note/3", "thing/1", "commit/", "commit/xyz", "upload/0a", "upload/xy/a", "upload/0a/", "upload/0a/a/b", "merge_request/1/thread/../note/3", "issue/99999999999999999999"} {
		if p, err := parsePlace(id); err == nil {
			t.Errorf("parsePlace(%q) = %+v", id, p)
		} else if providers.CodeOf(err) != providers.CodeNotFound {
			t.Errorf("parsePlace(%q): %v", id, err)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("merge_request/7/thread/0a1b/note/8")
	f.Add("upload/0a/%2e%2e")
	f.Fuzz(func(t *testing.T, id string) {
		p, err := parsePlace(id)
		if err != nil {
			return
		}
		if p.id() != id {
			t.Errorf("%q became %+v, then %q", id, p, p.id())
		}
	})
}

func TestSilence(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "a/close\n/ close\n//close\n/usr/bin\n", "a/close\n/ close\n//close\n/usr/bin\n"},
		{"a command", "hello\n/close\nworld", "hello\n /close\nworld"},
		{"with arguments", "x\n/assign @ann @bob", "x\n /assign @ann @bob"},
		{"several", "x\n/close\n/label ~a\n\n/CLOSE", "x\n /close\n /label ~a\n\n /CLOSE"},
		{"at the beginning", "/close", `\/close`},
		{"at the beginning, twice", "/close\n/close", "\\/close\n /close"},
		{"behind a space at the beginning", " /close", `\/close`},
		{"in a list", "- a\n/close", "- a\n /close"},
		{"in code, for code is what the server says it is", "```\n/close\n```", "```\n /close\n```"},
		{"a letter that the server folds", "x\n/cloſe", "x\n /cloſe"},
		{"other ends of lines", "x\r\n/close\r/label", "x\n /close\n /label"},
		{"control characters", "x\x00\x1b\n/close\x0b", "x\uFFFD\uFFFD\n/close\uFFFD"},
	} {
		var lost losses
		if got := plain(test.text, &lost); got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
		if len(lost) > 0 {
			t.Errorf("%s: lost %v", test.name, lost)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("hello\n/close")
	f.Add("/close\r\n/assign me\x00")
	f.Fuzz(func(t *testing.T, text string) {
		var lost losses
		got := plain(text, &lost)
		if strings.ContainsAny(got, "\r\x00") || command.MatchString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if again := plain(got, &lost); again != got {
			t.Errorf("%q became %q, then %q", text, got, again)
		}
	})
}

func TestTextFits(t *testing.T) {
	var lost losses
	long := strings.Repeat("ä", maxText+1)
	if got := plain(long, &lost); got != strings.Repeat("ä", maxText)+"…" || lost.String() != lossText {
		t.Errorf("%d characters became %d; lost %v", maxText+1, len([]rune(got)), lost)
	}
	lost = nil
	if got := plain(long[:len(long)-2], &lost); got != long[:len(long)-2] || len(lost) > 0 {
		t.Errorf("a text that fits was cut; lost %v", lost)
	}
}

func TestTitleFits(t *testing.T) {
	for text, want := range map[string]string{
		"":                       untitled,
		" a \n b ":               "a b",
		strings.Repeat("ä", 255): strings.Repeat("ä", 255),
		strings.Repeat("ä", 256): strings.Repeat("ä", 254) + "…",
	} {
		var lost losses
		if got := title(text, 0, &lost); got != want {
			t.Errorf("%q became %q", text, got)
		}
		if cut := len(lost) > 0; cut != strings.HasSuffix(want, "…") {
			t.Errorf("%q lost %v", text, lost)
		}
	}
}

func TestDraftTitles(t *testing.T) {
	for _, test := range []struct {
		change schema.Change
		want   string
		lost   bool
	}{
		{schema.Change{Title: "a", State: stateOpen}, "a", false},
		{schema.Change{Title: "a", State: stateOpen, Draft: true}, "Draft: a", false},
		{schema.Change{Title: "a", State: stateMerged, Draft: true}, "a", false},
		{schema.Change{Title: "[Draft] a", State: stateOpen, Draft: true}, "[Draft] a", false},
		{schema.Change{Title: "Draft: a", State: stateOpen}, "Draft: a", true},
		{schema.Change{Title: "Draft: a", State: stateClosed}, "Draft: a", false},
		{schema.Change{Title: strings.Repeat("a", 255), State: stateOpen, Draft: true}, "Draft: " + strings.Repeat("a", 247) + "…", true},
	} {
		c := &change{Change: &test.change, wanted: &wanted{}}
		if got := c.title(); got != test.want || len(c.wanted.lost) > 0 != test.lost {
			t.Errorf("%+v is called %q and loses %v", test.change, got, c.wanted.lost)
		}
	}
}

func TestSuggesting(t *testing.T) {
	for _, test := range []struct {
		text string
		p    schema.Position
		want string
	}{
		{"so:\n```suggestion\nx\n```", schema.Position{Line: 5}, "so:\n```suggestion:-0+0\nx\n```"},
		{"````suggestion \nx\n````", schema.Position{Line: 5, StartLine: 3}, "````suggestion:-2+0\nx\n````"},
		{"```suggestion:-1+2\nx\n```", schema.Position{Line: 5}, "```suggestion:-1+2\nx\n```"},
		{"```suggestions\nx\n```", schema.Position{Line: 5}, "```suggestions\nx\n```"},
		{"a ```suggestion", schema.Position{Line: 5}, "a ```suggestion"},
	} {
		if got := suggesting(test.text, &test.p); got != test.want {
			t.Errorf("%q became %q, not %q", test.text, got, test.want)
		}
	}
}

const twoBlocks = `@@ -2,4 +2,5 @@ func a()
 two
-three
+THREE
+three and a half
 four
 five
@@ -20,2 +21,1 @@
 twenty
-twenty one
\ No newline at end of file
`

func TestFindLine(t *testing.T) {
	f := &fileDiff{old: "a.go", new: "a.go", blocks: parseBlocks(twoBlocks)}
	for _, test := range []struct {
		side     string
		line     int64
		old, new int64
		kind     byte
	}{
		{"new", 1, 1, 1, ' '}, {"new", 2, 2, 2, ' '}, {"new", 3, 4, 3, '+'}, {"new", 4, 4, 4, '+'}, {"new", 5, 4, 5, ' '},
		{"new", 10, 9, 10, ' '}, {"new", 21, 20, 21, ' '}, {"new", 30, 30, 30, ' '},
		{"old", 3, 3, 3, '-'}, {"old", 4, 4, 5, ' '}, {"old", 21, 21, 22, '-'}, {"old", 25, 25, 25, ' '}, {"", 3, 4, 3, '+'},
	} {
		got, ok := f.find(test.side, test.line)
		if want := (spot{test.old, test.new, test.kind}); !ok || got != want {
			t.Errorf("%s %d: %+v, %v; want %+v", test.side, test.line, got, ok, want)
		}
	}
	for _, line := range []int64{0, -1} {
		if got, ok := f.find("new", line); ok {
			t.Errorf("line %d is %+v", line, got)
		}
	}
	hidden := &fileDiff{new: "a", hidden: true}
	if got, ok := hidden.find("new", 1); ok {
		t.Errorf("a file that is not shown has %+v", got)
	}
}

func TestLineEnd(t *testing.T) {
	f := &fileDiff{old: "a.go", new: "a.go", blocks: parseBlocks(twoBlocks)}
	added, _ := f.find("new", 3)
	want := api.LineEnd{Code: "3d5fd9c2e7cc8f0d4e8ea7ef1e2b0a4ef4ba8f55_4_3", Type: "new", NewLine: 3}
	got := f.end(added)
	want.Code = got.Code[:40] + "_4_3" // the digest is of the path
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other := &fileDiff{new: "b.go", blocks: f.blocks}
	if other.end(added).Code == got.Code {
		t.Error("lines of two files have one code")
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add(twoBlocks, int64(3))
	f.Fuzz(func(t *testing.T, text string, line int64) {
		d := &fileDiff{blocks: parseBlocks(text)}
		for _, side := range []string{"old", "new"} {
			s, ok := d.find(side, line)
			if !ok {
				continue
			}
			if old, new := s.shown(); side == "old" && old != line || side == "new" && new != line {
				t.Errorf("%s %d of %q is %+v", side, line, text, s)
			}
		}
	})
}

func TestQuoted(t *testing.T) {
	s := &speech{key: schema.Key{Kind: schema.KindComment, ID: "1"}, text: "said"}
	for _, test := range []struct {
		name     string
		position schema.Position
		want     string
	}{
		{"one line", schema.Position{Path: "a`b.go", Line: 3, Side: "new"}, "> on ``a`b.go``, line 3\n\nsaid"},
		{"hunk with a fence", schema.Position{Path: "a", Hunk: "@@\n+```\n"}, "> on `a`\n\n````diff\n@@\n+```\n````\n\nsaid"},
	} {
		got, _, _ := strings.Cut(s.quoted(&test.position).body(shown{author: true, date: true}), "\n\n<!--")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if s.text != "said" || len(s.line.Extra) > 0 || len(s.lost) > 0 {
		t.Error("quoting changed what was quoted")
	}
}

var at = time.Date(2021, 3, 4, 10, 0, 0, 0, time.UTC)

func TestSpeechLosesNothing(t *testing.T) {
	s := commentSpeech(&providers.Write{Record: schema.Record{Kind: schema.KindComment, ID: "c"}}, &schema.Comment{Text: "text\n\nmore", Author: schema.Person{Login: "ann"}, CreatedAt: at, URL: "https://example.org/1"})
	for _, is := range []shown{{}, {author: true}, {date: true}, {author: true, date: true}} {
		body := s.body(is, "reactions: x")
		if got := attribution.Strip(body); got != "text\n\nmore" {
			t.Errorf("the text is %q", got)
		}
		if named := strings.Contains(body, "`ann`"); named == is.author {
			t.Errorf("%+v: %q", is, body)
		}
		if dated := strings.Contains(body, "2021-03-04"); dated == is.date {
			t.Errorf("%+v: %q", is, body)
		}
	}
}

func TestTemporaryBranches(t *testing.T) {
	for _, c := range []schema.Change{{Number: 7, Head: schema.Tip{Branch: "topic"}}, {Number: 8}} {
		for _, name := range []string{temporaryHead(&c), plainHead(&c), temporaryBase(&c), gapBranch(c.Number)} {
			if !isTemporary(name) {
				t.Errorf("%q is not taken away", name)
			}
		}
	}
	if got := temporaryHead(&schema.Change{Number: 7, Head: schema.Tip{Branch: "topic"}}); got != "drover/change/7/topic" {
		t.Errorf("the branch is called %q", got)
	}
	if gapBranch(3) == gapBranch(4) {
		t.Error("two gaps in a row come from one branch")
	}
}

func TestUploads(t *testing.T) {
	for link, want := range map[string]string{
		"/uploads/0a1b/a.png":     "upload/0a1b/a.png",
		"/uploads/0a1b/a%20b.png": "upload/0a1b/a%20b.png",
		"/uploads/0a1b/a b.png":   "upload/0a1b/a%20b.png",
		"/uploads/0a1b/":          "",
		"/uploads/../a.png":       "",
		"/uploads/0a1b/a/b":       "",
		"https://x/uploads/0a/b":  "",
	} {
		p, ok := uploadAt(link)
		if ok != (want != "") || ok && p.id() != want {
			t.Errorf("%q is %+v, %v", link, p, ok)
		}
	}
	for name, want := range map[string]string{
		"a.png": "a.png", "": "attachment", "..": "attachment", "../a\x00\"b\\": ".._a__b_",
		strings.Repeat("ä", 300) + ".png": strings.Repeat("ä", 98) + ".png",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q is called %q", name, got)
		}
	}
}
