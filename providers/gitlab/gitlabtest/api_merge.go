package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

func mergeRoutes(add adding) {
	add("GET merge_requests", anyone(), func(c *call) (reply, error) {
		if !c.has("scope") {
			c.in["scope"] = "created_by_me"
		}
		return c.listMerges(c.projects)
	})
	add("GET groups/{id}/merge_requests", anyone(), func(c *call) (reply, error) {
		return c.listMerges(slices.DeleteFunc(slices.Clone(c.projects), func(p *Project) bool { return !p.Namespace.inside(c.group) }))
	})
	add("GET projects/{id}/merge_requests", reader("merge_requests"), func(c *call) (reply, error) { return c.listMerges([]*Project{c.project}) })
	add("POST projects/{id}/merge_requests", writer("merge_requests", 0), (*call).createMerge)
	one := func(pattern string, n need, do func(*call, *MergeRequest) (reply, error)) {
		itemRoute(add, "merge_requests", pattern, n, func(c *call, i *Item) (reply, error) { return do(c, i.merge) })
	}
	one("GET", anyone(), func(c *call, r *MergeRequest) (reply, error) { return ok(c.wholeMerge(r)) })
	one("PUT", signedIn(), (*call).editMerge)
	one("DELETE", atLeast(Owner), func(c *call, r *MergeRequest) (reply, error) {
		c.project.MergeRequests = slices.DeleteFunc(c.project.MergeRequests, func(o *MergeRequest) bool { return o == r })
		return none()
	})
	one("PUT /merge", signedIn(), (*call).acceptMerge)
	one("GET /participants", anyone(), func(c *call, r *MergeRequest) (reply, error) {
		return ok(list(page(c, r.participants()), c.userObject))
	})
	one("GET /reviewers", anyone(), func(c *call, r *MergeRequest) (reply, error) {
		return ok(list(r.Reviewers, func(o *Reviewer) object {
			return object{"user": c.userObject(o.User), "state": o.State, "created_at": stamp(o.Created)}
		}))
	})
	one("GET /closes_issues", anyone(), func(c *call, _ *MergeRequest) (reply, error) { return ok(list(page(c, []*Issue{}), c.issueView)) })
	one("GET /related_issues", anyone(), func(c *call, _ *MergeRequest) (reply, error) { return ok(list(page(c, []*Issue{}), c.issueView)) })
	timeRoutes(add, "merge_requests")
	subscriptionRoutes(add, "merge_requests")
}

func (c *call) mergeOf() (*MergeRequest, error) {
	r := c.project.MergeRequest(c.number("iid"))
	if r == nil || !c.seesItem(c.doer, &r.Item) {
		return nil, missing("")
	}
	return r, nil
}

func (c *call) listMerges(in []*Project) (reply, error) {
	if err := cmp.Or(c.oneOf("state", "opened", "closed", "locked", "merged", "all"), c.oneOf("sort", "asc", "desc"), c.dated("updated_after", "updated_before", "created_after", "created_before")); err != nil {
		return reply{}, err
	}
	var all []*Item
	for _, p := range in {
		for _, r := range p.MergeRequests {
			if c.has("source_branch") && c.text("source_branch") != r.SourceBranch || c.has("target_branch") && c.text("target_branch") != r.TargetBranch ||
				c.has("source_project_id") && (r.Source == nil || r.Source.ID != c.number("source_project_id")) {
				continue
			}
			all = append(all, &r.Item)
		}
	}
	return ok(list(page(c, c.filtered(all)), func(i *Item) object { return c.mergeView(i.merge) }))
}

func (c *call) createMerge() (reply, error) {
	if err := cmp.Or(c.needs("title", "source_branch", "target_branch"), c.integer("target_project_id", "milestone_id", "assignee_id")); err != nil {
		return reply{}, err
	}
	source, target := c.project, c.project
	if id := c.number("target_project_id"); id != 0 {
		if target = c.projectByID(id); target == nil || !c.sees(c.doer, target) {
			return reply{}, missing("Project")
		}
	}
	if c.level(c.doer, source) < Developer || !c.uses(c.doer, target, "merge_requests") {
		return reply{}, forbidden("")
	}
	r := &MergeRequest{Item: Item{Kind: "MergeRequest", Project: target, Author: c.doer}, Source: source, SourceBranch: c.text("source_branch"), TargetBranch: c.text("target_branch")}
	r.merge = r
	if err := c.branchProblems(r); err != nil {
		return reply{}, err
	}
	if err := c.textProblems(); err != nil {
		return reply{}, err
	}
	r.Created = c.clock()
	if _, err := c.addMergeRequest(target, r); err != nil {
		return reply{}, err
	}
	c.describe(&r.Item, true)
	c.describeMerge(r)
	c.announce(&r.Item, "merge_request")
	c.touch(target)
	return created(c.wholeMerge(r))
}

// branchProblems refuses a merge request between branches that cannot have one.
func (c *call) branchProblems(r *MergeRequest) error {
	if r.Source == r.Project && r.SourceBranch == r.TargetBranch {
		return refuse(http.StatusUnprocessableEntity, []string{"You can't use same project/branch for source and target"})
	}
	if r.Source != r.Project && r.Source.ForkedFrom != r.Project && r.Project.ForkedFrom != r.Source && (r.Source.ForkedFrom == nil || r.Source.ForkedFrom != r.Project.ForkedFrom) {
		return refuse(http.StatusUnprocessableEntity, []string{"Source project is not a fork of the target project"})
	}
	for _, o := range r.Project.MergeRequests {
		if o != r && o.State == "opened" && o.Source == r.Source && o.SourceBranch == r.SourceBranch && o.TargetBranch == r.TargetBranch {
			return refuse(http.StatusConflict, []string{fmt.Sprintf("Another open merge request already exists for this source branch: !%d", o.IID)})
		}
	}
	// Versions of GitLab differ in what they make of a branch that is not there; an
	// empty merge request is never what a migration wants.
	if r.Source.refs["refs/heads/"+r.SourceBranch] == "" {
		return invalid("source_branch", "does not exist")
	}
	if r.Project.refs["refs/heads/"+r.TargetBranch] == "" {
		return invalid("target_branch", "does not exist")
	}
	return nil
}

// describeMerge takes what only merge requests have.
func (c *call) describeMerge(r *MergeRequest) {
	if c.has("squash") {
		r.Squash = c.on("squash")
	}
	if c.has("remove_source_branch") {
		r.RemoveSource = c.on("remove_source_branch")
	} else if c.r.Method == http.MethodPost {
		r.RemoveSource = false
	}
	if c.any("allow_collaboration", "allow_maintainer_to_push") {
		r.Collaboration = c.on("allow_collaboration") || c.on("allow_maintainer_to_push")
	}
	if !c.has("reviewer_ids") || c.level(c.doer, r.Project) < Developer {
		return
	}
	var next []*Reviewer
	for _, u := range c.people(&r.Item, c.numbers("reviewer_ids")) {
		if at := slices.IndexFunc(r.Reviewers, func(o *Reviewer) bool { return o.User == u }); at >= 0 {
			next = append(next, r.Reviewers[at])
			continue
		}
		next = append(next, &Reviewer{User: u, State: "unreviewed", Created: c.clock()})
		c.todo(&r.Item, c.doer, u, "review_requested")
		c.mail(&r.Item, c.doer, u, "review_requested")
		c.say(&r.Item, c.doer, c.clock(), "reviewer", "requested review from @"+u.Username)
	}
	r.Reviewers = next
}

func (c *call) editMerge(r *MergeRequest) (reply, error) {
	if err := cmp.Or(c.oneOf("state_event", "close", "reopen"), c.integer("milestone_id"),
		c.atLeast("assignee_id", "assignee_ids", "reviewer_ids", "description", "labels", "add_labels", "remove_labels", "milestone_id", "remove_source_branch",
			"allow_collaboration", "allow_maintainer_to_push", "squash", "target_branch", "title", "state_event", "discussion_locked", "merge_after")); err != nil {
		return reply{}, err
	}
	if !c.changes(c.doer, &r.Item) {
		return reply{}, forbidden("")
	}
	if err := c.textProblems(); err != nil {
		return reply{}, err
	}
	if branch := c.text("target_branch"); branch != "" && branch != r.TargetBranch {
		if r.Project.refs["refs/heads/"+branch] == "" {
			return reply{}, invalid("target_branch", "does not exist")
		}
		r.TargetBranch = branch
		if r.State == "opened" { // of others, GitLab leaves the diff as it is: reload_diff in app/models/merge_request.rb
			if err := c.refresh(r, nil); err != nil {
				return reply{}, err
			}
		}
	}
	c.describe(&r.Item, false)
	c.describeMerge(r)
	switch c.text("state_event") {
	case "close":
		c.setState(&r.Item, c.doer, "closed", c.clock())
	case "reopen":
		if err := c.reopen(r); err != nil {
			return reply{}, err
		}
	}
	r.Updated = c.clock()
	return ok(c.wholeMerge(r))
}

// reopen opens a closed merge request, unless there is another one by now.
func (c *call) reopen(r *MergeRequest) error {
	if r.State != "closed" {
		return nil
	}
	if r.Source == nil || r.Source.refs["refs/heads/"+r.SourceBranch] == "" {
		return nil // GitLab keeps it closed, and says nothing
	}
	if err := c.branchProblems(r); err != nil {
		return err
	}
	c.setState(&r.Item, c.doer, "opened", c.clock())
	return c.refresh(r, c.doer)
}

func (c *call) acceptMerge(r *MergeRequest) (reply, error) {
	status, detail := c.mergeStatus(r)
	switch {
	case !c.mayMerge(r):
		return reply{}, unauthorized()
	case r.State != "opened" || detail == "draft_status" || detail == "discussions_not_resolved" || r.Project.Archived:
		return reply{}, refuse(http.StatusMethodNotAllowed, "405 Method Not Allowed")
	case status != "can_be_merged":
		return reply{}, refuse(http.StatusUnprocessableEntity, "Branch cannot be merged")
	case c.has("sha") && c.text("sha") != r.head().Head:
		return reply{}, refuse(http.StatusConflict, "SHA does not match HEAD of source branch: "+r.head().Head)
	}
	if err := c.merge(r); err != nil {
		return reply{}, err
	}
	return ok(c.wholeMerge(r))
}
