package githubtest

import (
	"path"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

type gist struct {
	*graph
	o *Gist
}

// gists lists the gists of an account; secret ones are its own to see.
func (a account) gists(c *graphql.Call) any {
	privacy := c.String("privacy")
	of := filtered(a.m.GistsOf(a.u), func(o *Gist) bool {
		return (o.Public || a.u == a.viewer) &&
			(privacy != "SECRET" || !o.Public) && (privacy != "PUBLIC" || o.Public)
	})
	object := func(o *Gist) graphql.Object { return gist{a.graph, o} }
	at := func(o *Gist) time.Time { return o.CreatedAt }
	if field := c.Object("orderBy").String("field"); field == "UPDATED_AT" || field == "PUSHED_AT" {
		at = func(o *Gist) time.Time { return o.UpdatedAt }
	}
	l := byTime(of, at, func(o *Gist) int64 { return o.number }, object)
	l.Backwards = backwards(c)
	return c.Page(l)
}

// gistCalled finds a gist of the account. Who knows the name of a secret one
// may see it.
func (a account) gistCalled(name string) any {
	o := a.m.Gist(name)
	if o == nil || o.Owner != a.u {
		return nil
	}
	return gist{a.graph, o}
}

func (gist) TypeName() string { return "Gist" }

func (g gist) path() string { return "/gist/" + g.o.ID }

func (g gist) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return g.o.NodeID()
	case "name":
		return g.o.ID
	case "description":
		return optional(g.o.Description)
	case "isPublic":
		return g.o.Public
	case "isFork", "viewerHasStarred":
		return false
	case "owner":
		return g.actor(g.o.Owner)
	case "createdAt":
		return g.o.CreatedAt
	case "updatedAt", "pushedAt":
		return g.o.UpdatedAt
	case "files":
		if c.Has("oid") {
			return graphql.NotServed{}
		}
		files := []graphql.Object{}
		for _, f := range g.o.Files[:min(len(g.o.Files), int(max(0, c.Int("limit"))))] {
			files = append(files, gistFile(f))
		}
		return files
	case "comments":
		return page(c, g.o.Comments, func(n *GistComment) int64 { return n.ID },
			func(n *GistComment) graphql.Object { return gistComment{g.graph, n} })
	case "forks":
		return fixed(c, g.o.Forks, func(o *Gist) graphql.Object { return gist{g.graph, o} })
	case "stargazerCount":
		return 0
	case "stargazers":
		return c.Page(graphql.List{})
	case "url", "resourcePath":
		return g.address(name, g.path())
	}
	return graphql.NotServed{}
}

type gistFile GistFile

func (gistFile) TypeName() string { return "GistFile" }

// maxGistText is how much of a file GitHub gives out here.
const maxGistText = 1 << 20

func (f gistFile) Field(name string, c *graphql.Call) any {
	switch name {
	case "name", "encodedName":
		return f.Name
	case "extension":
		return path.Ext(f.Name)
	case "encoding":
		return "UTF-8"
	case "size":
		return len(f.Content)
	case "isTruncated":
		return len(f.Content) > maxGistText
	case "isImage":
		return false
	case "language":
		return nil
	case "text":
		n := min(len(f.Content), maxGistText)
		if c.Has("truncate") {
			n = min(n, int(max(0, c.Int("truncate"))))
		}
		return f.Content[:n]
	}
	return graphql.NotServed{}
}

type gistComment struct {
	*graph
	c *GistComment
}

func (gistComment) TypeName() string { return "GistComment" }

func (n gistComment) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(n.c.ID)
	case "gist":
		return gist{n.graph, n.c.Gist}
	case "isMinimized", "minimizedReason":
		return minimizable("", name)
	}
	return n.text(n.c, name, c)
}
