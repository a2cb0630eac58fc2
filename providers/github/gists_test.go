package github_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

func gistOf(t testing.TB, g *githubtest.Gist) providers.Repo {
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"gist_id": g.ID})}
}

func TestGist(t *testing.T) {
	w := newWorld(t)
	m := w.Model
	large := strings.Repeat("0123456789abcdef", 1<<17) // more than comes along
	g, err := m.AddGist(w.ann, "Notes\nof mine", false, []githubtest.GistFile{{Name: "a.md", Content: "one"}}, []githubtest.GistFile{{Name: "b.txt", Content: large}, {Name: "a.md", Content: "two"}})
	if err != nil {
		t.Fatal(err)
	}
	m.AddGistComment(g, githubtest.GistComment{Content: githubtest.Content{Body: "nice", Author: w.bob}})
	s := w.open(nil)
	before := facts(t, s, providers.Lookup{Repo: gistOf(t, g)})
	if before.Identity != "gist:"+g.ID || before.FullName != "ann/"+g.ID || before.Files != 2 || before.Visibility != "private" || before.DefaultBranch != "refs/heads/main" {
		t.Errorf("facts: %+v", before)
	}
	base := sourcetest.Read(t, s, providers.ReadRequest{Repo: gistOf(t, g), Stream: "base"})
	if diff := cmp.Diff(base.End.Counts, before.Counts); diff != "" {
		t.Errorf("counts (-read +inspected):\n%s", diff)
	}
	snippet := sourcetest.Bodies[schema.Snippet](t, base, schema.KindSnippet)[0]
	want := schema.Snippet{Title: "Notes", Description: "Notes\nof mine", Visibility: "private", Author: schema.Person{ID: number(w.ann.ID), Login: "ann"},
		Files: []schema.SnippetFile{{Name: "a.md", Text: "two"}, {Name: "b.txt", Text: large}}, URL: snippet.URL, CreatedAt: snippet.CreatedAt, UpdatedAt: snippet.UpdatedAt}
	if diff := cmp.Diff(want, snippet); diff != "" {
		t.Errorf("snippet (-want +got):\n%s", diff)
	}
	comment := base.Records[len(base.Records)-1]
	if comment.Kind != schema.KindComment || comment.Parent == nil || *comment.Parent != (schema.Key{Kind: schema.KindSnippet, ID: g.ID}) {
		t.Errorf("comment: %+v", comment)
	}
	for _, stream := range []string{"releases", "threads"} {
		if rest := sourcetest.Read(t, s, providers.ReadRequest{Repo: gistOf(t, g), Stream: stream}); len(rest.Records) != 0 || !rest.End.Complete {
			t.Errorf("%s of a gist: %+v", stream, rest)
		}
	}
	e, err := export(t, s, gistOf(t, g), providers.PartCode, filepath.Join(t.TempDir(), "gist.git"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(before.Refs)), slices.Sorted(maps.Keys(e.Refs))); diff != "" {
		t.Errorf("refs (-inspected +exported):\n%s", diff)
	}
	if answer := inspect(t, w.open(nil), providers.Lookup{Repo: gistOf(t, g), ETag: before.ETag})[0]; !answer.Unchanged {
		t.Errorf("a gist that did not change: %+v", answer)
	}
	for name, change := range map[string]func(){
		"a comment": func() {
			m.AddGistComment(g, githubtest.GistComment{Content: githubtest.Content{Body: "x", Author: w.ann}})
		},
		"files": func() {
			if err := m.ReviseGist(g, []githubtest.GistFile{{Name: "c", Content: "three"}}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		after := facts(t, s, providers.Lookup{Repo: gistOf(t, g)})
		if after.Streams["base"] == before.Streams["base"] || after.ETag == before.ETag {
			t.Errorf("%s: the validator did not move", name)
		}
		before = after
	}
}

func TestDiscoverGists(t *testing.T) {
	w := newWorld(t)
	m := w.Model
	var ids []string
	for _, public := range []bool{true, false} {
		g, err := m.AddGist(w.ann, "of ann", public, []githubtest.GistFile{{Name: "a", Content: "x"}, {Name: "b", Content: "y"}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, "ann/"+g.ID)
	}
	b, err := m.AddGist(w.bob, "of bob", true, []githubtest.GistFile{{Name: "a", Content: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddGist(w.bob, "secret", false, []githubtest.GistFile{{Name: "a", Content: "x"}}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	for owner, want := range map[string][]string{"": ids, "Ann": ids, "bob": {"bob/" + b.ID}} {
		found, end, err := discover(t, w.open(map[string]any{"pagination_limit": 1}), "gists", map[string]any{"username": owner})
		if err != nil || !end.Complete {
			t.Fatal(err)
		}
		got := namesOf(found)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("gists of %q (-want +got):\n%s", owner, diff)
		}
	}
}
