package fsfs

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

const (
	keptFiles = 16 << 20 // bytes of memory
	keptTexts = 32 << 20
	keptNodes = 50_000 // where their texts are
	keptGiven = 250_000

	// maxChain is how many differences a text may be made of. Subversion needs
	// a few dozen.
	maxChain = 2000
)

// reader reads revisions. It belongs to one goroutine and keeps what is often
// needed again: files, and texts that others are differences to.
type reader struct {
	*Repository
	files cache[string, *revFile]
	texts cache[place, []byte]
	nodes cache[place, place] // from a node to its text
	given map[place]bool      // texts that were given to somebody
	props *propPack           // that was read last
	buf   []byte              // see openRevFile
}

func (r *Repository) newReader() *reader {
	return &reader{
		Repository: r,
		buf:        make([]byte, tailSize),
		given:      map[place]bool{},
		files:      newCache[string](keptFiles, (*revFile).cost, (*revFile).close),
		texts:      newCache[place](keptTexts, func(text []byte) int { return len(text) + 64 }, nil),
		nodes:      newCache[place](keptNodes, func(place) int { return 1 }, nil),
	}
}

func (r *reader) close() { r.files.clear() }

// revFile returns the file that holds a revision.
func (r *reader) revFile(revision int64) (*revFile, error) {
	own, pack := r.Repository.files("revs", revision)
	for _, path := range []string{own, pack} {
		if f, ok := r.files.get(path); ok {
			return f, nil
		}
	}
	f, packed, err := openRevFile(own, pack, r.buf)
	if err != nil {
		return nil, err
	}
	if packed {
		own = pack
	}
	r.files.put(own, f)
	return f, nil
}

// find returns the item at a place and its file.
func (r *reader) find(p place) (*revFile, item, error) {
	f, err := r.revFile(p.revision)
	if err != nil {
		return nil, item{}, err
	}
	it, ok := f.find(p.revision, p.number)
	if !ok {
		return nil, item{}, damaged(fmt.Sprintf("r%d has no item %d", p.revision, p.number))
	}
	return f, it, nil
}

func (r *reader) node(p place) (node, error) {
	f, it, err := r.find(p)
	if err != nil {
		return node{}, err
	}
	if it.kind != nodeRevision {
		return node{}, damaged("an item is not the node that it should be")
	}
	raw, err := f.read(it.offset, it.size)
	if err != nil {
		return node{}, err
	}
	return parseNode(raw)
}

// textOf returns where the text of a node is; its revision is -1 when there is
// none.
func (r *reader) textOf(p place) (place, error) {
	if text, ok := r.nodes.get(p); ok {
		return text, nil
	}
	n, err := r.node(p)
	if err != nil {
		return place{}, err
	}
	text := place{revision: -1}
	if n.text != nil {
		text = n.text.place
	}
	r.nodes.put(p, text)
	return text, nil
}

// stored is a representation as it lies in its file.
type stored struct {
	file   *revFile
	offset int64
	size   int64
	plain  bool            // the text itself, otherwise a svndiff
	base   *representation // that the difference is to; nil for the empty text
}

// stored reads the first line of a representation.
func (r *reader) stored(rep *representation) (stored, error) {
	f, it, err := r.find(rep.place)
	if err != nil {
		return stored{}, err
	}
	if it.kind < fileText || it.kind > dirProps {
		return stored{}, damaged("an item is not the content that it should be")
	}
	const most = 100 // three numbers
	head, err := f.read(it.offset, min(it.size, most))
	if err != nil {
		return stored{}, err
	}
	line, _, ok := bytes.Cut(head, []byte("\n"))
	s := stored{file: f, offset: it.offset + int64(len(line)) + 1, size: rep.size}
	if !ok || s.size > it.size-int64(len(line))-1 {
		return s, damaged("a content is longer than its place")
	}
	words := strings.Fields(string(line))
	switch {
	case len(words) == 1 && words[0] == "PLAIN":
		s.plain = true
	case len(words) == 1 && words[0] == "DELTA":
	case len(words) == 4 && words[0] == "DELTA":
		n, err := parseNumbers(words[1:]...)
		if err != nil {
			return s, err
		}
		s.base = &representation{place: place{n[0], n[1]}, size: n[2]}
	default:
		return s, damaged("a content does not begin like one")
	}
	return s, nil
}

// text returns s as it is stored, to be applied to its base.
func (s *stored) text(scratch string) (*svn.Text, error) {
	w := svn.NewTextWriter(s.plain, scratch)
	w.Grow(s.size)
	if err := s.file.copyTo(w, s.offset, s.size); err != nil {
		w.Discard()
		return nil, err
	}
	return w.Text(), nil
}

// expand returns the whole content of a representation, which may be a
// difference to one that is a difference, and so on.
func (r *reader) expand(rep *representation) ([]byte, error) {
	var chain []*representation
	var text []byte
	for next := rep; next != nil; {
		kept, ok := r.texts.get(next.place)
		if ok {
			text = kept
			break
		}
		if len(chain) == maxChain {
			return nil, damaged("a content is a difference to too many others")
		}
		s, err := r.stored(next)
		if err != nil {
			return nil, err
		}
		chain = append(chain, next)
		next = s.base
	}
	if len(chain) == 0 {
		return text, nil
	}
	for _, next := range slices.Backward(chain) {
		var err error
		if text, err = r.applyStored(next, text); err != nil {
			return nil, err
		}
	}
	r.texts.put(rep.place, text)
	return text, nil
}

func (r *reader) applyStored(rep *representation, base []byte) ([]byte, error) {
	s, err := r.stored(rep) // again: the chain may be longer than files are kept open
	if err != nil {
		return nil, err
	}
	if s.size > svn.MaxText {
		return nil, svn.ErrTooLarge
	}
	raw, err := s.file.read(s.offset, s.size)
	if err != nil {
		return nil, err
	}
	if s.plain {
		return bytes.Clone(raw), nil // or all of its file would stay in memory
	}
	return svn.NewText(false, raw).Result(base)
}
