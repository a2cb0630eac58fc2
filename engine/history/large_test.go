package history

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func big(c string) string { return strings.Repeat(c, 3000) }

const limit = 2000 // what is large in these tests

// clone makes a clone with git-lfs, or skips the test.
func (r repository) clone() (work repository, lfs func(args ...string) string) {
	r.t.Helper()
	if _, err := exec.LookPath("git-lfs"); err != nil {
		r.t.Skip("git-lfs is not installed")
	}
	dir := filepath.Join(r.t.TempDir(), "work")
	config := []string{
		"-c", "filter.lfs.process=git-lfs filter-process", "-c", "filter.lfs.required=true",
		"-c", "filter.lfs.clean=git-lfs clean -- %f", "-c", "filter.lfs.smudge=git-lfs smudge -- %f",
		"-c", "lfs.url=file://" + r.dir,
	}
	r.git(append(config, "clone", "--quiet", "--no-checkout", r.dir, dir)...)
	work = repository{r.t, dir}
	return work, func(args ...string) string { r.t.Helper(); return work.git(append(config, args...)...) }
}

// checkClean checks out every commit and makes sure that git finds it unchanged and
// the files as they were.
func checkClean(t *testing.T, raw, to repository) {
	t.Helper()
	work, lfs := to.clone()
	mapped := strings.Fields(to.git("rev-list", "--topo-order", "main"))
	for i, id := range strings.Fields(raw.git("rev-list", "--topo-order", "main")) {
		lfs("checkout", "--quiet", "--force", "--detach", mapped[i])
		if status := lfs("status", "--porcelain"); status != "" {
			t.Errorf("commit %d: a fresh checkout is not clean:\n%s", i, status)
		}
		for _, line := range strings.Split(raw.git("-c", "core.quotePath=false", "ls-tree", "-rz", id), "\x00") {
			meta, path, ok := strings.Cut(line, "\t")
			if !ok || filepath.Base(path) == attributesName || strings.HasPrefix(meta, "120000") {
				continue
			}
			if want, got := raw.show(strings.Fields(meta)[2]), readString(t, filepath.Join(work.dir, path)); got != want {
				t.Errorf("commit %d: %q has %d bytes, want %d", i, path, len(got), len(want))
			}
		}
	}
	lfs("lfs", "fetch", "--all")
	lfs("lfs", "fsck", "--objects", "--pointers", mapped[len(mapped)-1]+".."+mapped[0])
}

func TestMove(t *testing.T) {
	r := newRepository(t)
	c := r.commit(r.tree(map[string]string{"grows.bin": "s\n", "shrinks.bin": big("a"), "dir/x.bin": big("b"), "small": "s\n"}), kim, 1, "one")
	side := r.commit(r.tree(map[string]string{"side.bin": big("s")}), kim, 1, "side")
	c = r.commit(r.tree(map[string]string{"grows.bin": big("c"), "shrinks.bin": "s\n", "dir/x.bin": big("b"), "dir/deep/y.bin": "100755:" + big("b"), "link.bin": "120000:" + big("l")}), kim, 2, "two", c)
	c = r.commit(r.tree(map[string]string{
		".gitattributes": "*.txt text", "grows.bin": big("d"), "dir/.gitattributes": "* -filter\n*.bin binary\n", "dir/x.bin": big("b"),
	}), kim, 3, "three", c, side)
	c = r.commit(r.tree(map[string]string{"small": "s\n"}), kim, 4, "four", c)
	r.ref("refs/heads/main", c)
	r.ref("refs/heads/side", side)
	to, result := r.rewritten(Options{LargeFiles: &LargeFiles{Threshold: limit, Mode: Move}})
	for rev, want := range map[string]map[string]string{
		"main~3": {"": "/shrinks.bin", "dir": "/x.bin"},
		"main~2": {"": "/grows.bin", "dir": "/x.bin", "dir/deep": "/y.bin"},
		"main~1": {"": "*.txt text\n/grows.bin", "dir": "* -filter\n*.bin binary\n/x.bin"},
		"side":   {"": "/side.bin"},
		"main":   {},
	} {
		got := map[string]string{}
		for _, path := range strings.Fields(to.git("ls-tree", "-r", "--name-only", rev)) {
			if filepath.Base(path) == attributesName {
				text := strings.ReplaceAll(to.show(rev+":"+path), " filter=lfs diff=lfs merge=lfs -text\n", "\n")
				got[strings.TrimSuffix(strings.TrimSuffix(path, attributesName), "/")] = strings.TrimSuffix(text, "\n")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attributes of %s (-want +got):\n%s", rev, diff)
		}
	}
	if got := to.git("ls-tree", "-r", "main~2", "dir/deep/y.bin", "link.bin"); !strings.HasPrefix(got, "100644") && (!strings.Contains(got, "100755") || !strings.Contains(got, "120000")) {
		t.Errorf("modes are not kept:\n%s", got)
	}
	if result.LFSObjects != 5 || result.LFSBytes != 15000 {
		t.Errorf("%d objects of %d bytes, want 5 of 15000", result.LFSObjects, result.LFSBytes)
	}
	checkClean(t, r, to)
}

func TestMoveOddNames(t *testing.T) {
	names := []string{
		"with space.bin", "[set].bin", "star*.bin", "what?.bin", "#hash.bin", "!bang.bin", `"quoted".bin`, `q"uote.bin`, `back\slash.bin`,
		"tab\there.bin", "new\nline.bin", " lead.bin", "trail.bin ", "caf\u00e9.bin", "\xff\xfe.bin", "**", "-dash.bin", "[attr]x.bin", "a[[:space:]]b.bin", "~", "$(x)", "\x01.bin", "end\\",
	}
	r := newRepository(t)
	files := map[string]string{}
	for i, name := range names {
		files["odd/"+name] = big(fmt.Sprint(i % 10))
		files["odd/small-"+name] = "small\n"
	}
	files["odd/ab.bin"], files["odd/set.bin"], files["odd/s.bin"], files["odd/starx.bin"] = "s\n", "s\n", "s\n", "s\n"
	r.ref("refs/heads/main", r.commit(r.tree(files), kim, 1, "one"))
	to, result := r.rewritten(Options{LargeFiles: &LargeFiles{Threshold: limit, Mode: Move}})
	if len(result.Losses) > 0 {
		t.Errorf("losses: %v", result.Losses)
	}
	work := repository{t, filepath.Join(t.TempDir(), "attr")}
	to.git("clone", "--quiet", "--no-checkout", to.dir, work.dir)
	work.git("read-tree", "main")
	for path, content := range files {
		got := work.gitInput(path+"\x00", "check-attr", "--cached", "--stdin", "-z", "filter")
		want := path + "\x00filter\x00unspecified\x00"
		if len(content) > limit {
			want = path + "\x00filter\x00lfs\x00"
		}
		if got != want {
			t.Errorf("%q: git says %q, want %q", path, got, want)
		}
	}
	checkClean(t, r, to)
}

func TestMoveWhatIsTrackedAlready(t *testing.T) {
	r := newRepository(t)
	pointer := string(pointerText(gitrepo.Pointer{OID: strings.Repeat("ab", 32), Size: 5}))
	c := r.commit(r.tree(map[string]string{
		".gitattributes":          "[attr]big filter=lfs diff=lfs merge=lfs -text\n*.psd filter=lfs diff=lfs merge=lfs -text\r\nold/** filter=lfs\nsub/x.dat filter=lfs\n",
		"raw.psd":                 "raw but tracked\n",
		"pointer.psd":             pointer,
		"empty.psd":               "",
		"large.psd":               big("p"),
		"large.bin":               big("q"),
		"old/deep/raw":            "tracked by folder\n",
		"sub/.gitattributes":      "*.psd -filter\n*.big big\n[attr]mine filter=lfs\n*.mine mine\n",
		"sub/not.psd":             "not tracked here\n",
		"sub/x.dat":               "tracked from above\n",
		"sub/y.dat":               "not tracked\n",
		"sub/z.big":               "tracked by a macro\n",
		"sub/z.mine":              "macros count at the root only\n",
		"crypt/.gitattributes":    "* filter=git-crypt\n",
		"crypt/secret.bin":        big("c"),
		"dir/.gitattributes/x":    "a folder\n",
		"dir/large.bin":           big("d"),
		"symbolic/.gitattributes": "120000:nowhere",
		"symbolic/large.bin":      big("e"),
	}), kim, 1, "one")
	r.ref("refs/heads/main", c)
	to, result := r.rewritten(Options{LargeFiles: &LargeFiles{Threshold: limit, Mode: Move}})
	pointers := map[string]bool{}
	for _, path := range strings.Fields(to.git("ls-tree", "-r", "--name-only", "main")) {
		if _, ok := gitrepo.ParsePointer([]byte(to.show("main:" + path))); ok {
			pointers[path] = true
		}
	}
	want := map[string]bool{"raw.psd": true, "pointer.psd": true, "large.psd": true, "large.bin": true, "old/deep/raw": true, "sub/x.dat": true, "sub/z.big": true}
	if diff := cmp.Diff(want, pointers); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
	if want, got := r.show("main:.gitattributes")+"/large.bin filter=lfs diff=lfs merge=lfs -text\n", to.show("main:.gitattributes"); got != want {
		t.Errorf("attributes (-want +got):\n%s", cmp.Diff(want, got))
	}
	if r.show("main:pointer.psd") != to.show("main:pointer.psd") {
		t.Error("a pointer became a pointer to a pointer")
	}
	kept := map[string]bool{}
	for _, l := range result.Losses {
		kept[l.Code+" "+l.Path] = true
	}
	if diff := cmp.Diff(map[string]bool{LossKept + " crypt/secret.bin": true, LossKept + " dir/large.bin": true, LossKept + " symbolic/large.bin": true}, kept); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

func TestMoveSharesObjectsOfTheSource(t *testing.T) {
	r := newRepository(t)
	r.ref("refs/heads/main", r.commit(r.tree(map[string]string{"a": "1\n"}), kim, 1, "one"))
	oid := strings.Repeat("ab", 32)
	for _, name := range []string{lfsPath(r.dir, oid), filepath.Join(r.dir, "lfs", "objects", "ab", "junk")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	to, _ := r.rewritten(Options{People: renameJo})
	if got := readString(t, lfsPath(to.dir, oid)); got != "x" {
		t.Errorf("the object is %q", got)
	}
	if _, err := os.Stat(filepath.Join(to.dir, "lfs", "objects", "ab", "junk")); err == nil {
		t.Error("what is no object was shared")
	}
}

func TestRemove(t *testing.T) {
	r := newRepository(t)
	one := r.commit(r.tree(map[string]string{"only/big.bin": big("a"), "a": "1\n"}), kim, 1, "one")
	two := r.commit(r.tree(map[string]string{"only/big.bin": big("b"), "a": "1\n", ".gitignore": big("i")}), kim, 2, "two", one)
	three := r.commit(r.tree(map[string]string{"only/big.bin": big("b")}), kim, 3, "three", two)
	r.ref("refs/heads/main", r.commit(r.tree(map[string]string{"a": "1\n"}), kim, 4, "four", three))
	r.ref("refs/tags/tree", r.git("rev-parse", one+"^{tree}"))
	to, result := r.rewritten(Options{LargeFiles: &LargeFiles{Threshold: 3000, Mode: Remove}})
	for rev, want := range map[string]string{"main~3": "a", "main~2": ".gitignore\na", "main~1": "", "main": "a", "refs/tags/tree": "a"} {
		if got := to.git("ls-tree", "-rt", "--name-only", rev); got != want {
			t.Errorf("%s holds %q, want %q", rev, got, want)
		}
	}
	want := []schema.Loss{{Code: LossRemoved, Path: "only/big.bin", Revision: one, Count: 2, Message: "a file of 3000 bytes was removed from the history"}}
	if diff := cmp.Diff(want, result.Losses); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	if result.Removed != 2 || result.RemovedBytes != 6000 {
		t.Errorf("removed %d versions of %d bytes, want 2 of 6000", result.Removed, result.RemovedBytes)
	}
	// A new commit with an old version removes nothing new.
	r.ref("refs/heads/main", r.commit(r.tree(map[string]string{"only/big.bin": big("b"), "b": "2\n"}), kim, 5, "five", three))
	if _, again := r.rewritten(Options{LargeFiles: &LargeFiles{Threshold: 3000, Mode: Remove}}); again.Removed != 2 {
		t.Errorf("removed %d versions, want the 2 from before", again.Removed)
	}
}

func TestThresholdAndPaths(t *testing.T) {
	r := newRepository(t)
	r.ref("refs/heads/main", r.commit(r.tree(map[string]string{
		"exact.bin": strings.Repeat("x", limit), "below.bin": strings.Repeat("x", limit-1), "assets/deep/a.bin": big("a"), "assets/b.txt": big("b"),
	}), kim, 1, "one"))
	r.ref("refs/heads/also", r.commit(r.tree(map[string]string{"copy.bin": big("a"), "assets/deep/a.bin": big("a")}), kim, 1, "also"))
	for name, tt := range map[string]struct {
		paths []string
		want  []string
	}{
		"all":     {nil, []string{"main assets/b.txt 3000", "main assets/deep/a.bin 3000", "main exact.bin 2000", "also copy.bin 3000"}},
		"folder":  {[]string{"assets/**"}, []string{"main assets/b.txt 3000", "main assets/deep/a.bin 3000"}},
		"name":    {[]string{"*.txt", "e?act.bin"}, []string{"main assets/b.txt 3000", "main exact.bin 2000"}},
		"nothing": {[]string{"none"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			large := LargeFiles{Threshold: limit, Paths: tt.paths, Mode: Remove}
			var got []string
			for f, err := range FindLarge(t.Context(), r.dir, large) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%s %s %d", strings.TrimPrefix(f.Ref, "refs/heads/"), f.Path, f.Size))
				if want := r.git("rev-parse", f.Ref+":"+f.Path); f.OID != want {
					t.Errorf("%s is %s, want %s", f.Path, f.OID, want)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			repo := repository{t, r.dir}
			to, _ := repo.rewritten(Options{LargeFiles: &large})
			for _, f := range tt.want {
				words := strings.Fields(f)
				if out, err := to.try("", "rev-parse", words[0]+":"+words[1]); err == nil {
					t.Errorf("%s is still there: %s", words[1], out)
				}
			}
			if got := strings.Count(to.git("ls-tree", "-r", "--name-only", "main")+"\n"+to.git("ls-tree", "-r", "--name-only", "also"), "."); len(tt.want) == 0 && got != 6 {
				t.Errorf("%d files are left, want 6", got)
			}
		})
	}
	for _, err := range FindLarge(t.Context(), r.dir, LargeFiles{Paths: []string{"[x"}}) {
		if err == nil {
			t.Error("a malformed pattern was taken")
		}
	}
}
