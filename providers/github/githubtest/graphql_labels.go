package githubtest

import (
	"net/url"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

type label struct {
	*graph
	r *Repository
	l *Label
}

func (g *graph) label(r *Repository, l *Label) graphql.Object {
	if l == nil || r == nil {
		return nil
	}
	return label{g, r, l}
}

func (label) TypeName() string { return "Label" }

func (l label) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return l.l.NodeID()
	case "name":
		return l.l.Name
	case "color":
		return l.l.Color
	case "description":
		return optional(l.l.Description)
	case "isDefault":
		return l.l.Default
	case "createdAt":
		return l.l.CreatedAt
	case "updatedAt":
		return l.l.UpdatedAt
	case "repository":
		return l.repository(l.r)
	case "url", "resourcePath":
		return l.address(name, "/"+l.r.FullName()+"/labels/"+url.PathEscape(l.l.Name))
	case "issues":
		return l.issues(c, l.r, l.on)
	case "pullRequests":
		return l.pulls(c, l.r, l.on)
	}
	return graphql.NotServed{}
}

func (l label) on(i *Issue) bool {
	for _, o := range i.Labels {
		if o == l.l {
			return true
		}
	}
	return false
}

// labels lists the labels of a repository, an issue or a discussion.
func (r repository) labels(c *graphql.Call, of []*Label) any {
	object := func(l *Label) graphql.Object { return r.label(r.r, l) }
	var l graphql.List
	if c.Object("orderBy").String("field") == "NAME" {
		l = byText(of, func(l *Label) string { return l.Name }, object)
	} else {
		l = byTime(of, func(l *Label) time.Time { return l.CreatedAt }, func(l *Label) int64 { return l.ID }, object)
	}
	l.Backwards = backwards(c)
	return c.Page(l)
}

type milestone struct {
	*graph
	r *Repository
	s *Milestone
}

func (g *graph) milestone(r *Repository, s *Milestone) graphql.Object {
	if s == nil || r == nil {
		return nil
	}
	return milestone{g, r, s}
}

func (milestone) TypeName() string { return "Milestone" }

func (s milestone) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return s.s.NodeID()
	case "number":
		return s.s.Number
	case "title":
		return s.s.Title
	case "description":
		return optional(s.s.Description)
	case "state":
		return enum(s.s.State)
	case "closed":
		return s.s.State == "closed"
	case "closedAt":
		return s.s.ClosedAt
	case "createdAt":
		return s.s.CreatedAt
	case "updatedAt":
		return s.s.UpdatedAt
	case "dueOn":
		return s.s.DueOn
	case "creator":
		return s.actor(s.s.Creator)
	case "repository":
		return s.repository(s.r)
	case "url", "resourcePath":
		return s.address(name, "/"+s.r.FullName()+"/milestone/"+strconv.FormatInt(s.s.Number, 10))
	case "issues":
		return s.issues(c, s.r, s.in)
	case "pullRequests":
		return s.pulls(c, s.r, s.in)
	case "progressPercentage":
		return s.progress()
	case "viewerCanClose", "viewerCanReopen":
		return false
	}
	return graphql.NotServed{}
}

func (s milestone) in(i *Issue) bool { return i.Milestone == s.s }

func (s milestone) progress() float64 {
	of := filtered(s.r.Issues, s.in)
	if len(of) == 0 {
		return 0
	}
	closed := filtered(of, func(i *Issue) bool { return i.State == "closed" })
	return 100 * float64(len(closed)) / float64(len(of))
}

func (r repository) milestones(c *graphql.Call) any {
	states := c.Strings("states")
	of := filtered(r.r.Milestones, func(s *Milestone) bool { return len(states) == 0 || has(states, enum(s.State)) })
	object := func(s *Milestone) graphql.Object { return r.milestone(r.r, s) }
	id := func(s *Milestone) int64 { return s.ID }
	var l graphql.List
	switch c.Object("orderBy").String("field") {
	case "DUE_DATE":
		l = byTime(of, func(s *Milestone) time.Time { return s.DueOn }, id, object)
	case "UPDATED_AT":
		l = byTime(of, func(s *Milestone) time.Time { return s.UpdatedAt }, id, object)
	case "CREATED_AT":
		l = byTime(of, func(s *Milestone) time.Time { return s.CreatedAt }, id, object)
	default:
		l = keyed(of, func(s *Milestone) graphql.Key { return graphql.Key{Value: s.Number} }, object)
	}
	l.Backwards = backwards(c)
	return c.Page(l)
}

// has looks for an enum's value in a list of them.
func has(values []string, value any) bool {
	for _, v := range values {
		if v == value {
			return true
		}
	}
	return false
}
