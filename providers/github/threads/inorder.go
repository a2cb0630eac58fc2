package threads

import (
	"context"
	"iter"
)

// inOrder does something for each item that next returns, several at once, and
// yields what came of it in the order of the items. Next is asked in the
// goroutine of the reader, which is never more than ahead items behind; calls
// is what others want done there while it waits. The first error ends it.
// When it returns, nothing that it began is still running.
func inOrder[In, Out any](ctx context.Context, ahead int, calls <-chan func(), next func() (In, bool), do func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	type answer struct {
		out Out
		err error
	}
	return func(yield func(Out, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var queue []chan answer
		defer func() {
			cancel()
			for _, c := range queue {
				<-c
			}
		}()
		for {
			for len(queue) < ahead {
				in, ok := next()
				if !ok {
					break
				}
				c := make(chan answer, 1)
				queue = append(queue, c)
				go func() {
					out, err := do(ctx, in)
					c <- answer{out, err}
				}()
			}
			if len(queue) == 0 {
				return
			}
			select {
			case call := <-calls:
				call()
			case a := <-queue[0]:
				queue = queue[1:]
				if !yield(a.out, a.err) || a.err != nil {
					return
				}
			}
		}
	}
}
