package gitlab

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestCheckPlace(t *testing.T) {
	good := []providers.Place{
		{Name: "api"},
		{Namespace: "acme", Name: "api"},
		{Namespace: "acme/team/sub", Name: "a.b_c-d"},
		{Namespace: "_old.name-", Name: "api"},
		{Namespace: "acme", Name: "admin"},
		{Block: "group", Name: "acme"},
		{Block: "group", Namespace: "acme", Name: "dashboard"},
		{Namespace: strings.Repeat("a", 255), Name: strings.Repeat("b", 255)},
		{Namespace: strings.Repeat("a/", 20) + "a", Name: "x"},
	}
	for _, place := range good {
		if err := checkPlace(place); err != nil {
			t.Errorf("%s: %v", place.Path(), err)
		}
	}
}

func TestCheckPlaceRefuses(t *testing.T) {
	deep := strings.Repeat("a/", 21) + "a"
	tests := []struct {
		place     providers.Place
		attribute string
		message   string
		hint      string // part of it
	}{
		{providers.Place{Namespace: "acme"}, "new_name", "a project needs a name", `"project"`},
		{providers.Place{Name: "Tree"}, "new_name", "the server keeps this name for itself", `"Tree-project"`},
		{providers.Place{Name: "-"}, "new_name", "the server keeps this name for itself", `"project"`},
		{providers.Place{Name: "the repo"}, "new_name", "the path of a project is made of letters without accents, digits, dashes, underscores and dots", `"the-repo"`},
		{providers.Place{Name: "übung"}, "new_name", "the path of a project is made of letters without accents, digits, dashes, underscores and dots", `"bung"`},
		{providers.Place{Name: "a/b"}, "new_name", "the path of a project is made of letters without accents, digits, dashes, underscores and dots", `"a-b"`},
		{providers.Place{Name: "x\n"}, "new_name", "the path of a project is made of letters without accents, digits, dashes, underscores and dots", `"x"`},
		{providers.Place{Name: strings.Repeat("b", 256)}, "new_name", "the path of a project has 255 characters at most", strings.Repeat("b", 255) + `"`},
		{providers.Place{Name: "foo.GIT"}, "new_name", "the path of a project does not end in .git or .atom", `"foo"`},
		{providers.Place{Name: "foo.atom"}, "new_name", "the path of a project does not end in .git or .atom", `"foo"`},
		{providers.Place{Name: "-x"}, "new_name", "the path of a project begins with a letter or digit", `"x"`},
		{providers.Place{Name: ".github"}, "new_name", "the path of a project begins with a letter or digit", `"github"`},
		{providers.Place{Name: "_x"}, "new_name", "the path of a project begins with a letter or digit", `"x"`},
		{providers.Place{Name: "x."}, "new_name", "the path of a project ends with a letter or digit", `"x"`},
		{providers.Place{Name: "a--b"}, "new_name", "the path of a project has no two of . _ - in a row", `"a-b"`},
		{providers.Place{Name: "a_.b"}, "new_name", "the path of a project has no two of . _ - in a row", `"a-b"`},
		{providers.Place{Namespace: "API", Name: "x"}, "target_namespace", "the server keeps this name for itself", `"API-group"`},
		{providers.Place{Namespace: "acme/wikis", Name: "x"}, "target_namespace", "the server keeps this name for itself", `"acme/wikis-group"`},
		{providers.Place{Namespace: "acme//x", Name: "x"}, "target_namespace", "a group needs a name", `"acme/group/x"`},
		{providers.Place{Namespace: "acme/environments", Name: "folders"}, "new_name", "the server keeps this path for itself", ""},
		{providers.Place{Namespace: "_old", CreateNamespace: true, Name: "x"}, "target_namespace", "the path of a group begins with a letter or digit", `"old"`},
		{providers.Place{Namespace: "../up", Name: "x"}, "target_namespace", "the path of a group ends with a letter or digit", `"group/up"`},
		{providers.Place{Name: ".."}, "new_name", "the path of a project ends with a letter or digit", `"project"`},
		{providers.Place{Namespace: deep, Name: "x"}, "target_namespace", "groups stand in one another at most 21 deep", ""},
		{providers.Place{Block: "group", Namespace: strings.TrimSuffix(deep, "/a"), Name: "x"}, "target_namespace", "groups stand in one another at most 21 deep", ""},
		{providers.Place{Block: "group", Name: "explore"}, "new_name", "the server keeps this name for itself", `"explore-group"`},
		{providers.Place{Block: "group", Namespace: "acme", Name: "edit"}, "new_name", "the server keeps this name for itself", `"edit-group"`},
	}
	for _, test := range tests {
		err := checkPlaces([]providers.Place{test.place})[0]
		if err == nil {
			t.Errorf("%.50q is taken", test.place.Path())
			continue
		}
		if err.Code != providers.CodeInvalid || err.Attribute != test.attribute || err.Message != test.message || !strings.Contains(err.Hint, test.hint) {
			t.Errorf("%.50q: %s of %s, hint %s; want %s of %s, hint %s", test.place.Path(), err.Message, err.Attribute, err.Hint, test.message, test.attribute, test.hint)
		}
	}
}

// What is suggested is taken.
func FuzzSuggest(f *testing.F) {
	f.Add("the repo.git")
	f.Add("--.")
	f.Add("tree")
	f.Fuzz(func(t *testing.T, name string) {
		for _, block := range []string{"repository", "group"} {
			k := thing{what: "project", reserved: reservedBelow()}
			if block == "group" {
				k = thing{what: "group", reserved: reservedTop()}
			}
			better := k.suggest(name)
			if better == "" {
				continue
			}
			if err := checkPlace(providers.Place{Block: block, Name: better}); err != nil {
				t.Fatalf("%q: %q is suggested: %v", name, better, err)
			}
		}
	})
}

func TestVisibility(t *testing.T) {
	tests := []struct{ placement, source, want string }{
		{``, "public", "public"},
		{``, "internal", "internal"},
		{``, "private", "private"},
		{``, "", "private"},
		{``, "secret", "private"},
		{`{"visibility":"private"}`, "public", "private"},
		{`{"visibility":"internal"}`, "private", "internal"},
		{`{"visibility":"public"}`, "private", "public"},
	}
	for _, test := range tests {
		p, err := readPlacement([]byte(test.placement))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.visibility(test.source); got != test.want {
			t.Errorf("%s of what is %q at the source: %s; want %s", test.placement, test.source, got, test.want)
		}
	}
}
