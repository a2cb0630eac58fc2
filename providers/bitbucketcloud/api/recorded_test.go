package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recorded decodes an answer of the real server.
func recorded[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "recorded", name))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestRecordedRepository(t *testing.T) {
	got := recorded[Repository](t, "repository.json")
	got.CreatedOn, got.UpdatedOn = got.CreatedOn.UTC(), got.UpdatedOn.UTC()
	want := Repository{
		UUID: "{3deb8c29-778a-450c-8f69-3e50a18079df}", FullName: "amuniz/test-repos", Name: "test-repos", Slug: "test-repos", Size: 84351,
		CreatedOn: moment("2018-09-20T12:49:08.541926Z"), UpdatedOn: moment("2018-09-21T15:53:38.794718Z"), Main: &Named{Name: "master"},
		Project: &Project{Key: "PUB", Name: "public"}, Links: Links{HTML: Link{Href: "https://bitbucket.org/amuniz/test-repos"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
}

func TestRecordedPullRequests(t *testing.T) {
	p := recorded[PullRequest](t, "pullrequest.json")
	if p.ID != 1 || p.State != StateOpen || p.Source.Hash() != "bf0e8b7962c0" || p.Source.Repository.UUID != "{3deb8c29-778a-450c-8f69-3e50a18079df}" ||
		p.Source.Branch.Name != "release/release-1" || p.Destination.Hash() != "bf4f4ce8a3a8" || p.MergeCommit != nil || p.ClosedBy != nil || p.Author.Nickname != "amuniz" ||
		p.Summary.Markup != "markdown" || !p.CreatedOn.Equal(moment("2018-09-21T14:57:59.45587Z")) {
		t.Errorf("pull request: %+v", p)
	}
	all := recorded[struct{ Values []PullRequest }](t, "pullrequests.json").Values
	drafts := 0
	for _, p := range all {
		if p.Draft {
			drafts++
		}
		if p.ID == 0 || p.State == "" || p.Source.Hash() == "" {
			t.Errorf("a pull request of the list is %+v", p)
		}
	}
	if len(all) == 0 || drafts == 0 {
		t.Errorf("%d pull requests, %d of them drafts", len(all), drafts)
	}
	reviewed := recorded[PullRequest](t, "pullrequest_reviewed.json")
	if len(reviewed.Reviewers) != 3 || len(reviewed.Participants) == 0 || reviewed.CommentCount != 2 || reviewed.Participants[0].User.AccountID != "5c04d48a470dea35d6932c45" {
		t.Errorf("reviewed pull request: %+v", reviewed)
	}
}

func TestRecordedRest(t *testing.T) {
	comments := recorded[struct{ Values []Comment }](t, "comments.json").Values
	for _, c := range comments {
		if c.ID == 0 || c.User == nil || c.User.AccountID == "" || c.Content.Raw == "" || c.Links.HTML.Href == "" {
			t.Errorf("a comment is %+v", c)
		}
	}
	if len(comments) == 0 {
		t.Error("there are no comments")
	}
	if c := recorded[Commit](t, "commit.json"); c.Hash != "046d9a3c1532acf4cf08fe93235c00e4d673c1d2" || len(c.Parents) == 0 || len(c.Parents[0].Hash) != 40 {
		t.Errorf("commit: %+v", c)
	}
}

// TestTolerant takes what the description does not promise and servers send.
func TestTolerant(t *testing.T) {
	var c IssueChange
	text := `{"id":2,"changes":{"priority":{"old":null,"new":"major"},"odd":{"old":3,"new":{"a":1}}},"user":null,"message":{"raw":null}}`
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	want := map[string]FieldValue{"priority": {New: "major"}, "odd": {}}
	if diff := cmp.Diff(want, c.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
