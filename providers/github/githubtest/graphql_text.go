package githubtest

import (
	"html"
	"slices"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// text answers the fields that everything written by somebody has: the schema
// calls these parts Comment, Reactable, Updatable and Deletable.
func (g *graph) text(t Texted, name string, c *graphql.Call) any {
	content := ContentOf(t)
	switch name {
	case "id":
		return t.NodeID()
	case "author":
		return g.actor(content.Author)
	case "authorAssociation":
		return content.Association
	case "body":
		return content.Body
	case "bodyText":
		return content.Body
	case "bodyHTML":
		return "<p dir=\"auto\">" + html.EscapeString(content.Body) + "</p>"
	case "createdAt":
		return content.CreatedAt
	case "updatedAt":
		return content.UpdatedAt
	case "publishedAt":
		return content.CreatedAt
	case "lastEditedAt":
		return content.EditedAt
	case "includesCreatedEdit":
		return !content.EditedAt.IsZero()
	case "editor":
		return g.actor(content.Editor)
	case "createdViaEmail":
		return false
	case "userContentEdits":
		return g.edits(t, c)
	case "reactions":
		return g.reactions(t, c)
	case "reactionGroups":
		return g.reactionGroups(t)
	case "viewerDidAuthor":
		return content.Author != nil && content.Author == g.viewer
	case "viewerCanReact":
		return true
	case "viewerCanUpdate", "viewerCanDelete", "viewerCanMinimize":
		return false
	case "viewerCannotUpdateReasons":
		return []string{"INSUFFICIENT_ACCESS"}
	}
	return graphql.NotServed{}
}

// minimizable answers what can be folded away.
func minimizable(reason, name string) any {
	switch name {
	case "isMinimized":
		return reason != ""
	case "minimizedReason":
		return optional(reason)
	}
	return graphql.NotServed{}
}

// edits lists the versions of a text: the model knows the last edit only.
func (g *graph) edits(t Texted, c *graphql.Call) any {
	var edits []graphql.Object
	if !ContentOf(t).EditedAt.IsZero() {
		edits = append(edits, edit{g, t})
	}
	return fixed(c, edits, func(o graphql.Object) graphql.Object { return o })
}

type edit struct {
	*graph
	of Texted
}

func (edit) TypeName() string { return "UserContentEdit" }

func (e edit) Field(name string, _ *graphql.Call) any {
	content := ContentOf(e.of)
	switch name {
	case "id":
		return "UCE_" + e.of.NodeID()
	case "createdAt", "editedAt", "updatedAt":
		return content.EditedAt
	case "editor":
		return e.actor(content.Editor)
	case "diff":
		return content.Body
	case "deletedAt", "deletedBy":
		return nil
	}
	return graphql.NotServed{}
}

// emojis are the reactions in the order of GitHub's groups, as REST and as
// GraphQL name them.
func emojis() [][2]string {
	return [][2]string{
		{"+1", "THUMBS_UP"}, {"-1", "THUMBS_DOWN"}, {"laugh", "LAUGH"}, {"hooray", "HOORAY"},
		{"confused", "CONFUSED"}, {"heart", "HEART"}, {"rocket", "ROCKET"}, {"eyes", "EYES"},
	}
}

func reactionContent(name string) string {
	for _, e := range emojis() {
		if e[0] == name {
			return e[1]
		}
	}
	return name
}

func (g *graph) reactions(t Texted, c *graphql.Call) any {
	l := keyed(ContentOf(t).Reactions,
		func(r *Reaction) graphql.Key { return graphql.Key{Value: r.ID} },
		func(r *Reaction) graphql.Object { return reaction{g, t, r} })
	if content := c.String("content"); content != "" {
		all := ContentOf(t).Reactions
		l.Keep = func(i int) bool { return reactionContent(all[i].Name) == content }
	}
	l.Backwards = backwards(c)
	l.Extra = func(name string) any {
		if name == "viewerHasReacted" {
			return slices.ContainsFunc(ContentOf(t).Reactions, func(r *Reaction) bool { return g.viewer != nil && r.User == g.viewer })
		}
		return graphql.NotServed{}
	}
	return c.Page(l)
}

type reaction struct {
	*graph
	to Texted
	r  *Reaction
}

func (reaction) TypeName() string { return "Reaction" }

func (r reaction) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return r.r.NodeID()
	case "databaseId":
		return small(r.r.ID)
	case "content":
		return reactionContent(r.r.Name)
	case "createdAt":
		return r.r.CreatedAt
	case "user":
		return r.user(r.r.User)
	case "reactable":
		return r.object(r.to)
	}
	return graphql.NotServed{}
}

// reactionGroups has all eight groups, empty ones too, as GitHub has.
func (g *graph) reactionGroups(t Texted) any {
	var groups []graphql.Object
	for _, e := range emojis() {
		groups = append(groups, reactionGroup{g, t, e[0], e[1]})
	}
	return groups
}

type reactionGroup struct {
	*graph
	to            Texted
	name, content string
}

func (reactionGroup) TypeName() string { return "ReactionGroup" }

func (r reactionGroup) Field(name string, c *graphql.Call) any {
	of := filtered(ContentOf(r.to).Reactions, func(o *Reaction) bool { return o.Name == r.name && o.User != nil })
	switch name {
	case "content":
		return r.content
	case "createdAt":
		if len(of) == 0 {
			return nil
		}
		return of[0].CreatedAt
	case "users", "reactors":
		l := graphql.Of(of, func(o *Reaction) graphql.Object { return r.account(o.User) })
		l.Edge = func(i int, field string) any {
			if field == "reactedAt" {
				return of[i].CreatedAt
			}
			return graphql.NotServed{}
		}
		return c.Page(l)
	case "subject":
		return r.object(r.to)
	case "viewerHasReacted":
		return slices.ContainsFunc(of, func(o *Reaction) bool { return o.User == r.viewer })
	}
	return graphql.NotServed{}
}
