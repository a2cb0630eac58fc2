package giteatest

import (
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// pullView shows a pull request. In lists Gitea leaves out the sizes of the
// change and who merged it, and writes null for no reviewers.
func (m *Model) pullView(p *Pull, viewer *User, listed bool) (object, error) {
	i, r := p.Issue, p.Issue.Repo
	head, err := m.headView(p, viewer)
	if err != nil {
		return nil, err
	}
	issue := m.issueView(i, viewer)
	o := object{
		"id": p.ID, "url": m.issueWeb(i), "number": i.Number, "pin_order": i.Pin, "draft": p.draft(),
		"html_url": m.issueWeb(i), "diff_url": m.issueWeb(i) + ".diff", "patch_url": m.issueWeb(i) + ".patch",
		"mergeable": !p.Conflicts && !p.draft() && p.MergeBase != "", "merged": p.Merged, "merged_at": optional(p.MergedAt),
		"merge_commit_sha": nil, "merged_by": nil, "allow_maintainer_edit": p.Maintainer, "merge_base": p.MergeBase,
		"base": object{"label": p.Base, "ref": p.Base, "sha": r.refs["refs/heads/"+p.Base], "repo_id": r.ID, "repo": m.repoView(r, viewer)},
		"head": head,
	}
	for _, name := range []string{"user", "title", "body", "labels", "milestone", "assignee", "assignees", "state", "is_locked", "comments",
		"due_date", "created_at", "updated_at", "closed_at", "content_version"} {
		o[name] = issue[name]
	}
	if n := p.reviewCount(); n > 0 {
		o["review_comments"] = n
	}
	if p.Merged {
		o["merge_commit_sha"] = p.MergeSHA
	}
	o["requested_reviewers"] = m.userViews(p.requested(), nil)
	o["requested_reviewers_teams"] = nil
	if listed {
		return o, nil
	}
	if o["assignees"] == nil {
		o["assignees"] = []any{}
	}
	o["requested_reviewers"] = userList(m, p.requested(), nil)
	o["requested_reviewers_teams"] = list(p.Teams, func(t *Team) object { return m.teamView(t, true) })
	if p.Merged {
		o["merged_by"] = m.userView(p.MergedBy, nil)
	}
	if p.HeadRepo != nil {
		if err := m.sizes(o, p, head["sha"].(string)); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// sizes adds how much a pull request changes.
func (m *Model) sizes(o object, p *Pull, head string) error {
	if p.MergeBase == "" || head == "" {
		return nil
	}
	all, err := changes(m.codeGit(p.Issue.Repo), p.MergeBase, head)
	if err != nil {
		return err
	}
	var plus, less int64
	for _, c := range all {
		plus, less = plus+c.plus, less+c.less
	}
	o["additions"], o["deletions"], o["changed_files"] = plus, less, len(all)
	return nil
}

// headView shows where the commits of a pull request are from: its branch while
// that is there, and then the ref that the server keeps.
func (m *Model) headView(p *Pull, viewer *User) (object, error) {
	o := object{"label": p.Head, "ref": p.headRef(), "sha": p.HeadSHA, "repo_id": -1, "repo": nil}
	if p.HeadRepo == nil {
		return o, nil
	}
	o["repo_id"], o["repo"] = p.HeadRepo.ID, m.repoView(p.HeadRepo, viewer)
	if id := p.HeadRepo.refs["refs/heads/"+p.Head]; id != "" {
		o["ref"], o["sha"] = p.Head, id
	}
	return o, nil
}

// reviewCount is what the API calls the number of review comments: that of the
// reviews.
func (p *Pull) reviewCount() int {
	n := 0
	for _, e := range p.Issue.Timeline {
		if e.Kind == "review" {
			n++
		}
	}
	return n
}

// requested are those whose last word on a pull request counts, asked for or
// given.
func (p *Pull) requested() []*User {
	last := map[*User]*Review{}
	for _, r := range p.Reviews {
		if r.User != nil && r.State != "PENDING" && !r.Dismissed {
			last[r.User] = r
		}
	}
	var all []*User
	for _, r := range p.Reviews {
		if last[r.User] == r {
			all = append(all, r.User)
		}
	}
	return all
}

func (m *Model) reviewView(p *Pull, r *Review, viewer *User) object {
	o := object{
		"id": r.ID, "user": m.userView(r.User, viewer), "team": nil, "state": r.State, "body": r.Body, "commit_id": r.Commit,
		"stale": r.Stale, "official": r.Official, "dismissed": r.Dismissed, "comments_count": len(r.comments(p.Issue)),
		"submitted_at": stamp(r.Created), "updated_at": stamp(r.Updated), "html_url": "", "pull_request_url": m.issueWeb(p.Issue),
	}
	if r.Entry != nil {
		o["html_url"] = m.issueWeb(p.Issue) + "#issuecomment-" + itoa(r.Entry.ID)
	}
	if r.Team != nil {
		o["team"] = m.teamView(r.Team, false)
	}
	return o
}

func (m *Model) codeCommentView(e *Entry, viewer *User) object {
	self, pull, _ := m.entryLinks(e)
	o := object{
		"id": e.ID, "body": e.Body, "user": m.userView(e.User, viewer), "resolver": m.userView(e.Resolver, viewer),
		"pull_request_review_id": e.Review.ID, "created_at": stamp(e.Created), "updated_at": stamp(e.Updated), "path": e.Path,
		"commit_id": e.Commit, "original_commit_id": "", "diff_hunk": e.Hunk, "position": max(e.Line, 0), "original_position": max(-e.Line, 0),
		"html_url": self, "pull_request_url": pull,
	}
	return o
}

func (m *Model) releaseView(r *Repository, rel *Release, viewer *User) object {
	self := m.repoAPI(r, "/releases/"+itoa(rel.ID))
	tag := escapePath(rel.Tag)
	return object{
		"id": rel.ID, "tag_name": rel.Tag, "target_commitish": rel.Target, "name": rel.Title, "body": rel.Body, "url": self,
		"html_url": m.repoWeb(r, "/releases/tag/"+tag), "tarball_url": m.repoWeb(r, "/archive/"+tag+".tar.gz"),
		"zipball_url": m.repoWeb(r, "/archive/"+tag+".zip"), "upload_url": self + "/assets", "draft": rel.Draft, "prerelease": rel.Prerelease,
		"created_at": stamp(rel.Created), "published_at": stamp(rel.Created), "author": m.userView(rel.Author, nil),
		"assets": m.assetViews(byName(rel.Assets)),
	}
}

// byName sorts files by their names, as releases show them.
func byName(all []*Attachment) []*Attachment {
	return slices.SortedStableFunc(slices.Values(all), func(a, b *Attachment) int { return strings.Compare(a.Name, b.Name) })
}

// commitView shows a commit in full.
func (m *Model) commitView(r *Repository, c gitserver.Commit, want details) (object, error) {
	self := m.repoAPI(r, "/git/commits/"+c.ID)
	who := func(s gitserver.Signature) object {
		return object{"name": s.Name, "email": s.Email, "date": stamp(s.At)}
	}
	parents := []object{}
	for _, p := range c.Parents {
		parents = append(parents, object{"url": m.repoAPI(r, "/git/commits/"+p), "sha": p, "created": "0001-01-01T00:00:00Z"})
	}
	o := object{
		"url": self, "sha": c.ID, "created": stamp(c.Committer.At), "html_url": m.repoWeb(r, "/commit/"+c.ID),
		"commit": object{
			"url": self, "author": who(c.Author), "committer": who(c.Committer), "message": c.Message,
			"tree":         object{"url": m.repoAPI(r, "/git/trees/"+c.ID), "sha": c.ID, "created": stamp(c.Committer.At)},
			"verification": nil,
		},
		"stats": nil, "files": nil,
		"author": m.userView(m.byEmail(c.Author.Email), nil), "committer": m.userView(m.byEmail(c.Committer.Email), nil),
		"parents": parents,
	}
	if want.verification {
		o["commit"].(object)["verification"] = unsigned()
	}
	if !want.stats && !want.files {
		return o, nil
	}
	from := emptyTree(c.ID)
	if len(c.Parents) > 0 {
		from = c.Parents[0]
	}
	all, err := changes(m.codeGit(r), from, c.ID)
	if err != nil {
		return nil, err
	}
	var plus, less int64
	names := []object{}
	for _, ch := range all {
		plus, less = plus+ch.plus, less+ch.less
		status := ch.status
		switch status {
		case "changed":
			status = "modified"
		case "deleted":
			status = "removed"
		}
		names = append(names, object{"filename": ch.path, "status": status})
	}
	if want.files {
		o["files"] = names
	}
	if want.stats {
		o["stats"] = object{"total": plus + less, "additions": plus, "deletions": less}
	}
	return o, nil
}

func unsigned() object {
	return object{"verified": false, "reason": "gpg.error.not_signed_commit", "signature": "", "signer": nil, "payload": ""}
}

// byEmail finds the user whose commits have an address.
func (m *Model) byEmail(email string) *User {
	for _, u := range m.users {
		if !u.Organization && (strings.EqualFold(u.Email, email) || strings.EqualFold(u.noreply(m), email)) {
			return u
		}
	}
	return nil
}

// branchView shows a branch.
func (m *Model) branchView(r *Repository, name string, c gitserver.Commit, viewer *User) object {
	who := func(s gitserver.Signature) object {
		o := object{"name": s.Name, "email": s.Email, "username": ""}
		if u := m.byEmail(s.Email); u != nil {
			o["username"] = u.Login
		}
		return o
	}
	a := m.access(viewer, r, "repo.code")
	o := object{
		"name": name,
		"commit": object{
			"id": c.ID, "message": c.Message, "url": m.repoWeb(r, "/commit/"+c.ID), "author": who(c.Author), "committer": who(c.Committer),
			"verification": unsigned(), "timestamp": stamp(c.Committer.At), "added": nil, "removed": nil, "modified": nil,
		},
		"protected": false, "required_approvals": 0, "enable_status_check": false, "status_check_contexts": []any{},
		"user_can_push": a >= Write, "user_can_merge": a >= Write, "effective_branch_protection_name": "",
	}
	if p := r.protection(name); p != nil {
		o["protected"], o["effective_branch_protection_name"] = true, p.Name
		for _, f := range []string{"required_approvals", "enable_status_check", "status_check_contexts"} {
			o[f] = p.Rule[f]
		}
	}
	return o
}
