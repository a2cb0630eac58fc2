package gitpack

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"sort"
)

const (
	indexMagic  = "\xfftOc\x00\x00\x00\x02" // and version 2
	fanoutSize  = 256 * 4
	largeOffset = 1 << 31 // an offset with this bit is a place in the table of large ones
)

// index is the table of contents of a pack, version 1 or 2, as it lies on
// disk. Offsets are not checked before they are used.
type index struct {
	n       int
	fanout  []byte
	ids     []byte // n times stride bytes; an id is the last part of each
	stride  int
	crcs    []byte // version 2 only
	offsets []byte // version 2 only
	large   []byte // version 2 only
	pack    ID     // the checksum of the pack it belongs to
}

func readIndex(name string) (*index, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return x, nil
}

func parseIndex(data []byte) (*index, error) {
	body, v2 := bytes.CutPrefix(data, []byte(indexMagic))
	if !v2 && bytes.HasPrefix(data, []byte(indexMagic[:4])) {
		return nil, fmt.Errorf("%w: pack index of an unknown version", ErrCorrupt)
	}
	trailer := 2 * len(ID{})
	if len(body) < fanoutSize+trailer {
		return nil, fmt.Errorf("%w: pack index of %d bytes is cut off", ErrCorrupt, len(data))
	}
	x := &index{fanout: body[:fanoutSize], pack: ID(body[len(body)-trailer:])}
	for i := range 255 {
		if x.upTo(i) > x.upTo(i+1) {
			return nil, fmt.Errorf("%w: pack index is not in order", ErrCorrupt)
		}
	}
	x.n = x.upTo(255)
	tables := body[fanoutSize : len(body)-trailer]
	n := int64(x.n)
	if !v2 {
		x.stride = 4 + len(ID{})
		if int64(len(tables)) != n*int64(x.stride) {
			return nil, fmt.Errorf("%w: pack index has %d bytes for %d objects (or it is not one of a SHA-1 repository)", ErrCorrupt, len(data), x.n)
		}
		x.ids = tables
		return x, nil
	}
	x.stride = len(ID{})
	fixed := n * int64(x.stride+4+4)
	if rest := int64(len(tables)) - fixed; rest < 0 || rest%8 != 0 || rest > n*8 {
		return nil, fmt.Errorf("%w: pack index has %d bytes for %d objects (or it is not one of a SHA-1 repository)", ErrCorrupt, len(data), x.n)
	}
	x.ids, tables = tables[:x.n*x.stride], tables[x.n*x.stride:]
	x.crcs, tables = tables[:x.n*4], tables[x.n*4:]
	x.offsets, x.large = tables[:x.n*4], tables[x.n*4:]
	return x, nil
}

// upTo returns how many ids start with a byte of at most b.
func (x *index) upTo(b int) int { return int(binary.BigEndian.Uint32(x.fanout[4*b:])) }

// id returns the id at position i of the index.
func (x *index) id(i int) ID { return ID(x.ids[(i+1)*x.stride-len(ID{}):]) }

// find returns the position of an id.
func (x *index) find(id ID) (int, bool) {
	lo, hi := 0, x.upTo(int(id[0]))
	if id[0] > 0 {
		lo = x.upTo(int(id[0]) - 1)
	}
	// Ids are evenly spread, so that their first bytes nearly always decide.
	want := binary.BigEndian.Uint64(id[:])
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		at := x.ids[(mid+1)*x.stride-len(id):][:len(id)]
		c := cmp.Compare(binary.BigEndian.Uint64(at), want)
		if c == 0 {
			c = bytes.Compare(at, id[:])
		}
		switch {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0, false
}

// offset returns where the object at position i starts, or -1 when the index
// contradicts itself.
func (x *index) offset(i int) int64 {
	if x.offsets == nil {
		return int64(binary.BigEndian.Uint32(x.ids[i*x.stride:]))
	}
	off := binary.BigEndian.Uint32(x.offsets[4*i:])
	if off&largeOffset == 0 {
		return int64(off)
	}
	at := int64(off&^largeOffset) * 8
	if at+8 > int64(len(x.large)) {
		return -1
	}
	return max(int64(binary.BigEndian.Uint64(x.large[at:])), -1)
}

// located is an object of a pack as an index lists it.
type located struct {
	id     ID
	offset int64
	crc    uint32 // of the entry as it is stored
}

// encodeIndex returns the version 2 index of a pack with the given checksum.
// It sorts the objects by id.
func encodeIndex(objects []located, pack ID) []byte {
	sort.Slice(objects, func(i, j int) bool { return objects[i].id.Compare(objects[j].id) < 0 })
	n := len(objects)
	buf := make([]byte, 0, len(indexMagic)+fanoutSize+n*(len(ID{})+8)+2*len(ID{}))
	buf = append(buf, indexMagic...)
	at := 0
	for b := range 256 {
		for at < n && int(objects[at].id[0]) <= b {
			at++
		}
		buf = binary.BigEndian.AppendUint32(buf, uint32(at))
	}
	for i := range objects {
		buf = append(buf, objects[i].id[:]...)
	}
	for i := range objects {
		buf = binary.BigEndian.AppendUint32(buf, objects[i].crc)
	}
	var large []byte
	for i := range objects {
		off := objects[i].offset
		if off < largeOffset {
			buf = binary.BigEndian.AppendUint32(buf, uint32(off))
			continue
		}
		buf = binary.BigEndian.AppendUint32(buf, uint32(largeOffset|len(large)/8))
		large = binary.BigEndian.AppendUint64(large, uint64(off))
	}
	buf = append(buf, large...)
	buf = append(buf, pack[:]...)
	sum := sha1.Sum(buf)
	return append(buf, sum[:]...)
}
