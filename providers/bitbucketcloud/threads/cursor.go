package threads

import (
	"time"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// version is that of cursors. One of another version is refused: the engine then
// begins anew.
const version = 1

// margin is how far back the next reading begins: a change that was under way may
// show later than it is dated.
const margin = time.Minute

// cursor is where a reading stands.
type cursor struct {
	stream.Mark       // Done is not used: there are two sequences of numbers
	Issue       int64 `json:"issue"`            // all issues up to this one
	Issues      bool  `json:"issues,omitempty"` // all issues
	Pull        int64 `json:"pull"`             // all pull requests up to this one
	Other       int64 `json:"other,omitempty"`  // texts that are not Markdown
	Next        since `json:"next"`             // as it was at the beginning
}

// lost counts what is left out.
type lost struct {
	Files int64 `json:"files,omitempty"` // because the plan says so
	Other int64 `json:"other,omitempty"` // texts that are not Markdown
}

// since is what one reading leaves for the next.
type since struct {
	Version int  `json:"v"`
	Issues  mark `json:"issues"`
	Pulls   mark `json:"pulls"`
	Lost    lost `json:"lost,omitzero"`
}

// mark is how much of one sort there was.
type mark struct {
	Changed time.Time `json:"changed,omitzero"` // when the last of them did
	Count   int64     `json:"count"`
	Last    int64     `json:"last"` // the highest number that was read
}

// from is when the next reading begins: everything later is listed.
func (m mark) from() time.Time {
	if m.Changed.IsZero() {
		return time.Time{}
	}
	return m.Changed.Add(-margin)
}

// Head is what is cheaply known of all threads at one moment.
type Head struct {
	Issues, Pulls api.Head
}

func (h Head) next() since {
	return since{Version: version, Issues: mark{Changed: h.Issues.Changed, Count: h.Issues.Count}, Pulls: mark{Changed: h.Pulls.Changed, Count: h.Pulls.Count}}
}

// resume begins at a cursor, or with what the reading leaves for the next.
func (r *reading) resume(from schema.Cursor, next since) error {
	r.cursor = cursor{Mark: stream.Mark{Version: version}, Next: next}
	return stream.Resume(&r.cursor, from, cursor.valid)
}

func (c cursor) valid() bool {
	return c.Version == version && c.Next.Version == version && c.Issue >= 0 && c.Pull >= 0
}

// decodeSince reads what an earlier reading left. It reports false for what another
// version left: everything is read then.
func decodeSince(from schema.Cursor) (since, bool) {
	var s since
	ok := stream.Decode(from, &s) && s.Version == version
	return s, ok
}
