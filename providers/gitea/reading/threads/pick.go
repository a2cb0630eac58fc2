package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	var threads []listed
	for _, number := range r.Pick(keys, stream.NumberOf) {
		threads = append(threads, listed{number: number})
	}
	if err := r.through(ctx, threads); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{}})
}
