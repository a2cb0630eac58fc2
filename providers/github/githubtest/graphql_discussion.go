package githubtest

import (
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// forum answers what a repository has of discussions.
func (r repository) forum(name string, c *graphql.Call) any {
	switch name {
	case "discussions":
		return r.discussions(c)
	case "discussion":
		if d := r.r.Discussion(c.Int("number")); d != nil {
			return discussion{r.graph, d}
		}
		return graphql.Errorf(graphql.NotFound, "Could not resolve to a Discussion with the number of %d.", c.Int("number"))
	case "discussionCategories":
		return page(c, r.r.Categories, func(o *Category) int64 { return o.ID },
			func(o *Category) graphql.Object { return category{r.graph, r.r, o} })
	case "discussionCategory":
		for _, o := range r.r.Categories {
			if o.Slug == c.String("slug") {
				return category{r.graph, r.r, o}
			}
		}
		return nil
	case "pinnedDiscussions":
		pinned := filtered(r.r.Discussions, func(d *Discussion) bool { return d.Pinned })
		return page(c, pinned, func(d *Discussion) int64 { return d.Number },
			func(d *Discussion) graphql.Object { return pinnedDiscussion{r.graph, d} })
	}
	return graphql.NotServed{}
}

func (r repository) discussions(c *graphql.Call) any {
	states := c.Strings("states")
	answered, byAnswer := c.Bool("answered")
	of := filtered(r.r.Discussions, func(d *Discussion) bool {
		return (len(states) == 0 || has(states, enum(d.State))) &&
			(!byAnswer || answered == (d.Answer != nil)) &&
			(!c.Has("categoryId") || d.Category != nil && d.Category.NodeID() == c.String("categoryId"))
	})
	object := func(d *Discussion) graphql.Object { return discussion{r.graph, d} }
	number := func(d *Discussion) int64 { return d.Number }
	at := func(d *Discussion) time.Time { return d.UpdatedAt }
	if c.Object("orderBy").String("field") == "CREATED_AT" {
		at = func(d *Discussion) time.Time { return d.CreatedAt }
	}
	l := byTime(of, at, number, object)
	l.Backwards = backwards(c)
	return c.Page(l)
}

type discussion struct {
	*graph
	d *Discussion
}

func (discussion) TypeName() string { return "Discussion" }

func (d discussion) path() string {
	return "/" + d.d.Repo.FullName() + "/discussions/" + strconv.FormatInt(d.d.Number, 10)
}

func (d discussion) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(d.d.ID)
	case "number":
		return d.d.Number
	case "title":
		return d.d.Title
	case "category":
		if d.d.Category == nil {
			return nil
		}
		return category{d.graph, d.d.Repo, d.d.Category}
	case "closed":
		return d.d.State == "closed"
	case "closedAt":
		return d.d.ClosedAt
	case "stateReason":
		return enum(d.d.StateReason)
	case "locked":
		return d.d.Locked
	case "activeLockReason":
		return enum(d.d.LockReason)
	case "labels":
		return repository{d.graph, d.d.Repo}.labels(c, d.d.Labels)
	case "answer":
		if d.d.Answer == nil {
			return nil
		}
		return discussionComment{d.graph, d.d.Answer}
	case "answerChosenAt":
		return d.d.AnswerAt
	case "answerChosenBy":
		return d.actor(d.d.AnswerBy)
	case "isAnswered":
		if d.d.Category == nil || !d.d.Category.Answerable {
			return nil
		}
		return d.d.Answer != nil
	case "upvoteCount":
		return d.d.Upvotes
	case "comments":
		return d.comments(c, d.d.Comments)
	case "repository":
		return d.repository(d.d.Repo)
	case "poll":
		return nil
	case "url", "resourcePath":
		return d.address(name, d.path())
	case "viewerHasUpvoted", "viewerCanUpvote", "viewerCanLabel", "viewerCanClose", "viewerCanReopen", "viewerCanSubscribe":
		return false
	case "viewerSubscription":
		return "UNSUBSCRIBED"
	}
	return d.text(d.d, name, c)
}

func (g *graph) comments(c *graphql.Call, of []*DiscussionComment) any {
	return page(c, of, func(n *DiscussionComment) int64 { return n.ID },
		func(n *DiscussionComment) graphql.Object { return discussionComment{g, n} })
}

type discussionComment struct {
	*graph
	c *DiscussionComment
}

func (discussionComment) TypeName() string { return "DiscussionComment" }

func (n discussionComment) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(n.c.ID)
	case "discussion":
		return discussion{n.graph, n.c.Discussion}
	case "isAnswer":
		return n.c.Discussion.Answer == n.c
	case "replies":
		return n.comments(c, n.c.Replies)
	case "replyTo":
		if n.c.ReplyTo == nil {
			return nil
		}
		return discussionComment{n.graph, n.c.ReplyTo}
	case "upvoteCount":
		return n.c.Upvotes
	case "deletedAt":
		return nil
	case "url", "resourcePath":
		return n.address(name, discussion{n.graph, n.c.Discussion}.path()+"#discussioncomment-"+strconv.FormatInt(n.c.ID, 10))
	case "isMinimized", "minimizedReason":
		return minimizable(n.c.Minimized, name)
	case "viewerHasUpvoted", "viewerCanUpvote", "viewerCanMarkAsAnswer", "viewerCanUnmarkAsAnswer":
		return false
	}
	return n.text(n.c, name, c)
}

type category struct {
	*graph
	r *Repository
	c *Category
}

func (category) TypeName() string { return "DiscussionCategory" }

func (n category) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return n.c.NodeID()
	case "name":
		return n.c.Name
	case "slug":
		return n.c.Slug
	case "emoji":
		return n.c.Emoji
	case "emojiHTML":
		return "<div>" + n.c.Emoji + "</div>"
	case "description":
		return nil
	case "isAnswerable":
		return n.c.Answerable
	case "createdAt", "updatedAt":
		return n.c.CreatedAt
	case "repository":
		return n.repository(n.r)
	}
	return graphql.NotServed{}
}

type pinnedDiscussion struct {
	*graph
	d *Discussion
}

func (pinnedDiscussion) TypeName() string { return "PinnedDiscussion" }

func (p pinnedDiscussion) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "PD_" + p.d.NodeID()
	case "databaseId":
		return small(p.d.ID)
	case "discussion":
		return discussion(p)
	case "repository":
		return p.repository(p.d.Repo)
	case "createdAt", "updatedAt":
		return p.d.CreatedAt
	case "pinnedBy":
		return p.actor(p.m.Ghost)
	case "gradientStopColors":
		return []string{"4c1", "97ca00"}
	case "pattern":
		return "DOT"
	case "preconfiguredGradient":
		return nil
	}
	return graphql.NotServed{}
}
