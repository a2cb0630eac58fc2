package directory

import (
	"context"
	"errors"
	"sync"
	"testing"
)

func TestLocks(t *testing.T) {
	var l locks
	counters := map[string]*int{"a": new(int), "b": new(int), "c": new(int)}
	pairs := [][]string{{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "a"}, {"a", "a"}}
	var workers sync.WaitGroup
	for range 20 {
		for _, pair := range pairs {
			workers.Go(func() {
				release, err := l.acquire(t.Context(), pair[0], pair[1])
				if err != nil {
					t.Error(err)
					return
				}
				defer release()
				*counters[pair[0]]++ // the race detector watches
			})
		}
	}
	workers.Wait()
	if total := *counters["a"] + *counters["b"] + *counters["c"]; total != 100 {
		t.Errorf("%d of 100 got their turn", total)
	}
	if len(l.held) != 0 {
		t.Errorf("%d locks are left", len(l.held))
	}
}

func TestLockWaitEndsWithItsContext(t *testing.T) {
	var l locks
	release, err := l.acquire(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.acquire(ctx, "a", "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a lock that is held: %v", err)
	}
	release()
	if len(l.held) != 0 {
		t.Errorf("%d locks are left", len(l.held))
	}
}
