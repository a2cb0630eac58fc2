package body

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitea/api"
)

var update = flag.Bool("update", false, "write what the answers become")

// TestRecorded converts what gitea.com, and a Gitea 1.26.0, answered.
func TestRecorded(t *testing.T) {
	tests := map[string]func([]byte) (any, error){
		"repository":  one(func(r api.Repository) any { return Repository(r) }),
		"labels":      many(func(l api.Label) any { return Label(l) }),
		"milestones":  many(func(m api.Milestone) any { return Milestone(m) }),
		"protections": many(func(p api.BranchProtection) any { return Branches(p) }),
		"tagrules":    one(func(p api.TagProtection) any { return Tags(p) }),
		"releases":    many(func(r api.Release) any { return Release(r) }),
		"issues":      many(func(i api.Issue) any { return Issue(i) }),
		"pulls":       many(func(p api.Pull) any { return Change(api.Issue{Number: p.Number}, p, p.Base.RepoID, "") }),
		"reviews": many(func(r api.Review) any {
			converted, ok := Review(r)
			return []any{converted, ok}
		}),
		"remarks":  many(func(c api.ReviewRemark) any { return Remark(c, nil) }),
		"comments": many(func(c api.Comment) any { return Comment(c, nil) }),
		"reactions": func(data []byte) (any, error) {
			var all []api.Reaction
			err := json.Unmarshal(data, &all)
			return Reactions(all), err
		},
		"timeline": many(func(e api.TimelineEntry) any {
			converted, ok := Event(&e)
			return []any{converted, ok}
		}),
	}
	for name, convert := range tests {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			converted, err := convert(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(converted, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func one[T any](convert func(T) any) func([]byte) (any, error) {
	return func(data []byte) (any, error) {
		var item T
		err := json.Unmarshal(data, &item)
		return convert(item), err
	}
}

func many[T any](convert func(T) any) func([]byte) (any, error) {
	return func(data []byte) (any, error) {
		var items []T
		err := json.Unmarshal(data, &items)
		var all []any
		for _, item := range items {
			all = append(all, convert(item))
		}
		return all, err
	}
}
