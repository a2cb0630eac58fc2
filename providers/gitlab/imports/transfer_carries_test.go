package imports_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// rules writes rules over branches as a test wants to see them.
func rules(p *gitlabtest.Project) []string {
	var all []string
	for _, r := range p.ProtectedBranches {
		line := r.Name
		for _, at := range []struct {
			what string
			list []*gitlabtest.AccessRule
		}{{"push", r.Push}, {"merge", r.Merge}, {"unprotect", r.Unprotect}} {
			for _, a := range at.list {
				line += " " + at.what + "=" + map[int]string{0: "nobody", 30: "developers", 40: "maintainers"}[a.Level]
				if a.User != nil {
					line += ":" + a.User.Name
				}
			}
		}
		if r.Force {
			line += " force"
		}
		if r.CodeOwner {
			line += " owners"
		}
		all = append(all, line)
	}
	return all
}

// What the plan says of rules over branches is what a transfer does.
func TestTransferOfProtections(t *testing.T) {
	o := newOld(t)
	app := o.Model.Project("infra/app")
	level := func(n int) *gitlabtest.AccessRule { return &gitlabtest.AccessRule{Level: n} }
	app.ProtectedBranches = []*gitlabtest.ProtectedRef{
		{Name: "main", Push: []*gitlabtest.AccessRule{level(0)}, Merge: []*gitlabtest.AccessRule{level(30), {Level: 40, Group: o.Model.Group("infra/tools")}}, CodeOwner: true},
		{Name: "release/*", Push: []*gitlabtest.AccessRule{level(40), {Level: 40, User: o.boss}}, Merge: []*gitlabtest.AccessRule{level(40)}, Unprotect: []*gitlabtest.AccessRule{level(40)}, Force: true},
	}
	app.ProtectedTags = []*gitlabtest.ProtectedRef{{Name: "v*", Push: []*gitlabtest.AccessRule{level(40)}}}
	const release = "release/* push=maintainers push=maintainers:Placeholder boss merge=maintainers unprotect=maintainers force"
	for who, want := range map[string][]string{
		"ada":  {"main push=nobody merge=developers owners", release}, // she owns the group
		"carl": {"main push=nobody merge=maintainers owners", release},
	} {
		t.Run(who, func(t *testing.T) {
			w := newWorld(t, gitlabtest.Options{})
			w.Model.AddMember(w.acme, w.Model.AddUser(gitlabtest.User{Username: "carl"}), gitlabtest.Maintainer)
			w.Importer = w.importer(w.Token(who))
			got := w.run(o.request("repository", "infra/app", nil))
			if c := got.Job.Counts[schema.KindProtection]; got.Job.HasFailures || c != (schema.Count{Source: 2, Fetched: 2, Imported: 2}) {
				t.Errorf("counts: %+v, entities: %+v", c, got.Job.Entities)
			}
			p := w.Model.Project("acme/moved")
			if diff := cmp.Diff(want, rules(p)); diff != "" || len(p.ProtectedTags) != 0 {
				t.Errorf("%d rules over tags; over branches (-want +got):\n%s", len(p.ProtectedTags), diff)
			}
		})
	}
	for _, block := range []string{"repository", "group"} {
		for _, s := range importing(t, "gitlab", block).Kinds {
			if s.Kind == schema.KindProtection && !strings.Contains(s.Degraded, "Rules over tags are lost") {
				t.Errorf("the plan of a %s says of protections: %s", block, s.Degraded)
			}
		}
	}
}

// asRoot sends a request to a GitLab, a body as JSON.
func asRoot(t *testing.T, s *gitlabtest.Server, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/v4"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Private-Token", s.AdminToken())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s: status %d, %v: %s", path, response.StatusCode, err, data)
	}
	return string(data)
}

func TestTransferOfAWiki(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	asRoot(t, o.Server, http.MethodPost, "/projects/infra%2Fapp/wikis", `{"title":"Home","content":"Welcome"}`)
	if got := w.run(o.request("repository", "infra/app", nil)); got.Job.HasFailures {
		t.Fatalf("job: %+v", got.Job)
	}
	if page := asRoot(t, w.Server, http.MethodGet, "/projects/acme%2Fmoved/wikis/Home", ""); !strings.Contains(page, "Welcome") {
		t.Errorf("the page is %s", page)
	}
}

func TestTransferOfReleases(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	o.Model.Project("infra/app").Releases = []*gitlabtest.Release{{Tag: "v1", Name: "One", Author: o.boss, Links: []*gitlabtest.ReleaseLink{
		{ID: 1, Name: "app.tar", URL: "https://old.example/app.tar", Type: "package"},
	}}}
	if got := w.run(o.request("repository", "infra/app", nil)); got.Job.HasFailures || got.Job.Counts[schema.KindRelease].Imported != 1 {
		t.Fatalf("job: %+v", got.Job)
	}
	r := w.Model.Project("acme/moved").Releases[0]
	if r.Tag != "v1" || r.SHA == "" || len(r.Links) != 1 || r.Links[0].URL != "https://old.example/app.tar" {
		t.Errorf("release: %+v", r)
	}
}

func TestTransferOfSnippets(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	app := o.Model.Project("infra/app")
	for _, title := range []string{"Other", "Deploy"} {
		s, err := o.Model.AddSnippet(gitlabtest.Snippet{Visibility: "private", Item: gitlabtest.Item{Project: app, Author: o.boss, Title: title, Description: "How"}},
			map[string]string{"b.sh": "echo " + title + "\n", "dir/a.txt": "a\n"})
		if err != nil {
			t.Fatal(err)
		}
		o.Model.AddNote(&s.Item, nil, gitlabtest.Note{Author: o.boss, Body: "Of " + title})
		s.Awards = append(s.Awards, &gitlabtest.Award{ID: s.ID, User: o.boss, Name: "rocket"})
	}
	got := w.run(o.request("repository", "infra/app", nil))
	if c := got.Job.Counts[schema.KindSnippet]; got.Job.HasFailures || c != (schema.Count{Source: 2, Fetched: 2, Imported: 2}) {
		t.Fatalf("counts: %+v, entities: %+v", c, got.Job.Entities)
	}
	seen := map[string]bool{}
	for _, s := range w.Model.Project("acme/moved").Snippets {
		seen[s.Title] = true
		for path, want := range map[string]string{"b.sh": "echo " + s.Title + "\n", "dir%2Fa.txt": "a\n"} {
			if got := asRoot(t, w.Server, http.MethodGet, fmt.Sprintf("/projects/%d/snippets/%d/files/main/%s/raw", s.Project.ID, s.ID, path), ""); got != want {
				t.Errorf("%s of %s is %q", path, s.Title, got)
			}
		}
		notes := s.Notes()
		if len(notes) != 1 || notes[0].Body != "Of "+s.Title || s.Author.Name != "Placeholder boss" || s.Description != "How" || s.Visibility != "private" {
			t.Errorf("%s: %+v", s.Title, s)
		}
		if len(s.Awards) != 1 || s.Awards[0].Name != "rocket" {
			t.Errorf("emoji of %s: %+v", s.Title, s.Awards)
		}
	}
	if len(seen) != 2 {
		t.Errorf("snippets: %v", seen)
	}
}
