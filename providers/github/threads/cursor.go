package threads

import (
	"time"

	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// version is that of cursors. One of another version is refused: the engine then
// begins anew.
const version = 1

// cursor is where a reading stands.
type cursor struct {
	stream.Mark
	Late   bool    `json:"late,omitempty"` // Done is of the threads in Refers
	Refers []int64 `json:"refers,omitempty"`
	Found  totals  `json:"found"` // threads so far
	Next   since   `json:"next"`  // as it was at the beginning
}

// since is what one reading leaves for the next.
type since struct {
	Version int       `json:"v"`
	At      time.Time `json:"at"` // whatever was updated before it was seen
	Last    int64     `json:"last"`
	Totals  totals    `json:"totals"`
	Pinned  []int64   `json:"pinned,omitempty"`
	Files   int64     `json:"files,omitempty"` // attachments that the last whole reading left out
}

// margin is how far back the next reading begins: GitHub's lists may lag behind
// what was written.
const margin = 2 * time.Minute

// next is what a reading that begins with h leaves.
func (h head) next() since {
	n := since{Version: version, Last: h.last, Totals: h.totals, Pinned: h.pinned}
	if !h.newest.IsZero() {
		n.At = h.newest.Add(-margin)
	}
	return n
}

// resume begins at a cursor, or with what the reading leaves for the next.
func (r *reading) resume(from schema.Cursor, next since) error {
	r.cursor = cursor{Mark: stream.Mark{Version: version}, Next: next}
	return stream.Resume(&r.cursor, from, func(c cursor) bool { return c.Version == version && c.Next.Version == version && c.Done >= 0 })
}

// decodeSince reads what an earlier reading left. It reports false for what
// another version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	ok := stream.Decode(from, &s) && s.Version == version
	return s, ok
}
