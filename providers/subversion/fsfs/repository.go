package fsfs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// ErrUnsupported says that a repository is of a kind that svnadmin has to
// read.
var ErrUnsupported = errors.New("the repository is not of a format that can be read directly")

// Repository is a repository on disk. Its methods may be called by several
// goroutines.
type Repository struct {
	db    string // the folder
	shard int64  // revisions in a folder, 0 for all in one

	scratch string

	mu   sync.Mutex
	idle []*reader // with what they keep, for the next range

	lateMu sync.Mutex
	late   *reader // of texts that are wanted late; nil until there is one
}

// Open returns the repository in the directory dir. Temporary files are made
// in the folder scratch.
func Open(dir, scratch string) (*Repository, error) {
	r := &Repository{db: filepath.Join(dir, "db"), scratch: scratch}
	kind, err := readSmall(r.path("fs-type"))
	if err != nil {
		return nil, err
	}
	if string(bytes.TrimSpace(kind)) != "fsfs" {
		return nil, ErrUnsupported
	}
	format, err := readSmall(r.path("format"))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(format)), "\n")
	if lines[0] != "7" && lines[0] != "8" {
		return nil, ErrUnsupported
	}
	logical := false
	for _, option := range lines[1:] {
		words := strings.Fields(option)
		switch {
		case option == "addressing logical":
			logical = true
		case option == "layout linear":
		case len(words) == 3 && words[0] == "layout" && words[1] == "sharded":
			if r.shard, err = strconv.ParseInt(words[2], 10, 32); err != nil || r.shard < 1 {
				return nil, ErrUnsupported
			}
		default:
			return nil, ErrUnsupported
		}
	}
	if !logical {
		return nil, ErrUnsupported
	}
	return r, nil
}

// Close closes files that are kept open.
func (r *Repository) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, in := range r.idle {
		in.close()
	}
	r.idle = nil
	r.lateMu.Lock()
	defer r.lateMu.Unlock()
	if r.late != nil {
		r.late.close()
		r.late = nil
	}
}

// expand returns a whole content, to any goroutine.
func (r *Repository) expand(rep *representation) ([]byte, error) {
	r.lateMu.Lock()
	defer r.lateMu.Unlock()
	if r.late == nil {
		r.late = r.newReader()
	}
	return r.late.expand(rep)
}

func (r *Repository) takeReader() *reader {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.idle) - 1
	if last < 0 {
		return r.newReader()
	}
	in := r.idle[last]
	r.idle = r.idle[:last]
	return in
}

func (r *Repository) giveBack(in *reader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, in)
}

func (r *Repository) path(names ...string) string {
	return filepath.Join(append([]string{r.db}, names...)...)
}

// files returns the files that may hold a revision, or its properties: its
// own, and the pack of its shard. Packing removes the former.
func (r *Repository) files(kind string, revision int64) (own, pack string) {
	name := strconv.FormatInt(revision, 10)
	if r.shard == 0 {
		return r.path(kind, name), ""
	}
	shard := strconv.FormatInt(revision/r.shard, 10)
	return r.path(kind, shard, name), r.path(kind, shard+".pack")
}

// readSmall reads a file that is small unless somebody wants to harm us.
func readSmall(path string) ([]byte, error) {
	const most = 64 << 20
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s is too large", path)
	}
	return os.ReadFile(path)
}

// errDamaged says that something is not as FSFS writes it.
var errDamaged = errors.New("the repository is damaged, or not as expected")

func damaged(what string) error { return fmt.Errorf("%w: %s", errDamaged, what) }
