package threads

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// entry is a record, or what became of one.
type entry struct {
	key     schema.Key
	after   []schema.Key
	body    any
	blob    *schema.Blob
	text    string    // what people wrote
	written time.Time // when they last did
	title   string
	url     string
	fault   string // why it cannot be read
}

// group are entries that stay together: a review and its comments.
type group struct {
	at      time.Time
	entries []entry
}

// key is the key of the thread's record.
func (t *thread) key() schema.Key {
	kind := schema.KindIssue
	switch t.Typename {
	case typeChange:
		kind = schema.KindChange
	case typeDiscussion:
		kind = schema.KindDiscussion
	}
	return schema.Key{Kind: kind, ID: id(t.Number)}
}

// below is the id of something that stands under the thread.
func (t *thread) below(anchor string) string { return id(t.Number) + "#" + anchor }

// The anchors of GitHub's pages.
const (
	anchorComment = "issuecomment-"
	anchorNote    = "discussion_r"
	anchorReview  = "pullrequestreview-"
	anchorAnswer  = "discussioncomment-"
	anchorFile    = "attachment-"
)

// entries are the thread and all that belongs to it, in the order in which they
// are yielded: as they happened, a review directly before its comments, files at
// the end.
func (r *reading) entries(t *thread) []entry {
	all := []entry{r.top(t)}
	groups := slices.Concat(t.events(), t.reviews(), t.comments())
	slices.SortStableFunc(groups, func(a, b group) int { return a.at.Compare(b.at) })
	seen := map[schema.Key]bool{}
	for _, g := range groups {
		for _, e := range g.entries {
			// What names a record that only comes later, or is unreadable, must
			// not wait for it.
			e.after = slices.DeleteFunc(e.after, func(k schema.Key) bool { return !seen[k] })
			seen[e.key] = e.fault == ""
			all = append(all, e)
		}
	}
	return append(all, r.files(t, all)...)
}

// top is the thread itself.
func (r *reading) top(t *thread) entry {
	e := entry{key: t.key(), text: t.Body, written: later(t.CreatedAt, t.LastEditedAt), title: t.Title, url: t.URL, fault: t.unreadable()}
	switch e.key.Kind {
	case schema.KindIssue:
		e.body = t.issue(r.types[t.Number])
	case schema.KindChange:
		e.body = t.change()
	default:
		e.body = t.discussion(r.forum[t.Number])
	}
	if m := t.milestone(); m != "" {
		e.after = []schema.Key{{Kind: schema.KindMilestone, ID: m}}
	}
	return e
}

// unreadable says why the thread's own record would not be whole.
func (t *thread) unreadable() string {
	why := cmp.Or(t.Fault, t.Labels.Fault, t.Assignees.Fault, t.ReviewRequests.Fault, t.SubIssues.Fault, t.Reactions.Fault)
	for _, s := range t.SubIssues.Nodes {
		if s != nil {
			why = cmp.Or(why, s.Fault)
		}
	}
	return cmp.Or(why, reactionFault(t.Reactions))
}

func reactionFault(l list[reaction]) string {
	why := l.Fault
	for _, x := range l.Nodes {
		if x != nil {
			why = cmp.Or(why, x.Fault)
		}
	}
	for _, message := range l.lost {
		why = cmp.Or(why, message)
	}
	return why
}

// events are the lines of the timeline.
func (t *thread) events() []group {
	var all []group
	for _, l := range t.Timeline.Nodes {
		if l == nil {
			continue
		}
		e := entry{key: schema.Key{Kind: schema.KindEvent, ID: t.below(l.ID)}, body: event(l), url: t.URL, fault: l.Fault}
		all = append(all, group{l.CreatedAt, []entry{e}})
	}
	return append(all, lost(t, &t.Timeline, schema.KindEvent, "event")...)
}

// reviews are the reviews, each with its comments on the diff.
func (t *thread) reviews() []group {
	notes := map[string][]group{} // by review, one comment each
	var alone []group             // those from before there were reviews
	var unread []group
	for _, c := range t.ReviewThreads.Nodes {
		if c == nil {
			continue
		}
		for _, n := range c.Comments.Nodes {
			if n == nil {
				continue
			}
			g := group{n.CreatedAt, []entry{t.note(n, c)}}
			if n.Review != nil {
				notes[n.Review.id()] = append(notes[n.Review.id()], g)
			} else {
				alone = append(alone, g)
			}
		}
		unread = append(unread, lost(t, &c.Comments, schema.KindComment, "discussion_thread-"+c.ID)...)
	}
	var all []group
	for _, r := range t.Reviews.Nodes {
		if r == nil {
			continue
		}
		key := schema.Key{Kind: schema.KindReview, ID: t.below(anchorReview + r.id())}
		at := r.CreatedAt
		if r.SubmittedAt != nil {
			at = *r.SubmittedAt
		}
		g := group{at, []entry{{key: key, body: r.review(), text: r.Body, written: later(r.CreatedAt, r.LastEditedAt, r.SubmittedAt), url: r.URL, fault: r.Fault}}}
		for _, n := range notes[r.id()] {
			g.entries = append(g.entries, n.entries...)
		}
		delete(notes, r.id())
		all = append(all, g)
	}
	for _, id := range sorted(notes) { // of reviews that are not shown
		all = append(all, notes[id]...)
	}
	all = append(all, lost(t, &t.Reviews, schema.KindReview, "review")...)
	all = append(all, lost(t, &t.ReviewThreads, schema.KindComment, "discussion_thread")...)
	return slices.Concat(all, alone, unread)
}

// note is a comment on the diff.
func (t *thread) note(n *comment, in *conversation) entry {
	b := n.body()
	b.Position, b.Resolved = n.position(in), in.Resolved
	e := entry{key: schema.Key{Kind: schema.KindComment, ID: t.below(anchorNote + n.id())}, text: n.Body, written: later(n.CreatedAt, n.LastEditedAt), url: n.URL}
	if n.Review != nil {
		b.Review = t.below(anchorReview + n.Review.id())
		e.after = append(e.after, schema.Key{Kind: schema.KindReview, ID: b.Review})
	}
	if n.ReplyTo != nil {
		b.ReplyTo = t.below(anchorNote + n.ReplyTo.id())
		e.after = append(e.after, schema.Key{Kind: schema.KindComment, ID: b.ReplyTo})
	}
	e.body, e.fault = b, cmp.Or(n.Fault, in.Fault, reactionFault(n.Reactions))
	return e
}

// comments are the comments of an issue or pull request, and the answers of a
// discussion with their replies.
func (t *thread) comments() []group {
	anchor := anchorComment
	if t.Typename == typeDiscussion {
		anchor = anchorAnswer
	}
	var all []group
	add := func(c *comment) {
		b := c.body()
		e := entry{key: schema.Key{Kind: schema.KindComment, ID: t.below(anchor + c.id())}, text: c.Body, written: later(c.CreatedAt, c.LastEditedAt), url: c.URL,
			fault: cmp.Or(c.Fault, reactionFault(c.Reactions))}
		if c.ReplyTo != nil {
			b.ReplyTo = t.below(anchor + c.ReplyTo.id())
			e.after = []schema.Key{{Kind: schema.KindComment, ID: b.ReplyTo}}
		}
		e.body = b
		all = append(all, group{c.CreatedAt, []entry{e}})
	}
	for _, c := range t.Comments.Nodes {
		if c == nil {
			continue
		}
		add(c)
		for _, reply := range c.Replies.Nodes {
			if reply != nil {
				add(reply)
			}
		}
		all = append(all, lost(t, &c.Replies, schema.KindComment, anchor+c.id()+"-reply")...)
	}
	return append(all, lost(t, &t.Comments, schema.KindComment, anchor)...)
}

// lost are the items of a list that could not be read. They have no id of their
// own, so they are named by their place.
func lost[T any](t *thread, l *list[T], kind schema.Kind, anchor string) []group {
	var all []group
	add := func(place, why string) {
		e := entry{key: schema.Key{Kind: kind, ID: t.below(anchor + "-at-" + place)}, url: t.URL, fault: why}
		all = append(all, group{t.CreatedAt, []entry{e}})
	}
	for _, i := range sorted(l.lost) {
		add(strconv.Itoa(i), l.lost[i])
	}
	if l.Fault != "" {
		add("rest", l.Fault)
	}
	return all
}

// files are the attachments of all texts of the thread.
func (r *reading) files(t *thread, of []entry) []entry {
	var all []entry
	seen := map[string]bool{}
	for _, e := range of {
		if e.fault != "" {
			continue
		}
		for found := range r.repo.Files.Scan(e.text) {
			id := found.ID()
			if seen[id] {
				continue
			}
			seen[id] = true
			all = append(all, entry{
				key:  schema.Key{Kind: schema.KindAttachment, ID: t.below(anchorFile + id)},
				body: schema.Attachment{Name: found.Name, URL: found.URL},
				blob: &schema.Blob{ID: found.Download, Size: -1},
				url:  found.URL,
			})
		}
	}
	return all
}

// Told is what is yielded for an entry.
func (e entry) Told() stream.Entry {
	told := stream.Entry{Record: stream.Record{Key: e.key, After: e.after, Body: e.body, Blob: e.blob}, Title: e.title, URL: e.url}
	if e.fault != "" {
		told.Fault = &providers.Error{Code: providers.CodeUnavailable, Message: "GitHub cannot show it: " + e.fault}
	}
	return told
}

// later is the last of some moments.
func later(at time.Time, others ...*time.Time) time.Time {
	for _, o := range others {
		if o != nil && o.After(at) {
			at = *o
		}
	}
	return at
}

// sorted are the keys of a map, in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
