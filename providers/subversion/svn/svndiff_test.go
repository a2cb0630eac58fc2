package svn

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// diff writes svndiffs.
type diff struct {
	version byte
	out     []byte
}

func newDiff(version byte) *diff { return &diff{version, append([]byte("SVN"), version)} }

func appendNumber(b []byte, n int64) []byte {
	var digits []byte
	for digits = []byte{byte(n & 0x7f)}; n > 0x7f; {
		n >>= 7
		digits = append([]byte{byte(n&0x7f) | 0x80}, digits...)
	}
	return append(b, digits...)
}

func (d *diff) window(sourceOffset, sourceLen, targetLen int64, code, literals []byte) *diff {
	code, literals = d.pack(code), d.pack(literals)
	for _, n := range []int64{sourceOffset, sourceLen, targetLen, int64(len(code)), int64(len(literals))} {
		d.out = appendNumber(d.out, n)
	}
	d.out = append(append(d.out, code...), literals...)
	return d
}

func (d *diff) pack(data []byte) []byte {
	if d.version == 0 {
		return data
	}
	out := appendNumber(nil, int64(len(data)))
	packed := data
	switch d.version {
	case 1:
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write(data)
		w.Close()
		packed = b.Bytes()
	case 2:
		packed = packLZ4(data)
	}
	if len(packed) >= len(data) {
		packed = data
	}
	return append(out, packed...)
}

// packLZ4 finds only runs of one byte, which is enough to have matches that
// overlap themselves.
func packLZ4(data []byte) []byte {
	var out, literals []byte
	sequence := func(match int) {
		token := len(out)
		out = append(out, byte(min(len(literals), 15)<<4|min(max(match-4, 0), 15)))
		long := func(n int) {
			if n >= 15 {
				for n -= 15; n >= 255; n -= 255 {
					out = append(out, 255)
				}
				out = append(out, byte(n))
			}
		}
		long(len(literals))
		out = append(out, literals...)
		literals = nil
		if match > 0 {
			out = append(out, 1, 0)
			long(match - 4)
		} else {
			out[token] &= 0xf0
		}
	}
	for i := 0; i < len(data); {
		run := 1
		for i+run < len(data) && data[i+run] == data[i] {
			run++
		}
		literals = append(literals, data[i])
		if run > 8 {
			sequence(run - 1)
			i += run
			continue
		}
		i++
	}
	sequence(0)
	return out
}

func instruction(code []byte, kind int, n, offset int64) []byte {
	if n < 64 {
		code = append(code, byte(kind<<6)|byte(n))
	} else {
		code = appendNumber(append(code, byte(kind<<6)), n)
	}
	if kind != copyLiteral {
		code = appendNumber(code, offset)
	}
	return code
}

// randomDiff makes a difference to base and what must come out of it.
func randomDiff(r *rand.Rand, version byte, base []byte) (data, want []byte) {
	d := newDiff(version)
	offset := int64(0)
	for range r.IntN(6) {
		if left := int64(len(base)) - offset; left > 0 {
			offset += r.Int64N(min(left, 3000) + 1)
		}
		sourceLen := min(int64(len(base))-offset, maxWindow, 5000) // of one length: nothing slides backwards
		var code, literals, target []byte
		for range r.IntN(20) {
			n := r.Int64N(300) + 1
			switch kind := r.IntN(3); {
			case kind == copySource && sourceLen > 0:
				n = min(n, sourceLen)
				from := r.Int64N(sourceLen - n + 1)
				code = instruction(code, kind, n, from)
				target = append(target, base[offset+from:offset+from+n]...)
			case kind == copyTarget && len(target) > 0:
				from := r.Int64N(int64(len(target)))
				code = instruction(code, kind, n, from)
				for i := range n {
					target = append(target, target[from+i])
				}
			default:
				code = instruction(code, copyLiteral, n, 0)
				text := bytes.Repeat([]byte{byte(r.IntN(256))}, int(n))
				for i := range r.IntN(int(n)) {
					text[i] = byte(r.IntN(256))
				}
				literals = append(literals, text...)
				target = append(target, text...)
			}
		}
		if offset+sourceLen == int64(len(base)) && sourceLen < 5000 {
			offset = int64(len(base)) - sourceLen
		}
		d.window(offset, sourceLen, int64(len(target)), code, literals)
		want = append(want, target...)
	}
	return d.out, want
}

func TestApply(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		base := make([]byte, r.IntN(20000)*r.IntN(2))
		for i := range base {
			base[i] = byte(r.IntN(256))
		}
		version := byte(r.IntN(3))
		data, want := randomDiff(r, version, base)
		text := NewText(false, data)
		got, delta, err := text.Apply(base)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("version %d: the text is wrong", version)
		}
		if len(base) == 0 != (delta == nil) {
			t.Fatalf("a delta of %d bytes to a base of %d", len(delta), len(base))
		}
		if delta != nil {
			if got, err := gitpack.ApplyDelta(base, delta); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("version %d: the delta makes another text: %v", version, err)
			}
		}
		if got, err := text.Result(base); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("version %d: the result is wrong: %v", version, err)
		}
		var streamed bytes.Buffer
		if err := text.ApplyStream(bytes.NewReader(base), int64(len(base)), &streamed); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(streamed.Bytes(), want) {
			t.Fatalf("version %d: the streamed text is wrong", version)
		}
		if size, err := text.ResultSize(); err != nil || size != int64(len(want)) {
			t.Fatalf("the size is %d, %v, want %d", size, err, len(want))
		}
	}
}

// A difference that was put together by hand from the description of the format.
func TestApplyByHand(t *testing.T) {
	data, err := hex.DecodeString("53564e00" + "00060d0307" + "060087" + "7365636f6e640a")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := NewText(false, data).Apply([]byte("first\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "first\nsecond\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is copied over many windows in a row is one copy for git.
func TestApplyMergesCopies(t *testing.T) {
	base := bytes.Repeat([]byte("abcdefgh"), 50000)
	d := newDiff(0)
	for at := int64(0); at < int64(len(base)); at += maxWindow {
		n := min(maxWindow, int64(len(base))-at)
		d.window(at, n, n, instruction(nil, copySource, n, 0), nil)
	}
	_, delta, err := NewText(false, d.out).Apply(base)
	if err != nil {
		t.Fatal(err)
	}
	if len(delta) > 64 {
		t.Errorf("the delta takes %d bytes", len(delta))
	}
}

func TestApplyHostile(t *testing.T) {
	base := []byte("0123456789")
	literal := func(n int64) []byte { return instruction(nil, copyLiteral, n, 0) }
	huge := bytes.Repeat([]byte{'x'}, maxWindow)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                  {nil, "does not begin like a svndiff"},
		"not a svndiff":            {[]byte("GIF8"), "does not begin like a svndiff"},
		"version 3":                {[]byte("SVN\x03"), "version 3 is not known"},
		"ends in a header":         {[]byte("SVN\x00\x00\x00"), "ends in the header"},
		"a number without an end":  {append([]byte("SVN\x00"), bytes.Repeat([]byte{0xff}, 60)...), "ends in the header"},
		"ends in a window":         {newDiff(0).window(0, 0, 5, literal(5), []byte("hello")).out[:12], "ends in a window"},
		"ten gigabytes of target":  {newDiff(0).window(0, 0, 10<<30, literal(5), []byte("hello")).out, "larger than Subversion"},
		"ten gigabytes of source":  {newDiff(0).window(0, 10<<30, 5, literal(5), []byte("hello")).out, "larger than Subversion"},
		"outside of the base":      {newDiff(0).window(5, 6, 6, instruction(nil, copySource, 6, 0), nil).out, "outside of its base"},
		"far outside":              {newDiff(0).window(1<<62-1, 6, 6, instruction(nil, copySource, 6, 0), nil).out, "outside of its base"},
		"outside of the view":      {newDiff(0).window(0, 6, 6, instruction(nil, copySource, 6, 1), nil).out, "from outside of its window"},
		"overflowing offset":       {newDiff(0).window(0, 6, 6, instruction(nil, copySource, 6, 1<<62), nil).out, "from outside of its window"},
		"the target's future":      {newDiff(0).window(0, 0, 6, instruction(nil, copyTarget, 6, 0), nil).out, "what is not there yet"},
		"over the target":          {newDiff(0).window(0, 0, 4, literal(5), []byte("hello")).out, "exceeds its window"},
		"under the target":         {newDiff(0).window(0, 0, 6, literal(5), []byte("hello")).out, "do not fill it"},
		"too much new data":        {newDiff(0).window(0, 0, 5, literal(5), []byte("hello!")).out, "do not fill it"},
		"too little new data":      {newDiff(0).window(0, 0, 5, literal(5), []byte("hell")).out, "more new data than there is"},
		"a length of zero":         {newDiff(0).window(0, 0, 5, []byte{copyLiteral << 6, 0}, nil).out, "exceeds its window"},
		"no length":                {newDiff(0).window(0, 0, 5, []byte{copyLiteral << 6}, nil).out, "no length"},
		"no offset":                {newDiff(0).window(0, 6, 5, []byte{5}, nil).out, "no offset"},
		"an unknown instruction":   {newDiff(0).window(0, 0, 5, []byte{3<<6 | 5}, []byte("hello")).out, "not known"},
		"views that go backwards":  {newDiff(0).window(5, 5, 5, instruction(nil, copySource, 5, 0), nil).window(0, 5, 5, instruction(nil, copySource, 5, 0), nil).out, "go backwards"},
		"a section over its limit": {append([]byte("SVN\x01\x00\x00\x05\x07\x00"), appendNumber(nil, 1<<40)...), "ends in a window"},
		"a section without sense":  {append([]byte("SVN\x01\x00\x00\x05\x07\x00"), append(appendNumber(nil, 1<<40), 0)...), "no sensible size"},
		"not compressed":           {append([]byte("SVN\x01\x00\x00\x05\x05\x00"), 50, 1, 2, 3, 4), "not compressed as it should be"},
		"compressed without end":   {append([]byte("SVN\x01\x00\x00\x05\x09\x00"), append([]byte{120}, newDiff(1).pack(bytes.Repeat([]byte("ab"), 50))[1:9]...)...), "damaged"},
		"more than it says":        {append([]byte("SVN\x01\x00\x00\x05\x0e\x00"), append([]byte{9}, newDiff(1).pack(bytes.Repeat([]byte{0}, 100))[1:14]...)...), ""},
		"LZ4 that goes back":       {append([]byte("SVN\x02\x00\x00\x05\x05\x00"), 50, 0x10, 'a', 9, 0), "damaged"},
		"LZ4 that ends":            {append([]byte("SVN\x02\x00\x00\x05\x03\x00"), 50, 0xf0, 255), "damaged"},
		"a whole base copied 10 000 times": {func() []byte {
			d := newDiff(0)
			for range 10000 {
				d.window(0, 0, maxWindow, instruction(instruction(nil, copyLiteral, 1, 0), copyTarget, maxWindow-1, 0), []byte("x"))
			}
			return d.out
		}(), "too large"},
		"literals over the limit": {newDiff(0).window(0, 0, maxWindow, literal(maxWindow), append(huge, huge...)).out, "larger than Subversion"},
	} {
		t.Run(name, func(t *testing.T) {
			text := NewText(false, c.data)
			_, _, err := text.Apply(base)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Apply: error %v, want one with %q", err, c.want)
			}
			if errors.Is(err, ErrTooLarge) {
				return // which a stream is for
			}
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("Apply: %v is not ErrCorrupt", err)
			}
			if err := text.ApplyStream(bytes.NewReader(base), int64(len(base)), io.Discard); !errors.Is(err, ErrCorrupt) {
				t.Errorf("ApplyStream: %v, want ErrCorrupt", err)
			}
		})
	}
}

func FuzzApply(f *testing.F) {
	base := []byte(strings.Repeat("a base of some length\n", 300))
	r := rand.New(rand.NewPCG(3, 4))
	for version := range byte(3) {
		for range 5 {
			data, _ := randomDiff(r, version, base)
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := NewText(false, data)
		got, delta, err := text.Apply(base)
		if errors.Is(err, ErrTooLarge) {
			return
		}
		var streamed bytes.Buffer
		streamErr := text.ApplyStream(bytes.NewReader(base), int64(len(base)), &streamed)
		if (err == nil) != (streamErr == nil) {
			t.Fatalf("in memory: %v, streamed: %v", err, streamErr)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(got, streamed.Bytes()) {
			t.Fatal("in memory and streamed differ")
		}
		if again, err := gitpack.ApplyDelta(base, delta); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("the delta makes another text: %v", err)
		}
		if size, err := text.ResultSize(); err != nil || size != int64(len(got)) {
			t.Fatalf("the size is %d, %v, want %d", size, err, len(got))
		}
	})
}

func BenchmarkApply(b *testing.B) {
	base := make([]byte, 60<<10)
	for i := range base {
		base[i] = byte(i * i >> 3)
	}
	n := int64(len(base))
	code := instruction(nil, copySource, n/2, 0)
	code = instruction(code, copyLiteral, 40, 0)
	code = instruction(code, copySource, n/2-40, n/2+40)
	d := newDiff(0).window(0, n, n, code, make([]byte, 40))
	text := NewText(false, d.out)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := text.Apply(base); err != nil {
			b.Fatal(err)
		}
	}
}
