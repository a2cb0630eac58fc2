package plugin

import (
	"context"
	"sync"
)

// folders lets one call at a time work in a folder. The engine's end of a call
// returns as soon as its context ends, while the provider's may need a moment
// more to clear up; a call that follows in the same folder waits that out.
type folders struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when the folder is free again
}

// take waits for a folder. The caller runs release at its end.
func (f *folders) take(ctx context.Context, dir string) (release func(), err error) {
	for {
		f.mu.Lock()
		busy, ok := f.taken[dir]
		if !ok {
			defer f.mu.Unlock()
			return f.takeLocked(dir), nil
		}
		f.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *folders) takeLocked(dir string) (release func()) {
	if f.taken == nil {
		f.taken = make(map[string]chan struct{})
	}
	free := make(chan struct{})
	f.taken[dir] = free
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.taken, dir)
		close(free)
	}
}
