package githubtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (c *call) label(l *Label) fields {
	return fields{
		"id": l.ID, "node_id": l.NodeID(), "url": c.api + "/repos/" + c.repo.FullName() + "/labels/" + strings.ReplaceAll(l.Name, " ", "%20"),
		"name": l.Name, "color": l.Color, "default": l.Default, "description": orNull(l.Description),
	}
}

func listLabels(c *call) (any, error) { return list(c, c.repo.Labels, c.label) }

func getLabel(c *call) (any, error) {
	for _, l := range c.repo.Labels {
		if strings.EqualFold(l.Name, c.r.PathValue("name")) {
			return c.label(l), nil
		}
	}
	return nil, notFound()
}

func (c *call) milestone(s *Milestone) fields {
	at := fmt.Sprintf("%s/repos/%s/milestones/%d", c.api, c.repo.FullName(), s.Number)
	open, closed := 0, 0
	for _, i := range c.repo.Issues {
		switch {
		case i.Milestone != s:
		case i.State == "open":
			open++
		default:
			closed++
		}
	}
	return fields{
		"url": at, "html_url": fmt.Sprintf("%s/%s/milestone/%d", c.web, c.repo.FullName(), s.Number), "labels_url": at + "/labels",
		"id": s.ID, "node_id": s.NodeID(), "number": s.Number, "title": s.Title, "description": orNull(s.Description),
		"creator": c.user(s.Creator), "open_issues": open, "closed_issues": closed, "state": s.State,
		"created_at": stamp(s.CreatedAt), "updated_at": stamp(s.UpdatedAt), "due_on": stamp(s.DueOn), "closed_at": stamp(s.ClosedAt),
	}
}

func listMilestones(c *call) (any, error) {
	state := cmp.Or(c.query("state"), "open")
	var out []*Milestone
	for _, s := range c.repo.Milestones {
		if state == "all" || s.State == state {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *Milestone) int { return a.DueOn.Compare(b.DueOn) })
	if c.query("direction") == "desc" {
		slices.Reverse(out)
	}
	return list(c, out, c.milestone)
}

func getMilestone(c *call) (any, error) {
	n := c.number("milestone_number")
	for _, s := range c.repo.Milestones {
		if s.Number == n {
			return c.milestone(s), nil
		}
	}
	return nil, notFound()
}
