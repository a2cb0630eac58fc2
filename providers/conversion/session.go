package conversion

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// ErrBusy says that another conversion into the directory is running.
var ErrBusy = errors.New("another conversion is running there; wait for it to end or stop it")

// When a checkpoint is due. Fewer make smaller packs, as no delta reaches over
// one; more make less work to be done again after a kill. Slow sources, which
// put little in a long time, get theirs by the clock.
const (
	dueBytes    = 256 << 20
	dueObjects  = 500_000
	dueInterval = 2 * time.Minute
	dueSlow     = 1000 // objects that are worth one after that time
)

// Session is a conversion into a bare repository. Unless said otherwise its
// methods belong to one goroutine.
type Session struct {
	dir  string
	disk disk
	now  func() time.Time

	lock   *os.File
	repo   *gitrepo.Repo
	store  *gitpack.Store
	writer *gitpack.Writer
	last   checkpoint // what is valid on disk; its Number is 0 when nothing is
	at     time.Time  // of the last checkpoint

	tableFile *os.File
	table     *bufio.Writer
	tableSize int64
	losses    *Losses
}

// Open starts or resumes the conversion in dir, which may not exist yet. Key
// is a digest of all that the commits depend on apart from the history itself:
// the provider, the identity of the source, the settings. When dir holds a
// conversion of another key, an export that is no conversion, a damaged one or
// one that was killed before its first checkpoint, it starts anew; when dir
// holds anything else, it is refused and not touched.
//
// The error wraps [ErrBusy] while another session is open. The caller closes
// the session.
func Open(ctx context.Context, dir, key string) (*Session, error) {
	return open(ctx, realDisk{}, dir, key)
}

func open(ctx context.Context, d disk, dir, key string) (_ *Session, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("open the conversion: %w", err)
	}
	s := &Session{dir: dir, disk: d, now: time.Now}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open the conversion in %s: %w", dir, err), s.Close())
		}
	}()
	if err := d.MkdirAll(dir); err != nil {
		return nil, err
	}
	if err := s.mayUse(); err != nil {
		return nil, err
	}
	if s.lock, err = lock(s.path(lockFile)); err != nil {
		return nil, err
	}
	if err := s.resume(ctx, key); err != nil {
		return nil, err
	}
	if s.store, err = gitpack.Open(dir); err != nil {
		return nil, err
	}
	if s.writer, err = gitpack.NewWriter(s.store, dir); err != nil {
		return nil, err
	}
	if s.tableFile, err = d.Append(s.path(providers.RevisionsFile)); err != nil {
		return nil, err
	}
	s.table, s.tableSize = bufio.NewWriterSize(s.tableFile, 64<<10), s.last.Table
	s.losses = loadLosses(s.last.Losses)
	s.at = s.now()
	return s, nil
}

// Store returns the objects of all checkpoints, for the time until Close.
func (s *Session) Store() *gitpack.Store { return s.store }

// Writer returns what takes new objects until the next checkpoint.
func (s *Session) Writer() *gitpack.Writer { return s.writer }

// Losses returns the losses of this and all earlier runs.
func (s *Session) Losses() *Losses { return s.losses }

// State opens the converter's state at the last checkpoint. There is no reader
// when there is none and the conversion starts at its beginning. The caller
// closes it.
func (s *Session) State() (io.ReadCloser, error) {
	if s.last.State.Name == "" {
		return nil, nil
	}
	f, err := os.Open(s.path(s.last.State.Name))
	if err != nil {
		return nil, fmt.Errorf("open the state of the conversion: %w", err)
	}
	return f, nil
}

// Scratch returns an empty folder for temporary files. It is removed by Close
// or, after a kill, by the next Open.
func (s *Session) Scratch() (string, error) {
	dir := s.path(scratchDir)
	if err := s.disk.MkdirAll(dir); err != nil {
		return "", fmt.Errorf("make a folder for temporary files: %w", err)
	}
	return dir, nil
}

// KeepBooks says that the converter writes objects that no ref will lead to. It
// is called before the first of them is written, in every run.
func (s *Session) KeepBooks() error {
	if err := s.disk.Write(s.path(providers.BooksFile), func(io.Writer) error { return nil }); err != nil {
		return fmt.Errorf("mark the repository: %w", err)
	}
	return nil
}

// Spool returns a folder for what a converter keeps of the source between
// runs. It is emptied when the conversion starts anew. What is in it is not
// tied to checkpoints: the converter must expect it to be ahead of them.
func (s *Session) Spool() (string, error) {
	dir := s.path(spoolDir)
	if err := s.disk.MkdirAll(dir); err != nil {
		return "", fmt.Errorf("make a folder for the source's data: %w", err)
	}
	return dir, nil
}

// Due reports whether the converter should make a checkpoint at the next
// opportunity.
func (s *Session) Due() bool {
	objects := s.writer.Len()
	return objects >= dueObjects || s.writer.Size() >= dueBytes ||
		objects >= dueSlow && s.now().Sub(s.at) >= dueInterval
}

// Close ends the session. What was not part of a checkpoint is lost.
func (s *Session) Close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.Abort())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.tableFile != nil {
		errs = append(errs, s.tableFile.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.disk.RemoveAll(s.path(scratchDir)), unlock(s.lock))
	}
	s.writer, s.store, s.tableFile, s.lock = nil, nil, nil, nil
	return errors.Join(errs...)
}

func (s *Session) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}
