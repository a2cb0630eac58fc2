package directory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// tree is the part of *os.Root that an archive is read and written through. No
// name leads out of it, not even through a symbolic link.
type tree interface {
	Open(name string) (*os.File, error)
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Lstat(name string) (fs.FileInfo, error)
	Stat(name string) (fs.FileInfo, error)
	MkdirAll(name string, perm fs.FileMode) error
	Rename(old, name string) error
	Remove(name string) error
	RemoveAll(name string) error
	Close() error
}

// archive is the folder that a connection is about.
type archive struct {
	dir     string // absolute
	scratch string // for temporary files, or empty for the system's place

	mu   sync.Mutex
	tree tree // nil until it is needed
}

// newArchive reads the settings of a connection. It touches no file.
func newArchive(config providers.Config) (*archive, error) {
	var settings struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(config.Settings, &settings); err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "read settings", Message: "they are not a JSON object with a path", Err: err}
	}
	if settings.Path == "" {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open archive", Message: "no path was given",
			Hint: `set path to the archive's folder, such as "./archive"`, Attribute: "path"}
	}
	dir := filepath.FromSlash(settings.Path)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(config.Dir, dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, failure("open archive", settings.Path, err)
	}
	return &archive{dir: dir, scratch: config.Scratch}, nil
}

// open returns the archive's tree. It fails with fs.ErrNotExist when the folder
// is not there.
func (a *archive) open() (tree, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tree == nil {
		info, err := os.Stat(a.dir)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, &providers.Error{Code: providers.CodeInvalid, Message: "it is not a folder", Hint: "set path to a folder", Attribute: "path"}
		}
		root, err := os.OpenRoot(a.dir)
		if err != nil {
			return nil, err
		}
		a.tree = root
	}
	return a.tree, nil
}

// create is open for an archive that may not exist yet.
func (a *archive) create() (tree, error) {
	if err := os.MkdirAll(a.dir, 0o777); err != nil {
		return nil, err
	}
	return a.open()
}

func (a *archive) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tree == nil {
		return nil
	}
	return a.tree.Close()
}

// gitDir returns the absolute path of a git repository of the archive, free of
// symbolic links and inside of the archive. It need not exist, but the folder
// around it must.
//
// git is given a path, so unlike for files the check and the use are two
// steps: whoever can replace folders while Drover runs can write the archive
// anyway.
func (a *archive) gitDir(name string) (string, error) {
	root, err := filepath.EvalSymlinks(a.dir)
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(path.Dir(name))))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, path.Base(name))
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if inside, err := filepath.Rel(root, dir); err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%s: %w", name, errEscape)
	}
	return dir, nil
}

// exists reports whether there is a folder of that name.
func exists(t tree, name string) (bool, error) {
	info, err := t.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.IsDir() {
		return false, providers.Errorf(providers.CodeConflict, "%s is not a folder", schema.Printable(name))
	}
	return true, nil
}

// absent returns otherwise when there is a folder of that name.
func absent(t tree, name string, otherwise error) error {
	there, err := exists(t, name)
	if err == nil && there {
		return otherwise
	}
	return err
}

// openRegular opens a file for reading. Pipes and devices, which would block or
// never end, are refused.
func openRegular(t tree, name string) (*os.File, error) {
	info, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", schema.Printable(name))
	}
	return t.Open(name)
}

// readSmall reads a file of at most limit bytes.
func readSmall(t tree, name string, limit int64) ([]byte, error) {
	file, err := openRegular(t, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", schema.Printable(name), limit)
	}
	return data, nil
}

// tempSuffix ends the names of files that are not complete yet.
const tempSuffix = ".tmp"

// replaceFile makes name hold data, whole or not at all.
func replaceFile(t tree, name string, data []byte) error {
	temp := name + tempSuffix
	file, err := t.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := t.Rename(temp, name); err != nil {
		return err
	}
	return syncDir(t, path.Dir(name))
}

// syncDir makes the names in a folder survive a power cut.
func syncDir(t tree, name string) error {
	dir, err := t.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	// Some file systems cannot sync a folder; they have no more to offer.
	_ = dir.Sync()
	return nil
}

// eachFile calls do with every regular file at exactly depth folders below
// name, which may not exist. It follows no symbolic links.
func eachFile(t tree, name string, depth int, do func(name string, info fs.FileInfo) error) error {
	info, err := t.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := t.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(1024)
		for _, entry := range entries {
			child := path.Join(name, entry.Name())
			switch {
			case depth > 1 && entry.IsDir():
				if err := eachFile(t, child, depth-1, do); err != nil {
					return err
				}
			case depth == 1 && entry.Type().IsRegular():
				info, err := entry.Info()
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return err
				}
				if err := do(child, info); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return ignoreEOF(err)
		}
	}
}
