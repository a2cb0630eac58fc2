package providers

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// InspectEach is Source.Inspect for sources that look at one repository at a
// time: it looks at several at once, at most so many, and yields the answers as
// they come.
func InspectEach(ctx context.Context, queries []Lookup, atOnce int, look func(context.Context, Lookup) Inspection) iter.Seq2[Inspection, error] {
	return func(yield func(Inspection, error) bool) {
		asking, stop := context.WithCancel(ctx)
		answers := make(chan Inspection)
		var next atomic.Int64
		var workers sync.WaitGroup
		for range min(atOnce, len(queries)) {
			workers.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= len(queries) || asking.Err() != nil {
						return
					}
					select {
					case answers <- look(asking, queries[i]):
					case <-asking.Done():
						return
					}
				}
			})
		}
		defer workers.Wait()
		defer stop() // before the wait: deferred calls run last to first
		for range queries {
			select {
			case answer := <-answers:
				// What was cut off would look like a fault of the repository.
				if ctx.Err() == nil && !yield(answer, nil) {
					return
				}
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				yield(Inspection{}, AsError(ctx.Err()))
				return
			}
		}
	}
}
