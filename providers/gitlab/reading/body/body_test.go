package body

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// said decodes what a server said.
func said[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func day(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }

func TestPerson(t *testing.T) {
	for text, want := range map[string]schema.Person{
		`{"id": 5, "username": "ada", "name": "Ada Lovelace", "email": "ada@example.org"}`: {ID: "5", Login: "ada", Name: "Ada Lovelace"},
		`{"id": 6}`: {Login: "ghost"},
		`null`:      {Login: "ghost"},
	} {
		if diff := cmp.Diff(want, Person(said[*api.User](t, text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestReactions(t *testing.T) {
	got := Reactions(said[[]api.FullAward](t, `[{"name": "thumbsup", "user": {"id": 5, "username": "ada"}, "created_at": "2024-01-01T00:00:00Z"}, {"name": "parrot"}, {"name": "tada"}]`))
	want := []schema.Reaction{{Name: "+1", Person: schema.Person{ID: "5", Login: "ada"}, At: day(1)}, {Name: "parrot", Person: schema.Person{Login: "ghost"}}, {Name: "hooray", Person: schema.Person{Login: "ghost"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRepository(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want schema.Repository
	}{
		"new": {
			`{"id": 1, "name": "The Lamp", "path": "lamp", "path_with_namespace": "acme/lamp", "visibility": "internal", "empty_repo": true, "default_branch": "main",
			  "merge_method": "merge", "squash_option": "never", "issues_access_level": "private", "wiki_access_level": "disabled", "merge_requests_access_level": "enabled", "snippets_access_level": "disabled"}`,
			schema.Repository{
				Name: "lamp", FullName: "acme/lamp", Visibility: "internal",
				Features: map[string]bool{"issues": true, "wiki": false, "changes": true, "snippets": false},
				Merge:    map[string]bool{"merge": true, "rebase": false, "fast_forward": false, "squash": false, "delete_branch": false},
			},
		},
		"old": {
			`{"path": "lamp", "default_branch": "main", "archived": true, "topics": ["oil"], "forked_from_project": {"id": 2}, "license": {"key": "mit"}, "description": null,
			  "merge_method": "ff", "squash_option": "always", "remove_source_branch_after_merge": true, "created_at": "2024-01-01T01:00:00.000+01:00", "web_url": "https://x.org/acme/lamp"}`,
			schema.Repository{
				Name: "lamp", DefaultBranch: "main", Archived: true, Fork: true, Topics: []string{"oil"}, License: "mit", URL: "https://x.org/acme/lamp", CreatedAt: day(1),
				Features: map[string]bool{"issues": true, "wiki": true, "changes": true, "snippets": true},
				Merge:    map[string]bool{"merge": false, "rebase": false, "fast_forward": true, "squash": true, "delete_branch": true},
			},
		},
	} {
		if diff := cmp.Diff(test.want, Repository(said[api.Project](t, test.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMilestone(t *testing.T) {
	for text, want := range map[string]schema.Milestone{
		`{"id": 9, "iid": 2, "title": "1.0", "state": "active", "start_date": "2024-01-01", "due_date": "2024-02-01", "group_id": null}`: {Number: 2, Title: "1.0", State: "open", StartOn: "2024-01-01", DueOn: "2024-02-01"},
		`{"id": 9, "iid": 2, "title": "1.0", "state": "closed", "group_id": 4}`:                                                          {Title: "1.0", State: "closed"},
	} {
		if diff := cmp.Diff(want, Milestone(said[api.FullMilestone](t, text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// Nobody is given more than was had.
func TestMember(t *testing.T) {
	for text, want := range map[string]schema.Member{
		`{"access_level": 5}`:                                           {Access: "read", Role: "minimal access"},
		`{"access_level": 10}`:                                          {Access: "read"},
		`{"access_level": 15}`:                                          {Access: "read", Role: "planner"},
		`{"access_level": 20}`:                                          {Access: "triage"},
		`{"access_level": 25}`:                                          {Access: "triage", Role: "security manager"},
		`{"access_level": 30, "expires_at": "2030-01-01"}`:              {Access: "write", Expires: "2030-01-01"},
		`{"access_level": 30, "member_role": {"name": "deployer"}}`:     {Access: "write", Role: "deployer"},
		`{"access_level": 40}`:                                          {Access: "maintain"},
		`{"access_level": 50}`:                                          {Access: "admin"},
		`{"access_level": 60, "expires_at": null, "member_role": null}`: {Access: "admin"},
	} {
		want.Person = schema.Person{Login: "ghost"}
		if diff := cmp.Diff(want, Member(said[api.Member](t, text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestRules(t *testing.T) {
	branch, left := Branches(said[api.ProtectedBranch](t, `{"name": "release/*", "allow_force_push": true, "code_owner_approval_required": true,
		"push_access_levels": [{"access_level": 40, "user_id": null, "group_id": null}, {"access_level": 30}, {"access_level": 40, "user_id": 7}, {"access_level": 40, "group_id": 3}],
		"merge_access_levels": [{"access_level": 0}, {"access_level": 40, "deploy_key_id": 4}]}`), true)
	want := schema.Protection{Ref: "branch", Pattern: "release/*", Push: "write", PushPeople: []schema.Person{{ID: "7"}}, Merge: "nobody", ForcePush: true, CodeOwners: true, Conversations: true}
	if diff := cmp.Diff(want, branch); diff != "" {
		t.Errorf("branch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Unnamed{Groups: 1, Keys: 1}, left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	tag, left := Tags(said[api.ProtectedTag](t, `{"name": "v*", "create_access_levels": [{"access_level": 60}]}`))
	if diff := cmp.Diff(schema.Protection{Ref: "tag", Pattern: "v*", Push: "admin", Merge: "admin"}, tag); diff != "" || left != (Unnamed{}) {
		t.Errorf("tag %v (-want +got):\n%s", left, diff)
	}
}

func TestIssue(t *testing.T) {
	got := Issue(said[api.FullIssue](t, `{"iid": 3, "title": "Dark", "description": "Very.", "state": "closed", "issue_type": "incident", "labels": ["bug"], "milestone": {"id": 9},
		"author": {"id": 5, "username": "ada"}, "assignees": [{"id": 6, "username": "bob"}], "due_date": "2024-02-01", "confidential": true, "discussion_locked": true,
		"closed_at": "2024-01-02T00:00:00.000Z", "closed_by": {"id": 6, "username": "bob"}, "created_at": "2024-01-01T00:00:00.000Z", "updated_at": "2024-01-03T00:00:00.000Z",
		"_links": {"closed_as_duplicate_of": "https://x.org/api/v4/projects/1/issues/2"}}`))
	bob := schema.Person{ID: "6", Login: "bob"}
	want := schema.Issue{
		Number: 3, Title: "Dark", Text: "Very.", State: "closed", StateReason: "duplicate", Type: "incident", Labels: []string{"bug"}, Milestone: "9", Author: schema.Person{ID: "5", Login: "ada"},
		Assignees: []schema.Person{bob}, DueOn: "2024-02-01", Confidential: true, Locked: true, ClosedAt: day(2), ClosedBy: &bob, CreatedAt: day(1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Who closed it last is told of an open one as well.
	open := Issue(said[api.FullIssue](t, `{"iid": 4, "state": "opened", "issue_type": "issue", "closed_by": {"id": 6, "username": "bob"}, "discussion_locked": null, "description": null, "due_date": null}`))
	if diff := cmp.Diff(schema.Issue{Number: 4, State: "open", Author: schema.Person{Login: "ghost"}}, open); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
}

func TestChange(t *testing.T) {
	const base, head, merge = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222", "3333333333333333333333333333333333333333"
	ghost := schema.Person{Login: "ghost"}
	for name, test := range map[string]struct {
		text, head, fork string
		want             schema.Change
	}{
		"open": {
			`{"iid": 7, "state": "opened", "draft": true, "source_branch": "light", "target_branch": "main", "source_project_id": 1, "target_project_id": 1, "sha": "` + head + `", "diff_refs": {"base_sha": "` + base + `"}, "reviewers": [{"username": "bob"}]}`,
			head, "",
			schema.Change{Number: 7, State: "open", Draft: true, Author: ghost, RequestedReviewers: []schema.Person{{Login: "bob"}},
				Head: schema.Tip{Branch: "light", Commit: head, Ref: "refs/merge-requests/7/head"}, Base: schema.Tip{Branch: "main", Commit: base}},
		},
		"merged, and cleaned up": {
			`{"iid": 7, "state": "merged", "source_branch": "light", "target_branch": "main", "source_project_id": 1, "target_project_id": 1, "sha": "` + head + `", "merge_commit_sha": "` + merge + `", "squash_commit_sha": "` + base + `", "merged_at": "2024-01-02T00:00:00Z", "merge_user": {"username": "ada"}, "merged_by": {"username": "bob"}}`,
			"", "",
			schema.Change{Number: 7, State: "merged", Author: ghost, MergeCommit: merge, MergedAt: day(2), MergedBy: &schema.Person{Login: "ada"},
				Head: schema.Tip{Branch: "light", Commit: head}, Base: schema.Tip{Branch: "main"}},
		},
		"fast-forward of an old server": {
			`{"iid": 7, "state": "merged", "sha": "` + head + `", "source_project_id": 1, "target_project_id": 1, "merged_by": {"username": "bob"}}`,
			"", "",
			schema.Change{Number: 7, State: "merged", Author: ghost, MergeCommit: head, MergedBy: &schema.Person{Login: "bob"}, Head: schema.Tip{Commit: head}},
		},
		"of a fork": {
			`{"iid": 7, "state": "closed", "closed_at": "2024-01-02T00:00:00Z", "source_project_id": 2, "target_project_id": 1, "diff_refs": {"head_sha": "` + head + `"}}`,
			"", "bob/lamp",
			schema.Change{Number: 7, State: "closed", Author: ghost, ClosedAt: day(2), Head: schema.Tip{Commit: head, Repository: "bob/lamp"}},
		},
		"of a fork that is hidden":  {`{"iid": 7, "state": "opened", "source_project_id": 2, "target_project_id": 1}`, "", "", schema.Change{Number: 7, State: "open", Author: ghost, Head: schema.Tip{Gone: true}}},
		"of a fork that is gone":    {`{"iid": 7, "state": "opened", "source_project_id": null, "target_project_id": 1}`, "", "", schema.Change{Number: 7, State: "open", Author: ghost, Head: schema.Tip{Gone: true}}},
		"while it is being merged":  {`{"iid": 7, "state": "locked", "source_project_id": 1, "target_project_id": 1, "diff_refs": null, "sha": null}`, "", "", schema.Change{Number: 7, State: "open", Author: ghost}},
		"with a head that git told": {`{"iid": 7, "state": "opened", "source_project_id": 1, "target_project_id": 1}`, head, "", schema.Change{Number: 7, State: "open", Author: ghost, Head: schema.Tip{Commit: head, Ref: "refs/merge-requests/7/head"}}},
	} {
		if diff := cmp.Diff(test.want, Change(said[api.FullMergeRequest](t, test.text), test.head, test.fork)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNote(t *testing.T) {
	const base, head = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	commits := `"base_sha": "` + base + `", "head_sha": "` + head + `", `
	for name, test := range map[string]struct {
		position string
		want     *schema.Position
	}{
		"none":      {`null`, nil},
		"added":     {`{` + commits + `"position_type": "text", "old_path": "a", "new_path": "a", "old_line": null, "new_line": 3}`, &schema.Position{Path: "a", Side: "new", Line: 3, Commit: head, Base: base}},
		"removed":   {`{` + commits + `"position_type": "text", "old_path": "a", "new_path": "b", "old_line": 4, "new_line": null}`, &schema.Position{Path: "b", OldPath: "a", Side: "old", Line: 4, Commit: head, Base: base}},
		"unchanged": {`{` + commits + `"position_type": "text", "old_path": "a", "new_path": "a", "old_line": 4, "new_line": 5}`, &schema.Position{Path: "a", Side: "new", Line: 5, Commit: head, Base: base}},
		"lines": {`{` + commits + `"position_type": "text", "new_path": "a", "old_path": "a", "new_line": 5, "line_range": {"start": {"line_code": "x", "type": "new", "new_line": "3", "old_line": null}, "end": {"new_line": 5}}}`,
			&schema.Position{Path: "a", Side: "new", Line: 5, StartLine: 3, Commit: head, Base: base}},
		"image":    {`{` + commits + `"position_type": "image", "new_path": "a.png", "old_path": "a.png", "x": 1.5, "y": 2, "width": 3, "height": 4}`, &schema.Position{Path: "a.png", Commit: head, Base: base, WholeFile: true}},
		"file":     {`{` + commits + `"position_type": "file", "new_path": "a", "old_path": "a"}`, &schema.Position{Path: "a", Commit: head, Base: base, WholeFile: true}},
		"outdated": {`{"base_sha": "` + base + `", "head_sha": "` + base + `", "position_type": "text", "new_path": "a", "old_path": "a", "new_line": 1}`, &schema.Position{Path: "a", Side: "new", Line: 1, Commit: base, Base: base, Outdated: true}},
	} {
		got := Note(said[api.FullNote](t, `{"id": 4, "body": "Why?", "confidential": true, "author": {"username": "ada"}, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z", "position": `+test.position+`}`), "u", head, nil)
		want := schema.Comment{Text: "Why?", Author: schema.Person{Login: "ada"}, Internal: true, URL: "u", CreatedAt: day(1), UpdatedAt: day(2), Position: test.want}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		`null`: "",
		`{"time_estimate": 0, "total_time_spent": 0}`:        "",
		`{"time_estimate": 36000, "total_time_spent": 5400}`: "estimated 10h, spent 1h 30m",
		`{"time_estimate": 0, "total_time_spent": 60}`:       "spent 1m",
		`{"total_time_spent": 5}`:                            "spent 5s",
	} {
		if got := Times(said[*api.TimeStats](t, text)); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	const at = `"user": {"username": "ada"}, "created_at": "2024-01-01T00:00:00Z"`
	ada := schema.Person{Login: "ada"}
	label, _ := Labeled(said[api.LabelEvent](t, `{`+at+`, "action": "remove", "label": {"name": "bug"}}`))
	milestone, _ := Milestoned(said[api.MilestoneEvent](t, `{`+at+`, "action": "add", "milestone": {"title": "1.0"}}`))
	got := []schema.Event{
		State(said[api.StateEvent](t, `{`+at+`, "state": "reopened"}`)), label, milestone,
		Linked(said[api.LinkedIssue](t, `{"link_type": "is_blocked_by", "web_url": "u", "link_created_at": "2024-01-01T00:00:00Z"}`)),
		Linked(said[api.LinkedIssue](t, `{"link_type": "relates_to", "web_url": "u"}`)),
	}
	want := []schema.Event{
		{Name: "reopened", Actor: ada, At: day(1)}, {Name: "unlabeled", Actor: ada, To: "bug", At: day(1)}, {Name: "milestoned", Actor: ada, To: "1.0", At: day(1)},
		{Name: "is_blocked_by", URL: "u", At: day(1)}, {Name: "linked", URL: "u"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := Labeled(said[api.LabelEvent](t, `{`+at+`, "action": "add", "label": null}`)); ok {
		t.Error("a label that is gone has a name")
	}
	if _, ok := Milestoned(said[api.MilestoneEvent](t, `{`+at+`, "action": "add", "milestone": null}`)); ok {
		t.Error("a milestone that is gone has a name")
	}
}
