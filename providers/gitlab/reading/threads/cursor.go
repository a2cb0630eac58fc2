package threads

import (
	"encoding/json"
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
	Done    int64                 `json:"done"`            // all numbers up to this one
	Whole   bool                  `json:"whole,omitempty"` // everything is read, whatever Since says
	Counts  map[schema.Kind]int64 `json:"counts,omitempty"`
	Next    since                 `json:"next"` // as it was at the beginning
}

// since is what one reading leaves for the next.
type since struct {
	Version int              `json:"v"`
	At      time.Time        `json:"at"`    // whatever changed before it was seen
	Last    int64            `json:"last"`  // the highest number
	Total   int64            `json:"total"` // how many there are
	Lost    map[string]int64 `json:"lost,omitempty"`
}

// margin is how far back the next reading begins. A note that is written within a
// minute of the one before it does not move the time of its thread, and a change
// that was under way may show later than it is dated.
const margin = 2 * time.Minute

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
	return c, nil
}

// decodeSince reads what an earlier reading left. It reports false for what another
// version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	err := json.Unmarshal([]byte(from), &s)
	return s, err == nil && from != "" && s.Version == version && !s.At.IsZero()
}
