package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers"
)

func TestInspect(t *testing.T) {
	dir := t.TempDir()
	repo := newSourceRepo(t, filepath.Join(dir, "acme", "api.git"))
	web := serve(t, guarded("git", "s3cret", backend(t, dir)))
	s := open(t, options{dir: dir, password: "s3cret"})
	for _, test := range []struct{ url, identity, fullName string }{
		{"acme/api.git", "acme/api.git", "acme/api"},
		{repo, repo, strings.TrimSuffix(repo, ".git")},
		{"file://" + repo, repo, strings.TrimSuffix(repo, ".git")},
		{web + "/acme/api.git", web + "/acme/api", "acme/api"},
	} {
		first := inspect(t, s, test.url, "")
		if first.Problem != nil {
			t.Errorf("%s: %v", test.url, first.Problem)
			continue
		}
		want := &providers.Facts{
			Identity: test.identity, FullName: test.fullName, Name: "api", URL: test.url, Parts: []providers.Part{providers.PartCode},
			Refs: refsOf(t, repo), DefaultBranch: "refs/heads/main", ObjectFormat: "sha1",
		}
		if diff := cmp.Diff(want, first.Facts, cmpopts.IgnoreFields(providers.Facts{}, "ETag")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.url, diff)
		}
		if again := inspect(t, s, test.url, first.Facts.ETag); !again.Unchanged || again.Facts != nil {
			t.Errorf("%s: second answer = %+v, want it unchanged", test.url, again)
		}
	}
}

func TestETagCoversWhatIsTold(t *testing.T) {
	dir := t.TempDir()
	repo := newSourceRepo(t, filepath.Join(dir, "a.git"))
	s := open(t, options{dir: dir})
	seen := map[string]string{}
	check := func(what, url string) {
		t.Helper()
		etag := inspect(t, s, url, "").Facts.ETag
		if other, twice := seen[etag]; twice {
			t.Errorf("%q and %q have one ETag", other, what)
		}
		seen[etag] = what
	}
	check("start", "a.git")
	run(t, repo, "branch", "b", "main")
	check("a new branch", "a.git")
	run(t, repo, "symbolic-ref", "HEAD", "refs/heads/b")
	check("another HEAD", "a.git")
	commit(t, repo, "b", map[string]string{"x": "x"})
	check("a commit", "a.git")
	run(t, repo, "update-ref", "--no-deref", "HEAD", run(t, repo, "rev-parse", "b"))
	check("a detached HEAD", "a.git")
	run(t, repo, "update-ref", "--no-deref", "HEAD", run(t, repo, "rev-parse", "main"))
	check("another detached HEAD", "a.git")
	must(t, os.Rename(repo, filepath.Join(dir, "b.git")))
	check("another address", "b.git")
}

func TestInspectEmpty(t *testing.T) {
	dir := t.TempDir()
	newBare(t, filepath.Join(dir, "a.git"))
	answer := inspect(t, open(t, options{dir: dir}), "a.git", "")
	if answer.Problem != nil || len(answer.Facts.Refs) != 0 || answer.Facts.DefaultBranch != "refs/heads/main" {
		t.Errorf("answer = %+v, want no refs and the branch that HEAD names", answer)
	}
}

// An address that ends with no name suggests none, and the plan sets one.
func TestInspectWithoutName(t *testing.T) {
	dir := t.TempDir()
	newBare(t, dir)
	answer := inspect(t, open(t, options{dir: filepath.Join(dir, "refs")}), "..", "")
	if answer.Problem != nil || answer.Facts.Name != "" {
		t.Errorf("answer = %+v, want facts without a name", answer)
	}
}

func TestInspectProblems(t *testing.T) {
	dir := t.TempDir()
	newSourceRepo(t, filepath.Join(dir, "a.git"))
	web := serve(t, guarded("me", "s3cret", backend(t, dir)))
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o666))
	for _, test := range []struct {
		name, password, url string
		code                providers.Code
		attribute           string
	}{
		{"wrong password", "wr0ng-password", web + "/a.git", providers.CodeAuth, "password"},
		{"no such repository", "s3cret", web + "/nope.git", providers.CodeNotFound, "vcs_url"},
		{"no such path", "", "nope.git", providers.CodeNotFound, "vcs_url"},
		{"no answer", "", "http://127.0.0.1:1/a.git", providers.CodeUnavailable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := inspect(t, open(t, options{dir: dir, username: "me", password: test.password}), test.url, "")
			e := wantError(t, answer.Problem, test.code, test.attribute)
			if test.password != "" && strings.Contains(e.Error()+e.Hint+fmt.Sprint(e.Err), test.password) {
				t.Errorf("the password is shown: %v", e)
			}
			if e.Hint == "" || e.Op == "" || e.Subject != test.url {
				t.Errorf("problem = %+v, want an op, a hint and the subject %s", e, test.url)
			}
		})
	}
}

func TestInspectMany(t *testing.T) {
	dir := t.TempDir()
	newSourceRepo(t, filepath.Join(dir, "a.git"))
	s := open(t, options{dir: dir})
	var queries []providers.Lookup
	for i := range 40 {
		url := "a.git"
		if i%2 == 1 {
			url = "vanished.git"
		}
		queries = append(queries, providers.Lookup{ID: i, Repo: repoAt(t, url)})
	}
	var ids []int
	for answer, err := range s.Inspect(t.Context(), queries) {
		must(t, err)
		ids = append(ids, answer.ID)
		if (answer.Problem != nil) != (answer.ID%2 == 1) {
			t.Errorf("answer = %+v", answer)
		}
	}
	slices.Sort(ids)
	for i := range 40 {
		if len(ids) != 40 || ids[i] != i {
			t.Fatalf("answers are for %v, want one for each of 40", ids)
		}
	}

	for range s.Inspect(t.Context(), queries) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for answer, err := range s.Inspect(ctx, queries) {
		cancel()
		if last = err; err == nil && answer.Problem != nil && answer.ID%2 == 0 {
			t.Errorf("a cut-off question is answered: %+v", answer)
		}
	}
	wantError(t, last, providers.CodeUnavailable, "")
}
