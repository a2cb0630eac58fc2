package state

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestRunID(t *testing.T) {
	// The time of the ULID specification's example, 01ARYZ6S41...
	id, err := newRunID(time.UnixMilli(1469918176385), bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if err != nil || id != "01ARYZ6S41ZZZZZZZZZZZZZZZZ" {
		t.Errorf("got %q, %v", id, err)
	}
	if _, err := newRunID(time.Now(), bytes.NewReader(make([]byte, 9))); err == nil {
		t.Error("an id was made of too little randomness")
	}
	var ids []string
	for i := range 100 {
		id, err := newRunID(time.UnixMilli(1<<40+int64(i)*977), bytes.NewReader(bytes.Repeat([]byte{byte(200 - i)}, 10)))
		if err != nil || len(id) != 26 {
			t.Fatalf("got %q, %v", id, err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
}
