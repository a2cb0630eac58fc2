package hg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

func TestParseHunks(t *testing.T) {
	for _, test := range []struct {
		name  string
		delta []byte
		want  string // of the base "0123456789"
		bad   bool
	}{
		{"nothing", nil, "0123456789", false},
		{"one", hunk(2, 4, "ab"), "01ab456789", false},
		{"insertions", append(hunk(0, 0, "<"), hunk(10, 10, ">")...), "<0123456789>", false},
		{"at one place", append(hunk(3, 3, "x"), hunk(3, 5, "y")...), "012xy56789", false},
		{"all", hunk(0, 10, ""), "", false},
		{"beyond the end", hunk(0, 11, ""), "", true},
		{"backwards", hunk(5, 4, ""), "", true},
		{"overlapping", append(hunk(0, 5, ""), hunk(4, 6, "")...), "", true},
		{"cut header", hunk(0, 1, "")[:11], "", true},
		{"cut data", hunk(0, 1, "abc")[:14], "", true},
		{"10 GB in 12 bytes", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			const base = "0123456789"
			hunks, err := hg.ParseHunks(nil, test.delta, int64(len(base)))
			var streamed bytes.Buffer
			streamErr := hg.ApplyStream(&streamed, bytes.NewReader([]byte(base)), int64(len(base)), bytes.NewReader(test.delta))
			if test.bad {
				if !errors.Is(err, hg.ErrCorrupt) || !errors.Is(streamErr, hg.ErrCorrupt) {
					t.Errorf("got %v and %v", err, streamErr)
				}
				return
			}
			if err != nil || streamErr != nil {
				t.Fatal(err, streamErr)
			}
			got := string(hg.Apply([]byte(base), hunks))
			if got != test.want || streamed.String() != test.want || hg.ResultSize(hunks, 10) != int64(len(test.want)) {
				t.Errorf("got %q and %q, want %q", got, streamed.String(), test.want)
			}
		})
	}
}

func hunk(start, end uint32, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, start)
	b = binary.BigEndian.AppendUint32(b, end)
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

// TestFold compares folding with applying one delta after the other.
func TestFold(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		base := randomBytes(random, 30)
		text := base
		var chain [][]hg.Hunk
		for range random.IntN(7) {
			hunks := randomHunks(random, len(text))
			chain = append(chain, hunks)
			text = hg.Apply(text, hunks)
		}
		folded := hg.Fold(chain)
		last := 0
		for _, h := range folded {
			if h.Start < last || h.End < h.Start || h.End > len(base) {
				t.Fatalf("seed %d: %v do not fit %d bytes", seed, folded, len(base))
			}
			last = h.End
		}
		if got := hg.Apply(base, folded); !bytes.Equal(got, text) {
			t.Fatalf("seed %d: got %q, want %q", seed, got, text)
		}
	}
}

func randomBytes(random *rand.Rand, limit int) []byte {
	b := make([]byte, random.IntN(limit))
	for i := range b {
		b[i] = byte('a' + random.IntN(26))
	}
	return b
}

func randomHunks(random *rand.Rand, size int) []hg.Hunk {
	var hunks []hg.Hunk
	for at := 0; at <= size; {
		h := hg.Hunk{Start: at + random.IntN(size-at+1)}
		h.End = h.Start + random.IntN(min(6, size-h.Start+1))
		h.Data = randomBytes(random, 6)
		hunks = append(hunks, h)
		at = h.End + random.IntN(8)
		if random.IntN(3) == 0 {
			break
		}
	}
	return hunks
}

// FuzzHunks applies any delta in the three ways there are.
func FuzzHunks(f *testing.F) {
	f.Add([]byte("0123456789"), append(hunk(2, 4, "ab"), hunk(4, 4, "c")...), hunk(1, 3, ""))
	f.Fuzz(func(t *testing.T, base, first, second []byte) {
		one, err := hg.ParseHunks(nil, first, int64(len(base)))
		var streamed bytes.Buffer
		streamErr := hg.ApplyStream(&streamed, bytes.NewReader(base), int64(len(base)), bytes.NewReader(first))
		if (err == nil) != (streamErr == nil) {
			t.Fatalf("in memory: %v; streamed: %v", err, streamErr)
		}
		if err != nil {
			return
		}
		middle := hg.Apply(base, one)
		if !bytes.Equal(middle, streamed.Bytes()) {
			t.Fatalf("in memory: %q; streamed: %q", middle, streamed.Bytes())
		}
		two, err := hg.ParseHunks(nil, second, int64(len(middle)))
		if err != nil {
			return
		}
		if diff := cmp.Diff(hg.Apply(middle, two), hg.Apply(base, hg.Fold([][]hg.Hunk{one, two}))); diff != "" {
			t.Fatalf("(-one by one +folded):\n%s", diff)
		}
	})
}
