package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
)

const (
	// inMemory is the size up to which a delta is held while it is looked at.
	inMemory = 8 << 20

	// worthPacking is the size from which a chunk is compressed.
	worthPacking = 512

	// A text is stored whole when it would be made from more than maxDepth
	// chunks, or from more bytes than this many times its own size.
	maxDepth = 1000
	maxCost  = 4
)

// writer appends a bundle to a spool. It implements bundle.Sink.
type writer struct {
	s      *Spool
	data   *bufio.Writer
	index  *bufio.Writer
	groups []byte
	next   state
	phases []hg.Phase
	target hg.Phase
	heads  []phaseHead
	pack   *zstd.Encoder
	packed []byte

	kind  byte // 0: of none
	name  bundle.Log
	table *table // of the log being added to
	known int    // how many of its records were there before
	first int64  // the first record of the group
	read  *chain.Log

	buf   []byte
	hunks []hg.Hunk
}

type phaseHead struct {
	phase hg.Phase
	node  hg.Node
}

func newWriter(s *Spool) *writer {
	w := &writer{s: s, next: s.state, target: hg.Draft}
	w.data = bufio.NewWriterSize(io.NewOffsetWriter(s.data, s.state.Data), 1<<20)
	w.index = bufio.NewWriterSize(io.NewOffsetWriter(s.index, s.state.Index), 1<<18)
	w.phases = append(w.phases, s.phases...)
	w.next.Bookmarks = map[string]hg.Node{}
	maps.Copy(w.next.Bookmarks, s.state.Bookmarks)
	w.next.Obsolete = slices.Clone(s.state.Obsolete)
	return w
}

// Begin implements bundle.Sink.
func (w *writer) Begin(log bundle.Log) error {
	w.endGroup()
	w.name, w.first = log, w.next.Index/recordSize
	switch log.Kind {
	case bundle.Changelog:
		w.kind, w.table = kindChangelog, w.s.changelog
	case bundle.Manifest:
		w.kind, w.table = kindManifest, w.s.manifests
	case bundle.File:
		w.kind, w.table = kindFile, newTable(0)
		if spans := w.s.ranges[log.Path]; len(spans) > 0 {
			if w.next.Index != w.s.state.Index { // a file may come twice in one bundle
				if err := w.index.Flush(); err != nil {
					return err
				}
			}
			var err error
			if w.table, err = readTable(w.s.index, spans); err != nil {
				return err
			}
		}
	}
	w.known = w.table.Len()
	w.read = w.s.log(w.table, log.String())
	return nil
}

// endGroup notes which records were added to the log at hand.
func (w *writer) endGroup() {
	if w.kind == 0 {
		return
	}
	if added := int64(w.table.Len() - w.known); added > 0 {
		at := span{w.first, added}
		w.groups = appendGroup(w.groups, w.kind, w.name.Path, at)
		if w.kind == kindFile {
			w.s.ranges[w.name.Path] = append(w.s.ranges[w.name.Path], at)
		}
	}
	w.read.Close() // frees memory only
	w.kind = 0
}

// Revision implements bundle.Sink.
func (w *writer) Revision(r bundle.Revision) error {
	if _, known := w.table.Find(r.Node); known {
		return nil
	}
	if err := w.add(r); err != nil {
		return fmt.Errorf("%s revision %s: %w", w.name, r.Node, err)
	}
	return nil
}

func (w *writer) add(r bundle.Revision) error {
	var rec record
	copy(rec[:], r.Node[:])
	if r.Node.IsNull() {
		return fmt.Errorf("%w: the null revision", hg.ErrCorrupt)
	}
	p1, err := w.find("parent", r.P1)
	if err != nil {
		return err
	}
	p2, err := w.find("parent", r.P2)
	if err != nil {
		return err
	}
	rec.setNumber(atP1, p1)
	rec.setNumber(atP2, p2)
	link := w.table.Len()
	if w.kind != kindChangelog {
		var ok bool
		if link, ok = w.s.changelog.Find(r.Link); !ok {
			return fmt.Errorf("%w: it belongs to changeset %s, which is not there", hg.ErrCorrupt, r.Link)
		}
	}
	rec.setNumber(atLink, link)
	if !r.Flags.Known() {
		return &providers.Error{Code: providers.CodeUnsupported, Message: fmt.Sprintf("it has the unknown flags %#x", uint16(r.Flags)), Hint: "update Drover"}
	}
	rec[atFlags], rec[atFlags+1] = byte(r.Flags), byte(r.Flags>>8)
	base, err := w.find("delta base", r.Base)
	if err != nil {
		return err
	}
	if err := w.addChunk(&rec, base, r); err != nil {
		return err
	}
	if _, err := w.index.Write(rec[:]); err != nil {
		return err
	}
	w.next.Index += recordSize
	w.table.add(rec)
	if w.kind == kindChangelog {
		w.phases = append(w.phases, hg.Draft) // finish knows better
	}
	return nil
}

// find returns the number of a node in the log at hand.
func (w *writer) find(what string, n hg.Node) (int, error) {
	if n.IsNull() {
		return -1, nil
	}
	i, ok := w.table.Find(n)
	if !ok {
		return 0, &providers.Error{Code: providers.CodeInvalid, Err: hg.ErrCorrupt,
			Message: fmt.Sprintf("its %s %s is missing: the bundle is only a part of a history", what, n),
			Hint:    "make a bundle of everything with hg bundle --all FILE"}
	}
	return i, nil
}

// addChunk writes the delta of a revision, or its text if its chain has become
// too long, and completes the record.
func (w *writer) addChunk(rec *record, base int, r bundle.Revision) error {
	baseSize, cost, depth := int64(0), r.Size, 1
	if base >= 0 {
		b := &w.table.records[base]
		baseSize, cost, depth = b.long(atSize), cost+b.long(atCost), depth+b.number(atDepth)
	}
	rec.setLong(atCost, cost)
	rec.setNumber(atDepth, depth)
	if base < 0 {
		base = chain.FromEmpty
	}
	rec.setNumber(atBase, base)
	if r.Size > inMemory {
		return w.streamDelta(rec, baseSize, r)
	}
	if int64(cap(w.buf)) < r.Size {
		w.buf = make([]byte, r.Size)
	}
	w.buf = w.buf[:r.Size]
	if _, err := io.ReadFull(r.Delta, w.buf); err != nil {
		return tooEarly(err)
	}
	var err error
	if w.hunks, err = hg.ParseHunks(w.hunks[:0], w.buf, baseSize); err != nil {
		return err
	}
	size := hg.ResultSize(w.hunks, baseSize)
	rec.setLong(atSize, size)
	switch {
	case base == chain.FromEmpty && len(w.hunks) <= 1:
		text := []byte(nil)
		if len(w.hunks) == 1 {
			text = w.hunks[0].Data
		}
		return w.whole(rec, text)
	case base >= 0 && size <= hg.MaxText && (depth > maxDepth || cost > maxCost*size+worthPacking):
		text, err := w.textOf(base)
		if err == nil {
			return w.whole(rec, hg.Apply(text, w.hunks))
		}
		if !errors.Is(err, hg.ErrTooLarge) {
			return err
		}
	}
	return w.store(rec, w.buf)
}

// textOf reads a text that is in the spool already.
func (w *writer) textOf(i int) ([]byte, error) {
	if err := w.data.Flush(); err != nil {
		return nil, err
	}
	return w.read.Text(i)
}

// whole stores a text instead of a delta.
func (w *writer) whole(rec *record, text []byte) error {
	rec.setNumber(atBase, chain.FullText)
	rec.setLong(atCost, int64(len(text)))
	rec.setNumber(atDepth, 1)
	return w.store(rec, text)
}

// store appends a chunk to the data.
func (w *writer) store(rec *record, chunk []byte) error {
	if len(chunk) >= worthPacking {
		if w.pack == nil {
			var err error
			if w.pack, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false)); err != nil {
				return err
			}
		}
		w.packed = w.pack.EncodeAll(chunk, w.packed[:0])
		if len(w.packed) < len(chunk) {
			chunk = w.packed
			rec[atForm] = formZstd
		}
	}
	rec.setLong(atOffset, w.next.Data)
	rec.setLong(atStored, int64(len(chunk)))
	w.next.Data += int64(len(chunk))
	_, err := w.data.Write(chunk)
	return err
}

// streamDelta stores a large delta as it is, looking at its hunks as they pass.
func (w *writer) streamDelta(rec *record, baseSize int64, r bundle.Revision) error {
	size := baseSize
	count := &counted{from: io.TeeReader(r.Delta, w.data)}
	err := hg.ScanDelta(count, baseSize, func(start, end, n int64, _ io.Reader) error {
		size += n - (end - start)
		return nil
	})
	if err != nil {
		return err
	}
	if count.n != r.Size {
		return tooEarly(io.ErrUnexpectedEOF)
	}
	rec.setLong(atSize, size)
	rec.setLong(atOffset, w.next.Data)
	rec.setLong(atStored, r.Size)
	w.next.Data += r.Size
	return nil
}

type counted struct {
	from io.Reader
	n    int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

func tooEarly(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the bundle ends too early", hg.ErrCorrupt)
	}
	return err
}

// PhaseHeads implements bundle.Sink.
func (w *writer) PhaseHeads(phase hg.Phase, heads []hg.Node) error {
	for _, n := range heads {
		w.heads = append(w.heads, phaseHead{phase, n})
	}
	return nil
}

// TargetPhase implements bundle.Sink.
func (w *writer) TargetPhase(phase hg.Phase) error {
	w.target = phase
	return nil
}

// Bookmark implements bundle.Sink.
func (w *writer) Bookmark(name string, n hg.Node) error {
	w.next.Bookmarks[name] = n
	return nil
}

// Obsolete implements bundle.Sink.
func (w *writer) Obsolete(markers []byte) error {
	nodes, err := hg.Obsolete(markers)
	w.next.Obsolete = append(w.next.Obsolete, nodes...)
	return err
}

// finish makes what was added part of the spool.
func (w *writer) finish() error {
	w.endGroup()
	if err := errors.Join(w.data.Flush(), w.index.Flush()); err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	if _, err := w.s.groups.WriteAt(w.groups, w.next.Groups); err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	w.next.Groups += int64(len(w.groups))
	w.setPhases()
	unknown := func(n hg.Node) bool {
		_, ok := w.s.changelog.Find(n)
		return !ok
	}
	maps.DeleteFunc(w.next.Bookmarks, func(_ string, n hg.Node) bool { return unknown(n) })
	w.next.Obsolete = slices.DeleteFunc(w.next.Obsolete, unknown)
	if err := errors.Join(w.s.data.Sync(), w.s.index.Sync(), w.s.groups.Sync()); err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	if err := w.next.write(w.s.dir); err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	w.s.state = w.next
	return nil
}

// setPhases gives what was added the phase that the bundle says, and then lowers
// the ancestors of phase heads.
func (w *writer) setPhases() {
	for i := len(w.s.phases); i < len(w.phases); i++ {
		w.phases[i] = w.target
	}
	for _, h := range w.heads {
		if i, ok := w.s.changelog.Find(h.node); ok {
			w.phases[i] = min(w.phases[i], h.phase)
		}
	}
	for i := len(w.phases) - 1; i >= 0; i-- {
		p1, p2 := w.s.changelog.Parents(i)
		for _, p := range [2]int{p1, p2} {
			if p >= 0 {
				w.phases[p] = min(w.phases[p], w.phases[i])
			}
		}
	}
	w.next.Phases = runs(w.phases)
}
