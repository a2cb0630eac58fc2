package main

import (
	stdcmp "cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// The variables that say where a GitLab is that the story may be told to, and whose
// token is used: one that may make groups. The other two name a GitLab that groups
// are transferred from, which is the same one when they are not set.
const (
	acceptGitLabURL         = "DROVER_ACCEPT_GITLAB_URL"
	acceptGitLabToken       = "DROVER_ACCEPT_GITLAB_TOKEN"
	acceptGitLabSourceURL   = "DROVER_ACCEPT_GITLAB_SOURCE_URL"
	acceptGitLabSourceToken = "DROVER_ACCEPT_GITLAB_SOURCE_TOKEN"
)

// acceptGitLab is the story: an organization of the stand-in for GitHub moves into a
// group of a live server that is made for it.
type acceptGitLab struct {
	gitlabReader
	desk
	from *githubtest.Server
	name string // of the group
}

// TestAcceptGitLab moves an organization from the stand-in for GitHub to a live
// GitLab, is cancelled on the way, follows edits at the source, verifies, and finds
// nothing more to do. Then the server transfers a group by itself.
func TestAcceptGitLab(t *testing.T) {
	address, token := os.Getenv(acceptGitLabURL), os.Getenv(acceptGitLabToken)
	if address == "" || token == "" {
		t.Skipf("set %s and %s to the address of a GitLab and to a token that may make groups to run this against it", acceptGitLabURL, acceptGitLabToken)
	}
	a := &acceptGitLab{
		gitlabReader: gitlabReader{t, strings.TrimRight(address, "/"), token}, desk: desk{t.TempDir()},
		name: "drover-accept-" + strings.ToLower(rand.Text()[:8]),
	}
	a.group(t, a.name)
	a.from = newGitHub(t, githubtest.Options{})
	a.from.Limits(githubtest.Limits{Core: 1 << 30, GraphQL: 1 << 30, Search: 1 << 30, Anonymous: 1 << 30, Window: githubtest.DefaultLimits().Window})
	if err := githubtest.Sample(a.from.Model); err != nil {
		t.Fatal(err)
	}
	// The sample links to a file that is gone. Here everything is to arrive.
	a.from.Model.AddAttachment(githubtest.Attachment{Path: "/user-attachments/assets/0a1b2c3d-0000-4000-8000-00000000dead", Name: "back.png", ContentType: "image/png", Data: []byte("\x89PNG\r\n\x1a\nback")})
	a.put(t, "token", a.from.Token(a.from.Model.User("ada")))
	a.put(t, "gitlab-token", token)

	a.moveIn(t)
	a.check(t)
	a.follow(t)
	t.Run("transfer", a.transfer)
}

// group makes a private group, which is deleted at the end of the test.
func (g gitlabReader) group(t *testing.T, name string) {
	t.Helper()
	made := g.post("/groups", map[string]any{"name": name, "path": name, "visibility": "private"})
	t.Cleanup(func() {
		if status, data := g.do(http.MethodDelete, fmt.Sprintf("/groups/%d", made.number("id")), nil); status != http.StatusAccepted && status != http.StatusNoContent {
			t.Errorf("delete the group %s by hand: status %d: %s", name, status, data)
		}
	})
}

const acceptGitLabPlan = `
secret "github" {
  file = "../token"
}

secret "gitlab" {
  file = "../gitlab-token"
}

source "github" "old" {
  github_hostname       = %[1]q
  personal_access_token = secret.github
}

target "gitlab" "new" {
  url          = %[2]q
  access_token = secret.gitlab
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
  target           = target.gitlab.new
  authors          = authors.people
  repo_id          = each.value.id
  target_namespace = %[3]q

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}
`

// moveIn migrates the organization, cancelled once on the way: the source fails from
// some request on until the program ends, so that it cannot be done before it hears
// of it.
func (a *acceptGitLab) moveIn(t *testing.T) {
	a.put(t, "first/a.plan.hcl", fmt.Sprintf(acceptGitLabPlan, a.from.URL, a.url, a.name))
	a.drover(t, "first", exitOK, "plan")
	var once sync.Once
	var said string
	a.from.Faults(githubtest.Fault{
		Path: "/graphql", Contains: "issueOrPullRequest", From: 3, Times: -1, Status: http.StatusBadGateway,
		Then: func() { once.Do(func() { said, _ = a.run(t, "first", "drover", "cancel") }) },
	})
	out := a.drover(t, "first", exitCanceled, "apply", "--yes")
	a.from.ClearFaults()
	if !strings.Contains(said, "Asked run") {
		t.Fatalf("drover cancel said %q; apply said\n%s", said, out)
	}
	a.drover(t, "first", exitOK, "apply", "--yes")
	a.drover(t, "first", exitOK, "apply", "--yes") // completes texts
}

// check compares the server with the model of the source.
func (a *acceptGitLab) check(t *testing.T) {
	t.Helper()
	for _, r := range a.from.Model.RepositoriesOf(a.from.Model.Org("lantern").User) {
		at := "/projects/" + url.PathEscape(a.name+"/"+r.Name)
		p := a.get(at)
		if p.text("description") != r.Description || p["archived"] != r.Archived || p.text("visibility") != "private" || p.text("default_branch") != r.DefaultBranch {
			t.Errorf("%s: the project is %q archived=%v %v branch=%s", at, p["description"], p["archived"], p["visibility"], p["default_branch"])
		}
		if got, want := names(a.all(at+"/labels"), "name"), labelNames(r); !includes(got, want) {
			t.Errorf("%s: labels %v, want %v", at, got, want)
		}
		for _, i := range r.Issues {
			a.checkThread(t, at, i)
		}
		for _, e := range r.Releases {
			if !e.Draft { // the server has none
				a.checkRelease(t, at, e)
			}
		}
	}
}

func (a *acceptGitLab) checkThread(t *testing.T, at string, want *githubtest.Issue) {
	t.Helper()
	kind, state, title := "/issues", want.State, want.Title
	if want.Pull != nil {
		kind = "/merge_requests"
		if want.Pull.Draft {
			title = "Draft: " + title
		}
	}
	if state == "open" {
		state = "opened"
	}
	at = fmt.Sprintf("%s%s/%d", at, kind, want.Number)
	got := a.get(at)
	if got.text("title") != title || got.text("state") != state {
		t.Errorf("%s is %q, %s; it should be %q, %s", at, got["title"], got["state"], title, state)
	}
	if strings.Contains(got.text("description"), "]("+a.from.URL+"/user-attachments/") {
		t.Errorf("%s still links to a file at the source:\n%s", at, got.text("description"))
	}
	var comments, wanted []string
	for _, c := range a.all(at + "/notes?sort=asc&order_by=created_at") {
		if key, ok := attribution.ParseMarker(c.text("body")); ok && strings.Contains(key.ID, "#issuecomment-") {
			comments = append(comments, key.ID)
		}
	}
	for _, c := range want.Comments {
		wanted = append(wanted, fmt.Sprintf("%d#issuecomment-%d", want.Number, c.ID))
	}
	if diff := cmp.Diff(wanted, comments); diff != "" {
		t.Errorf("comments of %s (-want +got):\n%s", at, diff)
	}
	if want.Pull != nil && want.State == "open" && got.text("sha") != want.Pull.Head.Commit {
		t.Errorf("%s is of commit %v, want %s", at, got["sha"], want.Pull.Head.Commit)
	}
}

func (a *acceptGitLab) checkRelease(t *testing.T, at string, want *githubtest.Release) {
	t.Helper()
	got := a.get(at + "/releases/" + url.PathEscape(want.Tag))
	if got.text("name") != stdcmp.Or(want.Name, want.Tag) {
		t.Errorf("%s: release %s is %q", at, want.Tag, got["name"])
	}
	if have := got.object("assets").list("links"); len(have) != len(want.Assets) {
		t.Errorf("%s: release %s has %d assets, want %d", at, want.Tag, len(have), len(want.Assets))
	}
}

// follow edits the source and applies again, until there is nothing to do.
func (a *acceptGitLab) follow(t *testing.T) {
	t.Helper()
	m := a.from.Model
	docs, _ := m.Repository("lantern", "docs")
	grace, first := m.User("grace"), docs.Issues[0]
	m.EditIssue(first, grace, func(i *githubtest.Issue) { i.Title, i.State = "Which oil, then?", "open" })
	m.AddComment(first, githubtest.Comment{Content: githubtest.Content{Author: grace, Body: "It is open again."}})
	m.AddIssue(docs, githubtest.Issue{Title: "Added while it moved", Content: githubtest.Content{Author: grace, Body: "See #1."}})
	m.EditComment(first.Comments[0], grace, func(c *githubtest.Comment) { c.Body = "Colza, and only colza." })
	a.drover(t, "first", exitOK, "apply", "--yes")
	a.check(t)
	a.drover(t, "first", exitOK, "verify", "--deep")
	if out := a.drover(t, "first", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
		t.Errorf("another apply still did something:\n%s", out)
	}
}

const transferPlan = `
secret "old" {
  file = "../old-token"
}

secret "new" {
  file = "../gitlab-token"
}

source "gitlab" "old" {
  url          = %[1]q
  access_token = secret.old
}

target "gitlab" "new" {
  url          = %[2]q
  access_token = secret.new
}

group "tools" {
  source           = source.gitlab.old
  target           = target.gitlab.new
  source_full_path = %[3]q
  target_namespace = %[4]q
  new_name         = "tools"
}
`

// transfer lets the server import a group by itself, with a project that has a file
// and an issue.
func (a *acceptGitLab) transfer(t *testing.T) {
	old := gitlabReader{t, stdcmp.Or(strings.TrimRight(os.Getenv(acceptGitLabSourceURL), "/"), a.url), stdcmp.Or(os.Getenv(acceptGitLabSourceToken), a.token)}
	group := a.name + "-tools"
	old.group(t, group)
	id := old.get("/groups/" + group).number("id")
	p := old.post("/projects", map[string]any{"name": "hammer", "path": "hammer", "namespace_id": id, "initialize_with_readme": true})
	old.post(fmt.Sprintf("/projects/%d/issues", p.number("id")), map[string]any{"title": "The handle is loose"})

	a.put(t, "old-token", old.token)
	a.put(t, "transfer/a.plan.hcl", fmt.Sprintf(transferPlan, old.url, a.url, group, a.name))
	out, code := a.run(t, "transfer", "drover", "apply", "--yes")
	if strings.Contains(out, "disabled") {
		t.Skipf("the server, or the other one, has direct transfer switched off:\n%s", out)
	}
	if code != exitOK {
		t.Fatalf("apply ended with %d:\n%s", code, out)
	}
	if out := a.drover(t, "transfer", exitOK, "apply", "--yes"); !strings.Contains(out, "No changes") {
		t.Errorf("another apply still did something:\n%s", out)
	}
	a.drover(t, "transfer", exitOK, "verify")
	if diff := cmp.Diff([]string{"The handle is loose"}, names(a.all("/projects/"+url.PathEscape(a.name+"/tools/hammer")+"/issues"), "title")); diff != "" {
		t.Errorf("issues of the project (-want +got):\n%s", diff)
	}
	if out := a.drover(t, "transfer", exitOK, "status"); !strings.Contains(out, group+"/hammer -> "+a.name+"/tools/hammer") {
		t.Errorf("status does not list the project:\n%s", out)
	}
}
