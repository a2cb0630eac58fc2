package gitpack

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeltaBuilder(t *testing.T) {
	base := make([]byte, 300_000)
	for i := range base {
		base[i] = byte(i >> 3)
	}
	long := bytes.Repeat([]byte("0123456789"), 40)
	for _, test := range []struct {
		name  string
		build func(d *Delta)
		want  []byte
		ops   int
	}{
		{"nothing", func(*Delta) {}, nil, 0},
		{"adjacent copies are one", func(d *Delta) { d.Copy(10, 5); d.Copy(15, 7); d.Copy(22, 0) }, base[10:22], 1},
		{"other copies are two", func(d *Delta) { d.Copy(10, 5); d.Copy(10, 5) }, slices.Concat(base[10:15], base[10:15]), 2},
		{"a long copy is split", func(d *Delta) { d.Copy(0, 200_000) }, base[:200_000], 4},
		{"the longest copy", func(d *Delta) { d.Copy(0x100, maxCopy) }, base[0x100 : 0x100+maxCopy], 1},
		{"a long insert is split", func(d *Delta) { d.Insert(long) }, long, 4},
		{"adjacent inserts are one", func(d *Delta) { d.Insert([]byte("a")); d.Insert(nil); d.Insert([]byte("b")) }, []byte("ab"), 1},
		{"in turn", func(d *Delta) { d.Insert([]byte("a")); d.Copy(1, 2); d.Insert([]byte("b")) }, slices.Concat([]byte("a"), base[1:3], []byte("b")), 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := NewDelta(int64(len(base)), int64(len(test.want)))
			test.build(d)
			got, err := ApplyDelta(base, d.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if err := checkDelta(d.Bytes(), int64(len(base)), int64(len(test.want))); err != nil {
				t.Error(err)
			}
			_, _, ops, _ := deltaSizes(d.Bytes())
			n := 0
			for len(ops) > 0 {
				_, ops, err = nextOp(ops)
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != test.ops {
				t.Errorf("%d instructions, want %d", n, test.ops)
			}
		})
	}
}

func TestDeltaOutsideItsBase(t *testing.T) {
	for _, test := range []struct{ base, offset, n int64 }{
		{10, 5, 6}, {10, -1, 2}, {10, 2, -1}, {10, 1 << 62, 1 << 62}, {8 << 30, 5 << 30, 10},
	} {
		d := NewDelta(test.base, test.n)
		d.Copy(test.offset, test.n)
		if got := d.Bytes(); got != nil {
			t.Errorf("copy of %d at %d of %d: delta of %d bytes, want none", test.n, test.offset, test.base, len(got))
		}
	}
}

func TestApplyDeltaRefuses(t *testing.T) {
	base := []byte("0123456789")
	for _, test := range []struct {
		name  string
		delta string
		want  error
	}{
		{"empty", "", ErrCorrupt},
		{"one size", "\x0a", ErrCorrupt},
		{"size without end", "\x0a\x80\x80", ErrCorrupt},
		{"size over 64 bits", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", ErrCorrupt},
		{"negative size", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ErrCorrupt},
		{"another base", "\x0b\x01\x01a", ErrCorrupt},
		{"reserved instruction", "\x0a\x01\x00", ErrCorrupt},
		{"insert cut off", "\x0a\x03\x03ab", ErrCorrupt},
		{"copy cut off", "\x0a\x03\x91\x01", ErrCorrupt},
		{"copy behind the end", "\x0a\x05\x91\x08\x05", ErrCorrupt},
		{"copy of the default size", "\x0a\x80\x80\x04\x80", ErrCorrupt},
		{"result too short", "\x0a\x05\x90\x04", ErrCorrupt},
		{"result too long", "\x0a\x03\x90\x04", ErrCorrupt},
		{"ten gigabytes", "\x0a\x80\x80\x80\x80\x28\x01a", ErrTooLarge},
		{"sixty megabytes", "\x0a\x80\x80\x80\x1e\x01a", ErrCorrupt},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := ApplyDelta(base, []byte(test.delta)); !errors.Is(err, test.want) {
				t.Errorf("got %q, %v; want %v", got, err, test.want)
			}
		})
	}
}

// TestMatcher checks that a delta makes the right result, and how good it is.
func TestMatcher(t *testing.T) {
	random := func(seed uint64, n int) []byte {
		r := rand.New(rand.NewPCG(seed, 0))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	a, b, c := random(1, 5000), random(2, 5000), random(3, 5000)
	for _, test := range []struct {
		name       string
		base, data []byte
		max        int // the delta must be no longer, 0 for: there must be none
	}{
		{"same", a, a, 20},
		{"one byte in the middle", a, slices.Concat(a[:2500], []byte("x"), a[2501:]), 30},
		{"grown at the end", a, slices.Concat(a, b[:50]), 80},
		{"cut at the start", a, a[100:], 20},
		{"two changes", a, slices.Concat(a[:1000], b[:10], a[1010:3000], b[:20], a[3000:]), 80},
		{"blocks exchanged", slices.Concat(a, b, c), slices.Concat(c, b, a), 60},
		{"a block moved by an odd distance", slices.Concat(a, b), slices.Concat(c[:33], b, a), 90},
		{"zeros", make([]byte, 10_000), make([]byte, 9_000), 30},
		{"unrelated", a, b, 0},
		{"from nothing", nil, a, 0},
		{"all gone", a, nil, 0},
		{"short", []byte("abc"), []byte("abd"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m matcher
			for range 2 { // the second run finds the table in use
				delta := m.diff(test.base, test.data, worthwhile(len(test.data)))
				if delta == nil {
					if test.max > 0 {
						t.Fatal("no delta")
					}
					continue
				}
				got, err := ApplyDelta(test.base, delta)
				if err != nil || !bytes.Equal(got, test.data) {
					t.Fatalf("the delta makes %d bytes, %v; want %d", len(got), err, len(test.data))
				}
				if len(delta) > test.max {
					t.Errorf("delta of %d bytes, want no more than %d", len(delta), test.max)
				}
			}
		})
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add([]byte("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"), []byte("xbcdefghijklmnopqrstuvwxy zabcdefghijklmnopqrstuvwxyy"))
	f.Add(bytes.Repeat([]byte{0}, 100), bytes.Repeat([]byte{0}, 99))
	f.Fuzz(func(t *testing.T, base, data []byte) {
		var m matcher
		delta := m.diff(base, data, 2*len(data)+100)
		got, err := ApplyDelta(base, delta)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("got %q, %v; want %q", got, err, data)
		}
	})
}

func FuzzApplyDelta(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("\x0a\x05\x91\x02\x03\x02ab"))
	f.Add([]byte(""), []byte("\x00\x00"))
	f.Add([]byte("0123456789"), []byte("\x0a\x80\x80\x80\x1e\x01a"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		whole, err := ApplyDelta(base, delta)
		_, size, _, sizesErr := deltaSizes(delta)
		if err == nil && int64(len(whole)) != size {
			t.Fatalf("%d bytes, stated %d", len(whole), size)
		}
		if sizesErr == nil && size <= MaxRead {
			checked := checkDelta(delta, int64(len(base)), size)
			if (checked == nil) != (err == nil) {
				t.Fatalf("checkDelta says %v, ApplyDelta %v", checked, err)
			}
		}
		// The streaming way comes to the same result.
		d, streamErr := newDeltaReader(bytes.NewReader(delta))
		if streamErr == nil && d.base == int64(len(base)) && d.result <= MaxRead {
			var out bytes.Buffer
			streamErr = d.apply(&out, bytes.NewReader(base))
			if (streamErr == nil) != (err == nil) || err == nil && !bytes.Equal(out.Bytes(), whole) {
				t.Fatalf("streamed: %d bytes, %v; in memory: %d bytes, %v", out.Len(), streamErr, len(whole), err)
			}
		}
	})
}
