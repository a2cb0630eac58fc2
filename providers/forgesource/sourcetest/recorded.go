package sourcetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Recorded converts what a server answered, testdata/NAME.json, and compares it with
// testdata/NAME.golden, which update writes.
func Recorded(t *testing.T, update bool, converters map[string]func([]byte) (any, error)) {
	for name, convert := range converters {
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
			if update {
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

// One converts an answer that is one object.
func One[T any](convert func(T) any) func([]byte) (any, error) {
	return func(data []byte) (any, error) {
		var item T
		err := json.Unmarshal(data, &item)
		return convert(item), err
	}
}

// Many converts an answer that is a list.
func Many[T any](convert func(T) any) func([]byte) (any, error) {
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
