package giteatest

import (
	"cmp"
	"slices"
	"strings"
)

func (m *Model) labelView(r *Repository, l *Label) object {
	o := object{
		"id": l.ID, "name": l.Name, "exclusive": l.Exclusive, "is_archived": l.Archived, "color": l.Color, "description": l.Description,
	}
	if l.Org != nil {
		o["url"] = m.api("/orgs/%s/labels/%d", l.Org.Login, l.ID)
	} else {
		o["url"] = m.repoAPI(r, "/labels/"+itoa(l.ID))
	}
	return o
}

// labelViews shows the labels of an issue, by their names.
func (m *Model) labelViews(i *Issue) []object {
	sorted := slices.SortedFunc(slices.Values(i.Labels), func(a, b *Label) int { return cmp.Compare(a.Name, b.Name) })
	return list(sorted, func(l *Label) object { return m.labelView(i.Repo, l) })
}

func milestoneView(r *Repository, ms *Milestone) any {
	if ms == nil {
		return nil
	}
	open, closed := ms.counts(r)
	return object{
		"id": ms.ID, "title": ms.Title, "description": ms.Description, "state": stateOf(ms.Closed), "open_issues": open, "closed_issues": closed,
		"created_at": stamp(ms.Created), "updated_at": stamp(ms.Updated), "closed_at": optional(ms.ClosedAt), "due_on": optional(ms.Due),
	}
}

func stateOf(closed bool) string {
	if closed {
		return "closed"
	}
	return "open"
}

// page addresses an issue or pull request on the web.
func (m *Model) issueWeb(i *Issue) string {
	if i.Pull != nil {
		return m.repoWeb(i.Repo, "/pulls/"+itoa(i.Number))
	}
	return m.repoWeb(i.Repo, "/issues/"+itoa(i.Number))
}

func (m *Model) issueView(i *Issue, viewer *User) object {
	r := i.Repo
	o := object{
		"id": i.ID, "url": m.repoAPI(r, "/issues/"+itoa(i.Number)), "html_url": m.issueWeb(i), "number": i.Number,
		"user": m.userView(i.Author, viewer), "original_author": "", "original_author_id": 0, "title": i.Title, "body": i.Body, "ref": i.Ref,
		"assets": m.assetViews(i.Assets), "labels": m.labelViews(i), "milestone": milestoneView(r, i.Milestone),
		"assignee": nil, "assignees": m.userViews(i.Assignees, nil), "state": stateOf(i.Closed), "is_locked": i.Locked,
		"comments": commentCount(i), "created_at": stamp(i.Created), "updated_at": stamp(i.Updated), "closed_at": optional(i.ClosedAt),
		"due_date": optional(i.Due), "time_estimate": 0, "pull_request": nil,
		"repository": object{"id": r.ID, "name": r.Name, "owner": r.Owner.Login, "full_name": r.FullName()},
		"pin_order":  i.Pin, "content_version": i.Version,
	}
	if len(i.Assignees) > 0 {
		o["assignee"] = m.userView(i.Assignees[0], nil)
	}
	if p := i.Pull; p != nil {
		o["pull_request"] = object{"merged": p.Merged, "merged_at": optional(p.MergedAt), "draft": p.draft(), "html_url": m.issueWeb(i)}
	}
	return o
}

// commentCount is the number of comments as Gitea counts them: reviews with a
// text and comments on code are among them.
func commentCount(i *Issue) int {
	n := 0
	for _, e := range i.Timeline {
		if e.Kind == "comment" {
			n++
		}
	}
	return n
}

func (m *Model) assetView(a *Attachment) object {
	link := m.web("/attachments/%s", a.UUID)
	if a.release != nil {
		link = m.repoWeb(a.repo, "/releases/download/"+escapePath(a.release.Tag)+"/"+escapePath(a.Name))
	}
	return object{
		"id": a.ID, "name": a.Name, "size": len(a.Data), "download_count": a.Downloads, "created_at": stamp(a.Created), "uuid": a.UUID,
		"browser_download_url": link,
	}
}

func (m *Model) assetViews(all []*Attachment) []object { return list(all, m.assetView) }

func (m *Model) reactionView(r *Reaction, viewer *User) object {
	return object{"user": m.userView(r.User, viewer), "content": r.Content, "created_at": stamp(r.Created)}
}

// entryLinks are the addresses of an entry; which of the two at the end is set
// tells issues and pull requests apart.
func (m *Model) entryLinks(e *Entry) (self, pull, issue string) {
	page := m.issueWeb(e.Issue)
	if e.Kind == "code" {
		self = page + "#issuecomment-" + itoa(e.ID)
		return self, page, ""
	}
	self = page + "#issuecomment-" + itoa(e.ID)
	if e.Issue.Pull != nil {
		return self, page, ""
	}
	return self, "", page
}

func (m *Model) commentView(e *Entry) object {
	self, pull, issue := m.entryLinks(e)
	return object{
		"id": e.ID, "html_url": self, "pull_request_url": pull, "issue_url": issue, "user": m.userView(e.User, nil),
		"original_author": "", "original_author_id": 0, "body": e.Body, "assets": m.assetViews(e.Assets),
		"created_at": stamp(e.Created), "updated_at": stamp(e.Updated),
	}
}

func (m *Model) timelineView(e *Entry, viewer *User) object {
	self, pull, issue := m.entryLinks(e)
	o := object{
		"id": e.ID, "type": e.Kind, "html_url": self, "pull_request_url": pull, "issue_url": issue, "user": m.userView(e.User, nil),
		"body": e.Body, "created_at": stamp(e.Created), "updated_at": stamp(e.Updated), "old_project_id": 0, "project_id": 0,
		"old_milestone": milestoneView(e.Issue.Repo, e.OldMilestone), "milestone": milestoneView(e.Issue.Repo, e.Milestone),
		"tracked_time": nil, "old_title": e.OldTitle, "new_title": e.NewTitle, "old_ref": e.OldRef, "new_ref": e.NewRef,
		"ref_issue": nil, "ref_comment": nil, "ref_action": e.RefAction, "ref_commit_sha": e.Commit, "review_id": 0,
		"label": nil, "assignee": m.userView(e.Assignee, nil), "assignee_team": nil, "removed_assignee": e.Removed,
		"resolve_doer": m.userView(e.Resolver, nil), "dependent_issue": nil,
	}
	switch {
	case e.Other == nil:
	case e.Kind == "add_dependency", e.Kind == "remove_dependency":
		o["dependent_issue"] = m.issueView(e.Other, viewer)
	default:
		o["ref_issue"] = m.issueView(e.Other, viewer)
	}
	if e.OtherEntry != nil {
		o["ref_comment"] = m.commentView(e.OtherEntry)
	}
	if e.Label != nil {
		o["label"] = m.labelView(e.Issue.Repo, e.Label)
	}
	if e.Review != nil {
		o["review_id"] = e.Review.ID
	}
	if e.Time != nil {
		o["body"] = spelled(e.Time.Seconds)
		o["tracked_time"] = m.timeView(e.Issue, e.Time, viewer)
	}
	return o
}

// spelled writes a number of seconds in hours and minutes.
func spelled(seconds int64) string {
	var parts []string
	for _, u := range []struct {
		n    int64
		name string
	}{{seconds / 3600, "hour"}, {seconds / 60 % 60, "minute"}} {
		switch {
		case u.n == 1:
			parts = append(parts, "1 "+u.name)
		case u.n > 1:
			parts = append(parts, itoa(u.n)+" "+u.name+"s")
		}
	}
	return strings.Join(parts, " ")
}

func (m *Model) timeView(i *Issue, t *TrackedTime, viewer *User) object {
	return object{
		"id": t.ID, "created": stamp(t.Created), "time": t.Seconds, "user_id": t.User.ID, "user_name": t.User.Login, "issue_id": i.ID,
		"issue": m.issueView(i, viewer),
	}
}
