package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// A table is one or more files, each with what one or more rewrites added. A
// file holds records of two ids, raw and new, sorted by the first, and behind
// them the places of the records in the order of the new ids, four bytes each.

const (
	idSize     = len(gitpack.ID{})
	recordSize = 2 * idSize
	placeSize  = 4
)

// pair is a raw id and what it became.
type pair struct{ raw, new gitpack.ID }

// run is one file of a table.
type run struct {
	name string
	file *os.File
	n    int
}

// openRun opens a file of a table and makes sure that it is whole.
func openRun(dir, name string) (*run, error) {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	n := info.Size() / int64(recordSize+placeSize)
	if n*int64(recordSize+placeSize) != info.Size() || n > 1<<31-1 {
		return nil, errors.Join(fmt.Errorf("table %s has %d bytes, which is no number of records; remove the repository to have it made anew", name, info.Size()), file.Close())
	}
	return &run{name: name, file: file, n: int(n)}, nil
}

// look reads records and remembers the first failure, so that it can be used in a
// search.
type look struct {
	r   *run
	err error
}

func (l *look) read(at int64, size int) []byte {
	var buf [recordSize]byte
	if l.err == nil {
		_, l.err = l.r.file.ReadAt(buf[:size], at)
	}
	return buf[:size]
}

// byRaw returns the record at place i.
func (l *look) byRaw(i int) pair {
	b := l.read(int64(i)*int64(recordSize), recordSize)
	return pair{gitpack.ID(b[:idSize]), gitpack.ID(b[idSize:])}
}

// byNew returns the record with the new id of rank i.
func (l *look) byNew(i int) pair {
	b := l.read(int64(l.r.n)*int64(recordSize)+int64(i)*placeSize, placeSize)
	return l.byRaw(int(binary.BigEndian.Uint32(b)) % max(l.r.n, 1))
}

// writeRun writes pairs as a file of a table. It sorts them.
func writeRun(dir, name string, pairs []pair) error {
	slices.SortFunc(pairs, func(a, b pair) int { return a.raw.Compare(b.raw) })
	places := make([]uint32, len(pairs))
	for i := range places {
		places[i] = uint32(i)
	}
	slices.SortFunc(places, func(a, b uint32) int {
		if c := pairs[a].new.Compare(pairs[b].new); c != 0 {
			return c
		}
		return int(a) - int(b)
	})
	return writeFile(filepath.Join(dir, name), func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 64<<10)
		for _, p := range pairs {
			out.Write(p.raw[:])
			out.Write(p.new[:])
		}
		var buf [placeSize]byte
		for _, place := range places {
			binary.BigEndian.PutUint32(buf[:], place)
			out.Write(buf[:])
		}
		return out.Flush()
	})
}

// table says what became of ids.
type table []*run

func openTable(dir string, names []string) (table, error) {
	var t table
	for _, name := range names {
		r, err := openRun(dir, name)
		if err != nil {
			return nil, errors.Join(err, t.close())
		}
		t = append(t, r)
	}
	return t, nil
}

func (t table) close() error {
	var errs []error
	for _, r := range t {
		errs = append(errs, r.file.Close())
	}
	return errors.Join(errs...)
}

func (t table) len() int {
	n := 0
	for _, r := range t {
		n += r.n
	}
	return n
}

// get returns what raw became.
func (t table) get(raw gitpack.ID) (gitpack.ID, bool, error) {
	for _, r := range t {
		l := look{r: r}
		i := sort.Search(r.n, func(i int) bool { return l.byRaw(i).raw.Compare(raw) >= 0 })
		if i < r.n {
			if p := l.byRaw(i); p.raw == raw && l.err == nil {
				return p.new, true, nil
			}
		}
		if l.err != nil {
			return gitpack.ID{}, false, l.err
		}
	}
	return gitpack.ID{}, false, nil
}

// side chooses one of the two ids of a pair.
type side bool

const (
	rawSide side = false
	newSide side = true
)

// withPrefix returns the pairs whose raw or new id begins with p.
func (t table) withPrefix(p prefix, s side) ([]pair, error) {
	var found []pair
	for _, r := range t {
		l := look{r: r}
		at := l.byRaw
		id := func(i int) gitpack.ID { return at(i).raw }
		if s == newSide {
			at = l.byNew
			id = func(i int) gitpack.ID { return at(i).new }
		}
		from, to := p.within(r.n, id)
		for i := from; i < to && l.err == nil; i++ {
			found = append(found, at(i))
		}
		if l.err != nil {
			return nil, l.err
		}
	}
	return found, nil
}

// all yields the pairs, those of each file in the order of raw ids.
func (t table) all() iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		for _, r := range t {
			in := bufio.NewReaderSize(io.NewSectionReader(r.file, 0, int64(r.n)*int64(recordSize)), 64<<10)
			for range r.n {
				var b [recordSize]byte
				_, err := io.ReadFull(in, b[:])
				if !yield(pair{gitpack.ID(b[:idSize]), gitpack.ID(b[idSize:])}, err) || err != nil {
					return
				}
			}
		}
	}
}

// mergeFactor is how many times larger than its successor a file is at
// least. It bounds the number of files by the logarithm of their size.
const mergeFactor = 4

// add returns the names of the files of a table that holds pairs as well. The
// files it writes have names that were not used before; those of t stay.
func (t table) add(dir, kind string, pairs []pair) ([]string, error) {
	if len(pairs) == 0 {
		return t.names(), nil
	}
	keep := len(t)
	for keep > 0 && t[keep-1].n < mergeFactor*len(pairs) {
		for p, err := range t[keep-1 : keep].all() {
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, p)
		}
		keep--
	}
	name := fmt.Sprintf("%s-%d", kind, t[:keep].len()+len(pairs)) // the table only grows
	if err := writeRun(dir, name, pairs); err != nil {
		return nil, err
	}
	return append(t[:keep].names(), name), nil
}

func (t table) names() []string {
	names := make([]string, 0, len(t)+1)
	for _, r := range t {
		names = append(names, r.name)
	}
	return names
}

// Map tells which commit of a repository became which of its rewritten form.
type Map struct{ table table }

// OpenMap opens the map of a repository that Rewrite made. It shows what it
// was when it was opened.
func OpenMap(dir string) (*Map, error) {
	s, err := readState(dir)
	if err != nil {
		return nil, fmt.Errorf("open commit map of %s: %w", dir, err)
	}
	t, err := openTable(filepath.Join(dir, stateDir), s.Commits)
	if err != nil {
		return nil, fmt.Errorf("open commit map of %s: %w", dir, err)
	}
	return &Map{t}, nil
}

// Close releases the files of the map.
func (m *Map) Close() error { return m.table.close() }

// New returns the id that the commit raw has after the rewrite.
func (m *Map) New(raw gitpack.ID) (id gitpack.ID, ok bool, err error) { return m.table.get(raw) }

// All yields the ids of each commit before and after the rewrite, until the
// first error.
func (m *Map) All() iter.Seq2[[2]gitpack.ID, error] {
	return func(yield func([2]gitpack.ID, error) bool) {
		for p, err := range m.table.all() {
			if !yield([2]gitpack.ID{p.raw, p.new}, err) {
				return
			}
		}
	}
}
