package state

import (
	"context"
	"database/sql"
)

// Listings returns how many repositories each discover block listed at the last
// apply, by the block's address.
func (s *Store) Listings(ctx context.Context) (map[string]int64, error) {
	const doing = "read the listings"
	var tables int
	err := s.reader.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'listing'").Scan(&tables)
	if err != nil || tables == 0 { // a state of generation 1 remembers none
		return nil, s.explain(ctx, doing, err)
	}
	type line struct {
		address string
		items   int64
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT address, items FROM listing")
	listings := map[string]int64{}
	err = each(rows, err, func(l *line) []any { return []any{&l.address, &l.items} }, func(l line) error {
		listings[l.address] = l.items
		return nil
	})
	return listings, s.explain(ctx, doing, err)
}

// SaveListings remembers the sizes of listings. Those that it does not name
// stay as they are.
func (s *Store) SaveListings(ctx context.Context, listings map[string]int64) error {
	return s.write(ctx, "save the listings", func(tx *sql.Tx) error {
		for address, items := range listings {
			_, err := tx.ExecContext(ctx, "INSERT INTO listing (address, items) VALUES (?, ?) ON CONFLICT DO UPDATE SET items = excluded.items", address, items)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
