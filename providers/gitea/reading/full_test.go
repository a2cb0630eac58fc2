package reading_test

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
)

// full is a repository that has everything.
type full struct {
	dir           string
	Picture, Note string // ids of files
	Base, Head    string // commits of the pull request
}

// The texts of its file.
const (
	firstText  = "one\ntwo\nthree\n"
	secondText = "one\nTWO\nthree\nfour\n"
)

// full makes acme/NAME: issue 1 with comments, reactions and files, pull request 2
// with reviews, which was merged, issue 3, which depends on 1.
func (w *world) full(t *testing.T, name string) full {
	t.Helper()
	f := full{dir: w.repository(t, name)}
	at := "repos/acme/" + name
	send := func(as, method, path, body string, args ...any) sourcetest.Answer {
		t.Helper()
		return w.send(t, as, method, at+path, fmt.Sprintf(body, args...))
	}
	send("admin1", "PATCH", "", `{"description": "A lamp 💡", "website": "https://example.org", "has_wiki": true, "allow_squash_merge": false}`)
	send("admin1", "PUT", "/topics", `{"topics": ["light", "oil"]}`)
	bug := send("admin1", "POST", "/labels", `{"name": "bug", "color": "#ff0000", "description": "not right"}`)
	send("admin1", "POST", "/labels", `{"name": "prio/high", "color": "#00FF00", "exclusive": true}`)
	w.send(t, "admin1", "POST", "orgs/acme/labels", fmt.Sprintf(`{"name": "org %s", "color": "#0000ff"}`, name))
	one := send("admin1", "POST", "/milestones", `{"title": "1.0", "description": "first", "due_on": "2027-03-01T08:00:00Z"}`)
	send("admin1", "PATCH", "/milestones/"+fmt.Sprint(one.ID()), `{"state": "closed", "due_on": "2027-03-01T08:00:00Z"}`)
	send("admin1", "POST", "/branch_protections", `{"rule_name": "release/*", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["alice"], "required_approvals": 2, "enable_status_check": true, "status_check_contexts": ["ci"], "require_signed_commits": true}`)
	send("admin1", "POST", "/tag_protections", `{"name_pattern": "v*", "whitelist_usernames": ["bob"]}`)
	send("admin1", "POST", "/hooks", `{"type": "gitea", "config": {"url": "https://user:pw@hooks.example.org/x?secret=y", "content_type": "json"}, "events": ["push"]}`)
	send("admin1", "PUT", "/actions/secrets/TOKEN", `{"data": "very secret"}`)
	send("admin1", "POST", "/actions/variables/REGION", `{"value": "north"}`)

	// Issue 1.
	send("alice", "POST", "/issues", `{"title": "Dark", "body": "It is *dark*.\n\nSee #3 and @bob.", "labels": [%d], "milestone": %d, "assignees": ["bob"], "due_date": "2027-02-03T00:00:00Z"}`, bug.ID(), one.ID())
	send("bob", "POST", "/issues/1/reactions", `{"content": "heart"}`)
	f.Note = w.upload(t, "alice", at+"/issues/1/assets", "note.txt", "a note")
	c := send("bob", "POST", "/issues/1/comments", `{"body": "Why?"}`)
	send("alice", "POST", "/issues/comments/"+fmt.Sprint(c.ID())+"/reactions", `{"content": "+1"}`)
	f.Picture = w.upload(t, "bob", at+"/issues/comments/"+fmt.Sprint(c.ID())+"/assets", "lamp.png", "png")
	send("bob", "PATCH", "/issues/comments/"+fmt.Sprint(c.ID()), `{"body": "Why? ![lamp](/attachments/%s)"}`, f.Picture)
	send("alice", "PATCH", "/issues/1", `{"title": "Too dark"}`)
	send("bob", "PATCH", "/issues/1", `{"state": "closed"}`)
	send("admin1", "PUT", "/issues/1/lock", `{"lock_reason": "Resolved"}`)
	send("admin1", "POST", "/issues/1/pin", ``)

	// Pull request 2.
	sourcetest.Git(t, f.dir, "checkout", "--quiet", "-b", "light")
	f.Base, f.Head = sourcetest.Git(t, f.dir, "rev-parse", "main"), sourcetest.Commit(t, f.dir, "a.txt", secondText)
	w.push(t, f.dir, "acme/"+name, "refs/heads/light")
	send("alice", "POST", "/pulls", `{"title": "Light", "body": "Closes #1", "head": "light", "base": "main"}`)
	send("alice", "POST", "/pulls/2/requested_reviewers", `{"reviewers": ["bob"]}`)
	review := send("bob", "POST", "/pulls/2/reviews", `{"event": "REQUEST_CHANGES", "body": "Not yet.", "comments": [{"path": "a.txt", "body": "Louder?", "new_position": 2}, {"path": "a.txt", "body": "Why not?", "old_position": 2}]}`)
	send("bob", "POST", "/pulls/2/reviews", `{"event": "APPROVED", "body": "Well."}`)
	send("admin1", "POST", "/pulls/2/reviews/"+fmt.Sprint(review.ID())+"/dismissals", `{"message": "settled"}`)
	send("bob", "POST", "/issues/2/comments", `{"body": "Thanks"}`)
	send("admin1", "POST", "/pulls/2/merge", `{"Do": "merge", "delete_branch_after_merge": true}`)

	// Issue 3.
	send("alice", "POST", "/issues", `{"title": "Later"}`)
	send("admin1", "POST", "/issues/3/dependencies", `{"owner": "acme", "repo": %q, "index": 1}`, name)
	send("admin1", "POST", "/issues/3/times", `{"time": 90}`)

	// Releases, and a wiki.
	released := send("bob", "POST", "/releases", `{"tag_name": "v1", "target_commitish": "main", "name": "One", "body": "See [the note](/attachments/%s)."}`, f.Note)
	w.upload(t, "bob", at+"/releases/"+fmt.Sprint(released.ID())+"/assets", "lamp.tar.gz", "tar")
	send("bob", "POST", "/releases", `{"tag_name": "v2", "target_commitish": "main", "draft": true, "prerelease": true}`)
	send("alice", "POST", "/wiki/new", `{"title": "Home", "content_base64": "SGVsbG8K"}`)
	return f
}
