package github_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

func TestAllGists(t *testing.T) {
	w := newWorld(t)
	add := func(by *githubtest.User, name string, public bool) {
		t.Helper()
		if _, err := w.Model.AddGist(by, name, public, []githubtest.GistFile{{Name: "a.md", Content: "a"}}); err != nil {
			t.Fatal(err)
		}
	}
	add(w.ann, "open", true)
	add(w.ann, "secret", false)
	add(w.bob, "not hers", true)
	many := []githubtest.GistFile{{Name: "b", Content: "b"}, {Name: "c", Content: "c"}, {Name: "d", Content: "d"}}
	three, err := w.Model.AddGist(w.ann, "three", true, many)
	if err != nil {
		t.Fatal(err)
	}
	two, err := w.Model.AddGist(w.ann, "two", true, many[:2])
	if err != nil {
		t.Fatal(err)
	}
	s := w.open(nil)
	all := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"all_gists": true})}
	got := facts(t, s, providers.Lookup{Repo: all})
	want := providers.Facts{
		Identity: "gists:" + number(w.ann.ID), FullName: "ann", Name: "gists", URL: w.URL + "/gist/ann",
		Counts: map[schema.Kind]int64{schema.KindSnippet: 4}, Requests: 2, ETag: got.ETag,
		Largest: []providers.Sized{{Name: "ann/" + three.ID, URL: w.URL + "/gist/" + three.ID, Files: 3}, {Name: "ann/" + two.ID, URL: w.URL + "/gist/" + two.ID, Files: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	all.Identity = got.Identity
	if again := inspect(t, s, providers.Lookup{Repo: all, ETag: got.ETag})[0]; !again.Unchanged {
		t.Errorf("a second look: %+v", again)
	}
	add(w.ann, "one more", true)
	if more := facts(t, s, providers.Lookup{Repo: all, ETag: got.ETag}); more.Counts[schema.KindSnippet] != 5 {
		t.Errorf("after another gist: %+v", more)
	}
}

// A token that was exchanged for that of somebody else stands for other gists.
func TestAllGistsOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	all := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"all_gists": true}), Identity: "gists:" + number(w.bob.ID)}
	got := inspect(t, s, providers.Lookup{Repo: all})[0]
	if got.Problem == nil || got.Problem.Code != providers.CodeConflict || got.Problem.Attribute != "personal_access_token" {
		t.Errorf("got %+v", got)
	}
}

func TestAllGistsAreNotRead(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	all := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"all_gists": true})}
	for _, stream := range []string{"base", "releases", "threads"} {
		var problem error
		for _, err := range s.Read(t.Context(), providers.ReadRequest{Repo: all, Stream: stream}) {
			problem = err
		}
		if providers.CodeOf(problem) != providers.CodeUnsupported || !strings.Contains(providers.AsError(problem).Hint, "import_api") {
			t.Errorf("read %s: %v", stream, problem)
		}
	}
	if _, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: all, Part: providers.PartCode, Dir: t.TempDir()}, nil); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("export: %v", err)
	}
}
