package body

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

func TestTask(t *testing.T) {
	for _, test := range []struct {
		text string
		done bool
		want string
	}{
		{"rename it", false, "- [ ] rename it"},
		{"rename it", true, "- [x] rename it"},
		{"a\r\n\r\n```\nb\n```", false, "- [ ] a\n\n  ```\n  b\n  ```"},
	} {
		if got := Task(test.text, test.done); got != test.want {
			t.Errorf("Task(%q, %t) = %q, want %q", test.text, test.done, got, test.want)
		}
	}
}

// lamp is a repository whose server stands at a path.
func lamp() Files {
	return Files{Bases: []string{"https://git.example/bitbucket", "http://inner.example:7990"}, Paths: []string{"/projects/LAMP/repos/beacon", "/users/lamp/repos/beacon"}, Repository: 12}
}

func TestFilesText(t *testing.T) {
	const at = "https://git.example/bitbucket/projects/LAMP/repos/beacon/attachments/"
	for _, test := range []struct {
		text, want string
		others     int
	}{
		{"none", "none", 0},
		{"![a](attachment:12/34)", "![a](" + at + "34)", 0},
		{"[a](attachment:12/1f%2Fa%20b.png){width=10}", "[a](" + at + "1f%2Fa%20b.png){width=10}", 0},
		{"[a]: attachment:12/1f/a.png", "[a]: " + at + "1f/a.png", 0},
		{"<attachment:12/3> and <img src=\"attachment:12/4\">", "<" + at + "3> and <img src=\"" + at + "4\">", 0},
		{"[a](attachment:13/34)", "[a](attachment:13/34)", 1},
		{"[a](attachment:12/../../admin)", "[a](attachment:12/../../admin)", 1},
		{"[a](attachment:12/%2e%2e%2fadmin)", "[a](attachment:12/%2e%2e%2fadmin)", 1},
		{"said attachment:12/34 aloud", "said attachment:12/34 aloud", 0},
		{"`[a](attachment:12/34)` and [b](attachment:12/5)", "`[a](attachment:12/34)` and [b](" + at + "5)", 0},
		{"```\n[a](attachment:12/34)\n```\n[b](attachment:12/5)\n", "```\n[a](attachment:12/34)\n```\n[b](" + at + "5)\n", 0},
		{"a ` b [b](attachment:12/5)", "a ` b [b](" + at + "5)", 0},
	} {
		got, others := lamp().Text(test.text)
		if got != test.want || others != test.others {
			t.Errorf("Text(%q) = %q, %d, want %q, %d", test.text, got, others, test.want, test.others)
		}
	}
}

func TestFilesScan(t *testing.T) {
	const base = "https://git.example/bitbucket"
	const own = "/projects/LAMP/repos/beacon/attachments/"
	for _, test := range []struct {
		text string
		want []File
	}{
		{"[a b](" + base + own + "1f%2Fx.png) ![a b](" + base + own + "1f%2Fx.png)", []File{{ID: "1f%2Fx.png", URL: base + own + "1f%2Fx.png", Name: "a b"}}},
		{"see " + base + own + "7.", []File{{ID: "7", URL: base + own + "7", Name: "7"}}},
		{"[](/bitbucket/rest/api/latest" + own + "1f%2Fx.png)", []File{{ID: "1f%2Fx.png", URL: "/bitbucket/rest/api/latest" + own + "1f%2Fx.png", Name: "x.png"}}},
		{"[x](" + base + "/PROJECTS/lamp/repos/Beacon/attachments/7)", []File{{ID: "7", URL: base + "/PROJECTS/lamp/repos/Beacon/attachments/7", Name: "x"}}},
		{"[x](http://inner.example:7990/users/lamp/repos/beacon/attachments/7)", []File{{ID: "7", URL: "http://inner.example:7990/users/lamp/repos/beacon/attachments/7", Name: "x"}}},
		{"[x](/projects/LAMP/repos/beacon/attachments/7)", []File{{ID: "7", URL: "/projects/LAMP/repos/beacon/attachments/7", Name: "x"}}},
		{"[x](" + base + "/projects/OTHER/repos/beacon/attachments/7)", nil},
		{"[x](https://evil.example" + own + "7)", nil},
		{"[x](https://evil.example/?" + base + own + "7)", nil},
		{"[x](" + base + own + "..%2f..%2fadmin)", nil},
		{"`" + base + own + "7`", nil},
	} {
		if diff := cmp.Diff(test.want, lamp().Scan(test.text)); diff != "" {
			t.Errorf("Scan(%q) (-want +got):\n%s", test.text, diff)
		}
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("![a](attachment:12/34) `x` ```\n```")
	f.Add("[a]: attachment:12/1f%2Fa.png")
	f.Fuzz(func(t *testing.T, text string) {
		rewritten, _ := lamp().Text(text)
		if !strings.Contains(text, "attachment:") && rewritten != text {
			t.Errorf("%q became %q", text, rewritten)
		}
		if same := outsideCode(text, func(part string) string { return part }); same != text {
			t.Errorf("%q came apart and became %q", text, same)
		}
		for _, file := range lamp().Scan(rewritten) {
			if !IsFileID(file.ID) || !strings.Contains(rewritten, file.URL) {
				t.Errorf("%q has the file %+v", rewritten, file)
			}
		}
	})
}

func TestPosition(t *testing.T) {
	segment := func(kind string, old, new int64, text string) api.Segment {
		return api.Segment{Type: kind, Lines: []api.Line{{Source: old, Destination: new, Text: text}}}
	}
	diff := api.Diff{Hunks: []api.Hunk{{Segments: []api.Segment{
		segment("CONTEXT", 1, 1, "one"), segment("REMOVED", 2, 2, "two"), segment("ADDED", 3, 2, "TWO"), segment("CONTEXT", 3, 3, "three"),
	}}}}
	anchor := func(line int64, kind, file string) *api.Anchor {
		return &api.Anchor{Path: "a.txt", Line: line, LineType: kind, FileType: file, FromHash: "f", ToHash: "t"}
	}
	for _, test := range []struct {
		name   string
		anchor *api.Anchor
		want   *schema.Position
	}{
		{"none", nil, nil},
		{"added", anchor(2, "ADDED", "TO"), &schema.Position{Path: "a.txt", Side: "new", Line: 2, Commit: "t", Base: "f", Hunk: "@@ -1,2 +1,2 @@\n one\n-two\n+TWO"}},
		{"removed", anchor(2, "REMOVED", ""), &schema.Position{Path: "a.txt", Side: "old", Line: 2, Commit: "t", Base: "f", Hunk: "@@ -1,2 +1,1 @@\n one\n-two"}},
		{"unchanged, by the old file", anchor(3, "CONTEXT", "FROM"), &schema.Position{Path: "a.txt", Side: "old", Line: 3, Commit: "t", Base: "f", Hunk: "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three"}},
		{"not in the diff", anchor(9, "ADDED", "TO"), &schema.Position{Path: "a.txt", Side: "new", Line: 9, Commit: "t", Base: "f"}},
		{"the file", anchor(0, "", ""), &schema.Position{Path: "a.txt", WholeFile: true, Commit: "t", Base: "f"}},
		{"renamed and outdated", &api.Anchor{Path: "b", SrcPath: "a", Orphaned: true}, &schema.Position{Path: "b", OldPath: "a", Outdated: true, WholeFile: true}},
	} {
		if diff := cmp.Diff(test.want, Position(test.anchor, &diff)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestRules(t *testing.T) {
	matcher := func(kind, id, shown string) api.Matcher {
		m := api.Matcher{ID: id, DisplayID: shown}
		m.Type.ID = kind
		return m
	}
	main := matcher("BRANCH", "refs/heads/main", "main")
	ada := api.User{ID: 1, Name: "ada"}
	got, unlike := Rules([]api.Restriction{
		{Type: api.NoDeletes, Matcher: main},
		{Type: api.PullRequestOnly, Matcher: main, Users: []api.User{ada}, Groups: []string{"g"}},
		{Type: api.FastForwardOnly, Matcher: matcher("PATTERN", "release/*", "release/*")},
		{Type: api.ReadOnly, Matcher: matcher("PATTERN", "refs/tags/v*", "v*"), Users: []api.User{ada}},
		{Type: api.NoDeletes, Matcher: matcher("MODEL_BRANCH", "production", "stable")},
		{Type: api.NoDeletes, Matcher: matcher("MODEL_CATEGORY", "HOTFIX", "Hotfix")},
		{Type: api.ReadOnly, Matcher: matcher("MODEL_CATEGORY", "HOTFIX", "Hotfix")},
	})
	people := []schema.Person{{ID: "1", Login: "ada"}}
	want := []Rule{
		{ID: "branch:refs/heads/main", Groups: 1, Protection: schema.Protection{Ref: "branch", Pattern: "main", Push: "nobody", Merge: "write", PushPeople: people, ForcePush: true}},
		{ID: "pattern:release/*", Protection: schema.Protection{Ref: "branch", Pattern: "release/*", Push: "write", Merge: "write", Deletion: true}},
		{ID: "pattern:refs/tags/v*", Protection: schema.Protection{Ref: "tag", Pattern: "v*", Push: "nobody", Merge: "nobody", PushPeople: people, MergePeople: people}},
		{ID: "model_branch:production", Protection: schema.Protection{Ref: "branch", Pattern: "stable", Push: "write", Merge: "write", ForcePush: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Hotfix"}, unlike); diff != "" {
		t.Errorf("unlike (-want +got):\n%s", diff)
	}
}
