package bitbucketcloud_test

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func export(t testing.TB, s providers.Source, repo providers.Repo, dir string) providers.Export {
	t.Helper()
	e, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: repo, Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func heads(e providers.Export) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(e.Refs)), func(name string) bool { return !strings.HasPrefix(name, "refs/pull-requests/") })
}

func numbered(numbers ...int) []string {
	var all []string
	for _, n := range numbers {
		all = append(all, "refs/pull-requests/"+itoa(n)+"/from")
	}
	return all
}

// TestHeads keeps the commits of all pull requests: of branches that are gone, of a
// squashed one, of a fork.
func TestHeads(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	dir := filepath.Join(t.TempDir(), "raw.git")
	e := export(t, s, named(t, "lantern/beacon"), dir)
	if diff := cmp.Diff(numbered(1, 2, 3, 4, 5, 6), heads(e)); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	for i, p := range w.Beacon.Pulls {
		if got := e.Refs[numbered(i + 1)[0]]; got != p.SourceCommit {
			t.Errorf("the head of %d is %s, want %s", i+1, got, p.SourceCommit)
		}
	}
	if len(e.Losses) > 0 || e.LFS.Fetched != 1 {
		t.Errorf("losses %v, large files %+v", e.Losses, e.LFS)
	}
	repo, err := gitrepo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.CheckConnected(t.Context()); err != nil {
		t.Error(err)
	}

	// Again, when the server has forgotten them: what is there is kept, and asked for
	// no more.
	if err := w.Model.Prune(w.Beacon); err != nil {
		t.Fatal(err)
	}
	before := w.RequestsByRoute()["/repositories/{workspace}/{repo}/commit/{commit}"]
	again := export(t, s, named(t, "lantern/beacon"), dir)
	if diff := cmp.Diff(e.Refs, again.Refs); diff != "" {
		t.Errorf("a second export (-first +second):\n%s", diff)
	}
	if n := w.RequestsByRoute()["/repositories/{workspace}/{repo}/commit/{commit}"] - before; n > 0 {
		t.Errorf("%d commits were asked for that the mirror has", n)
	}
}

// TestHeadsGone tells which commits the server no longer has.
func TestHeadsGone(t *testing.T) {
	w := newWorld(t)
	if err := w.Model.Prune(w.Beacon); err != nil {
		t.Fatal(err)
	}
	e := export(t, w.open(nil), named(t, "lantern/beacon"), filepath.Join(t.TempDir(), "raw.git"))
	// The fork still has the sixth; of the others, two had their branches deleted.
	if diff := cmp.Diff(numbered(1, 4, 5, 6), heads(e)); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	want := []schema.Loss{{Code: "bitbucket_cloud.pull_request_heads", Count: 2,
		Message: "the commits of 2 pull requests are left out, because their branches are gone and Bitbucket no longer gives them: 2, 3"}}
	if diff := cmp.Diff(want, e.Losses); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// TestHeadsRefused stops asking a server that gave none of the newest.
func TestHeadsRefused(t *testing.T) {
	w := newWorld(t)
	for n := range 30 {
		name := "gone-" + itoa(n)
		stream := "commit refs/heads/" + name + "\ncommitter A <a@example.org> 1700000000 +0000\ndata 2\n" + itoa(10+n) + "\nfrom refs/heads/main^0\n\n"
		if err := w.Model.Import(w.Plain, stream); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Model.AddPull(w.Plain, bitbucketcloudtest.Pull{Title: name, Author: w.Ada, Source: name}); err != nil {
			t.Fatal(err)
		}
		if err := w.Model.DeleteBranch(w.Plain, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Model.Prune(w.Plain); err != nil {
		t.Fatal(err)
	}
	e := export(t, w.open(nil), bare(t, "lantern/plain"), filepath.Join(t.TempDir(), "raw.git"))
	if n := w.RequestsByRoute()["/repositories/{workspace}/{repo}/commit/{commit}"]; n > 16 {
		t.Errorf("%d commits were asked for of a server that has none", n)
	}
	if len(e.Losses) != 1 || e.Losses[0].Count != 30 || !strings.HasSuffix(e.Losses[0].Message, "9, 10, …") {
		t.Errorf("losses: %+v", e.Losses)
	}
}

func TestInspect(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	in := sourcetest.Inspect(t, s, providers.Lookup{Repo: named(t, "lantern/beacon")})
	f := in.Facts
	if f == nil || f.Identity != w.Beacon.UUID || f.FullName != "lantern/beacon" || f.Name != "beacon" || f.Visibility != "private" || f.Refs != nil ||
		f.DefaultBranch != "refs/heads/main" || !slices.Equal(f.Parts, []providers.Part{"code", "wiki"}) {
		t.Fatalf("facts: %+v, %v", f, in.Problem)
	}
	want := map[schema.Kind]int64{"repository": 1, "issue": 3, "change": 6, "label": 18, "milestone": 2, "member": 2, "protection": 2}
	if diff := cmp.Diff(want, f.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if again := sourcetest.Inspect(t, s, providers.Lookup{Repo: named(t, "lantern/beacon"), ETag: f.ETag}); !again.Unchanged {
		t.Errorf("nothing changed, and the answer is %+v", again)
	}

	// A rename and a move are followed, and a stranger under the old name is not.
	w.Model.Rename(w.Beacon, w.Model.Workspaces[1], "lighthouse")
	if _, err := w.Model.AddRepository(w.Workspace, bitbucketcloudtest.Repository{Slug: "beacon"}); err != nil {
		t.Fatal(err)
	}
	repo := named(t, "lantern/beacon")
	repo.Identity = f.Identity
	if moved := sourcetest.Inspect(t, s, providers.Lookup{Repo: repo}); moved.Facts == nil || moved.Facts.FullName != "grace/lighthouse" {
		t.Errorf("after the move: %+v, %v", moved.Facts, moved.Problem)
	}
	if g := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads"}); len(g.Records) == 0 {
		t.Error("nothing is read of the moved repository")
	}
	if e := export(t, s, repo, filepath.Join(t.TempDir(), "raw.git")); len(heads(e)) != 6 {
		t.Errorf("the export of the moved repository has %v", e.Refs)
	}
}

// TestInspectCosts holds what a plan may cost: a thousand requests are an hour's.
func TestInspectCosts(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	for name, most := range map[string]int64{"lantern/plain": 4, "lantern/empty": 6, "lantern/beacon": 9} {
		before := w.Requests()
		if in := sourcetest.Inspect(t, s, providers.Lookup{Repo: bare(t, name)}); in.Problem != nil {
			t.Error(in.Problem)
		}
		if n := w.Requests() - before; n > most {
			t.Errorf("%s takes %d requests, want at most %d", name, n, most)
		}
	}
	if in := sourcetest.Inspect(t, s, providers.Lookup{Repo: bare(t, "lantern/plain")}); in.Facts == nil || len(in.Facts.Refs) != 3 {
		t.Errorf("a repository without pull requests tells its refs: %+v", in.Facts)
	}
	if in := sourcetest.Inspect(t, s, providers.Lookup{Repo: bare(t, "lantern/none")}); providers.CodeOf(in.Problem) != providers.CodeNotFound {
		t.Errorf("a repository that is not there: %v", in.Problem)
	}
}

// TestETag changes with whatever is migrated.
func TestETag(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	look := func() string {
		return sourcetest.Inspect(t, s, providers.Lookup{Repo: named(t, "lantern/beacon")}).Facts.ETag
	}
	last := look()
	for name, change := range map[string]func(){
		"an issue":       func() { w.Model.Comment(w.Beacon.Issues[0], w.Ada, "x") },
		"a pull request": func() { w.Model.Judge(w.Beacon.Pulls[0], w.Grace, "approved") },
		"a milestone": func() {
			w.Model.Edit(func() { w.Beacon.Milestones = append(w.Beacon.Milestones, bitbucketcloudtest.Named{ID: 9, Name: "z"}) })
		},
		"a branch": func() { _ = w.Model.DeleteBranch(w.Beacon, "old") },
		"a rule":   func() { w.Model.Edit(func() { w.Beacon.Restrictions = w.Beacon.Restrictions[1:] }) },
	} {
		change()
		if now := look(); now == last {
			t.Errorf("%s changed, and the validator did not", name)
		} else {
			last = now
		}
	}
}

func TestBlobs(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	repo := named(t, "lantern/beacon")
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads", Kinds: []schema.Kind{schema.KindAttachment}})
	got := map[string]string{}
	for _, r := range g.Records {
		content, err := s.OpenBlob(t.Context(), repo, *r.Blob)
		if err != nil {
			t.Errorf("%s: %v", r.ID, err)
			continue
		}
		data, err := io.ReadAll(content)
		content.Close()
		if err != nil {
			t.Error(err)
		}
		got[sourcetest.Body[schema.Attachment](t, g, r.Kind, r.ID).Name] = string(data)
	}
	if diff := cmp.Diff(map[string]string{"dark night.png": "dark", "log.txt": "nothing", "dark.png": "dark.png"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, id := range []string{"", "issues/1/attachments/", "issues/x/attachments/a", "issues/1/attachments/..", "https://evil.example/repo/a/images/1-b.png", w.URL + "/repo/a/images/../x", w.URL + "/lantern/beacon"} {
		if content, err := s.OpenBlob(t.Context(), repo, schema.Blob{ID: id}); err == nil {
			content.Close()
			t.Errorf("%q was opened", id)
		}
	}
	left := sourcetest.Read(t, s, providers.ReadRequest{Repo: bare(t, "lantern/beacon"), Stream: "threads"})
	if n := left.Codes()["bitbucket_cloud.attachments"]; n != 1 {
		t.Errorf("%d files are told as left out, want the one that a text shows", n)
	}
}

func TestAuthors(t *testing.T) {
	w := newWorld(t)
	var got []string
	for a, err := range w.open(nil).Authors(t.Context(), named(t, "lantern/beacon"), filepath.Join(t.TempDir(), "cache")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.RemoteID)
	}
	if diff := cmp.Diff([]string{"ada@example.org", "bit@example.org", "grace@example.org"}, got); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}
