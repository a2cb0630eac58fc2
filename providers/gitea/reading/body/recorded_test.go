package body

import (
	"encoding/json"
	"flag"
	"testing"

	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

var update = flag.Bool("update", false, "write what the answers become")

// TestRecorded converts what gitea.com, and a Gitea 1.26.0, answered.
func TestRecorded(t *testing.T) {
	sourcetest.Recorded(t, *update, map[string]func([]byte) (any, error){
		"repository":  sourcetest.One(func(r api.Repository) any { return Repository(r) }),
		"labels":      sourcetest.Many(func(l api.Label) any { return Label(l) }),
		"milestones":  sourcetest.Many(func(m api.Milestone) any { return Milestone(m) }),
		"protections": sourcetest.Many(func(p api.BranchProtection) any { return Branches(p) }),
		"tagrules":    sourcetest.One(func(p api.TagProtection) any { return Tags(p) }),
		"releases":    sourcetest.Many(func(r api.Release) any { return Release(r) }),
		"issues":      sourcetest.Many(func(i api.Issue) any { return Issue(i) }),
		"pulls":       sourcetest.Many(func(p api.Pull) any { return Change(api.Issue{Number: p.Number}, p, p.Base.RepoID, "") }),
		"reviews": sourcetest.Many(func(r api.Review) any {
			converted, ok := Review(r)
			return []any{converted, ok}
		}),
		"remarks":  sourcetest.Many(func(c api.ReviewRemark) any { return Remark(c, nil) }),
		"comments": sourcetest.Many(func(c api.Comment) any { return Comment(c, nil) }),
		"reactions": func(data []byte) (any, error) {
			var all []api.Reaction
			err := json.Unmarshal(data, &all)
			return Reactions(all), err
		},
		"timeline": sourcetest.Many(func(e api.TimelineEntry) any {
			converted, ok := Event(&e)
			return []any{converted, ok}
		}),
	})
}
