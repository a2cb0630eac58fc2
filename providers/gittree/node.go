package gittree

import (
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// node is a tree as it is stored. It does not change.
type node struct {
	id      gitpack.ID
	data    []byte
	starts  []uint32 // where the entries begin
	ordered bool     // as every tree is that git wrote itself

	newer, older *node // neighbours in the cache
}

// newNode reads the contents of a tree object, which it keeps.
func newNode(id gitpack.ID, data []byte) (*node, error) {
	n := &node{id: id, data: data, ordered: true, starts: make([]uint32, 0, len(data)/32)}
	var before []byte
	var beforeDir bool
	for rest := data; len(rest) > 0; {
		mode, name, _, next, err := cutEntry(rest)
		if err != nil {
			return nil, err
		}
		if before != nil && compare(before, beforeDir, name, mode.IsDirectory()) >= 0 {
			n.ordered = false
		}
		n.starts = append(n.starts, uint32(len(data)-len(rest)))
		before, beforeDir, rest = name, mode.IsDirectory(), next
	}
	return n, nil
}

// cost is what a node takes in memory, about.
func (n *node) cost() int { return 128 + cap(n.data) + 4*cap(n.starts) }

func (n *node) len() int { return len(n.starts) }

// end returns where entry i ends.
func (n *node) end(i int) int {
	if i+1 < len(n.starts) {
		return int(n.starts[i+1])
	}
	return len(n.data)
}

// position returns where entry i begins, or the end for i = n.len().
func (n *node) position(i int) int {
	if i < len(n.starts) {
		return int(n.starts[i])
	}
	return len(n.data)
}

// name returns the name of entry i and whether it is a directory.
func (n *node) name(i int) (name []byte, dir bool) {
	line := n.data[n.starts[i] : n.end(i)-len(gitpack.ID{})-1]
	mode, digits := leadingMode(line)
	return line[digits+1:], mode.IsDirectory()
}

// entry returns entry i under the given name, which is its own.
func (n *node) entry(i int, name string) Entry {
	line := n.data[n.starts[i]:n.end(i)]
	mode, _ := leadingMode(line)
	return Entry{Name: name, Mode: mode, ID: gitpack.ID(line[len(line)-len(gitpack.ID{}):])}
}

// leadingMode reads the mode at the start of an entry and counts its digits.
func leadingMode(line []byte) (mode Mode, digits int) {
	for line[digits] != ' ' {
		mode = mode<<3 | Mode(line[digits]-'0')
		digits++
	}
	return mode, digits
}

// entries decodes all entries. Their names share one string.
func (n *node) entries() []Entry {
	entries := make([]Entry, n.len())
	all := string(n.data)
	for i := range entries {
		name, _ := n.name(i)
		end := n.end(i) - len(gitpack.ID{}) - 1
		entries[i] = n.entry(i, all[end-len(name):end])
	}
	return entries
}

// find returns the entry of that name.
func (n *node) find(name string) (int, bool) {
	if !n.ordered {
		for i := range n.starts {
			if have, _ := n.name(i); string(have) == name {
				return i, true
			}
		}
		return 0, false
	}
	// The place of a name depends on whether it is a directory.
	for _, dir := range []bool{false, true} {
		if i, found := n.search(name, dir); found {
			return i, true
		}
	}
	return 0, false
}

// search returns the place of an entry in an ordered node: where it is, or
// where it would be.
func (n *node) search(name string, dir bool) (int, bool) {
	low, high := 0, len(n.starts)
	for low < high {
		middle := int(uint(low+high) / 2)
		have, haveDir := n.name(middle)
		switch c := compare(have, haveDir, name, dir); {
		case c == 0:
			return middle, true
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// inOrder returns the node with its entries in git's order. Of several with
// one name the first is kept. The result is no longer the tree that its id
// names.
func (n *node) inOrder() (*node, error) {
	if n.ordered {
		return n, nil
	}
	seen := map[string]bool{}
	entries := slices.DeleteFunc(n.entries(), func(e Entry) bool {
		twice := seen[e.Name]
		seen[e.Name] = true
		return twice
	})
	return newNode(gitpack.ID{}, Encode(entries))
}
