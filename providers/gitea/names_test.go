package gitea

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestCheckPlace(t *testing.T) {
	good := []providers.Place{
		{Name: "api"},
		{Namespace: "acme", Name: "api"},
		{Namespace: "a-b.c_d", Name: "-1_."},
		{Namespace: "0x", Name: ".profile"},
		{Namespace: strings.Repeat("a", 40), Name: strings.Repeat("b", 100)},
	}
	for _, place := range good {
		if err := checkPlace(place); err != nil {
			t.Errorf("%s: %v", place.Path(), err)
		}
	}
	bad := []struct {
		place     providers.Place
		attribute string
	}{
		{providers.Place{Namespace: "acme"}, "new_name"},
		{providers.Place{Name: "."}, "new_name"},
		{providers.Place{Name: ".."}, "new_name"},
		{providers.Place{Name: "-"}, "new_name"},
		{providers.Place{Name: "the repo"}, "new_name"},
		{providers.Place{Name: "the/repo"}, "new_name"},
		{providers.Place{Name: "the..repo"}, "new_name"},
		{providers.Place{Name: "foo.wiki"}, "new_name"},
		{providers.Place{Name: "foo.GIT"}, "new_name"},
		{providers.Place{Name: "foo.rss"}, "new_name"},
		{providers.Place{Name: "übung"}, "new_name"},
		{providers.Place{Name: "x\n"}, "new_name"},
		{providers.Place{Name: strings.Repeat("b", 101)}, "new_name"},
		{providers.Place{Namespace: "a/b", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "API", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "user", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "-a", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "a--b", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "a.", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: "a.keys", Name: "api"}, "target_namespace"},
		{providers.Place{Namespace: strings.Repeat("a", 41), Name: "api"}, "target_namespace"},
	}
	for _, test := range bad {
		err := checkPlace(test.place)
		if err == nil || err.Code != providers.CodeInvalid || err.Attribute != test.attribute {
			t.Errorf("%.50q: %v; want a refusal of %s", test.place.Path(), err, test.attribute)
		}
	}
}

func TestPrivate(t *testing.T) {
	tests := []struct {
		placement string
		atSource  string
		want      bool
	}{
		{``, "public", false},
		{``, "private", true},
		{``, "internal", true},
		{``, "", true},
		{`{"visibility":"private"}`, "public", true},
		{`{"visibility":"public"}`, "private", false},
	}
	for _, test := range tests {
		p, err := readPlacement([]byte(test.placement))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.private(test.atSource); got != test.want {
			t.Errorf("%s of what is %q at the source: private is %v", test.placement, test.atSource, got)
		}
	}
}

func TestPlacementDefaults(t *testing.T) {
	p, err := readPlacement(nil)
	if err != nil || p != (placement{Visibility: "source", NumberGaps: "reproduce", LFS: true}) {
		t.Errorf("defaults are %+v, %v", p, err)
	}
	if _, err := readPlacement([]byte(`{"notify":"perhaps"}`)); providers.CodeOf(err) != providers.CodeInvalid {
		t.Errorf("a setting of another type: %v", err)
	}
}
