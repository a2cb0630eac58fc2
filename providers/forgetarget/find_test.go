package forgetarget

import (
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/schema"
)

func wantedOf(kind schema.Kind, key, id string) providers.Wanted {
	return providers.Wanted{Key: schema.Key{Kind: kind, ID: key}, Ref: schema.Ref{ID: id}}
}

func TestFind(t *testing.T) {
	wanted := []providers.Wanted{wantedOf(schema.KindIssue, "i1", ""), wantedOf(schema.KindLabel, "l1", ""), wantedOf(schema.KindIssue, "i2", "")}
	isIssue := func(w providers.Wanted) bool { return w.Key.Kind == schema.KindIssue }
	all := func(talk []providers.Wanted) ([]schema.Ref, error) {
		if len(talk) != 2 {
			t.Errorf("asked for %v", talk)
		}
		return []schema.Ref{{ID: "at " + talk[0].Key.ID}, {ID: "at " + talk[1].Key.ID}}, nil
	}
	one := func(w providers.Wanted) (schema.Ref, error) { return schema.Ref{ID: "at " + w.Key.ID}, nil }
	got, err := Find(wanted, isIssue, all, one)
	if diff := cmp.Diff([]schema.Ref{{ID: "at i1"}, {ID: "at l1"}, {ID: "at i2"}}, got); diff != "" || err != nil {
		t.Errorf("%v, refs (-want +got):\n%s", err, diff)
	}
	broken := errors.New("broken")
	if _, err := Find(wanted, isIssue, func([]providers.Wanted) ([]schema.Ref, error) { return nil, broken }, one); !errors.Is(err, broken) {
		t.Errorf("conversations fail with %v", err)
	}
	if _, err := Find(wanted, isIssue, all, func(providers.Wanted) (schema.Ref, error) { return schema.Ref{}, broken }); !errors.Is(err, broken) {
		t.Errorf("others fail with %v", err)
	}
}

func TestFinder(t *testing.T) {
	read := map[string]int{}
	list := func(name string, all ...Marked) iter.Seq2[Marked, error] {
		return func(yield func(Marked, error) bool) {
			read[name]++
			Each(all, nil)(yield)
		}
	}
	labels := Map(list("labels", Marked{Ref: schema.Ref{ID: "1", Version: "a"}}), func(m Marked) schema.Ref { return m.Ref })
	marker := func(kind schema.Kind, id string) string {
		return "text\n" + attribution.Marker(schema.Key{Kind: kind, ID: id})
	}
	releases := list("releases", Marked{schema.Ref{ID: "7"}, marker(schema.KindRelease, "r7")}, Marked{schema.Ref{ID: "8"}, marker(schema.KindLabel, "l9")})
	var f Finder
	tests := []struct {
		wanted providers.Wanted
		want   string
	}{
		{wantedOf(schema.KindLabel, "l1", ""), ""}, // costs nothing
		{wantedOf(schema.KindLabel, "l1", "1"), "1"},
		{wantedOf(schema.KindLabel, "l2", "2"), ""},
		{wantedOf(schema.KindRelease, "r7", ""), "7"},
		{wantedOf(schema.KindRelease, "r7", "8"), "8"}, // where it stood comes first
		{wantedOf(schema.KindRelease, "r9", "9"), ""},
		{wantedOf(schema.KindLabel, "l9", "9"), ""}, // a release cannot say that it is a label
	}
	for _, test := range tests {
		var got schema.Ref
		var err error
		if test.wanted.Key.Kind == schema.KindLabel {
			got, err = f.ByID(test.wanted, labels)
		} else {
			got, err = f.ByMarker(test.wanted, releases)
		}
		if got.ID != test.want || err != nil {
			t.Errorf("%v is found at %q, %v; want %q", test.wanted, got.ID, err, test.want)
		}
	}
	if diff := cmp.Diff(map[string]int{"labels": 1, "releases": 1}, read); diff != "" {
		t.Errorf("how often lists were read (-want +got):\n%s", diff)
	}
	broken := errors.New("broken")
	if _, err := f.ByID(wantedOf(schema.KindMilestone, "m", "1"), Each[schema.Ref](nil, broken)); !errors.Is(err, broken) {
		t.Errorf("a list that breaks off gives %v", err)
	}
}

func TestByNumber(t *testing.T) {
	double := func(n int64) (int64, error) { return 2 * n, nil }
	if got, err := ByNumber("21", double); got != 42 || err != nil {
		t.Errorf("21: %d, %v", got, err)
	}
	for _, id := range []string{"", "0", "-1", "x", "1/2"} {
		if _, err := ByNumber(id, double); NilIfNotFound(err) != nil || err == nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}
