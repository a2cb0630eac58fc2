package bitbucketcloudtest

import (
	"html"
	"net/url"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// stamp is a moment as Bitbucket writes it; null when there is none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000") + "+00:00"
}

func link(address string) object { return object{"href": address} }

// rendered is a text that somebody wrote.
func rendered(text, markup string) object {
	if markup == "" {
		markup = "markdown"
	}
	return object{"type": "rendered", "raw": text, "markup": markup, "html": "<p>" + html.EscapeString(text) + "</p>"}
}

// account is null for who left.
func (s *Server) account(u *User) any {
	if u == nil || u.Left {
		return nil
	}
	return object{
		"type": "user", "uuid": u.UUID, "account_id": u.AccountID, "nickname": u.Nickname, "display_name": u.DisplayName,
		"links": object{"self": link(s.APIURL() + "/users/" + url.PathEscape(u.UUID)), "html": link(s.URL + "/" + url.PathEscape(u.UUID) + "/")},
	}
}

// accounts leaves out who left.
func (s *Server) accounts(users []*User) []object {
	all := []object{}
	for _, u := range users {
		if a, ok := s.account(u).(object); ok {
			all = append(all, a)
		}
	}
	return all
}

func (s *Server) api(r *Repository, rest string) string {
	return s.APIURL() + "/repositories/" + r.FullName() + rest
}

func (s *Server) page(r *Repository, rest string) string { return s.URL + "/" + r.FullName() + rest }

// named is a repository where others name it; null when it is gone.
func (s *Server) named(r *Repository) any {
	if r == nil {
		return nil
	}
	return object{"type": "repository", "uuid": r.UUID, "full_name": r.FullName(), "name": r.Name,
		"links": object{"self": link(s.api(r, "")), "html": link(s.page(r, ""))}}
}

func (s *Server) repositoryView(r *Repository) object {
	o := object{
		"type": "repository", "scm": "git", "uuid": r.UUID, "full_name": r.FullName(), "name": r.Name, "slug": r.Slug, "description": r.Description,
		"website": r.Website, "language": r.Language, "is_private": r.Private, "has_issues": r.HasIssues, "has_wiki": r.HasWiki, "size": 84351,
		"fork_policy": "allow_forks", "created_on": stamp(r.CreatedOn), "updated_on": stamp(r.UpdatedOn), "parent": s.named(r.Parent), "mainbranch": nil,
		"project":   object{"type": "project", "key": r.Project, "name": strings.ToLower(r.Project)},
		"workspace": object{"type": "workspace", "slug": r.Workspace.Slug, "uuid": r.Workspace.UUID, "name": r.Workspace.Slug},
		"links":     object{"self": link(s.api(r, "")), "html": link(s.page(r, ""))},
	}
	git := gitserver.Repo{Dir: r.Dir}
	if head := git.Head(); head != "" && git.Resolve(head) != "" {
		o["mainbranch"] = object{"type": "branch", "name": strings.TrimPrefix(head, "refs/heads/")}
	}
	return o
}

// field is a milestone, component or version of an issue; null for none.
func field(sort, name string, all []Named) any {
	if name == "" {
		return nil
	}
	o := object{"type": sort, "name": name}
	for _, n := range all {
		if n.Name == name {
			o["id"] = n.ID
		}
	}
	return o
}

func (s *Server) issueView(r *Repository, i *Issue) object {
	at := "/issues/" + number(i.ID)
	return object{
		"type": "issue", "id": i.ID, "title": i.Title, "content": rendered(i.Text, i.Markup), "state": i.State, "kind": i.Kind, "priority": i.Priority,
		"reporter": s.account(i.Reporter), "assignee": s.account(i.Assignee), "votes": i.Votes, "watches": i.Watches,
		"milestone": field("milestone", i.Milestone, r.Milestones), "component": field("component", i.Component, r.Components), "version": field("version", i.Version, r.Versions),
		"created_on": stamp(i.CreatedOn), "updated_on": stamp(i.UpdatedOn), "edited_on": stamp(i.EditedOn), "repository": s.named(r),
		"links": object{"self": link(s.api(r, at)), "html": link(s.page(r, at+"/"+strings.ReplaceAll(strings.ToLower(i.Title), " ", "-")))},
	}
}

// issueComment has no text when it stands for a change.
func (s *Server) issueComment(r *Repository, i *Issue, c *Comment) object {
	content := rendered(c.Text, "")
	if c.Text == "" {
		content["raw"], content["html"] = nil, ""
	}
	at := "/issues/" + number(i.ID)
	return object{
		"type": "issue_comment", "id": c.ID, "content": content, "user": s.account(c.User), "created_on": stamp(c.CreatedOn), "updated_on": edited(c),
		"links": object{"self": link(s.api(r, at+"/comments/"+number(c.ID))), "html": link(s.page(r, at+"#comment-"+number(c.ID)))},
	}
}

// edited is null when a comment of an issue never was.
func edited(c *Comment) any {
	if c.UpdatedOn.Equal(c.CreatedOn) {
		return nil
	}
	return stamp(c.UpdatedOn)
}

func (s *Server) changeView(r *Repository, i *Issue, c *Change) object {
	fields := object{}
	for name, v := range c.Fields {
		fields[name] = object{"old": v[0], "new": v[1]}
		if name == "assignee_account_id" {
			fields["assignee"] = object{"old": "", "new": ""}
		}
	}
	at := "/issues/" + number(i.ID)
	return object{
		"type": "issue_change", "id": c.ID, "created_on": stamp(c.CreatedOn), "user": s.account(c.User), "changes": fields, "message": rendered(c.Message, ""),
		"links": object{"self": link(s.api(r, at+"/changes/"+number(c.ID))), "html": link(s.page(r, at+"#comment-"+number(c.ID)))},
	}
}

// short is a commit as pull requests tell it; null for none.
func short(oid string) any {
	if oid == "" {
		return nil
	}
	return object{"type": "commit", "hash": oid[:12]}
}

func (s *Server) pullView(r *Repository, p *Pull) object {
	at := "/pullrequests/" + number(p.ID)
	participants := []object{}
	for _, q := range p.Participants {
		participants = append(participants, s.participantView(p, q))
	}
	for _, u := range p.Reviewers {
		if !judged(p, u) {
			participants = append(participants, s.participantView(p, Participant{User: u}))
		}
	}
	o := object{
		"type": "pullrequest", "id": p.ID, "title": p.Title, "description": p.Text, "summary": rendered(p.Text, ""), "state": p.State, "draft": p.Draft,
		"author": s.account(p.Author), "closed_by": s.account(p.ClosedBy), "reason": p.Reason, "merge_commit": short(p.MergeCommit),
		"source":      object{"branch": object{"name": p.Source}, "commit": short(p.SourceCommit), "repository": s.named(p.SourceRepo)},
		"destination": object{"branch": object{"name": p.Destination}, "commit": short(p.TargetCommit), "repository": s.named(r)},
		"reviewers":   s.accounts(p.Reviewers), "participants": participants, "comment_count": len(p.Comments), "task_count": len(p.Tasks),
		"close_source_branch": true, "created_on": stamp(p.CreatedOn), "updated_on": stamp(p.UpdatedOn),
		"links": object{"self": link(s.api(r, at)), "html": link(s.page(r, "/pull-requests/"+number(p.ID)))},
	}
	if !p.ClosedOn.IsZero() {
		o["closed_on"] = stamp(p.ClosedOn)
	}
	return o
}

func judged(p *Pull, u *User) bool {
	for _, q := range p.Participants {
		if q.User == u {
			return true
		}
	}
	return false
}

func (s *Server) participantView(p *Pull, q Participant) object {
	role := "PARTICIPANT"
	for _, u := range p.Reviewers {
		if u == q.User {
			role = "REVIEWER"
		}
	}
	o := object{"type": "participant", "user": s.account(q.User), "role": role, "approved": q.State == "approved", "state": nil, "participated_on": stamp(q.On)}
	if q.State != "" {
		o["state"] = q.State
	}
	return o
}

func (s *Server) pullComment(r *Repository, p *Pull, c *Comment) object {
	at := "/pullrequests/" + number(p.ID)
	text := c.Text
	if c.Deleted {
		text = ""
	}
	o := object{
		"type": "pullrequest_comment", "id": c.ID, "content": rendered(text, ""), "user": s.account(c.User), "created_on": stamp(c.CreatedOn), "updated_on": stamp(c.UpdatedOn),
		"deleted": c.Deleted, "pending": c.Pending,
		"links": object{"self": link(s.api(r, at+"/comments/"+number(c.ID))), "html": link(s.page(r, "/pull-requests/"+number(p.ID)+"/_/diff#comment-"+number(c.ID)))},
	}
	if c.Parent != 0 {
		o["parent"] = object{"id": c.Parent, "type": "pullrequest_comment"}
	}
	if c.Resolver != nil {
		o["resolution"] = object{"type": "comment_resolution", "user": s.account(c.Resolver), "created_on": stamp(c.UpdatedOn)}
	}
	if in := c.Inline; in != nil {
		o["inline"] = object{"path": in.Path, "from": line(in.From), "to": line(in.To), "start_from": line(in.StartFrom), "start_to": line(in.StartTo), "outdated": in.Outdated}
		o["links"].(object)["code"] = link(s.api(r, "/diff/"+r.FullName()+":"+c.Diff+"?path="+url.QueryEscape(in.Path)))
	}
	return o
}

func line(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func (s *Server) taskView(t *Task) object {
	state := "UNRESOLVED"
	if t.Resolved {
		state = "RESOLVED"
	}
	o := object{"id": t.ID, "state": state, "content": rendered(t.Text, ""), "creator": s.account(t.Creator), "pending": false,
		"created_on": stamp(t.CreatedOn), "updated_on": stamp(t.CreatedOn)}
	if t.Comment != 0 {
		o["comment"] = object{"type": "pullrequest_comment", "id": t.Comment}
	}
	return o
}

func (s *Server) restrictionView(x Restriction) object {
	groups := []object{}
	for _, g := range x.Groups {
		groups = append(groups, object{"type": "group", "name": g, "slug": strings.ToLower(g)})
	}
	o := object{"type": "branchrestriction", "id": x.ID, "kind": x.Kind, "branch_match_kind": "glob", "pattern": x.Pattern, "value": line(x.Value), "users": s.accounts(x.Users), "groups": groups}
	if x.BranchType != "" {
		o["branch_match_kind"], o["branch_type"] = "branching_model", x.BranchType
	}
	return o
}

func modelView(m BranchingModel) object {
	types := []object{}
	for _, kind := range []string{"feature", "bugfix", "release", "hotfix"} {
		if prefix := m.Prefixes[kind]; prefix != "" {
			types = append(types, object{"kind": kind, "prefix": prefix})
		}
	}
	o := object{"type": "effective_repo_branching_model", "branch_types": types}
	for name, branch := range map[string]string{"development": m.Development, "production": m.Production} {
		if branch != "" {
			o[name] = object{"name": branch, "use_mainbranch": false, "branch": object{"type": "branch", "name": branch}}
		}
	}
	return o
}
