package githubtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// account is a User, an Organization or a Bot.
type account struct {
	*graph
	u *User
}

// actor is null for a deleted account, which REST shows as ghost.
func (g *graph) actor(u *User) any {
	if u == nil {
		return nil
	}
	return account{g, u}
}

func (g *graph) account(u *User) graphql.Object {
	if u == nil {
		return nil
	}
	return account{g, u}
}

// user is null for whatever is no person.
func (g *graph) user(u *User) any {
	if u == nil || u.Kind != KindUser {
		return nil
	}
	return account{g, u}
}

func (a account) TypeName() string { return a.u.Kind }

// login leaves out the suffix that REST gives bots.
func (a account) login() string { return strings.TrimSuffix(a.u.Login, "[bot]") }

func (a account) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return a.u.NodeID()
	case "databaseId":
		return small(a.u.ID)
	case "login":
		return a.login()
	case "name":
		return optional(a.u.Name)
	case "email":
		if a.u.Kind == KindOrg {
			return optional(a.u.Email)
		}
		return a.u.Email
	case "createdAt", "updatedAt":
		return a.u.CreatedAt
	case "url", "resourcePath":
		if a.u.Kind == KindBot {
			return a.address(name, "/apps/"+a.login())
		}
		return a.address(name, "/"+a.u.Login)
	case "avatarUrl":
		return fmt.Sprintf("%s/avatars/u/%d?v=4", a.m.Base(), a.u.ID)
	case "isSiteAdmin":
		return a.u.SiteAdmin
	case "isViewer":
		return a.u == a.viewer
	case "isVerified", "isEmployee":
		return false
	case "repositories":
		return a.repositories(c)
	case "repository":
		return a.repositoryCalled(a.u.Login, c)
	case "gists":
		return a.gists(c)
	case "gist":
		return a.gistCalled(c.String("name"))
	case "organizations":
		orgs := filtered(a.m.Orgs, func(o *Org) bool { return isMember(o, a.u) })
		return page(c, orgs, func(o *Org) int64 { return o.ID }, func(o *Org) graphql.Object { return a.account(o.User) })
	}
	if o := a.m.Org(a.u.Login); o != nil && a.u.Kind == KindOrg {
		return a.organization(o, name, c)
	}
	return graphql.NotServed{}
}

// organization answers the fields that only organisations have.
func (a account) organization(o *Org, name string, c *graphql.Call) any {
	switch name {
	case "description":
		return optional(o.Description)
	case "membersWithRole":
		l := graphql.Of(o.Members, a.account)
		l.Edge = func(_ int, field string) any {
			if field == "role" {
				return "MEMBER"
			}
			return graphql.NotServed{}
		}
		return c.Page(l)
	case "teams":
		return page(c, o.Teams, func(t *Team) int64 { return t.ID }, a.team)
	case "team":
		for _, t := range o.Teams {
			if t.Slug == c.String("slug") {
				return a.team(t)
			}
		}
		return nil
	case "viewerIsAMember":
		return isMember(o, a.viewer)
	case "viewerCanAdminister":
		return false
	}
	return graphql.NotServed{}
}

func isMember(o *Org, u *User) bool { return slices.Contains(o.Members, u) }

type team struct {
	*graph
	t *Team
}

func (g *graph) team(t *Team) graphql.Object { return team{g, t} }

func (team) TypeName() string { return "Team" }

func (t team) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return t.t.NodeID()
	case "databaseId":
		return small(t.t.ID)
	case "name":
		return t.t.Name
	case "slug":
		return t.t.Slug
	case "combinedSlug":
		return t.t.Org.Login + "/" + t.t.Slug
	case "organization":
		return t.account(t.t.Org.User)
	case "url", "resourcePath":
		return t.address(name, "/orgs/"+t.t.Org.Login+"/teams/"+t.t.Slug)
	case "description":
		return nil
	case "privacy":
		return "VISIBLE"
	}
	return graphql.NotServed{}
}
