package threads

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	r.only = map[schema.Key]bool{}
	var numbers []int64
	for _, k := range keys {
		text, anchor, _ := strings.Cut(k.ID, "#")
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number <= 0 {
			continue // an id that was never given: it is gone
		}
		r.only[k] = true
		numbers = append(numbers, number)
		r.discussions = r.discussions || k.Kind == schema.KindDiscussion || k.Kind == schema.KindAttachment || strings.HasPrefix(anchor, anchorAnswer)
	}
	if r.discussions { // what is pinned is part of them
		h, err := r.head(ctx)
		if err != nil {
			return err
		}
		r.forum, r.untyped = h.forum, h.owned
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var err error
	if r.types, err = r.someTypes(ctx, numbers); err != nil {
		return err
	}
	return r.through(ctx, these(numbers))
}
