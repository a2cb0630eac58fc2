package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// lister is a source that lists what it was given, then fails if it is to.
type lister struct {
	providers.UnimplementedSource
	list []providers.Discovered
	err  error
}

func (l lister) Discover(context.Context, providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		for _, d := range l.list {
			if !yield(d, nil) {
				return
			}
		}
		if l.err != nil {
			yield(providers.Discovered{}, l.err)
		}
	}
}

func found(names ...string) []providers.Discovered {
	var list []providers.Discovered
	for _, n := range names {
		list = append(list, providers.Discovered{Item: &schema.Found{Identity: "id-" + n, FullName: n}})
	}
	return list
}

func ending(list []providers.Discovered, end providers.ListingEnd) []providers.Discovered {
	return append(list, providers.Discovered{End: &end})
}

func TestDiscover(t *testing.T) {
	whole := providers.ListingEnd{Complete: true}
	half := providers.ListingEnd{Problem: providers.Errorf(providers.CodeUnavailable, "connection reset")}
	ten := make([]string, 10)
	for i := range ten {
		ten[i] = fmt.Sprint("acme/", i)
	}
	for _, test := range []struct {
		name     string
		source   lister
		block    schema.Discovery
		before   int64
		want     []string
		complete bool
		fails    string
	}{
		{name: "all", source: lister{list: ending(found("acme/b", "acme/a"), whole)}, want: []string{"acme/b", "acme/a"}, complete: true},
		{name: "none", source: lister{list: ending(nil, whole)}, complete: true},
		{name: "patterns", source: lister{list: ending(found("acme/api", "acme/old-api", "acme/web"), whole)},
			block: schema.Discovery{Include: []string{"*api"}, Exclude: []string{"acme/old-*"}}, want: []string{"acme/api"}, complete: true},
		{name: "ended early, and said so", source: lister{list: ending(found("acme/a"), half)}, want: []string{"acme/a"}},
		{name: "ended before the first", source: lister{list: ending(nil, half)}, fails: "connection reset"},
		{name: "ended without a word", source: lister{list: found("acme/a")}, want: []string{"acme/a"}},
		{name: "failed", source: lister{list: found("acme/a"), err: errors.New("broken pipe")}, want: []string{"acme/a"}, fails: "broken pipe"},
		{name: "one more than the limit tells that there are more", source: lister{list: ending(found("a", "b", "c", "d"), whole)},
			block: schema.Discovery{Limit: 2}, want: []string{"a", "b", "c"}},
		{name: "exactly the limit", source: lister{list: ending(found("a", "b"), whole)}, block: schema.Discovery{Limit: 2}, want: []string{"a", "b"}, complete: true},
		{name: "one identity twice", source: lister{list: ending(append(found("a"), providers.Discovered{Item: &schema.Found{Identity: "id-a", FullName: "b\x1b[2J"}}), whole)},
			want: []string{"a"}, fails: `a and b\x1b[2J with one identity`},
		{name: "shrank as much as it may", source: lister{list: ending(found(ten...), whole)}, block: schema.Discovery{MaxDrop: "10%"}, before: 11, want: ten, complete: true},
		{name: "shrank by more", source: lister{list: ending(found(ten...), whole)}, block: schema.Discovery{MaxDrop: "10%"}, before: 12, want: ten, complete: true, fails: "10 repositories, and had 12"},
		{name: "shrank by more than a number", source: lister{list: ending(found(ten...), whole)}, block: schema.Discovery{MaxDrop: "1"}, before: 12, want: ten, complete: true, fails: "allows 1 fewer"},
		{name: "grew", source: lister{list: ending(found(ten...), whole)}, block: schema.Discovery{MaxDrop: "0"}, before: 3, want: ten, complete: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := engine.Discover(t.Context(), test.source, test.block, test.before, nil)
			var names []string
			for _, f := range list.Items {
				names = append(names, f.FullName)
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if list.Complete != test.complete {
				t.Errorf("complete is %v", list.Complete)
			}
			if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("error %v, want %q", err, test.fails)
			}
		})
	}
}

func TestDiscoverTellsOfWaits(t *testing.T) {
	list := append(found("a"), providers.Discovered{Throttled: &providers.Throttle{Reason: "slow down"}})
	var told []string
	got, err := engine.Discover(t.Context(), lister{list: ending(list, providers.ListingEnd{Complete: true})}, schema.Discovery{}, 0, func(w providers.Throttle) { told = append(told, w.Reason) })
	if err != nil || len(got.Items) != 1 || len(told) != 1 {
		t.Errorf("%+v, told %v, %v", got, told, err)
	}
	if _, err := engine.Discover(t.Context(), lister{list: ending(list, providers.ListingEnd{Complete: true})}, schema.Discovery{}, 0, nil); err != nil {
		t.Errorf("with nobody to tell: %v", err)
	}
}
