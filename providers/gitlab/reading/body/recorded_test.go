package body

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitlab/api"
)

var update = flag.Bool("update", false, "write what the answers become")

// TestRecorded converts what gitlab.com answered.
func TestRecorded(t *testing.T) {
	for name, convert := range map[string]func([]byte) (any, error){
		"merge_requests": many(func(m api.FullMergeRequest) any { return []any{Change(m, "", ""), Times(m.TimeStats)} }),
		"notes":          many(func(n api.FullNote) any { return []any{n.System, Note(n, "", "", nil)} }),
		"discussions": many(func(d api.FullDiscussion) any {
			all := []any{d.Individual}
			for _, n := range d.Notes {
				all = append(all, n.System, n.Resolved, Note(n, "", "", nil))
			}
			return all
		}),
	} {
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
