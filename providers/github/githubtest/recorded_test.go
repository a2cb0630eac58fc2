package githubtest

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// leftOut are places that recordings have and the stand-in has not.
func leftOut(route, path string) bool {
	var places []string
	switch route {
	case "/orgs/{org}": // the settings of an organisation, which owners see
		places = []string{".members_", ".plan", ".secret_scanning_", ".dependabot_", ".dependency_graph_", ".advanced_security_", ".default_repository_",
			".deploy_keys_", ".display_commenter_", ".readers_can_", ".two_factor_", ".web_commit_", ".billing_email", ".collaborators", ".disk_usage",
			".owned_private_repos", ".total_private_repos", ".private_gists"}
	case "/repos/{owner}/{repo}":
		places = []string{".custom_properties", ".security_and_analysis"} // settings that no reader here looks at
	case "/repos/{owner}/{repo}/releases/{release_id}":
		places = []string{".discussion_url"} // of releases that were announced, which the model does not have
	}
	return slices.ContainsFunc(places, func(place string) bool { return strings.HasPrefix(path, place) })
}

// TestRecordings compares the shape of the stand-in's answers with that of
// answers that GitHub gave.
func TestRecordings(t *testing.T) {
	s, token := sampleServer(t)
	all, err := contracttest.Recordings("testdata/recorded")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range all {
		t.Run(want.Name, func(t *testing.T) {
			var answers []any
			for _, path := range s.expand(want.Route) {
				var answer any
				if end := filepath.Base(path); end == "issues" || end == "pulls" || end == "milestones" {
					path += "?state=all"
				}
				if get(t, s, token, path, &answer).StatusCode == http.StatusOK {
					answers = append(answers, nameless(answer))
				}
			}
			want.Body = nameless(want.Body)
			for _, lack := range want.Lacks(answers, func(place string) bool { return leftOut(want.Route, place) }) {
				t.Error(lack)
			}
		})
	}
}

// nameless is a gist whose files are in a list rather than under their names.
func nameless(v any) any {
	gist, _ := v.(map[string]any)
	if files, ok := gist["files"].(map[string]any); ok {
		gist["files"] = slices.Collect(maps.Values(files))
	}
	return v
}
