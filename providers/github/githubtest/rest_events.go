package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// onlyTimeline are events that the list of events leaves out.
func onlyTimeline(name string) bool { return name == "cross-referenced" }

// event is one event.
func (c *call) event(e *Event) fields {
	f := fields{
		"id": e.ID, "node_id": e.NodeID(), "url": fmt.Sprintf("%s/issues/events/%d", c.repoURL(e.Issue.Repo), e.ID),
		"actor": c.user(e.Actor), "event": e.Name, "commit_id": orNull(e.Commit), "commit_url": nil, "created_at": stamp(e.CreatedAt),
		"performed_via_github_app": nil,
	}
	if e.Commit != "" {
		f["commit_url"] = c.repoURL(e.Issue.Repo) + "/commits/" + e.Commit
	}
	switch e.Name {
	case "labeled", "unlabeled":
		f["label"] = fields{"name": e.Label.Name, "color": e.Label.Color}
	case "milestoned", "demilestoned":
		f["milestone"] = fields{"title": e.Milestone}
	case "assigned", "unassigned":
		f["assignee"] = c.user(e.Assignee)
		f["assigner"] = c.user(e.Actor)
	case "renamed":
		f["rename"] = fields{"from": e.From, "to": e.To}
	case "locked":
		f["lock_reason"] = orNull(e.LockReason)
	case "closed", "reopened":
		if e.Issue.Pull == nil {
			f["state_reason"] = orNull(e.StateReason)
		}
	case "review_requested", "review_request_removed":
		f["review_requester"] = c.user(e.Actor)
		if e.Team != nil {
			f["requested_team"] = c.team(e.Team)
		} else {
			f["requested_reviewer"] = c.user(e.Reviewer)
		}
	case "review_dismissed":
		f["dismissed_review"] = fields{"state": strings.ToLower(e.From), "review_id": e.Review.ID, "dismissal_message": orNull(e.Message)}
	case "sub_issue_added", "sub_issue_removed":
		f["sub_issue"] = c.reference(e.Source)
	case "parent_issue_added", "parent_issue_removed":
		f["parent_issue"] = c.reference(e.Source)
	case "issue_type_added", "issue_type_removed", "issue_type_changed":
		if e.Type != nil {
			f["issue_type"] = fields{"id": e.Type.ID, "name": e.Type.Name, "color": orNull(e.Type.Color)}
		}
		if e.Previous != nil {
			f["prev_issue_type"] = fields{"id": e.Previous.ID, "name": e.Previous.Name, "color": orNull(e.Previous.Color)}
			if e.Type == nil {
				f["issue_type"] = f["prev_issue_type"]
				delete(f, "prev_issue_type")
			}
		}
	}
	return f
}

// reference is an issue that another one is told of.
func (c *call) reference(i *Issue) any {
	if i == nil {
		return nil
	}
	r := c.repository(i.Repo)
	simple := fields{}
	for _, name := range []string{
		"id", "node_id", "name", "full_name", "owner", "private", "html_url", "description", "fork", "url", "archive_url", "assignees_url",
		"blobs_url", "branches_url", "collaborators_url", "comments_url", "commits_url", "compare_url", "contents_url", "contributors_url",
		"deployments_url", "downloads_url", "events_url", "forks_url", "git_commits_url", "git_refs_url", "git_tags_url", "issue_comment_url",
		"issue_events_url", "issues_url", "keys_url", "labels_url", "languages_url", "merges_url", "milestones_url", "notifications_url",
		"pulls_url", "releases_url", "stargazers_url", "statuses_url", "subscribers_url", "subscription_url", "tags_url", "teams_url", "trees_url", "hooks_url",
	} {
		simple[name] = r[name]
	}
	f := fields{"number": i.Number, "title": i.Title, "state": i.State, "state_reason": orNull(i.StateReason), "repository": simple, "issue_type": nil}
	if i.Type != nil {
		f["issue_type"] = fields{"id": i.Type.ID, "node_id": i.Type.NodeID(), "name": i.Type.Name, "color": orNull(i.Type.Color)}
	}
	return f
}

func listEvents(c *call, i *Issue) (any, error) {
	all := slices.DeleteFunc(slices.Clone(i.Events), func(e *Event) bool { return onlyTimeline(e.Name) })
	return list(c, all, c.event)
}

func listAllEvents(c *call) (any, error) {
	if err := c.bounded(); err != nil {
		return nil, err
	}
	var all []*Event
	for _, i := range c.repo.Issues {
		for _, e := range i.Events {
			if !onlyTimeline(e.Name) {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *Event) int { return int(b.ID - a.ID) })
	return list(c, all, func(e *Event) fields {
		f := c.event(e)
		f["issue"] = c.issue(e.Issue)
		return f
	})
}

func getEvent(c *call) (any, error) {
	e := object[*Event](c.m, prefixEvent, c.number("event_id"))
	if e == nil || e.Issue.Repo != c.repo {
		return nil, notFound()
	}
	f := c.event(e)
	f["issue"] = c.issue(e.Issue)
	return f, nil
}

// entry is one line of a timeline.
type entry struct {
	at     time.Time
	render func() fields
}

// timeline returns all that stands under an issue, oldest first.
func (c *call) timeline(i *Issue) []entry {
	var all []entry
	for _, e := range i.Events {
		all = append(all, entry{e.CreatedAt, func() fields { return c.timelineEvent(e) }})
	}
	for _, o := range i.Comments {
		all = append(all, entry{o.CreatedAt, func() fields {
			f := c.comment(o)
			f["event"], f["actor"] = "commented", c.user(o.Author)
			return f
		}})
	}
	if i.Pull != nil {
		all = append(all, c.pullTimeline(i)...)
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	return all
}

func (c *call) pullTimeline(i *Issue) []entry {
	var all []entry
	for _, o := range i.Pull.Commits {
		all = append(all, entry{o.CommittedAt, func() fields { return c.committed(i, o) }})
	}
	for _, r := range i.Pull.Reviews {
		if r.State == "PENDING" {
			continue
		}
		all = append(all, entry{r.SubmittedAt, func() fields {
			f := c.review(r)
			f["event"], f["state"], f["user"] = "reviewed", strings.ToLower(r.State), c.user(r.Author)
			f["updated_at"] = stamp(r.UpdatedAt)
			return f
		}})
	}
	return all
}

func (c *call) timelineEvent(e *Event) fields {
	if e.Name != "cross-referenced" {
		f := c.event(e)
		delete(f, "assigner")
		return f
	}
	source := c.issue(e.Source)
	source["repository"] = c.repository(e.Source.Repo)
	return fields{
		"event": e.Name, "actor": c.user(e.Actor), "created_at": stamp(e.CreatedAt), "updated_at": stamp(e.CreatedAt),
		"source": fields{"type": "issue", "issue": source},
	}
}

func listTimeline(c *call, i *Issue) (any, error) {
	return list(c, c.timeline(i), func(l entry) fields { return l.render() })
}

// committed is a commit in a timeline.
func (c *call) committed(i *Issue, o Commit) fields {
	at := c.repoURL(i.Repo) + "/git/commits/" + o.OID
	parents := []fields{}
	for _, p := range o.Parents {
		parents = append(parents, fields{"sha": p, "url": c.repoURL(i.Repo) + "/git/commits/" + p, "html_url": c.web + "/" + i.Repo.FullName() + "/commit/" + p})
	}
	return fields{
		"event": "committed", "sha": o.OID, "node_id": "C_" + o.OID, "url": at, "html_url": c.web + "/" + i.Repo.FullName() + "/commit/" + o.OID,
		"author":    fields{"name": o.AuthorName, "email": o.AuthorEmail, "date": stamp(o.AuthoredAt)},
		"committer": fields{"name": o.AuthorName, "email": o.AuthorEmail, "date": stamp(o.CommittedAt)},
		"message":   o.Message, "tree": fields{"sha": o.Tree, "url": c.repoURL(i.Repo) + "/git/trees/" + o.Tree}, "parents": parents,
		"verification": unsigned(),
	}
}

func unsigned() fields {
	return fields{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}
