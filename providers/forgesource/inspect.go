package forgesource

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
)

// Inspect is Source.Inspect: it asks for the facts of several repositories at once,
// at most so many, and yields the answers as they come.
func Inspect(ctx context.Context, queries []providers.Lookup, atOnce int, facts func(context.Context, providers.Lookup) (*providers.Facts, error)) iter.Seq2[providers.Inspection, error] {
	return providers.InspectEach(ctx, queries, atOnce, func(ctx context.Context, q providers.Lookup) providers.Inspection {
		found, err := facts(ctx, q)
		switch {
		case err != nil:
			return providers.Inspection{ID: q.ID, Problem: providers.AsError(err)}
		case found.ETag == q.ETag:
			return providers.Inspection{ID: q.ID, Unchanged: true}
		}
		return providers.Inspection{ID: q.ID, Facts: found}
	})
}

// Stable are facts without what moves while the repository stays the same: its size
// goes up and down as the server packs, and an estimate follows what it is made of.
func Stable(facts *providers.Facts) providers.Facts {
	same := *facts
	same.GitBytes, same.Requests = 0, 0
	return same
}
