package svn

import (
	"bytes"
	"errors"
	"testing"
)

func TestLateText(t *testing.T) {
	want, loads := []byte("a text"), 0
	text := NewLateText(int64(len(want)), func() ([]byte, error) { loads++; return want, nil })
	if err := NewSpool(t.TempDir()).Keep(text); err != nil {
		t.Fatal(err)
	}
	if loads > 0 || text.Held() > 0 {
		t.Errorf("loaded %d times, %d bytes held before anybody wants it", loads, text.Held())
	}
	if size, err := text.ResultSize(); err != nil || size != text.Size() || size != int64(len(want)) {
		t.Errorf("size %d, %v", size, err)
	}
	got, delta, err := text.Apply([]byte("another"))
	if err != nil || delta != nil || !bytes.Equal(got, want) {
		t.Errorf("Apply: %q, %q, %v", got, delta, err)
	}
	var out bytes.Buffer
	if err := text.ApplyStream(bytes.NewReader(nil), 0, &out); err != nil || !bytes.Equal(out.Bytes(), want) {
		t.Errorf("ApplyStream: %q, %v", out.Bytes(), err)
	}
	text.Expect("", "da39a3ee5e6b4b0d3255bfef95601890afd80709")
	if _, err := text.Result(nil); !errors.Is(err, ErrChecksum) {
		t.Errorf("error %v, want %v", err, ErrChecksum)
	}
	gone := errors.New("gone")
	text = NewLateText(1, func() ([]byte, error) { return nil, gone })
	if _, err := text.Result(nil); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
}
