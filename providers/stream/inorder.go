package stream

import (
	"context"
	"iter"
)

// InOrder does something for each item, several at once, and yields what came of it
// in the order of the items. It is never more than ahead items in front of its
// reader, in whose goroutine calls are made while it waits. The first error ends
// it; when it returns, nothing that it began is still running.
func InOrder[In, Out any](ctx context.Context, ahead int, calls <-chan func(), items iter.Seq2[In, error], do func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	type answer struct {
		out Out
		err error
	}
	return func(yield func(Out, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		next, stopItems := iter.Pull2(items)
		defer stopItems()
		var running []chan answer
		defer func() {
			stop()
			for _, c := range running {
				<-c
			}
		}()
		for more := true; more || len(running) > 0; {
			for more && len(running) < ahead {
				var item In
				var err error
				if item, err, more = next(); !more {
					break
				}
				c := make(chan answer, 1)
				running = append(running, c)
				if err != nil {
					c <- answer{err: err}
					more = false
					break
				}
				go func() {
					out, err := do(ctx, item)
					c <- answer{out, err}
				}()
			}
			if len(running) == 0 {
				return
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
