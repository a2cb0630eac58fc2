package state

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// Files named NNN_what.sql, each the step to generation NNN.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the steps; the first makes generation 1.
func migrations() ([]string, error) {
	entries, err := fs.ReadDir(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the generations of the state: %w", err)
	}
	steps := make([]string, len(entries))
	for i, entry := range entries {
		if want := fmt.Sprintf("%03d_", i+1); !strings.HasPrefix(entry.Name(), want) {
			return nil, fmt.Errorf("read the generations of the state: %s should begin with %s", entry.Name(), want)
		}
		b, err := fs.ReadFile(migrationFiles, "migrations/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read the generations of the state: %w", err)
		}
		steps[i] = string(b)
	}
	return steps, nil
}

// upgrade brings the database at path to the last of steps and sets values in
// its meta table, in one transaction.
func upgrade(ctx context.Context, path string, steps []string, values map[string]string) (err error) {
	// Foreign keys are off, as a step that rebuilds a table needs, and are
	// checked at the end.
	db, err := sql.Open("sqlite3", dsn(path, "mode=rw", "_busy_timeout=5000", "_txlock=immediate", "_synchronous=FULL", "_foreign_keys=off"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()

	var have int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	for number := have + 1; number <= len(steps); number++ {
		if _, err := tx.ExecContext(ctx, steps[number-1]); err != nil {
			return fmt.Errorf("step to generation %d: %w", number, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
		return err
	}
	for key, value := range values {
		if err := setMeta(ctx, tx, key, value); err != nil {
			return err
		}
	}
	var orphans int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check").Scan(&orphans); err != nil {
		return err
	}
	if orphans > 0 {
		return fmt.Errorf("%d rows would refer to nothing; the state was left as it was, run drover state check", orphans)
	}
	return tx.Commit()
}

func setMeta(ctx context.Context, tx *sql.Tx, key, value string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)
	return err
}

// create makes a new state under another name and then gives it its own.
func create(ctx context.Context, path string, o Options, steps []string) error {
	if journal := leftover(path); journal != "" {
		return fmt.Errorf("there is a journal %s without its state: put the state back beside it, or delete it to start anew", schema.Printable(journal))
	}
	lineage := make([]byte, 16)
	if _, err := io.ReadFull(o.Random, lineage); err != nil {
		return fmt.Errorf("make the state: %w", err)
	}
	temp, err := tempFile(path)
	if err != nil {
		return explain(ctx, path, "make the state", err)
	}
	defer removeDatabase(temp)
	err = upgrade(ctx, temp, steps, map[string]string{
		"lineage":    hex.EncodeToString(lineage),
		"created_by": o.Version,
		"written_by": o.Version,
	})
	if err != nil {
		return explain(ctx, path, "make the state", err)
	}
	return publish(temp, path)
}

// tempFile makes an empty file beside path that only its owner can read; what
// SQLite puts beside it inherits that.
func tempFile(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if errors.Is(err, fs.ErrPermission) {
		return "", fmt.Errorf("%w (%w)", ErrReadOnly, err)
	}
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// publish gives the finished database temp the name path, which must be free.
func publish(temp, path string) error {
	if err := syncFile(temp); err != nil {
		return fmt.Errorf("write %s: %w", schema.Printable(path), err)
	}
	err := os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without hard links
		if err = vacant(path); err == nil {
			err = os.Rename(temp, path)
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", schema.Printable(path), err)
	}
	return syncFile(filepath.Dir(path))
}

func vacant(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%w: choose another name, or move it away", fs.ErrExist)
	}
	return err
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeDatabase clears away what a finished or failed attempt left under a
// temporary name. What cannot be removed is litter, not an error.
func removeDatabase(temp string) {
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		os.Remove(temp + suffix)
	}
}
