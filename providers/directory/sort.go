package directory

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/schema"
)

const (
	// chunkBytes is how much a sorter holds before it writes to disk.
	chunkBytes = 32 << 20

	// blockBytes is how much it asks for at a time.
	blockBytes = 1 << 20

	// entryBytes is what an entry takes beside its line.
	entryBytes = 128

	// maxRuns is how many runs of one level become one of the next.
	maxRuns = 16
)

// sorter brings any number of record lines into the order of an archive, in
// bounded memory. Of several lines with one key the one added last remains.
// It is an external merge sort: as many lines as fit into memory are sorted and
// become a run on disk, and runs are merged.
type sorter struct {
	kinds []schema.Kind
	dir   string // for runs, and for no other sorter's; the caller removes it
	limit int    // of held; a single longer line is held all the same

	entries []entry
	held    int      // bytes that the entries and their lines take, about
	blocks  [][]byte // where lines are kept, the last one being filled
	spare   [][]byte // blocks that can be used again

	runs []run // oldest first
	made int
}

// run is a file of lines in order. Its level says how often its lines were
// merged; older runs never have a lower level than newer ones.
type run struct {
	file  string
	level int
}

type entry struct {
	key     sortKey
	arrival int
	line    []byte // without its line feed
}

func newSorter(dir string) *sorter {
	return &sorter{kinds: schema.Kinds(), dir: dir, limit: chunkBytes}
}

// add takes a copy of a line and returns the kind of its record. It fails with
// errNotRecord when there is none.
func (s *sorter) add(ctx context.Context, line []byte) (kind int, err error) {
	key, err := s.key(line)
	if err != nil {
		return 0, err
	}
	size := len(line) + entryBytes
	if len(s.entries) > 0 && s.held+size > s.limit {
		if err := s.spill(ctx); err != nil {
			return 0, err
		}
	}
	s.held += size
	s.entries = append(s.entries, entry{key: key, arrival: len(s.entries), line: s.keep(line)})
	return key.kind, nil
}

// keep copies a line into a block. One growing buffer would be held twice while
// it grows.
func (s *sorter) keep(line []byte) []byte {
	if n := len(s.blocks); n == 0 || cap(s.blocks[n-1])-len(s.blocks[n-1]) < len(line) {
		s.blocks = append(s.blocks, s.block(len(line)))
	}
	block := &s.blocks[len(s.blocks)-1]
	start := len(*block)
	*block = append(*block, line...)
	return (*block)[start:]
}

// block returns an empty block with room for n bytes.
func (s *sorter) block(n int) []byte {
	if last := len(s.spare) - 1; last >= 0 && n <= blockBytes {
		block := s.spare[last]
		s.spare = s.spare[:last]
		return block
	}
	return make([]byte, 0, max(n, blockBytes))
}

// forget empties the sorter's memory for the next lines.
func (s *sorter) forget() {
	for _, block := range s.blocks {
		if cap(block) == blockBytes {
			s.spare = append(s.spare, block[:0])
		}
	}
	clear(s.blocks)
	clear(s.entries)
	s.blocks, s.entries, s.held = s.blocks[:0], s.entries[:0], 0
}

func (s *sorter) key(line []byte) (sortKey, error) {
	key, err := lineKey(line)
	if err != nil {
		return sortKey{}, err
	}
	sorted := newSortKey(s.kinds, key)
	if sorted.kind < 0 {
		return sortKey{}, fmt.Errorf("%w: its kind is %q", errNotRecord, schema.Printable(string(key.Kind)))
	}
	return sorted, nil
}

// file returns a file of dir with every added line, in order, ready to be read.
func (s *sorter) file(ctx context.Context, name string) (*os.File, error) {
	name = filepath.Join(s.dir, name)
	err := s.write(name, func(emit func(sortKey, []byte) error) error { return s.each(ctx, nil, emit) })
	if err != nil {
		return nil, err
	}
	return os.Open(name)
}

// each calls emit with every line in order. Sorted are further readers, whose
// lines are in order already and older than all that were added. The line is
// valid until emit returns.
func (s *sorter) each(ctx context.Context, sorted []io.Reader, emit func(key sortKey, line []byte) error) error {
	s.sortEntries()
	sources := make([]lineSource, 0, len(sorted)+len(s.runs)+1)
	for _, r := range sorted {
		sources = append(sources, s.read(r))
	}
	for _, run := range s.runs {
		file, err := os.Open(run.file)
		if err != nil {
			return err
		}
		defer file.Close()
		sources = append(sources, s.read(file))
	}
	return merge(ctx, append(sources, s.inMemory()), emit)
}

// spill turns the entries into a run, and the newest runs into one when there are
// enough of a level.
func (s *sorter) spill(ctx context.Context) error {
	s.sortEntries()
	if err := s.writeRun(ctx, 0, []lineSource{s.inMemory()}); err != nil {
		return err
	}
	s.forget()
	for {
		first := len(s.runs) - maxRuns
		if first < 0 || s.runs[first].level != s.runs[len(s.runs)-1].level {
			return nil
		}
		if err := s.join(ctx, first); err != nil {
			return err
		}
	}
}

// join merges the runs from first on into one of the next level.
func (s *sorter) join(ctx context.Context, first int) error {
	parts := slices.Clone(s.runs[first:])
	var sources []lineSource
	for _, part := range parts {
		file, err := os.Open(part.file)
		if err != nil {
			return err
		}
		defer file.Close()
		sources = append(sources, s.read(file))
	}
	s.runs = s.runs[:first]
	if err := s.writeRun(ctx, parts[0].level+1, sources); err != nil {
		return err
	}
	for _, part := range parts {
		if err := os.Remove(part.file); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) writeRun(ctx context.Context, level int, sources []lineSource) error {
	s.made++
	name := filepath.Join(s.dir, fmt.Sprintf("run-%d", s.made))
	err := s.write(name, func(emit func(sortKey, []byte) error) error { return merge(ctx, sources, emit) })
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run{file: name, level: level})
	return nil
}

// write makes a file of the lines that lines emits.
func (s *sorter) write(name string, lines func(emit func(sortKey, []byte) error) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 128<<10)
	err = lines(func(_ sortKey, line []byte) error { return writeLine(out, line) })
	return errors.Join(err, out.Flush(), file.Close())
}

// sortEntries sorts the entries and keeps the last of each key.
func (s *sorter) sortEntries() {
	slices.SortFunc(s.entries, func(a, b entry) int {
		if c := a.key.compare(b.key); c != 0 {
			return c
		}
		return b.arrival - a.arrival
	})
	s.entries = slices.CompactFunc(s.entries, func(a, b entry) bool { return a.key == b.key })
}

func (s *sorter) inMemory() lineSource {
	next := 0
	return func() (sortKey, []byte, error) {
		if next == len(s.entries) {
			return sortKey{}, nil, io.EOF
		}
		e := s.entries[next]
		next++
		return e.key, e.line, nil
	}
}

func (s *sorter) read(r io.Reader) lineSource {
	lines := newLineReader(r)
	return func() (sortKey, []byte, error) {
		for {
			line, err := lines.next()
			if err != nil {
				return sortKey{}, nil, err
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			key, err := s.key(line)
			return key, line, err
		}
	}
}
