package gitlabtest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// filtered keeps the items that a request asks for, in its order.
func (c *call) filtered(all []*Item) []*Item {
	state := cmp.Or(c.text("state"), "all")
	iids := c.numbers("iids")
	labels, search := c.list("labels"), strings.ToLower(c.text("search"))
	scope := c.text("scope")
	all = slices.DeleteFunc(slices.Clone(all), func(i *Item) bool {
		switch {
		case !c.seesItem(c.doer, i), state != "all" && i.State != state:
		case len(iids) > 0 && !slices.Contains(iids, i.IID), !hasLabels(i, labels):
		case c.has("milestone") && !inMilestone(i, c.text("milestone")):
		case search != "" && !strings.Contains(strings.ToLower(i.Title+"\n"+i.Description), search):
		case c.has("author_id") && (i.Author == nil || i.Author.ID != c.number("author_id")), c.has("author_username") && (i.Author == nil || i.Author.Username != c.text("author_username")):
		case scope == "created_by_me" && i.Author != c.doer, scope == "assigned_to_me" && !slices.Contains(i.Assignees, c.doer):
		case c.has("assignee_id") && !assigned(i, c.text("assignee_id")):
		case c.outside(i.Created, "created_after", "created_before"), c.outside(i.Updated, "updated_after", "updated_before"):
		default:
			return false
		}
		return true
	})
	sign := -1
	if c.text("sort") == "asc" {
		sign = 1
	}
	slices.SortStableFunc(all, func(a, b *Item) int {
		result := a.Created.Compare(b.Created)
		switch c.text("order_by") {
		case "updated_at":
			result = a.Updated.Compare(b.Updated)
		case "title":
			result = strings.Compare(a.Title, b.Title)
		}
		return sign * cmp.Or(result, cmp.Compare(a.ID, b.ID))
	})
	return all
}

func hasLabels(i *Item, names []string) bool {
	for _, name := range names {
		has := slices.ContainsFunc(i.Labels, func(l *Label) bool { return l.Name == name })
		switch {
		case strings.EqualFold(name, "None"):
			has = len(i.Labels) == 0
		case strings.EqualFold(name, "Any"):
			has = len(i.Labels) > 0
		}
		if !has {
			return false
		}
	}
	return true
}

func inMilestone(i *Item, title string) bool {
	switch strings.ToLower(title) {
	case "none":
		return i.Milestone == nil
	case "any":
		return i.Milestone != nil
	}
	return i.Milestone != nil && i.Milestone.Title == title
}

func assigned(i *Item, who string) bool {
	switch strings.ToLower(who) {
	case "none":
		return len(i.Assignees) == 0
	case "any":
		return len(i.Assignees) > 0
	}
	return slices.ContainsFunc(i.Assignees, func(u *User) bool { return itoa(u.ID) == who })
}

func (c *call) outside(t time.Time, after, before string) bool {
	since, until := c.time(after), c.time(before)
	return !since.IsZero() && t.Before(since) || !until.IsZero() && t.After(until)
}
