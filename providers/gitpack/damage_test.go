package gitpack

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// packOf returns a pack of the given entries, and where each starts. A refDelta
// finds its base by the first byte of its id, which is the number of an entry.
func packOf(entries ...[]byte) (*pack, []int64) {
	data := make([]byte, packHeaderSize)
	var offs []int64
	for _, e := range entries {
		offs = append(offs, int64(len(data)))
		data = append(data, e...)
	}
	end := int64(len(data))
	data = append(data, make([]byte, packTrailerSize)...)
	return &pack{
		name: "test",
		r:    bytes.NewReader(data),
		end:  func() int64 { return end },
		find: func(id ID) (int64, bool) {
			if int(id[0]) >= len(offs) {
				return 0, false
			}
			return offs[id[0]], true
		},
		tools: &tools{},
	}, offs
}

func deflated(data []byte) []byte {
	var d deflater
	out, err := d.compress(data)
	if err != nil {
		panic(err) // bytes in memory can always be compressed
	}
	return out
}

func whole(stated int64, data []byte) []byte {
	return append(appendEntry(nil, Blob, stated, 0), deflated(data)...)
}

// byName returns a refDelta against entry number n.
func byName(n byte, delta []byte) []byte {
	out := appendEntry(nil, refDelta, int64(len(delta)), 0)
	id := ID{n}
	return append(append(out, id[:]...), deflated(delta)...)
}

func byOffset(back int64, delta []byte) []byte {
	return append(appendEntry(nil, offsetDelta, int64(len(delta)), back), deflated(delta)...)
}

func TestDamagedPacks(t *testing.T) {
	text := bytes.Repeat([]byte("some text\n"), 100)
	good := whole(int64(len(text)), text)
	wrongSum := bytes.Clone(good)
	wrongSum[len(wrongSum)-1]++
	noZlib := bytes.Clone(good)
	noZlib[2] = 0x79
	garbage := append(appendEntry(nil, Blob, 100, 0), "\x78\x01\xff\xff\xff\xff\xff\xff\xff\xff"...)
	for _, test := range []struct {
		name    string
		entries [][]byte
		read    int // which entry
	}{
		{"cut off", [][]byte{good[:len(good)-10]}, 0},
		{"only a header", [][]byte{good[:2]}, 0},
		{"longer than stated", [][]byte{whole(999, text)}, 0},
		{"shorter than stated", [][]byte{whole(1001, text)}, 0},
		{"sixty megabytes in ten bytes", [][]byte{whole(60<<20, nil)}, 0},
		{"wrong checksum", [][]byte{wrongSum}, 0},
		{"no zlib header", [][]byte{noZlib}, 0},
		{"garbage", [][]byte{garbage}, 0},
		{"reserved type", [][]byte{{0x51, 1, 2, 3}}, 0},
		{"a delta of itself", [][]byte{byName(0, []byte("\x01\x01\x01a"))}, 0},
		{"deltas of each other", [][]byte{byName(1, []byte("\x01\x01\x01a")), byName(0, []byte("\x01\x01\x01a"))}, 0},
		{"base elsewhere", [][]byte{byName(9, []byte("\x01\x01\x01a"))}, 0},
		{"base before the pack", [][]byte{byOffset(1, []byte("\x01\x01\x01a"))}, 0},
		{"base in the middle of an entry", [][]byte{good, byOffset(5, []byte("\x01\x01\x01a"))}, 1},
		{"delta of another base", [][]byte{good, byOffset(int64(len(good)), []byte("\x01\x01\x01a"))}, 1},
		{"delta cut off", [][]byte{good, byOffset(int64(len(good)), []byte("\xe8\x07\x05\x02a"))}, 1},
		{"empty delta", [][]byte{good, byOffset(int64(len(good)), nil)}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, offs := packOf(test.entries...)
			if _, data, err := p.read(offs[test.read]); !errors.Is(err, ErrCorrupt) {
				t.Errorf("read: %d bytes, %v; want ErrCorrupt", len(data), err)
			}
			_, _, r, err := p.open(offs[test.read])
			if err == nil {
				_, err = io.ReadAll(r)
				if closeErr := r.Close(); closeErr != nil {
					t.Error(closeErr)
				}
			}
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("open: %v, want ErrCorrupt", err)
			}
			if _, _, _, err := p.rebuild(offs[test.read]); !errors.Is(err, ErrCorrupt) {
				t.Errorf("rebuild: %v, want ErrCorrupt", err)
			}
			_, _, _ = p.stat(offs[test.read]) // may believe headers, and must end
		})
	}
}

func TestOffsetsOutsideThePack(t *testing.T) {
	p, _ := packOf(whole(1, []byte("a")))
	for _, off := range []int64{-1, 0, packHeaderSize - 1, 1000, 1 << 62} {
		if _, _, err := p.read(off); !errors.Is(err, ErrCorrupt) {
			t.Errorf("read at %d: %v, want ErrCorrupt", off, err)
		}
	}
}

func TestBombIsNotInflated(t *testing.T) {
	data := append(appendEntry(nil, Blob, MaxRead+1, 0), deflated(make([]byte, 1<<20))...)
	p, offs := packOf(data)
	if _, _, err := p.read(offs[0]); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	// Streams deliver no more than was stated.
	p, offs = packOf(whole(10, make([]byte, 1<<20)))
	_, size, r, err := p.open(offs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); n > size || !errors.Is(err, ErrCorrupt) {
		t.Errorf("%d bytes of %d, %v; want ErrCorrupt", n, size, err)
	}
}

// TestRebuild compares the way through temporary files with the one in
// memory, over a chain of deltas.
func TestRebuild(t *testing.T) {
	text := bytes.Repeat([]byte("some text\n"), 100)
	entries := [][]byte{whole(int64(len(text)), text)}
	for i := range 20 {
		d := NewDelta(int64(len(text)), int64(len(text)+1))
		d.Copy(0, 500)
		d.Insert([]byte{byte('a' + i)})
		d.Copy(500, int64(len(text)-500))
		entries = append(entries, byName(byte(i), d.Bytes()))
		text = slices.Concat(text[:500], []byte{byte('a' + i)}, text[500:])
	}
	p, offs := packOf(entries...)
	_, want, err := p.read(offs[20])
	if err != nil {
		t.Fatal(err)
	}
	kind, size, r, err := p.rebuild(offs[20])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if kind != Blob || size != int64(len(text)) || err != nil || !bytes.Equal(got, want) || !bytes.Equal(got, text) {
		t.Errorf("rebuilt a %s of %d bytes, %v; want %d", kind, len(got), err, len(want))
	}
}

// TestLongChain has more in its deltas than is kept in memory at once.
func TestLongChain(t *testing.T) {
	const size, links = 3 << 20, 6
	data := bytes.Repeat([]byte{0}, size)
	entries := [][]byte{whole(size, data)}
	for i := range links {
		data = bytes.Repeat([]byte{byte(i + 1)}, size)
		d := NewDelta(size, size)
		d.Insert(data)
		entries = append(entries, byName(byte(i), d.Bytes()))
	}
	p, offs := packOf(entries...)
	_, got, err := p.read(offs[links])
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// FuzzPack reads a pack of any bytes at any place, in all ways.
func FuzzPack(f *testing.F) {
	text := bytes.Repeat([]byte("some text\n"), 10)
	delta := NewDelta(100, 51)
	delta.Copy(0, 50)
	delta.Insert([]byte("x"))
	f.Add(whole(100, text), byOffset(int64(len(whole(100, text))), delta.Bytes()))
	f.Add(whole(100, text), byName(0, delta.Bytes()))
	f.Add(byName(1, delta.Bytes()), byName(0, delta.Bytes()))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p, offs := packOf(first, second)
		for _, off := range offs {
			kind, data, err := p.read(off)
			if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("read: %v", err)
			}
			statKind, size, statErr := p.stat(off)
			if err == nil && (statErr != nil || statKind != kind || size != int64(len(data))) {
				t.Fatalf("stat: %s, %d, %v; read: %s, %d", statKind, size, statErr, kind, len(data))
			}
			_, _, r, openErr := p.open(off)
			if openErr != nil {
				if err == nil {
					t.Fatalf("open: %v", openErr)
				}
				continue
			}
			got, openErr := io.ReadAll(io.LimitReader(r, 1<<20))
			if (openErr == nil) != (err == nil) && len(got) < 1<<20 || err == nil && len(data) < 1<<20 && !bytes.Equal(got, data) {
				t.Fatalf("open: %d bytes, %v; read: %d bytes, %v", len(got), openErr, len(data), err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzLoose(f *testing.F) {
	f.Add(deflated([]byte("blob 4\x00text")))
	f.Add(deflated([]byte("blob 99999999999999\x00text")))
	f.Add(deflated([]byte("blob -1\x00")))
	f.Add(deflated([]byte("blurb 1\x00a")))
	f.Add(deflated([]byte("blob 5\x00text")))
	f.Fuzz(func(t *testing.T, file []byte) {
		var pool inflaters
		_, s, err := openLoose(bytes.NewReader(file), int64(len(file)), &pool)
		if err == nil {
			size := s.left
			var n int64
			n, err = io.Copy(io.Discard, io.LimitReader(s, 1<<20))
			if n > size || err == nil && n < min(size, 1<<20) {
				t.Fatalf("%d bytes of %d", n, size)
			}
		}
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

// TestDiskFailure checks that a writer does not go on after an error.
func TestDiskFailure(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o777); err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(Blob, []byte("a")); err != nil {
		t.Fatal(err)
	}
	readOnly, err := os.Open(w.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	w.file = readOnly // so that writing fails
	large := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(large)
	if _, err := w.Put(Blob, large); err == nil {
		t.Error("writing to a read-only file works")
	}
	if _, err := w.Put(Blob, []byte("b")); err == nil {
		t.Error("a write after a failed one is accepted")
	}
	if name, err := w.Finish(); err == nil {
		t.Errorf("finished as %s", name)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}
