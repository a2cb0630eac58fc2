package reading_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
	"github.com/drover-migrate/drover/schema"
)

func TestInspect(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	s := w.open(t, "root")
	q := providers.Lookup{ID: 4, Repo: named(t, "lamp")}
	first := sourcetest.Inspect(t, s, q)
	if first.Problem != nil {
		t.Fatal(first.Problem)
	}
	want := &providers.Facts{
		Identity: fmt.Sprint(f.id), FullName: "acme/tools/lamp", Name: "lamp", URL: w.URL + "/acme/tools/lamp",
		Parts:         []providers.Part{providers.PartCode, providers.PartWiki},
		Refs:          map[string]string{"refs/heads/main": f.Merge, "refs/merge-requests/1/head": f.Head, "refs/tags/v1": f.Merge},
		DefaultBranch: "refs/heads/main", ObjectFormat: "sha1", Visibility: "private",
		Counts: map[schema.Kind]int64{
			schema.KindRepository: 1, schema.KindLabel: 3, schema.KindMilestone: 1, schema.KindMember: 2, schema.KindProtection: 3,
			schema.KindRelease: 1, schema.KindSnippet: 1, schema.KindIssue: 2, schema.KindChange: 1,
		},
	}
	if diff := cmp.Diff(want, first.Facts, cmpopts.IgnoreFields(providers.Facts{}, "WikiRefs", "Streams", "Requests", "ETag", "GitBytes")); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	sourcetest.Same(t, "streams", slices.Sorted(slices.Values(streams())), slices.Sorted(maps.Keys(first.Facts.Streams)))
	if len(first.Facts.WikiRefs) != 1 || first.Facts.Requests < 20 {
		t.Errorf("wiki %v, %d requests", first.Facts.WikiRefs, first.Facts.Requests)
	}
	q.ETag = first.Facts.ETag
	if again := sourcetest.Inspect(t, s, q); !again.Unchanged || again.ID != 4 {
		t.Errorf("nothing changed: %+v", again)
	}

	// Each change shows in the validator of its stream, and in no other.
	at := fmt.Sprintf("projects/%d", f.id)
	before := first.Facts
	for _, step := range []struct{ stream, as, method, path, body string }{
		{"base", "root", "POST", "/labels", `{"name": "new", "color": "#123456"}`},
		{"releases", "root", "PUT", "/releases/v1", `{"description": "Other."}`},
		{"issues", "ada", "POST", "/issues/2/notes", `{"body": "soon after"}`},
		{"changes", "ada", "POST", "/merge_requests/1/notes", `{"body": "soon after"}`},
		{"snippets", "ada", "PUT", fmt.Sprintf("/snippets/%d", f.Snippet), `{"title": "Other"}`},
	} {
		w.send(t, step.as, step.method, at+step.path, step.body)
		q.ETag = before.ETag
		answer := sourcetest.Inspect(t, s, q)
		if answer.Facts == nil {
			t.Fatalf("%s: %+v", step.stream, answer)
		}
		for stream, validator := range answer.Facts.Streams {
			if changed := validator != before.Streams[stream]; changed != (stream == step.stream) {
				t.Errorf("after a change of %s, that %s changed is said to be %t", step.stream, stream, changed)
			}
		}
		before = answer.Facts
	}
}

// TestRename follows a project by its identity, and a stranger under its old path is
// not taken for it.
func TestRename(t *testing.T) {
	w := start(t)
	_, made := w.project(t, "lamp")
	s := w.open(t, "root")
	w.send(t, "root", "PUT", fmt.Sprintf("projects/%d", made.ID()), `{"path": "lantern", "name": "lantern"}`)
	_, other := w.project(t, "lamp")
	for identity, want := range map[string]string{fmt.Sprint(made.ID()): "acme/tools/lantern", fmt.Sprint(other.ID()): "acme/tools/lamp", "": "acme/tools/lamp"} {
		repo := named(t, "lamp")
		repo.Identity = identity
		if answer := sourcetest.Inspect(t, s, providers.Lookup{Repo: repo}); answer.Facts == nil || answer.Facts.FullName != want {
			t.Errorf("%q: %+v; want %s", identity, answer, want)
		}
	}
	number := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": fmt.Sprint(made.ID()), "source_type": "project_entity"})}
	if answer := sourcetest.Inspect(t, s, providers.Lookup{Repo: number}); answer.Facts == nil || answer.Facts.FullName != "acme/tools/lantern" {
		t.Errorf("by its number: %+v", answer)
	}
}

// TestEmpty is a project that nobody pushed to.
func TestEmpty(t *testing.T) {
	w := start(t)
	w.send(t, "root", "POST", "projects", `{"name": "void", "path": "void", "issues_access_level": "disabled", "merge_requests_access_level": "disabled", "snippets_access_level": "disabled", "wiki_access_level": "disabled"}`)
	s := w.open(t, "root")
	repo := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": "root/void"})}
	answer := sourcetest.Inspect(t, s, providers.Lookup{Repo: repo})
	if answer.Facts == nil || len(answer.Facts.Refs) > 0 || answer.Facts.Counts[schema.KindIssue] != 0 {
		t.Fatalf("%+v", answer)
	}
	for _, stream := range streams() {
		sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: stream})
	}
}

func TestInspectGroup(t *testing.T) {
	w := start(t)
	w.full(t, "lamp")
	w.project(t, "wick")
	s := w.open(t, "root")
	group := func(path string) providers.Repo {
		return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": path, "source_type": "group_entity", "migrate_projects": true})}
	}
	answer := sourcetest.Inspect(t, s, providers.Lookup{Repo: group("acme")})
	if answer.Problem != nil {
		t.Fatal(answer.Problem)
	}
	id := w.send(t, "root", "GET", "groups/acme", "").ID()
	want := &providers.Facts{
		Identity: fmt.Sprintf("group:%d", id), FullName: "acme", Name: "acme", URL: w.URL + "/groups/acme", Parts: []providers.Part{}, Visibility: "public",
		Counts: map[schema.Kind]int64{schema.KindRepository: 2, reading.KindGroup: 1, schema.KindMember: 1, schema.KindLabel: 1, schema.KindMilestone: 0},
		ETag:   answer.Facts.ETag,
	}
	if diff := cmp.Diff(want, answer.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	q := providers.Lookup{Repo: group("former/path"), ETag: answer.Facts.ETag}
	q.Repo.Identity = answer.Facts.Identity
	if again := sourcetest.Inspect(t, s, q); !again.Unchanged {
		t.Errorf("by its identity: %+v", again)
	}
	if answer := sourcetest.Inspect(t, s, providers.Lookup{Repo: group("nowhere")}); answer.Problem == nil || answer.Problem.Code != providers.CodeNotFound {
		t.Errorf("a group that is not there: %+v", answer)
	}
}
