package lfs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

// Store is the folder lfs of a bare repository, laid out as git-lfs does.
type Store struct{ dir string }

// OpenStore returns the store of the repository in gitDir and removes what a
// killed fetch left behind. Two fetches into one store must not run at a time.
func OpenStore(gitDir string) (*Store, error) {
	s := &Store{dir: filepath.Join(gitDir, "lfs")}
	if err := os.RemoveAll(s.temp()); err != nil {
		return nil, fmt.Errorf("clean the LFS objects: %w", err)
	}
	return s, nil
}

func (s *Store) temp() string { return filepath.Join(s.dir, "tmp") }

// object is where the object oid stands below a folder of LFS objects.
func object(dir, oid string) string { return filepath.Join(dir, oid[:2], oid[2:4], oid) }

func (s *Store) path(oid string) string { return object(filepath.Join(s.dir, "objects"), oid) }

// Has reports whether the object is there. Its content was checked when it
// came.
func (s *Store) Has(p gitrepo.Pointer) bool {
	info, err := os.Lstat(s.path(p.OID))
	return err == nil && info.Mode().IsRegular() && info.Size() == p.Size
}

// errContent is what an object with the wrong content fails with.
var errContent = errors.New("the content is not the one that the history names")

// storeError is a failure on our side: the disk, not the origin.
type storeError struct{ err error }

func (e *storeError) Error() string { return "store LFS object: " + e.err.Error() }

func (e *storeError) Unwrap() error { return e.err }

// ours marks err as a failure of the store.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return &storeError{err}
}

// receive stores what r holds as the object p. It fails with errContent when
// that is something else, with a storeError when it cannot be written, and with
// the error of r.
func (s *Store) receive(p gitrepo.Pointer, r io.Reader) error {
	file, err := s.newTemp()
	if err != nil {
		return ours(err)
	}
	defer os.Remove(file.Name()) // gone by then when all went well
	defer file.Close()

	in := &input{r: io.LimitReader(r, p.Size+1)}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), in)
	switch {
	case in.err != nil:
		return in.err
	case err != nil:
		return ours(err)
	case n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.OID:
		return errContent
	}
	// A rename can reach the disk before the content does.
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return ours(err)
	}
	return ours(s.place(file.Name(), p.OID))
}

func (s *Store) newTemp() (*os.File, error) {
	if err := os.MkdirAll(s.temp(), 0o777); err != nil {
		return nil, err
	}
	return os.CreateTemp(s.temp(), "object-")
}

// place gives a checked temporary file its name.
func (s *Store) place(temp, oid string) error {
	to := s.path(oid)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.Rename(temp, to)
}

// take stores a file as the object p: by hard link when it is ours, because
// another owner could change it later, else by copy. It fails with
// fs.ErrNotExist when there is no such file, and otherwise as receive does.
func (s *Store) take(p gitrepo.Pointer, from string) error {
	info, err := os.Lstat(from)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() != p.Size:
		return errContent
	}
	if owned(info) {
		if done, err := s.link(p, from, info); done || err != nil {
			return err
		}
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return fmt.Errorf("the file was replaced while it was read")
	}
	return s.receive(p, file)
}

// link is take without a copy. It reports false when files cannot be linked
// here.
func (s *Store) link(p gitrepo.Pointer, from string, info fs.FileInfo) (bool, error) {
	file, err := s.newTemp()
	if err != nil {
		return false, ours(err)
	}
	temp := file.Name()
	defer os.Remove(temp)
	if err := errors.Join(file.Close(), os.Remove(temp)); err != nil {
		return false, ours(err)
	}
	if os.Link(from, temp) != nil { // another file system, or one without links
		return false, nil
	}
	linked, err := os.Lstat(temp)
	if err != nil || !os.SameFile(info, linked) {
		return false, nil
	}
	sum, err := digest(temp)
	switch {
	case err != nil:
		return false, err
	case sum != p.OID:
		return false, errContent
	}
	return true, ours(s.place(temp, p.OID))
}

func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// input remembers why reading ended, which io.Copy does not tell apart from
// a failure to write.
type input struct {
	r   io.Reader
	err error
}

func (i *input) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if err != nil && err != io.EOF {
		i.err = err
	}
	return n, err
}
