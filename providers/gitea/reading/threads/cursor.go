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
	Next since `json:"next"` // as it was at the beginning
}

// since is what one reading leaves for the next.
type since struct {
	Version  int       `json:"v"`
	At       time.Time `json:"at"`       // whatever changed before it was seen
	Last     int64     `json:"last"`     // the highest number
	Threads  int64     `json:"threads"`  // how many there are
	Comments int64     `json:"comments"` // how many there are
	Newest   int64     `json:"newest"`   // id of the comment that was made last
	Files    int64     `json:"files,omitempty"`
}

// margin is how far back the next reading begins: a change that was under way
// may show later than it is dated.
const margin = time.Minute

// resume begins at a cursor, or with what the reading leaves for the next.
func (r *reading) resume(from schema.Cursor, next since) error {
	r.cursor = cursor{Mark: stream.Mark{Version: version}, Next: next}
	return stream.Resume(&r.cursor, from, func(c cursor) bool { return c.Version == version && c.Next.Version == version && c.Done >= 0 })
}

// decodeSince reads what an earlier reading left. It reports false for what another
// version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	ok := stream.Decode(from, &s) && s.Version == version && !s.At.IsZero()
	return s, ok
}
