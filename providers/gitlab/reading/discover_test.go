package reading_test

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

func TestDiscover(t *testing.T) {
	w := start(t)
	for _, name := range []string{"lamp", "wick"} {
		w.project(t, name)
	}
	acme := w.send(t, "root", "GET", "groups/acme", "").ID()
	site := w.send(t, "root", "POST", "projects", fmt.Sprintf(`{"name": "Site", "path": "site", "namespace_id": %d, "visibility": "public"}`, acme))
	w.send(t, "root", "PUT", fmt.Sprintf("projects/%d", site.ID()), `{"topics": ["Web", "docs"]}`)
	w.send(t, "ada", "POST", "projects", `{"name": "Notes", "path": "notes", "visibility": "private"}`)
	old := w.send(t, "ada", "POST", "projects", `{"name": "Old", "path": "old", "visibility": "public"}`)
	w.send(t, "ada", "POST", fmt.Sprintf("projects/%d/archive", old.ID()), ``)
	w.send(t, "root", "POST", "groups", `{"name": "Secret", "path": "secret", "visibility": "private"}`)
	for name, test := range map[string]struct {
		as, kind string
		settings map[string]any
		want     []string
	}{
		"an administrator's":  {"root", "repositories", nil, []string{"acme/tools/lamp", "acme/tools/wick", "acme/site", "ada/notes", "ada/old"}},
		"a member's":          {"bob", "repositories", nil, []string{"acme/tools/lamp", "acme/tools/wick"}},
		"a group's":           {"bob", "repositories", map[string]any{"owner": "acme"}, []string{"acme/tools/lamp", "acme/tools/wick", "acme/site"}},
		"of a group alone":    {"bob", "repositories", map[string]any{"owner": "acme", "subgroups": false}, []string{"acme/site"}},
		"a subgroup's":        {"bob", "repositories", map[string]any{"owner": "/acme/tools/"}, []string{"acme/tools/lamp", "acme/tools/wick"}},
		"a user's":            {"ada", "repositories", map[string]any{"owner": "ada"}, []string{"ada/notes", "ada/old"}},
		"a stranger's":        {"bob", "repositories", map[string]any{"owner": "ada"}, []string{"ada/old"}},
		"topics":              {"root", "repositories", map[string]any{"topics": []string{"web"}}, []string{"acme/site"}},
		"visibility":          {"root", "repositories", map[string]any{"visibility": "public", "archived": "exclude"}, []string{"acme/site"}},
		"archived":            {"root", "repositories", map[string]any{"archived": "only"}, []string{"ada/old"}},
		"forks":               {"root", "repositories", map[string]any{"forks": "only"}, nil},
		"ahead of everything": {"root", "repositories", map[string]any{"pushed_since": "2999-01-01"}, nil},
		"groups":              {"root", "groups", nil, []string{"acme", "acme/tools", "secret"}},
		"groups one sees":     {"bob", "groups", nil, []string{"acme", "acme/tools"}},
		"groups of a group":   {"root", "groups", map[string]any{"owner": "acme"}, []string{"acme/tools"}},
		"private groups":      {"root", "groups", map[string]any{"visibility": "private"}, []string{"secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			var end *providers.ListingEnd
			for d, err := range w.open(t, test.as).Discover(t.Context(), providers.Query{Kind: test.kind, Settings: sourcetest.JSON(t, test.settings)}) {
				if err != nil {
					t.Fatal(err)
				}
				if d.Item != nil {
					found = append(found, d.Item.FullName)
				}
				if d.End != nil {
					end = d.End
				}
			}
			sourcetest.Same(t, "found", test.want, found)
			if end == nil || !end.Complete {
				t.Errorf("end: %+v", end)
			}
		})
	}
}

// TestDiscoverFound is what a plan learns of one.
func TestDiscoverFound(t *testing.T) {
	w := start(t)
	_, made := w.project(t, "Lamp")
	for d, err := range w.open(t, "bob").Discover(t.Context(), providers.Query{Kind: "repositories"}) {
		if err != nil {
			t.Fatal(err)
		}
		if f := d.Item; f != nil {
			sourcetest.Same(t, "found", []string{fmt.Sprint(made.ID()), "acme/tools", "Lamp", "lamp", "private", "main"}, []string{f.Identity, f.Owner, f.Name, f.Slug, f.Visibility, f.DefaultBranch})
			return
		}
	}
	t.Error("nothing was found")
}

// TestDiscoverBreaksOff tells a listing that was cut off, and an owner who is not
// there.
func TestDiscoverBreaksOff(t *testing.T) {
	w := start(t)
	w.project(t, "lamp")
	s := w.open(t, "root")
	list := func(of map[string]any) (found int, end *providers.ListingEnd, failed error) {
		for d, err := range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: sourcetest.JSON(t, of)}) {
			switch {
			case err != nil:
				failed = err
			case d.Item != nil:
				found++
			case d.End != nil:
				end = d.End
			}
		}
		return found, end, failed
	}
	for owner, want := range map[string]providers.Code{"nobody": providers.CodeNotFound, "no/body": providers.CodeNotFound, "a b": providers.CodeInvalid} {
		if _, end, err := list(map[string]any{"owner": owner}); providers.CodeOf(err) != want || end != nil {
			t.Errorf("%s: %v, %+v", owner, err, end)
		}
	}
	tools := w.send(t, "root", "GET", "groups/acme%2Ftools", "").ID()
	for n := range 120 {
		if _, err := w.Model.AddProject(gitlabtest.Project{Namespace: w.Model.Group("acme/tools"), Path: fmt.Sprint("p", n)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Faults(gitlabtest.Fault{Path: fmt.Sprintf("*/groups/%d/projects?*page=2*", tools), Status: 403, Times: -1})
	if found, end, err := list(map[string]any{"owner": "acme/tools"}); err != nil || found != 100 || end == nil || end.Complete || end.Problem == nil {
		t.Errorf("%d found, %+v, %v", found, end, err)
	}
}
