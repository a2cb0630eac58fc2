package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestKindExamples holds each kind to its example, which is the contract that
// a provider in another language reads: it has every field and no other, and
// nothing of it is lost between JSON and the struct.
func TestKindExamples(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			example, err := os.ReadFile(filepath.Join("testdata", "kinds", string(kind)+".json"))
			if err != nil {
				t.Fatalf("every kind needs an example: %v", err)
			}
			body := NewBody(kind)
			decoder := json.NewDecoder(bytes.NewReader(example))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(body); err != nil {
				t.Fatalf("decode: %v", err)
			}
			for _, path := range unset(reflect.ValueOf(body).Elem(), "") {
				t.Errorf("the example does not set %s", path)
			}
			again, err := json.Marshal(body)
			if err != nil {
				t.Fatalf("encode: %v", err)
			}
			if diff := cmp.Diff(value(t, example), value(t, again)); diff != "" {
				t.Errorf("the value changed on its way (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoStrayKindExamples(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("testdata", "kinds"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		kind, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok || !Kind(kind).Known() {
			t.Errorf("testdata/kinds/%s is the example of no kind", entry.Name())
		}
	}
}

// TestKindsAreDocumented looks for each kind's file in the description of the
// archive format.
func TestKindsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "docs", "archive.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		row := "| `" + string(kind) + "` | `" + kind.Plural() + ".ndjson` |"
		if !bytes.Contains(doc, []byte(row)) {
			t.Errorf("docs/archive.md has no line beginning with %s", row)
		}
	}
}

func TestPlural(t *testing.T) {
	for kind, want := range map[Kind]string{KindIssue: "issues", KindRepository: "repositories", "diff_note": "diff_notes", "vulnerabilities": "vulnerabilities"} {
		if got := kind.Plural(); got != want {
			t.Errorf("many of %q are called %q, want %q", kind, got, want)
		}
	}
}

func TestKindNamesAreDistinct(t *testing.T) {
	seen := map[string]Kind{}
	for _, kind := range Kinds() {
		for _, name := range []string{string(kind), kind.Plural()} {
			if other, ok := seen[name]; ok {
				t.Errorf("%s and %s are both called %q", kind, other, name)
			}
			seen[name] = kind
		}
	}
	for _, kind := range []Kind{"", "Issue", "issues", KindRef, KindLFSObject} {
		if kind.Known() {
			t.Errorf("%q counts as a kind with records", kind)
		}
	}
}

// value is what data means as JSON.
func value(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// unset lists the fields of v that have their zero value, by path.
func unset(v reflect.Value, path string) []string {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return unset(v.Elem(), path)
	}
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return []string{path}
	}
	var missing []string
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			missing = append(missing, unset(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			missing = append(missing, unset(v.Index(i), path)...)
		}
	}
	return missing
}
