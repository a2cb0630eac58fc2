package threads

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	r.only = map[schema.Key]bool{}
	var threads []listed
	for _, k := range keys {
		text, _, _ := strings.Cut(k.ID, "#")
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number <= 0 {
			continue // an id that was never given: it is gone
		}
		r.only[k] = true
		threads = append(threads, listed{number: number})
	}
	slices.SortFunc(threads, func(a, b listed) int { return int(a.number - b.number) })
	if err := r.through(ctx, slices.Compact(threads)); err != nil {
		return err
	}
	return r.send(providers.Message{End: &providers.StreamEnd{}})
}
