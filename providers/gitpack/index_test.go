package gitpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func someObjects(n int) []located {
	r := rand.New(rand.NewPCG(1, 2))
	objects := make([]located, n)
	for i := range objects {
		for j := range objects[i].id {
			objects[i].id[j] = byte(r.Uint32())
		}
		objects[i].offset = int64(12 + 100*i)
		objects[i].crc = r.Uint32()
	}
	return objects
}

func TestIndexRoundTrip(t *testing.T) {
	objects := someObjects(3000)
	// Ids that differ in their last bytes only, and offsets around 31 bits.
	for i := range 100 {
		objects[i].id = ID{18: byte(i >> 4), 19: byte(i & 15)}
	}
	for i, off := range []int64{largeOffset - 1, largeOffset, largeOffset + 1, 1 << 40} {
		objects[200+i].offset = off
	}
	want := slices.Clone(objects)
	x, err := parseIndex(encodeIndex(objects, ID{1, 2, 3}))
	if err != nil {
		t.Fatal(err)
	}
	if x.pack != (ID{1, 2, 3}) || x.n != len(want) {
		t.Errorf("index of %d objects for pack %s", x.n, x.pack)
	}
	for _, o := range want {
		i, ok := x.find(o.id)
		if !ok {
			t.Fatalf("%s is missing", o.id)
		}
		got := located{x.id(i), x.offset(i), binary.BigEndian.Uint32(x.crcs[4*i:])}
		if diff := cmp.Diff(o, got, cmp.AllowUnexported(located{})); diff != "" {
			t.Fatalf("object (-want +got):\n%s", diff)
		}
		o.id[19] ^= 0x80
		if _, ok := x.find(o.id); ok {
			t.Fatalf("%s is there", o.id)
		}
	}
}

func TestIndexOfNothing(t *testing.T) {
	x, err := parseIndex(encodeIndex(nil, ID{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := x.find(ID{}); ok {
		t.Error("found an object in an empty index")
	}
}

func TestDamagedIndexes(t *testing.T) {
	good := encodeIndex(someObjects(10), ID{})
	change := func(at int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[at:], b)
		return out
	}
	for name, data := range map[string][]byte{
		"empty":               nil,
		"cut in the head":     good[:100],
		"cut by a byte":       good[:len(good)-1],
		"longer":              append(bytes.Clone(good), make([]byte, 8*11)...),
		"unknown version":     change(7, 3),
		"fanout falls":        change(8+4*10, 0xff, 0xff, 0xff, 0xff),
		"more than there are": change(8+4*255, 0x7f, 0xff, 0xff, 0xff),
		"of SHA-256 objects":  slices.Concat(good, make([]byte, 12*10+24)),
	} {
		if _, err := parseIndex(data); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
	x, err := parseIndex(change(8+1024+10*24, 0xff, 0xff, 0xff, 0xff))
	if err != nil {
		t.Fatal(err)
	}
	if off := x.offset(0); off != -1 {
		t.Errorf("an offset outside the table is %d, want -1", off)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(encodeIndex(nil, ID{}), make([]byte, 20))
	objects := someObjects(5)
	objects[1].offset = 1 << 40
	f.Add(encodeIndex(objects, ID{}), objects[0].id[:])
	f.Fuzz(func(t *testing.T, data, id []byte) {
		x, err := parseIndex(data)
		if err != nil {
			return
		}
		for i := range x.n {
			x.offset(i)
			x.find(x.id(i))
		}
		if len(id) == len(ID{}) {
			x.find(ID(id))
		}
	})
}

func TestEntryRoundTrip(t *testing.T) {
	for _, size := range []int64{0, 1, 15, 16, 2047, 2048, MaxRead, 1 << 40, 1<<62 - 1, 1<<63 - 1} {
		for _, back := range []int64{1, 127, 128, 16511, 16512, 1 << 31, 1 << 50} {
			for _, kind := range []Kind{Commit, Tree, Blob, Tag, offsetDelta} {
				at := int64(1<<50 + packHeaderSize)
				buf := appendEntry(nil, kind, size, back)
				e, n, err := parseEntry(buf, at)
				if err != nil {
					t.Fatalf("%d %d: %v", size, back, err)
				}
				want := entry{kind: kind, size: size}
				if kind == offsetDelta {
					want.base = at - back
				}
				if n != len(buf) || e != want {
					t.Fatalf("got %+v of %d bytes, want %+v of %d", e, n, want, len(buf))
				}
				for cut := range buf {
					if _, _, err := parseEntry(buf[:cut], at); !errors.Is(err, ErrCorrupt) {
						t.Fatalf("cut to %d of %d bytes: %v", cut, len(buf), err)
					}
				}
			}
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("\x9f\x80\x01"), int64(100))
	f.Add([]byte("\xe1\x80\x00\x80\x01"), int64(1000))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), int64(12))
	f.Fuzz(func(t *testing.T, buf []byte, off int64) {
		e, n, err := parseEntry(buf, off)
		if err != nil {
			return
		}
		if n > len(buf) || e.size < 0 || e.kind == offsetDelta && (e.base < packHeaderSize || e.base >= off) {
			t.Fatalf("entry %+v of %d bytes at %d", e, n, off)
		}
	})
}
