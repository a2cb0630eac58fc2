package fsfs

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
)

// itemType is what a stretch of a file holds.
type itemType uint8

const (
	fileText itemType = 1 + iota
	dirText
	fileProps
	dirProps
	nodeRevision
	changedPaths

	unusedItem itemType = 0
)

// changesItem is the number of the list of changed paths in every revision.
const changesItem = 1

// item is a stretch of a file.
type item struct {
	revision, number int64
	offset, size     int64
	kind             itemType
}

// itemSize is what an item takes in memory.
const itemSize = 40

// index lists the items of a file by revision, and in no other order.
type index struct{ items []item }

// of returns the items of a revision.
func (x *index) of(revision int64) []item {
	compare := func(it item, revision int64) int { return cmp.Compare(it.revision, revision) }
	from, _ := slices.BinarySearchFunc(x.items, revision, compare)
	to, _ := slices.BinarySearchFunc(x.items, revision+1, compare)
	return x.items[from:to]
}

// find returns one item.
func (x *index) find(revision, number int64) (item, bool) {
	for _, it := range x.of(revision) {
		if it.number == number {
			return it, true
		}
	}
	return item{}, false
}

// footer says where the indexes are: l2p, then p2l, which ends at end.
type footer struct{ l2p, p2l, end int64 }

// parseFooter reads the end of a file of the given size.
func parseFooter(tail []byte, size int64) (footer, error) {
	var f footer
	if len(tail) == 0 {
		return f, damaged("a file is empty")
	}
	length := int(tail[len(tail)-1])
	if length+1 > len(tail) {
		return f, damaged("a file has no footer")
	}
	words := bytes.Fields(tail[len(tail)-1-length : len(tail)-1])
	if len(words) != 4 {
		return f, damaged("a file has no footer")
	}
	l2p, err1 := strconv.ParseInt(string(words[0]), 10, 64)
	p2l, err2 := strconv.ParseInt(string(words[2]), 10, 64)
	f = footer{l2p: l2p, p2l: p2l, end: size - int64(length) - 1}
	if err1 != nil || err2 != nil || l2p < 0 || l2p > p2l || p2l > f.end {
		return f, damaged("a file has no footer")
	}
	return f, nil
}

// parseIndex reads the index from places to items ("phys-to-log") of a file
// whose items end at end.
func parseIndex(raw []byte, end int64) (x index, err error) {
	raw, ok := bytes.CutPrefix(raw, []byte("P2L-INDEX\n"))
	if !ok {
		return x, damaged("an index does not begin like one")
	}
	r := numbers{rest: raw}
	first, _, pageSize, pages := r.unsigned(), r.unsigned(), r.unsigned(), r.unsigned()
	if r.failed || pageSize <= 0 || pages > int64(len(raw)) {
		return x, damaged("the header of an index")
	}
	sizes := make([]int64, pages)
	for i := range sizes {
		sizes[i] = r.unsigned()
	}
	x.items = make([]item, 0, len(r.rest)/8)
	for _, size := range sizes {
		if r.failed || size > int64(len(r.rest)) {
			return x, damaged("an index is cut off")
		}
		page := numbers{rest: r.rest[:size]}
		r.rest = r.rest[size:]
		if size == 0 {
			continue
		}
		offset, revision, compound := page.unsigned(), first, int64(0)
		for len(page.rest) > 0 {
			length := page.unsigned()
			compound += page.signed()
			revision += page.signed()
			page.unsigned() // a checksum
			it := item{revision: revision, number: compound >> 3, offset: offset, size: length, kind: itemType(compound & 7)}
			if page.failed || compound < 0 {
				return x, damaged("an index is cut off")
			}
			if it.kind == unusedItem { // what follows the last item
				offset += length
				continue
			}
			if offset > end || length > end-offset {
				return x, damaged("an item lies outside of its file")
			}
			x.items = append(x.items, it)
			offset += length
		}
	}
	slices.SortStableFunc(x.items, func(a, b item) int { return cmp.Compare(a.revision, b.revision) })
	return x, nil
}

// numbers reads integers, seven bits a byte with the lowest first.
type numbers struct {
	rest   []byte
	failed bool
}

func (r *numbers) any() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.failed = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *numbers) unsigned() int64 {
	n := int64(r.any())
	if n < 0 {
		r.failed = true
		return 0
	}
	return n
}

// signed undoes the mapping of n to 2n and of -n to 2n-1.
func (r *numbers) signed() int64 {
	n := r.any()
	if n&1 == 1 {
		return -1 - int64(n>>1)
	}
	return int64(n >> 1)
}
