package chain_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
)

// memory is chunks in memory.
type memory struct {
	entries []hg.Entry
	bases   []int
	chunks  [][]byte
}

func (m *memory) Len() int                 { return len(m.entries) }
func (m *memory) Entry(i int) hg.Entry     { return m.entries[i] }
func (m *memory) Base(i int) int           { return m.bases[i] }
func (m *memory) Find(hg.Node) (int, bool) { return 0, false }
func (m *memory) Close() error             { return nil }
func (m *memory) Chunk(buf []byte, i int) ([]byte, error) {
	if len(m.chunks[i]) > chain.MaxChunk {
		return nil, hg.ErrTooLarge
	}
	return append(buf, m.chunks[i]...), nil
}

func (m *memory) OpenChunk(i int) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.chunks[i])), nil
}

// add appends a revision without parents.
func (m *memory) add(base int, chunk, text []byte) {
	m.entries = append(m.entries, hg.Entry{Node: hg.HashText(hg.Node{}, hg.Node{}, text), P1: -1, P2: -1, Size: int64(len(text))})
	m.bases = append(m.bases, base)
	m.chunks = append(m.chunks, chunk)
}

func delta(start, end int, data string) []byte {
	var b []byte
	for _, n := range []int{start, end, len(data)} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, data...)
}

// TestAnyOrder reads chains that fork, in random orders.
func TestAnyOrder(t *testing.T) {
	m := &memory{}
	texts := [][]byte{[]byte(strings.Repeat("a line\n", 300))}
	m.add(chain.FullText, texts[0], texts[0])
	random := rand.New(rand.NewPCG(1, 1))
	for i := 1; i < 500; i++ {
		base := random.IntN(i)
		at := random.IntN(len(texts[base]) + 1)
		end := min(len(texts[base]), at+random.IntN(50))
		word := strings.Repeat("x", random.IntN(60))
		text := append(append(append([]byte(nil), texts[base][:at]...), word...), texts[base][end:]...)
		texts = append(texts, text)
		m.add(base, delta(at, end, word), text)
	}
	m.add(chain.FromEmpty, append(delta(0, 0, "one"), delta(0, 0, "two")...), []byte("onetwo"))
	texts = append(texts, []byte("onetwo"))
	for range 3 {
		log := chain.New(m, chain.Options{Name: "file"})
		for _, i := range random.Perm(len(texts)) {
			base, hunks, err := log.Delta(i)
			if err != nil {
				t.Fatal(err)
			}
			var from []byte
			if base >= 0 {
				from = texts[base]
			}
			if got := hg.Apply(from, hunks); !bytes.Equal(got, texts[i]) {
				t.Fatalf("revision %d: its delta makes %q", i, got)
			}
			if got, err := log.Text(i); err != nil || !bytes.Equal(got, texts[i]) {
				t.Fatalf("revision %d: got %q, %v", i, got, err)
			}
		}
		log.Close()
	}
}

// TestLarge streams texts that do not fit in memory, from a full text and from
// deltas, and reads a small text that is made from a large one.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("writes several large files")
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), hg.MaxText/16+1)
	changed := append([]byte("new"), large[5:]...)
	again := append(changed[:len(changed):len(changed)], "end"...)
	m := &memory{}
	m.add(chain.FullText, large, large)
	m.add(0, delta(0, 5, "new"), changed)
	m.add(1, delta(len(changed), len(changed), "end"), again)
	m.add(2, delta(3, len(again), ""), []byte("new"))
	m.add(1, delta(0, 1, "N"), changed) // a lie
	scratch := t.TempDir()
	log := chain.New(m, chain.Options{Name: "file", Scratch: scratch})
	for _, i := range []int{2, 0, 1, 2} {
		want := [][]byte{large, changed, again}[i]
		if _, err := log.Text(i); !errors.Is(err, hg.ErrTooLarge) {
			t.Errorf("revision %d in memory: %v", i, err)
		}
		r, err := log.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		h := sha1.New()
		if _, err := io.Copy(h, r); err != nil {
			t.Fatal(err)
		}
		if got := [20]byte(h.Sum(nil)); got != sha1.Sum(want) {
			t.Errorf("revision %d is not what it should be", i)
		}
		r.Close()
	}
	if text, err := log.Text(3); err != nil || string(text) != "new" {
		t.Errorf("small from large: %d bytes, %v", len(text), err)
	}
	if _, err := log.Open(4); !errors.Is(err, hg.ErrCorrupt) {
		t.Errorf("a delta that lies: %v", err)
	}
	log.Close()
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("%d files are left: %v", len(left), err)
	}
}

// TestLies notices texts that are not what their entries say.
func TestLies(t *testing.T) {
	good := []byte("text")
	for name, spoil := range map[string]func(m *memory){
		"another text":  func(m *memory) { m.chunks[0] = []byte("TEXT") },
		"shorter":       func(m *memory) { m.chunks[0] = []byte("tex") },
		"another size":  func(m *memory) { m.entries[0].Size = 5 },
		"10 GB claimed": func(m *memory) { m.entries[0].Size = 10 << 30 },
	} {
		m := &memory{}
		m.add(chain.FullText, good, good)
		spoil(m)
		log := chain.New(m, chain.Options{Name: `file "a"`, Changeset: func(int) (hg.Node, bool) { return hg.Node{1}, true }})
		r, err := log.Open(0)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if !errors.Is(err, hg.ErrCorrupt) || !strings.Contains(err.Error(), `file "a"`) || !strings.Contains(err.Error(), "changeset 01000") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := &memory{}
	m.add(chain.FullText, []byte("tombstone"), []byte("tombstone"))
	m.entries[0].Node, m.entries[0].Flags = hg.Node{9}, hg.Censored
	if text, err := chain.New(m, chain.Options{}).Text(0); err != nil || string(text) != "tombstone" {
		t.Errorf("censored: %q, %v", text, err)
	}
}
