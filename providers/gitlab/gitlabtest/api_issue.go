package gitlabtest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

func issueRoutes(add adding) {
	add("GET issues", anyone(), func(c *call) (reply, error) {
		if !c.has("scope") {
			c.in["scope"] = "created_by_me"
		}
		return c.listIssues(c.projects)
	})
	add("GET groups/{id}/issues", anyone(), func(c *call) (reply, error) {
		return c.listIssues(slices.DeleteFunc(slices.Clone(c.projects), func(p *Project) bool { return !p.Namespace.inside(c.group) }))
	})
	add("GET projects/{id}/issues", anyone(), func(c *call) (reply, error) { return c.listIssues([]*Project{c.project}) })
	add("POST projects/{id}/issues", writer("issues", 0), (*call).createIssue)
	one := func(pattern string, n need, do func(*call, *Issue) (reply, error)) {
		method, rest, _ := strings.Cut(pattern, " ")
		add(method+" projects/{id}/issues/{iid}"+rest, n, func(c *call) (reply, error) {
			i, err := c.issueOf("iid")
			if err != nil {
				return reply{}, err
			}
			return do(c, i)
		})
	}
	one("GET", anyone(), func(c *call, i *Issue) (reply, error) { return ok(c.issueView(i)) })
	one("PUT", signedIn(), (*call).editIssue)
	one("DELETE", signedIn(), (*call).deleteIssue)
	one("GET /links", anyone(), func(c *call, i *Issue) (reply, error) {
		return ok(list(c.linksOf(i), func(l *IssueLink) object { return c.relatedView(i, l) }))
	})
	one("POST /links", signedIn(), (*call).createLink)
	one("DELETE /links/{link}", signedIn(), (*call).deleteLink)
	one("GET /participants", anyone(), func(c *call, i *Issue) (reply, error) { return ok(list(page(c, i.participants()), c.userObject)) })
	one("GET /related_merge_requests", anyone(), func(c *call, i *Issue) (reply, error) { return ok(list(page(c, []*MergeRequest{}), c.mergeView)) })
	one("GET /closed_by", anyone(), func(c *call, i *Issue) (reply, error) { return ok(list(page(c, []*MergeRequest{}), c.mergeView)) })
	timeRoutes(add, "issues")
	subscriptionRoutes(add, "issues")
}

func (c *call) issueOf(name string) (*Issue, error) {
	i := c.project.Issue(c.number(name))
	if i == nil || !c.seesItem(c.doer, &i.Item) {
		return nil, missing("")
	}
	return i, nil
}

func (c *call) listIssues(in []*Project) (reply, error) {
	if err := cmp.Or(c.oneOf("state", "opened", "closed", "all"), c.oneOf("sort", "asc", "desc"), c.dated("updated_after", "updated_before", "created_after", "created_before")); err != nil {
		return reply{}, err
	}
	var all []*Item
	for _, p := range in {
		for _, i := range p.Issues {
			if c.has("confidential") && c.on("confidential") != i.Confidential || c.has("issue_type") && c.text("issue_type") != i.Type {
				continue
			}
			all = append(all, &i.Item)
		}
	}
	return ok(list(page(c, c.filtered(all)), func(i *Item) object {
		v := c.issueView(i.issue)
		delete(v, "subscribed") // of one issue only
		return v
	}))
}

func (c *call) createIssue() (reply, error) {
	if err := cmp.Or(c.limited("issues"), c.needs("title"), c.integer("iid", "milestone_id", "assignee_id"), c.dated("created_at"),
		c.oneOf("issue_type", "issue", "incident", "test_case", "requirement", "task", "ticket")); err != nil {
		return reply{}, err
	}
	p := c.project
	i := &Issue{Item: Item{Kind: "Issue", Project: p, Author: c.doer}, Type: cmp.Or(c.text("issue_type"), "issue")}
	i.issue = i
	want := int64(0)
	if c.level(c.doer, p) >= Owner {
		i.Created, want = c.time("created_at"), c.number("iid")
	}
	if i.Created.IsZero() {
		i.Created = c.clock()
	}
	if want != 0 && p.Issue(want) != nil {
		return reply{}, refuse(http.StatusConflict, "Duplicated issue")
	}
	if err := c.textProblems(); err != nil {
		return reply{}, err
	}
	i.IID = want
	c.addIssue(p, i)
	c.describeIssue(i)
	c.describe(&i.Item, true)
	c.announce(&i.Item, "issue")
	c.touch(p)
	return created(c.issueView(i))
}

// describeIssue takes what only issues have.
func (c *call) describeIssue(i *Issue) {
	if c.has("confidential") {
		i.Confidential = c.on("confidential")
	}
	if c.level(c.doer, i.Project) < Planner {
		return
	}
	if c.has("due_date") {
		i.Due = c.time("due_date")
	}
	if c.has("weight") {
		i.Weight = nil
		if c.text("weight") != "" {
			n := c.number("weight")
			i.Weight = &n
		}
	}
}

func (c *call) editIssue(i *Issue) (reply, error) {
	if err := cmp.Or(c.oneOf("state_event", "reopen", "close"), c.dated("updated_at", "created_at"), c.integer("milestone_id"),
		c.atLeast("title", "description", "assignee_ids", "assignee_id", "milestone_id", "discussion_locked", "labels", "add_labels", "remove_labels",
			"created_at", "due_date", "confidential", "state_event", "issue_type", "weight", "epic_id", "epic_iid")); err != nil {
		return reply{}, err
	}
	if !c.changes(c.doer, &i.Item) {
		return reply{}, forbidden("")
	}
	at := c.clock()
	if given := c.time("updated_at"); !given.IsZero() && c.level(c.doer, i.Project) >= Owner {
		at = given
	}
	if err := c.textProblems(); err != nil {
		return reply{}, err
	}
	c.describeIssue(i)
	c.describe(&i.Item, false)
	if c.has("issue_type") {
		i.Type = c.text("issue_type")
	}
	switch c.text("state_event") {
	case "close":
		c.setState(&i.Item, c.doer, "closed", at)
	case "reopen":
		c.setState(&i.Item, c.doer, "opened", at)
	}
	i.Updated = at
	c.touch(i.Project)
	return ok(c.issueView(i))
}

func (c *call) deleteIssue(i *Issue) (reply, error) {
	if c.level(c.doer, i.Project) < Owner && c.doer != i.Author {
		return reply{}, forbidden("")
	}
	i.Project.Issues = slices.DeleteFunc(i.Project.Issues, func(o *Issue) bool { return o == i })
	return none()
}

// linksOf are the links of an issue, whichever of the two ends it is.
func (c *call) linksOf(i *Issue) []*IssueLink {
	var all []*IssueLink
	for _, p := range c.projects {
		for _, o := range p.Issues {
			for _, l := range o.Links {
				if (l.Source == i || l.Target == i) && c.seesItem(c.doer, &l.Source.Item) && c.seesItem(c.doer, &l.Target.Item) {
					all = append(all, l)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b *IssueLink) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func (c *call) relatedView(i *Issue, l *IssueLink) object {
	other, kind := l.Target, l.Type
	if other == i {
		if other = l.Source; kind == "blocks" {
			kind = "is_blocked_by"
		}
	}
	v := c.issueView(other)
	delete(v, "subscribed")
	v["issue_link_id"], v["link_type"], v["link_created_at"], v["link_updated_at"] = l.ID, kind, stamp(l.Created), stamp(l.Updated)
	return v
}

// basicIssue is an issue as a part of something else.
func (c *call) basicIssue(i *Issue) object {
	v := c.issueView(i)
	for _, name := range []string{"_links", "has_tasks", "imported", "imported_from", "moved_to_id", "references", "service_desk_reply_to", "severity", "subscribed", "task_status"} {
		delete(v, name)
	}
	return v
}

func (c *call) linkView(l *IssueLink) object {
	return object{"source_issue": c.basicIssue(l.Source), "target_issue": c.basicIssue(l.Target), "link_type": l.Type}
}

func (c *call) createLink(i *Issue) (reply, error) {
	if err := cmp.Or(c.needs("target_project_id", "target_issue_iid"), c.oneOf("link_type", "relates_to", "blocks", "is_blocked_by")); err != nil {
		return reply{}, err
	}
	p := c.findProject(c.text("target_project_id"))
	if p == nil || !c.sees(c.doer, p) {
		return reply{}, missing("Project")
	}
	other := p.Issue(c.number("target_issue_iid"))
	if other == nil || !c.seesItem(c.doer, &other.Item) || other == i {
		return reply{}, missing("")
	}
	if c.level(c.doer, i.Project) < Guest || c.level(c.doer, p) < Guest {
		return reply{}, refuse(http.StatusForbidden, "Couldn't link issue. You must have at least the Guest role in both projects.")
	}
	for _, l := range c.linksOf(i) {
		if l.Source == other || l.Target == other {
			return reply{}, refuse(http.StatusConflict, "Issue(s) already assigned")
		}
	}
	l := &IssueLink{ID: c.next("issue link"), Source: i, Target: other, Type: cmp.Or(c.text("link_type"), "relates_to"), Created: c.clock(), Updated: c.clock()}
	if l.Type == "is_blocked_by" {
		l.Source, l.Target, l.Type = other, i, "blocks"
	}
	l.Source.Links = append(l.Source.Links, l)
	c.say(&i.Item, c.doer, c.clock(), "relate", "marked this issue as related to "+c.references(&other.Item)["full"].(string))
	return created(c.linkView(l))
}

func (c *call) deleteLink(i *Issue) (reply, error) {
	for _, l := range c.linksOf(i) {
		if l.ID == c.number("link") {
			l.Source.Links = slices.DeleteFunc(l.Source.Links, func(o *IssueLink) bool { return o == l })
			return ok(c.linkView(l))
		}
	}
	return reply{}, missing("Issue Link")
}
