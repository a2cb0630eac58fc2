package githubtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (c *call) repoURL(r *Repository) string { return c.api + "/repos/" + r.FullName() }

// page is where an issue or pull request is looked at.
func (c *call) page(i *Issue) string {
	kind := "issues"
	if i.Pull != nil {
		kind = "pull"
	}
	return fmt.Sprintf("%s/%s/%s/%d", c.web, i.Repo.FullName(), kind, i.Number)
}

func (c *call) issueURL(i *Issue) string {
	return fmt.Sprintf("%s/issues/%d", c.repoURL(i.Repo), i.Number)
}

func (c *call) pullURL(i *Issue) string {
	return fmt.Sprintf("%s/pulls/%d", c.repoURL(i.Repo), i.Number)
}

// reactionNames are the emojis that GitHub has.
func reactionNames() []string {
	return []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"}
}

// reactions counts the reactions to the object at url.
func (c *call) reactions(url string, t *Content) fields {
	f := fields{"url": url + "/reactions", "total_count": len(t.Reactions)}
	for _, name := range reactionNames() {
		f[name] = 0
	}
	for _, r := range t.Reactions {
		n, _ := f[r.Name].(int)
		f[r.Name] = n + 1
	}
	return f
}

func listReactions(c *call, t *Content) (any, error) {
	var all []*Reaction
	for _, r := range t.Reactions {
		if want := c.query("content"); want == "" || want == r.Name {
			all = append(all, r)
		}
	}
	return list(c, all, func(r *Reaction) fields {
		return fields{"id": r.ID, "node_id": r.NodeID(), "user": c.user(r.User), "content": r.Name, "created_at": stamp(r.CreatedAt)}
	})
}

func (c *call) labels(all []*Label) []fields {
	out := []fields{}
	for _, l := range all {
		out = append(out, c.label(l))
	}
	return out
}

// in renders something of another repository.
func (c *call) in(r *Repository) *call {
	if r == c.repo {
		return c
	}
	other := *c
	other.repo = r
	return &other
}

// issue is an issue, or a pull request seen as one.
func (c *call) issue(i *Issue) fields {
	c = c.in(i.Repo)
	at := c.issueURL(i)
	f := fields{
		"url": at, "repository_url": c.repoURL(i.Repo), "labels_url": at + "/labels{/name}", "comments_url": at + "/comments",
		"events_url": at + "/events", "html_url": c.page(i), "timeline_url": at + "/timeline",
		"id": i.ID, "node_id": i.NodeID(), "number": i.Number, "title": i.Title, "body": orNull(i.Body), "user": c.user(i.Author),
		"labels": c.labels(i.Labels), "state": i.State, "state_reason": orNull(i.StateReason), "locked": i.Locked, "active_lock_reason": orNull(i.LockReason),
		"assignee": nil, "assignees": c.users(i.Assignees), "milestone": nil, "comments": len(i.Comments), "author_association": i.Association,
		"created_at": stamp(i.CreatedAt), "updated_at": stamp(i.UpdatedAt), "closed_at": stamp(i.ClosedAt),
		"closed_by": nil, "performed_via_github_app": nil, "reactions": c.reactions(at, &i.Content), "type": c.issueType(i.Type),
	}
	if len(i.Assignees) > 0 {
		f["assignee"] = c.user(i.Assignees[0])
	}
	if i.Milestone != nil {
		f["milestone"] = c.milestone(i.Milestone)
	}
	if i.State == "closed" {
		f["closed_by"] = c.userOrNull(i.ClosedBy)
	}
	if p := i.Pull; p != nil {
		f["draft"] = p.Draft
		f["pull_request"] = fields{"url": c.pullURL(i), "html_url": c.page(i), "diff_url": c.page(i) + ".diff", "patch_url": c.page(i) + ".patch", "merged_at": stamp(p.MergedAt)}
		delete(f, "type")
		return f
	}
	done := 0
	for _, s := range i.SubIssues {
		if s.State == "closed" {
			done++
		}
	}
	percent := 0
	if len(i.SubIssues) > 0 {
		percent = 100 * done / len(i.SubIssues)
	}
	f["sub_issues_summary"] = fields{"total": len(i.SubIssues), "completed": done, "percent_completed": percent}
	f["issue_dependencies_summary"] = fields{"blocked_by": 0, "total_blocked_by": 0, "blocking": 0, "total_blocking": 0}
	if i.Parent != nil {
		f["parent_issue_url"] = c.issueURL(i.Parent)
	}
	return f
}

func listIssues(c *call) (any, error) {
	state, since := cmp.Or(c.query("state"), "open"), c.since()
	all := c.repo.Issues
	byUpdate := c.query("sort") == "updated"
	if byUpdate {
		all = c.repo.IssuesByUpdate()
	}
	labels := strings.FieldsFunc(c.query("labels"), func(r rune) bool { return r == ',' })
	out := make([]*Issue, 0, len(all))
	for _, i := range all {
		if state != "all" && i.State != state || i.UpdatedAt.Before(since) || !hasLabels(i, labels) || !c.hasMilestone(i) ||
			!wants(c.query("creator"), i.Author) {
			continue
		}
		out = append(out, i)
	}
	if c.query("sort") == "comments" {
		slices.SortStableFunc(out, func(a, b *Issue) int { return cmp.Compare(len(a.Comments), len(b.Comments)) })
	}
	if c.query("direction") != "asc" {
		slices.Reverse(out)
	}
	return list(c, out, c.issue)
}

func wants(login string, u *User) bool {
	return login == "" || u != nil && strings.EqualFold(u.Login, login)
}

func hasLabels(i *Issue, names []string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(i.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, name) }) {
			return false
		}
	}
	return true
}

func (c *call) hasMilestone(i *Issue) bool {
	switch want := c.query("milestone"); want {
	case "":
		return true
	case "*":
		return i.Milestone != nil
	case "none":
		return i.Milestone == nil
	default:
		return i.Milestone != nil && fmt.Sprint(i.Milestone.Number) == want
	}
}

// withIssue answers about the issue that the path names.
func withIssue(answer func(*call, *Issue) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		n := c.number("issue_number")
		i := c.repo.Issue(n)
		if i == nil {
			if n > 0 && n <= c.repo.number && c.repo.Discussion(n) == nil {
				return nil, &failure{status: 410, message: "This issue was deleted"}
			}
			return nil, notFound()
		}
		return answer(c, i)
	}
}

func getIssue(c *call, i *Issue) (any, error) { return c.issue(i), nil }

func (c *call) comment(o *Comment) fields {
	at := fmt.Sprintf("%s/issues/comments/%d", c.repoURL(o.Issue.Repo), o.ID)
	return fields{
		"url": at, "html_url": fmt.Sprintf("%s#issuecomment-%d", c.page(o.Issue), o.ID), "issue_url": c.issueURL(o.Issue), "id": o.ID,
		"node_id": o.NodeID(), "user": c.user(o.Author), "body": o.Body, "created_at": stamp(o.CreatedAt), "updated_at": stamp(o.UpdatedAt),
		"author_association": o.Association, "performed_via_github_app": nil, "reactions": c.reactions(at, &o.Content),
	}
}

// timed is a text with the times by which lists of many threads are ordered.
func timed[T Texted](c *call, all []T) []T {
	since, byUpdate := c.since(), c.query("sort") == "updated"
	all = slices.DeleteFunc(all, func(t T) bool { return t.content().UpdatedAt.Before(since) })
	slices.SortStableFunc(all, func(a, b T) int {
		if byUpdate {
			return a.content().UpdatedAt.Compare(b.content().UpdatedAt)
		}
		return a.content().CreatedAt.Compare(b.content().CreatedAt)
	})
	if c.query("direction") == "desc" {
		slices.Reverse(all)
	}
	return all
}

func listAllComments(c *call) (any, error) {
	if err := c.bounded(); err != nil {
		return nil, err
	}
	var all []*Comment
	for _, i := range c.repo.Issues {
		all = append(all, i.Comments...)
	}
	return list(c, timed(c, all), c.comment)
}

func listComments(c *call, i *Issue) (any, error) {
	since := c.since()
	all := slices.DeleteFunc(slices.Clone(i.Comments), func(o *Comment) bool { return o.UpdatedAt.Before(since) })
	return list(c, all, c.comment)
}

// withComment answers about the comment that the path names.
func withComment(answer func(*call, *Comment) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		o := object[*Comment](c.m, prefixComment, c.number("comment_id"))
		if o == nil || o.Issue.Repo != c.repo {
			return nil, notFound()
		}
		return answer(c, o)
	}
}

func getComment(c *call, o *Comment) (any, error) { return c.comment(o), nil }

func listSubIssues(c *call, i *Issue) (any, error) { return list(c, i.SubIssues, c.issue) }

func getParent(c *call, i *Issue) (any, error) { return reply(i.Parent, c.issue) }

func listIssueLabels(c *call, i *Issue) (any, error) { return list(c, i.Labels, c.label) }

func (c *call) commitComment(o *CommitComment) fields {
	at := fmt.Sprintf("%s/comments/%d", c.repoURL(o.Repo), o.ID)
	f := fields{
		"url": at, "html_url": fmt.Sprintf("%s/%s/commit/%s#commitcomment-%d", c.web, o.Repo.FullName(), o.Commit, o.ID), "id": o.ID,
		"node_id": o.NodeID(), "user": c.user(o.Author), "position": orNull(o.Position), "line": orNull(o.Line), "path": orNull(o.Path),
		"commit_id": o.Commit, "created_at": stamp(o.CreatedAt), "updated_at": stamp(o.UpdatedAt), "author_association": o.Association,
		"body": o.Body, "reactions": c.reactions(at, &o.Content),
	}
	return f
}

func listCommitComments(c *call) (any, error) {
	all := c.repo.CommitComments
	if sha := c.r.PathValue("commit_sha"); sha != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(o *CommitComment) bool { return o.Commit != sha })
	}
	return list(c, all, c.commitComment)
}

func withCommitComment(answer func(*call, *CommitComment) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		o := object[*CommitComment](c.m, prefixCommitNote, c.number("comment_id"))
		if o == nil || o.Repo != c.repo {
			return nil, notFound()
		}
		return answer(c, o)
	}
}
