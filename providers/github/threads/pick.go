package threads

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	numbers := r.Pick(keys, func(k schema.Key) (int64, bool) {
		_, anchor, _ := strings.Cut(k.ID, "#")
		r.discussions = r.discussions || k.Kind == schema.KindDiscussion || k.Kind == schema.KindAttachment || strings.HasPrefix(anchor, anchorAnswer)
		return stream.NumberOf(k)
	})
	if r.discussions { // what is pinned is part of them
		h, err := r.head(ctx)
		if err != nil {
			return err
		}
		r.forum, r.untyped = h.forum, h.owned
	}
	var err error
	if r.types, err = r.someTypes(ctx, numbers); err != nil {
		return err
	}
	return r.through(ctx, these(numbers))
}
