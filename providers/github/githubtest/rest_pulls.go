package githubtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (c *call) tip(t Tip) fields {
	f := fields{"label": t.Label(), "ref": t.Branch, "sha": t.Commit, "user": c.userOrNull(t.Owner), "repo": nil}
	if t.Repo != nil && c.m.May(c.token, t.Repo, "read") {
		f["repo"] = c.repository(t.Repo)
	}
	return f
}

// pull is a pull request as lists show it.
func (c *call) pull(i *Issue) fields {
	at, p := c.pullURL(i), i.Pull
	f := fields{
		"url": at, "id": p.ID, "node_id": i.NodeID(), "html_url": c.page(i), "diff_url": c.page(i) + ".diff", "patch_url": c.page(i) + ".patch",
		"issue_url": c.issueURL(i), "number": i.Number, "state": i.State, "locked": i.Locked, "title": i.Title, "user": c.user(i.Author),
		"body": orNull(i.Body), "created_at": stamp(i.CreatedAt), "updated_at": stamp(i.UpdatedAt), "closed_at": stamp(i.ClosedAt),
		"merged_at": stamp(p.MergedAt), "merge_commit_sha": orNull(p.MergeCommit), "assignee": nil, "assignees": c.users(i.Assignees),
		"requested_reviewers": c.users(p.RequestedReviewers), "requested_teams": c.teams(p.RequestedTeams), "labels": c.labels(i.Labels),
		"milestone": nil, "draft": p.Draft, "commits_url": at + "/commits", "review_comments_url": at + "/comments",
		"review_comment_url": c.repoURL(i.Repo) + "/pulls/comments{/number}", "comments_url": c.issueURL(i) + "/comments",
		"statuses_url": c.repoURL(i.Repo) + "/statuses/" + p.Head.Commit, "head": c.tip(p.Head), "base": c.tip(p.Base),
		"author_association": i.Association, "auto_merge": nil, "active_lock_reason": orNull(i.LockReason),
	}
	links := fields{}
	for name, url := range map[string]any{
		"self": at, "html": c.page(i), "issue": c.issueURL(i), "comments": f["comments_url"], "review_comments": f["review_comments_url"],
		"review_comment": f["review_comment_url"], "commits": f["commits_url"], "statuses": f["statuses_url"],
	} {
		links[name] = fields{"href": url}
	}
	f["_links"] = links
	if len(i.Assignees) > 0 {
		f["assignee"] = c.user(i.Assignees[0])
	}
	if i.Milestone != nil {
		f["milestone"] = c.milestone(i.Milestone)
	}
	return f
}

// fullPull is a pull request as such.
func (c *call) fullPull(i *Issue) fields {
	f, p := c.pull(i), i.Pull
	var additions, deletions int64
	for _, o := range p.Files {
		additions, deletions = additions+o.Additions, deletions+o.Deletions
	}
	merged := !p.MergedAt.IsZero()
	f["merged"], f["merged_by"], f["comments"], f["review_comments"] = merged, nil, len(i.Comments), len(allNotes(i))
	if merged {
		f["merged_by"] = c.userOrNull(p.MergedBy)
	}
	f["mergeable"], f["rebaseable"], f["mergeable_state"], f["maintainer_can_modify"] = nil, nil, "unknown", p.MaintainerCanEdit
	f["commits"], f["additions"], f["deletions"], f["changed_files"] = len(p.Commits), additions, deletions, len(p.Files)
	return f
}

func listPulls(c *call) (any, error) {
	state := cmp.Or(c.query("state"), "open")
	all := c.repo.Issues
	if c.query("sort") == "updated" {
		all = c.repo.IssuesByUpdate()
	}
	var out []*Issue
	for _, i := range all {
		if i.Pull == nil || state != "all" && i.State != state {
			continue
		}
		if want := c.query("base"); want != "" && want != i.Pull.Base.Branch {
			continue
		}
		if want := c.query("head"); want != "" && want != i.Pull.Head.Label() {
			continue
		}
		out = append(out, i)
	}
	descending := c.query("direction") == "desc"
	if c.query("direction") == "" {
		descending = c.query("sort") == "" || c.query("sort") == "created"
	}
	if descending {
		slices.Reverse(out)
	}
	return list(c, out, c.pull)
}

// withPull answers about the pull request that the path names.
func withPull(answer func(*call, *Issue) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		i := c.repo.Issue(c.number("pull_number"))
		if i == nil || i.Pull == nil {
			return nil, notFound()
		}
		return answer(c, i)
	}
}

func getPull(c *call, i *Issue) (any, error) { return c.fullPull(i), nil }

func getMerged(_ *call, i *Issue) (any, error) {
	if i.Pull.MergedAt.IsZero() {
		return nil, notFound()
	}
	return nil, nil
}

func (c *call) review(r *Review) fields {
	return fields{
		"id": r.ID, "node_id": r.NodeID(), "user": c.userOrNull(r.Author), "body": r.Body, "state": r.State,
		"html_url": c.page(r.Issue) + fmt.Sprintf("#pullrequestreview-%d", r.ID), "pull_request_url": c.pullURL(r.Issue),
		"author_association": r.Association, "submitted_at": stamp(r.SubmittedAt), "commit_id": orNull(r.Commit),
		"_links": fields{
			"html":         fields{"href": c.page(r.Issue) + fmt.Sprintf("#pullrequestreview-%d", r.ID)},
			"pull_request": fields{"href": c.pullURL(r.Issue)},
		},
	}
}

// seenReviews leaves out reviews that somebody else has not sent yet.
func (c *call) seenReviews(i *Issue) []*Review {
	return slices.DeleteFunc(slices.Clone(i.Pull.Reviews), func(r *Review) bool {
		return r.State == "PENDING" && (c.token == nil || r.Author != c.token.User)
	})
}

func listReviews(c *call, i *Issue) (any, error) {
	return list(c, c.seenReviews(i), func(r *Review) fields {
		f := c.review(r)
		if r.State == "PENDING" {
			delete(f, "submitted_at")
		}
		return f
	})
}

// withReview answers about the review that the path names.
func withReview(answer func(*call, *Review) (any, error)) func(*call) (any, error) {
	return withPull(func(c *call, i *Issue) (any, error) {
		id := c.number("review_id")
		for _, r := range c.seenReviews(i) {
			if r.ID == id {
				return answer(c, r)
			}
		}
		return nil, notFound()
	})
}

func getReview(c *call, r *Review) (any, error) { return c.review(r), nil }

// note is a comment on a diff.
func (c *call) note(o *ReviewComment) fields {
	i, p := o.Thread.Issue, o.Place
	at := fmt.Sprintf("%s/pulls/comments/%d", c.repoURL(i.Repo), o.ID)
	page := c.page(i) + fmt.Sprintf("#discussion_r%d", o.ID)
	f := fields{
		"url": at, "pull_request_review_id": o.Review.ID, "id": o.ID, "node_id": o.NodeID(), "diff_hunk": o.Hunk, "path": p.Path,
		"commit_id": o.Commit, "original_commit_id": o.OriginalCommit, "user": c.user(o.Author), "body": o.Body,
		"created_at": stamp(o.CreatedAt), "updated_at": stamp(o.UpdatedAt), "html_url": page, "pull_request_url": c.pullURL(i),
		"author_association": o.Association, "reactions": c.reactions(at, &o.Content),
		"_links":     fields{"self": fields{"href": at}, "html": fields{"href": page}, "pull_request": fields{"href": c.pullURL(i)}},
		"start_line": orNull(p.StartLine), "original_start_line": orNull(p.OriginalStartLine), "start_side": orNull(p.StartSide),
		"line": orNull(p.Line), "original_line": orNull(p.OriginalLine), "side": p.Side, "subject_type": "line",
		"position": orNull(p.Position), "original_position": orNull(p.OriginalPosition),
	}
	if p.File {
		f["subject_type"], f["line"], f["position"], f["original_position"] = "file", nil, 1, 1
	}
	if o.ReplyTo != nil {
		f["in_reply_to_id"] = o.ReplyTo.ID
	}
	return f
}

// reviewNote is a comment as the list of a review has it: without the lines.
func (c *call) reviewNote(o *ReviewComment) fields {
	f := c.note(o)
	for _, name := range []string{"start_line", "original_start_line", "start_side", "line", "original_line", "side", "subject_type"} {
		delete(f, name)
	}
	return f
}

// allNotes returns the comments of the reviews that were sent, oldest first.
func allNotes(i *Issue) []*ReviewComment {
	var all []*ReviewComment
	for _, r := range i.Pull.Reviews {
		if r.State != "PENDING" {
			all = append(all, r.Comments...)
		}
	}
	return all
}

func listAllNotes(c *call) (any, error) {
	if err := c.bounded(); err != nil {
		return nil, err
	}
	var all []*ReviewComment
	for _, i := range c.repo.Issues {
		if i.Pull != nil {
			all = append(all, allNotes(i)...)
		}
	}
	return list(c, timed(c, all), c.note)
}

func listNotes(c *call, i *Issue) (any, error) { return list(c, timed(c, allNotes(i)), c.note) }

func listReviewNotes(c *call, r *Review) (any, error) { return list(c, r.Comments, c.reviewNote) }

// withNote answers about the comment on a diff that the path names.
func withNote(answer func(*call, *ReviewComment) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		o := object[*ReviewComment](c.m, prefixDiffNote, c.number("comment_id"))
		if o == nil || o.Thread.Issue.Repo != c.repo {
			return nil, notFound()
		}
		return answer(c, o)
	}
}

func (c *call) commit(i *Issue, o Commit) fields {
	at := c.repoURL(i.Repo) + "/commits/" + o.OID
	git := c.committed(i, o)
	author, committer := git["author"], git["committer"]
	parents := []fields{}
	for _, p := range o.Parents {
		parents = append(parents, fields{"sha": p, "url": c.repoURL(i.Repo) + "/commits/" + p, "html_url": c.web + "/" + i.Repo.FullName() + "/commit/" + p})
	}
	f := fields{
		"sha": o.OID, "node_id": git["node_id"], "url": at, "html_url": git["html_url"], "comments_url": at + "/comments", "parents": parents,
		"author": nil, "committer": nil,
		"commit": fields{"author": author, "committer": committer, "message": o.Message, "tree": git["tree"], "url": git["url"], "comment_count": 0, "verification": unsigned()},
	}
	for _, u := range c.m.Users {
		if u.Email != "" && strings.EqualFold(u.Email, o.AuthorEmail) {
			f["author"], f["committer"] = c.user(u), c.user(u)
		}
	}
	return f
}

func listPullCommits(c *call, i *Issue) (any, error) {
	const most = 250 // GitHub lists no more
	return list(c, i.Pull.Commits[:min(most, len(i.Pull.Commits))], func(o Commit) fields { return c.commit(i, o) })
}

func listPullFiles(c *call, i *Issue) (any, error) {
	return list(c, i.Pull.Files, func(o File) fields {
		path := strings.ReplaceAll(o.Path, " ", "%20")
		f := fields{
			"sha": o.Blob, "filename": o.Path, "status": o.Status, "additions": o.Additions, "deletions": o.Deletions, "changes": o.Additions + o.Deletions,
			"blob_url":     fmt.Sprintf("%s/%s/blob/%s/%s", c.web, i.Repo.FullName(), i.Pull.Head.Commit, path),
			"raw_url":      fmt.Sprintf("%s/%s/raw/%s/%s", c.web, i.Repo.FullName(), i.Pull.Head.Commit, path),
			"contents_url": fmt.Sprintf("%s/contents/%s?ref=%s", c.repoURL(i.Repo), path, i.Pull.Head.Commit),
		}
		if o.Patch != "" {
			f["patch"] = o.Patch
		}
		if o.OldPath != "" {
			f["previous_filename"] = o.OldPath
		}
		return f
	})
}

func getRequestedReviewers(c *call, i *Issue) (any, error) {
	return fields{"users": c.users(i.Pull.RequestedReviewers), "teams": c.teams(i.Pull.RequestedTeams)}, nil
}
