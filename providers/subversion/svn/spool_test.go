package svn

import (
	"bytes"
	"os"
	"testing"
)

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	spool := NewSpool(dir)
	var texts []*Text
	for i := range 40 {
		text := NewText(true, bytes.Repeat([]byte{byte(i)}, 1<<20))
		if err := spool.Keep(text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	var held int64
	for _, text := range texts {
		held += text.Held()
	}
	if held > spillSize {
		t.Errorf("%d bytes are held in memory, want at most %d", held, int64(spillSize))
	}
	for i, text := range texts {
		got, _, err := text.Apply(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, bytes.Repeat([]byte{byte(i)}, 1<<20)) {
			t.Errorf("text %d came back changed", i)
		}
	}
	file := texts[len(texts)-1].file
	for range 2 { // closing again does nothing
		for _, text := range texts {
			if err := text.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := file.Stat(); err == nil {
		t.Error("the file is open after all texts were closed")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSpoolReopens(t *testing.T) {
	spool := NewSpool(t.TempDir())
	for i := range 30 {
		want := bytes.Repeat([]byte{byte(i)}, 3<<20)
		text := NewText(true, want)
		if err := spool.Keep(text); err != nil {
			t.Fatal(err)
		}
		got, _, err := text.Apply(nil)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("text %d came back changed: %v", i, err)
		}
		if err := text.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
