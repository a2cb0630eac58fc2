package gitpack

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/flate"
)

// inflateGeneral is what tiny is compared with.
func inflateGeneral(src []byte, limit int64) ([]byte, int, error) {
	r := bytes.NewReader(src)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(r), limit))
	return out, len(src) - r.Len(), err
}

func compressed(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// samples are contents that make all sorts of blocks.
func samples() map[string][]byte {
	binary := make([]byte, 3000)
	for i := range binary {
		binary[i] = byte(i * i >> 5)
	}
	skewed := bytes.Repeat([]byte("a"), 3000) // codes of many lengths
	for i, n := 0, 1; i < 60; i, n = i+1, n+i/3+1 {
		skewed[n] = byte(i + 32)
	}
	return map[string][]byte{
		"nothing": nil,
		"a byte":  []byte("a"),
		"text":    []byte("tree 0123456789abcdef0123456789abcdef01234567\nauthor A <a@example.org> 1700000000 +0000\n"),
		"commit": []byte("tree 2f1b9c4ad05e8fe0c68c758d715b5a8f60d98442\nparent 8dd4070ac07988fe3f9d24c8e0fa3b889f50d0c9\n" +
			"author Ada Example <ada@example.org> 1700000000 +0100\ncommitter Ben Example <ben@example.org> 1700000100 +0100\n\n" +
			"engine: refuse a setting that makes it another repository\n\nA changed name is not a rename when the identity differs.\n"),
		"zeros":  make([]byte, 5000),
		"binary": binary,
		"skewed": skewed,
		"words":  bytes.Repeat([]byte("some words and some more words, "), 100),
	}
}

func TestTinyInflatesWhatOthersDeflate(t *testing.T) {
	for name, data := range samples() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 4, 6, 9} {
			src := compressed(t, data, level)
			var f tiny
			for range 2 { // the second run finds what the first one left
				dst := make([]byte, len(data))
				made, end := f.inflate(dst, append(bytes.Clone(src), "behind the end"...))
				if made != len(data) || end != len(src) || !bytes.Equal(dst, data) {
					t.Errorf("%s, level %d: %d bytes, end at %d; want %d, %d", name, level, made, end, len(data), len(src))
				}
			}
			for n := range min(len(data), 40) {
				dst := make([]byte, n)
				if made, _ := f.inflate(dst, src); made != n || !bytes.Equal(dst, data[:n]) {
					t.Fatalf("%s, level %d: the first %d bytes are %q", name, level, n, dst[:made])
				}
			}
			for cut := range src {
				if _, end := f.inflate(make([]byte, len(data)), src[:cut]); end >= 0 {
					t.Fatalf("%s, level %d: %d of %d bytes are enough", name, level, cut, len(src))
				}
			}
		}
	}
}

// FuzzTiny checks that tiny makes what the general inflater makes, or nothing.
func FuzzTiny(f *testing.F) {
	for _, data := range samples() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 9} {
			f.Add(compressed(f, data, level))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		want, used, err := inflateGeneral(src, 1<<16)
		var f tiny
		dst := make([]byte, len(want))
		made, end := f.inflate(dst, src)
		if !bytes.Equal(dst[:made], want[:made]) {
			t.Fatalf("made %q, want %q", dst[:made], want[:made])
		}
		if end >= 0 && (err != nil || end != used) {
			t.Fatalf("ends at %d; general inflater at %d, %v", end, used, err)
		}
	})
}

func BenchmarkTiny(b *testing.B) {
	data := samples()["commit"]
	src := compressed(b, data, 6)
	dst := make([]byte, len(data))
	b.Run("tiny", func(b *testing.B) {
		var f tiny
		for b.Loop() {
			if _, end := f.inflate(dst, src); end < 0 {
				b.Fatal("it cannot")
			}
		}
	})
	b.Run("general", func(b *testing.B) {
		r := bytes.NewReader(src)
		f := flate.NewReader(r)
		for b.Loop() {
			r.Reset(src)
			if err := f.(flate.Resetter).Reset(r, nil); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(f, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
