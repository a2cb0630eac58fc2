package directory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// records are the records of one repository of an archive. Its methods that
// write are called by one goroutine at a time.
type records struct {
	tree    tree
	at      location
	scratch string
}

// ref is a record's identity at the target.
func (r records) ref(key schema.Key) schema.Ref {
	return schema.Ref{ID: key.ID, URL: r.at.kind(key.Kind) + "#" + url.PathEscape(key.ID)}
}

// versioned is ref with the version of the record's line.
func (r records) versioned(key schema.Key, line []byte) schema.Ref {
	ref := r.ref(key)
	sum := sha256.Sum256(bytes.TrimRight(line, "\r\n"))
	ref.Version = hex.EncodeToString(sum[:16])
	return ref
}

// find returns the refs of the keys that are held, by key, with their versions.
func (r records) find(ctx context.Context, keys []schema.Key) (map[schema.Key]schema.Ref, error) {
	found := map[schema.Key]schema.Ref{}
	wanted := map[schema.Key]bool{}
	var names []string
	for _, key := range keys {
		if key.Kind.Known() {
			wanted[key] = true
			names = append(names, r.at.kind(key.Kind))
		}
	}
	note := func(_ int64, line []byte) error {
		// A line that cannot be read holds no key; finish reports it.
		if key, err := lineKey(line); err == nil && wanted[key] {
			found[key] = r.versioned(key, line)
		}
		return nil
	}
	if len(wanted) == 0 {
		return found, nil
	}
	if err := r.eachLine(ctx, r.at.journal(), note); err != nil {
		return nil, err
	}
	for key := range found { // the journal replaces what the files say
		delete(wanted, key)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if err := r.eachLine(ctx, name, note); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// merged calls emit with every record of the kinds that the journal names, in
// order. Records of the journal replace those of the files.
func (r records) merged(ctx context.Context, emit func(kind schema.Kind, line []byte) error) error {
	dir, err := os.MkdirTemp(r.scratch, "records-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	arrived := newSorter(dir)
	named := make([]bool, len(arrived.kinds))
	if err := r.addLines(ctx, r.at.journal(), arrived, func(kind int) { named[kind] = true }); err != nil {
		return err
	}
	var files []io.Reader
	for i, kind := range arrived.kinds {
		if !named[i] {
			continue
		}
		file, err := r.openSorted(ctx, kind, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		defer file.Close()
		files = append(files, file)
	}
	return arrived.each(ctx, files, func(key sortKey, line []byte) error {
		return emit(arrived.kinds[key.kind], line)
	})
}

// addLines adds a file's lines to s and tells their kinds to note.
func (r records) addLines(ctx context.Context, name string, s *sorter, note func(kind int)) error {
	return r.eachLine(ctx, name, func(number int64, line []byte) error {
		kind, err := s.add(ctx, line)
		if errors.Is(err, errNotRecord) {
			return r.damaged(name, number, err)
		}
		if err == nil {
			note(kind)
		}
		return err
	})
}

// openSorted opens the file of a kind. One that somebody edited may be out of
// order; then a sorted copy in dir is opened.
func (r records) openSorted(ctx context.Context, kind schema.Kind, dir string) (*os.File, error) {
	name := r.at.kind(kind)
	dir, err := os.MkdirTemp(dir, "sort-")
	if err != nil {
		return nil, err
	}
	sorted := newSorter(dir)
	inOrder, last := true, sortKey{}
	err = r.eachLine(ctx, name, func(number int64, line []byte) error {
		key, err := sorted.key(line)
		if err == nil && sorted.kinds[key.kind] != kind {
			err = fmt.Errorf("%w: its kind is not %s", errNotRecord, kind)
		}
		if err != nil {
			return r.damaged(name, number, err)
		}
		inOrder = inOrder && (last.id == "" || last.compare(key) < 0)
		last = key
		return nil
	})
	if err != nil {
		return nil, err
	}
	if inOrder {
		return openRegular(r.tree, name)
	}
	if err := r.addLines(ctx, name, sorted, func(int) {}); err != nil {
		return nil, err
	}
	return sorted.file(ctx, path.Base(name))
}

// damaged is the error of a file of the target that cannot be read to its end,
// so that it must not be replaced.
func (r records) damaged(name string, number int64, err error) error {
	return &providers.Error{
		Code:    providers.CodeConflict,
		Op:      "sort records",
		Subject: schema.Printable(r.at.String()),
		Message: fmt.Sprintf("%s, line %d: %s", schema.Printable(name), number, schema.Printable(err.Error())),
		Hint:    "repair or remove that line, then apply again",
		Err:     err,
	}
}

// survey makes the manifest of records that have none: those that somebody else
// wrote, or no records at all.
func (r records) survey(ctx context.Context) (*manifest, error) {
	m := &manifest{Format: archiveFormat, Kinds: map[schema.Kind]kindFile{}}
	for _, kind := range schema.Kinds() {
		file, err := r.measure(ctx, kind)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		m.Kinds[kind] = file
	}
	var err error
	m.Blobs, err = r.blobTotals()
	return m, err
}

// counts returns the numbers of records by kind, those in the journal included.
func (r records) counts(ctx context.Context, m *manifest) (map[schema.Kind]int64, error) {
	counts := m.counts()
	pending, err := r.pending()
	if err != nil || !pending {
		return counts, err
	}
	merged := map[schema.Kind]int64{}
	err = r.merged(ctx, func(kind schema.Kind, _ []byte) error {
		merged[kind]++
		return nil
	})
	for kind, n := range merged {
		counts[kind] = n
	}
	return counts, err
}
