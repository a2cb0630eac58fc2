package forgetarget

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestClaim(t *testing.T) {
	const project Noun = "project"
	refs := map[string]string{"refs/heads/main": "1"}
	tests := []struct {
		name       string
		adopt      bool
		format     string
		found      Found
		unfinished bool
		says       string // the error; empty: none
	}{
		{name: "ours", found: Found{Refs: refs, Marker: "git:1"}},
		{name: "ours, not marked yet", found: Found{Description: project.Description("git:1")}, unfinished: true},
		{name: "ours, marked and not finished", found: Found{Description: project.Description("git:1"), Marker: "git:1"}, unfinished: true},
		{name: "somebody's", found: Found{Refs: refs}, says: "a project that drover did not make"},
		{name: "somebody's who copied the description", found: Found{Description: project.Description("git:1"), Refs: refs}, says: "a project that drover did not make"},
		{name: "somebody's, adopted", adopt: true, found: Found{Refs: refs}},
		{name: "another's", found: Found{Marker: "git:2"}, says: `the project there belongs to the source repository with the identity "git:2"`},
		{name: "another's, not marked yet", found: Found{Description: project.Description("git:2")}, says: "a project that drover did not make"},
		{name: "another format", format: "sha256", found: Found{Marker: "git:1", ObjectFormat: "sha1"}, says: "its object format is sha1"},
		{name: "an unknown format", format: "sha256", found: Found{Marker: "git:1"}},
	}
	for _, test := range tests {
		unfinished, err := project.Claim(providers.CreateRequest{Marker: "git:1", Adopt: test.adopt, ObjectFormat: test.format}, test.found)
		if unfinished != test.unfinished || (err == nil) != (test.says == "") {
			t.Errorf("%s: unfinished is %v, the error %v", test.name, unfinished, err)
		} else if err != nil && (providers.CodeOf(err) != providers.CodeConflict || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: the error is %v; want %q", test.name, err, test.says)
		}
	}
}

func TestID(t *testing.T) {
	const project Noun = "project"
	if id, err := project.ID(schema.Ref{ID: "12"}); id != 12 || err != nil {
		t.Errorf("12 is %d, %v", id, err)
	}
	for _, text := range []string{"", "0", "-3", "acme/api", "\x1b"} {
		if id, err := project.ID(schema.Ref{ID: text}); providers.CodeOf(err) != providers.CodeNotFound || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q is %d, %v", text, id, err)
		}
	}
}

func TestCheckMarker(t *testing.T) {
	for marker, ok := range map[string]bool{
		"github:12": true, strings.Repeat("x", schema.MaxID): true,
		"": false, "a\nb": false, "a\x7f": false, strings.Repeat("x", schema.MaxID+1): false,
	} {
		if err := CheckMarker(marker); (err == nil) != ok {
			t.Errorf("%.20q: %v", marker, err)
		}
	}
}
