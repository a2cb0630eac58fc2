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
	Losses map[string]int64 `json:"losses,omitempty"`
	Next   since            `json:"next"` // as it was at the beginning
}

// since is what one reading leaves for the next.
type since struct {
	Version int              `json:"v"`
	At      time.Time        `json:"at"`             // whatever changed before it was seen
	Last    int64            `json:"last"`           // the highest number
	Sums    []byte           `json:"sums,omitempty"` // of the list; see listing.sums
	Losses  map[string]int64 `json:"losses,omitempty"`
}

// margin is how far back the next reading begins: a change that was under way may
// show later than it is dated.
const margin = time.Minute

// next is what a reading that begins with a list leaves.
func (l listing) next() since {
	s := since{Version: version, Last: l.last(), Sums: l.sums()}
	if !l.at.IsZero() {
		s.At = l.at.Add(-margin)
	}
	return s
}

// resume begins at a cursor, or with what the reading leaves for the next.
func (r *reading) resume(from schema.Cursor, next since) error {
	r.cursor = cursor{Mark: stream.Mark{Version: version}, Next: next}
	return stream.Resume(&r.cursor, from, func(c cursor) bool { return c.Version == version && c.Next.Version == version && c.Done >= 0 })
}

// decodeSince reads what an earlier reading left. It reports false for what another
// version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	ok := stream.Decode(from, &s) && s.Version == version && !s.At.IsZero() && len(s.Sums) == 4*buckets
	return s, ok
}

// changed tells which of the list changed after an earlier reading.
func (l listing) changed(s since) map[int64]bool {
	changed := map[int64]bool{}
	var explained [buckets]bool
	for _, p := range l.all {
		if p.number > s.Last || !p.updated.Before(s.At) {
			changed[p.number] = true
			explained[p.number%buckets] = true
		}
	}
	now := l.sums()
	for _, p := range l.all {
		if at := p.number % buckets; !explained[at] && string(now[4*at:4*at+4]) != string(s.Sums[4*at:4*at+4]) {
			changed[p.number] = true
		}
	}
	return changed
}
