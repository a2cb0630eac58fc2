package body

import (
	"flag"
	"testing"

	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

var update = flag.Bool("update", false, "write what the answers become")

// TestRecorded converts what gitlab.com answered.
func TestRecorded(t *testing.T) {
	sourcetest.Recorded(t, *update, map[string]func([]byte) (any, error){
		"merge_requests": sourcetest.Many(func(m api.FullMergeRequest) any { return []any{Change(m, "", ""), Times(m.TimeStats)} }),
		"notes":          sourcetest.Many(func(n api.FullNote) any { return []any{n.System, Note(n, "", "", nil)} }),
		"discussions": sourcetest.Many(func(d api.FullDiscussion) any {
			all := []any{d.Individual}
			for _, n := range d.Notes {
				all = append(all, n.System, n.Resolved, Note(n, "", "", nil))
			}
			return all
		}),
	})
}
