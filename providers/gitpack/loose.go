package gitpack

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
)

// loose is the loose objects of one objects directory, as they were when they
// were first asked for. It is safe for several goroutines.
type loose struct {
	dir   string
	tools *tools

	mu     sync.Mutex
	listed [256]bool
	ids    [256][]ID // by first byte, sorted
}

func (l *loose) has(id ID) bool {
	_, ok := slices.BinarySearchFunc(l.list(id[0]), id, ID.Compare)
	return ok
}

// list returns the ids that start with a byte. A directory that cannot be
// read counts as empty: most of the 256 do not exist.
func (l *loose) list(first byte) []ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listed[first] {
		return l.ids[first]
	}
	l.listed[first] = true
	prefix := hex.EncodeToString([]byte{first})
	entries, err := os.ReadDir(filepath.Join(l.dir, prefix))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if id, err := ParseID(prefix + e.Name()); err == nil && e.Type().IsRegular() {
			l.ids[first] = append(l.ids[first], id)
		}
	}
	slices.SortFunc(l.ids[first], ID.Compare)
	return l.ids[first]
}

// stat returns what the header of a loose object says.
func (l *loose) stat(id ID) (Kind, int64, error) {
	kind, size, r, err := l.open(id)
	if err != nil {
		return 0, 0, err
	}
	return kind, size, r.Close()
}

func (l *loose) read(id ID) (Kind, []byte, error) {
	kind, size, r, err := l.open(id)
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	if size > MaxRead {
		return 0, nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	// Grows with what is there, not with what the header claims.
	data := bytes.NewBuffer(make([]byte, 0, min(size, 1<<20)+bytes.MinRead))
	if _, err := data.ReadFrom(r); err != nil {
		return 0, nil, err
	}
	return kind, data.Bytes(), nil
}

// open streams a loose object.
func (l *loose) open(id ID) (kind Kind, size int64, r io.ReadCloser, err error) {
	name := id.String()
	file, err := os.Open(filepath.Join(l.dir, name[:2], name[2:]))
	if gone(err) { // somebody has packed it
		return 0, 0, nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() {
		if err != nil {
			_ = file.Close() // it was only read
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return 0, 0, nil, err
	}
	kind, s, err := openLoose(file, info.Size(), &l.tools.inflaters)
	if err != nil {
		return 0, 0, nil, err
	}
	return kind, s.left, &looseStream{s, file}, nil
}

// openLoose reads the header of the loose object that r holds in size bytes.
// The contents, as many as are left in the stream, come next.
func openLoose(r io.ReaderAt, size int64, pool *inflaters) (Kind, *stream, error) {
	// The header is part of the compressed contents, and of their checksum.
	s, err := newStream(pool.get(r, 0, size), pool, objectHeaderMax)
	if err != nil {
		return 0, nil, err
	}
	kind, n, err := looseHeader(s)
	if err != nil {
		_ = s.Close() // gives the inflater back and cannot fail
		return 0, nil, err
	}
	s.left = n
	return kind, s, nil
}

// looseStream closes the file of a loose object with its stream.
type looseStream struct {
	*stream
	file *os.File
}

func (s *looseStream) Close() error {
	_ = s.stream.Close() // gives the inflater back and cannot fail
	return s.file.Close()
}

// looseHeader reads "blob 12\0".
func looseHeader(r io.Reader) (Kind, int64, error) {
	var head [objectHeaderMax]byte
	n := 0
	for ; ; n++ {
		if n == len(head) {
			return 0, 0, fmt.Errorf("%w: loose object without a header", ErrCorrupt)
		}
		if _, err := io.ReadFull(r, head[n:n+1]); err != nil {
			return 0, 0, endsEarly(err)
		}
		if head[n] == 0 {
			break
		}
	}
	word, digits, _ := bytes.Cut(head[:n], []byte(" "))
	kind, ok := parseKind(string(word))
	size, err := strconv.ParseUint(string(digits), 10, 63)
	if !ok || err != nil {
		return 0, 0, fmt.Errorf("%w: loose object with the header %q", ErrCorrupt, head[:n])
	}
	return kind, int64(size), nil
}
