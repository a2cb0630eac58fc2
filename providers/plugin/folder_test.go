package plugin

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestFolders(t *testing.T) {
	var f folders
	release, err := f.take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := f.take(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.take(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a folder that is taken: %v, want it to wait until the context ends", err)
	}
	release()
	if release, err = f.take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	release()
	if len(f.taken) > 0 {
		t.Errorf("%d folders are still taken", len(f.taken))
	}
}

func TestFoldersOneAtATime(t *testing.T) {
	var f folders
	var inside atomic.Int32
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			release, err := f.take(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d calls are in the folder", n)
			}
			inside.Add(-1)
		})
	}
	wait.Wait()
}
