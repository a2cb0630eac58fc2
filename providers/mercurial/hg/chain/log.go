// Package chain rebuilds the texts of a log from chains of deltas. It is what a
// repository's own store and a spool have in common: both say where the chunks
// are ([Chunks]), and [Log] makes texts of them and checks them.
//
// # Why
//
// A text is made by folding the deltas of its chain into one ([hg.Fold]) and
// applying that once, so a long chain costs its deltas and not a copy of the
// text for each. Texts of recent revisions are kept up to a fixed number of
// bytes, which in ascending order leaves one delta to read for most revisions.
//
// Texts over [hg.MaxText] never enter memory: they are made in temporary files,
// of which the last is kept, because the next large revision is most likely a
// delta against it.
package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

const (
	// MaxChunk bounds a decompressed chunk in memory. A delta can be larger
	// than the text it makes, by what it says about places.
	MaxChunk = 2 * hg.MaxText

	// cacheBytes is what a Log keeps of recent texts.
	cacheBytes = 16 << 20

	// batchBytes bounds the deltas that are folded at once.
	batchBytes = 32 << 20
)

// Chunks is where a log's revisions are kept. It is used by one goroutine at a
// time. Numbers that it returns are checked: bases and parents are smaller
// than the revision, or -1.
type Chunks interface {
	Len() int
	Entry(i int) hg.Entry

	// Base is the revision that the chunk of i is a delta against; -1: the
	// chunk is a full text; -2: it is a delta against the empty text.
	Base(i int) int

	// Chunk appends the decompressed chunk of i to buf. It fails when that is
	// more than MaxChunk.
	Chunk(buf []byte, i int) ([]byte, error)

	// OpenChunk streams the decompressed chunk of i.
	OpenChunk(i int) (io.ReadCloser, error)

	// Find is as in hg.Log.
	Find(n hg.Node) (int, bool)

	Close() error
}

// The bases that are no revision.
const (
	FullText  = -1
	FromEmpty = -2
)

// Options say where a Log is in its repository.
type Options struct {
	Name      string                         // in errors: changelog, file "a/b"
	Scratch   string                         // folder for texts too large for memory; "" is the system's
	Changeset func(link int) (hg.Node, bool) // the changeset of a link, for errors; may be called by any goroutine
}

// Log is an [hg.Log] over chunks.
type Log struct {
	chunks Chunks
	opts   Options
	recent texts
	large  *largeText // the last one made

	buf     []byte    // of the revision decoded last
	hunks   []hg.Hunk // likewise
	decoded int       // which that is; -1: none
}

// New returns a Log. Closing it closes chunks.
func New(chunks Chunks, opts Options) *Log {
	return &Log{chunks: chunks, opts: opts, decoded: -1}
}

func (l *Log) Len() int { return l.chunks.Len() }

func (l *Log) Entry(i int) hg.Entry { return l.chunks.Entry(i) }

func (l *Log) Find(n hg.Node) (int, bool) { return l.chunks.Find(n) }

func (l *Log) Close() error {
	l.large.release()
	l.large = nil
	return l.chunks.Close()
}

// Delta implements [hg.Log].
func (l *Log) Delta(i int) (int, []hg.Hunk, error) {
	hunks, err := l.decode(i)
	if err != nil {
		return 0, nil, l.fail(i, err)
	}
	return max(l.chunks.Base(i), -1), hunks, nil
}

// Text implements [hg.Log].
func (l *Log) Text(i int) ([]byte, error) {
	if text, ok := l.recent.get(i); ok {
		return text, nil
	}
	if l.Entry(i).Size > hg.MaxText {
		return nil, fmt.Errorf("%s: %w", l.at(i), hg.ErrTooLarge)
	}
	text, err := l.rebuild(i)
	if errors.Is(err, hg.ErrTooLarge) { // something that it is made from
		text, err = l.readLarge(i)
	}
	if err == nil {
		err = l.verify(i, hg.HashText(l.node(l.Entry(i).P1), l.node(l.Entry(i).P2), text))
	}
	if err != nil {
		return nil, l.fail(i, err)
	}
	l.recent.put(i, text)
	return text, nil
}

// rebuild makes the text of i from the nearest recent text, or from the start
// of its chain.
func (l *Log) rebuild(i int) ([]byte, error) {
	var above []int // the revisions to apply, last one first
	var text []byte
	for at := i; ; {
		above = append(above, at)
		base := l.chunks.Base(at)
		if base < 0 {
			break
		}
		if l.Entry(base).Size > hg.MaxText {
			return nil, hg.ErrTooLarge
		}
		if kept, ok := l.recent.get(base); ok {
			text = kept
			break
		}
		at = base
	}
	for len(above) > 0 {
		var err error
		if text, above, err = l.applyBatch(text, above); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// applyBatch applies the last revisions of above to text and returns the rest.
func (l *Log) applyBatch(text []byte, above []int) ([]byte, []int, error) {
	if len(above) == 1 {
		hunks, err := l.decode(above[0])
		if err != nil {
			return nil, nil, err
		}
		return hg.Apply(text, hunks), nil, nil
	}
	var chain [][]hg.Hunk
	for size := 0; len(above) > 0 && size < batchBytes; above = above[:len(above)-1] {
		at := above[len(above)-1]
		chunk, err := l.chunks.Chunk(nil, at)
		if err != nil {
			return nil, nil, l.inChain(at, above[0], err)
		}
		hunks, err := l.parse(nil, at, chunk)
		if err != nil {
			return nil, nil, l.inChain(at, above[0], err)
		}
		chain = append(chain, hunks)
		size += len(chunk)
	}
	return hg.Apply(text, hg.Fold(chain)), above, nil
}

// decode returns the hunks of i. They are valid until the next call.
func (l *Log) decode(i int) ([]hg.Hunk, error) {
	if l.decoded == i {
		return l.hunks, nil
	}
	l.decoded = -1
	chunk, err := l.chunks.Chunk(l.buf[:0], i)
	if err != nil {
		return nil, err
	}
	l.buf = chunk
	if l.hunks, err = l.parse(l.hunks[:0], i, chunk); err != nil {
		return nil, err
	}
	l.decoded = i
	return l.hunks, nil
}

// parse reads the chunk of i as hunks against its base.
func (l *Log) parse(hunks []hg.Hunk, i int, chunk []byte) ([]hg.Hunk, error) {
	baseSize := int64(0)
	switch base := l.chunks.Base(i); base {
	case FullText:
		hunks = append(hunks, hg.Hunk{Data: chunk})
	default:
		if base >= 0 {
			baseSize = l.Entry(base).Size
		}
		var err error
		if hunks, err = hg.ParseHunks(hunks, chunk, baseSize); err != nil {
			return nil, err
		}
	}
	if size := hg.ResultSize(hunks, baseSize); size != l.Entry(i).Size {
		return nil, fmt.Errorf("%w: the text has %d bytes and should have %d", hg.ErrCorrupt, size, l.Entry(i).Size)
	}
	return hunks, nil
}

// Open implements [hg.Log].
func (l *Log) Open(i int) (io.ReadCloser, error) {
	if l.Entry(i).Size <= hg.MaxText {
		text, err := l.Text(i)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
	if l.chunks.Base(i) == FullText {
		chunk, err := l.chunks.OpenChunk(i)
		if err != nil {
			return nil, l.fail(i, err)
		}
		return &checked{log: l, i: i, from: chunk, hash: l.hash(i), left: l.Entry(i).Size}, nil
	}
	large, err := l.makeLarge(i)
	if err != nil {
		return nil, l.fail(i, err)
	}
	return large.reader(), nil
}

func (l *Log) hash(i int) hg.Hash {
	e := l.Entry(i)
	return hg.NewHash(l.node(e.P1), l.node(e.P2))
}

func (l *Log) node(i int) hg.Node {
	if i < 0 {
		return hg.Node{}
	}
	return l.Entry(i).Node
}

// verify compares what the text of i hashes to with its node.
func (l *Log) verify(i int, got hg.Node) error {
	if e := l.Entry(i); got != e.Node && !e.Flags.Rewritten() {
		return fmt.Errorf("%w: the text does not match its checksum", hg.ErrCorrupt)
	}
	return nil
}

func (l *Log) fail(i int, err error) error { return fmt.Errorf("%s: %w", l.at(i), err) }

// inChain is an error of revision at, which is read for the sake of i.
func (l *Log) inChain(at, i int, err error) error {
	if at == i {
		return err
	}
	return fmt.Errorf("it is made from %s: %w", l.at(at), err)
}

// at names revision i for people.
func (l *Log) at(i int) string {
	e := l.Entry(i)
	where := fmt.Sprintf("%s revision %d (%s", l.opts.Name, i, e.Node)
	if l.opts.Changeset != nil {
		if n, ok := l.opts.Changeset(e.Link); ok {
			where += " of changeset " + n.String()
		}
	}
	return where + ")"
}
