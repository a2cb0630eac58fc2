package gitlabtest

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// refused checks that a push is refused with GitLab's words.
func refused(t *testing.T, dir, words string, args ...string) {
	t.Helper()
	out, err := gitRun(dir, append([]string{"push", "--quiet"}, args...)...)
	if err == nil || !strings.Contains(out, words) {
		t.Errorf("push %v: %v, %q; want a refusal with %q", args, err, out, words)
	}
}

func TestPush(t *testing.T) {
	a := acme(t)
	work := a.clone("ben", "acme/api")
	address := a.address("ben", "acme/api")
	gitMust(t, work, "commit", "--quiet", "--allow-empty", "-m", "more")
	gitMust(t, work, "push", "--quiet", address, "HEAD:main")
	gitMust(t, work, "commit", "--quiet", "--allow-empty", "-m", "again")
	refused(t, work, "GitLab: You are not allowed to push code to protected branches on this project.", a.address("anna", "acme/api"), "HEAD^:refs/heads/x", "HEAD~1:refs/heads/y", "HEAD:refs/heads/main")
	gitMust(t, work, "reset", "--quiet", "--hard", "HEAD~2")
	gitMust(t, work, "commit", "--quiet", "--allow-empty", "-m", "other")
	refused(t, work, "GitLab: You are not allowed to force push code to a protected branch on this project.", "--force", address, "HEAD:main")
	refused(t, work, "GitLab: The default branch of a project cannot be deleted.", address, ":main")
	refused(t, work, "hidden ref", address, "HEAD:refs/merge-requests/9/head")
	refused(t, work, "hidden ref", address, "HEAD:refs/keep-around/x")
	refused(t, work, "40-character hexadecimal", address, "HEAD:refs/heads/"+strings.Repeat("ab", 20))
	refused(t, work, "You cannot use default branch name to create a tag", address, "HEAD:refs/tags/main")
	refused(t, work, "SHA-1 or SHA-256 tag name", address, "HEAD:refs/tags/"+strings.Repeat("ab", 20)+"-x")
	refused(t, work, "not found", a.address("dora", "acme/api"), "HEAD:refs/heads/x")

	a.must("ben", "PATCH", api+"/protected_branches/main", `{"allow_force_push":true}`)
	gitMust(t, work, "push", "--quiet", "--force", address, "HEAD:main")
	a.must("ben", "POST", api+"/protected_tags", `{"name":"v*","create_access_level":40}`)
	refused(t, work, "You are not allowed to create this tag as it is protected.", a.address("anna", "acme/api"), "HEAD:refs/tags/v1")
	gitMust(t, work, "push", "--quiet", address, "HEAD:refs/tags/v1")
	refused(t, work, "Protected tags cannot be updated.", "--force", address, "HEAD^:refs/tags/v1")

	a.must("root", "POST", api+"/archive", "")
	refused(t, work, "403", address, "HEAD:refs/heads/late")
	a.clean()
}

// The first push to an empty project chooses and protects the default branch, and
// everything of that push goes through.
func TestFirstPush(t *testing.T) {
	a := acme(t)
	a.must("anna", "POST", "/projects", `{"name":"own"}`)
	work := a.clone("anna", "acme/api")
	gitMust(t, work, "push", "--quiet", a.address("anna", "anna/own"), "origin/main:refs/heads/trunk", "origin/feature:refs/heads/feature")
	a.run([]step{
		{"anna", "GET", "/projects/anna%2Fown", "", 200, object{"default_branch": "feature", "empty_repo": false}},
		{"anna", "GET", "/projects/anna%2Fown/protected_branches", "", 200, object{"name": "feature"}},
		{"anna", "PUT", "/projects/anna%2Fown", `{"default_branch":"trunk"}`, 200, object{"default_branch": "trunk"}},
	})
	a.clean()
}

// A push that holds the head of a merge request merges it, and its commits stay
// fetchable.
func TestMergedByPush(t *testing.T) {
	a := acme(t)
	a.must("anna", "POST", api+"/merge_requests", `{"title":"Change","source_branch":"feature","target_branch":"main"}`)
	work := a.clone("ben", "acme/api")
	gitMust(t, work, "merge", "--quiet", "--no-ff", "-m", "by hand", "origin/feature")
	gitMust(t, work, "push", "--quiet", a.address("ben", "acme/api"), "HEAD:main", ":feature")
	a.run([]step{{"anna", "GET", api + "/merge_requests/1", "", 200, object{"state": "merged", "merged_by.username": "ben", "sha": gitMust(t, work, "rev-parse", "origin/feature")}}})
	if out := gitMust(t, work, "ls-remote", a.address("anna", "acme/api")); !strings.Contains(out, "refs/merge-requests/1/head") || strings.Contains(out, "refs/keep-around") {
		t.Errorf("refs: %s", out)
	}
	a.clean()
}

func TestLFS(t *testing.T) {
	a := acme(t)
	p := a.s.Model.Project("acme/api")
	oid, err := gitserver.PutLFS(a.s.Model.GitDir(p), []byte("large"))
	if err != nil {
		t.Fatal(err)
	}
	r := a.request("anna", "POST", "", `{"operation":"download","objects":[{"oid":"`+oid+`","size":5}]}`)
	r.URL.Path = "/acme/api.git/info/lfs/objects/batch"
	if got := a.send(r); got.status != 200 || !strings.Contains(string(got.body), `"download"`) {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	a.must("ben", "PUT", api, `{"lfs_enabled":false}`)
	again := a.request("anna", "POST", "", `{"operation":"download","objects":[]}`)
	again.URL.Path = r.URL.Path
	if got := a.send(again); got.status != 404 {
		t.Errorf("without LFS: status %d, want 404: %s", got.status, got.body)
	}
}
