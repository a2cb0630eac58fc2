package mercurial

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// commitFile commits one file whose content is the message.
func commitFile(r *hgtest.Repo, path, message string, args ...string) {
	r.Write(path, message+"\n")
	r.Commit(message, args...)
}

// converted is exportNew without comparing contents, which are plain here.
func converted(t *testing.T, url string, pairs ...any) exported {
	t.Helper()
	return exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), url, pairs...)
}

// closedBranch has default with an open head, and "old", which is closed.
func closedBranch(t *testing.T) *hgtest.Repo {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	r.Hg("branch", "-q", "old")
	commitFile(r, "a", "on old")
	r.Commit("close old", "--close-branch")
	r.Hg("up", "-q", "0")
	commitFile(r, "b", "on default")
	return r
}

func TestClosedBranches(t *testing.T) {
	r := closedBranch(t)
	for _, test := range []struct {
		setting string
		refs    []string
		codes   []string
	}{
		{asArchive, []string{"refs/archive/closed/old close old", "refs/heads/main on default"}, nil},
		{kept, []string{"refs/heads/main on default", "refs/heads/old close old"}, nil},
		{dropped, []string{"refs/heads/main on default"}, []string{"mercurial.branch.closed old"}},
	} {
		e := converted(t, r.Dir, "closed_branches", test.setting)
		same(t, "refs with "+test.setting, test.refs, e.refs())
		same(t, "losses with "+test.setting, test.codes, e.codes())
	}
}

// TestOnlyHeadClosed has no branch at all but a closed one.
func TestOnlyHeadClosed(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	r.Commit("close", "--close-branch")
	e := converted(t, r.Dir)
	same(t, "refs", []string{"refs/archive/closed/main close"}, e.refs())
	same(t, "HEAD", "refs/heads/main\n", e.git("symbolic-ref", "HEAD"))
	same(t, "default branch", "", e.DefaultBranch)
}

// TestNoDefaultBranch closes default after a branch left it.
func TestNoDefaultBranch(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	r.Hg("branch", "-q", "next")
	commitFile(r, "a", "on next")
	r.Hg("up", "-q", "0")
	r.Commit("close default", "--close-branch")
	e := converted(t, r.Dir)
	same(t, "refs", []string{"refs/archive/closed/main close default", "refs/heads/next on next"}, e.refs())
	same(t, "default branch", "refs/heads/next", e.DefaultBranch)
}

// TestClosedHeadOfOpenBranch closes one of two heads of a branch.
func TestClosedHeadOfOpenBranch(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	commitFile(r, "a", "left")
	r.Commit("close left", "--close-branch")
	closed := r.ID("tip")
	r.Hg("up", "-q", "0")
	commitFile(r, "b", "right")
	e := converted(t, r.Dir)
	same(t, "refs", []string{"refs/archive/closed/main-" + closed[:12] + " close left", "refs/heads/main right"}, e.refs())
}

func TestSeveralHeads(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	commitFile(r, "a", "left")
	left := r.ID("tip")
	r.Hg("up", "-q", "0")
	commitFile(r, "b", "right")
	// A branch that leaves its name and comes back has one head.
	r.Hg("branch", "-q", "other")
	commitFile(r, "b", "on other")
	r.Hg("branch", "-q", "-f", "default")
	commitFile(r, "b", "back")
	for _, test := range []struct {
		setting string
		refs    []string
		codes   []string
	}{
		{asBranches, []string{"refs/heads/main back", "refs/heads/main-" + left[:12] + " left", "refs/heads/other on other"}, nil},
		{asArchive, []string{"refs/archive/heads/main-" + left[:12] + " left", "refs/heads/main back", "refs/heads/other on other"}, nil},
		{dropped, []string{"refs/heads/main back", "refs/heads/other on other"}, []string{"mercurial.head default"}},
	} {
		e := converted(t, r.Dir, "heads", test.setting)
		same(t, "refs with "+test.setting, test.refs, e.refs())
		same(t, "losses with "+test.setting, test.codes, e.codes())
	}
}

func TestBookmarks(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	commitFile(r, "a", "feature")
	r.Hg("bookmark", "-r", "1", "feature", "same")
	r.Hg("bookmark", "-r", "0", "@", "release/1.0", "release")
	r.Hg("up", "-q", "0")
	commitFile(r, "b", "default goes on")
	// The name that default gets is taken by a bookmark that leads elsewhere.
	r.Hg("bookmark", "-r", "0", "main")
	commitFile(r, "c", "secret")
	r.Hg("phase", "--secret", "--force", "tip")
	r.Hg("bookmark", "-r", "tip", "hidden")
	e := converted(t, r.Dir)
	// The head that a bookmark names needs no other name.
	same(t, "refs", []string{
		"refs/heads/%40 root", "refs/heads/feature feature", "refs/heads/main default goes on", "refs/heads/main-bookmark root",
		"refs/heads/release root", "refs/heads/release%2F1.0 root", "refs/heads/same feature",
	}, e.refs())
	same(t, "losses", []string{"mercurial.bookmark hidden", "mercurial.name main", "mercurial.name refs/heads/%40", "mercurial.name refs/heads/release%2F1.0"}, e.codes())

	e = converted(t, r.Dir, "bookmarks", dropped)
	same(t, "refs without bookmarks", []string{"refs/heads/main default goes on", "refs/heads/main-" + r.ID("1")[:12] + " feature"}, e.refs())
}

// TestClashingNames has branches "x" and "x/y", and one called as default is
// called in git.
func TestClashingNames(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "root")
	for _, name := range []string{"x", "x/y", "main", "odd name~1", "ünï"} {
		r.Hg("up", "-q", "0")
		r.Hg("branch", "-q", name)
		commitFile(r, "a", "on "+name)
	}
	e := converted(t, r.Dir)
	same(t, "refs", []string{
		"refs/heads/main root", "refs/heads/main-branch on main", "refs/heads/odd%20name%7E1 on odd name~1",
		"refs/heads/x on x", "refs/heads/x%2Fy on x/y", "refs/heads/ünï on ünï",
	}, e.refs())
	same(t, "losses", []string{"mercurial.name main", "mercurial.name refs/heads/odd%20name%7E1", "mercurial.name refs/heads/x%2Fy"}, e.codes())

	e = converted(t, r.Dir, "default_branch", "default")
	same(t, "refs with the name of Mercurial", []string{
		"refs/heads/default root", "refs/heads/main on main", "refs/heads/odd%20name%7E1 on odd name~1",
		"refs/heads/x on x", "refs/heads/x%2Fy on x/y", "refs/heads/ünï on ünï",
	}, e.refs())
}

func TestTags(t *testing.T) {
	r := hgtest.New(t)
	commitFile(r, "a", "one")
	commitFile(r, "a", "two")
	for i, args := range [][]string{
		{"-r", "0", "moved"}, {"-f", "-r", "1", "moved"}, {"-r", "0", "removed"}, {"--remove", "removed"},
		{"-r", "0", "v 2~x"}, {"-r", "1", "a", "a/b"},
	} {
		r.Hg(append([]string{"tag", "-d", fmt.Sprintf("%d 0", 1_000_000_100+i)}, args...)...)
	}
	r.Hg("tag", "--local", "-r", "0", "mine")
	tip := r.ID("tip")
	// A head that never knew of the removal, and one whose tag names nothing.
	r.Hg("up", "-q", "-C", "1")
	r.Write(".hgtags", r.ID("0")+" elsewhere\n"+strings.Repeat("ab", 20)+" nothing\nrubbish\n")
	r.Commit("other tags")
	e := converted(t, r.Dir)
	same(t, "refs", []string{
		"refs/heads/main other tags", "refs/heads/main-" + tip[:12] + " Added tag a, a/b for changeset " + r.ID("1")[:12],
		"refs/tags/a two", "refs/tags/a%2Fb two", "refs/tags/elsewhere one", "refs/tags/moved two", "refs/tags/v%202%7Ex one",
	}, e.refs())
	same(t, "losses", []string{"mercurial.tag nothing", "mercurial.name refs/tags/a%2Fb", "mercurial.name refs/tags/v%202%7Ex"}, e.codes())
	e = converted(t, r.Dir, "hgtags", dropped)
	same(t, "tree without .hgtags", []string{"100644 a two\n"}, e.files("main"))
	same(t, "tags without .hgtags", 5, strings.Count(strings.Join(e.refs(), "\n"), "refs/tags/"))
}

// TestTagsAgree lets heads tag, move and remove the same names, and asks hg
// what they mean.
func TestTagsAgree(t *testing.T) {
	for seed := range 2 {
		r := hgtest.New(t)
		commitFile(r, "a", "0")
		hgs, err := startHg(t.Context(), r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		run := func(args ...string) string {
			t.Helper()
			var out strings.Builder
			if complaint, err := hgs.run(&out, append([]string{"--config", "ui.username=Ada <ada@example.org>"}, args...)...); err != nil || complaint != "" {
				t.Fatalf("hg %q: %v %s", args, err, complaint)
			}
			return out.String()
		}
		for i := 1; i < 4; i++ {
			run("commit", "-q", "-m", fmt.Sprint(i), "-d", fmt.Sprintf("%d 0", 1_000_000_000+i), "--config", "ui.allowemptycommit=yes")
		}
		next := uint32(seed*7919 + 1)
		random := func(n int) int {
			next = next*1664525 + 1013904223
			return int(next>>16) % n
		}
		for i := range 24 {
			heads := strings.Fields(run("log", "-r", "head()", "-T", "{rev} "))
			start := heads[random(len(heads))]
			if random(4) == 0 {
				start = fmt.Sprint(random(4))
			}
			run("up", "-q", "-C", start)
			name, date := string(rune('p'+random(3))), fmt.Sprintf("%d 0", 1_000_000_100+i)
			switch tags := run("tags", "-q"); {
			case random(4) == 0 && strings.Contains("\n"+tags, "\n"+name+"\n"):
				run("tag", "-f", "-d", date, "--remove", name)
			default:
				run("tag", "-f", "-d", date, "-r", fmt.Sprint(random(4)), name)
			}
		}
		if err := hgs.close(); err != nil {
			t.Fatal(err)
		}
		want := []string{}
		for line := range strings.Lines(r.Hg("log", "-r", "tag()", "-T", "{tags % '{tag} {desc}\n'}")) {
			if !strings.HasPrefix(line, "tip ") {
				want = append(want, "refs/tags/"+strings.TrimSpace(line))
			}
		}
		slices.Sort(want)
		got := slices.DeleteFunc(converted(t, r.Dir).refs(), func(s string) bool { return !strings.HasPrefix(s, "refs/tags/") })
		same(t, fmt.Sprintf("tags of seed %d", seed), want, got)
	}
}

func TestParseTags(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	set := parseTags([]byte(one + " a\r\n" + two + " a \n" + one + "  b c\nshort x\n" + one + "\n\n" + strings.Repeat("0", 40) + " b c\n" + one + " last"))
	node := func(s string) hg.Node { n, _ := hg.ParseNode(s); return n }
	var got []string
	for _, tag := range set.live() {
		got = append(got, tag.name+" "+tag.node.String()[:1])
	}
	same(t, "live tags", []string{"a 2", "last 1"}, got)
	same(t, "history", []hg.Node{node(one)}, set["a"].history)
	same(t, "removed", tagged{history: []hg.Node{node(one)}}.history, set["b c"].history)
}

// TestMergeTags has heads whose decision depends on how long their histories
// are, where a meaning counts as often as it was written.
func TestMergeTags(t *testing.T) {
	lines := func(digits string) tagSet {
		var b strings.Builder
		for _, d := range digits {
			b.WriteString(strings.Repeat(string(d), 40) + " q\n")
		}
		return parseTags([]byte(b.String()))
	}
	for _, test := range []struct {
		heads []string // what q meant in each, oldest head first
		want  string
	}{
		{[]string{"1", "2"}, "2"},
		{[]string{"12", "1"}, "2"},
		{[]string{"1", "12"}, "2"},
		{[]string{"12", "21"}, "1"},
		{[]string{"122", "21"}, "2"},
		{[]string{"22113", "34", "3342"}, "4"},
		{[]string{"10", "1"}, ""},
		{[]string{"1", "10"}, ""},
		{[]string{"10", "101"}, "1"},
	} {
		all := tagSet{}
		for _, head := range test.heads {
			all.merge(lines(head))
		}
		got := ""
		for _, tag := range all.live() {
			got = tag.node.String()[:1]
		}
		if got != test.want {
			t.Errorf("heads %q: got %q, want %q", test.heads, got, test.want)
		}
	}
}

func TestPhasesAndObsolete(t *testing.T) {
	r := hgtest.New(t, "experimental.evolution=createmarkers")
	commitFile(r, "a", "public")
	r.Hg("phase", "--public", "0")
	commitFile(r, "a", "draft")
	draft := r.ID("tip")
	commitFile(r, "a", "before the change")
	old := r.ID("tip")
	r.Hg("up", "-q", draft)
	commitFile(r, "a", "after the change")
	r.Hg("debugobsolete", old, r.ID("tip"))
	commitFile(r, "secret-file", "secret")
	r.Hg("phase", "--secret", "--force", "tip")

	e := converted(t, r.Dir)
	same(t, "refs", []string{"refs/heads/main after the change"}, e.refs())
	all := e.git("cat-file", "--batch-all-objects", "--batch-check")
	for _, text := range []string{"secret\n", "before the change\n"} {
		if id := strings.TrimSpace(gitHash(t, e.dir, text)); strings.Contains(all, id) {
			t.Errorf("the content %q was brought", text)
		}
	}
	e = converted(t, r.Dir, "phases", publicOnly)
	same(t, "public refs", []string{"refs/heads/main public"}, e.refs())
}

// gitHash returns the id of a blob.
func gitHash(t *testing.T, dir, text string) string {
	t.Helper()
	write(t, dir, map[string]string{"hash-me": text})
	return gitRun(t, dir, "hash-object", "--no-filters", "hash-me")
}
