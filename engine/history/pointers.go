package history

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// pointersFile lists the blobs that became Git LFS objects, a line each: blob,
// SHA-256, size. A line is written when the object is safe, so that a call that is
// killed need not read it again.
const pointersFile = "pointers"

// pointers moves blobs to the Git LFS objects of a repository.
type pointers struct {
	dir   string // of the repository
	old   string // of one that may have the same objects, or ""
	store *gitpack.Store

	mu    sync.Mutex
	known map[gitpack.ID]gitrepo.Pointer
	spare map[gitpack.ID]gitrepo.Pointer // of the old one
	file  *os.File
}

func openPointers(store *gitpack.Store, dir, old string) (*pointers, error) {
	p := &pointers{dir: dir, old: old, store: store}
	var err error
	if p.known, err = readPointers(dir); err != nil {
		return nil, err
	}
	if old != "" {
		if p.spare, err = readPointers(old); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readPointers reads the list of a repository and forgets those whose object is
// not there.
func readPointers(dir string) (map[gitpack.ID]gitrepo.Pointer, error) {
	known := map[gitpack.ID]gitrepo.Pointer{}
	file, err := os.Open(filepath.Join(dir, stateDir, pointersFile))
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var blob, oid string
		var size int64
		if _, err := fmt.Sscanf(lines.Text(), "%40s %64s %d", &blob, &oid, &size); err != nil {
			continue // the last line of a call that was killed
		}
		id, err := gitpack.ParseID(blob)
		if sum, hexErr := hex.DecodeString(oid); err != nil || hexErr != nil || len(sum) != sha256.Size {
			continue
		}
		if info, err := os.Lstat(lfsPath(dir, oid)); err == nil && info.Size() == size {
			known[id] = gitrepo.Pointer{OID: oid, Size: size}
		}
	}
	return known, lines.Err()
}

// lfsPath is where git-lfs keeps an object.
func lfsPath(dir, oid string) string {
	return filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)
}

// close ends the list and makes it safe.
func (p *pointers) close() error {
	if p.file == nil {
		return nil
	}
	err := errors.Join(p.file.Sync(), p.file.Close())
	p.file = nil
	return err
}

// move makes blobs Git LFS objects, several at a time.
func (p *pointers) move(ctx context.Context, blobs []gitpack.ID) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, blob := range blobs {
		if _, ok := p.get(blob); ok {
			continue
		}
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			_, err := p.moveOne(ctx, blob)
			return err
		})
	}
	return group.Wait()
}

func (p *pointers) get(blob gitpack.ID) (gitrepo.Pointer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.known[blob]
	return at, ok
}

// moveOne makes one blob a Git LFS object, unless it is one already.
func (p *pointers) moveOne(ctx context.Context, blob gitpack.ID) (gitrepo.Pointer, error) {
	if known, ok := p.get(blob); ok {
		return known, nil
	}
	made, err := p.reuse(blob)
	if err != nil {
		made, err = p.write(ctx, blob)
	}
	if err != nil {
		return gitrepo.Pointer{}, fmt.Errorf("move blob %s to Git LFS: %w", blob, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		name := filepath.Join(p.dir, stateDir, pointersFile)
		if p.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
			return gitrepo.Pointer{}, err
		}
		// Ends the line that a killed call may have begun.
		if _, err := p.file.WriteString("\n"); err != nil {
			return gitrepo.Pointer{}, err
		}
	}
	if _, err := fmt.Fprintf(p.file, "%s %s %d\n", blob, made.OID, made.Size); err != nil {
		return gitrepo.Pointer{}, err
	}
	p.known[blob] = made
	return made, nil
}

// reuse links the object that an earlier rewrite with other settings made.
func (p *pointers) reuse(blob gitpack.ID) (gitrepo.Pointer, error) {
	spare, ok := p.spare[blob]
	if !ok {
		return gitrepo.Pointer{}, fs.ErrNotExist
	}
	return spare, takeObject(p.old, p.dir, spare.OID)
}

// write streams a blob into a Git LFS object.
func (p *pointers) write(ctx context.Context, blob gitpack.ID) (made gitrepo.Pointer, err error) {
	kind, size, in, err := p.store.Open(blob)
	if err != nil {
		return made, err
	}
	defer in.Close()
	if kind != gitpack.Blob {
		return made, fmt.Errorf("it is a %s", kind)
	}
	sum := sha256.New()
	oid := func() string { return hex.EncodeToString(sum.Sum(nil)) }
	if err := writeObject(p.dir, io.TeeReader(contextReader{ctx, in}, sum), oid); err != nil {
		return made, err
	}
	return gitrepo.Pointer{OID: oid(), Size: size}, nil
}

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// total returns how many Git LFS objects the blobs became, and their size.
func (p *pointers) total() (objects, bytes int64) {
	seen := map[string]bool{}
	for _, at := range p.known {
		if !seen[at.OID] {
			seen[at.OID] = true
			objects++
			bytes += at.Size
		}
	}
	return objects, bytes
}

// pointerText is the blob that stands for a Git LFS object.
func pointerText(p gitrepo.Pointer) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", p.OID, p.Size)
}

// maxPointer is the size from which git-lfs takes no blob for a pointer.
const maxPointer = 1024

// takeObject makes a Git LFS object of one repository available in another: by
// a link where the file system has them, else by a copy. What is there stays.
func takeObject(from, to, oid string) error {
	source, place := lfsPath(from, oid), lfsPath(to, oid)
	info, err := os.Lstat(source)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", source)
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o777); err != nil {
		return err
	}
	err = os.Link(source, place)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeObject(to, in, func() string { return oid })
}

// lfsScratch is where objects are until they are complete.
func lfsScratch(dir string) string { return filepath.Join(dir, "lfs", "tmp") }

// writeObject makes what is read from in a Git LFS object of the repository dir, whose
// id is known when all was read.
func writeObject(dir string, in io.Reader, oid func() string) error {
	if err := os.MkdirAll(lfsScratch(dir), 0o777); err != nil {
		return err
	}
	temp, err := os.CreateTemp(lfsScratch(dir), "object-*")
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(temp, in, make([]byte, 256<<10))
	if err == nil {
		err = errors.Join(temp.Chmod(0o644), temp.Sync())
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		place := lfsPath(dir, oid())
		if err = os.MkdirAll(filepath.Dir(place), 0o777); err == nil {
			err = os.Rename(temp.Name(), place)
		}
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // what failed matters more
	}
	return err
}

// shareObjects makes the Git LFS objects of one repository available in
// another.
func shareObjects(ctx context.Context, from, to string) error {
	root := filepath.Join(from, "lfs", "objects")
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == root {
			return nil
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		oid := entry.Name()
		if sum, err := hex.DecodeString(oid); err != nil || len(sum) != sha256.Size || path != lfsPath(from, oid) {
			return nil // not an object: what git-lfs left half-way
		}
		return takeObject(from, to, oid)
	})
}

// isPointer reports whether a blob is a Git LFS pointer, or empty, which stands
// for itself.
func isPointer(store *gitpack.Store, blob gitpack.ID) (bool, error) {
	_, size, err := store.Stat(blob)
	if err != nil || size == 0 || size >= maxPointer {
		return size == 0, err
	}
	_, data, err := store.Read(blob)
	if err != nil {
		return false, err
	}
	_, ok := gitrepo.ParsePointer(data)
	return ok, nil
}
