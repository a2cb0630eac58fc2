package state

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// collect reads all rows of a query, each into the fields that it is given
// for a new T. It takes the query's error too, so that a call fits around one.
func collect[T any](rows *sql.Rows, err error, fields func(*T) []any) ([]T, error) {
	var all []T
	err = each(rows, err, fields, func(t T) error {
		all = append(all, t)
		return nil
	})
	return all, err
}

// each is collect for rows that are not to be held in memory.
func each[T any](rows *sql.Rows, err error, fields func(*T) []any, do func(T) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	var t, zero T
	into := fields(&t)
	for rows.Next() {
		t = zero // what a row leaves out must not be the row before
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := do(t); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// timeText is how a time is stored; "" is the zero time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// scanTime reads what timeText wrote.
type scanTime time.Time

func (t *scanTime) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	if s == "" {
		*t = scanTime{}
		return nil
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	*t = scanTime(parsed)
	return err
}

// jsonText is how JSON is stored: text, or NULL when there is none.
func jsonText(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	return string(raw)
}
