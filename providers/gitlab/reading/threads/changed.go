package threads

import (
	"context"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// changed reads the threads that changed since an earlier reading, or all when
// threads appeared that are not new.
func (r *reading) changed(ctx context.Context, h Head, s since) error {
	numbers, err := r.list(ctx, s.At)
	if err != nil {
		return err
	}
	there := s.Total // unless some were deleted
	for _, n := range numbers {
		if n > s.Last {
			there++
		}
	}
	var all []int64
	total := h.Total
	if total != there { // it does not say, some are missing, or somebody wrote meanwhile
		if all, err = r.list(ctx, time.Time{}); err != nil {
			return err
		}
		total = int64(len(all))
	}
	next := r.cursor.Next
	next.Last = s.Last
	if n := len(numbers); n > 0 {
		next.Last = max(next.Last, numbers[n-1])
	}
	// More than were made have appeared when the token may see more than before.
	// What was made after the first list is at the end of the second.
	late := int64(0)
	for _, n := range slices.Backward(all) {
		if n <= next.Last {
			break
		}
		late++
	}
	if total-late > there {
		r.cursor.Whole, r.cursor.Done, r.cursor.Counts, r.cursor.Next.Lost = true, 0, map[schema.Kind]int64{}, map[string]int64{}
		return r.whole(ctx)
	}
	next.Total = total - late
	r.given = map[int64]bool{}
	if err := r.through(ctx, numbers); err != nil {
		return err
	}
	deleted := all != nil && total-late < there
	if deleted {
		if err := r.kept(all); err != nil {
			return err
		}
	}
	for code, n := range s.Lost { // of what did not change was counted before
		next.Lost[code] = max(next.Lost[code], n)
	}
	if err := r.Losses(next.Lost, lossText); err != nil {
		return err
	}
	counts := map[schema.Kind]int64{}
	if r.Wants(r.sort.Kind) {
		counts[r.sort.Kind] = total - late
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: deleted, Next: stream.Encode(next)}})
}

// kept tells which threads are still there. One that an interrupted reading yielded
// is there too.
func (r *reading) kept(all []int64) error {
	if !r.Wants(r.sort.Kind) {
		return nil
	}
	for _, n := range all {
		if r.given[n] {
			continue
		}
		if err := r.Send(providers.Message{Kept: &schema.Key{Kind: r.sort.Kind, ID: id(n)}}); err != nil {
			return err
		}
	}
	return nil
}
