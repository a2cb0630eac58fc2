package reading_test

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
)

// full is a project that has everything.
type full struct {
	id         int64
	dir        string
	Note       string // address of a file
	Base, Head string // commits of the merge request
	Merge      string
	Snippet    int64
	Diff       int64 // the first note of a thread on the diff
	Thread     int64 // the first note of a thread under issue 1
	Asset      int64
}

// The texts of its file.
const (
	firstText  = "one\ntwo\nthree\n"
	secondText = "one\nTWO\nthree\nfour\n"
)

// full makes acme/tools/NAME: issue 1 with notes, emoji and a file, issue 2, which
// is linked to it, merge request 1 with reviews and notes on the diff, which was
// merged, a release, a snippet and a wiki.
func (w *world) full(t *testing.T, name string) full {
	t.Helper()
	dir, made := w.project(t, name)
	f := full{id: made.ID(), dir: dir}
	at := fmt.Sprintf("projects/%d", f.id)
	send := func(as, method, path, body string, args ...any) sourcetest.Answer {
		t.Helper()
		return w.send(t, as, method, at+path, fmt.Sprintf(body, args...))
	}
	bob := w.Model.User("bob").ID
	send("root", "PUT", "", `{"description": "A lamp 💡", "topics": ["light", "oil"], "squash_option": "never", "only_allow_merge_if_all_discussions_are_resolved": false}`)
	send("root", "POST", "/labels", `{"name": "bug", "color": "#ff0000", "description": "not right", "priority": 3}`)
	send("root", "POST", "/labels", `{"name": "prio::high", "color": "#00FF00"}`)
	w.send(t, "root", "POST", "groups/acme/labels", fmt.Sprintf(`{"name": "org %s", "color": "#0000ff"}`, name))
	one := send("root", "POST", "/milestones", `{"title": "1.0", "description": "first", "start_date": "2027-02-01", "due_date": "2027-03-01"}`)
	send("root", "PUT", fmt.Sprintf("/milestones/%d", one.ID()), `{"state_event": "close"}`)
	send("root", "POST", "/protected_branches", `{"name": "release/*", "push_access_level": 40, "merge_access_level": 30, "allow_force_push": true}`)
	send("root", "POST", "/protected_tags", `{"name": "v*", "create_access_level": 40}`)

	// Issues 1 and 2.
	f.Note = w.upload(t, "ada", at, "note.txt", "a note")
	send("ada", "POST", "/issues", `{"title": "Dark", "description": "It is *dark*.\n\nSee #2 and @bob.", "labels": ["bug"], "milestone_id": %d, "assignee_ids": [%d], "due_date": "2027-02-03"}`, one.ID(), bob)
	send("ada", "POST", "/issues", `{"title": "Later", "confidential": true}`)
	send("bob", "POST", "/issues/1/award_emoji", `{"name": "heart"}`)
	thread := send("bob", "POST", "/issues/1/discussions", `{"body": "Why?"}`)
	f.Thread = note(thread)
	send("ada", "POST", "/issues/1/notes/"+fmt.Sprint(f.Thread)+"/award_emoji", `{"name": "thumbsup"}`)
	send("ada", "POST", "/issues/1/discussions/"+thread.Text("id")+"/notes", `{"body": "See [the note](%s)."}`, f.Note)
	send("bob", "POST", "/issues/1/notes", `{"body": "Between us", "internal": true}`)
	send("bob", "PUT", "/issues/1", `{"state_event": "close", "discussion_locked": true}`)
	send("ada", "POST", "/issues/2/links", `{"target_project_id": "%d", "target_issue_iid": "1", "link_type": "relates_to"}`, f.id)

	// Merge request 1.
	sourcetest.Git(t, f.dir, "checkout", "--quiet", "-b", "light")
	f.Base, f.Head = sourcetest.Git(t, f.dir, "rev-parse", "main"), sourcetest.Commit(t, f.dir, "a.txt", secondText)
	w.push(t, f.dir, "acme/tools/"+name, "refs/heads/light")
	send("ada", "POST", "/merge_requests", `{"title": "Light", "description": "Closes #1", "source_branch": "light", "target_branch": "main", "reviewer_ids": [%d]}`, bob)
	position := fmt.Sprintf(`{"position_type": "text", "base_sha": %q, "start_sha": %q, "head_sha": %q, "old_path": "a.txt", "new_path": "a.txt", `, f.Base, f.Base, f.Head)
	diff := send("bob", "POST", "/merge_requests/1/discussions", `{"body": "Louder?", "position": %s "new_line": 2}}`, position)
	f.Diff = note(diff)
	send("ada", "POST", "/merge_requests/1/discussions/"+diff.Text("id")+"/notes", `{"body": "Why not?"}`)
	send("ada", "PUT", "/merge_requests/1/discussions/"+diff.Text("id"), `{"resolved": true}`)
	send("bob", "POST", "/merge_requests/1/approve", `{}`)
	send("bob", "POST", "/merge_requests/1/notes", `{"body": "Thanks"}`)
	f.Merge = send("root", "PUT", "/merge_requests/1/merge", `{"should_remove_source_branch": true}`).Text("merge_commit_sha")

	// A release, a snippet, and a wiki.
	send("root", "POST", "/releases", `{"tag_name": "v1", "ref": "main", "name": "One", "description": "See [the note](%s)."}`, f.Note)
	f.Asset = send("root", "POST", "/releases/v1/assets/links", `{"name": "note.txt", "url": "%s/acme/tools/%s%s"}`, w.URL, name, f.Note).ID()
	send("root", "POST", "/releases/v1/assets/links", `{"name": "home", "url": "https://example.org/"}`)
	snippet := send("ada", "POST", "/snippets", `{"title": "Recipe", "description": "of light", "visibility": "private", "files": [{"file_path": "a.sh", "content": "light\n"}, {"file_path": "b.md", "content": "# Oil\n"}]}`)
	f.Snippet = snippet.ID()
	send("bob", "POST", "/snippets/"+fmt.Sprint(f.Snippet)+"/notes", `{"body": "Good"}`)
	send("ada", "POST", "/wikis", `{"title": "Home", "content": "Hello"}`)
	return f
}
