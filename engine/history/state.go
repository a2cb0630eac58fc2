package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/schema"
)

// stateDir is where a repository keeps what the next rewrite needs to know.
const stateDir = "drover-history"

const stateFile = "state.json"

// stateFormat changes whenever the same key leads to other ids than before.
const stateFormat = 1

// state is what makes packs and tables of a repository valid: it names the
// tables, and is replaced as a whole once the objects they speak of are safe.
type state struct {
	Format  int      `json:"format"`
	Key     string   `json:"key"`
	Packs   []string `json:"packs"`   // without the ending
	Commits []string `json:"commits"` // files of the table of commits
	Tags    []string `json:"tags"`    // files of the table of tags
	Totals  totals   `json:"totals"`

	Losses []schema.Loss `json:"losses,omitempty"`
}

// totals add up over all rewrites with one key.
type totals struct {
	Rewritten    int64 `json:"rewritten"`
	Signatures   int64 `json:"signatures"`
	Removed      int64 `json:"removed"`
	RemovedBytes int64 `json:"removed_bytes"`
}

// readState fails with fs.ErrNotExist when dir was not made by Rewrite.
func readState(dir string) (state, error) {
	data, err := os.ReadFile(filepath.Join(dir, stateDir, stateFile))
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("read %s: %w; remove %s to have it made anew", stateFile, err, dir)
	}
	for _, name := range slices.Concat(s.Commits, s.Tags) {
		if name != filepath.Base(name) {
			return state{}, fmt.Errorf("read %s: %q is not the name of a table; remove %s to have it made anew", stateFile, name, dir)
		}
	}
	return s, nil
}

// write makes s the state of the repository dir, and removes the tables that
// it does not name.
func (s state) write(dir string) error {
	dir = filepath.Join(dir, stateDir)
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	err = writeFile(filepath.Join(dir, stateFile), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains(s.Commits, name) && !slices.Contains(s.Tags, name) && name != stateFile && name != pointersFile {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// tempPrefix begins the names of files that are not complete.
const tempPrefix = ".tmp-"

// writeFile makes a file appear whole and safe on disk, or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(name), tempPrefix+"*")
	if err != nil {
		return err
	}
	err = write(temp)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // what failed matters more
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes renames in a directory safe.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// isThere reports whether a file or directory exists.
func isThere(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
