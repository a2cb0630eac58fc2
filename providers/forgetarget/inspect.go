package forgetarget

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
)

// atOnce is how many places are looked at side by side.
const atOnce = 8

// Inspect is Target.Inspect for targets that look at one place at a time: it looks
// at several at once, and yields the answers as they come. What look fails with
// becomes the problem of its place.
func Inspect(ctx context.Context, places []providers.Place, look func(context.Context, providers.Place) (providers.Standing, error)) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		// Lookups of a source are asked in the same way; only their number is
		// needed to lend it.
		queries := make([]providers.Lookup, len(places))
		for i := range queries {
			queries[i].ID = i
		}
		standings := make([]providers.Standing, len(places))
		for answer, err := range providers.InspectEach(ctx, queries, atOnce, func(ctx context.Context, l providers.Lookup) providers.Inspection {
			standings[l.ID] = standing(ctx, places[l.ID], look)
			return providers.Inspection{ID: l.ID}
		}) {
			if err != nil {
				yield(providers.Standing{}, err)
				return
			}
			if !yield(standings[answer.ID], nil) {
				return
			}
		}
	}
}

func standing(ctx context.Context, place providers.Place, look func(context.Context, providers.Place) (providers.Standing, error)) providers.Standing {
	s, err := look(ctx, place)
	if err != nil {
		s = providers.Standing{Problem: Failure("inspect", place.Path(), err)}
	}
	s.ID = place.ID
	return s
}
