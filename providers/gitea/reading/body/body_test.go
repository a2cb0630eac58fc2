package body

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func TestPerson(t *testing.T) {
	for name, test := range map[string]struct {
		user     *api.User
		original string
		want     schema.Person
	}{
		"somebody":           {&api.User{ID: 7, Login: "ann", FullName: "Ann Other", Email: "7+ann@noreply.example"}, "", schema.Person{ID: "7", Login: "ann", Name: "Ann Other"}},
		"nobody":             {nil, "", schema.Person{Login: "ghost"}},
		"the server":         {&api.User{ID: -2, Login: "gitea-actions"}, "", schema.Person{Login: "gitea-actions"}},
		"somebody elsewhere": {&api.User{ID: 1, Login: "admin"}, "octocat", schema.Person{Name: "octocat"}},
	} {
		if diff := cmp.Diff(test.want, Author(test.user, test.original)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEvent(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	ann, bob := &api.User{ID: 1, Login: "ann"}, &api.User{ID: 2, Login: "bob"}
	person := schema.Person{ID: "2", Login: "bob"}
	for name, test := range map[string]struct {
		line string
		want schema.Event
	}{
		"label removed":     {`{"type": "label", "body": "", "label": {"name": "bug"}}`, schema.Event{Name: "unlabeled", To: "bug"}},
		"label gone":        {`{"type": "label", "body": "1", "label": null}`, schema.Event{Name: "labeled"}},
		"milestone changed": {`{"type": "milestone", "old_milestone": {"title": "1"}, "milestone": {"title": "2"}}`, schema.Event{Name: "milestoned", From: "1", To: "2"}},
		"milestone removed": {`{"type": "milestone", "old_milestone": {"title": "1"}}`, schema.Event{Name: "demilestoned", To: "1"}},
		"unassigned":        {`{"type": "assignees", "removed_assignee": true}`, schema.Event{Name: "unassigned", Person: &person}},
		"asked":             {`{"type": "review_request"}`, schema.Event{Name: "review_requested", Person: &person}},
		"forced push":       {`{"type": "pull_push", "body": "{\"is_force_push\":true,\"commit_ids\":[\"a\",\"b\"]}"}`, schema.Event{Name: "head_force_pushed", From: "a", To: "b"}},
		"push":              {`{"type": "pull_push", "body": "{\"commit_ids\":[\"a\",\"b\"]}"}`, schema.Event{Name: "pushed", To: "b"}},
		"strange push":      {`{"type": "pull_push", "body": "x"}`, schema.Event{Name: "pushed"}},
		"due date changed":  {`{"type": "modified_deadline", "body": "2024-02-01|2024-01-01"}`, schema.Event{Name: "due_date_modified", From: "2024-01-01", To: "2024-02-01"}},
		"due date removed":  {`{"type": "removed_deadline", "body": "2024-01-01"}`, schema.Event{Name: "due_date_removed", From: "2024-01-01"}},
		"by a commit":       {`{"type": "commit_ref", "ref_commit_sha": "abc", "body": "<a>"}`, schema.Event{Name: "referenced", Commit: "abc"}},
		"by a comment":      {`{"type": "comment_ref", "ref_issue": {"html_url": "i"}, "ref_comment": {"html_url": "c"}}`, schema.Event{Name: "referenced", URL: "c"}},
		"unknown":           {`{"type": "sparkle", "body": "x"}`, schema.Event{Name: "sparkle", To: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			var e api.TimelineEntry
			if err := json.Unmarshal([]byte(test.line), &e); err != nil {
				t.Fatal(err)
			}
			e.User, e.CreatedAt = ann, at
			if test.want.Person != nil {
				e.Assignee = bob
			}
			test.want.Actor, test.want.At = schema.Person{ID: "1", Login: "ann"}, at.UTC()
			got, ok := Event(&e)
			if diff := cmp.Diff(test.want, got); diff != "" || !ok {
				t.Errorf("%t (-want +got):\n%s", ok, diff)
			}
		})
	}
}

// TestChange tells what is left of the branch that a change came from.
func TestChange(t *testing.T) {
	own, fork := &api.Repository{ID: 1}, &api.Repository{ID: 2, FullName: "bob/x"}
	for name, test := range map[string]struct {
		head api.PullEnd
		kept string
		want schema.Tip
	}{
		"a branch":       {api.PullEnd{Label: "a", Ref: "a", SHA: "moved", Repo: own}, "kept", schema.Tip{Branch: "a", Commit: "kept", Ref: "refs/pull/7/head"}},
		"a fork":         {api.PullEnd{Label: "a", Ref: "a", SHA: "1", Repo: fork}, "", schema.Tip{Branch: "a", Commit: "1", Repository: "bob/x", Ref: "refs/pull/7/head"}},
		"a deleted one":  {api.PullEnd{Label: "a", Ref: "refs/pull/7/head", SHA: "1", Repo: own}, "1", schema.Tip{Branch: "a", Commit: "1", Gone: true, Ref: "refs/pull/7/head"}},
		"a deleted fork": {api.PullEnd{Label: "a", Ref: "refs/pull/7/head", SHA: "1", RepoID: -1}, "", schema.Tip{Branch: "a", Commit: "1", Gone: true, Ref: "refs/pull/7/head"}},
	} {
		got := Change(api.Issue{Number: 7}, api.Pull{Head: test.head}, 1, test.kept).Head
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
