package history

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/schema"
)

const pgp = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"

func tagOf(object, kind, name, who, message string) string {
	return fmt.Sprintf("object %s\ntype %s\ntag %s\ntagger %s 1000000000 +0000\n\n%s", object, kind, name, who, message)
}

func TestRewritePeople(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n"})
	before := r.commit(tree, kim, 1, "before")
	byJo := r.commit(tree, jo, 2, "by Jo", before)
	after := r.commit(tree, kim, 3, "after", byJo)
	side := r.commit(tree, kim, 4, "side", before)
	r.ref("refs/heads/main", after)
	r.ref("refs/heads/side", side)
	tag := r.object("tag", tagOf(after, "commit", "v1", kim, "signed\n"+pgp))
	r.ref("refs/tags/v1", tag)
	r.ref("refs/tags/of-tag", r.object("tag", tagOf(tag, "tag", "of-tag", jo, "m\n")))
	r.ref("refs/tags/side", r.object("tag", tagOf(side, "commit", "side", kim, "signed\n"+pgp)))
	r.ref("refs/tags/tree", r.object("tag", tagOf(tree, "tree", "tree", kim, "m\n")))
	r.ref("refs/tags/blob", r.git("rev-parse", tree+":a"))
	raw := r.refs()

	to, result := r.rewritten(Options{People: renameJo})
	names := func(ref string) string { return to.git("log", "--format=%an <%ae> %cn <%ce> %s", ref) }
	want := "Kim <kim@old.example> Kim <kim@old.example> after\nJohanna <johanna@new.example> Johanna <johanna@new.example> by Jo\nKim <kim@old.example> Kim <kim@old.example> before"
	if diff := cmp.Diff(want, names("main")); diff != "" {
		t.Errorf("main (-want +got):\n%s", diff)
	}
	for name, id := range map[string]string{"refs/heads/side": side, "refs/tags/side": r.git("rev-parse", "refs/tags/side"), "refs/tags/tree": r.git("rev-parse", "refs/tags/tree"), "refs/tags/blob": r.git("rev-parse", "refs/tags/blob")} {
		if result.Refs[name] != id {
			t.Errorf("%s is %s, want %s as before", name, result.Refs[name], id)
		}
	}
	main := to.git("rev-parse", "main")
	if diff := cmp.Diff(tagOf(main, "commit", "v1", kim, "signed\n"), to.show("refs/tags/v1")); diff != "" {
		t.Errorf("v1 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tagOf(to.git("rev-parse", "v1"), "tag", "of-tag", "Johanna <johanna@new.example>", "m\n"), to.show("refs/tags/of-tag")); diff != "" {
		t.Errorf("of-tag (-want +got):\n%s", diff)
	}
	if got, want := [...]int64{result.Commits, result.Rewritten, result.Tags, result.SignaturesDropped}, [...]int64{4, 2, 4, 1}; got != want {
		t.Errorf("commits, rewritten, tags, signatures are %v, want %v", got, want)
	}
	if diff := cmp.Diff([]schema.Loss{{Code: LossSignature, Count: 1, Message: "signatures of commits and tags that changed were dropped"}}, result.Losses); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	if r.refs() != raw {
		t.Error("the source changed")
	}
	checkMap(t, r, to)
}

// checkMap compares the map with the history.
func checkMap(t *testing.T, from, to repository) {
	t.Helper()
	m, err := OpenMap(to.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	raw, mapped := strings.Fields(from.git("rev-list", "--topo-order", "main")), strings.Fields(to.git("rev-list", "--topo-order", "main"))
	for i := range raw {
		id, _ := gitpack.ParseID(raw[i])
		became, ok, err := m.New(id)
		if !ok || err != nil || became.String() != mapped[i] {
			t.Errorf("%s became %s, %v, %v, want %s", id, became, ok, err, mapped[i])
		}
	}
	n := 0
	for _, err := range m.All() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if all := len(strings.Fields(from.git("rev-list", "--all"))); n != all {
		t.Errorf("the map has %d of %d commits", n, all)
	}
}

func TestRewriteKeepsWhatNeedNotChange(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n"})
	parent := ""
	for i, data := range []string{
		"author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 1 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n abc\n\nsigned\n",
		"author Kim 1 +0000\ncommitter Kim <kim@x>\n\nodd",
		"author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 1 +0000\nencoding latin1\n\n\xe9\n",
		"author Kim <kim@x> 99999999999999999999 +9999\ncommitter Kim <kim@x> 1 +0000\nauthor Kim <kim@x> 1 +0000\n\n\x00\n",
		"author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 1 +0000\n",
		"author Kim <kim@x> 1 +0000\ncommitter Kim <kim@x> 1 +0000\n\n" + strings.Repeat("long", 1<<19),
	} {
		header := "tree " + tree + "\n"
		if i > 0 {
			header += "parent " + parent + "\n"
		}
		parent = r.object("commit", header+data)
	}
	r.ref("refs/heads/main", parent)
	r.git("symbolic-ref", "HEAD", "refs/heads/none")
	_, result := r.rewritten(Options{People: renameJo, Trailers: true, IDs: true, LargeFiles: &LargeFiles{Mode: Move}})
	if result.Refs["refs/heads/main"] != parent || result.Rewritten != 0 || result.Head != "refs/heads/none" {
		t.Errorf("got %+v, want main %s and no change", result, parent)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(r.dir), "mapped.git", "objects", "pack", "*")); len(files) > 0 {
		t.Errorf("objects were written: %v", files)
	}
}

func TestRewriteQuotedTags(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n"})
	base := r.commit(tree, kim, 1, "base")
	byJo, byKim := r.commit(tree, jo, 2, "by Jo", base), r.commit(tree, kim, 2, "by Kim", base)
	quote := func(id string) string {
		return "mergetag object " + id + "\n type commit\n tag v\n tagger Jo <jo@old.example> 1 +0000\n \n m\n"
	}
	merge := func(quotes string) string {
		return fmt.Sprintf("tree %s\nparent %s\nparent %s\nauthor Kim <k@x> 3 +0000\ncommitter Kim <k@x> 3 +0000\n%sx-after 1\n\nm\n", tree, byKim, byJo, quotes)
	}
	r.ref("refs/heads/main", r.object("commit", merge(quote(byJo)+quote(byKim))))
	to, result := r.rewritten(Options{People: renameJo})
	want := strings.ReplaceAll(merge(quote(byKim)), byJo, to.git("rev-parse", "main^2"))
	if diff := cmp.Diff(want, to.show("main")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if result.SignaturesDropped != 1 {
		t.Errorf("%d signatures dropped, want 1", result.SignaturesDropped)
	}
}

func TestRewriteIDs(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n"})
	byJo := r.commit(tree, jo, 10, "by Jo")
	// One whose abbreviation has letters and digits.
	for i := 0; !isMention([]byte(byJo[:9]), 0, 9); i++ {
		byJo = r.commit(tree, jo, 10, fmt.Sprint("by Jo ", i))
	}
	same := r.commit(tree, kim, 10, "stays")
	message := func(id string) string {
		return "Fixes " + id + " and " + id[:9] + ",\nnot " + id[:6] + ", " + strings.ToUpper(id[:9]) + " or https://forge.example/" + id + "\nv1-2-g" + id[:9] + " " + same + "\n"
	}
	other := r.commit(tree, kim, 5, "too old to mention "+byJo[:9]+" but not "+byJo)
	picked := r.commit(tree, kim, 20, message(byJo))
	r.ref("refs/heads/other", other)
	r.ref("refs/heads/main", picked)
	r.ref("refs/heads/jo", byJo)
	r.ref("refs/heads/same", same)
	r.ref("refs/tags/v1", r.object("tag", tagOf(same, "commit", "v1", kim, "has "+byJo[:12]+"\n")))
	to, _ := r.rewritten(Options{People: renameJo, IDs: true})
	became := to.git("rev-parse", "jo")
	got := to.git("log", "-1", "--format=%B", "main")
	want := strings.ReplaceAll(message(became), strings.ToUpper(became[:9]), strings.ToUpper(byJo[:9]))
	want = strings.ReplaceAll(strings.ReplaceAll(want, "forge.example/"+became, "forge.example/"+byJo), "not "+became[:6], "not "+byJo[:6])
	if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if want, got := "too old to mention "+byJo[:9]+" but not "+became, to.git("log", "-1", "--format=%s", "other"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if want, got := tagOf(same, "commit", "v1", kim, "has "+became[:12]+"\n"), to.show("v1"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := to.git("rev-parse", "same"); got != same {
		t.Errorf("a commit changed that had no reason to: %s, want %s", got, same)
	}
}

// TestRenameGrows gives two commits new ids that begin alike.
func TestRenameGrows(t *testing.T) {
	raw := func(n byte) gitpack.ID { return gitpack.ID{0xab, 0xcd, 0xe0 | n, n} }
	g, err := newGraph([]sketch{{id: raw(1)}, {id: raw(2), parents: []gitpack.ID{raw(1)}}, {id: raw(3)}}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newResolver(nil, g, nil, true)
	r.set(0, gitpack.ID{0x11, 0x22, 0x33, 0x44, 0x50})
	r.set(1, gitpack.ID{0x11, 0x22, 0x33, 0x44, 0x60})
	r.set(2, gitpack.ID{0x11, 0x22, 0x33, 0x44, 0x61}) // no ancestor
	got, err := r.rename([]byte(raw(1).String()[:8]), 0, []gitpack.ID{raw(2)})
	if want := "112233445"; err != nil || string(got) != want {
		t.Errorf("beside an ancestor: %q, %v, want %q", got, err, want)
	}
	got, err = r.rename([]byte(raw(1).String()[:8]), 0, []gitpack.ID{raw(1)})
	if want := "11223344"; err != nil || string(got) != want {
		t.Errorf("alone: %q, %v, want %q", got, err, want)
	}
}

func TestRewriteNotesAndReplacements(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n"})
	c1 := r.commit(tree, jo, 1, "one")
	c2 := r.commit(tree, kim, 2, "two", c1)
	gone := strings.Repeat("12", 20)
	r.ref("refs/heads/main", c2)
	r.ref("refs/replace/"+c2, r.commit(tree, kim, 3, "instead", c1))
	r.ref("refs/replace/"+r.git("rev-parse", tree+":a"), r.object("blob", "2\n"))
	n1 := r.commit(r.tree(map[string]string{c1: "note one\n", gone: "gone\n", "other": "x\n"}), kim, 4, "notes")
	n2 := r.commit(r.tree(map[string]string{c1[:2] + "/" + c1[2:]: "note one, again\n", c2[:2] + "/" + c2[2:4] + "/" + c2[4:]: "note two\n", gone: "gone\n"}), jo, 5, "notes", n1)
	n3 := r.commit(r.tree(map[string]string{c2[:2] + "/" + c2[2:4] + "/" + c2[4:]: "note two\n", gone: "gone\n"}), kim, 6, "notes", n2)
	r.ref("refs/notes/commits", n3)
	to, result := r.rewritten(Options{People: renameJo})
	d1, d2 := to.git("rev-parse", "main^"), to.git("rev-parse", "main")
	for i, want := range []string{
		d2[:2] + "/" + d2[2:4] + "/" + d2[4:] + "\n" + gone,
		d1[:2] + "/" + d1[2:] + "\n" + d2[:2] + "/" + d2[2:4] + "/" + d2[4:] + "\n" + gone,
		d1 + "\n" + gone + "\nother",
	} {
		got := to.git("ls-tree", "-r", "--name-only", fmt.Sprintf("refs/notes/commits~%d", i))
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Errorf("notes~%d (-want +got):\n%s", i, diff)
		}
	}
	if got := to.git("notes", "show", d2); got != "note two" {
		t.Errorf("note of %s is %q", d2, got)
	}
	if got := to.git("log", "-1", "--format=%an", "refs/notes/commits~1"); got != "Johanna" {
		t.Errorf("notes were written by %q, want Johanna", got)
	}
	if got := to.git("log", "-1", "--format=%s", d2); got != "instead" {
		t.Errorf("the replaced commit is %q", got)
	}
	if _, ok := result.Refs["refs/replace/"+d2]; !ok {
		t.Errorf("no replacement of %s in %v", d2, result.Refs)
	}
}

func sorted(lines string) map[string]bool {
	set := map[string]bool{}
	for _, line := range strings.Split(lines, "\n") {
		set[line] = true
	}
	return set
}

func TestRewriteDetachedHead(t *testing.T) {
	r := newRepository(t)
	c := r.commit(r.tree(map[string]string{"a": "1\n"}), jo, 1, "one")
	r.ref("refs/heads/main", c)
	r.git("update-ref", "--no-deref", "HEAD", r.commit(r.tree(nil), jo, 2, "two", c))
	if err := os.WriteFile(filepath.Join(r.dir, "HEAD"), []byte(r.commit(r.tree(nil), jo, 2, "two", c)+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	to, result := r.rewritten(Options{People: renameJo})
	if got := to.git("log", "--format=%an %s", "HEAD"); got != "Johanna two\nJohanna one" || result.Head != "" {
		t.Errorf("HEAD is %q, %q", got, result.Head)
	}
}

func TestRewriteRefusals(t *testing.T) {
	dir := t.TempDir()
	r := repository{t, filepath.Join(dir, "raw.git")}
	r.git("init", "--quiet", "--bare", "--object-format=sha256", r.dir)
	if _, err := Rewrite(t.Context(), Options{From: r.dir, To: filepath.Join(dir, "to.git")}, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("sha256: %v, want unsupported", err)
	}
	r = newRepository(t)
	to := filepath.Join(dir, "mine")
	if err := os.MkdirAll(filepath.Join(to, "precious"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Rewrite(t.Context(), Options{From: r.dir, To: to}, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a directory in use: %v", err)
	}
	if _, err := os.Stat(filepath.Join(to, "precious")); err != nil {
		t.Errorf("what was there is gone: %v", err)
	}
	r.ref("refs/heads/main", r.object("commit", "tree "+r.tree(nil)+"\nparent "+strings.Repeat("1", 40)+"\nauthor a <a> 1 +0000\n\nm\n"))
	if _, err := Rewrite(t.Context(), Options{From: r.dir, To: filepath.Join(dir, "to.git")}, nil); err == nil || !strings.Contains(err.Error(), strings.Repeat("1", 40)) {
		t.Errorf("a missing parent: %v", err)
	}
}

// randomHistory adds commits, tags and refs to a repository.
func randomHistory(r repository, rnd *rand.Rand, commits []string, n int) []string {
	for range n {
		files := map[string]string{}
		for i := range 4 {
			size := rnd.IntN(40)
			files[fmt.Sprintf("%c/%d.bin", 'a'+rnd.IntN(3), i)] = strings.Repeat("x", size) + "\n"
		}
		if rnd.IntN(5) == 0 {
			files["a/.gitattributes"] = "*.bin text" // no newline at the end
		}
		var parents []string
		message := "m"
		for range min(len(commits), 1+rnd.IntN(2)) {
			parents = append(parents, commits[len(commits)-1-rnd.IntN(min(len(commits), 6))])
		}
		if len(commits) > 0 && rnd.IntN(2) == 0 {
			old := commits[rnd.IntN(len(commits))]
			message += " like " + old + ", " + old[:7+rnd.IntN(20)]
		}
		who := []string{jo, kim, kim, kim}[rnd.IntN(4)]
		commits = append(commits, r.commit(r.tree(files), who, 1000+len(commits), message, parents...))
		id := commits[len(commits)-1]
		switch rnd.IntN(6) {
		case 0:
			name := fmt.Sprintf("v%d", len(commits))
			r.ref("refs/tags/"+name, r.object("tag", tagOf(id, "commit", name, who, "m "+id[:10]+"\n")))
		case 1:
			r.ref(fmt.Sprintf("refs/heads/b%d", rnd.IntN(5)), id)
		}
		r.ref("refs/heads/main", id)
		r.ref(fmt.Sprintf("refs/keep/%s", id), id)
	}
	return commits
}

func options() map[string]Options {
	return map[string]Options{
		"people": {People: renameJo, Trailers: true, IDs: true},
		"move":   {IDs: true, LargeFiles: &LargeFiles{Threshold: 20, Mode: Move}},
		"paths":  {LargeFiles: &LargeFiles{Threshold: 20, Mode: Move, Paths: []string{"b/**"}}},
		"remove": {People: renameJo, LargeFiles: &LargeFiles{Threshold: 20, Mode: Remove}},
	}
}

// TestRewriteIncrementally makes the same history in one go and in steps, with
// refs that come and go.
func TestRewriteIncrementally(t *testing.T) {
	for name, o := range options() {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(seed, 7))
				r := newRepository(t)
				var commits []string
				for step := range 6 {
					commits = randomHistory(r, rnd, commits, 1+rnd.IntN(8))
					if step == 3 {
						r.git("update-ref", "-d", "refs/heads/b1")
						r.git("repack", "-adq")
					}
					to, _ := r.rewritten(o)
					once := repository{t, filepath.Join(t.TempDir(), "mapped.git")}
					o := o
					o.From, o.To = r.dir, once.dir
					if _, err := Rewrite(t.Context(), o, nil); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(once.refs(), to.refs()); diff != "" {
						t.Fatalf("step %d (-at once +in steps):\n%s", step, diff)
					}
					if out, err := to.try("", "fsck", "--no-dangling", "--strict"); err != nil {
						t.Fatalf("git fsck: %v\n%s", err, out)
					}
				}
			})
		}
	}
}

func TestRewriteManyTimesStaysInFewPacks(t *testing.T) {
	r := newRepository(t)
	var commits []string
	rnd := rand.New(rand.NewPCG(1, 1))
	for range maxPacks + 4 {
		commits = randomHistory(r, rnd, commits, 1)
		to, _ := r.rewritten(Options{People: renameJo})
		if packs, _ := filepath.Glob(filepath.Join(to.dir, "objects", "pack", "*.pack")); len(packs) > maxPacks {
			t.Fatalf("%d packs, want at most %d", len(packs), maxPacks)
		}
	}
}

func TestRewriteWithAnotherKey(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"big": strings.Repeat("x", 3000)})
	r.ref("refs/heads/main", r.commit(tree, jo, 1, "one"))
	large := &LargeFiles{Threshold: 2000, Mode: Move}
	to, first := r.rewritten(Options{LargeFiles: large})
	_, second := r.rewritten(Options{LargeFiles: large, People: renameJo, Key: "2"})
	if first.Refs["refs/heads/main"] == second.Refs["refs/heads/main"] {
		t.Error("the key had no effect")
	}
	if second.LFSObjects != 1 || second.LFSBytes != 3000 {
		t.Errorf("%d LFS objects of %d bytes, want 1 of 3000", second.LFSObjects, second.LFSBytes)
	}
	_, third := r.rewritten(Options{LargeFiles: large})
	if diff := cmp.Diff(first, third); diff != "" {
		t.Errorf("back to the first (-want +got):\n%s", diff)
	}
	if left, _ := filepath.Glob(to.dir + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPreview(t *testing.T) {
	r := newRepository(t)
	tree := r.tree(map[string]string{"a": "1\n", "big": strings.Repeat("x", 3000)})
	c1 := r.commit(r.tree(map[string]string{"a": "1\n"}), kim, 1, "one")
	c2 := r.commit(tree, jo, 2, "two", c1)
	r.ref("refs/heads/main", r.commit(tree, kim, 3, "three", c2))
	preview := func(o Options) int64 {
		t.Helper()
		o.From, o.To = r.dir, filepath.Join(filepath.Dir(r.dir), "mapped.git")
		n, err := Preview(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := func(what string, got, want int64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d commits would change, want %d", what, got, want)
		}
	}
	people, large := Options{People: renameJo, Key: "1"}, Options{LargeFiles: &LargeFiles{Threshold: 2000, Mode: Move}}
	want("nothing", preview(Options{}), 0)
	want("people", preview(people), 2)
	want("large files", preview(large), 2)
	r.rewritten(people)
	want("people again", preview(people), 0)
	want("back", preview(Options{}), 2)
	people.Key = "a table that does the same"
	want("the same in another way", preview(people), 0)
	r.rewritten(large)
	want("large files again", preview(large), 0)
	large.Key = "2"
	want("large files with another key", preview(large), 0)
	want("removed", preview(Options{LargeFiles: &LargeFiles{Threshold: 2000, Mode: Remove}}), 2)
}
