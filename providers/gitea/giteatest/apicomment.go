package giteatest

import (
	"net/http"
	"slices"
)

func commentRoutes(below adding) {
	below("GET", "issues/comments", anyone(), (*call).listRepoComments)
	// Of an issue that does not exist, these say 500 rather than 404.
	below("GET", "issues/{index}/comments", anyone(), (*call).listComments)
	below("POST", "issues/{index}/comments", live(), (*call).createComment)
	below("GET", "issues/{index}/timeline", anyone(), (*call).timeline)
	below("GET", "issues/comments/{id}", anyone(), (*call).getComment)
	below("PATCH", "issues/comments/{id}", live(), (*call).editComment)
	below("DELETE", "issues/comments/{id}", signedIn(), (*call).deleteComment)
	below("PATCH", "issues/{index}/comments/{id}", signedIn(), (*call).editComment)
	below("DELETE", "issues/{index}/comments/{id}", signedIn(), (*call).deleteComment)

	below("GET", "issues/{index}/reactions", anyone(), (*call).listReactions)
	below("POST", "issues/{index}/reactions", signedIn(), func(c *call) (reply, error) { return c.reactTo(true) })
	below("DELETE", "issues/{index}/reactions", signedIn(), func(c *call) (reply, error) { return c.reactTo(false) })
	below("GET", "issues/comments/{id}/reactions", anyone(), (*call).listReactions)
	below("POST", "issues/comments/{id}/reactions", signedIn(), func(c *call) (reply, error) { return c.reactTo(true) })
	below("DELETE", "issues/comments/{id}/reactions", signedIn(), func(c *call) (reply, error) { return c.reactTo(false) })

	for _, of := range []string{"issues/{index}", "issues/comments/{id}"} {
		below("GET", of+"/assets", anyone(), (*call).listAssets)
		below("POST", of+"/assets", live(), (*call).createAsset)
		below("GET", of+"/assets/{asset}", anyone(), (*call).getAsset)
		below("PATCH", of+"/assets/{asset}", live(), (*call).editAsset)
		below("DELETE", of+"/assets/{asset}", live(), (*call).deleteAsset)
	}
}

// comment is the entry that the path names.
func (c *call) comment() (*Entry, error) {
	e := c.repo.entries[c.number("id")]
	if e == nil {
		return nil, missing("", "comment does not exist [id: "+c.params["id"]+", issue_id: 0]")
	}
	if c.access(c.doer, c.repo, e.Issue.unit()) < Read {
		return nil, missing("")
	}
	return e, nil
}

func (c *call) listComments() (reply, error) {
	i, err := c.issueOrBroken()
	if err != nil {
		return reply{}, err
	}
	since, before := c.between()
	var all []*Entry
	for _, e := range i.Comments() {
		if inside(e.Updated, since, before) {
			all = append(all, e)
		}
	}
	c.header.Set("X-Total-Count", itoa(int64(len(all)))) // this list has no pages
	c.expose("X-Total-Count")
	return ok(list(all, c.commentView))
}

func (c *call) listRepoComments() (reply, error) {
	since, before := c.between()
	var all []*Entry
	for _, i := range c.repo.issues() {
		if c.access(c.doer, c.repo, i.unit()) < Read {
			continue
		}
		for _, e := range i.Comments() {
			if inside(e.Updated, since, before) {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *Entry) int {
		if order := a.Created.Compare(b.Created); order != 0 {
			return order
		}
		return int(a.ID - b.ID)
	})
	return ok(list(page(c, all, false), c.commentView))
}

func (c *call) timeline() (reply, error) {
	i, err := c.issueOrBroken()
	if err != nil {
		return reply{}, err
	}
	since, before := c.between()
	var all []*Entry
	for _, e := range i.Timeline {
		if inside(e.Updated, since, before) {
			all = append(all, e)
		}
	}
	at, size := c.page()
	from := min((at-1)*size, len(all))
	var shown []*Entry
	for _, e := range all[from:min(from+size, len(all))] {
		hidden := e.Other != nil && e.Other.Repo != c.repo && c.access(c.doer, e.Other.Repo, e.Other.unit()) < Read
		if e.Kind != "code" && !hidden {
			shown = append(shown, e)
		}
	}
	c.header.Set("X-Total-Count", itoa(int64(len(shown)))) // Gitea counts what is shown, not what there is
	c.expose("X-Total-Count")
	if len(shown) == 0 {
		return reply{http.StatusOK, []byte("null\n")}, c.asJSON()
	}
	return ok(list(shown, func(e *Entry) object { return c.timelineView(e, c.doer) }))
}

func (c *call) asJSON() error {
	c.header.Set("Content-Type", "application/json;charset=utf-8")
	return nil
}

// issueOrBroken is the issue that the path names.
func (c *call) issueOrBroken() (*Issue, error) {
	if c.repo.Issues[c.number("index")] == nil {
		return nil, refuse(http.StatusInternalServerError, "issue does not exist [id: 0, repo_id: %d, index: %d]", c.repo.ID, c.number("index"))
	}
	return c.issue()
}

func (c *call) createComment() (reply, error) {
	i, err := c.issueOrBroken()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Body string `json:"body"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Body", o.Body); err != nil {
		return reply{}, err
	}
	if i.Locked && !c.writes(i) && !c.doer.Admin {
		return reply{}, refuse(http.StatusForbidden, "You cannot comment on a locked issue.")
	}
	e := c.add(i, &Entry{Kind: "comment", User: c.doer, Body: o.Body})
	c.touch(i)
	c.refer(i, e, o.Body)
	c.notify(event{issue: i, comment: e, doer: c.doer, why: "comment", mentions: c.mentioned(i, o.Body, c.doer)})
	return created(c.commentView(e))
}

func (c *call) getComment() (reply, error) {
	e, err := c.comment()
	if err != nil {
		return reply{}, err
	}
	if e.Kind != "comment" {
		return none()
	}
	return ok(c.commentView(e))
}

// mayEdit says whether who asks may change an entry.
func (c *call) mayEdit(e *Entry) bool { return e.User == c.doer || c.writes(e.Issue) }

func (c *call) editComment() (reply, error) {
	e, err := c.comment()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Body string `json:"body"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Body", o.Body); err != nil {
		return reply{}, err
	}
	if !c.mayEdit(e) {
		return reply{}, bare(http.StatusForbidden)
	}
	if !e.texts() {
		return none()
	}
	if o.Body != e.Body {
		e.Body = o.Body
		e.Updated = c.clock()
		c.refer(e.Issue, e, o.Body)
	}
	return ok(c.commentView(e))
}

func (c *call) deleteComment() (reply, error) {
	e, err := c.comment()
	if err != nil {
		return reply{}, err
	}
	switch {
	case !c.mayEdit(e):
		return reply{}, bare(http.StatusForbidden)
	case !e.texts():
		return reply{}, bare(http.StatusBadRequest)
	}
	e.Issue.remove(e)
	return none()
}

// reactions is the list that the path names, the issue that it belongs to, and
// whether it is that of the issue itself.
func (c *call) reactionsAt() (at *[]*Reaction, i *Issue, err error) {
	if c.params["index"] == "" {
		e, err := c.comment()
		if err != nil {
			return nil, nil, err
		}
		return &e.Reactions, e.Issue, nil
	}
	if i, err = c.issue(); err != nil {
		return nil, nil, err
	}
	return &i.Reactions, i, nil
}

func (c *call) listReactions() (reply, error) {
	at, _, err := c.reactionsAt()
	if err != nil {
		return reply{}, err
	}
	all := *at
	if c.params["index"] != "" {
		all = page(c, all, false)
	}
	if len(all) == 0 {
		return reply{http.StatusOK, []byte("null\n")}, c.asJSON()
	}
	return ok(list(all, func(r *Reaction) object { return c.reactionView(r, c.doer) }))
}

func (c *call) reactTo(on bool) (reply, error) {
	at, i, err := c.reactionsAt()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Content string `json:"content"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if i.Locked && !c.writes(i) {
		return reply{}, refuse(http.StatusForbidden, "no permission to change reaction")
	}
	have := slices.IndexFunc(*at, func(r *Reaction) bool { return r.User == c.doer && r.Content == o.Content })
	switch {
	case !on && have >= 0:
		*at = slices.Delete(*at, have, have+1)
		return none()
	case !on:
		return none()
	case !slices.Contains(reactions(), o.Content):
		return reply{}, refuse(http.StatusForbidden, "'%s' is not an allowed reaction", o.Content)
	case have >= 0:
		return ok(c.reactionView((*at)[have], c.doer))
	}
	r := &Reaction{User: c.doer, Content: o.Content, Created: c.clock()}
	*at = append(*at, r)
	return created(c.reactionView(r, c.doer))
}
