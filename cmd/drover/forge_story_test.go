package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// newStory is a world with a small repository at the source and a Gitea as the
// destination.
func newStory(t testing.TB) (*editor, *forgeWorld, *giteaStandIn) {
	t.Helper()
	server := newGitHub(t, githubtest.Options{})
	e := newEditor(t, server.Model, 1)
	to := newGitea(t)
	return e, newForgeWorld(t, server, to, "acme/api"), to
}

// fresh is what a migration of the source as it is now brings to another Gitea.
func fresh(t *testing.T, w *forgeWorld) map[string]string {
	t.Helper()
	once := newForgeWorld(t, w.from, newGitea(t), w.repositories...)
	once.people, once.lifecycle = w.people, w.lifecycle
	once.apply(t).whole(t)
	return once.to.contents(t)
}

// TestKilledAtEveryWrite kills the first run at each of its writes to the target,
// before and after it was carried out.
func TestKilledAtEveryWrite(t *testing.T) {
	server := newGitHub(t, githubtest.Options{})
	e := newEditor(t, server.Model, 1)
	want := fresh(t, newForgeWorld(t, server, newGitea(t), "acme/api"))
	step := 6 // every write with DROVER_SOAK
	switch {
	case standin.Soak():
		step = 1
	case testing.Short():
		step = 8
	}
	for n := 1; ; n += step {
		lived := false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d after=%v", n, after), func(t *testing.T) {
				w := newForgeWorld(t, server, newGitea(t), "acme/api")
				lived = !w.applyUntil(t, w.killAtTarget(n, false, after))
				w.apply(t).whole(t)
				same(t, want, w.to.contents(t), e.left)
			})
		}
		if lived || t.Failed() && n > 200 {
			return
		}
	}
}

// TestNobodyIsNotified migrates, edits and migrates again: none of it may reach
// anybody by mail or on a page.
func TestNobodyIsNotified(t *testing.T) {
	e, w, to := newStory(t)
	w.apply(t).whole(t)
	for range 30 {
		e.edit()
	}
	w.apply(t).whole(t)
	for _, n := range to.Model.Notified() {
		// The account that migrates is told on its own page, and reads it.
		if n.Mail || n.User != "root" {
			t.Errorf("somebody is told: %+v", n)
		}
	}
	if left := (giteaReader{t, to.URL, to.token}).whole("/notifications"); len(left) > 0 {
		t.Errorf("%d notifications are left unread", len(left))
	}
}

// TestMappingComesAndGoes maps somebody, another one instead, and nobody again.
// Texts follow each time, and end as they began.
func TestMappingComesAndGoes(t *testing.T) {
	e, w, to := newStory(t)
	i := e.m.AddIssue(e.r, githubtest.Issue{Title: "Ask @linus", Content: githubtest.Content{Author: e.people[2], Body: "Said @linus and @ada."}})
	w.apply(t).whole(t)
	read := func() string {
		return to.contents(t)[fmt.Sprintf("acme/api thread %d", i.Number)]
	}
	before, mapped := read(), w.people
	if !strings.Contains(before, "`@linus`") || !strings.Contains(before, "**Linus**") {
		t.Fatalf("unmapped:\n%s", before)
	}
	to.Model.AddUser(giteatest.User{Login: "linus.t", Email: "linus@new.example"})
	w.people = append(slices.Clone(mapped), schema.AuthorEntry{Rule: "author", RemoteName: "linus", TargetUser: "linus.t"})
	w.apply(t).whole(t)
	if got := read(); !strings.Contains(got, "linus.t](") {
		t.Errorf("mapped:\n%s", got)
	}
	w.idle(t)
	w.people = mapped
	w.apply(t).whole(t)
	if diff := cmp.Diff(before, read()); diff != "" {
		t.Errorf("mapped and unmapped (-before +after):\n%s", diff)
	}
	w.idle(t)
}

// TestDrift changes an issue on both sides. It is left as it is and reported,
// until the plan says to write over it.
func TestDrift(t *testing.T) {
	e, w, to := newStory(t)
	w.apply(t).whole(t)
	reader := giteaReader{t, to.URL, to.token}
	number := e.r.Issues[0].Number
	at := fmt.Sprintf("/repos/acme/api/issues/%d", number)
	reader.patch(at, map[string]string{"title": "Mine now"})
	e.m.EditIssue(e.r.Issues[0], e.people[0], func(i *githubtest.Issue) { i.Title = "Renamed at the source" })
	w.clock.now = w.clock.now.Add(time.Hour)

	a := w.apply(t)
	if a.outcome.Partial != 1 || !strings.Contains(a.problems(), "conflict") {
		t.Errorf("the apply came to %+v:\n%s", a.outcome, a.problems())
	}
	a.addUp(t)
	if got := reader.get(at).text("title"); got != "Mine now" {
		t.Errorf("the issue that somebody renamed is called %q", got)
	}
	w.lifecycle.OnTargetDrift = "overwrite"
	w.apply(t).whole(t)
	if got := reader.get(at).text("title"); got != "Renamed at the source" {
		t.Errorf("the issue that was to be written over is called %q", got)
	}
	w.idle(t)
}

func (g giteaReader) patch(path string, body any) {
	g.Helper()
	r, err := http.NewRequest(http.MethodPatch, g.url+"/api/v1"+path, strings.NewReader(string(asJSON(body))))
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+g.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer response.Body.Close()
	var said map[string]any
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || response.StatusCode/100 != 2 {
		g.Fatalf("PATCH %s: status %d: %v", path, response.StatusCode, said)
	}
}

// TestSourceRenamed renames the repository between two applies. It is followed,
// by its id, and references by the former name still lead to it.
func TestSourceRenamed(t *testing.T) {
	e, w, _ := newStory(t)
	w.apply(t).whole(t)
	e.m.EditRepository(e.r, func(r *githubtest.Repository) { r.Name = "service" })
	e.addComment()
	w.apply(t).whole(t)
	if got := w.to.contents(t)["acme/service repository"]; got == "" {
		t.Errorf("the repository was not renamed at the target: %v", slices.Collect(func(yield func(string) bool) {
			for name := range w.to.contents(t) {
				if strings.HasSuffix(name, " repository") && !yield(name) {
					return
				}
			}
		}))
	}
	w.idle(t)
}

// TestFaults disturbs a migration in ways that pass. It ends like one that
// nothing disturbed.
func TestFaults(t *testing.T) {
	for name, disturb := range map[string]func(*forgeWorld, *giteaStandIn){
		"the source answers 502": func(w *forgeWorld, _ *giteaStandIn) {
			w.from.Faults(githubtest.Storm("/graphql", 2), githubtest.Storm("/repos/*", 2))
		},
		"the source asks to slow down": func(w *forgeWorld, _ *giteaStandIn) {
			w.from.Faults(githubtest.SecondaryLimit("/graphql", 2, time.Second))
		},
		"the budget of the source ends": func(w *forgeWorld, _ *giteaStandIn) {
			w.from.Limits(githubtest.Limits{Core: 20, GraphQL: 5, Search: 10, Anonymous: 60, Window: time.Second})
		},
		"answers of the source are cut off": func(w *forgeWorld, _ *giteaStandIn) {
			w.from.Faults(githubtest.Fault{Path: "/graphql", Every: 3, Cut: 40, Times: 6})
		},
		"the target answers 502 to readers": func(_ *forgeWorld, to *giteaStandIn) {
			to.Faults(giteatest.Fault{Method: http.MethodGet, Path: "/api/*", From: 9, Times: 2, Status: http.StatusBadGateway})
		},
		"answers of the target are lost": func(_ *forgeWorld, to *giteaStandIn) {
			to.Faults(giteatest.Fault{Method: http.MethodPost, Path: "/api/v1/repos/*", From: 3, After: true}, giteatest.Fault{Method: http.MethodPost, Path: "/api/v1/repos/*", From: 8, Half: true})
		},
		"the target fails after it wrote": func(_ *forgeWorld, to *giteaStandIn) {
			to.Faults(giteatest.Fault{Method: http.MethodPost, Path: "*/comments", After: true, Status: http.StatusBadGateway}, giteatest.Fault{Method: http.MethodPost, Path: "*/reviews", After: true, Status: http.StatusGatewayTimeout})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newGitHub(t, githubtest.Options{})
			e := newEditor(t, server.Model, 1)
			w := newForgeWorld(t, server, newGitea(t), "acme/api")
			disturb(w, w.to.(*giteaStandIn))
			w.apply(t).whole(t)
			w.from.ClearFaults()
			w.from.Limits(githubtest.DefaultLimits())
			w.to.heal()
			same(t, fresh(t, w), w.to.contents(t), e.left)
			w.idle(t)
		})
	}
}

// TestOneBadObject lets single objects fail for good: an issue that the source
// cannot give, and one that the target does not take. Everything else arrives, and
// the account adds up. What is mended arrives with the next apply.
func TestOneBadObject(t *testing.T) {
	e, w, to := newStory(t)
	bad := e.m.AddIssue(e.r, githubtest.Issue{Title: "Broken at the source", Content: githubtest.Content{Author: e.people[0], Body: "x"}})
	refused := e.m.AddIssue(e.r, githubtest.Issue{Title: "Refused", Content: githubtest.Content{Author: e.people[0], Body: "y"}})
	w.from.GraphQLFaults(githubtest.GraphQLFaults{Broken: []string{bad.NodeID()}})
	to.Faults(giteatest.Fault{Method: http.MethodPost, Path: "*/issues", From: 3, Times: -1, Status: http.StatusUnprocessableEntity, Body: `{"message":"too long"}`})
	a := w.apply(t)
	if a.outcome.Partial != 1 {
		t.Fatalf("the apply came to %+v:\n%s", a.outcome, a.problems())
	}
	a.addUp(t)
	var failed []string
	for _, one := range a.events {
		if f, ok := one.(engine.ItemFailed); ok {
			failed = append(failed, f.Failure.Key.String()+" "+f.Failure.Step)
		}
	}
	slices.Sort(failed)
	want := []string{fmt.Sprintf("issue %d extractor", bad.Number), fmt.Sprintf("issue %d loader", refused.Number)}
	if diff := cmp.Diff(want, slices.Compact(failed)); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	w.from.GraphQLFaults(githubtest.GraphQLFaults{})
	to.heal()
	w.apply(t).whole(t)
	got, all := to.contents(t), fresh(t, w)
	for name := range all {
		if got[name] == "" && all[name] != "" {
			t.Errorf("%s is missing", name)
		}
	}
}
