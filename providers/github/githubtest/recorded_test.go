package githubtest

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

// recording is an answer of the real GitHub.
type recording struct {
	Recorded string `json:"recorded"`
	Route    string `json:"route"`
	Body     any    `json:"body"`
}

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
// answers that GitHub gave: whatever GitHub has, the stand-in has, of the same
// type. That it has nothing GitHub does not know is a matter of the
// description.
func TestRecordings(t *testing.T) {
	s, token := sampleServer(t)
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
			for _, path := range s.expand(want.Route) {
				var answer any
				if end := filepath.Base(path); end == "issues" || end == "pulls" || end == "milestones" {
					path += "?state=all"
				}
				if get(t, s, token, path, &answer).StatusCode == http.StatusOK {
					ours.add("", answer)
				}
			}
			theirs := shape{}
			theirs.add("", want.Body)
			for _, path := range slices.Sorted(maps.Keys(theirs)) {
				if leftOut(want.Route, path) {
					continue
				}
				if missing := theirs[path].without(ours[path]); missing != "" {
					t.Errorf("%s: GitHub has %s, the stand-in has %s (%s)", path, missing, ours[path], want.Recorded)
				}
			}
		})
	}
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
			if path == ".files" { // of a gist, by name
				name = "*"
			}
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
