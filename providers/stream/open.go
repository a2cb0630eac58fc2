package stream

import (
	"iter"

	"github.com/drover-migrate/drover/providers"
)

// Open yields what open returns, which is asked for when somebody reads.
func Open(open func() (iter.Seq2[providers.Message, error], error)) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		messages, err := open()
		if err != nil {
			yield(providers.Message{}, providers.AsError(err))
			return
		}
		messages(yield)
	}
}
