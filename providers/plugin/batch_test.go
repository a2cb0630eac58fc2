package plugin

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
)

func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []int // lengths
		b := &batch[int]{send: func(items []int) error { sent = append(sent, len(items)); return nil }}
		add := func(n, size int) {
			t.Helper()
			for range n {
				if err := b.add(0, size); err != nil {
					t.Fatal(err)
				}
			}
		}
		expect := func(what string, want ...int) {
			t.Helper()
			synctest.Wait()
			b.mu.Lock() // send is called with it
			defer b.mu.Unlock()
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
			sent = nil
		}

		add(wire.ChunkItems+1, 1)
		expect("full by count", wire.ChunkItems)
		time.Sleep(linger)
		expect("the producer pauses", 1)
		time.Sleep(10 * linger)
		expect("nothing to send")
		add(3, wire.Chunk/2)
		expect("full by size", 2)
		add(1, 10*wire.Chunk)
		expect("a large one travels alone", 1, 1)
		add(2, 1)
		if err := b.close(); err != nil {
			t.Fatal(err)
		}
		expect("close", 2)
	})
}

func TestBatchAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		sends := 0
		b := &batch[int]{send: func([]int) error { sends++; return broken }}
		if err := b.add(1, 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(linger)
		synctest.Wait()
		if err := b.add(2, 1); !errors.Is(err, broken) {
			t.Errorf("add after a failed send: %v", err)
		}
		if err := b.close(); !errors.Is(err, broken) || sends != 1 {
			t.Errorf("close: %v after %d sends", err, sends)
		}
	})
}
