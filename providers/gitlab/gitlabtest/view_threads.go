package gitlabtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// itemView is what issues and merge requests show alike.
func (c *call) itemView(i *Item) object {
	up, down := 0, 0
	for _, a := range i.Awards {
		switch a.Name {
		case "thumbsup":
			up++
		case "thumbsdown":
			down++
		}
	}
	v := object{
		"id": i.ID, "iid": i.IID, "project_id": i.Project.ID, "title": i.Title, "description": i.Description, "state": i.State,
		"created_at": stamp(i.Created), "updated_at": stamp(i.Updated), "closed_at": stamp(i.ClosedAt), "closed_by": c.userView(i.ClosedBy),
		"labels": c.labelNames(i), "milestone": c.milestoneView(i.Milestone), "assignees": c.userViews(i.Assignees), "assignee": nil,
		"author": c.userView(i.Author), "user_notes_count": len(i.Notes()), "upvotes": up, "downvotes": down,
		"web_url": c.itemURL(i), "time_stats": timeStats(i), "task_completion_status": tasks(i.Description), "references": c.references(i),
		"imported": i.Imported != "", "imported_from": cmp.Or(i.Imported, "none"), "discussion_locked": nil,
	}
	if i.Locked {
		v["discussion_locked"] = true
	}
	if len(i.Assignees) > 0 {
		v["assignee"] = c.userObject(i.Assignees[0])
	}
	return v
}

// itemURL is the page of an issue, a merge request or a snippet.
func (m *Model) itemURL(i *Item) string {
	switch {
	case i.Kind == "Issue":
		return fmt.Sprintf("%s/-/issues/%d", m.projectURL(i.Project), i.IID)
	case i.Kind == "MergeRequest":
		return fmt.Sprintf("%s/-/merge_requests/%d", m.projectURL(i.Project), i.IID)
	case i.Project == nil:
		return fmt.Sprintf("%s/-/snippets/%d", m.url, i.ID)
	}
	return fmt.Sprintf("%s/-/snippets/%d", m.projectURL(i.Project), i.ID)
}

func (c *call) labelNames(i *Item) any {
	labels := slices.SortedFunc(slices.Values(i.Labels), func(a, b *Label) int { return strings.Compare(a.Name, b.Name) })
	if !c.on("with_labels_details") {
		names := []string{}
		for _, l := range labels {
			names = append(names, l.Name)
		}
		return names
	}
	return list(labels, func(l *Label) object {
		return object{"id": l.ID, "name": l.Name, "description": optional(l.Description), "description_html": l.Description, "text_color": textColor(l.Color), "color": l.Color, "archived": l.Archived}
	})
}

func (m *Model) references(i *Item) object {
	mark := "#"
	if i.Kind == "MergeRequest" {
		mark = "!"
	}
	short := mark + itoa(i.IID)
	return object{"short": short, "relative": short, "full": i.Project.FullPath() + short}
}

func timeStats(i *Item) object {
	return object{"time_estimate": i.Estimate, "total_time_spent": i.Spent, "human_time_estimate": human(i.Estimate), "human_total_time_spent": human(i.Spent)}
}

// human writes seconds as GitLab does, in weeks of five days of eight hours.
func human(seconds int64) any {
	if seconds == 0 {
		return nil
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size int64
	}{{"w", 5 * 8 * 3600}, {"d", 8 * 3600}, {"h", 3600}, {"m", 60}, {"s", 1}} {
		if n := seconds / unit.size; n > 0 {
			parts = append(parts, itoa(n)+unit.name)
			seconds -= n * unit.size
		}
	}
	return strings.Join(parts, " ")
}

func tasks(text string) object {
	done, all := 0, 0
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimLeft(line, " \t*+-0123456789.")
		switch {
		case strings.HasPrefix(line, "[ ] "):
			all++
		case strings.HasPrefix(line, "[x] "), strings.HasPrefix(line, "[X] "):
			all, done = all+1, done+1
		}
	}
	return object{"count": all, "completed_count": done}
}

func (c *call) issueView(i *Issue) object {
	v := c.itemView(&i.Item)
	link := c.url + "/api/v4/projects/" + itoa(i.Project.ID)
	self := link + "/issues/" + itoa(i.IID)
	v["type"] = strings.ToUpper(i.Type)
	v["issue_type"] = i.Type
	v["confidential"] = i.Confidential
	v["due_date"] = day(i.Due)
	v["merge_requests_count"] = 0
	v["has_tasks"] = v["task_completion_status"].(object)["count"] != 0
	v["task_status"] = fmt.Sprintf("%v of %v checklist items completed", v["task_completion_status"].(object)["completed_count"], v["task_completion_status"].(object)["count"])
	v["weight"] = i.Weight
	v["blocking_issues_count"] = 0
	v["severity"] = "UNKNOWN"
	v["moved_to_id"], v["service_desk_reply_to"] = nil, nil
	if i.MovedTo != nil {
		v["moved_to_id"] = i.MovedTo.ID
	}
	v["_links"] = object{"self": self, "notes": self + "/notes", "award_emoji": self + "/award_emoji", "project": link, "closed_as_duplicate_of": nil}
	v["subscribed"] = c.subscribed(&i.Item)
	return v
}

// subscribed says whether whoever asks is told of what happens to an item.
func (c *call) subscribed(i *Item) bool {
	if on, said := i.Subscribed[c.doer]; said {
		return on
	}
	return c.doer != nil && slices.Contains(i.participants(), c.doer)
}

func (c *call) mergeView(r *MergeRequest) object {
	v := c.itemView(&r.Item)
	draft := draftTitle(r.Title)
	reference := v["references"].(object)["short"]
	v["merged_by"], v["merge_user"], v["merged_at"] = c.userView(r.MergedBy), c.userView(r.MergedBy), stamp(r.MergedAt)
	v["target_branch"], v["source_branch"] = r.TargetBranch, r.SourceBranch
	v["reviewers"] = list(r.Reviewers, func(o *Reviewer) object { return c.userObject(o.User) })
	v["source_project_id"], v["target_project_id"] = nil, r.Project.ID
	if r.Source != nil {
		v["source_project_id"] = r.Source.ID
	}
	v["draft"], v["work_in_progress"] = draft, draft
	v["merge_when_pipeline_succeeds"] = false
	v["merge_after"] = nil
	status, detail := c.mergeStatus(r)
	v["merge_status"], v["detailed_merge_status"] = status, detail
	v["sha"] = nil
	if h := r.head(); h != nil {
		v["sha"] = h.Head
	}
	v["merge_commit_sha"], v["squash_commit_sha"] = optional(r.MergeCommit), optional(r.SquashCommit)
	v["should_remove_source_branch"], v["force_remove_source_branch"] = nil, r.RemoveSource
	v["prepared_at"] = stamp(r.Created)
	v["allow_collaboration"], v["allow_maintainer_to_push"] = r.Collaboration, r.Collaboration
	v["reference"] = reference
	v["squash"], v["squash_on_merge"] = r.Squash, r.Squash
	v["has_conflicts"] = detail == "conflict"
	v["blocking_discussions_resolved"] = !r.unresolved() || r.Project.Settings["only_allow_merge_if_all_discussions_are_resolved"] != true
	v["approvals_before_merge"] = nil
	return v
}

// wholeMerge is a merge request by itself.
func (c *call) wholeMerge(r *MergeRequest) object {
	v := c.mergeView(r)
	v["subscribed"] = c.subscribed(&r.Item)
	v["changes_count"], v["latest_build_started_at"], v["latest_build_finished_at"], v["first_deployed_to_production_at"] = nil, nil, nil, nil
	v["pipeline"], v["head_pipeline"], v["diff_refs"], v["merge_error"] = nil, nil, nil, optional(r.MergeError)
	v["first_contribution"] = false
	v["user"] = object{"can_merge": c.mayMerge(r)}
	if h := r.head(); h != nil {
		v["diff_refs"] = object{"base_sha": h.Base, "head_sha": h.Head, "start_sha": h.Start}
		if all, err := diffs(c.codeGit(r.Project), h.Base, h.Head); err == nil {
			v["changes_count"] = itoa(int64(len(all)))
		}
	}
	if c.on("include_diverged_commits_count") {
		v["diverged_commits_count"] = c.diverged(r)
	}
	if c.on("include_rebase_in_progress") {
		v["rebase_in_progress"] = false
	}
	return v
}

func (r *MergeRequest) unresolved() bool {
	for _, d := range r.Discussions {
		if d.resolvable() && !d.resolved() {
			return true
		}
	}
	return false
}

// draftTitle says whether a title is that of a draft.
func draftTitle(title string) bool {
	lower := strings.ToLower(title)
	for _, prefix := range []string{"draft:", "[draft]", "(draft)"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	return false
}

func (c *call) noteView(n *Note) object {
	i := n.Discussion.Item
	v := object{
		"id": n.ID, "type": optional(n.Type), "body": n.Body, "author": c.userView(n.Author), "created_at": stamp(n.Created), "updated_at": stamp(n.Updated),
		"system": n.System, "noteable_id": i.ID, "noteable_type": i.Kind, "project_id": nil, "resolvable": n.resolvable(), "confidential": n.Internal, "internal": n.Internal,
		"noteable_iid": nil, "attachment": nil, "commands_changes": object{}, "imported": n.Imported != "", "imported_from": cmp.Or(n.Imported, "none"),
	}
	if i.Project != nil {
		v["project_id"] = i.Project.ID
	}
	if i.IID != 0 {
		v["noteable_iid"] = i.IID
	}
	if i.Kind == "Commit" {
		v["noteable_id"] = nil
		v["commit_id"] = i.SHA
	} else if n.Position != nil {
		v["commit_id"] = optional(n.CommitID)
	}
	if n.Position != nil {
		v["position"] = n.Position.view()
		if n.Position.Original != nil {
			v["original_position"] = n.Position.Original.view()
		}
	}
	if n.resolvable() {
		v["resolved"], v["resolved_by"], v["resolved_at"] = n.Resolved, c.userView(n.ResolvedBy), stamp(n.ResolvedAt)
	}
	return v
}

// resolvable says whether a note can be resolved: those of threads on merge
// requests can.
func (n *Note) resolvable() bool {
	return n.Discussion.Item.Kind == "MergeRequest" && !n.System && n.Type != ""
}

func (d *Discussion) resolvable() bool {
	return slices.ContainsFunc(d.Notes, (*Note).resolvable)
}

func (d *Discussion) resolved() bool {
	return !slices.ContainsFunc(d.Notes, func(n *Note) bool { return n.resolvable() && !n.Resolved })
}

func (p *Position) view() object {
	v := object{"base_sha": p.Base, "start_sha": p.Start, "head_sha": p.Head, "old_path": p.OldPath, "new_path": p.NewPath, "position_type": p.Type}
	if p.Type == "image" {
		v["width"], v["height"], v["x"], v["y"] = p.Width, p.Height, p.X, p.Y
		return v
	}
	if p.Type == "text" {
		v["old_line"], v["new_line"] = lineNumber(p.OldLine), lineNumber(p.NewLine)
	}
	v["line_range"] = nil
	if p.LineRange != nil {
		v["line_range"] = p.LineRange
	}
	return v
}

func lineNumber(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func (c *call) discussionView(d *Discussion) object {
	return object{"id": d.ID, "individual_note": d.Individual, "notes": list(d.Notes, c.noteView)}
}

func (c *call) awardView(of string, id int64) func(*Award) object {
	return func(a *Award) object {
		return object{"id": a.ID, "name": a.Name, "user": c.userView(a.User), "created_at": stamp(a.Created), "updated_at": stamp(a.Created), "awardable_id": id, "awardable_type": of, "url": nil}
	}
}
