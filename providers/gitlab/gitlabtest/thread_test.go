package gitlabtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIssues(t *testing.T) {
	a := acme(t)
	issue := api + "/issues/7"
	a.run([]step{
		{"root", "POST", api + "/issues", `{"title":"First","description":"text","iid":7,"created_at":"2020-01-02T03:04:05Z","labels":["bug","new"],"assignee_ids":[2],"confidential":true,"due_date":"2026-05-01"}`, 201,
			object{"iid": 7, "created_at": "2020-01-02T03:04:05.000Z", "labels": []string{"bug", "new"}, "assignee.username": "anna", "confidential": true, "due_date": "2026-05-01", "state": "opened", "references.full": "acme/api#7"}},
		{"root", "POST", api + "/issues", `{"title":"Again","iid":7}`, 409, object{"message": "Duplicated issue"}},
		{"anna", "POST", api + "/issues", `{"title":"Second","iid":70,"created_at":"2020-01-02T03:04:05Z"}`, 201, object{"iid": 8, "author.username": "anna"}},
		{"anna", "POST", api + "/issues", `{"description":"x"}`, 400, object{"error": "title is missing"}},
		{"anna", "POST", api + "/issues", `{"title":""}`, 400, object{"message.title": []string{"can't be blank"}}},
		{"anna", "POST", api + "/issues", fmt.Sprintf(`{"title":%q}`, strings.Repeat("x", 256)), 400, object{"message.title": []string{"is too long (maximum is 255 characters)"}}},
		{"anna", "PUT", issue, `{}`, 400, nil},
		{"root", "PUT", issue, `{"state_event":"close","updated_at":"2020-02-03T04:05:06Z"}`, 200, object{"state": "closed", "closed_at": "2020-02-03T04:05:06.000Z", "updated_at": "2020-02-03T04:05:06.000Z", "closed_by.username": "root"}},
		{"root", "PUT", issue, `{"state_event":"nonsense"}`, 400, object{"error": "state_event does not have a valid value"}},
		{"root", "PUT", issue, `{"add_labels":["later"],"remove_labels":["new"],"discussion_locked":true}`, 200, object{"labels": []string{"bug", "later"}, "discussion_locked": true}},
		{"anna", "GET", issue + "/resource_state_events", "", 200, object{"state": "closed", "created_at": "2020-02-03T04:05:06.000Z"}},
		{"anna", "GET", issue + "/resource_label_events", "", 200, object{"action": "add", "label.name": "bug"}},
		{"anna", "GET", api + "/issues?state=closed&labels=bug&order_by=updated_at&sort=asc", "", 200, object{"iid": 7}},
		{"anna", "GET", api + "/issues?iids[]=8", "", 200, object{"title": "Second"}},
		{"anna", "POST", issue + "/links", `{"target_project_id":"1","target_issue_iid":"8","link_type":"blocks"}`, 201, object{"link_type": "blocks", "target_issue.iid": 8}},
		{"anna", "GET", api + "/issues/8/links", "", 200, object{"iid": 7, "link_type": "is_blocked_by"}},
		{"anna", "POST", issue + "/links", `{"target_project_id":"1","target_issue_iid":"8"}`, 409, object{"message": "Issue(s) already assigned"}},
		{"anna", "POST", issue + "/time_estimate", `{"duration":"1d 2h"}`, 200, object{"time_estimate": 36000, "human_time_estimate": "1d 2h"}},
		{"anna", "POST", issue + "/add_spent_time", `{"duration":"30m"}`, 201, object{"total_time_spent": 1800}},
		{"dora", "GET", issue, "", 404, object{"message": "404 Project Not Found"}},
		{"anna", "DELETE", issue, "", 403, nil},
		{"root", "DELETE", issue, "", 204, nil},
		{"anna", "GET", issue, "", 404, object{"message": "404 Not found"}},
	})
	a.clean()
}

func TestNotes(t *testing.T) {
	a := acme(t)
	a.must("root", "POST", api+"/issues", `{"title":"First"}`)
	notes := api + "/issues/1/notes"
	a.run([]step{
		{"root", "POST", notes, `{"body":"one","created_at":"2020-01-02T03:04:05Z"}`, 201, object{"created_at": "2020-01-02T03:04:05.000Z", "updated_at": "2020-01-02T03:04:05.000Z", "type": nil, "system": false, "noteable_iid": 1}},
		{"ben", "POST", notes, `{"body":"two","created_at":"2020-01-02T03:04:05Z"}`, 201, object{"author.username": "ben"}},
		{"ben", "POST", notes, `{"body":""}`, 400, object{"message": `400 Bad request - Note {:note=>["can't be blank"]}`}},
		{"ben", "POST", notes, `{}`, 400, object{"error": "body is missing"}},
		{"ben", "POST", notes, `{"body":"/close"}`, 202, object{"summary": []string{"close"}}},
		{"ben", "GET", api + "/issues/1", "", 200, object{"state": "closed"}},
		{"anna", "PUT", notes + "/1", `{"body":"mine"}`, 403, nil},
		{"root", "PUT", notes + "/1", `{"body":"changed"}`, 200, object{"body": "changed"}},
		{"anna", "POST", notes, `{"body":"secret","internal":true}`, 201, object{"internal": true, "confidential": true}},
		{"anna", "GET", notes + "?sort=asc&order_by=created_at", "", 200, object{"body": "changed"}},
		{"anna", "POST", api + "/issues/1/discussions", `{"body":"a thread"}`, 201, object{"individual_note": false}},
		{"anna", "POST", notes + "/1/award_emoji", `{"name":"thumbsup"}`, 201, object{"name": "thumbsup", "awardable_type": "Note"}},
		{"anna", "POST", notes + "/1/award_emoji", `{"name":"thumbsup"}`, 404, object{"message": "404 Award Emoji Name has already been taken Not Found"}},
		{"root>ben", "POST", api + "/issues/1/award_emoji", `{"name":"heart"}`, 201, object{"user.username": "ben"}},
		{"anna", "GET", api + "/issues/1/award_emoji", "", 200, object{"name": "heart"}},
		{"anna", "DELETE", api + "/issues/1/award_emoji/2", "", 401, nil},
		{"ben", "DELETE", api + "/issues/1/award_emoji/2", "", 204, nil},
	})
	// A reply makes a thread of a single note.
	single := a.must("anna", "GET", api+"/issues/1/discussions", "").list(t)[0]
	if single["individual_note"] != true {
		t.Errorf("the first discussion is %v", single)
	}
	at := api + "/issues/1/discussions/" + single["id"].(string)
	a.run([]step{
		{"ben", "POST", at + "/notes", `{"body":"a reply"}`, 201, object{"type": "DiscussionNote"}},
		{"ben", "GET", at, "", 200, object{"individual_note": false}},
		{"ben", "GET", api + "/issues/1/discussions/nothing", "", 404, object{"message": "404 Discussion Not Found"}},
	})
	a.clean()
}

// A line that looks like a command is none in code, and is gone elsewhere.
func TestQuickActions(t *testing.T) {
	a := acme(t)
	got := a.must("ben", "POST", api+"/issues", `{"title":"x","description":"before\n/label ~urgent\n`+"```\\n/close\\n```"+`\nafter\n/unknown thing"}`).object(t)
	want := object{"description": "before\n```\n/close\n```\nafter\n/unknown thing", "labels": []any{"urgent"}, "state": "opened"}
	if diff := cmp.Diff(want, object{"description": got["description"], "labels": got["labels"], "state": got["state"]}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.clean()
}

func TestMergeRequests(t *testing.T) {
	a := acme(t)
	at := api + "/merge_requests"
	a.run([]step{
		{"anna", "POST", at, `{"title":"Draft: Change","source_branch":"feature","target_branch":"main","description":"d","reviewer_ids":[3],"assignee_id":2,"labels":["bug"]}`, 201,
			object{"iid": 1, "draft": true, "state": "opened", "detailed_merge_status": "draft_status", "changes_count": "2", "assignee.username": "anna", "merge_commit_sha": nil}},
		{"anna", "POST", at, `{"title":"Change","source_branch":"feature","target_branch":"main"}`, 409, object{"message": []string{"Another open merge request already exists for this source branch: !1"}}},
		{"anna", "POST", at, `{"title":"Change","source_branch":"main","target_branch":"main"}`, 422, object{"message": []string{"You can't use same project/branch for source and target"}}},
		{"anna", "POST", at, `{"title":"Change","source_branch":"nothing","target_branch":"main"}`, 400, nil},
		{"dora", "POST", at, `{"title":"Change","source_branch":"feature","target_branch":"main"}`, 404, nil},
		{"anna", "GET", at + "/1/commits", "", 200, object{"title": "Change"}},
		{"anna", "GET", at + "/1/diffs", "", 200, object{"new_path": "a.txt", "new_file": false, "renamed_file": false}},
		{"anna", "GET", at + "/1/versions", "", 200, object{"state": "collected", "real_size": "2"}},
		{"anna", "GET", at + "/1/versions/1", "", 200, nil},
		{"anna", "GET", at + "/1/changes", "", 200, object{"overflow": false}},
		{"anna", "GET", at + "/1/reviewers", "", 200, object{"user.username": "ben", "state": "unreviewed"}},
		{"ben", "PUT", at + "/1/merge", "", 405, object{"message": "405 Method Not Allowed"}},
		{"ben", "PUT", at + "/1", `{"title":"Change"}`, 200, object{"draft": false, "detailed_merge_status": "mergeable"}},
		{"anna", "PUT", at + "/1/merge", "", 401, object{"message": "401 Unauthorized"}}, // main is protected
		{"ben", "POST", at + "/1/approve", "{}", 201, object{"approved": true, "user_has_approved": true}},
		{"ben", "GET", at + "/1/approvals", "", 200, object{"user_can_approve": false}},
		{"ben", "POST", at + "/1/unapprove", "", 201, object{"approved": false}},
		{"ben", "PUT", at + "/1/merge", `{"sha":"0000000000000000000000000000000000000000"}`, 409, nil},
		{"ben", "PUT", at + "/1/merge", `{"should_remove_source_branch":true}`, 200, object{"state": "merged", "merged_by.username": "ben"}},
		{"ben", "PUT", at + "/1", `{"state_event":"reopen"}`, 200, object{"state": "merged"}},
		{"ben", "GET", api + "/repository/branches/feature", "", 404, nil},
		{"ben", "GET", at + "/1", "", 200, object{"state": "merged", "changes_count": "2"}},
		{"anna", "POST", at, `{"title":"Other","source_branch":"other","target_branch":"main"}`, 201, object{"iid": 2}},
		{"anna", "PUT", at + "/2", `{"state_event":"close"}`, 200, object{"state": "closed"}},
		{"anna", "PUT", at + "/2", `{"state_event":"reopen","squash":true,"remove_source_branch":true}`, 200, object{"state": "opened", "squash": true, "force_remove_source_branch": true}},
		{"anna", "DELETE", api + "/repository/branches/other", "", 204, nil},
		{"anna", "GET", at + "/2", "", 200, object{"state": "closed"}}, // with its branch
		{"anna", "GET", at + "?state=all&source_branch=other&sort=asc", "", 200, object{"iid": 2}},
	})
	a.clean()
}

func TestDiffNotes(t *testing.T) {
	a := acme(t)
	refs := a.must("anna", "POST", api+"/merge_requests", `{"title":"Change","source_branch":"feature","target_branch":"main"}`).object(t)["diff_refs"].(map[string]any)
	place := func(rest string) string {
		return fmt.Sprintf(`{"body":"here","position":{"base_sha":%q,"start_sha":%q,"head_sha":%q,"position_type":"text",%s}}`, refs["base_sha"], refs["start_sha"], refs["head_sha"], rest)
	}
	at := api + "/merge_requests/1/discussions"
	const refused = `400 Bad request - Note {:line_code=>["can't be blank", "must be a valid line code"]}`
	a.run([]step{
		{"anna", "POST", at, place(`"old_path":"a.txt","new_path":"a.txt","new_line":11`), 201, object{"individual_note": false}},
		{"anna", "POST", at, place(`"old_path":"a.txt","new_path":"a.txt","old_line":10`), 201, nil},
		{"anna", "POST", at, place(`"old_path":"a.txt","new_path":"a.txt","old_line":8,"new_line":8`), 201, nil},
		{"anna", "POST", at, place(`"old_path":"a.txt","new_path":"a.txt","new_line":8`), 400, object{"message": refused}},
		{"anna", "POST", at, place(`"old_path":"a.txt","new_path":"a.txt","old_line":1,"new_line":1`), 400, object{"message": refused}},
		{"anna", "POST", at, place(`"new_path":"new.txt","new_line":1`), 201, nil},
		{"anna", "POST", at, place(`"new_path":"nothing.txt","new_line":1`), 400, object{"message": refused}},
		{"anna", "POST", at, place(`"new_path":"a.txt"`), 400, object{"message": `400 Bad request - Note {:position=>["is incomplete"]}`}},
		{"anna", "POST", at, strings.Replace(place(`"new_path":"new.txt"`), `"position_type":"text"`, `"position_type":"file"`, 1), 201, nil},
		{"anna", "POST", at, `{"body":"x","position":{"position_type":"text"}}`, 400, object{"error": "position[base_sha] is missing, position[start_sha] is missing, position[head_sha] is missing"}},
		{"anna", "POST", at, `{"body":"a plain thread"}`, 201, nil},
		{"anna", "GET", api + "/merge_requests/1/notes?sort=asc", "", 200, object{"type": "DiffNote", "position.new_line": 11, "position.old_line": nil, "resolvable": true, "resolved": false}},
	})
	first := a.must("anna", "GET", at, "").list(t)[0]["id"].(string)
	a.run([]step{
		{"anna", "POST", at + "/" + first + "/notes", `{"body":"reply"}`, 201, object{"type": "DiffNote", "position.new_line": 11}},
		{"anna", "PUT", at + "/" + first, `{"resolved":true}`, 200, object{"id": first}},
		{"anna", "GET", api + "/merge_requests/1/notes?sort=asc", "", 200, object{"resolved": true, "resolved_by.username": "anna"}},
		{"anna", "PUT", at + "/" + first + "/notes/1", `{"resolved":false}`, 200, object{"resolved": false}},
		{"anna", "PUT", at + "/" + first + "/notes/1", `{"body":"changed"}`, 200, object{"body": "changed"}},
		{"anna", "PUT", at + "/" + first + "/notes/1", `{}`, 400, nil},
	})
	// The note follows its line into the next version.
	m := a.s.Model
	if _, err := m.PushFiles(m.Project("acme/api"), "feature", m.User("anna"), "More", map[string]string{"z.txt": "z\n"}); err != nil {
		t.Fatal(err)
	}
	now := a.must("anna", "GET", api+"/merge_requests/1", "").object(t)["diff_refs"].(map[string]any)
	if now["head_sha"] == refs["head_sha"] {
		t.Error("a push made no new version")
	}
	a.run([]step{{"anna", "GET", at, "", 200, object{"id": first}}})
	note := a.must("anna", "GET", at+"/"+first, "").object(t)["notes"].([]any)[0]
	if got := []any{reach(note, "position.head_sha"), reach(note, "original_position.head_sha")}; got[0] != now["head_sha"] || got[1] != refs["head_sha"] {
		t.Errorf("the note is at %v, want %v and %v", got, now["head_sha"], refs["head_sha"])
	}
	a.clean()
}

func TestCommitNotes(t *testing.T) {
	a := acme(t)
	p := a.s.Model.Project("acme/api")
	head, base := p.refs["refs/heads/feature"], p.refs["refs/heads/main"]
	at := api + "/repository/commits/" + head
	a.run([]step{
		{"anna", "POST", at + "/discussions", `{"body":"about it"}`, 201, nil},
		{"anna", "POST", at + "/discussions", fmt.Sprintf(`{"body":"here","position":{"base_sha":%q,"start_sha":%q,"head_sha":%q,"position_type":"text","new_path":"new.txt","new_line":1}}`, base, base, head), 201, nil},
		{"anna", "GET", at + "/discussions", "", 200, nil},
		{"anna", "POST", at + "/comments", `{"note":"short","path":"new.txt","line":1,"line_type":"new"}`, 201, object{"note": "short", "line": 1}},
		{"anna", "GET", at + "/comments", "", 200, object{"note": "about it"}},
	})
	a.clean()
}
