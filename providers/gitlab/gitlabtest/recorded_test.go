package gitlabtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recording is an answer of gitlab.com.
type recording struct {
	Recorded string `json:"recorded"`
	Route    string `json:"route"`
	Body     any    `json:"body"`
}

// leftOut are places that recordings have and the stand-in has not: what GitLab no
// longer sends, and what no migration asks for.
func leftOut(place string) bool {
	return slices.ContainsFunc([]string{
		"vote?",           // of notes, removed in 2016
		".pipeline.",      // of continuous integration
		".head_pipeline.", // likewise
		".identities[]",   // where else somebody signs in
	}, func(part string) bool { return strings.Contains(place, part) })
}

// TestRecordings compares the shape of the stand-in's answers with that of answers
// that gitlab.com gave: whatever GitLab has, the stand-in has, of the same type.
// That it has nothing GitLab does not know is a matter of the description.
func TestRecordings(t *testing.T) {
	a := sampled(t)
	files, err := filepath.Glob("testdata/recorded/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want recording
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			ours := shape{}
			for _, path := range a.expand(want.Route) {
				got := a.do("root", "GET", path, "")
				if got.status != http.StatusOK {
					t.Fatalf("%s: status %d: %s", path, got.status, got.body)
				}
				var answer any
				if err := json.Unmarshal(got.body, &answer); err != nil {
					t.Fatal(err)
				}
				ours.add("", answer)
			}
			theirs := shape{}
			theirs.add("", want.Body)
			for _, place := range slices.Sorted(maps.Keys(theirs)) {
				if leftOut(place) {
					continue
				}
				if lack := theirs[place].without(ours[place]); lack != "" {
					t.Errorf("%s: GitLab has %s, the stand-in has %s (%s)", place, lack, ours[place], want.Recorded)
				}
			}
		})
	}
	a.clean()
}

// expand makes paths of a route, one for each of the sample's objects.
func (a asker) expand(route string) []string {
	p := a.s.Model.Project("harbour/pilot")
	route = strings.NewReplacer("{id}", "harbour%2Fpilot", "{sha}", p.refs["refs/heads/lamps"], "{file}", "README.md?ref=main").Replace(route)
	if !strings.Contains(route, "{mr}") {
		return []string{route}
	}
	var all []string
	for _, r := range p.MergeRequests {
		all = append(all, strings.ReplaceAll(route, "{mr}", itoa(r.IID)))
	}
	return all
}

// shape is the types that occur at each place of JSON values.
type shape map[string]kinds

type kinds map[string]bool

func (k kinds) String() string { return strings.Join(slices.Sorted(maps.Keys(k)), " or ") }

// without returns a type of k that other lacks. Null fits everything.
func (k kinds) without(other kinds) string {
	if len(other) == 0 {
		return k.String()
	}
	for _, kind := range slices.Sorted(maps.Keys(k)) {
		if kind != "null" && !other[kind] && (len(other) > 1 || !other["null"]) {
			return kind
		}
	}
	return ""
}

func (s shape) add(path string, v any) {
	if s[path] == nil {
		s[path] = kinds{}
	}
	switch v := v.(type) {
	case nil:
		s[path]["null"] = true
	case map[string]any:
		s[path]["object"] = true
		for name, inner := range v {
			s.add(path+"."+name, inner)
		}
	case []any:
		s[path]["array"] = true
		for _, inner := range v {
			s.add(path+"[]", inner)
		}
	default:
		s[path][fmt.Sprintf("%T", v)] = true
	}
}
