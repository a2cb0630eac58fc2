package giteatest

import (
	"net/http"
	"slices"
	"strings"
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

const maxUpload = 2 << 30

// allowedTypes are the endings of attachments that Gitea takes by itself.
func allowedTypes() string {
	return ".avif,.cpuprofile,.csv,.dmp,.docx,.fodg,.fodp,.fods,.fodt,.gif,.gz,.jpeg,.jpg,.json,.jsonc,.log,.md,.mov,.mp4,.odf,.odg,.odp,.ods,.odt,.patch,.pdf,.png,.pptx,.svg,.tgz,.txt,.webm,.webp,.xls,.xlsx,.zip"
}

// assets is the list of files that the path names.
func (c *call) assets() (at *[]*Attachment, of *Entry, i *Issue, err error) {
	if c.params["index"] == "" {
		if of, err = c.comment(); err != nil {
			return nil, nil, nil, err
		}
		return &of.Assets, of, of.Issue, nil
	}
	if i, err = c.issue(); err != nil {
		return nil, nil, nil, err
	}
	return &i.Assets, nil, i, nil
}

func (c *call) listAssets() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return ok(c.assetViews(*at))
}

func (c *call) createAsset() (reply, error) {
	at, of, i, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	author := i.Author
	if of != nil {
		author = of.User
	}
	if author != c.doer && !c.writes(i) {
		return reply{}, refuse(http.StatusForbidden, "user should have permission to write issue")
	}
	name, data, err := c.file()
	if err != nil {
		return reply{}, err
	}
	if !allowed(name) {
		return reply{}, refuse(http.StatusUnprocessableEntity, "This file cannot be uploaded or modified due to a forbidden file extension or type.")
	}
	a := c.store(name, data)
	*at = append(*at, a)
	if of != nil {
		of.Updated = c.clock()
	} else {
		i.Version++
		c.touch(i)
	}
	return created(c.assetView(a))
}

// allowed says whether a file may be attached to an issue, by its ending.
func allowed(name string) bool {
	at := strings.LastIndexByte(name, '.')
	return at >= 0 && slices.Contains(strings.Split(allowedTypes(), ","), strings.ToLower(name[at:]))
}

// store keeps a file.
func (c *call) store(name string, data []byte) *Attachment {
	id := c.next("attachment")
	h := digest("attachment", itoa(id))
	a := &Attachment{ID: id, UUID: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32], Name: name, Data: data,
		Created: c.clock(), Uploader: c.doer, repo: c.repo}
	c.attachments[a.UUID] = a
	return a
}

func (c *call) asset(all []*Attachment) (*Attachment, error) {
	for _, a := range all {
		if a.ID == c.number("asset") {
			return a, nil
		}
	}
	return nil, &failure{status: http.StatusNotFound, message: "not found", null: true}
}

func (c *call) getAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	a, err := c.asset(*at)
	if err != nil {
		return reply{}, err
	}
	return ok(c.assetView(a))
}

func (c *call) editAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return c.renameAsset(*at)
}

func (c *call) renameAsset(all []*Attachment) (reply, error) {
	a, err := c.asset(all)
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Name string `json:"name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Name != "" {
		a.Name = o.Name
	}
	plain := *a
	plain.release = nil // the address is that of an attachment, this once
	return created(c.assetView(&plain))
}

func (c *call) deleteAsset() (reply, error) {
	at, _, _, err := c.assets()
	if err != nil {
		return reply{}, err
	}
	return c.dropAsset(at)
}

func (c *call) dropAsset(at *[]*Attachment) (reply, error) {
	a, err := c.asset(*at)
	if err != nil {
		return reply{}, err
	}
	*at = slices.DeleteFunc(*at, func(o *Attachment) bool { return o == a })
	delete(c.attachments, a.UUID)
	return none()
}
