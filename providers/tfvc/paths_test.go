package tfvc

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/drover-migrate/drover/providers/tfvc/azure"
)

func TestRelative(t *testing.T) {
	tests := []struct {
		server, want string
		inside, bad  bool
	}{
		{"$/P", "", true, false},
		{"$/P/", "", true, false},
		{"$/p/A/b.txt", "A/b.txt", true, false},
		{"$/Px/a", "", false, false},
		{"$/", "", false, false},
		{"$", "", false, false},
		{"/P/a", "", false, true},
		{"", "", false, true},
		{"$/P/../a", "", false, true},
		{"$/P//a", "", false, true},
		{"$/P/\xff", "", false, true},
	}
	for _, tt := range tests {
		got, inside, err := relative(tt.server, "P")
		if got != tt.want || inside != tt.inside || err != nil != tt.bad {
			t.Errorf("relative(%q) = %q, %v, %v", tt.server, got, inside, err)
		}
	}
}

func TestFold(t *testing.T) {
	for _, same := range [][2]string{{"aBc", "AbC"}, {"straße", "STRAßE"}, {"Ünï", "üNÏ"}} {
		if fold(same[0]) != fold(same[1]) {
			t.Errorf("%q and %q are one name", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"\u212a", "k"}, {"ı", "i"}, {"ſ", "s"}, {"a", "b"}} {
		if fold(other[0]) == fold(other[1]) {
			t.Errorf("%q and %q are two names", other[0], other[1])
		}
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, key string
		want         bool
	}{
		{"MAIN", "MAIN", true}, {"MAIN", "MAIN2", false}, {"REL/*", "REL/1.0", true}, {"REL/*", "REL", false},
		{"REL/*", "REL/1/2", false}, {"*/MAIN", "APP/MAIN", true}, {"R*L/V*.*", "REL/V1.0", true}, {"", "", true}, {"", "A", false},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.key); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.key, got)
		}
	}
}

// FuzzPlan makes plans of any changes: what comes out is in order, inside of the
// project and named once.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`[{"changeType":"edit, rename","sourceServerItem":"$/P/a","item":{"path":"$/P/b","size":1,"hashValue":"1B2M2Y8AsgTpgAmY7PhCfg=="},"mergeSources":[{"serverItem":"$/P/a","versionFrom":1,"versionTo":2,"isRename":true}]}]`))
	f.Add([]byte(`[{"changeType":"delete, sourceRename","item":{"path":"$/P/a"}},{"changeType":"branch, merge","item":{"path":"$/P/D","isFolder":true},"mergeSources":[{"serverItem":"$/Q/x","versionTo":9}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var changes []azure.Change
		if json.Unmarshal(data, &changes) != nil {
			t.Skip()
		}
		p := &planner{project: "P", list: func(context.Context, string, int) iter.Seq2[azure.Item, error] {
			return func(func(azure.Item, error) bool) {}
		}}
		out, err := p.plan(t.Context(), azure.Changeset{Number: 3}, func(yield func(azure.Change, error) bool) {
			for _, c := range changes {
				if !yield(c, nil) {
					return
				}
			}
		})
		if err != nil {
			return
		}
		for i, s := range out.present {
			if checkPath(s.path) != nil {
				t.Errorf("present: %q", s.path)
			}
			if i > 0 && fold(out.present[i-1].path) >= fold(s.path) {
				t.Errorf("%q comes before %q", out.present[i-1].path, s.path)
			}
		}
		for _, r := range out.removed {
			if checkPath(r) != nil {
				t.Errorf("removed: %q", r)
			}
		}
	})
}
