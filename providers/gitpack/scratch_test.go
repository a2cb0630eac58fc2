package gitpack

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What is made on the way along a chain is overwritten; what was returned is
// not.
func TestReadChainBackwards(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o755); err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	var ids []ID
	var versions [][]byte
	version := bytes.Repeat([]byte("a line of many\n"), 200)
	for i := range 3 * keptEvery {
		before := version
		version = append(bytes.Clone(before), fmt.Sprintf("line %d\n", i)...)
		id, err := w.PutAgainst(Blob, version, Hash(Blob, before), before)
		if err != nil {
			t.Fatal(err)
		}
		ids, versions = append(ids, id), append(versions, version)
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make([][]byte, len(ids))
	for i := len(ids) - 1; i >= 0; i-- {
		if _, got[i], err = s.Read(ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range versions {
		if !bytes.Equal(got[i], want) {
			t.Errorf("version %d differs after all were read", i)
		}
	}
}
