package bitbucketservertest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Inner is the address that the server is set up with. Clients know it by another, as
// behind a proxy.
const Inner = "http://inner.example:7990"

func self(address string) fields { return fields{"self": []any{fields{"href": address}}} }

func viewUser(u *User) any {
	return fields{"id": u.ID, "name": u.Name, "slug": strings.ToLower(u.Name), "displayName": u.Full, "emailAddress": u.Email, "active": true, "type": "NORMAL",
		"links": self(Inner + "/users/" + u.Name)}
}

func viewProject(p *Project) fields {
	kind := "NORMAL"
	if p.Owner != nil {
		kind = "PERSONAL"
	}
	return fields{"id": p.ID, "key": p.Key, "name": p.Name, "public": p.Public, "type": kind, "links": self(Inner + "/projects/" + p.Key)}
}

// viewRepository shows a repository. Its links are of an address that the client does
// not know, as behind a proxy.
func (c *call) viewRepository(r *Repository) any {
	view := fields{"id": r.ID, "slug": r.Slug, "name": r.Name, "scmId": "git", "state": "AVAILABLE", "statusMessage": "Available", "hierarchyId": "e3c939f9ef4a7fae272e",
		"forkable": true, "public": r.Public, "archived": r.Archived, "project": viewProject(r.Project), "links": self(Inner + "/projects/" + r.Project.Key + "/repos/" + r.Slug + "/browse")}
	if r.Description != "" {
		view["description"] = r.Description
	}
	if r.Origin != nil {
		view["origin"] = c.viewRepository(r.Origin)
	}
	return view
}

func (c *call) viewEnd(e End) any {
	return fields{"id": "refs/heads/" + e.Branch, "displayId": e.Branch, "latestCommit": e.Commit, "type": "BRANCH", "repository": c.viewRepository(e.Repository)}
}

func viewParticipant(u *User, role, status, reviewed string) any {
	view := fields{"user": viewUser(u), "role": role, "approved": status == "APPROVED", "status": cmp.Or(status, "UNAPPROVED")}
	if reviewed != "" {
		view["lastReviewedCommit"] = reviewed
	}
	return view
}

func (c *call) viewPull(p *Pull) any {
	comments, open, done := p.count(c.s.atLeast(7, 2))
	properties := fields{"mergeResult": fields{"outcome": "CLEAN", "current": true}, "commentCount": comments, "openTaskCount": open, "resolvedTaskCount": done}
	if p.MergeCommit != "" {
		properties["mergeCommit"] = fields{"id": p.MergeCommit, "displayId": p.MergeCommit[:11]}
	}
	view := fields{"id": p.Number, "version": p.Version, "title": p.Title, "state": p.State, "open": p.State == "OPEN", "closed": p.State != "OPEN", "locked": false,
		"createdDate": moment(p.Created), "updatedDate": moment(p.Updated), "fromRef": c.viewEnd(p.From), "toRef": c.viewEnd(p.To),
		"author": viewParticipant(p.Author, "AUTHOR", "", ""), "participants": []any{}, "properties": properties,
		"reviewers": listOf(p.Reviewers, func(r *Reviewer) any { return viewParticipant(r.User, "REVIEWER", r.Status, r.Commit) }),
		"links":     self(Inner + "/pull-requests/" + strconv.FormatInt(p.Number, 10))}
	if p.Text != "" {
		view["description"] = p.Text
	}
	if !p.Closed.IsZero() {
		view["closedDate"] = moment(p.Closed)
	}
	if c.s.atLeast(9, 0) {
		view["draft"] = p.Draft
	}
	return view
}

// count counts comments, and tasks by whether they are done. Tasks are comments where
// they have a severity.
func (p *Pull) count(severities bool) (comments, open, done int) {
	var walk func([]*Comment)
	walk = func(all []*Comment) {
		for _, c := range all {
			if c.Draft {
				continue
			}
			if severities || !c.Task {
				comments++
			}
			if c.Task && c.Done {
				done++
			} else if c.Task {
				open++
			}
			walk(c.Replies)
		}
	}
	walk(p.Comments)
	return comments, open, done
}

func (c *call) pulls() (any, error) {
	query := c.r.URL.Query()
	all := slices.Clone(c.repo.Pulls)
	slices.SortFunc(all, func(a, b *Pull) int { return b.Updated.Compare(a.Updated) })
	if query.Get("order") == "OLDEST" {
		slices.Reverse(all)
	}
	if state := cmp.Or(query.Get("state"), "OPEN"); state != "ALL" {
		all = slices.DeleteFunc(all, func(p *Pull) bool { return p.State != state })
	}
	return c.page(listOf(all, c.viewPull))
}

func (c *call) pullRequest() (any, error) { return c.viewPull(c.pull), nil }

func (c *call) activities() (any, error) {
	all := slices.Clone(c.pull.Activities)
	slices.Reverse(all) // the latest first
	return c.page(listOf(all, c.viewActivity))
}

func (c *call) viewActivity(a *Activity) any {
	view := fields{"id": a.ID, "createdDate": moment(a.At), "user": viewUser(a.By), "action": a.Action}
	switch {
	case a.Comment != nil:
		view["commentAction"], view["comment"] = "ADDED", c.viewComment(a.Comment)
		if at := a.Comment.Anchor; at != nil {
			view["commentAnchor"], view["diff"] = c.viewAnchor(at), viewDiff(at)
		}
	case a.Action == "MERGED":
		view["commit"] = fields{"id": a.Commit, "displayId": a.Commit[:11]}
	case a.Action == "RESCOPED":
		view["fromHash"], view["previousFromHash"] = a.From, a.Before
		view["toHash"], view["previousToHash"] = c.pull.To.Commit, c.pull.To.Commit
		view["added"], view["removed"] = fields{"commits": []any{}, "total": 1}, fields{"commits": []any{}, "total": a.Dropped}
	case a.Action == "UPDATED":
		view["addedReviewers"], view["removedReviewers"] = listOf(a.Added, viewUser), listOf(a.Removed, viewUser)
	}
	return view
}

// viewComment shows a comment with its replies. Before 7.2, tasks stand apart.
func (c *call) viewComment(one *Comment) any {
	properties := fields{"repositoryId": c.repo.ID}
	if len(one.Likes) > 0 && !c.s.atLeast(9, 0) {
		properties["likedBy"] = fields{"total": len(one.Likes)}
	}
	var reactions []any
	for _, shortcut := range slices.Sorted(maps.Keys(one.Emoji)) {
		reactions = append(reactions, fields{"emoticon": fields{"shortcut": shortcut, "url": "x", "value": "x"}, "users": listOf(one.Emoji[shortcut], viewUser)})
	}
	if reactions != nil {
		properties["reactions"] = reactions
	}
	view := fields{"id": one.ID, "version": 0, "text": one.Text, "author": viewUser(one.Author), "createdDate": moment(one.Created), "updatedDate": moment(one.Updated),
		"properties": properties}
	replies := one.Replies
	if c.s.atLeast(7, 2) {
		view["severity"], view["state"], view["threadResolved"] = "NORMAL", "OPEN", one.Resolved
		if one.Task {
			view["severity"] = "BLOCKER"
		}
		if one.Done {
			view["state"], view["resolvedDate"] = "RESOLVED", moment(one.Updated)
		}
		if one.Draft {
			view["state"], view["pending"] = "PENDING", true
		}
	} else {
		tasks := slices.DeleteFunc(slices.Clone(replies), func(r *Comment) bool { return !r.Task })
		replies = slices.DeleteFunc(slices.Clone(replies), func(r *Comment) bool { return r.Task })
		view["tasks"] = listOf(tasks, viewTask)
	}
	view["comments"] = listOf(replies, c.viewComment)
	return view
}

func viewTask(t *Comment) any {
	state := "OPEN"
	if t.Done {
		state = "RESOLVED"
	}
	return fields{"id": t.ID, "text": t.Text, "author": viewUser(t.Author), "createdDate": moment(t.Created), "state": state}
}

func (c *call) viewAnchor(a *Anchor) any {
	file := "TO"
	if a.LineType == "REMOVED" {
		file = "FROM"
	}
	view := fields{"path": a.Path, "fromHash": c.pull.To.Commit, "toHash": c.pull.From.Commit, "diffType": "EFFECTIVE", "orphaned": a.Orphaned}
	if a.SrcPath != "" {
		view["srcPath"] = a.SrcPath
	}
	if a.Line > 0 {
		view["line"], view["lineType"], view["fileType"] = a.Line, a.LineType, file
	}
	if a.Start > 0 {
		view["multilineMarker"] = fields{"startLine": a.Start, "startLineType": a.LineType}
	}
	return view
}

func viewDiff(a *Anchor) any {
	var segments []any
	for _, l := range a.Diff {
		segments = append(segments, fields{"type": l.Type, "truncated": false, "lines": []any{fields{"source": l.Old, "destination": l.New, "line": l.Text, "truncated": false}}})
	}
	return fields{"hunks": []any{fields{"segments": segments, "truncated": false}}, "truncated": false}
}

func viewHook(name string, enabled bool) any {
	return fields{"enabled": enabled, "configured": enabled, "details": fields{"key": "com.example:" + name, "name": name, "type": "PRE_RECEIVE", "description": name, "version": "1"}}
}

func (c *call) likes() (any, error) {
	if c.s.atLeast(9, 0) {
		return nil, &refusal{http.StatusNotFound, "NoSuchResourceException", "null for uri"}
	}
	id, _ := strconv.ParseInt(c.r.PathValue("comment"), 10, 64) // what is no number is no comment's
	var found *Comment
	var walk func([]*Comment)
	walk = func(all []*Comment) {
		for _, one := range all {
			if one.ID == id {
				found = one
			}
			walk(one.Replies)
		}
	}
	walk(c.pull.Comments)
	if found == nil {
		return nil, &refusal{http.StatusNotFound, "comment.NoSuchCommentException", fmt.Sprintf("Comment %d does not exist.", id)}
	}
	return c.page(listOf(found.Likes, viewUser))
}
