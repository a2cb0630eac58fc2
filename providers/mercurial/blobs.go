package mercurial

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// blobs maps file revisions to the blobs that hold their contents. A node is
// the hash of a text, so that one blob belongs to it whatever the path.
//
// # Why
//
// Sorted pairs take 40 bytes a revision and are written and read as they are;
// a map takes more than twice that, and large histories have millions.
type blobs struct {
	mu     sync.RWMutex
	sorted []pair
	added  []pair                 // by goroutines that do not ask for them
	recent map[hg.Node]gitpack.ID // what was found missing later, one by one
}

type pair struct {
	node hg.Node
	blob gitpack.ID
}

// find returns the blob of a file revision. What add was given is found after
// settle.
func (b *blobs) find(node hg.Node) (gitpack.ID, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if blob, known := b.recent[node]; known {
		return blob, true
	}
	i, found := slices.BinarySearchFunc(b.sorted, node, func(p pair, n hg.Node) int { return compareNodes(p.node, n) })
	if !found {
		return gitpack.ID{}, false
	}
	return b.sorted[i].blob, true
}

// compareNodes orders like bytes.Compare, and is faster for hashes, which
// differ in their first bytes.
func compareNodes(a, b hg.Node) int {
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return bytes.Compare(a[8:], b[8:])
}

// add takes pairs that find need not see before settle.
func (b *blobs) add(pairs []pair) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.added = append(b.added, pairs...)
}

// put takes one pair that find sees at once.
func (b *blobs) put(node hg.Node, blob gitpack.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.recent == nil {
		b.recent = map[hg.Node]gitpack.ID{}
	}
	b.recent[node] = blob
}

// settle makes everything found by search.
func (b *blobs) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.added) == 0 && len(b.recent) == 0 {
		return
	}
	b.sorted = append(b.sorted, b.added...)
	for node, blob := range b.recent {
		b.sorted = append(b.sorted, pair{node, blob})
	}
	b.added, b.recent = nil, nil
	slices.SortFunc(b.sorted, func(a, b pair) int { return compareNodes(a.node, b.node) })
	b.sorted = slices.CompactFunc(b.sorted, func(a, b pair) bool { return a.node == b.node })
}
