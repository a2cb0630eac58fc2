package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/drover-migrate/drover/schema"
)

// Backup writes a compact copy of the state to the file to, which must not
// exist. The copy appears whole or not at all. It can be taken while others
// write.
func (s *Store) Backup(ctx context.Context, to string) error {
	return s.explain(ctx, "back up the state", backup(ctx, s.reader, to))
}

func backup(ctx context.Context, db *sql.DB, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if err := vacant(to); err != nil {
		return fmt.Errorf("write %s: %w", schema.Printable(to), err)
	}
	temp, err := tempFile(to)
	if err != nil {
		return fmt.Errorf("write %s: %w", schema.Printable(to), err)
	}
	defer removeDatabase(temp)
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", temp); err != nil {
		return err
	}
	return publish(temp, to)
}

func backupBeforeUpgrade(ctx context.Context, path string, generation int, o Options) error {
	dir := o.BackupDir
	if dir == "" {
		dir = filepath.Dir(path)
	}
	db, err := openReader(path)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s.backup-%d-%s", filepath.Base(path), generation, o.Now().UTC().Format("20060102T150405.000Z"))
	err = backup(ctx, db, filepath.Join(dir, name))
	return explain(ctx, path, "back up the state before its upgrade", errors.Join(err, db.Close()))
}
