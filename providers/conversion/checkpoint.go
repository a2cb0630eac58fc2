package conversion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
)

const checkpointVersion = 1

// checkpoint says what is valid in the directory.
type checkpoint struct {
	Version int         `json:"version"`
	Key     string      `json:"key"`
	Number  int64       `json:"number"`
	Packs   []packFile  `json:"packs"`
	State   stateFile   `json:"state"`
	Table   int64       `json:"table"` // bytes of the revision table
	Losses  savedLosses `json:"losses,omitzero"`
}

type packFile struct {
	Name  string `json:"name"` // without its extension
	Bytes int64  `json:"bytes"`
}

type stateFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// damageError says that a conversion cannot be resumed, which is no failure
// for who can start it anew.
type damageError struct{ what string }

func (e *damageError) Error() string { return e.what }

func damage(format string, args ...any) error { return &damageError{fmt.Sprintf(format, args...)} }

func readCheckpoint(path string) (checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return checkpoint{}, err
	}
	var c checkpoint
	if err := json.Unmarshal(data, &c); err != nil {
		return checkpoint{}, damage("the checkpoint cannot be read: %v", err)
	}
	if c.Version != checkpointVersion {
		return checkpoint{}, damage("the checkpoint has version %d, want %d", c.Version, checkpointVersion)
	}
	return c, nil
}

// check makes sure that what the checkpoint names is there.
func (c checkpoint) check(dir string) error {
	for _, p := range c.Packs {
		if !strings.HasPrefix(p.Name, "pack-") || p.Name != filepath.Base(p.Name) {
			return damage("%q is not the name of a pack", p.Name)
		}
		path := filepath.Join(dir, "objects", "pack", p.Name)
		if err := hasSize(path+".pack", p.Bytes); err != nil {
			return err
		}
		if err := hasSize(path+".idx", -1); err != nil {
			return err
		}
	}
	for _, name := range []string{"HEAD", "config", "refs"} {
		if err := hasSize(filepath.Join(dir, name), -1); err != nil {
			return err
		}
	}
	table, err := os.Stat(filepath.Join(dir, providers.RevisionsFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && table.Size() < c.Table {
		return damage("the revision table is cut off")
	}
	if err != nil {
		return err
	}
	return c.State.check(dir)
}

// check makes sure that the state is what was written.
func (s stateFile) check(dir string) error {
	if !strings.HasPrefix(s.Name, statePrefix) || s.Name != filepath.Base(s.Name) {
		return damage("%q is not the name of a state", s.Name)
	}
	path := filepath.Join(dir, s.Name)
	if err := hasSize(path, s.Bytes); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != s.SHA256 {
		return damage("%s has changed since it was written", s.Name)
	}
	return nil
}

// hasSize makes sure that there is such a file; a size of -1 is any.
func hasSize(path string, size int64) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return damage("%s is missing", filepath.Base(path))
	case err == nil && size >= 0 && info.Size() != size:
		return damage("%s has %d bytes, want %d", filepath.Base(path), info.Size(), size)
	}
	return err
}

// Checkpoint makes all that was put and recorded so far last: the next Open
// finds it, and what write writes as the state. Afterwards [Session.Writer]
// is another one. When Checkpoint fails, the session can only be closed.
func (s *Session) Checkpoint(ctx context.Context, write func(io.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	next := s.last
	packs, err := s.seal()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	next.Packs = packs
	if len(packs) > maxPacks {
		if next.Packs, err = s.merge(packs); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	if err := errors.Join(s.table.Flush(), s.tableFile.Sync()); err != nil {
		return fmt.Errorf("checkpoint: write the revision table: %w", err)
	}
	next.Table = s.tableSize
	next.State = stateFile{Name: statePrefix + strconv.FormatInt(s.last.Number+1, 10)}
	if err := s.writeState(&next.State, write); err != nil {
		return fmt.Errorf("checkpoint: write the state: %w", err)
	}
	if err := s.commit(next, packs); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if s.writer, err = gitpack.NewWriter(s.store, s.dir); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// seal ends the pack that is being written and returns all packs.
func (s *Session) seal() ([]packFile, error) {
	name, err := s.writer.Finish()
	if err != nil || name == "" {
		return s.last.Packs, err
	}
	return s.withPack(s.last.Packs, name)
}

// withPack returns packs and one more.
func (s *Session) withPack(packs []packFile, name string) ([]packFile, error) {
	info, err := os.Stat(s.path("objects", "pack", name+".pack"))
	if err != nil {
		return nil, err
	}
	return append(packs[:len(packs):len(packs)], packFile{Name: name, Bytes: info.Size()}), nil
}

func (s *Session) writeState(file *stateFile, write func(io.Writer) error) error {
	h := sha256.New()
	return s.disk.Write(s.path(file.Name), func(w io.Writer) error {
		counted := &countingWriter{w: io.MultiWriter(w, h)}
		err := write(counted)
		file.Bytes, file.SHA256 = counted.n, hex.EncodeToString(h.Sum(nil))
		return err
	})
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// commit makes next the valid checkpoint and then removes the state before and
// those of the packs that it does not name.
func (s *Session) commit(next checkpoint, packs []packFile) error {
	next.Number++
	next.Losses = s.losses.save()
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	path := s.path(checkpointFile)
	err = s.disk.Write(path+newSuffix, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	// The names of the table and the state have to be on disk before it.
	if err := syncDir(path); err != nil {
		return err
	}
	if err := s.disk.Rename(path+newSuffix, path); err != nil {
		return err
	}
	before := s.last
	s.last, s.at = next, s.now()
	if before.State.Name != "" && before.State.Name != next.State.Name {
		if err := s.disk.RemoveAll(s.path(before.State.Name)); err != nil {
			return err
		}
	}
	return s.removePacks(packs, next.Packs)
}

// syncDir waits until the names in the directory of a file are on disk.
func syncDir(file string) error {
	d, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	_ = d.Sync() // some systems cannot, and have no other way
	return d.Close()
}
