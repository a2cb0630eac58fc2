package giteatest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func issueRoutes(add, below adding) {
	add("GET", "repos/issues/search", anyone(), (*call).searchIssues)
	below("GET", "labels", anyone(), func(c *call) (reply, error) {
		sorted := slices.SortedFunc(slices.Values(c.repo.Labels), func(a, b *Label) int { return strings.Compare(a.Name, b.Name) })
		return ok(list(page(c, sorted, false), func(l *Label) object { return c.labelView(c.repo, l) }))
	})
	below("POST", "labels", labelWriter(), func(c *call) (reply, error) { return c.createLabel(nil) })
	below("GET", "labels/{id}", anyone(), func(c *call) (reply, error) {
		l, err := c.label()
		if err != nil {
			return reply{}, err
		}
		return ok(c.labelView(c.repo, l))
	})
	below("PATCH", "labels/{id}", labelWriter(), (*call).editLabel)
	below("DELETE", "labels/{id}", labelWriter(), (*call).deleteLabel)
	below("GET", "milestones", anyone(), (*call).listMilestones)
	below("POST", "milestones", labelWriter(), (*call).createMilestone)
	below("GET", "milestones/{id}", anyone(), func(c *call) (reply, error) {
		ms, err := c.milestone()
		if err != nil {
			return reply{}, err
		}
		return ok(milestoneView(c.repo, ms))
	})
	below("PATCH", "milestones/{id}", labelWriter(), (*call).editMilestone)
	below("DELETE", "milestones/{id}", labelWriter(), (*call).deleteMilestone)
	below("GET", "issues", anyone(), (*call).listIssues)
	below("POST", "issues", live(), (*call).createIssue)
	below("GET", "issues/pinned", anyone(), (*call).listPinned)
	below("GET", "issues/{index}", anyone(), func(c *call) (reply, error) {
		i, err := c.issue()
		if err != nil {
			return reply{}, err
		}
		return ok(c.issueView(i, c.doer))
	})
	below("PATCH", "issues/{index}", signedIn(), (*call).editIssue)
	below("DELETE", "issues/{index}", admin(), (*call).deleteIssue)
	below("GET", "issues/{index}/labels", anyone(), func(c *call) (reply, error) {
		i, err := c.issue()
		if err != nil {
			return reply{}, err
		}
		return ok(c.labelViews(i))
	})
	below("POST", "issues/{index}/labels", signedIn(), func(c *call) (reply, error) { return c.changeLabels(false) })
	below("PUT", "issues/{index}/labels", signedIn(), func(c *call) (reply, error) { return c.changeLabels(true) })
	below("DELETE", "issues/{index}/labels", signedIn(), (*call).clearLabels)
	below("DELETE", "issues/{index}/labels/{id}", signedIn(), (*call).removeLabel)
	issueStateRoutes(below)
}

// labelWriter may change labels and milestones: who may write issues or pull
// requests.
func labelWriter() need { return need{user: true, unit: "repo.issues", access: Write} }

// issue is the issue or pull request that the path names.
func (c *call) issue() (*Issue, error) {
	i := c.repo.Issues[c.number("index")]
	if i == nil {
		return nil, missing("")
	}
	if c.access(c.doer, c.repo, i.unit()) < Read {
		return nil, missing("")
	}
	return i, nil
}

// writes says whether who asks may change an issue.
func (c *call) writes(i *Issue) bool { return c.access(c.doer, c.repo, i.unit()) >= Write }

func (c *call) listIssues() (reply, error) {
	all, err := c.filtered(c.repo.issues())
	if err != nil {
		return reply{}, err
	}
	return ok(list(page(c, all, true), func(i *Issue) object { return c.issueView(i, c.doer) }))
}

func (c *call) searchIssues() (reply, error) {
	var all []*Issue
	for _, r := range c.visible(func(r *Repository) bool {
		return c.query.Get("owner") == "" || strings.EqualFold(r.Owner.Login, c.query.Get("owner"))
	}) {
		all = append(all, r.issues()...)
	}
	all, err := c.filtered(all)
	if err != nil {
		return reply{}, err
	}
	return ok(list(page(c, all, true), func(i *Issue) object { return c.issueView(i, c.doer) }))
}

// filtered keeps the issues that a request asks for, the newest first.
func (c *call) filtered(all []*Issue) ([]*Issue, error) {
	since, before := c.between()
	var author, assignee *User
	for name, at := range map[string]**User{"created_by": &author, "assigned_by": &assignee} {
		if login := c.query.Get(name); login != "" {
			if *at = c.user(login); *at == nil {
				return nil, missing("", "user does not exist [uid: 0, name: "+login+"]")
			}
		}
	}
	state, kind, q := c.query.Get("state"), c.query.Get("type"), strings.ToLower(strings.TrimSpace(c.query.Get("q")))
	labels := split(c.query.Get("labels"))
	var kept []*Issue
	for _, i := range all {
		switch {
		case c.access(c.doer, i.Repo, i.unit()) < Read:
		case kind == "issues" && i.Pull != nil, kind == "pulls" && i.Pull == nil:
		case state != "all" && (state == "closed") != i.Closed:
		case !inside(i.Updated, since, before):
		case author != nil && i.Author != author, assignee != nil && !slices.Contains(i.Assignees, assignee):
		case !hasLabels(i, labels), !c.inMilestones(i, split(c.query.Get("milestones"))):
		case q != "" && !strings.Contains(strings.ToLower(i.Title+"\n"+i.Body), q):
		default:
			kept = append(kept, i)
		}
	}
	slices.SortStableFunc(kept, func(a, b *Issue) int {
		if order := b.Created.Compare(a.Created); order != 0 {
			return order
		}
		return int(b.ID - a.ID)
	})
	return kept, nil
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func hasLabels(i *Issue, names []string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(i.Labels, func(l *Label) bool { return l.Name == name }) {
			return false
		}
	}
	return true
}

func (c *call) inMilestones(i *Issue, names []string) bool {
	if len(names) == 0 {
		return true
	}
	return i.Milestone != nil && (slices.Contains(names, i.Milestone.Title) || slices.Contains(names, itoa(i.Milestone.ID)))
}

// issueOptions are what is said of an issue, and the same of a pull request.
type issueOptions struct {
	Title      *string    `json:"title"`
	Body       *string    `json:"body"`
	Ref        *string    `json:"ref"`
	Assignee   *string    `json:"assignee"`
	Assignees  []string   `json:"assignees"`
	Milestone  *int64     `json:"milestone"`
	Labels     []int64    `json:"labels"`
	Closed     bool       `json:"closed"`
	State      *string    `json:"state"`
	Due        *time.Time `json:"due_date"`
	UnsetDue   *bool      `json:"unset_due_date"`
	Version    *int64     `json:"content_version"`
	Base       string     `json:"base"`
	Head       string     `json:"head"`
	Reviewers  []string   `json:"reviewers"`
	Teams      []string   `json:"team_reviewers"`
	Maintainer *bool      `json:"allow_maintainer_edit"`
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// assignable finds the users that an issue is to be given to.
func (c *call) assignable(o issueOptions, unit string) ([]*User, error) {
	var all []*User
	for _, login := range append(slices.Clone(o.Assignees), text(o.Assignee)) {
		if login == "" {
			continue
		}
		u := c.user(login)
		if u == nil {
			return nil, refuse(http.StatusUnprocessableEntity, "Assignee does not exist: [name: user does not exist [uid: 0, name: %s]]", login)
		}
		if u.Organization || c.access(u, c.repo, unit) < Write && !(c.access(u, c.repo, unit) >= Read && c.insider(u, c.repo)) {
			return nil, refuse(http.StatusUnprocessableEntity, "user doesn't have access to repo [user_id: %d, repo_name: %s]", u.ID, c.repo.Name)
		}
		if !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all, nil
}

func (c *call) createIssue() (reply, error) {
	var o issueOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Title", text(o.Title)); err != nil {
		return reply{}, err
	}
	if c.access(c.doer, c.repo, "repo.issues") < Read {
		return reply{}, refuse(http.StatusForbidden, "user should have specific read permission or be a repo admin or a site admin")
	}
	i := &Issue{Author: c.doer, Title: *o.Title, Body: text(o.Body), Ref: text(o.Ref)}
	var people []*User
	if c.access(c.doer, c.repo, "repo.issues") >= Write {
		var err error
		if people, err = c.assignable(o, "repo.issues"); err != nil {
			return reply{}, err
		}
		if err := c.describe(i, o); err != nil {
			return reply{}, err
		}
	}
	c.newIssue(c.repo, i)
	c.began(i, people)
	c.notify(event{issue: i, doer: c.doer, why: "issue", mentions: c.mentioned(i, i.Body, c.doer), watchersToo: true})
	if o.Closed {
		c.setClosed(i, c.doer, true, "")
	}
	return created(c.issueView(i, c.doer))
}

// describe sets what only those may say who write issues: labels, milestone, due
// date.
func (c *call) describe(i *Issue, o issueOptions) error {
	for _, id := range o.Labels {
		if l := c.repo.label(id); l != nil && !slices.Contains(i.Labels, l) {
			i.Labels = append(i.Labels, l)
		}
	}
	if o.Milestone != nil && *o.Milestone > 0 {
		i.Milestone = c.repo.milestone(*o.Milestone)
		if i.Milestone == nil && i.Pull != nil { // an issue does without
			return missing("")
		}
	}
	if o.Due != nil {
		i.Due = o.Due.UTC()
	}
	return nil
}

// began writes the timeline of a new issue: milestone, labels, assignees and
// references, in this order.
func (c *call) began(i *Issue, people []*User) {
	if i.Milestone != nil {
		c.add(i, &Entry{Kind: "milestone", User: c.doer, Milestone: i.Milestone})
	}
	for _, l := range i.Labels {
		c.add(i, &Entry{Kind: "label", User: c.doer, Label: l, Body: "1"})
	}
	c.refer(i, nil, i.Title+"\n"+i.Body)
	for _, u := range people {
		c.assign(i, u)
	}
}

// assign gives an issue to somebody, or takes it away from them.
func (c *call) assign(i *Issue, u *User) {
	e := &Entry{Kind: "assignees", User: c.doer, Assignee: u, Removed: slices.Contains(i.Assignees, u)}
	if e.Removed {
		i.Assignees = slices.DeleteFunc(i.Assignees, func(o *User) bool { return o == u })
	} else {
		i.Assignees = append(i.Assignees, u)
	}
	c.add(i, e)
	if !e.Removed && u != c.doer {
		c.notify(event{issue: i, comment: e, doer: c.doer, why: "assigned", to: u})
	}
}

func (c *call) editIssue() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o issueOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := c.change(i, o); err != nil {
		return reply{}, err
	}
	return created(c.issueView(i, c.doer))
}

// change changes an issue or a pull request.
func (c *call) change(i *Issue, o issueOptions) error {
	may := c.writes(i)
	if i.Author != c.doer && !may {
		return bare(http.StatusForbidden)
	}
	if o.Version != nil && *o.Version != i.Version {
		return refuse(http.StatusConflict, "the issue is already changed")
	}
	if title := text(o.Title); title != "" && title != i.Title {
		c.retitle(i, title)
	}
	if o.Body != nil && *o.Body != i.Body {
		i.Body = *o.Body
		i.Version++
		c.touch(i)
		c.refer(i, nil, i.Title+"\n"+i.Body)
		c.notify(event{issue: i, doer: c.doer, why: "edit", only: true})
	}
	if o.Ref != nil && *o.Ref != i.Ref {
		c.add(i, &Entry{Kind: "change_issue_ref", User: c.doer, OldRef: i.Ref, NewRef: *o.Ref})
		i.Ref = *o.Ref
		c.touch(i)
	}
	if may {
		if err := c.redescribe(i, o); err != nil {
			return err
		}
	}
	if o.State == nil {
		return nil
	}
	if i.Pull != nil && i.Pull.Merged {
		return refuse(http.StatusPreconditionFailed, "cannot change state of this pull request, it was already merged")
	}
	return c.setState(i, *o.State)
}

func (c *call) retitle(i *Issue, title string) {
	old := i.Title
	i.Title = title
	c.add(i, &Entry{Kind: "change_title", User: c.doer, OldTitle: old, NewTitle: title})
	c.touch(i)
	if i.Pull != nil && draftTitle(old) && !draftTitle(title) {
		c.notify(event{issue: i, doer: c.doer, why: "ready"})
	}
}

func (c *call) redescribe(i *Issue, o issueOptions) error {
	if o.UnsetDue != nil && *o.UnsetDue {
		c.setDue(i, time.Time{})
	} else if o.Due != nil {
		c.setDue(i, endOfDay(*o.Due))
	}
	if o.Assignees != nil || o.Assignee != nil {
		people, err := c.assignable(o, i.unit())
		if err != nil {
			return err
		}
		for _, u := range slices.Clone(i.Assignees) {
			if !slices.Contains(people, u) {
				c.assign(i, u)
			}
		}
		for _, u := range people {
			if !slices.Contains(i.Assignees, u) {
				c.assign(i, u)
			}
		}
		c.touch(i)
	}
	if o.Milestone == nil {
		return nil
	}
	ms := c.repo.milestone(*o.Milestone)
	if *o.Milestone > 0 && ms == nil {
		return refuse(http.StatusInternalServerError, "milestone does not exist [id: %d, repo_id: %d]", *o.Milestone, c.repo.ID)
	}
	if ms != i.Milestone {
		c.add(i, &Entry{Kind: "milestone", User: c.doer, OldMilestone: i.Milestone, Milestone: ms})
		i.Milestone = ms
		c.touch(i)
	}
	return nil
}

func (c *call) setDue(i *Issue, due time.Time) {
	switch {
	case i.Due.Equal(due):
		return
	case i.Due.IsZero():
		c.add(i, &Entry{Kind: "added_deadline", User: c.doer, Body: due.Format(time.DateOnly)})
	case due.IsZero():
		c.add(i, &Entry{Kind: "removed_deadline", User: c.doer, Body: i.Due.Format(time.DateOnly)})
	default:
		c.add(i, &Entry{Kind: "modified_deadline", User: c.doer, Body: due.Format(time.DateOnly) + "|" + i.Due.Format(time.DateOnly)})
	}
	i.Due = due
}

func (c *call) setState(i *Issue, state string) error {
	if state != "open" && state != "closed" {
		return refuse(http.StatusPreconditionFailed, "unknown state: %s", state)
	}
	closed := state == "closed"
	if closed == i.Closed {
		return nil
	}
	if closed {
		for other := range i.DependsOn {
			if !other.Closed {
				return refuse(http.StatusPreconditionFailed, "cannot close this issue or pull request because it still has open dependencies")
			}
		}
	}
	c.setClosed(i, c.doer, closed, "")
	return nil
}

// setClosed closes or reopens an issue.
func (m *Model) setClosed(i *Issue, doer *User, closed bool, sha string) {
	i.Closed = closed
	why, kind := "reopened", "reopen"
	i.ClosedAt = time.Time{}
	if closed {
		why, kind, i.ClosedAt = "closed", "close", m.clock()
	}
	m.touch(i)
	if i.Milestone != nil {
		i.Milestone.Updated = m.clock()
	}
	e := m.add(i, &Entry{Kind: kind, User: doer, Commit: sha})
	m.notify(event{issue: i, comment: e, doer: doer, why: why})
}

func (c *call) deleteIssue() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	for _, e := range i.Timeline {
		delete(c.repo.entries, e.ID)
	}
	delete(c.repo.Issues, i.Number)
	c.threads = slices.DeleteFunc(c.threads, func(t *thread) bool { return t.issue == i })
	if i.Pull != nil {
		if err := c.codeGit(c.repo).SetRef(i.Pull.headRef(), ""); err != nil {
			return reply{}, err
		}
		delete(c.repo.refs, i.Pull.headRef())
	}
	return none()
}
