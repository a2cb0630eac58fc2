package mercurial

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

func TestPeople(t *testing.T) {
	r := hgtest.New(t)
	first := ""
	for i, user := range []string{
		"Ann Other <ann@example.org>", `"Quo, Ted" <ted@example.org>`, "bob@example.org", "No Close <x@example.org",
		"Two <a@example.org> <c@example.org>", "carla", "Dan van Dyk", "<eve@example.org>", "Fränk <f@example.org>",
	} {
		commitFile(r, "a", fmt.Sprint(i), "-u", user)
		if i == 0 {
			first = r.ID("0")
		}
	}
	e := exportNew(t, r.Dir)
	want := []string{
		"Ann Other <ann@example.org>", "Quo, Ted <ted@example.org>", "bob <bob@example.org>", "No Close <x@example.org>",
		"Two <a@example.org>", "carla <carla@" + first + ">", "Dan van Dyk <Dan van Dyk@" + first + ">", "eve <eve@example.org>", "Fränk <f@example.org>",
	}
	same(t, "authors", want, strings.Split(strings.TrimSpace(e.git("log", "--reverse", "--format=%an <%ae>", "main")), "\n"))
	same(t, "committers", want, strings.Split(strings.TrimSpace(e.git("log", "--reverse", "--format=%cn <%ce>", "main")), "\n"))
	same(t, "refs", []string{"refs/heads/main 8"}, e.refs())

	// The table of authors of the plan names people by what Authors tells.
	var ids []string
	s := newTestSource(t, r.Dir)
	for a, err := range s.Authors(t.Context(), repoAt(t, r.Dir), t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		if a.RemoteID != a.Email || a.RemoteName != a.Name || a.Commits != 1 {
			t.Errorf("author %+v", a)
		}
		ids = append(ids, fmt.Sprintf("%s <%s>", a.Name, a.Email))
	}
	slices.Sort(want)
	slices.Sort(ids)
	same(t, "people", want, ids)
}

func TestDates(t *testing.T) {
	r := hgtest.New(t)
	for i, date := range []string{"1000000000 0", "-5 0", "1000000000 -7195", "1000000000 7145", "0 0", "1000000000 -19800"} {
		commitFile(r, "a", fmt.Sprint(i), "-d", date)
	}
	e := exportNew(t, r.Dir)
	same(t, "dates", []string{"1000000000 +0000", "0 +0000", "1000000000 +0159", "1000000000 -0159", "0 +0000", "1000000000 +0530"},
		strings.Split(strings.TrimSpace(e.git("log", "--reverse", "--format=%ad", "--date=raw", "main")), "\n"))
	same(t, "losses", []string{"mercurial.date"}, e.codes())
	same(t, "number of dates", int64(3), e.Losses[0].Count)
}

func TestMessages(t *testing.T) {
	r := hgtest.New(t)
	for i, message := range []string{"subject\n\nbody\n\n\nwith  space", "windows\r\nline\rends", "ünïcode 漢字", "#hash first", "trailing   \n"} {
		r.Write("a", fmt.Sprint(i))
		r.Commit(message)
	}
	// An empty changeset, and one without any file.
	r.Commit("nothing changed", "--config", "ui.allowemptycommit=yes")
	r.Hg("rm", "a")
	r.Commit("no file is left")
	e := exportNew(t, r.Dir)
	same(t, "messages", "subject\n\nbody\n\n\nwith  space\n\x00windows\nline\nends\n\x00ünïcode 漢字\n\x00#hash first\n\x00trailing\n\x00nothing changed\n\x00no file is left\n\x00",
		strings.ReplaceAll(e.git("log", "--reverse", "-z", "--format=%B", "main"), "\n\n\x00", "\n\x00"))
	same(t, "files", []string(nil), e.files("main"))
	same(t, "commits that change nothing", "", e.git("diff-tree", "-r", "--no-commit-id", "main~1"))
}

func TestExtras(t *testing.T) {
	r := hgtest.New(t, "extensions.rebase=", "extensions.transplant=")
	commitFile(r, "a", "first")
	r.Hg("branch", "-q", "side")
	commitFile(r, "b", "to graft")
	source := r.ID("tip")
	r.Hg("up", "-q", "default")
	r.Hg("graft", "-q", "-r", source, "-d", "1000000100 0", "-u", "ada")
	e := exportNew(t, r.Dir, "extras", true)
	same(t, "message", fmt.Sprintf("to graft\n\nHg-changeset: %s\nHg-branch: default\nHg-extra: source=%s\n", r.ID("tip"), source), e.git("cat-file", "commit", "main")[strings.Index(e.git("cat-file", "commit", "main"), "\n\n")+2:])
}

// TestTrees changes what paths are, copies, renames, and has names that are
// rare.
func TestTrees(t *testing.T) {
	r := hgtest.New(t)
	long := strings.Repeat("long/", 40) + "name"
	for _, path := range []string{"file", "dir/one", "dir/two", "UPPER/Case", "sp ace/t\"quote", "ünï", ".hidden", "-dash", "con.txt", "latin\xe9", long} {
		r.Write(path, "content of "+path+"\n")
	}
	r.Write("text", strings.Repeat("line of a file that is copied\n", 200))
	r.Commit("first")
	r.Hg("mv", "-q", "text", "moved/text")
	r.Hg("cp", "-q", "dir/one", "dir/copy")
	r.Commit("moved and copied")
	r.Write("moved/text", strings.Repeat("line of a file that is copied\n", 200)+"changed\n")
	r.Write("dir/copy", "\x01\ncontent that looks like metadata\n")
	r.Commit("changed after it was moved")
	// A file becomes a folder, a folder a file, and a file a link.
	r.Hg("rm", "-q", "file", "dir/one", "dir/two", "dir/copy", "ünï")
	r.Write("file/below", "below\n")
	r.Write("dir", "file now\n")
	if err := os.Symlink("file/below", filepath.Join(r.Dir, "ünï")); err != nil {
		t.Fatal(err)
	}
	r.Commit("other kinds")
	if err := os.Chmod(filepath.Join(r.Dir, "dir"), 0o777); err != nil {
		t.Fatal(err)
	}
	r.Commit("executable")
	r.Hg("up", "-q", "-C", "0")
	r.Write("dir/one", "on the other head\n")
	r.Hg("branch", "-q", "other")
	r.Commit("other head")
	r.Hg("merge", "-q", "--tool", ":other", "-r", "1")
	r.Commit("merge")
	exportNew(t, r.Dir) // compares every commit with hg archive
}

// TestRefusedPaths has paths at which git must not hold files.
func TestRefusedPaths(t *testing.T) {
	r := hgtest.New(t)
	for _, path := range []string{"kept", ".git/config", "sub/.GIT/hooks/post-checkout", "sub/git~1", "sub/.g\u200cit/x", "sub/.gitx"} {
		r.Write(path, path+"\n")
	}
	if err := os.Symlink("kept", filepath.Join(r.Dir, ".gitmodules")); err != nil {
		t.Fatal(err)
	}
	r.Commit("first")
	r.Write(".git/config", "changed\n")
	r.Commit("changed")
	r.Hg("rm", "-q", ".git/config", "sub/git~1")
	r.Commit("removed")
	e := exportNew(t, r.Dir)
	same(t, "names", "kept\nsub/.gitx\n", e.git("ls-tree", "-r", "--name-only", "main~2"))
	same(t, "losses", []string{
		"mercurial.path .git/config", "mercurial.path .gitmodules", "mercurial.path sub/.GIT/hooks/post-checkout",
		"mercurial.path sub/.g\u200cit/x", "mercurial.path sub/git~1",
	}, e.codes())
}

func TestTransplant(t *testing.T) {
	hunk := func(start, end int, data string) hg.Hunk { return hg.Hunk{Start: start, End: end, Data: []byte(data)} }
	meta := "\x01\ncopy: a\ncopyrev: " + strings.Repeat("0", 40) + "\n\x01\n"
	for _, test := range []struct {
		name         string
		base, result string
		hunks        []hg.Hunk
		gives        bool
	}{
		{"plain", "one\ntwo\nthree\n", "one\n2\nthree\nfour\n", []hg.Hunk{hunk(4, 8, "2\n"), hunk(14, 14, "four\n")}, true},
		{"nothing", "same", "same", nil, true},
		{"all removed", "gone", "", []hg.Hunk{hunk(0, 4, "")}, true},
		{"metadata comes", "one\n", meta + "one\ntwo\n", []hg.Hunk{hunk(0, 0, meta), hunk(4, 4, "two\n")}, true},
		{"metadata goes", meta + "one\n", "one\n", []hg.Hunk{hunk(0, len(meta), "")}, true},
		{"metadata stays", meta + "one\n", meta + "two\n", []hg.Hunk{hunk(len(meta), len(meta)+4, "two\n")}, true},
		{"metadata becomes content", meta + "one\n", "x" + meta + "one\n", []hg.Hunk{hunk(0, 0, "x")}, false},
	} {
		baseMeta, resultMeta := hg.MetaSize([]byte(test.base)), hg.MetaSize([]byte(test.result))
		if got := hg.Apply([]byte(test.base), test.hunks); string(got) != test.result {
			t.Fatalf("%s: the test is wrong: %q", test.name, got)
		}
		want := test.result[resultMeta:]
		d := gitpack.NewDelta(int64(len(test.base)-baseMeta), int64(len(want)))
		gives := transplant(d, test.hunks, len(test.base), baseMeta, resultMeta)
		if gives != test.gives {
			t.Errorf("%s: transplanted: %v", test.name, gives)
		}
		if !gives {
			continue
		}
		got, err := gitpack.ApplyDelta([]byte(test.base[baseMeta:]), d.Bytes())
		if err != nil || string(got) != want {
			t.Errorf("%s: the delta makes %q, %v; want %q", test.name, got, err, want)
		}
	}
}

func TestIgnoreFile(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "a\n")
	r.Commit("no .hgignore")
	r.Write(".hgignore", "syntax: glob\n*.o\ninclude:more\n")
	r.Write("more", "\\.bak$\n")
	r.Commit(".hgignore")
	commitFile(r, "a", "something else")
	r.Write("more", "\\.orig$\n")
	r.Commit("included file")
	r.Write(".gitignore", "own\n")
	r.Commit("own .gitignore")
	r.Write(".hgignore", "syntax: glob\n*.pyc\nre:(?=x)\n")
	r.Commit("both")
	r.Hg("rm", ".gitignore")
	r.Commit("without its own")
	r.Hg("rm", ".hgignore")
	r.Commit("without .hgignore")
	e := exportNew(t, r.Dir)
	for i, want := range []string{"", "*.o\n*.bak\n", "*.o\n*.bak\n", "*.o\n*.orig\n", "own\n", "own\n", "*.pyc\n# Not translated: re:(?=x)\n", ""} {
		got := ""
		for _, file := range e.files(fmt.Sprintf("main~%d", 7-i)) {
			if text, ok := strings.CutPrefix(file, "100644 .gitignore "); ok {
				got = strings.TrimPrefix(text, "# Made from .hgignore.\n")
			}
		}
		same(t, fmt.Sprintf(".gitignore of changeset %d", i), want, got)
	}
	same(t, "losses", []string{"mercurial.ignore .hgignore"}, e.codes())
	e = exportNew(t, r.Dir, "hgignore", false)
	same(t, "names without translation", ".hgignore\na\nmore\n", e.git("ls-tree", "--name-only", "main~6"))
}

func TestSubrepositories(t *testing.T) {
	r := hgtest.New(t)
	commit := strings.Repeat("12", 20)
	r.Write("a", "a\n")
	r.Commit("first")
	// Committing with a subrepository needs the subrepository; its files alone
	// are what a history holds.
	r.Write(".hgsub", "vendor/lib = [git]https://git.example.org/lib.git\nother = https://hg.example.org/other\n")
	r.Write(".hgsubstate", commit+" vendor/lib\n"+strings.Repeat("34", 20)+" other\n")
	r.Hg("debugcommands") // any command that does not look at the working folder
	if _, err := r.Try("commit", "-q", "-A", "-m", "subrepositories", "--config", "subrepos.allowed=false", "-d", "1000000100 0"); err != nil {
		importSubs(t, r)
	}
	e := exportNew(t, r.Dir)
	same(t, "losses", []string{"mercurial.subrepository other", "mercurial.subrepository vendor/lib"}, e.codes())
	e = exportNew(t, r.Dir, "subrepositories", asSubmodules)
	same(t, "losses with submodules", []string{"mercurial.subrepository other"}, e.codes())
	files := e.files("main")
	if !slices.Contains(files, "160000 vendor/lib "+commit) {
		t.Errorf("no submodule in %q", files)
	}
	same(t, ".gitmodules", "[submodule \"vendor/lib\"]\n\tpath = \"vendor/lib\"\n\turl = \"https://git.example.org/lib.git\"\n", e.git("cat-file", "blob", "main:.gitmodules"))
}

// importSubs commits the files of the working folder through a patch, which
// does not look at subrepositories.
func importSubs(t *testing.T, r *hgtest.Repo) {
	t.Helper()
	patch := "# HG changeset patch\n# User Ada <ada@example.org>\n# Date 1000000100 0\nsubrepositories\n\n"
	for _, name := range []string{".hgsub", ".hgsubstate"} {
		text, err := os.ReadFile(filepath.Join(r.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
		patch += fmt.Sprintf("diff --git a/%[1]s b/%[1]s\nnew file mode 100644\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1,%[2]d @@\n+%[3]s\n", name, len(lines), strings.Join(lines, "+"))
		if err := os.Remove(filepath.Join(r.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "patch")
	if err := os.WriteFile(file, []byte(patch), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Hg("import", "-q", "--bypass", file)
}

func TestLargefiles(t *testing.T) {
	r := hgtest.New(t, "extensions.largefiles=", "largefiles.usercache="+t.TempDir())
	big := strings.Repeat("large content ", 1000)
	r.Write("small", "small\n")
	r.Write("media/film", big+"1")
	r.Write("media/lost", big+"lost")
	r.Hg("add", "-q", "--large", "media/film", "media/lost")
	r.Commit("large files")
	r.Write("media/film", big+"2")
	if err := os.Chmod(filepath.Join(r.Dir, "media/film"), 0o777); err != nil {
		t.Fatal(err)
	}
	r.Commit("changed")
	r.Hg("rm", "-q", "media/film")
	r.Commit("removed")

	e := exportNew(t, r.Dir)
	same(t, "tree", []string{"100755 media/film " + big + "2", "100644 media/lost " + big + "lost", "100644 small small\n"}, e.files("main~1"))
	same(t, "names at the end", "media/lost\nsmall\n", e.git("ls-tree", "-r", "--name-only", "main"))

	hash := sha1.Sum([]byte(big + "lost"))
	hexed := hex.EncodeToString(hash[:])
	if err := os.Remove(filepath.Join(r.Dir, ".hg/largefiles", hexed)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "raw.git")
	for range 2 { // what is missing is told by every run
		e := exportUnverified(t, dir, r.Dir)
		same(t, "names", ".hglf/media/lost\nsmall\n", e.git("ls-tree", "-r", "--name-only", "main"))
		if len(e.Failed) != 1 || e.Failed[0].Title != "media/lost" || e.Failed[0].Key.ID != hexed {
			t.Errorf("failed: %+v", e.Failed)
		}
	}
	// Found again, it does not change what new commits say of it.
	if err := os.WriteFile(filepath.Join(r.Dir, ".hg/largefiles", hexed), []byte(big+"lost"), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Write("small", "changed\n")
	r.Commit("later")
	later := exportUnverified(t, dir, r.Dir)
	same(t, "names later", ".hglf/media/lost\nsmall\n", later.git("ls-tree", "-r", "--name-only", "main"))
}

func TestLFSExtension(t *testing.T) {
	r := hgtest.New(t, "extensions.lfs=", "lfs.track=size('>1000')", "lfs.usercache="+t.TempDir())
	big := strings.Repeat("large content ", 1000)
	r.Write("small", "small\n")
	r.Write("film", big+"1")
	r.Write("lost", big+"lost")
	r.Commit("large files")
	r.Hg("mv", "-q", "film", "moved")
	r.Commit("moved")
	r.Write("moved", big+"2")
	r.Commit("changed")
	if !strings.Contains(r.Hg("debugrequirements"), "lfs") {
		t.Fatal("the repository does not use the extension")
	}
	e := exportNew(t, r.Dir)
	same(t, "tree", []string{"100644 lost " + big + "lost", "100644 moved " + big + "2", "100644 small small\n"}, e.files("main"))

	hash := sha256.Sum256([]byte(big + "lost"))
	hexed := hex.EncodeToString(hash[:])
	if err := os.Remove(filepath.Join(r.Dir, ".hg/store/lfs/objects", hexed[:2], hexed[2:])); err != nil {
		t.Fatal(err)
	}
	e = exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), r.Dir)
	if len(e.Failed) != 1 || e.Failed[0].Title != "lost" || e.Failed[0].Key.ID != hexed {
		t.Errorf("failed: %+v", e.Failed)
	}
	if lost := e.git("cat-file", "blob", "main:lost"); !strings.Contains(lost, "oid sha256:"+hexed) {
		t.Errorf("lost is %q", lost)
	}
}

// TestFarLargeFiles reads large files from a server.
func TestFarLargeFiles(t *testing.T) {
	big := strings.Repeat("large content ", 1000)
	for extension, settings := range map[string][]string{
		"largefiles": {"extensions.largefiles="},
		"lfs":        {"extensions.lfs=", "lfs.track=size('>1000')"},
	} {
		r := hgtest.New(t, append(settings, extension+".usercache="+t.TempDir())...)
		for _, name := range []string{"film", "song"} {
			r.Write(name, big+name)
			if extension == "largefiles" {
				r.Hg("add", "-q", "--large", name)
			}
		}
		r.Write("small", "small\n")
		r.Commit("large files")
		e := exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), r.Serve().String())
		same(t, "tree of "+extension, []string{"100644 film " + big + "film", "100644 small small\n", "100644 song " + big + "song"}, e.files("main"))
		same(t, "failed of "+extension, 0, len(e.Failed))
	}
}

func TestLFSHash(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for _, test := range []struct{ pointer, want string }{
		{"version https://git-lfs.github.com/spec/v1\noid sha256:" + hash + "\nsize 5\nx-is-binary 0\n", hash},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:" + hash + "\nsize 5\n", hash},
		{"oid sha256:" + hash + "\n", ""},
		{"", ""},
	} {
		if got, err := lfsHash([]byte(test.pointer)); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: got %q, %v", test.pointer, got, err)
		}
	}
}

func TestBlobs(t *testing.T) {
	var b blobs
	node := func(i int) hg.Node { return hg.HashText(hg.Node{}, hg.Node{}, []byte{byte(i), byte(i >> 8)}) }
	blob := func(i int) gitpack.ID { return gitpack.ID{byte(i), byte(i >> 8), 1} }
	var pairs []pair
	for i := range 500 {
		pairs = append(pairs, pair{node(i), blob(i)})
	}
	b.add(pairs[:300])
	b.add(pairs[200:]) // some twice
	b.put(node(1000), blob(1000))
	if _, found := b.find(node(1000)); !found {
		t.Error("a pair that was put is not found at once")
	}
	b.settle()
	for _, i := range []int{0, 1, 250, 499, 1000} {
		if got, found := b.find(node(i)); !found || got != blob(i) {
			t.Errorf("pair %d: %v, %v", i, got, found)
		}
	}
	if _, found := b.find(node(700)); found {
		t.Error("found what was never added")
	}
	if len(b.sorted) != 501 || !slices.IsSortedFunc(b.sorted, func(a, b pair) int { return bytes.Compare(a.node[:], b.node[:]) }) {
		t.Errorf("%d pairs, not in order or not once", len(b.sorted))
	}
}
