package gittree

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// memory holds objects, and objects to deltas that do not lead to what they
// are said to.
type memory struct {
	t       testing.TB
	trees   map[gitpack.ID][]byte
	order   []gitpack.ID
	deltas  int
	written int // bytes of deltas and of whole trees
	reads   int
}

func newMemory(t testing.TB) *memory { return &memory{t: t, trees: map[gitpack.ID][]byte{}} }

func (m *memory) Read(id gitpack.ID) (gitpack.Kind, []byte, error) {
	m.reads++
	data, ok := m.trees[id]
	if !ok {
		return 0, nil, fmt.Errorf("%s: %w", id, gitpack.ErrMissing)
	}
	return gitpack.Tree, data, nil
}

func (m *memory) Put(k gitpack.Kind, data []byte) (gitpack.ID, error) {
	return m.add(k, data, len(data)), nil
}

func (m *memory) add(k gitpack.Kind, data []byte, size int) gitpack.ID {
	id := gitpack.Hash(k, data)
	if _, have := m.trees[id]; !have {
		m.trees[id] = data
		m.order = append(m.order, id)
		m.written += size
	}
	return id
}

func (m *memory) PutDelta(k gitpack.Kind, data []byte, base gitpack.ID, delta []byte) (gitpack.ID, error) {
	m.deltas++
	if len(delta) == 0 { // as the writer, which has to store such a result whole
		m.t.Errorf("a delta is empty")
	}
	made, err := gitpack.ApplyDelta(m.trees[base], delta)
	if err != nil {
		m.t.Errorf("delta against %s: %v", base, err)
	} else if !bytes.Equal(made, data) {
		m.t.Errorf("delta against %s makes\n%q, want\n%q", base, made, data)
	}
	return m.add(k, data, len(delta)), nil
}

func blob(n int) gitpack.ID { return gitpack.Hash(gitpack.Blob, fmt.Append(nil, n)) }

// list returns what is in a root as lines "MODE ID PATH".
func list(t testing.TB, trees *Trees, root gitpack.ID) []string {
	t.Helper()
	lines := []string{}
	for e, err := range trees.Walk(root) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", e.Mode, e.ID, e.Name))
	}
	return lines
}
