package threads

import (
	"context"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	r.cursor.Next.Lost = map[string]int64{}
	if err := r.through(ctx, r.Pick(keys, r.numberOf)); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{}})
}

// numberOf is the number of the thread that a record belongs to.
func (r *reading) numberOf(k schema.Key) (int64, bool) {
	text := k.ID
	if k.Kind != r.sort.Kind {
		rest, ok := strings.CutPrefix(text, r.sort.prefix)
		if !ok {
			return 0, false
		}
		text, _, _ = strings.Cut(rest, "#")
	}
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil && number > 0
}
