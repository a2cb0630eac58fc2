package github_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

func discover(t testing.TB, s providers.Source, kind string, of map[string]any) ([]schema.Found, *providers.ListingEnd, error) {
	t.Helper()
	var found []schema.Found
	var end *providers.ListingEnd
	for d, err := range s.Discover(t.Context(), providers.Query{Kind: kind, Settings: sourcetest.JSON(t, of)}) {
		if err != nil {
			return found, end, err
		}
		if d.Item != nil {
			found = append(found, *d.Item)
		}
		if d.End != nil {
			end = d.End
		}
	}
	return found, end, nil
}

func namesOf(found []schema.Found) []string {
	names := []string{}
	for _, f := range found {
		names = append(names, f.FullName)
	}
	return names
}

func TestDiscover(t *testing.T) {
	w := newWorld(t)
	m := w.Model
	lamp := w.repository(&githubtest.Repository{Name: "lamp", Topics: []string{"light", "oil"}, License: "MIT"})
	w.repository(&githubtest.Repository{Name: "fork", Fork: true, Visibility: "private"})
	old := w.repository(&githubtest.Repository{Name: "old", Topics: []string{"light"}, Visibility: "internal"})
	m.EditRepository(old, func(r *githubtest.Repository) { r.Archived = true })
	for owner, name := range map[*githubtest.User]string{w.ann: "notes", w.bob: "bobs"} {
		if _, err := m.AddRepository(owner, &githubtest.Repository{Name: name, DefaultBranch: "main", Visibility: "public"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.AddRepository(w.ann, &githubtest.Repository{Name: "diary", DefaultBranch: "main", Visibility: "private"}); err != nil {
		t.Fatal(err)
	}
	// Far enough ahead that only this one was pushed to since.
	m.SetClock(githubtest.Epoch.AddDate(1, 0, 0), 1)
	if err := m.Import(lamp, "reset refs/heads/y\nfrom refs/heads/main\n\n"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		of   map[string]any
		want []string
	}{
		{"an organisation", map[string]any{"owner": "lantern"}, []string{"lantern/lamp", "lantern/fork", "lantern/old"}},
		{"another user", map[string]any{"owner": "bob"}, []string{"bob/bobs"}},
		{"the owner of the token", map[string]any{"owner": "ANN"}, []string{"ann/notes", "ann/diary"}},
		{"all topics", map[string]any{"owner": "lantern", "topics": []string{"light", "OIL"}}, []string{"lantern/lamp"}},
		{"visibility", map[string]any{"owner": "lantern", "visibility": "private"}, []string{"lantern/fork"}},
		{"not archived", map[string]any{"owner": "lantern", "archived": "exclude"}, []string{"lantern/lamp", "lantern/fork"}},
		{"only archived", map[string]any{"owner": "lantern", "archived": "only"}, []string{"lantern/old"}},
		{"no forks", map[string]any{"owner": "lantern", "forks": "exclude"}, []string{"lantern/lamp", "lantern/old"}},
		{"only forks", map[string]any{"owner": "lantern", "forks": "only"}, []string{"lantern/fork"}},
		{"pushed since", map[string]any{"owner": "lantern", "pushed_since": "2024-12-31"}, []string{"lantern/lamp"}},
	}
	for _, size := range []int{100, 1} {
		s := w.open(map[string]any{"pagination_limit": size})
		for _, test := range tests {
			found, end, err := discover(t, s, "repositories", test.of)
			if err != nil || end == nil || !end.Complete {
				t.Errorf("%s: %v, end %+v", test.name, err, end)
			}
			if diff := cmp.Diff(test.want, namesOf(found)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
		found, _, err := discover(t, s, "repositories", nil)
		if err != nil || len(found) < 5 {
			t.Errorf("everything: %v, %v", namesOf(found), err)
		}
	}
	found, _, err := discover(t, w.open(nil), "repositories", map[string]any{"owner": "lantern", "topics": []string{"oil"}})
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Found{Identity: number(lamp.ID), ID: number(lamp.ID), FullName: "lantern/lamp", Owner: "lantern", Name: "lamp", Slug: "lamp", URL: w.URL + "/lantern/lamp",
		Visibility: found[0].Visibility, Empty: found[0].Empty, SizeMB: found[0].SizeMB, DefaultBranch: "main", Topics: []string{"light", "oil"}, License: "MIT", PushedAt: found[0].PushedAt}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestDiscoverRefuses(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	for name, test := range map[string]struct {
		kind string
		of   map[string]any
		code providers.Code
	}{
		"no such owner":    {"repositories", map[string]any{"owner": "nobody"}, providers.CodeNotFound},
		"no name":          {"repositories", map[string]any{"owner": "../x"}, providers.CodeInvalid},
		"no date":          {"repositories", map[string]any{"pushed_since": "yesterday"}, providers.CodeInvalid},
		"no such kind":     {"groups", nil, providers.CodeUnsupported},
		"gists of no name": {"gists", map[string]any{"username": "a b"}, providers.CodeInvalid},
		"gists of nobody":  {"gists", map[string]any{"username": "nobody"}, providers.CodeNotFound},
	} {
		if _, end, err := discover(t, s, test.kind, test.of); providers.CodeOf(err) != test.code || end != nil {
			t.Errorf("%s: %v, end %+v; want %s", name, err, end, test.code)
		}
	}
}

// TestDiscoverBreaksOff does not take half a listing for a whole one.
func TestDiscoverBreaksOff(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.repository(&githubtest.Repository{Name: fmt.Sprintf("r%d", i)})
	}
	s := w.open(map[string]any{"pagination_limit": 2})
	w.Faults(githubtest.Fault{Path: "/orgs/lantern/repos", From: 2, Times: -1, Status: 502})
	found, end, err := discover(t, s, "repositories", map[string]any{"owner": "lantern"})
	if err != nil || len(found) != 2 || end == nil || end.Complete || end.Problem == nil || end.Problem.Code != providers.CodeUnavailable {
		t.Errorf("%v, end %+v, error %v", namesOf(found), end, err)
	}
}
