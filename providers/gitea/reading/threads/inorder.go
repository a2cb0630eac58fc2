package threads

import (
	"context"
	"iter"
)

// inOrder does something for each item, several at once, and yields what came of
// it in the order of the items. It is never more than ahead items in front of its
// reader, in whose goroutine calls are made while it waits. The first error ends
// it; when it returns, nothing that it began is still running.
func inOrder[In, Out any](ctx context.Context, ahead int, calls <-chan func(), items []In, do func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	type answer struct {
		out Out
		err error
	}
	return func(yield func(Out, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		var running []chan answer
		defer func() {
			stop()
			for _, c := range running {
				<-c
			}
		}()
		for len(items) > 0 || len(running) > 0 {
			for len(items) > 0 && len(running) < ahead {
				item, c := items[0], make(chan answer, 1)
				items, running = items[1:], append(running, c)
				go func() {
					out, err := do(ctx, item)
					c <- answer{out, err}
				}()
			}
			select {
			case call := <-calls:
				call()
			case a := <-running[0]:
				running = running[1:]
				if !yield(a.out, a.err) || a.err != nil {
					return
				}
			}
		}
	}
}
