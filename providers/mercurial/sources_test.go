package mercurial

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// sample has two branches with a merge, a second head, a bookmark and a tag.
func sample(t *testing.T) *hgtest.Repo {
	r := hgtest.New(t)
	commitFile(r, "a", "first")
	r.Hg("tag", "-d", "1000000100 0", "v1")
	commitFile(r, "dir/b", "second")
	r.Hg("branch", "-q", "side")
	commitFile(r, "a", "on side")
	r.Hg("up", "-q", "default")
	commitFile(r, "c", "on default")
	r.Hg("merge", "-q", "side")
	r.Commit("merged")
	r.Hg("up", "-q", "2")
	commitFile(r, "d", "second head")
	r.Hg("bookmark", "-i", "-r", "0", "start")
	return r
}

func TestEverySourceConvertsAlike(t *testing.T) {
	r := sample(t)
	bundle := filepath.Join(t.TempDir(), "sample.hg")
	r.Hg("bundle", "-q", "--all", "--type", "zstd-v2", bundle)
	old := filepath.Join(t.TempDir(), "old.hg")
	r.Hg("bundle", "-q", "--all", "--type", "bzip2-v1", old)

	want := exportNew(t, r.Dir)
	for name, url := range map[string]string{
		"file": "file://" + r.Dir, "http": r.Serve().String(), "ssh": r.FakeSSH(t).String(),
		"bundle": bundle, "old bundle": old,
	} {
		got := exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), url)
		if name != "ssh" { // the stand-in for ssh is not one for hg
			got.verify(newTestSource(t, r.Dir), url)
		}
		refs := want.Refs
		if strings.Contains(name, "bundle") { // which know no bookmarks
			refs = map[string]string{}
			for ref, commit := range want.Refs {
				if ref != "refs/heads/start" {
					refs[ref] = commit
				}
			}
		}
		same(t, "refs from "+name, refs, got.Refs)
	}
}

// TestPieces converts a history that arrives in pieces, in an order that its
// numbers do not have, and all at once.
func TestPieces(t *testing.T) {
	r := sample(t)
	whole := exportNew(t, r.Dir)
	pieces := hgtest.New(t)
	dir := filepath.Join(t.TempDir(), "raw.git")
	for _, rev := range []string{"6", "3", "5", "2", "tip"} {
		pieces.Hg("pull", "-q", "-r", r.ID(rev), r.Dir)
		export(t, dir, pieces.Dir)
	}
	pieces.Hg("pull", "-q", "-B", "start", r.Dir)
	got := export(t, dir, pieces.Dir)
	for ref, commit := range whole.Refs {
		if !strings.Contains(ref, "main") && got.Refs[ref] != commit {
			t.Errorf("%s is %s in pieces and %s at once", ref, got.Refs[ref], commit)
		}
	}
	if a, b := whole.git("rev-list", "--all", "--no-commit-header", "--format=%H", "--date-order"), got.git("rev-list", "--all", "--no-commit-header", "--format=%H", "--date-order"); !sameLines(a, b) {
		t.Errorf("other commits: %s and %s", a, b)
	}
}

func sameLines(a, b string) bool {
	seen := map[string]int{}
	for line := range strings.Lines(a) {
		seen[line]++
	}
	for line := range strings.Lines(b) {
		seen[line]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestIncremental extends a source and converts again, over http.
func TestIncremental(t *testing.T) {
	r := sample(t)
	url := r.Serve().String()
	dir := filepath.Join(t.TempDir(), "raw.git")
	first := export(t, dir, url)
	again := export(t, dir, url)
	same(t, "refs of a second run", first.Refs, again.Refs)
	r.Hg("up", "-q", "-C", "5")
	commitFile(r, "a", "later")
	r.Hg("tag", "-d", "1000000200 0", "v2")
	extended, whole := export(t, dir, url), exportNew(t, url)
	same(t, "refs", whole.Refs, extended.Refs)
	if whole.Refs["refs/tags/v2"] == "" || whole.Refs["refs/heads/main"] == first.Refs["refs/heads/main"] {
		t.Errorf("nothing new in %v", whole.Refs)
	}
	revisions, err := os.ReadFile(filepath.Join(dir, providers.RevisionsFile))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(revisions), "\n"); n != 9 {
		t.Errorf("the table has %d revisions", n)
	}
	if line := fmt.Sprintf("%s\t%s\tdefault\n", r.ID("tip"), whole.Refs["refs/heads/main"]); !strings.HasSuffix(string(revisions), line) {
		t.Errorf("the table ends %q, not %q", revisions[len(revisions)-120:], line)
	}
}

// TestStripped takes changesets away again.
func TestStripped(t *testing.T) {
	r := hgtest.New(t, "extensions.strip=")
	commitFile(r, "a", "one")
	commitFile(r, "a", "two")
	dir := filepath.Join(t.TempDir(), "raw.git")
	export(t, dir, r.Dir)
	r.Hg("strip", "-q", "--no-backup", "tip")
	same(t, "refs", []string{"refs/heads/main one"}, export(t, dir, r.Dir).refs())
	commitFile(r, "a", "three")
	same(t, "refs", []string{"refs/heads/main three"}, export(t, dir, r.Dir).refs())
}

// TestChangedSettings keeps commits when only refs are concerned, and makes
// them anew when a setting says so.
func TestChangedSettings(t *testing.T) {
	r := closedBranch(t)
	dir := filepath.Join(t.TempDir(), "raw.git")
	first := export(t, dir, r.Dir)
	moved := export(t, dir, r.Dir, "closed_branches", kept, "default_branch", "trunk")
	same(t, "refs", map[string]string{
		"refs/heads/trunk": first.Refs["refs/heads/main"], "refs/heads/old": first.Refs["refs/archive/closed/old"],
	}, moved.Refs)
	rewritten := export(t, dir, r.Dir, "extras", true)
	if rewritten.Refs["refs/heads/main"] == first.Refs["refs/heads/main"] {
		t.Error("the setting extras changed no commit")
	}
}

func TestEmptyRepository(t *testing.T) {
	r := hgtest.New(t)
	e := exportUnverified(t, filepath.Join(t.TempDir(), "raw.git"), r.Dir)
	same(t, "refs", map[string]string{}, e.Refs)
	same(t, "default branch", "", e.DefaultBranch)
	s := newTestSource(t, r.Dir)
	facts, err := s.facts(t.Context(), repoAt(t, r.Dir))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "identity", "empty:"+r.Dir, facts.Identity)
}

func TestInspect(t *testing.T) {
	r := sample(t)
	bundle := filepath.Join(t.TempDir(), "sample.hg")
	r.Hg("bundle", "-q", "--all", bundle)
	tags := map[string]string{}
	urls := map[string]string{"path": r.Dir, "http": r.Serve().String(), "ssh": r.FakeSSH(t).String(), "bundle": bundle}
	s := newTestSource(t, r.Dir)
	for name, url := range urls {
		facts, err := s.facts(t.Context(), repoAt(t, url))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if facts.Identity != r.ID("0") {
			t.Errorf("%s: the identity is %q", name, facts.Identity)
		}
		if same := s.inspect(t.Context(), providers.Lookup{Repo: repoAt(t, url), ETag: facts.ETag}); !same.Unchanged {
			t.Errorf("%s: changed a moment later: %+v", name, same)
		}
		tags[name] = facts.ETag
	}
	r.Hg("bookmark", "-i", "-r", "0", "another")
	delete(urls, "bundle")
	for name, url := range urls {
		if changed := s.inspect(t.Context(), providers.Lookup{Repo: repoAt(t, url), ETag: tags[name]}); changed.Facts == nil {
			t.Errorf("%s: a new bookmark is no change: %+v", name, changed)
		}
	}
	for _, url := range []string{filepath.Join(r.Dir, "nothing"), r.Dir + "/a"} {
		if gone := s.inspect(t.Context(), providers.Lookup{Repo: repoAt(t, url)}); gone.Problem == nil {
			t.Errorf("%s: %+v", url, gone)
		}
	}
}

func TestDetect(t *testing.T) {
	r := sample(t)
	bundle := filepath.Join(t.TempDir(), "sample.hg")
	r.Hg("bundle", "-q", "--all", bundle)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="mercurial"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer closed.Close()
	s := newTestSource(t, r.Dir)
	for _, test := range []struct {
		url   string
		found bool
		code  providers.Code
	}{
		{r.Dir, true, ""}, {".", true, ""}, {"file://" + r.Dir, true, ""}, {bundle, true, ""}, {r.Serve().String(), true, ""},
		{r.FakeSSH(t).String(), true, ""},
		{filepath.Join(r.Dir, "a"), false, ""}, {filepath.Join(r.Dir, "missing"), false, ""},
		{other.URL, false, ""}, {closed.URL, false, providers.CodeAuth}, {"svn://example.org/x", false, ""}, {"", false, ""},
	} {
		got, err := s.Detect(t.Context(), test.url)
		if got.Found != test.found || providers.CodeOf(err) != test.code {
			t.Errorf("%q: found %v, %v", test.url, got.Found, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, test := range []struct{ raw, fullName, name, shown, refused string }{
		{raw: "repo", fullName: "repo", name: "repo", shown: "repo"},
		{raw: "../x/repo/", fullName: "../x/repo", name: "repo", shown: "../x/repo/"},
		{raw: "bundles/tool.hg", fullName: "bundles/tool.hg", name: "tool", shown: "bundles/tool.hg"},
		{raw: "file:///srv/h%20g", fullName: "/srv/h g", name: "h g", shown: "file:///srv/h%20g"},
		{raw: "https://ada@Hg.example.org/team/tool", fullName: "team/tool", name: "tool", shown: "https://hg.example.org/team/tool"},
		{raw: "https://hg.example.org", fullName: "hg.example.org", name: "hg.example.org", shown: "https://hg.example.org"},
		{raw: "ssh://hg@hg.example.org:2222//srv/tool", fullName: "srv/tool", name: "tool", shown: "ssh://hg.example.org:2222//srv/tool"},
		{raw: ".", fullName: ".", shown: "."},
		{raw: "https://ada:secret@hg.example.org/x", refused: "password"},
		{raw: "-oProxyCommand=x", refused: "option"},
		{raw: "ssh://-oProxyCommand=x/y", refused: "option"},
		{raw: "a\nb", refused: "control character"},
		{raw: "svn://x/y", refused: "svn"},
		{raw: "https://hg.example.org/x#branch", refused: "fragment"},
		{raw: "https:///x", refused: "URL"},
		{raw: "file://", refused: "URL"},
		{raw: "", refused: "empty"},
	} {
		a, err := parseAddress(test.raw)
		if test.refused != "" {
			if err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", test.raw, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.raw, err)
			continue
		}
		same(t, "address "+test.raw, []string{test.fullName, test.name, test.shown}, []string{a.fullName(), a.name(), a.shown()})
	}
}

func TestStopped(t *testing.T) {
	r := sample(t)
	ctx, stop := context.WithCancel(t.Context())
	dir := filepath.Join(t.TempDir(), "raw.git")
	s := newTestSource(t, r.Dir)
	_, err := s.ExportGit(ctx, providers.ExportRequest{Repo: repoAt(t, r.Dir), Part: providers.PartCode, Dir: dir}, func(providers.Progress) { stop() })
	if providers.CodeOf(err) != providers.CodeUnavailable {
		t.Errorf("stopped: %v", err)
	}
	same(t, "refs after it was stopped", exportNew(t, r.Dir).Refs, export(t, dir, r.Dir).Refs)
}

// TestVerifyFinds changes commits behind the converter's back.
func TestVerifyFinds(t *testing.T) {
	r := hgtest.New(t)
	r.Write("same", "same\n")
	r.Write("other", "other\n")
	r.Write("mode", "mode\n")
	r.Write("gone", "gone\n")
	r.Commit("first")
	dir := filepath.Join(t.TempDir(), "raw.git")
	e := export(t, dir, r.Dir)
	work := t.TempDir()
	gitRun(t, work, "clone", "-q", dir, ".")
	write(t, work, map[string]string{"other": "changed\n", "extra": "extra\n"})
	if err := os.Chmod(filepath.Join(work, "mode"), 0o777); err != nil {
		t.Fatal(err)
	}
	gitRun(t, work, "rm", "-q", "gone")
	gitRun(t, work, "add", "-A")
	gitRun(t, work, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "tampered")
	gitRun(t, work, "push", "-q", "origin", "HEAD:main")
	tampered := strings.TrimSpace(gitRun(t, work, "rev-parse", "HEAD"))
	table := filepath.Join(dir, providers.RevisionsFile)
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte(strings.ReplaceAll(string(text), e.Refs["refs/heads/main"], tampered)), 0o666); err != nil {
		t.Fatal(err)
	}
	s := newTestSource(t, r.Dir)
	var got []string
	for one, err := range s.VerifyGit(t.Context(), providers.VerifyRequest{Repo: repoAt(t, r.Dir), Part: providers.PartCode, Dir: dir}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		same(t, "ref", "refs/heads/main", one.Ref)
		same(t, "files", int64(4), one.Files)
		for _, d := range one.Differences {
			got = append(got, d.Path+" "+d.Problem)
		}
	}
	same(t, "differences", []string{"gone is missing", "mode has the mode 100755 instead of 100644", "other has other contents", "extra is not in the source"}, got)
}
