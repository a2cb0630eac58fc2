package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReserve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acme.db")
	r, err := Reserve(t.Context(), path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reserving made a state: %v", err)
	}
	if _, err := Reserve(t.Context(), path, testOptions()); !isA[*LockedError](err) {
		t.Errorf("a second reservation: %v, want a *LockedError", err)
	}
	if err := r.Release(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("released, and %v is left, %v", left, err)
	}

	if r, err = Reserve(t.Context(), path, testOptions()); err != nil {
		t.Fatal(err)
	}
	o := testOptions()
	o.Create, o.Reserved = true, r
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.LockFile() != nil {
		t.Error("the reservation still has the lock that Open took over")
	}
	if err := r.Release(); err != nil {
		t.Error(err)
	}
	if _, err := Reserve(t.Context(), path, testOptions()); !isA[*LockedError](err) {
		t.Errorf("reserving an open state: %v, want a *LockedError", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
