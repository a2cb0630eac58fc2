package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mattn/go-sqlite3"

	"github.com/drover-migrate/drover/schema"
)

const (
	applicationID = 0x44525652 // "DRVR", in the header of every state
	readers       = 4          // connections of the pool that only reads

	// keepStatements lets a connection keep the statements it has prepared:
	// preparing them each time takes longer than running them.
	keepStatements = "_stmt_cache_size=64"
)

// Open opens the state at path for the one process that may write to it, and
// makes it when o.Create is set. It takes the lock, and upgrades a state of an
// older generation after it has made a backup. It fails with ErrMissing,
// ErrReadOnly, *LockedError, *NewerError, *CorruptError or *NetworkFSError.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	return open(ctx, path, o.withDefaults(), steps)
}

func open(ctx context.Context, path string, o Options, steps []string) (_ *Store, err error) {
	path, err = resolve(path)
	if err != nil {
		return nil, err
	}
	if err := exists(path); err != nil && !(o.Create && errors.Is(err, ErrMissing)) {
		return nil, err
	}
	network := networkFS(filepath.Dir(path))
	if network != "" && !o.AllowNetworkFS {
		return nil, &NetworkFSError{Path: path, Type: network}
	}

	s := &Store{path: path, options: o}
	if r := o.Reserved; r != nil && r.lock != nil && r.path == path {
		s.lock, r.lock = r.lock, nil
	} else if s.lock, err = takeLock(ctx, path, o); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()

	if err := prepareFile(ctx, path, o, steps); err != nil {
		return nil, err
	}
	journal := "WAL"
	if network != "" {
		journal = "DELETE" // WAL needs memory that all hosts share
	}
	if err := s.connect(ctx, journal); err != nil {
		return nil, explain(ctx, path, "open the state", err)
	}
	return s, nil
}

// prepareFile leaves a state of the current generation at path. The caller
// holds the lock.
func prepareFile(ctx context.Context, path string, o Options, steps []string) error {
	err := exists(path)
	if errors.Is(err, ErrMissing) && o.Create {
		return create(ctx, path, o, steps)
	}
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", dsn(path, "mode=ro", "_busy_timeout=5000"))
	if err != nil {
		return fmt.Errorf("open the state: %w", err)
	}
	have, err := generation(ctx, db, path, len(steps), false)
	if err := errors.Join(err, db.Close()); err != nil {
		return explain(ctx, path, "open the state", err)
	}
	if have == len(steps) {
		return nil
	}
	if err := backupBeforeUpgrade(ctx, path, have, o); err != nil {
		return err
	}
	return explain(ctx, path, "upgrade the state", upgrade(ctx, path, steps, map[string]string{"written_by": o.Version}))
}

func (s *Store) connect(ctx context.Context, journal string) (err error) {
	// FULL, because an intent must be on the disk before the write it
	// announces: NORMAL may lose the last commits when the power fails.
	// Immediate transactions, because one that first reads and then writes
	// can otherwise fail for good as busy. Cache and checkpoints are sized for
	// scattered ids in a ledger of a million items.
	s.writer, err = sql.Open("sqlite3", dsn(s.path, "mode=rw", "_busy_timeout=5000", "_txlock=immediate",
		"_foreign_keys=on", "_synchronous=FULL", "_cache_size=-32000", "_journal_mode="+journal, keepStatements))
	if err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	s.reader, err = openReader(s.path)
	if err != nil {
		return errors.Join(err, s.writer.Close())
	}
	s.hot, err = prepare(ctx, s.writer, s.reader)
	if err == nil {
		if err = tryWriting(ctx, s.writer); err == nil {
			return nil
		}
		err = errors.Join(err, s.hot.close())
	}
	return errors.Join(err, s.reader.Close(), s.writer.Close())
}

// tryWriting fails when db cannot be written: SQLite opens such a file without
// complaint, and refuses the first change.
func tryWriting(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE meta SET value = value")
	return errors.Join(err, tx.Rollback())
}

// View opens an existing state for reading. It takes no lock, waits for nobody
// and changes nothing, so it works beside a running apply. It fails with
// ErrMissing, *NewerError or *CorruptError.
func View(ctx context.Context, path string) (*Store, error) {
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	return view(ctx, path, len(steps))
}

func view(ctx context.Context, path string, known int) (*Store, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := exists(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, options: Options{}.withDefaults()}
	s.reader, err = viewer(ctx, path, known)
	return s, explain(ctx, path, "view the state", err)
}

func viewer(ctx context.Context, path string, known int) (*sql.DB, error) {
	db, err := openReader(path)
	if err != nil {
		return nil, err
	}
	_, err = generation(ctx, db, path, known, true)
	if err == nil {
		return db, nil
	}
	err = errors.Join(err, db.Close())
	// A database in WAL mode needs a file beside it even to be read. Where
	// none can be made and none is there, nobody is writing, and the file can
	// be read as it is.
	failure, ok := errors.AsType[sqlite3.Error](err)
	if !ok || failure.Code != sqlite3.ErrCantOpen && failure.Code != sqlite3.ErrReadonly || leftover(path) != "" {
		return nil, err
	}
	db, err = openReader(path, "immutable=1")
	if err != nil {
		return nil, err
	}
	if _, err := generation(ctx, db, path, known, true); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openReader(path string, more ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dsn(path, append(more, "mode=ro", "_busy_timeout=5000", keepStatements)...))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
}

// generation reads db's generation, and fails when it is no state, or one that
// this program cannot read (viewing) or upgrade (otherwise).
func generation(ctx context.Context, db *sql.DB, path string, known int, viewing bool) (int, error) {
	var application, have int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return 0, err
	}
	if application != applicationID {
		return 0, fmt.Errorf("%s is a database of another program, not a state of drover; check --state", schema.Printable(path))
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return 0, err
	}
	switch {
	case have <= known: // viewers read what generation 1 has, and look before they read more
		return have, nil
	}
	least, err := strconv.Atoi(meta(ctx, db, "min_reader"))
	if viewing && err == nil && least <= known {
		return have, nil
	}
	return 0, &NewerError{Path: path, Have: have, Known: known, Version: meta(ctx, db, "written_by")}
}

// meta returns a value of the meta table, or "". It serves messages about
// states of unknown shape.
func meta(ctx context.Context, db *sql.DB, key string) string {
	var value string
	if db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&value) != nil {
		return ""
	}
	return value
}

// resolve makes path absolute and follows links, so that all names of a state
// lead to one lock.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the state: %w", err)
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err == nil {
		return resolved, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("find the state: %w", err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w, but not its folder: make that first", schema.Printable(path), ErrMissing)
	}
	if err != nil {
		return "", fmt.Errorf("find the state: %w", err)
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// exists fails unless there is a file that can be a state. It only looks:
// opening and closing the file would drop the locks that SQLite holds on it
// for other Stores of this process.
func exists(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", schema.Printable(path), ErrMissing)
	case err != nil:
		return fmt.Errorf("find the state: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file; check --state", schema.Printable(path))
	case info.Size() == 0:
		return &CorruptError{Path: path, Err: errors.New("the file is empty")}
	}
	return nil
}

func lockPath(path string) string { return path + ".lock" }

// leftover names the journal of a database that was not closed, or "".
func leftover(path string) string {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return path + suffix
		}
	}
	return ""
}

// dsn is the URI of a database. The driver hands it to SQLite, which undoes
// the escapes, so the path may hold anything.
func dsn(path string, parameters ...string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path}
	for _, p := range parameters {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += p
	}
	return u.String()
}
