package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

func TestMatches(t *testing.T) {
	const keyed, plain = schema.Address(`repository.acme["acme/api"]`), schema.Address("repository.handbook")
	for _, test := range []struct {
		pattern string
		address schema.Address
		want    bool
	}{
		{string(keyed), keyed, true},
		{"repository.acme", keyed, true},
		{"acme/api", keyed, true},
		{"acme/*", keyed, true},
		{"*api", keyed, true},
		{"*", keyed, true},
		{`repository.acme["acme/*"]`, keyed, true},
		{"repository.*", keyed, true},
		{"repository.ac", keyed, false},
		{"acme/ap", keyed, false},
		{"api", keyed, false},
		{"*api*api*", keyed, false},
		{"", keyed, false},
		{"repository.handbook", plain, true},
		{"handbook", plain, true},
		{"hand*", plain, true},
		{"repository", plain, false},
		{"*book*book", plain, false},
	} {
		if got := engine.Matches(test.pattern, test.address); got != test.want {
			t.Errorf("Matches(%q, %s) is %v", test.pattern, test.address, got)
		}
	}
}

// A pattern that names nothing is told, so that a slip of the pen is not taken
// for success. What only the state knows counts too.
func TestUnmatchedPatterns(t *testing.T) {
	m := &schema.Migration{Resources: []schema.Resource{{Address: "repository.api"}}}
	h := engine.History{Entries: []schema.Entry{{Address: "repository.orphan"}}}
	o := engine.Options{Only: []string{"repository.api", "repositry.api"}, Except: []string{"orphan", "zzz*"}, Restart: []string{"repository.other"}}
	if diff := cmp.Diff([]string{"repositry.api", "zzz*", "repository.other"}, o.Unmatched(m, h)); diff != "" {
		t.Errorf("unmatched (-want +got):\n%s", diff)
	}
}
