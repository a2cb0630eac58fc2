package threads

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// version is that of cursors. One of another version is refused: the engine then
// begins anew.
const version = 1

// cursor is where a reading stands.
type cursor struct {
	Version int                   `json:"v"`
	Done    int64                 `json:"done"`           // all numbers up to this one
	Late    bool                  `json:"late,omitempty"` // Done is of the threads in Refers
	Refers  []int64               `json:"refers,omitempty"`
	Found   totals                `json:"found"`           // threads so far
	Files   int64                 `json:"files,omitempty"` // attachments that were left out
	Counts  map[schema.Kind]int64 `json:"counts,omitempty"`
	Next    since                 `json:"next"` // as it was at the beginning
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

func encode(v any) schema.Cursor {
	data, err := json.Marshal(v)
	if err != nil {
		panic("threads: a cursor that is not JSON: " + err.Error())
	}
	return schema.Cursor(data)
}

func decodeCursor(from schema.Cursor) (cursor, error) {
	var c cursor
	if err := json.Unmarshal([]byte(from), &c); err != nil || c.Version != version || c.Next.Version != version || c.Done < 0 {
		return cursor{}, &providers.Error{Code: providers.CodeInvalid, Op: "read threads", Message: "the cursor is not one of this version of the provider", Hint: "read from the beginning"}
	}
	c.Counts = maps.Clone(c.Counts)
	return c, nil
}

// decodeSince reads what an earlier reading left. It reports false for what
// another version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	err := json.Unmarshal([]byte(from), &s)
	return s, err == nil && s.Version == version && from != ""
}
