package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func noteRoutes(add adding) {
	for _, of := range []string{"issues", "merge_requests", "snippets"} {
		itemRoute(add, of, "GET /notes", signedIn(), (*call).listNotes)
		itemRoute(add, of, "POST /notes", signedIn(), func(c *call, i *Item) (reply, error) { return c.createNote(i, nil, "") })
		itemRoute(add, of, "GET /notes/{note}", signedIn(), withNote(func(c *call, n *Note) (reply, error) { return ok(c.noteView(n)) }))
		itemRoute(add, of, "PUT /notes/{note}", signedIn(), withNote((*call).editNote))
		itemRoute(add, of, "DELETE /notes/{note}", signedIn(), withNote((*call).deleteNote))
		discussionRoutes(func(pattern string, n need, do func(*call, *Item) (reply, error)) { itemRoute(add, of, pattern, n, do) })
	}
	discussionRoutes(func(pattern string, n need, do func(*call, *Item) (reply, error)) {
		method, rest, _ := strings.Cut(pattern, " ")
		add(method+" projects/{id}/repository/commits/{sha}"+rest, n, func(c *call) (reply, error) {
			i, err := c.commitItem()
			if err != nil {
				return reply{}, err
			}
			return do(c, i)
		})
	})
}

func discussionRoutes(add func(pattern string, n need, do func(*call, *Item) (reply, error))) {
	add("GET /discussions", signedIn(), func(c *call, i *Item) (reply, error) {
		all := slices.Clone(i.Discussions)
		slices.SortStableFunc(all, func(a, b *Discussion) int { return a.Notes[0].Created.Compare(b.Notes[0].Created) })
		return ok(list(page(c, slices.DeleteFunc(all, func(d *Discussion) bool { return !c.readsNote(d.Notes[0]) })), c.discussionView))
	})
	add("POST /discussions", signedIn(), func(c *call, i *Item) (reply, error) {
		kind := "DiscussionNote"
		if c.has("position") {
			kind = "DiffNote"
		}
		return c.createNote(i, nil, kind)
	})
	within := func(do func(*call, *Discussion) (reply, error)) func(*call, *Item) (reply, error) {
		return func(c *call, i *Item) (reply, error) {
			d := i.discussion(c.r.PathValue("discussion"))
			if d == nil || !c.readsNote(d.Notes[0]) {
				return reply{}, missing("Discussion")
			}
			return do(c, d)
		}
	}
	add("GET /discussions/{discussion}", signedIn(), within(func(c *call, d *Discussion) (reply, error) { return ok(c.discussionView(d)) }))
	add("PUT /discussions/{discussion}", signedIn(), within((*call).resolveDiscussion))
	add("POST /discussions/{discussion}/notes", signedIn(), within(func(c *call, d *Discussion) (reply, error) {
		if d.Notes[0].System {
			return reply{}, badRequest("Discussion can not be replied to.")
		}
		return c.createNote(d.Item, d, "DiscussionNote")
	}))
	add("GET /discussions/{discussion}/notes/{note}", signedIn(), withNote(func(c *call, n *Note) (reply, error) { return ok(c.noteView(n)) }))
	add("PUT /discussions/{discussion}/notes/{note}", signedIn(), withNote((*call).changeNote))
	add("DELETE /discussions/{discussion}/notes/{note}", signedIn(), withNote((*call).deleteNote))
}

func withNote(do func(*call, *Note) (reply, error)) func(*call, *Item) (reply, error) {
	return func(c *call, i *Item) (reply, error) {
		n := i.note(c.number("note"))
		if n == nil || !c.readsNote(n) {
			return reply{}, missing("")
		}
		return do(c, n)
	}
}

// readsNote says whether whoever asks may read a note: internal ones are for those
// who belong to the project.
func (c *call) readsNote(n *Note) bool {
	i := n.Discussion.Item
	return !n.Internal || n.Author == c.doer || i.Project == nil || c.level(c.doer, i.Project) >= Planner
}

func (c *call) listNotes(i *Item) (reply, error) {
	if err := cmp.Or(c.oneOf("order_by", "created_at", "updated_at"), c.oneOf("sort", "asc", "desc"), c.oneOf("activity_filter", "all_notes", "only_comments", "only_activity")); err != nil {
		return reply{}, err
	}
	only := c.text("activity_filter")
	all := slices.DeleteFunc(i.allNotes(), func(n *Note) bool {
		return !c.readsNote(n) || only == "only_comments" && n.System || only == "only_activity" && !n.System
	})
	sign := -1
	if c.text("sort") == "asc" {
		sign = 1
	}
	slices.SortStableFunc(all, func(a, b *Note) int {
		result := a.Created.Compare(b.Created)
		if c.text("order_by") == "updated_at" {
			result = a.Updated.Compare(b.Updated)
		}
		return sign * cmp.Or(result, cmp.Compare(a.ID, b.ID))
	})
	return ok(list(page(c, all), c.noteView))
}

// mayNote says whether whoever asks may write under an item.
func (c *call) mayNote(i *Item) bool {
	if i.Project == nil {
		return true
	}
	if i.Project.Archived || i.Locked && c.level(c.doer, i.Project) < Guest {
		return false
	}
	return i.Kind != "Commit" || c.level(c.doer, i.Project) >= Guest || open(i.Project.Visibility, c.doer)
}

// noteFailure is how the API says what is wrong with a note.
func noteFailure(attribute string, problems ...string) error {
	quoted := make([]string, len(problems))
	for i, p := range problems {
		quoted[i] = fmt.Sprintf("%q", p)
	}
	return badRequest(fmt.Sprintf("Note {:%s=>[%s]}", attribute, strings.Join(quoted, ", ")))
}

// createNote writes a note under an item: by itself when there is no kind, as the
// beginning of a discussion, or as a reply in one.
func (c *call) createNote(i *Item, in *Discussion, kind string) (reply, error) {
	if err := cmp.Or(c.limited("notes"), c.needs("body"), c.dated("created_at")); err != nil {
		return reply{}, err
	}
	if !c.mayNote(i) {
		return reply{}, forbidden("")
	}
	n := &Note{Type: kind, Author: c.doer, Internal: c.on("internal") || c.on("confidential")}
	if i.Project != nil && c.level(c.doer, i.Project) >= Owner {
		n.Created = c.time("created_at")
	}
	if n.Internal && (i.Kind == "Commit" || i.Project == nil || c.level(c.doer, i.Project) < Planner) {
		return reply{}, forbidden("")
	}
	if in != nil {
		n.Internal = in.Notes[0].Internal
	}
	var did []string
	n.Body = c.text("body")
	if i.Kind == "Issue" || i.Kind == "MergeRequest" {
		n.Body = c.commands(i, n.Body, func(name string) { did = append(did, name) })
	}
	if n.Body == "" && len(did) > 0 {
		return reply{http.StatusAccepted, object{"commands_changes": object{}, "summary": did}}, nil
	}
	if err := c.noteProblems(i, n, kind); err != nil {
		return reply{}, err
	}
	c.addNote(i, in, n)
	if i.Kind != "Commit" {
		i.Updated = c.clock()
	}
	mentioned := c.mentioned(i, n, n.Body, "")
	c.tell(i, c.doer, "note", mentioned)
	if in == nil && kind != "" {
		return created(c.discussionView(n.Discussion))
	}
	return created(c.noteView(n))
}

func (c *call) noteProblems(i *Item, n *Note, kind string) error {
	switch {
	case strings.TrimSpace(n.Body) == "":
		return noteFailure("note", "can't be blank")
	case len([]rune(n.Body)) > maxNote:
		return noteFailure("note", "is too long (maximum is 1000000 characters)")
	case kind == "DiffNote":
		return c.place(i, n)
	}
	return nil
}

func (c *call) editNote(n *Note) (reply, error) {
	if err := c.needs("body"); err != nil {
		return reply{}, err
	}
	i := n.Discussion.Item
	if n.System || n.Author != c.doer && !c.doer.Admin && (i.Project == nil || c.level(c.doer, i.Project) < Maintainer) {
		return reply{}, forbidden("")
	}
	body := c.text("body")
	if i.Kind == "Issue" || i.Kind == "MergeRequest" {
		body = c.commands(i, body, nil)
	}
	before := n.Body
	if strings.TrimSpace(body) == "" {
		return reply{}, noteFailure("note", "can't be blank")
	}
	if body != before {
		n.Body, n.Updated = body, c.clock()
		c.mentioned(i, n, body, before)
	}
	return ok(c.noteView(n))
}

// changeNote edits a note of a discussion, or resolves it.
func (c *call) changeNote(n *Note) (reply, error) {
	if !c.any("body", "resolved") {
		return reply{}, malformed("body, resolved are missing, exactly one parameter must be provided")
	}
	if c.has("body") && c.has("resolved") {
		return reply{}, malformed("body, resolved are mutually exclusive")
	}
	if c.has("body") {
		return c.editNote(n)
	}
	if !c.mayResolve(n.Discussion.Item) {
		return reply{}, forbidden("")
	}
	if !n.resolvable() {
		return reply{}, badRequest("Note is not resolvable")
	}
	c.resolve(n, c.on("resolved"))
	return ok(c.noteView(n))
}

func (c *call) mayResolve(i *Item) bool {
	return i.Project != nil && (c.level(c.doer, i.Project) >= Developer || i.Author == c.doer)
}

func (c *call) resolve(n *Note, resolved bool) {
	if n.Resolved == resolved {
		return
	}
	n.Resolved, n.ResolvedBy, n.ResolvedAt = false, nil, n.ResolvedAt.UTC()
	if resolved {
		n.Resolved, n.ResolvedBy, n.ResolvedAt = true, c.doer, c.clock()
	}
}

func (c *call) resolveDiscussion(d *Discussion) (reply, error) {
	if err := c.needs("resolved"); err != nil {
		return reply{}, err
	}
	if !d.resolvable() || !c.mayResolve(d.Item) {
		return reply{}, forbidden("")
	}
	for _, n := range d.Notes {
		if n.resolvable() {
			c.resolve(n, c.on("resolved"))
		}
	}
	if r := d.Item.merge; r != nil && c.on("resolved") && !r.unresolved() {
		c.tell(d.Item, c.doer, "resolved", nil)
	}
	return ok(c.discussionView(d))
}

func (c *call) deleteNote(n *Note) (reply, error) {
	d := n.Discussion
	if n.Author != c.doer && !c.doer.Admin && (d.Item.Project == nil || c.level(c.doer, d.Item.Project) < Maintainer) {
		return reply{}, forbidden("")
	}
	d.Notes = slices.DeleteFunc(d.Notes, func(o *Note) bool { return o == n })
	if len(d.Notes) == 0 {
		d.Item.Discussions = slices.DeleteFunc(d.Item.Discussions, func(o *Discussion) bool { return o == d })
	}
	return none()
}
