package gitlabtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/contracttest"
)

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
// that gitlab.com gave.
func TestRecordings(t *testing.T) {
	a := sampled(t)
	all, err := contracttest.Recordings("testdata/recorded")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range all {
		t.Run(want.Name, func(t *testing.T) {
			var answers []any
			for _, path := range a.expand(want.Route) {
				got := a.do("root", "GET", path, "")
				if got.status != http.StatusOK {
					t.Fatalf("%s: status %d: %s", path, got.status, got.body)
				}
				var answer any
				if err := json.Unmarshal(got.body, &answer); err != nil {
					t.Fatal(err)
				}
				answers = append(answers, answer)
			}
			for _, lack := range want.Lacks(answers, leftOut) {
				t.Error(lack)
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
