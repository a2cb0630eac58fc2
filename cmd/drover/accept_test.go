package main

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// The variables that say where a Gitea or Forgejo is that the whole story may be
// told to. The token is that of an administrator.
const (
	acceptURL   = "DROVER_ACCEPT_GITEA_URL"
	acceptToken = "DROVER_ACCEPT_GITEA_TOKEN"
)

// accept is the story: an organization of the stand-in for GitHub moves to a live
// server and from there on, with the real programs.
type accept struct {
	giteaReader
	desk
	from  *githubtest.Server
	token string // of the stand-in
	name  string // of everything that is made at the server

	forgejo bool // which locks nothing by its interface
}

// TestAccept moves an organization from the stand-in for GitHub to a live Gitea or
// Forgejo, is cancelled twice on the way, follows edits at the source, verifies,
// and finds nothing more to do. Then it moves on from there, to an archive and to
// another organization. At last the server's own importer reads the stand-in.
func TestAccept(t *testing.T) {
	url, token := os.Getenv(acceptURL), os.Getenv(acceptToken)
	if url == "" || token == "" {
		t.Skipf("set %s and %s to the address of a Gitea or Forgejo and to an administrator's token to run this against it", acceptURL, acceptToken)
	}
	a := &accept{giteaReader: giteaReader{t, strings.TrimRight(url, "/"), token}, desk: desk{t.TempDir()}, name: "drover-accept-" + strings.ToLower(rand.Text()[:8])}
	t.Cleanup(a.tidy)
	a.forgejo = strings.Contains(a.get("/version").text("version"), "+gitea-")
	a.from = newGitHub(t, githubtest.Options{OneHost: true})
	a.from.Limits(githubtest.Limits{Core: 1 << 30, GraphQL: 1 << 30, Search: 1 << 30, Anonymous: 1 << 30, Window: githubtest.DefaultLimits().Window})
	if err := githubtest.Sample(a.from.Model); err != nil {
		t.Fatal(err)
	}
	// The sample links to a file that is gone. Here everything is to arrive.
	a.from.Model.AddAttachment(githubtest.Attachment{Path: "/user-attachments/assets/0a1b2c3d-0000-4000-8000-00000000dead", Name: "back.png", ContentType: "image/png", Data: []byte("\x89PNG\r\n\x1a\nback")})
	a.token = a.from.Token(a.from.Model.User("ada"))
	a.write("token", a.token)
	a.write("gitea-token", token)

	a.moveIn(t)
	a.check(t)
	a.follow(t)
	t.Run("onward", a.onward)
	t.Run("importer", a.importer)
}

func (a *accept) write(name, text string) {
	a.Helper()
	a.put(a.TB, name, text)
}

// tidy deletes what the story made. It must work whatever went wrong before.
func (a *accept) tidy() {
	quiet := &accept{giteaReader: giteaReader{a.TB, a.url, a.giteaReader.token}}
	for _, org := range []string{a.name, a.name + "-two", a.name + "-imported"} {
		if status, _, _ := quiet.do(http.MethodGet, "/orgs/"+org); status != http.StatusOK {
			continue
		}
		for _, r := range quiet.all("/orgs/" + org + "/repos") {
			quiet.delete("/repos/" + r.text("full_name"))
		}
		quiet.delete("/orgs/" + org)
	}
}

func (a *accept) delete(path string) {
	if status, _, data := a.do(http.MethodDelete, path); status != http.StatusNoContent && status != http.StatusNotFound {
		a.Errorf("DELETE %s: status %d: %s", path, status, data)
	}
}

const acceptPlan = `
secret "github" {
  file = "../token"
}

secret "gitea" {
  file = "../gitea-token"
}

source "github" "old" {
  github_hostname       = %[1]q
  personal_access_token = secret.github
}

target "gitea" "new" {
  url               = %[2]q
  access_token      = secret.gitea
  missing_namespace = "create"
}

authors "people" {
  unmatched = "keep"
}

discover "repositories" "lantern" {
  source = source.github.old
  owner  = "lantern"

  expect {
    min = 3
  }
}

repository "lantern" {
  for_each         = { for r in discover.repositories.lantern.items : r.name => r }
  source           = source.github.old
  target           = target.gitea.new
  authors          = authors.people
  repo_id          = each.value.id
  target_namespace = %[3]q

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}
`

// moveIn migrates the organization, cancelled twice on the way: at an early
// request and at a late one.
func (a *accept) moveIn(t *testing.T) {
	a.write("first/a.plan.hcl", fmt.Sprintf(acceptPlan, a.from.URL, a.url, a.name))
	a.drover(t, "first", exitOK, "plan")
	for _, after := range []int{0, 3} {
		a.cancelAt(t, after)
	}
	a.drover(t, "first", exitOK, "apply", "--yes")
}

// cancelAt runs an apply and cancels it when it has sent so many of the requests
// that bring issues and pull requests. The source then fails until the program
// ends, so that it cannot be done before it hears of it.
func (a *accept) cancelAt(t *testing.T, after int) {
	t.Helper()
	var once sync.Once
	var said string
	a.from.Faults(githubtest.Fault{
		Path: "/graphql", Contains: "issueOrPullRequest", From: after + 1, Times: -1, Status: http.StatusBadGateway,
		Then: func() { once.Do(func() { said, _ = a.run(t, "first", "drover", "cancel") }) },
	})
	defer a.from.ClearFaults()
	if out := a.drover(t, "first", exitCanceled, "apply", "--yes"); !strings.Contains(said, "Asked run") {
		t.Fatalf("drover cancel said %q; apply said\n%s", said, out)
	}
}

// repositories are those of the organization at the source.
func (a *accept) repositories() []*githubtest.Repository {
	return a.from.Model.RepositoriesOf(a.from.Model.Org("lantern").User)
}

// check compares the server with the model of the source.
func (a *accept) check(t *testing.T) {
	t.Helper()
	for _, r := range a.repositories() {
		at := fmt.Sprintf("/repos/%s/%s", a.name, r.Name)
		repo := a.get(at)
		if repo.text("description") != r.Description || repo["archived"] != r.Archived || repo["private"] != (r.Visibility != "public") || repo.text("default_branch") != r.DefaultBranch {
			t.Errorf("%s: the repository is %q archived=%v private=%v branch=%s", at, repo["description"], repo["archived"], repo["private"], repo["default_branch"])
		}
		if got, want := names(a.all(at+"/labels"), "name"), labelNames(r); !includes(got, want) {
			t.Errorf("%s: labels %v, want %v", at, got, want)
		}
		for _, i := range r.Issues {
			a.checkThread(t, at, i)
		}
		for _, d := range r.Discussions {
			i := a.get(fmt.Sprintf("%s/issues/%d", at, d.Number))
			if i.text("title") != d.Title || !slices.Contains(names(i.list("labels"), "name"), "discussion") {
				t.Errorf("%s: discussion %d is %q with the labels %v", at, d.Number, i.text("title"), names(i.list("labels"), "name"))
			}
		}
		for _, e := range r.Releases {
			a.checkRelease(t, at, e)
		}
		if r.WikiDir != "" {
			a.checkWiki(t, at, r)
		}
	}
}

func labelNames(r *githubtest.Repository) []string {
	var all []string
	for _, l := range r.Labels {
		all = append(all, l.Name)
	}
	slices.Sort(all)
	return all
}

func includes(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func (a *accept) checkThread(t *testing.T, at string, want *githubtest.Issue) {
	t.Helper()
	got := a.get(fmt.Sprintf("%s/issues/%d", at, want.Number))
	title := want.Title
	if want.Pull != nil && want.Pull.Draft {
		title = "WIP: " + title // the server knows drafts by that
	}
	locked := want.Locked && !a.forgejo
	if got.text("title") != title || got.text("state") != want.State || got["is_locked"] != locked || (got["pull_request"] != nil) != (want.Pull != nil) {
		t.Errorf("%s: thread %d is %q, %s, locked=%v, a pull request: %v; it should be %q, %s, %v, %v", at, want.Number, got["title"], got["state"], got["is_locked"], got["pull_request"] != nil,
			title, want.State, locked, want.Pull != nil)
	}
	if !strings.Contains(got.text("body"), "<!-- drover ") {
		t.Errorf("%s: the text of thread %d has no marker: %q", at, want.Number, got.text("body"))
	}
	var comments, wanted []string
	for _, c := range a.whole(fmt.Sprintf("%s/issues/%d/comments", at, want.Number)) {
		if key, ok := attribution.ParseMarker(c.text("body")); ok && strings.Contains(key.ID, "#issuecomment-") {
			comments = append(comments, key.ID)
		}
	}
	for _, c := range want.Comments {
		wanted = append(wanted, fmt.Sprintf("%d#issuecomment-%d", want.Number, c.ID))
	}
	if diff := cmp.Diff(wanted, comments); diff != "" {
		t.Errorf("%s: comments of %d (-want +got):\n%s", at, want.Number, diff)
	}
	for _, asset := range got.list("assets") {
		a.checkFile(t, asset)
	}
	if strings.Contains(got.text("body"), "]("+a.from.URL+"/user-attachments/") {
		t.Errorf("%s: the text of thread %d still links to a file at the source:\n%s", at, want.Number, got.text("body"))
	}
	if want.Pull != nil {
		a.checkPull(t, at, want)
	}
}

// checkFile compares a file of a text with those that the source had.
func (a *accept) checkFile(t *testing.T, asset answer) {
	t.Helper()
	status, _, data := a.do(http.MethodGet, asset.text("browser_download_url"))
	for _, file := range a.from.Model.Attachments {
		if status == http.StatusOK && bytes.Equal(file.Data, data) {
			return
		}
	}
	t.Errorf("%s: status %d, and %d bytes that the source never had", asset.text("browser_download_url"), status, len(data))
}

func (a *accept) checkPull(t *testing.T, at string, want *githubtest.Issue) {
	t.Helper()
	p := a.get(fmt.Sprintf("%s/pulls/%d", at, want.Number))
	merged := !want.Pull.MergedAt.IsZero()
	if p["merged"] != merged || merged && p.text("merge_commit_sha") != want.Pull.MergeCommit {
		t.Errorf("%s: pull request %d: merged=%v with %v; it should be %v with %s", at, want.Number, p["merged"], p["merge_commit_sha"], merged, want.Pull.MergeCommit)
	}
	if len(want.Pull.Commits) == 0 {
		return
	}
	var got, commits []string
	for _, c := range a.all(fmt.Sprintf("%s/pulls/%d/commits", at, want.Number)) {
		got = append(got, c.text("sha"))
	}
	for _, c := range want.Pull.Commits {
		commits = append(commits, c.OID)
	}
	slices.Sort(got)
	slices.Sort(commits)
	if diff := cmp.Diff(commits, got); diff != "" {
		t.Errorf("%s: commits of pull request %d (-want +got):\n%s", at, want.Number, diff)
	}
	_, _, text := a.do(http.MethodGet, fmt.Sprintf("%s/pulls/%d.diff", at, want.Number))
	for _, f := range want.Pull.Files {
		if !strings.Contains(string(text), f.Path) {
			t.Errorf("%s: the diff of pull request %d does not show %s", at, want.Number, f.Path)
		}
	}
}

func (a *accept) checkRelease(t *testing.T, at string, want *githubtest.Release) {
	t.Helper()
	all := a.all(at + "/releases")
	n := slices.IndexFunc(all, func(e answer) bool { return e.text("tag_name") == want.Tag })
	if n < 0 {
		t.Errorf("%s: there is no release %s", at, want.Tag)
		return
	}
	got := all[n]
	if got.text("name") != stdcmp.Or(want.Name, want.Tag) || got["draft"] != want.Draft || got["prerelease"] != want.Prerelease {
		t.Errorf("%s: release %s is %q draft=%v prerelease=%v", at, want.Tag, got["name"], got["draft"], got["prerelease"])
	}
	assets := map[string]string{}
	for _, asset := range got.list("assets") {
		_, _, data := a.do(http.MethodGet, asset.text("browser_download_url"))
		assets[asset.text("name")] = string(data)
	}
	wanted := map[string]string{}
	for _, asset := range want.Assets {
		wanted[asset.Name] = string(asset.Data)
	}
	if diff := cmp.Diff(wanted, assets); diff != "" {
		t.Errorf("%s: assets of %s (-want +got):\n%s", at, want.Tag, diff)
	}
}

func (a *accept) checkWiki(t *testing.T, at string, r *githubtest.Repository) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "--git-dir="+r.WikiDir, "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for name := range strings.FieldsSeq(string(out)) {
		want = append(want, strings.TrimSuffix(name, ".md"))
	}
	if got := names(a.all(at+"/wiki/pages"), "title"); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: wiki pages %v, want %v", at, got, want)
	}
}

// follow edits the source and applies again, until there is nothing to do.
func (a *accept) follow(t *testing.T) {
	t.Helper()
	m := a.from.Model
	docs, _ := m.Repository("lantern", "docs")
	grace := m.User("grace")
	first := docs.Issues[0]
	m.EditIssue(first, grace, func(i *githubtest.Issue) { i.Title, i.State = "Which oil, then?", "open" })
	m.AddComment(first, githubtest.Comment{Content: githubtest.Content{Author: grace, Body: "It is open again."}})
	m.AddIssue(docs, githubtest.Issue{Title: "Added while it moved", Content: githubtest.Content{Author: grace, Body: "See #1."}})
	m.EditComment(first.Comments[0], grace, func(c *githubtest.Comment) { c.Body = "Colza, and only colza." })
	a.drover(t, "first", exitOK, "apply", "--yes")
	a.check(t)
	a.drover(t, "first", exitOK, "verify", "--deep")
	before := a.from.Requests()
	if out := a.drover(t, "first", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
		t.Errorf("another apply still did something:\n%s", out)
	}
	if asked := a.from.Requests() - before; asked > int64(8*len(a.repositories())+4) {
		t.Errorf("an apply with nothing to do asked the source %d times", asked)
	}
	for _, n := range a.all("/notifications") {
		if strings.HasPrefix(n.object("repository").text("full_name"), a.name+"/") {
			t.Errorf("somebody was notified: %v", n.object("subject")["title"])
		}
	}
}

const onwardPlan = `
secret "gitea" {
  file = "../gitea-token"
}

source "gitea" "here" {
  url          = %[1]q
  access_token = secret.gitea
}

target "directory" "archive" {
  path = "out"
}

target "gitea" "two" {
  url               = %[1]q
  access_token      = secret.gitea
  missing_namespace = "create"
}

discover "repositories" "all" {
  source = source.gitea.here
  owner  = %[2]q

  expect {
    min = 3
  }
}

repository "archive" {
  for_each         = { for r in discover.repositories.all.items : r.name => r }
  source           = source.gitea.here
  target           = target.directory.archive
  repo_id          = each.value.id
  target_namespace = "kept"

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}

repository "two" {
  for_each         = { for r in discover.repositories.all.items : r.name => r }
  source           = source.gitea.here
  target           = target.gitea.two
  repo_id          = each.value.id
  target_namespace = "%[2]s-two"

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}
`

// onward takes the server as the source: of an archive, and of another
// organization. The copy's texts name what they were copied from, and the server
// notes that there; so there is something to follow once.
func (a *accept) onward(t *testing.T) {
	a.write("onward/a.plan.hcl", fmt.Sprintf(onwardPlan, a.url, a.name))
	a.drover(t, "onward", exitOK, "apply", "--yes")
	a.drover(t, "onward", exitOK, "verify", "--deep")
	a.drover(t, "onward", exitOK, "apply", "--yes")
	if out := a.drover(t, "onward", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
		t.Errorf("another apply still did something:\n%s", out)
	}
	for _, r := range a.repositories() {
		here, two := fmt.Sprintf("/repos/%s/%s", a.name, r.Name), fmt.Sprintf("/repos/%s-two/%s", a.name, r.Name)
		if diff := cmp.Diff(a.threads(here), a.threads(two)); diff != "" {
			t.Errorf("%s and its copy (-here +copy):\n%s", r.Name, diff)
		}
		lines, err := os.ReadFile(filepath.Join(a.dir, "onward", "out", "kept", r.Name+".records", "issues.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := bytes.Count(lines, []byte("\n")), len(a.all(here+"/issues?state=all&type=issues")); got != want {
			t.Errorf("%s: the archive has %d issues, want %d", r.Name, got, want)
		}
	}
}

// threads are the numbers of a repository with what they stand for.
func (a *accept) threads(at string) map[string]string {
	all := map[string]string{}
	for _, i := range a.all(at + "/issues?state=all") {
		all[fmt.Sprint(i.number("number"))] = fmt.Sprintf("%s %s pull=%v labels=%v comments=%d", i.text("title"), i.text("state"), i["pull_request"] != nil, names(i.list("labels"), "name"), i.number("comments"))
	}
	return all
}

// importer lets the server's own importer of GitHub read a stand-in. Nobody looks
// whether that asks as GitHub describes it: Forgejo's sends parameters that GitHub
// ignores.
func (a *accept) importer(t *testing.T) {
	from, err := githubtest.New(githubtest.Options{OneHost: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	if err := githubtest.Sample(from.Model); err != nil {
		t.Fatal(err)
	}
	token := from.Token(from.Model.User("ada"))
	org := a.name + "-imported"
	if status, data := a.post(t, "/orgs", map[string]any{"username": org}); status != http.StatusCreated {
		t.Fatalf("make an organization: status %d: %s", status, data)
	}
	for _, r := range from.Model.RepositoriesOf(from.Model.Org("lantern").User) {
		status, data := a.post(t, "/repos/migrate", map[string]any{
			"clone_addr": from.URL + "/" + r.FullName(), "repo_name": r.Name, "repo_owner": org, "service": "github", "auth_token": token,
			"issues": true, "labels": true, "milestones": true, "pull_requests": true, "releases": true, "wiki": true,
		})
		if status == http.StatusUnprocessableEntity && strings.Contains(string(data), "not allowed") {
			t.Skipf("the server may not read from here; allow it with [migrations] ALLOW_LOCALNETWORKS = true: %s", data)
		}
		if status != http.StatusCreated {
			t.Fatalf("import %s: status %d: %s", r.FullName(), status, data)
		}
		if got := len(a.all(fmt.Sprintf("/repos/%s/%s/issues?state=all", org, r.Name))); got != len(r.Issues) {
			t.Errorf("%s: the importer brought %d issues and pull requests, want %d", r.FullName(), got, len(r.Issues))
		}
	}
}

func (a *accept) post(t *testing.T, path string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, a.url+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+a.giteaReader.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var data bytes.Buffer
	if _, err := data.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, data.Bytes()
}
