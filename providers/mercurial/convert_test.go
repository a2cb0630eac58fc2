package mercurial

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
	"github.com/google/go-cmp/cmp"
)

// newTestSource returns a source whose relative paths start at dir.
func newTestSource(t *testing.T, dir string) *source {
	t.Helper()
	s, err := newSource(providers.Config{Dir: dir, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// settingsOf is a repository block: vcs_url and pairs of name and value.
func settingsOf(t testing.TB, url string, pairs ...any) json.RawMessage {
	t.Helper()
	block := map[string]any{"vcs_url": url}
	for i := 0; i+1 < len(pairs); i += 2 {
		block[pairs[i].(string)] = pairs[i+1]
	}
	raw, err := json.Marshal(block)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// exported is a conversion in a folder of its own.
type exported struct {
	providers.Export
	t   testing.TB
	dir string
}

// export converts the repository at url into dir, which may hold an earlier
// conversion.
func export(t *testing.T, dir, url string, pairs ...any) exported {
	t.Helper()
	e := exportUnverified(t, dir, url, pairs...)
	e.verify(newTestSource(t, filepath.Dir(url)), url, pairs...)
	return e
}

func repoAt(t *testing.T, url string, pairs ...any) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: settingsOf(t, url, pairs...)}
}

// exportUnverified is export for sources that hg cannot export as a whole.
func exportUnverified(t *testing.T, dir, url string, pairs ...any) exported {
	t.Helper()
	s := newTestSource(t, filepath.Dir(url))
	out, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: repoAt(t, url, pairs...), Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatalf("export %s: %v", url, err)
	}
	e := exported{Export: out, t: t, dir: dir}
	gitRun(t, dir, "fsck", "--strict", "--no-dangling")
	return e
}

// verify compares every commit with the archive that hg makes of it.
func (e exported) verify(s *source, url string, pairs ...any) {
	e.t.Helper()
	n := 0
	req := providers.VerifyRequest{Repo: providers.Repo{Settings: settingsOf(e.t, url, pairs...)}, Part: providers.PartCode, Dir: e.dir, Every: true}
	for one, err := range s.VerifyGit(e.t.Context(), req, nil) {
		if err != nil {
			e.t.Fatalf("verify %s: %v", url, err)
		}
		if len(one.Differences) > 0 {
			e.t.Errorf("changeset %s: %+v", one.Revision, one.Differences)
		}
		n++
	}
	if n == 0 && len(e.Refs) > 0 {
		e.t.Error("nothing was verified")
	}
}

// exportNew converts into a new folder.
func exportNew(t *testing.T, url string, pairs ...any) exported {
	t.Helper()
	return export(t, filepath.Join(t.TempDir(), "raw.git"), url, pairs...)
}

func (e exported) git(args ...string) string {
	e.t.Helper()
	return gitRun(e.t, e.dir, args...)
}

// files lists the tree of a revision, one "MODE PATH CONTENT" each.
func (e exported) files(rev string) []string {
	e.t.Helper()
	var files []string
	for line := range strings.SplitSeq(strings.TrimSuffix(e.git("ls-tree", "-r", "-z", rev), "\x00"), "\x00") {
		if line == "" {
			continue
		}
		head, path, _ := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		content := fields[2]
		if fields[1] == "blob" {
			content = e.git("cat-file", "blob", fields[2])
		}
		files = append(files, fields[0]+" "+path+" "+content)
	}
	return files
}

// refs lists the refs, one "REF SUBJECT" each.
func (e exported) refs() []string {
	e.t.Helper()
	out := strings.TrimSuffix(e.git("for-each-ref", "--format=%(refname) %(subject)"), "\n")
	if out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// codes lists what was lost, one "CODE PATH-OR-REF" each.
func (e exported) codes() []string {
	var codes []string
	for _, loss := range e.Losses {
		codes = append(codes, strings.TrimSpace(loss.Code+" "+loss.Path+loss.Ref))
	}
	return codes
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestBranchesAndTags(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "1\n")
	r.Commit("first")
	r.Hg("tag", "v1", "-d", "1000000100 0")
	r.Hg("branch", "-q", "stable")
	r.Write("a", "2\n")
	r.Write("dir/b", "b\n")
	if err := os.Symlink("a", filepath.Join(r.Dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.Dir, "dir/b"), 0o777); err != nil {
		t.Fatal(err)
	}
	r.Commit("on stable")
	r.Hg("up", "-q", "default")
	r.Write("c", "c\n")
	r.Commit("on default")
	r.Hg("merge", "-q", "stable")
	r.Commit("merge")

	e := exportNew(t, r.Dir)
	same(t, "refs", []string{"refs/heads/main merge", "refs/heads/stable on stable", "refs/tags/v1 first"}, e.refs())
	same(t, "tree", []string{
		"100644 .hgtags " + r.ID("0") + " v1\n", "100644 a 2\n", "100644 c c\n", "100755 dir/b b\n", "120000 link a",
	}, e.files("main"))
	same(t, "parents of the merge", []string{"on default", "on stable"}, strings.Split(strings.TrimSpace(e.git("log", "--no-walk=unsorted", "--format=%s", "main^1", "main^2")), "\n"))
	same(t, "HEAD", "refs/heads/main\n", e.git("symbolic-ref", "HEAD"))
	same(t, "losses", []string(nil), e.codes())
}
