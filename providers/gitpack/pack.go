package gitpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
)

const (
	// maxChain is longer than any chain of deltas that git makes (4095), and
	// ends those that lead back to themselves.
	maxChain = 10_000
	// keptDeltas bounds the deltas of one chain that are held in memory; what
	// is more is inflated a second time.
	keptDeltas = 8 << 20
	// keptEvery is how many links of a chain are walked again at most when its
	// objects are read backwards. Were all kept, a few long chains would push
	// out everything else.
	keptEvery = 8
	// maxKinds bounds the kinds of bases that a pack remembers.
	maxKinds = 1 << 20
)

// pack reads the entries of a pack, finished or still being written.
type pack struct {
	name  string
	file  io.Closer              // nil while the pack is being written
	r     io.ReaderAt            // may read less than asked for
	end   func() int64           // where the entries end
	find  func(ID) (int64, bool) // the offset of an object
	index *index                 // nil while the pack is being written
	tools *tools

	mu    sync.Mutex
	kinds map[int64]Kind // of the bases of deltas, by offset
}

// tools are what readers and writers of packs reuse.
type tools struct {
	windows   windows
	inflaters inflaters
	deflaters deflaters
	scratches scratches
	cache     cache
}

// openPack opens the pack that belongs to an index file. It returns an error
// that is fs.ErrNotExist when either of them is gone.
func openPack(indexName string, t *tools) (*pack, error) {
	name := indexName[:len(indexName)-len(".idx")] + ".pack"
	for _, file := range []string{indexName, name} {
		// Opening a named pipe would wait for its other end.
		if info, err := os.Stat(file); err != nil {
			return nil, err
		} else if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%w: %s is not a file", ErrCorrupt, file)
		}
	}
	x, err := readIndex(indexName)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	end, err := checkPack(file, x)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), file.Close())
	}
	fixed := func() int64 { return end }
	return &pack{
		name: name,
		file: file,
		r:    &windowed{windows: &t.windows, file: file, fixed: fixed},
		end:  fixed,
		find: func(id ID) (int64, bool) {
			i, ok := x.find(id)
			if !ok {
				return 0, false
			}
			return x.offset(i), true
		},
		index: x,
		tools: t,
	}, nil
}

// checkPack compares both ends of a pack with its index and returns where
// the entries end.
func checkPack(file *os.File, x *index) (end int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	end = info.Size() - int64(packTrailerSize)
	if end < packHeaderSize {
		return 0, fmt.Errorf("%w: pack of %d bytes is cut off", ErrCorrupt, info.Size())
	}
	var head [packHeaderSize]byte
	var sum ID
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return 0, err
	}
	if _, err := file.ReadAt(sum[:], end); err != nil {
		return 0, err
	}
	n, err := parsePackHeader(head)
	if err != nil {
		return 0, err
	}
	if n != uint32(x.n) || sum != x.pack {
		return 0, fmt.Errorf("%w: pack does not belong to its index", ErrCorrupt)
	}
	return end, nil
}

func (p *pack) close() error { return p.file.Close() }

// at returns an inflater whose in has reached the zlib stream of the entry at
// off, and its header with the offset of its base filled in. The caller puts
// it back.
func (p *pack) at(off int64) (*inflater, entry, error) {
	f := p.tools.inflaters.get(p.r, off, p.end())
	e, err := p.header(f, off)
	if err != nil {
		p.tools.inflaters.put(f)
		return nil, entry{}, err
	}
	return f, e, nil
}

func (p *pack) header(f *inflater, off int64) (entry, error) {
	if off < packHeaderSize {
		return entry{}, fmt.Errorf("%w: offset %d is outside the pack", ErrCorrupt, off)
	}
	buf, err := f.in.Peek(entryHeaderMax)
	if err != nil && err != io.EOF {
		return entry{}, damaged(err)
	}
	e, n, err := parseEntry(buf, off)
	if err != nil {
		return entry{}, err
	}
	if _, err := f.in.Discard(n); err != nil {
		return entry{}, damaged(err)
	}
	return e, p.locateBase(&e)
}

// locateBase fills in the offset of the base of a refDelta.
func (p *pack) locateBase(e *entry) error {
	if e.kind != refDelta {
		return nil
	}
	off, ok := p.find(e.baseID)
	if !ok {
		return fmt.Errorf("%w: the base %s of a delta is not in its pack", ErrCorrupt, e.baseID)
	}
	e.base = off
	return nil
}

// payload returns the header and the bytes of an entry: the contents of an
// object, or a delta.
func (p *pack) payload(off int64) (entry, []byte, error) {
	f, e, err := p.at(off)
	if err != nil {
		return entry{}, nil, err
	}
	defer p.tools.inflaters.put(f)
	if e.size > MaxRead {
		return entry{}, nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, e.size)
	}
	data, err := f.all(e.size)
	return e, data, err
}

// link is a delta on the way from an object to its whole base.
type link struct {
	off   int64
	delta []byte // nil when there was too much to keep
}

// read returns the object at off. It fails with ErrTooLarge when it, or
// anything that it is made of, is over MaxRead.
func (p *pack) read(off int64) (Kind, []byte, error) {
	var links []link
	var kept int
	var kind Kind
	var data []byte
	for at := off; ; {
		var ok bool
		if kind, data, ok = p.tools.cache.get(place{p, at}); ok {
			break
		}
		e, payload, err := p.payload(at)
		if err != nil {
			return 0, nil, err
		}
		if !e.delta() {
			kind, data = e.kind, payload
			if len(links) > 0 {
				p.tools.cache.put(place{p, at}, kind, data)
			}
			break
		}
		if len(links) == maxChain {
			return 0, nil, errChain(off)
		}
		if kept += len(payload); kept > keptDeltas {
			payload = nil
		}
		links = append(links, link{at, payload})
		at = e.base
	}
	s := p.tools.scratches.get()
	defer p.tools.scratches.put(s)
	for i, l := range slices.Backward(links) {
		if l.delta == nil {
			var err error
			if _, l.delta, err = p.payload(l.off); err != nil {
				return 0, nil, err
			}
		}
		var err error
		if i%keptEvery > 0 {
			data, err = s.apply(data, l.delta)
		} else if data, err = ApplyDelta(data, l.delta); err == nil {
			p.tools.cache.put(place{p, l.off}, kind, data)
		}
		if err != nil {
			return 0, nil, err
		}
	}
	return kind, data, nil
}

func errChain(off int64) error {
	return fmt.Errorf("%w: the deltas at offset %d have no end", ErrCorrupt, off)
}

// stat returns the kind and the size of the object at off from headers alone.
func (p *pack) stat(off int64) (Kind, int64, error) {
	f, e, err := p.at(off)
	if err != nil {
		return 0, 0, err
	}
	size := e.size
	if e.delta() {
		size, err = resultSize(f, e)
	}
	p.tools.inflaters.put(f)
	if err != nil {
		return 0, 0, err
	}
	kind, err := p.kindOf(e, off)
	return kind, size, err
}

// resultSize returns the size of the object that the delta under f makes. Only
// the start of the delta is inflated.
func resultSize(f *inflater, e entry) (int64, error) {
	head := f.sizes[:min(e.size, int64(len(f.sizes)))]
	if err := f.head(head); err != nil {
		return 0, err
	}
	_, size, _, err := deltaSizes(head)
	return size, err
}

// kindOf follows the deltas of the entry at off to a whole object. The kinds
// of bases on the way are remembered.
func (p *pack) kindOf(e entry, off int64) (Kind, error) {
	var way []int64
	for e.delta() {
		if len(way) == maxChain {
			return 0, errChain(off)
		}
		p.mu.Lock()
		known := p.kinds[e.base]
		p.mu.Unlock()
		if known != 0 {
			e.kind = known
			break
		}
		way = append(way, e.base)
		f, next, err := p.at(e.base)
		if err != nil {
			return 0, err
		}
		p.tools.inflaters.put(f)
		e = next
	}
	if len(way) > 0 {
		p.remember(way, e.kind)
	}
	return e.kind, nil
}

func (p *pack) remember(offs []int64, kind Kind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kinds == nil || len(p.kinds)+len(offs) > maxKinds {
		p.kinds = map[int64]Kind{}
	}
	for _, off := range offs {
		p.kinds[off] = kind
	}
}

// open streams the object at off.
func (p *pack) open(off int64) (Kind, int64, io.ReadCloser, error) {
	f, e, err := p.at(off)
	if err != nil {
		return 0, 0, nil, err
	}
	if !e.delta() {
		s, err := newStream(f, &p.tools.inflaters, e.size)
		return e.kind, e.size, s, err
	}
	p.tools.inflaters.put(f)
	kind, data, err := p.read(off)
	if err == nil {
		return kind, int64(len(data)), io.NopCloser(bytes.NewReader(data)), nil
	}
	if !tooLarge(err) {
		return 0, 0, nil, err
	}
	return p.rebuild(off)
}

// gone reports whether an error says that a file has disappeared, which packs
// do when somebody else repacks.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func tooLarge(err error) bool { return errors.Is(err, ErrTooLarge) }
