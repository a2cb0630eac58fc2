package directory

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// answers calls ask for every question, a few at a time, and yields the answers
// as they come. When the context ends first, the last result is its error.
func answers[Q, A any](parent context.Context, questions []Q, ask func(context.Context, Q) A) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		ctx, cancel := context.WithCancel(parent)
		defer cancel()
		results := make(chan A)
		var next atomic.Int64
		var workers sync.WaitGroup
		for range min(runtime.GOMAXPROCS(0), len(questions)) {
			workers.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= len(questions) || ctx.Err() != nil {
						return
					}
					select {
					case results <- ask(ctx, questions[i]):
					case <-ctx.Done():
						return
					}
				}
			})
		}
		defer workers.Wait()
		defer cancel() // before the wait: deferred calls run last to first
		for range questions {
			select {
			case answer := <-results:
				if parent.Err() == nil && !yield(answer, nil) {
					return
				}
			case <-ctx.Done():
			}
			if err := parent.Err(); err != nil {
				var none A
				yield(none, err)
				return
			}
		}
	}
}
