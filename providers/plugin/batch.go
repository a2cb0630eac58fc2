package plugin

import (
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
)

// linger is how long an element waits for others to travel with. It is short
// beside any request to a forge, and long beside the making of one element.
const linger = 20 * time.Millisecond

// batch gathers the elements of a stream into messages: as many as fit, and
// fewer when the producer pauses. Its methods may be used by one producer; send
// is never called twice at once and never after close has returned.
type batch[T any] struct {
	send func([]T) error

	mu     sync.Mutex
	items  []T
	bytes  int
	err    error // of an earlier send
	closed bool
	timer  *time.Timer
}

// add takes one element of the given size. It blocks while the receiver is
// behind. An error is that of a send, of this element or an earlier one.
func (b *batch[T]) add(item T, size int) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.items) > 0 && b.bytes+size > wire.Chunk {
		b.flushLocked()
	}
	if b.err != nil {
		return b.err
	}
	b.items = append(b.items, item)
	b.bytes += size
	switch {
	case len(b.items) >= wire.ChunkItems || b.bytes >= wire.Chunk:
		b.flushLocked()
	case len(b.items) == 1 && b.timer == nil:
		b.timer = time.AfterFunc(linger, b.pause)
	case len(b.items) == 1:
		b.timer.Reset(linger)
	}
	return b.err
}

// flush sends what was gathered.
func (b *batch[T]) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked()
	return b.err
}

// close flushes, and ends all sending.
func (b *batch[T]) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
	return b.err
}

// pause is called when the oldest element has waited long enough.
func (b *batch[T]) pause() { _ = b.flush() } // the error waits for the producer

func (b *batch[T]) flushLocked() {
	if len(b.items) == 0 || b.err != nil || b.closed {
		return
	}
	// A new slice each time: gRPC may still be reading the old one.
	b.err = b.send(b.items)
	b.items, b.bytes = nil, 0
}
