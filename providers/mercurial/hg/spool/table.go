package spool

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// recordSize is that of a revision in the index:
//
//	 0 node
//	20 p1, p2, base, link    numbers; -1 is none
//	36 offset, stored        place of the chunk in data
//	52 size                  of the text
//	60 cost                  bytes of all chunks that the text is made from
//	68 depth                 number of them
//	72 flags, form, unused
const recordSize = 76

// record is a revision in the index.
type record [recordSize]byte

func (r *record) number(at int) int { return int(int32(binary.LittleEndian.Uint32(r[at:]))) }
func (r *record) long(at int) int64 { return int64(binary.LittleEndian.Uint64(r[at:])) }
func (r *record) setNumber(at, value int) {
	binary.LittleEndian.PutUint32(r[at:], uint32(int32(value)))
}
func (r *record) setLong(at int, value int64) {
	binary.LittleEndian.PutUint64(r[at:], uint64(value))
}

// Places in a record.
const (
	atP1     = 20
	atP2     = 24
	atBase   = 28
	atLink   = 32
	atOffset = 36
	atStored = 44
	atSize   = 52
	atCost   = 60
	atDepth  = 68
	atFlags  = 72
	atForm   = 74
)

// Forms of a chunk in data.
const (
	formPlain = 0
	formZstd  = 1
)

// table is the records of one log. After it was filled, it is safe for several
// goroutines.
type table struct {
	records []record
	nodes   map[hg.Node]int32
}

func newTable(room int) *table {
	return &table{records: make([]record, 0, room), nodes: make(map[hg.Node]int32, room)}
}

func (t *table) add(r record) {
	t.nodes[hg.Node(r[:20])] = int32(len(t.records))
	t.records = append(t.records, r)
}

func (t *table) Len() int { return len(t.records) }

func (t *table) node(i int) hg.Node { return hg.Node(t.records[i][:20]) }

// Parents makes a table of changesets an hg.Graph.
func (t *table) Parents(i int) (p1, p2 int) {
	return t.records[i].number(atP1), t.records[i].number(atP2)
}

func (t *table) Find(n hg.Node) (int, bool) {
	i, ok := t.nodes[n]
	return int(i), ok
}

func (t *table) Entry(i int) hg.Entry {
	r := &t.records[i]
	return hg.Entry{
		Node:  hg.Node(r[:20]),
		P1:    r.number(atP1),
		P2:    r.number(atP2),
		Link:  r.number(atLink),
		Size:  r.long(atSize),
		Flags: hg.Flags(binary.LittleEndian.Uint16(r[atFlags:])),
	}
}

func (t *table) Base(i int) int { return t.records[i].number(atBase) }

// span is a run of records in the index.
type span struct {
	first int64
	count int64
}

// readTable reads the records of a log.
func readTable(index io.ReaderAt, spans []span) (*table, error) {
	total := int64(0)
	for _, s := range spans {
		total += s.count
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("%w: %d revisions", hg.ErrCorrupt, total)
	}
	t := newTable(int(total))
	for _, s := range spans {
		r := bufio.NewReaderSize(io.NewSectionReader(index, s.first*recordSize, s.count*recordSize), int(min(s.count*recordSize, 1<<16)))
		for range s.count {
			var rec record
			if _, err := io.ReadFull(r, rec[:]); err != nil {
				return nil, fmt.Errorf("%w: the index of the spool: %w", hg.ErrCorrupt, err)
			}
			if err := rec.check(t.Len()); err != nil {
				return nil, err
			}
			t.add(rec)
		}
	}
	return t, nil
}

// check looks at the numbers that lead to other records of a log, in which
// this one is number i.
func (r *record) check(i int) error {
	if r.number(atP1) < -1 || r.number(atP1) >= i || r.number(atP2) < -1 || r.number(atP2) >= i ||
		r.number(atBase) < -2 || r.number(atBase) >= i || r.long(atOffset) < 0 || r.long(atStored) < 0 || r.long(atSize) < 0 {
		return fmt.Errorf("%w: the index of the spool has a record that cannot be", hg.ErrCorrupt)
	}
	return nil
}

// Groups are records of: kind (1 byte), size of the path (2 bytes), path, first
// record and count (8 bytes each).
const (
	kindChangelog = 'c'
	kindManifest  = 'm'
	kindFile      = 'f'
)

func appendGroup(b []byte, kind byte, path string, s span) []byte {
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(path)))
	b = append(b, path...)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.first))
	return binary.LittleEndian.AppendUint64(b, uint64(s.count))
}

// readGroups reads which records belong to which log.
func readGroups(file *os.File, s state) (changelog, manifests []span, files map[string][]span, err error) {
	files = map[string][]span{}
	r := bufio.NewReader(io.NewSectionReader(file, 0, s.Groups))
	broken := fmt.Errorf("%w: the groups of the spool cannot be read; remove the folder, and all is read again", hg.ErrCorrupt)
	for {
		var head [3]byte
		if _, err := io.ReadFull(r, head[:]); err == io.EOF {
			return changelog, manifests, files, nil
		} else if err != nil {
			return nil, nil, nil, broken
		}
		rest := make([]byte, int(binary.LittleEndian.Uint16(head[1:]))+16)
		if _, err := io.ReadFull(r, rest); err != nil {
			return nil, nil, nil, broken
		}
		path, numbers := string(rest[:len(rest)-16]), rest[len(rest)-16:]
		at := span{int64(binary.LittleEndian.Uint64(numbers)), int64(binary.LittleEndian.Uint64(numbers[8:]))}
		if records := s.Index / recordSize; at.first < 0 || at.count < 0 || at.count > records || at.first > records-at.count {
			return nil, nil, nil, broken
		}
		switch head[0] {
		case kindChangelog:
			changelog = append(changelog, at)
		case kindManifest:
			manifests = append(manifests, at)
		case kindFile:
			files[path] = append(files[path], at)
		default:
			return nil, nil, nil, broken
		}
	}
}
