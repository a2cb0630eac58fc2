package api

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// releaseNotes has the line ends that GitHub keeps.
const releaseNotes = "* Add `hub release --exclude-prereleases`\r\n" +
	"* Add `hub fork --remote-name=NAME`\r\n" +
	"* Add `hub pr checkout 123` as alternative to `hub checkout https://github.com/OWNER/REPO/pull/123`\r\n" +
	"* Add `hub pull-request -r PERSON1,PERSON2` to request reviewers\r\n" +
	"* Avoid warning message from vim when stdin was piped to `hub pull-request` or `hub issue create`\r\n" +
	"* Fix crash in `WorkdirName` when within bare git repo\r\n" +
	"* Fix `git --(exec|html|man|info)-path`\r\n" +
	"* Show hub version even if `git version` fails\r\n"

// TestRecorded decodes what api.github.com has really answered.
func TestRecorded(t *testing.T) {
	data, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Exchanges []struct {
			URL  string          `json:"url"`
			Body json.RawMessage `json:"body"`
		} `json:"exchanges"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	due := at("2025-12-01T00:00:00Z")
	published := at("2017-06-26T21:26:01Z")
	collaborator := Collaborator{User: User{ID: 6251, Login: "vbehar", Type: "User"}}
	collaborator.Permissions.Push, collaborator.Permissions.Pull = true, true
	want := []any{
		[]Label{{ID: 177339104, Name: "bug", Color: "fc2929"}, {ID: 177339105, Name: "duplicate", Color: "cccccc"}},
		[]Milestone{{Number: 8, Title: "Milestone Sort B", Description: "Second milestone", State: "open", DueOn: &due, CreatedAt: at("2026-06-25T07:59:07Z"), UpdatedAt: at("2026-06-25T07:59:07Z")}},
		[]Collaborator{collaborator},
		Release{ID: 6839710, NodeID: "MDc6UmVsZWFzZTY4Mzk3MTA=", Tag: "v2.3.0-pre10", Target: "main", Name: "hub 2.3.0-pre10", Body: releaseNotes, Prerelease: true,
			Author: &User{ID: 887, Login: "mislav", Type: "User"}, URL: "https://github.com/github/hub/releases/tag/v2.3.0-pre10",
			CreatedAt: at("2017-06-26T18:23:46Z"), PublishedAt: &published, Assets: []Asset{{
				ID: 4187895, Name: "hub-darwin-amd64-2.3.0-pre10.tgz", State: "uploaded", MediaType: "application/octet-stream", Size: 3101461,
				URL:      "https://github.com/github/hub/releases/download/v2.3.0-pre10/hub-darwin-amd64-2.3.0-pre10.tgz",
				Uploader: &User{ID: 887, Login: "mislav", Type: "User"}, CreatedAt: at("2017-06-26T18:35:45Z"), UpdatedAt: at("2017-06-26T18:35:45Z"),
			}}},
		Gist{ID: "11a257b91982aafd6370089ef877a682", Description: "Test Gist", Owner: &User{ID: 1958953, Login: "bitwiseman", Type: "User"},
			URL: "https://gist.github.com/11a257b91982aafd6370089ef877a682", GitURL: "https://gist.github.com/11a257b91982aafd6370089ef877a682.git",
			Files: map[string]GistFile{
				"abc.txt": {Name: "abc.txt", Size: 3, Content: "abc", RawURL: "https://gist.githubusercontent.com/bitwiseman/11a257b91982aafd6370089ef877a682/raw/f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f/abc.txt"},
				"def.txt": {Name: "def.txt", Size: 3, Content: "def", RawURL: "https://gist.githubusercontent.com/bitwiseman/11a257b91982aafd6370089ef877a682/raw/0c003832e7bfa9ca8b5c2035c9bd684a5f2623bc/def.txt"},
				"ghi.txt": {Name: "ghi.txt", Size: 3, Content: "ghi", RawURL: "https://gist.githubusercontent.com/bitwiseman/11a257b91982aafd6370089ef877a682/raw/45a82e295c52473114c57c18f4f52368df2a3cfd/ghi.txt"},
			}, CreatedAt: at("2020-04-27T17:24:06Z"), UpdatedAt: at("2020-04-27T17:24:06Z")},
		[]CommitComment{{ID: 42865394, NodeID: "MDEzOkNvbW1pdENvbW1lbnQ0Mjg2NTM5NA==", Commit: "499d91f9f846b0087b2a20cf3648b49dc9c2eeef", Body: "comment 1",
			User: &User{ID: 61763026, Login: "tginiotis-at-work", Type: "User"},
			URL:  "https://github.com/hub4j-test-org/github-api/commit/499d91f9f846b0087b2a20cf3648b49dc9c2eeef#commitcomment-42865394", CreatedAt: at("2020-09-30T21:52:01Z"), UpdatedAt: at("2020-09-30T21:52:01Z")}},
		Autolink{ID: 6214212, Prefix: "JIRA-"},
		Repository{ID: 30830186, NodeID: "MDEwOlJlcG9zaXRvcnkzMDgzMDE4Ng==", Name: "test-labels", FullName: "hub4j-test-org/test-labels",
			Owner: User{ID: 7544739, Login: "hub4j-test-org", Type: "Organization"}, URL: "https://github.com/hub4j-test-org/test-labels",
			DefaultBranch: "main", PushedAt: at("2015-02-15T14:49:10Z")},
	}
	if len(want) != len(recorded.Exchanges) {
		t.Fatalf("%d exchanges, want %d", len(recorded.Exchanges), len(want))
	}
	for i, x := range recorded.Exchanges {
		got, err := decodeAs(want[i], x.Body)
		if err != nil {
			t.Errorf("%s: %v", x.URL, err)
			continue
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x.URL, diff)
		}
	}
}

// decodeAs decodes data into a value of the type of like.
func decodeAs(like any, data []byte) (any, error) {
	switch like.(type) {
	case []Label:
		return decodeInto[[]Label](data)
	case []Milestone:
		return decodeInto[[]Milestone](data)
	case []Collaborator:
		return decodeInto[[]Collaborator](data)
	case Release:
		return decodeInto[Release](data)
	case Gist:
		return decodeInto[Gist](data)
	case []CommitComment:
		return decodeInto[[]CommitComment](data)
	case Autolink:
		return decodeInto[Autolink](data)
	}
	return decodeInto[Repository](data)
}

func decodeInto[T any](data []byte) (T, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}
