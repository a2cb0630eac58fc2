package body

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

func recorded[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

type activities struct {
	Values []api.Activity `json:"values"`
}

// TestRecordedActivities converts what a server before 7.2 told.
func TestRecordedActivities(t *testing.T) {
	root := schema.Person{ID: "1", Login: "root", Name: "root", Email: "test.user@example.com"}
	all := recorded[activities](t, "activities.json").Values
	type told struct {
		Comment  string
		Place    *schema.Position
		Replies  int
		Review   string
		Events   []schema.Event
		Unusable bool
	}
	var got []told
	for _, a := range all {
		var one told
		if a.Comment != nil {
			b := Comment(*a.Comment, "")
			if diff := cmp.Diff(root, b.Author); diff != "" {
				t.Errorf("author (-want +got):\n%s", diff)
			}
			one.Comment, one.Replies, one.Place = b.Text, len(a.Comment.Comments), Position(a.CommentAnchor, a.Diff)
			if one.Place != nil {
				one.Place.Hunk, _, _ = strings.Cut(one.Place.Hunk, "\n")
			}
		}
		if r, ok := Review(a); ok {
			one.Review = r.State
		}
		var known bool
		if one.Events, known = Events(a); !known {
			one.Unusable = true
		}
		got = append(got, one)
	}
	const from, to = "c5f4288162e2e6218180779c7f6ac1735bb56eab", "a4c2164330f2549f67c13f36a93884cf66e976be"
	place := func(side string, line int64, hunk string) *schema.Position {
		return &schema.Position{Path: "CHANGELOG.md", Side: side, Line: line, Commit: to, Base: from, Hunk: hunk}
	}
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	want := []told{
		{Comment: "is this a new line?", Place: place("new", 1, "@@ -0,0 +1,1 @@"), Replies: 2},
		{Comment: "What about this line?", Place: place("old", 9, "@@ -1,9 +1,11 @@")},
		{Comment: "Does this line make sense?", Place: place("old", 3, "@@ -1,3 +1,5 @@"), Replies: 1},
		{Comment: "Hello world"},
		{Events: []schema.Event{{Name: "merged", Actor: root, Commit: "839fa9a2d434eb697815b8fcafaecc51accfdbbc", At: at(1529727872302)}}},
		{Comment: "What about this?", Replies: 1},
		{Comment: "This is a test.\n\n[analyze.json](attachment:1/1f32f09d97%2Fanalyze.json)\n"},
		{},
		{Review: "approved"},
		{Events: []schema.Event{{Name: "closed", Actor: root, At: at(1715685900849)}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
}

// TestRecordedPulls converts pull requests of two servers.
func TestRecordedPulls(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	none := func(string) bool { return false }
	got := Change(recorded[api.PullRequest](t, "pull.json"), 1, func(b string) bool { return b == "master" }, "url")
	want := schema.Change{
		Number: 1, Title: "Pull request title", State: "open", Author: schema.Person{ID: "1", Login: "test", Name: "test", Email: "user@email.com"},
		Head: schema.Tip{Branch: "foo", Commit: "d6725486c38d46a33e76f622cf24b9a388c8d13d", Gone: true, Ref: "refs/pull-requests/1/from"},
		Base: schema.Tip{Branch: "master", Commit: "8942a1f75e4c95df836f19ef681d20a87da2ee20"}, URL: "url",
		CreatedAt: at(1518863923273), UpdatedAt: at(1519442356495),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	declined := Change(recorded[api.PullRequest](t, "pull-declined.json"), 1, none, "")
	if declined.State != "closed" || declined.Number != 2080 || declined.Head.Repository != "IOS/fancyapp" || declined.Base.Branch != "develop" {
		t.Errorf("declined: %+v", declined)
	}
}

// TestRecordedReviewers converts pushes and requests for reviews.
func TestRecordedReviewers(t *testing.T) {
	var names []string
	for _, a := range recorded[activities](t, "activities-2.json").Values {
		events, known := Events(a)
		if !known {
			t.Errorf("%s is not known", a.Action)
		}
		for _, e := range events {
			line := e.Name
			if e.Person != nil {
				line += " " + e.Person.Login
			}
			names = append(names, line+" "+e.To)
		}
	}
	want := []string{"pushed d6725486c38d46a33e76f622cf24b9a388c8d13d", "review_request_removed danger ", "review_requested danger "}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
