package githubtest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// query is the root of all queries.
type query struct{ *graph }

func (query) TypeName() string { return "Query" }

func (q query) Field(name string, c *graphql.Call) any {
	switch name {
	case "viewer":
		return q.actor(q.viewer)
	case "rateLimit":
		return rateLimit(q)
	case "user", "organization", "repositoryOwner":
		return q.accountCalled(name, c.String("login"))
	case "repository":
		return q.repositoryCalled(c.String("owner"), c)
	case "node":
		return q.node(c.String("id"))
	case "nodes":
		var nodes []any
		for _, id := range c.Strings("ids") {
			nodes = append(nodes, q.node(id))
		}
		if nodes == nil {
			return []any{}
		}
		return nodes
	case "resource":
		return q.resource(c.String("url"))
	case "relay":
		return q
	case "id":
		return "Query"
	}
	return graphql.NotServed{}
}

func (q query) accountCalled(kind, login string) any {
	u := q.m.User(login)
	switch {
	case kind == "user" && (u == nil || u.Kind != KindUser):
		return graphql.Errorf(graphql.NotFound, "Could not resolve to a User with the login of '%s'.", login)
	case kind == "organization" && (u == nil || u.Kind != KindOrg):
		return graphql.Errorf(graphql.NotFound, "Could not resolve to an Organization with the login of '%s'.", login)
	case u == nil || u.Kind == KindBot:
		return nil
	}
	return q.actor(u)
}

// repositoryCalled finds a repository by its present name or, unless told not
// to, by a former one.
func (g *graph) repositoryCalled(owner string, c *graphql.Call) any {
	name := c.String("name")
	r, moved := g.m.Repository(owner, name)
	follow, given := c.Bool("followRenames")
	if r == nil || moved && given && !follow || !g.sees(r) {
		return graphql.Errorf(graphql.NotFound, "Could not resolve to a Repository with the name '%s/%s'.", owner, name)
	}
	return g.repository(r)
}

// node finds any object by its global id, if the viewer may see it.
func (g *graph) node(id string) any {
	found := g.m.Node(id)
	if r := g.repositoryOf(found); r == nil || g.sees(r) {
		if o := g.object(found); o != nil {
			return o
		}
	}
	return graphql.Errorf(graphql.NotFound, "Could not resolve to a node with the global id of '%s'", id)
}

// object is the schema's object for one of the model, nil when there is none.
func (g *graph) object(o any) graphql.Object {
	switch o := o.(type) {
	case *User:
		return g.account(o)
	case *Org:
		return g.account(o.User)
	case *Team:
		return g.team(o)
	case *Repository:
		return g.repository(o)
	case *Label:
		return g.label(g.repositoryOf(o), o)
	case *Milestone:
		return g.milestone(g.repositoryOf(o), o)
	case *Issue:
		return g.issue(o)
	case *Comment:
		return comment{g, o}
	case *Review:
		return review{g, o}
	case *Thread:
		return thread{g, o}
	case *ReviewComment:
		return reviewComment{g, o}
	case *CommitComment:
		return commitComment{g, o}
	case *Event:
		return g.event(o)
	case *Release:
		return release{g, o}
	case *Asset:
		return asset{g, o}
	case *Discussion:
		return discussion{g, o}
	case *DiscussionComment:
		return discussionComment{g, o}
	case *Gist:
		return gist{g, o}
	case *GistComment:
		return gistComment{g, o}
	}
	return nil
}

// repositoryOf is the repository that an object belongs to, nil when it belongs
// to none.
func (g *graph) repositoryOf(o any) *Repository {
	switch o := o.(type) {
	case *Repository:
		return o
	case *Label:
		return g.owning(func(r *Repository) bool { return slices.Contains(r.Labels, o) })
	case *Milestone:
		return g.owning(func(r *Repository) bool { return slices.Contains(r.Milestones, o) })
	case *Issue:
		return o.Repo
	case *Comment:
		return o.Issue.Repo
	case *Review:
		return o.Issue.Repo
	case *Thread:
		return o.Issue.Repo
	case *ReviewComment:
		return o.Thread.Issue.Repo
	case *CommitComment:
		return o.Repo
	case *Event:
		return o.Issue.Repo
	case *Release:
		return o.Repo
	case *Asset:
		return o.Release.Repo
	case *Discussion:
		return o.Repo
	case *DiscussionComment:
		return o.Discussion.Repo
	}
	return nil
}

func (g *graph) owning(has func(*Repository) bool) *Repository {
	if n := slices.IndexFunc(g.m.Repositories, has); n >= 0 {
		return g.m.Repositories[n]
	}
	return nil
}

// resource finds an account, a repository, an issue, a pull request or a
// release by its web address.
func (g *graph) resource(address string) any {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) == 1 {
		return g.actor(g.m.User(parts[0]))
	}
	r, _ := g.m.Repository(parts[0], parts[1])
	if r == nil || !g.sees(r) {
		return nil
	}
	switch {
	case len(parts) == 2:
		return g.repository(r)
	case len(parts) == 4 && (parts[2] == "issues" || parts[2] == "pull"):
		n, _ := strconv.ParseInt(parts[3], 10, 64)
		if i := r.Issue(n); i != nil {
			return g.issue(i)
		}
	case len(parts) == 5 && parts[2] == "releases" && parts[3] == "tag":
		for _, e := range r.Releases {
			if e.Tag == parts[4] {
				return release{g, e}
			}
		}
	}
	return nil
}

type rateLimit struct{ *graph }

func (rateLimit) TypeName() string { return "RateLimit" }

func (r rateLimit) Field(name string, _ *graphql.Call) any {
	switch name {
	case "cost":
		return r.price.Cost
	case "nodeCount":
		return r.price.Nodes
	case "limit":
		return r.left.limit
	case "remaining":
		return r.left.remaining()
	case "used":
		return r.left.used
	case "resetAt":
		return r.left.resets
	}
	return graphql.NotServed{}
}
