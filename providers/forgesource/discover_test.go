package forgesource_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// each yields items, and then an error if there is one.
func each[T any](err error, items ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// discover says in words what a listing of names tells, at most so many things.
func discover(ctx context.Context, most int, kind string, names iter.Seq2[string, error]) []string {
	lister := func(_ context.Context, _ providers.Query, l *forgesource.Listing) error {
		return forgesource.Each(l, names, func(name string) (*schema.Found, error) {
			switch name {
			case "unwanted":
				return nil, nil
			case "improper":
				return nil, errors.New("improper")
			}
			return &schema.Found{Identity: name}, nil
		})
	}
	var told []string
	for d, err := range forgesource.Discover(ctx, providers.Query{Kind: kind}, map[string]forgesource.Lister{"repositories": lister}) {
		switch {
		case err != nil:
			told = append(told, "error "+string(providers.CodeOf(err)))
		case d.Item != nil:
			told = append(told, d.Item.Identity)
		case d.End.Complete:
			told = append(told, "complete")
		default:
			told = append(told, "cut off: "+string(d.End.Problem.Code))
		}
		if len(told) == most {
			break
		}
	}
	return told
}

func TestDiscover(t *testing.T) {
	down := providers.Errorf(providers.CodeUnavailable, "down")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		kind  string
		most  int
		ctx   context.Context
		names iter.Seq2[string, error]
		want  string
	}{
		"a list":                    {names: each(nil, "a", "unwanted", "b", "a"), want: "a b complete"},
		"an empty list":             {names: each[string](nil), want: "complete"},
		"no more is wanted":         {names: each(down, "a", "b"), most: 1, want: "a"},
		"refused at once":           {names: each[string](down), want: "error unavailable"},
		"broken off":                {names: each(down, "a"), want: "a cut off: unavailable"},
		"broken off before a match": {names: each(down, "unwanted"), want: "cut off: unavailable"},
		"stopped":                   {names: each(down, "a"), ctx: over, want: "a error unavailable"},
		"improper":                  {names: each(nil, "a", "improper", "b"), want: "a cut off: internal"},
		"another kind":              {kind: "gists", want: "error unsupported"},
	} {
		if test.ctx == nil {
			test.ctx = t.Context()
		}
		if test.kind == "" {
			test.kind = "repositories"
		}
		if got := strings.Join(discover(test.ctx, test.most, test.kind, test.names), " "); got != test.want {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}

func TestFilter(t *testing.T) {
	item := &schema.Found{Visibility: "private", Fork: true, Topics: []string{"lamp", "Oil"}, PushedAt: time.Date(2024, 1, 31, 12, 0, 0, 0, time.UTC)}
	for settings, want := range map[string]bool{
		``:                          true,
		`{"visibility": "private"}`: true,
		`{"visibility": "public"}`:  false,
		`{"archived": "include", "forks": "include"}`: true,
		`{"archived": "exclude", "forks": "only"}`:    true,
		`{"archived": "only"}`:                        false,
		`{"forks": "exclude"}`:                        false,
		`{"topics": ["LAMP", "oil"]}`:                 true,
		`{"topics": ["lamp", "gas"]}`:                 false,
		`{"pushed_since": "2024-01-31"}`:              true,
		`{"pushed_since": "2024-01-31T12:00:01Z"}`:    false,
	} {
		f, err := forgesource.ReadFilter([]byte(settings))
		if err != nil || f.Takes(item) != want {
			t.Errorf("%s: %v, %v; want %v", settings, f.Takes(item), err, want)
		}
	}
	item.Archived, item.Fork = true, false
	for settings, want := range map[string]bool{`{"archived": "exclude"}`: false, `{"archived": "only"}`: true, `{"forks": "exclude"}`: true, `{"forks": "only"}`: false} {
		if f, err := forgesource.ReadFilter([]byte(settings)); err != nil || f.Takes(item) != want {
			t.Errorf("an archive, %s: %v, %v; want %v", settings, f.Takes(item), err, want)
		}
	}
	_, err := forgesource.ReadFilter([]byte(`{"pushed_since": "yesterday"}`))
	want := &providers.Error{Code: providers.CodeInvalid, Op: "read pushed_since", Attribute: "pushed_since", Message: `"yesterday" cannot be used`,
		Hint: `write a day such as "2024-01-31", or a moment such as "2024-01-31T12:00:00Z"`}
	if diff := cmp.Diff(want, providers.AsError(err)); diff != "" {
		t.Errorf("a strange day (-want +got):\n%s", diff)
	}
}

func TestInspect(t *testing.T) {
	facts := func(_ context.Context, q providers.Lookup) (*providers.Facts, error) {
		if q.ID == 3 {
			return nil, providers.Errorf(providers.CodeNotFound, "gone")
		}
		return &providers.Facts{Identity: "x", ETag: "now"}, nil
	}
	got := map[int]providers.Inspection{}
	for answer, err := range forgesource.Inspect(t.Context(), []providers.Lookup{{ID: 1}, {ID: 2, ETag: "now"}, {ID: 3}}, 2, facts) {
		if err != nil {
			t.Fatal(err)
		}
		got[answer.ID] = answer
	}
	if got[1].Facts == nil || got[1].Unchanged || got[2].Facts != nil || !got[2].Unchanged || got[3].Problem == nil || got[3].Problem.Code != providers.CodeNotFound {
		t.Errorf("%+v", got)
	}
}
