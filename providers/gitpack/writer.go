package gitpack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

const (
	// maxDepth is how many deltas may follow each other, as with git.
	maxDepth = 50
	// tailSize is how much is gathered before it is written to the file.
	tailSize = 1 << 20
)

// errFinished says that a writer was used after its end.
var errFinished = errors.New("the pack is finished")

// Writer adds one pack to a repository. Its methods may be called by several
// goroutines until Finish or Abort.
//
// An object that the store of the writer or the writer itself holds is not
// written again. After an error of the disk every further call fails.
type Writer struct {
	store *Store // nil for none
	dir   string // objects/pack
	tools *tools
	pack  *pack // the entries written so far

	matchers sync.Pool // of *matcher

	mu      sync.RWMutex
	file    *os.File // nil before the first object
	tail    []byte   // the end of the pack that is not in the file yet
	flushed int64    // the size of the file
	crc     uint32   // of the entry being written
	records []record
	byID    map[ID]uint32 // position in records
	err     error
}

// record is an object of the pack being written.
type record struct {
	located
	size  int64
	kind  Kind
	depth uint8
}

// NewWriter starts a pack for the bare repository dir. store, which may be
// nil, is where objects are looked for that need not be written, ordinarily
// the store of the same repository. Nothing is created before the first
// object.
func NewWriter(store *Store, dir string) (*Writer, error) {
	objects := filepath.Join(dir, "objects")
	if info, err := os.Stat(objects); err != nil {
		return nil, fmt.Errorf("write a pack for %s: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("write a pack for %s: %s is not a directory", dir, objects)
	}
	w := &Writer{store: store, dir: filepath.Join(objects, "pack"), byID: map[ID]uint32{}}
	if store != nil {
		w.tools = &store.tools
	} else {
		w.tools = &tools{}
	}
	w.pack = &pack{
		name:  "the pack being written",
		r:     &windowed{windows: &w.tools.windows, file: (*unfinished)(w), fixed: w.inFile},
		end:   w.Size,
		find:  w.offset,
		tools: w.tools,
	}
	return w, nil
}

// Put stores an object whole.
func (w *Writer) Put(k Kind, data []byte) (ID, error) {
	id := Hash(k, data)
	if w.Has(id) {
		return id, nil
	}
	return id, w.add(record{located: located{id: id}, kind: k, size: int64(len(data))}, data, nil)
}

// PutDelta stores an object as the delta that leads from base to data. The
// writer checks that the delta is well formed, and trusts the caller that it
// makes data. It stores the object whole when base is not an object of the
// same kind in this pack, when delta is empty or hardly smaller than data, or
// when the chain of deltas would become too long.
func (w *Writer) PutDelta(k Kind, data []byte, base ID, delta []byte) (ID, error) {
	id := Hash(k, data)
	if w.Has(id) {
		return id, nil
	}
	r := record{located: located{id: id}, kind: k, size: int64(len(data))}
	b, ok := w.base(k, base)
	if !ok || len(delta) == 0 || len(delta) > worthwhile(len(data)) {
		return id, w.add(r, data, nil)
	}
	if err := checkDelta(delta, b.size, r.size); err != nil {
		return ID{}, fmt.Errorf("write %s %s as a delta of %s: %w", k, id, base, err)
	}
	return id, w.add(r, delta, &b)
}

// PutAgainst stores an object as a delta that the writer makes against
// another, whose contents the caller passes, or whole for the same reasons as
// PutDelta.
func (w *Writer) PutAgainst(k Kind, data []byte, base ID, baseData []byte) (ID, error) {
	id := Hash(k, data)
	if w.Has(id) {
		return id, nil
	}
	r := record{located: located{id: id}, kind: k, size: int64(len(data))}
	b, ok := w.base(k, base)
	if !ok || b.size != int64(len(baseData)) || !matchable(baseData, data) {
		return id, w.add(r, data, nil)
	}
	m, _ := w.matchers.Get().(*matcher)
	if m == nil {
		m = &matcher{}
	}
	defer w.matchers.Put(m)
	if delta := m.diff(baseData, data, worthwhile(len(data))); delta != nil {
		return id, w.add(r, delta, &b)
	}
	return id, w.add(r, data, nil)
}

// worthwhile is the size up to which a delta is preferred to size bytes.
func worthwhile(size int) int { return size / 4 * 3 }

// matchable reports whether positions in both contents fit into a matcher.
func matchable(base, data []byte) bool { return len(base) <= MaxRead && len(data) <= MaxRead }

// base returns the record of an object that can be the base of another one.
func (w *Writer) base(k Kind, id ID) (record, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	i, ok := w.byID[id]
	if !ok || w.records[i].kind != k || w.records[i].depth >= maxDepth {
		return record{}, false
	}
	return w.records[i], true
}

// add compresses the contents of r, or its delta against base, and appends it.
func (w *Writer) add(r record, payload []byte, base *record) error {
	if !r.kind.valid() {
		return fmt.Errorf("write object %s: %s is not a kind of object", r.id, r.kind)
	}
	d := w.tools.deflaters.get()
	defer w.tools.deflaters.put(d)
	packed, err := d.compress(payload)
	if err != nil {
		return fmt.Errorf("compress object %s: %w", r.id, err)
	}
	kind := r.kind
	if base != nil {
		kind = offsetDelta
		r.depth = base.depth + 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.append(r, kind, int64(len(payload)), base, func() error { return w.write(packed) })
}

// append writes an entry: its header, and then what body writes. It does
// nothing for an object that another goroutine was faster to write. The
// caller holds mu.
func (w *Writer) append(r record, kind Kind, size int64, base *record, body func() error) error {
	if _, ok := w.byID[r.id]; ok {
		return nil
	}
	if w.err == nil && w.file == nil {
		w.err = w.create()
	}
	if w.err != nil {
		return w.err
	}
	if int64(len(w.records)) == maxObjects {
		return fmt.Errorf("write object %s: a pack holds no more than %d objects", r.id, int64(maxObjects))
	}
	r.offset = w.flushed + int64(len(w.tail))
	var back int64
	if base != nil {
		back = r.offset - base.offset
	}
	var head [entryHeaderMax]byte
	w.crc = 0
	err := w.write(appendEntry(head[:0], kind, size, back))
	if err == nil {
		err = body()
	}
	if err != nil {
		w.err = fmt.Errorf("write a pack in %s: %w", w.dir, err)
		return w.err
	}
	r.crc = w.crc
	w.byID[r.id] = uint32(len(w.records))
	w.records = append(w.records, r)
	return nil
}
