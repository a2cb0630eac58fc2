package gitlabtest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

func milestoneRoutes(add adding) {
	for _, of := range []string{"projects", "groups"} {
		at := of + "/{id}/milestones"
		add("GET "+at, anyone(), (*call).listMilestones)
		add("POST "+at, atLeast(Reporter), (*call).createMilestone)
		one := func(do func(*call, *Milestone) (reply, error)) endpoint {
			return func(c *call) (reply, error) {
				ms := c.milestoneOf(c.number("milestone_id"))
				if ms == nil {
					return reply{}, missing("Milestone")
				}
				return do(c, ms)
			}
		}
		add("GET "+at+"/{milestone_id}", anyone(), one(func(c *call, ms *Milestone) (reply, error) { return ok(c.milestoneObject(ms)) }))
		add("PUT "+at+"/{milestone_id}", atLeast(Reporter), one((*call).editMilestone))
		add("DELETE "+at+"/{milestone_id}", atLeast(Reporter), one((*call).deleteMilestone))
	}
}

func (c *call) milestones() *[]*Milestone {
	if c.project != nil {
		return &c.project.Milestones
	}
	return &c.group.Milestones
}

func (c *call) milestoneOf(id int64) *Milestone {
	for _, ms := range *c.milestones() {
		if ms.ID == id {
			return ms
		}
	}
	return nil
}

func (c *call) listMilestones() (reply, error) {
	all := slices.Clone(*c.milestones())
	if c.on("include_ancestors") || c.on("include_parent_milestones") {
		around := c.group.parent()
		if c.project != nil {
			around = c.project.Namespace
		}
		for _, n := range around.chain() {
			all = append(all, n.Milestones...)
		}
	}
	iids := c.numbers("iids")
	search := strings.ToLower(c.text("search"))
	all = slices.DeleteFunc(all, func(ms *Milestone) bool {
		return c.has("state") && c.text("state") != "all" && c.text("state") != ms.State || c.has("title") && c.text("title") != ms.Title ||
			len(iids) > 0 && !slices.Contains(iids, ms.IID) || search != "" && !strings.Contains(strings.ToLower(ms.Title+" "+ms.Description), search)
	})
	slices.SortStableFunc(all, func(a, b *Milestone) int { return cmp.Compare(b.ID, a.ID) })
	return ok(list(page(c, all), c.milestoneObject))
}

// milestoneProblems refuses a milestone that cannot be.
func (c *call) milestoneProblems(ms *Milestone) error {
	switch {
	case strings.TrimSpace(ms.Title) == "":
		return invalid("title", "can't be blank")
	case len([]rune(ms.Title)) > 255:
		return invalid("title", "is too long (maximum is 255 characters)")
	case !ms.Due.IsZero() && !ms.Start.IsZero() && ms.Due.Before(ms.Start):
		return invalid("due_date", "must be greater than start date")
	}
	taken := slices.Clone(*c.milestones())
	if c.project != nil {
		for _, n := range c.project.Namespace.chain() {
			taken = append(taken, n.Milestones...)
		}
	}
	for _, o := range taken {
		if o != ms && o.ID != ms.ID && o.Title == ms.Title {
			return invalid("title", "has already been taken")
		}
	}
	return nil
}

func (c *call) createMilestone() (reply, error) {
	if err := cmp.Or(c.needs("title"), c.dated("due_date", "start_date")); err != nil {
		return reply{}, err
	}
	ms := &Milestone{Project: c.project, Group: c.group, Title: c.text("title"), Description: c.text("description"), State: "active", Due: c.time("due_date"), Start: c.time("start_date"), Created: c.clock(), Updated: c.clock()}
	if err := c.milestoneProblems(ms); err != nil {
		return reply{}, err
	}
	c.addMilestone(ms)
	return created(c.milestoneObject(ms))
}

// addMilestone gives a milestone its ids.
func (m *Model) addMilestone(ms *Milestone) *Milestone {
	ms.ID = m.next("milestone")
	ms.State = cmp.Or(ms.State, "active")
	if ms.Created.IsZero() {
		ms.Created, ms.Updated = m.clock(), m.clock()
	}
	if ms.Project != nil {
		ms.Project.iids["milestone"]++
		ms.IID = ms.Project.iids["milestone"]
		ms.Project.Milestones = append(ms.Project.Milestones, ms)
		return ms
	}
	ms.Group.lastMilestone++
	ms.IID = ms.Group.lastMilestone
	ms.Group.Milestones = append(ms.Group.Milestones, ms)
	return ms
}

func (c *call) editMilestone(ms *Milestone) (reply, error) {
	if err := cmp.Or(c.oneOf("state_event", "close", "activate"), c.dated("due_date", "start_date")); err != nil {
		return reply{}, err
	}
	next := *ms
	next.Title = cmp.Or(c.text("title"), ms.Title)
	if c.has("description") {
		next.Description = c.text("description")
	}
	for name, at := range map[string]*time.Time{"due_date": &next.Due, "start_date": &next.Start} {
		if c.has(name) {
			*at = c.time(name)
		}
	}
	switch c.text("state_event") {
	case "close":
		next.State = "closed"
	case "activate":
		next.State = "active"
	}
	if err := c.milestoneProblems(&next); err != nil {
		return reply{}, err
	}
	next.Updated = c.clock()
	*ms = next
	return ok(c.milestoneObject(ms))
}

func (c *call) deleteMilestone(ms *Milestone) (reply, error) {
	if c.project != nil && c.level(c.doer, c.project) < Reporter {
		return reply{}, refuse(http.StatusForbidden, "403 Forbidden")
	}
	at := c.milestones()
	*at = slices.DeleteFunc(*at, func(o *Milestone) bool { return o == ms })
	for _, i := range c.items() {
		if i.Milestone == ms {
			i.Milestone = nil
		}
	}
	return none()
}
