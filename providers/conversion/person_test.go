package conversion

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func TestSplitPerson(t *testing.T) {
	for raw, want := range map[string]Person{
		"Ann <ann@x.org>":             {"Ann", "ann@x.org"},
		"Ann Other<ann@x.org>":        {"Ann Other", "ann@x.org"},
		"  Ann   <  ann@x.org >  ":    {"Ann", "ann@x.org"},
		`"Quo, Ted" <q@x.org>`:        {"Quo, Ted", "q@x.org"},
		`"Ted \"Q\" Quo" <q@x.org>`:   {`Ted "Q" Quo`, "q@x.org"},
		`Ted "Q" Quo <q@x.org>`:       {`Ted "Q" Quo`, "q@x.org"},
		`"Quo, Ted <q@x.org>`:         {`"Quo, Ted`, "q@x.org"},
		`'Ted' <q@x.org>`:             {"Ted", "q@x.org"},
		"bob@example.org":             {"bob", "bob@example.org"},
		"<bob@example.org>":           {"bob", "bob@example.org"},
		"bob@example.org <bob@x.org>": {"bob@example.org", "bob@x.org"},
		"No Close <x@x.org":           {"No Close", "x@x.org"},
		"Two <a@x.org> <c@x.org>":     {"Two", "a@x.org"},
		"<a@x.org> After":             {"After", "a@x.org"},
		"<a@x.org> After <b@x.org>":   {"After", "a@x.org"},
		"<<a@x.org>>":                 {"a", "a@x.org"},
		"Ann <<a@x.org>>":             {"Ann", "a@x.org"},
		"Ann <>":                      {"Ann", ""},
		"Ann <ann>":                   {"Ann", "ann"},
		"Ann <ann at x dot org>":      {"Ann", "ann at x dot org"},
		"Ann > Bob <b@x.org>":         {"Ann  Bob", "b@x.org"},
		"ann@x.org (Ann Other)":       {"Ann Other", "ann@x.org"},
		"Ann (ann@x.org)":             {"Ann (ann@x.org)", ""},
		"Ann Other ann@x.org":         {"Ann Other", "ann@x.org"},
		"fred":                        {"fred", ""},
		"Fred F.":                     {"Fred F.", ""},
		"":                            {},
		" \t ":                        {},
		"<>":                          {},
		"Ann\nInjected <a@x.org>":     {"Ann Injected", "a@x.org"},
		"Ann\x00\x1b[31m <a@x.org>":   {"Ann  [31m", "a@x.org"},
		"J\xf6rg <j@x.org>":           {"Jörg", "j@x.org"},
		"Jörg <jörg@x.org>":           {"Jörg", "jörg@x.org"},
		`CORP\ann`:                    {`CORP\ann`, ""},
		"a@b@c":                       {"a@b@c", ""},
	} {
		if diff := cmp.Diff(want, SplitPerson(raw)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", raw, diff)
		}
	}
}

func TestAt(t *testing.T) {
	ann := Person{"Ann", "ann@x.org"}
	for _, test := range []struct {
		person  Person
		seconds int64
		offset  int
		want    string
		problem bool
	}{
		{ann, 0, 0, "Ann <ann@x.org> 0 +0000", false},
		{ann, 1234567890, 3600, "Ann <ann@x.org> 1234567890 +0100", false},
		{ann, 1, -5*3600 - 30*60, "Ann <ann@x.org> 1 -0530", false},
		{ann, 1, -7199, "Ann <ann@x.org> 1 -0159", true},
		{ann, 1, 7199, "Ann <ann@x.org> 1 +0159", true},
		{ann, 1, -59, "Ann <ann@x.org> 1 +0000", true},
		{ann, 1, 45 * 60, "Ann <ann@x.org> 1 +0045", false},
		{ann, 1, (99*60 + 59) * 60, "Ann <ann@x.org> 1 +9959", false},
		{ann, 1, 100 * 3600, "Ann <ann@x.org> 1 +0000", true},
		{ann, 1, -100 * 3600, "Ann <ann@x.org> 1 +0000", true},
		{ann, -1, 0, "Ann <ann@x.org> 0 +0000", true},
		{ann, -1 << 63, 0, "Ann <ann@x.org> 0 +0000", true},
		{ann, 1<<63 - 1, 0, "Ann <ann@x.org> 253402300799 +0000", true},
		{Person{}, 1, 0, "unknown <> 1 +0000", false},
		{Person{Email: "a@b"}, 1, 0, "a <a@b> 1 +0000", false},
		{Person{Name: "a"}, 1, 0, "a <> 1 +0000", false},
		{Person{"a\n<b>", "c>\x00d"}, 1, 0, "a b <c d> 1 +0000", false},
		{Person{"\xe9", "\xe9@x"}, 1, 0, "é <é@x> 1 +0000", false},
		{LoginAt("", "uuid"), 1, 0, "(no author) <(no author)@uuid> 1 +0000", false},
		{LoginAt("joe", "uuid"), 1, 0, "joe <joe@uuid> 1 +0000", false},
	} {
		if got := string(test.person.At(test.seconds, test.offset)); got != test.want {
			t.Errorf("%v at %d %d: %q, want %q", test.person, test.seconds, test.offset, got, test.want)
		}
		if problem := DateProblem(test.seconds, test.offset); (problem != "") != test.problem {
			t.Errorf("the problem of %d %d is %q", test.seconds, test.offset, problem)
		}
	}
}

// TestObjectsAgainstGit has git check commits and tags of awkward people.
func TestObjectsAgainstGit(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(k gitpack.Kind, data []byte) gitpack.ID {
		id, err := s.Writer().Put(k, data)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	tree := put(gitpack.Tree, nil)
	refs := map[string]gitpack.ID{}
	for i, raw := range []string{"", "<", ">", "<>", "a\nb", "\x00", "\xff", "a <b <c> d>", " <a@b>", "a@b", ". <.>", strings.Repeat("x", 5000)} {
		for j, date := range []int64{-1 << 63, -1, 0, 1, 1<<63 - 1} {
			who := SplitPerson(raw).At(date, (j-2)*4001)
			message, _ := Message([]byte(raw + "\r\n\x00\xff"))
			commit := Commit{Tree: tree, Author: who, Committer: who, Message: message, Extra: []Header{{"drover-test", "two\nlines"}}}
			id := put(gitpack.Commit, EncodeCommit(commit))
			commit.Parents = []gitpack.ID{id}
			id = put(gitpack.Commit, EncodeCommit(commit))
			name := fmt.Sprintf("%d-%d", i, j)
			refs["refs/tags/"+name] = put(gitpack.Tag, EncodeTag(Tag{Object: id, Kind: gitpack.Commit, Name: name, Tagger: who, Message: message}))
		}
	}
	if err := s.Checkpoint(t.Context(), func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context(), refs, ""); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "fsck", "--strict")
	got := git(t, dir, "log", "-1", "--format=%an|%ae|%ad|%B", "--date=raw", "refs/tags/7-3")
	if want := "a|b c|1 +0106|a <b <c> d>\nÿ\n\n"; got != want {
		t.Errorf("git reads %q, want %q", got, want)
	}
	if extra := git(t, dir, "cat-file", "commit", "refs/tags/7-3^{}"); !strings.Contains(extra, "\ndrover-test two\n lines\n\n") {
		t.Errorf("git reads %q", extra)
	}
}

func FuzzSplitPerson(f *testing.F) {
	for _, seed := range []string{"Ann <a@b>", `"Quo, Ted" <q@x>`, "a@b (c)", "<", "\"", "'", "a <b> c <d>"} {
		f.Add(seed, int64(1), 3600)
	}
	f.Fuzz(func(t *testing.T, raw string, seconds int64, offset int) {
		p := SplitPerson(raw)
		line := string(p.At(seconds, offset))
		if strings.ContainsAny(line, "\n\x00") || strings.Count(line, "<") != 1 || strings.Count(line, ">") != 1 {
			t.Errorf("%q became %q", raw, line)
		}
		name, rest, _ := strings.Cut(line, " <")
		if strings.TrimSpace(name) == "" || !strings.Contains(rest, "> ") {
			t.Errorf("%q became %q", raw, line)
		}
		if p.Name != "" {
			if again := SplitPerson(p.Name + " <" + p.Email + ">"); again.Email != p.Email {
				t.Errorf("%q became %v and that %v", raw, p, again)
			}
		}
	})
}
