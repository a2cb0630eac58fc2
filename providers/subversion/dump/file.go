package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// File is a dump file. It implements svn.Repository.
type File struct {
	path, scratch string
	uuid          string
	first         int64 // the first revision

	mu    sync.Mutex
	index index
}

// index is where the revisions of a file are, in ascending order.
type index []place

type place struct {
	revision, offset int64
	format           int64 // of the dump it is in
}

// OpenFile opens a dump file, which may be compressed. Temporary files are
// made in the folder scratch.
func OpenFile(path, scratch string) (*File, error) {
	f := &File{path: path, scratch: scratch}
	if err := f.open(); err != nil {
		return nil, f.fault(err)
	}
	return f, nil
}

func (f *File) open() error {
	in, err := openInput(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	p := newParser(in)
	r, err := p.peek()
	if err != nil {
		return p.fault(-1, err)
	}
	if r.kind != revisionRecord {
		return errors.New("a node comes before the first revision")
	}
	f.uuid, f.first = p.uuid, r.revision
	return nil
}

func (f *File) fault(err error) error {
	return fmt.Errorf("read the dump file %s: %w", svn.Printable(f.path), err)
}

// UUID returns the identity of the repository that was dumped, or "".
func (f *File) UUID() string { return f.uuid }

// Root returns a URL of the file.
func (f *File) Root() string {
	path, err := filepath.Abs(f.path)
	if err != nil {
		path = f.path
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// First returns the first revision that the file holds.
func (f *File) First() int64 { return f.first }

// Close does nothing; each iteration has the file open for itself.
func (f *File) Close() error { return nil }

// Latest returns the last revision. The first call of Latest, Log or
// Revisions reads through the file and fails if that is damaged or ends early.
func (f *File) Latest(ctx context.Context) (int64, error) {
	x, err := f.scan(ctx)
	if err != nil {
		return 0, err
	}
	return x[len(x)-1].revision, nil
}

// scan finds the revisions, once.
func (f *File) scan(ctx context.Context) (index, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.index != nil {
		return f.index, nil
	}
	in, err := openInput(f.path)
	if err != nil {
		return nil, f.fault(err)
	}
	defer in.Close()
	var x index
	for p := newParser(in); ; {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		var at place
		if r, err := p.peek(); err == nil { // otherwise revision says so
			at.offset, at.format = r.offset, p.format
		}
		at.revision, _, err = p.revision(func(_ int64, r *record) error { return p.skipContent(r) })
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, f.fault(err)
		}
		x = append(x, at)
	}
	if len(x) == 0 {
		return nil, f.fault(errChanged)
	}
	f.index = x
	return x, nil
}

var errChanged = errors.New("it was changed while it was read")

// Log yields revisions without contents. See svn.Repository.
func (f *File) Log(ctx context.Context, from, to int64) iter.Seq2[svn.LogEntry, error] {
	read := func(p *parser) (int64, svn.LogEntry, error) {
		e, err := p.readEntry()
		return e.Number, e, err
	}
	empty := func(revision int64) svn.LogEntry { return svn.LogEntry{Number: revision} }
	return func(yield func(svn.LogEntry, error) bool) {
		if err := walk(ctx, f, from, to, read, empty, func(e svn.LogEntry) bool { return yield(e, nil) }); err != nil {
			yield(svn.LogEntry{}, err)
		}
	}
}

// Revisions yields revisions. See svn.Repository.
func (f *File) Revisions(ctx context.Context, from, to int64) iter.Seq2[*svn.Revision, error] {
	read := func(p *parser) (int64, *svn.Revision, error) {
		r, err := p.readContents(f.scratch)
		if err != nil {
			return 0, nil, err
		}
		if err := f.checkBeginning(r, from); err != nil {
			return 0, nil, errors.Join(err, r.Close())
		}
		return r.Number, r, nil
	}
	empty := func(revision int64) *svn.Revision { return &svn.Revision{Number: revision} }
	return func(yield func(*svn.Revision, error) bool) {
		if err := walk(ctx, f, from, to, read, empty, func(r *svn.Revision) bool { return yield(r, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// walk yields what read makes of the revisions from..to, and empty ones where
// a revision is missing between two others.
func walk[T any](ctx context.Context, f *File, from, to int64, read func(*parser) (int64, T, error), empty func(int64) T, yield func(T) bool) error {
	x, err := f.scan(ctx)
	if err != nil {
		return err
	}
	next, _ := slices.BinarySearchFunc(x, from, func(p place, from int64) int { return cmp.Compare(p.revision, from) })
	if next == len(x) {
		return nil
	}
	p, err := f.parserAt(ctx, x, next)
	if err != nil {
		return err
	}
	defer p.in.Close()
	expected := from
	if next == 0 {
		expected = max(from, f.first)
	}
	for ; next < len(x); next++ {
		number := x[next].revision
		for ; expected < number && expected <= to; expected++ {
			if !yield(empty(expected)) {
				return nil
			}
		}
		if expected > to {
			return nil
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		got, value, err := read(p)
		switch {
		case err == io.EOF || err == nil && got != number:
			return f.fault(errChanged)
		case err != nil:
			return f.fault(err)
		}
		if !yield(value) {
			return nil
		}
		expected = number + 1
	}
	return nil
}

// parserAt returns a parser whose next revision is that of x[i].
func (f *File) parserAt(ctx context.Context, x index, i int) (*parser, error) {
	in, err := openInput(f.path)
	if err != nil {
		return nil, f.fault(err)
	}
	p := newParser(in)
	if in.file != nil && i > 0 {
		if err := in.seek(x[i].offset); err != nil {
			return nil, f.fault(errors.Join(err, in.Close()))
		}
		p.uuid, p.format, p.last = f.uuid, x[i].format, x[i-1].revision
		return p, nil
	}
	for range i {
		_, _, err := p.revision(func(_ int64, r *record) error { return p.skipContent(r) })
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, f.fault(errors.Join(err, in.Close()))
		}
	}
	return p, nil
}

// checkBeginning refuses a history whose first revision builds on one that is
// not there. From is where the caller wants it to begin.
func (f *File) checkBeginning(r *svn.Revision, from int64) error {
	if f.first <= 1 || from >= f.first {
		return nil
	}
	dirs := map[string]bool{"": true}
	for _, n := range r.Nodes {
		if n.Copied() && n.FromRevision < f.first {
			return &svn.Error{Revision: r.Number, Path: n.Path, Err: fmt.Errorf(
				"it is a copy from r%d, but the file begins at r%d; dump the whole history", n.FromRevision, f.first)}
		}
		if r.Number != f.first {
			continue
		}
		parent, _ := splitPath(n.Path)
		if n.Path != "" && (n.Action != svn.Add || !dirs[parent]) {
			return &svn.Error{Revision: r.Number, Path: n.Path, Err: errors.New(
				"the file holds only what changed since an earlier revision; dump the whole history, or without --incremental")}
		}
		dirs[n.Path] = dirs[n.Path] || n.Kind == svn.Dir
	}
	return nil
}

func splitPath(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

// Prefix is "": a file is a whole repository.
func (f *File) Prefix() string { return "" }
