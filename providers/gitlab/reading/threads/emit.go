package threads

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// group are entries that stay together: a thread of notes.
type group struct {
	at      time.Time
	entries []stream.Entry
}

func id(number int64) string { return body.ID(number) }

func (r *reading) below(t *thread, anchor string) string {
	return r.sort.prefix + id(t.number) + "#" + anchor
}

// The anchors.
const (
	anchorNote      = "note_" // also of the server's pages
	anchorApproval  = "approval_"
	anchorRefusal   = "refusal_"
	anchorState     = "state_"
	anchorLabel     = "label_"
	anchorMilestone = "milestone_"
	anchorLink      = "link_"
	anchorTimes     = "times"
	anchorUpload    = "upload_"
)

// entries are the thread and all that belongs to it, in the order in which they are
// yielded: as they happened, a thread of notes together, files at the end.
func (r *reading) entries(t *thread) []stream.Entry {
	top := r.top(t)
	all := []stream.Entry{top}
	groups := slices.Concat(r.events(t), r.discussions(t), r.reviews(t))
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(string(a.entries[0].Record.Key.Kind), string(b.entries[0].Record.Key.Kind)))
	})
	for _, g := range groups {
		all = append(all, g.entries...)
	}
	for _, f := range t.faults {
		all = append(all, stream.Entry{Record: stream.Record{Key: schema.Key{Kind: f.kind, ID: r.below(t, f.what)}}, Title: top.Title, URL: top.URL, Fault: f.err})
	}
	all = append(all, r.files(t, all)...)
	return all
}

// top is the thread itself.
func (r *reading) top(t *thread) stream.Entry {
	e := stream.Entry{Fault: t.fault}
	e.Record.Key = schema.Key{Kind: r.sort.Kind, ID: id(t.number)}
	milestone := ""
	switch {
	case t.issue != nil:
		i := body.Issue(*t.issue)
		i.Reactions = body.Reactions(t.awards)
		e.Title, e.URL, e.Text, e.Record.Body, milestone = i.Title, i.URL, i.Text, i, i.Milestone
		if t.issue.Weight != nil || present(t.issue.Iteration) || present(t.issue.Epic) || t.issue.Health != "" {
			t.lost[lostFields]++
		}
	case t.change != nil:
		c := body.Change(*t.change, r.repo.Refs[body.HeadRef(t.number)], t.fork)
		c.Reactions = body.Reactions(t.awards)
		if _, there := r.repo.Refs["refs/heads/"+c.Head.Branch]; c.Head.Repository == "" && !there {
			c.Head.Gone = true
		}
		if c.Head.Ref == "" {
			t.lost[lostHeads]++
		}
		e.Title, e.URL, e.Text, e.Record.Body, milestone = c.Title, c.URL, c.Text, c, c.Milestone
	}
	if milestone != "" {
		e.Record.After = []schema.Key{{Kind: schema.KindMilestone, ID: milestone}}
	}
	return e
}

// present reports whether a JSON value is there and not null.
func present(value []byte) bool { return len(value) > 0 && string(value) != "null" }

// discussions are the notes. The first of a thread is answered by the others; that
// it is resolved is noted at the first.
func (r *reading) discussions(t *thread) []group {
	head := ""
	if t.change != nil {
		head = t.change.SHA
	}
	var all []group
	for _, d := range t.discussions {
		g := group{at: d.Notes[0].CreatedAt}
		first := schema.Key{Kind: schema.KindComment, ID: r.below(t, anchorNote+id(d.Notes[0].ID))}
		for i, n := range d.Notes {
			url := r.url(t) + "#" + anchorNote + id(n.ID)
			b := body.Note(n, url, head, t.replies[n.ID])
			record := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: r.below(t, anchorNote+id(n.ID))}}
			if i == 0 {
				b.Resolved = n.Resolved
			} else {
				b.ReplyTo, record.After = first.ID, []schema.Key{first}
			}
			record.Body = b
			g.entries = append(g.entries, stream.Entry{Record: record, URL: url, Text: n.Body})
		}
		all = append(all, g)
	}
	return all
}

func (r *reading) url(t *thread) string {
	if t.change != nil {
		return t.change.WebURL
	}
	return t.issue.WebURL
}

// events are what happened to the thread.
func (r *reading) events(t *thread) []group {
	var all []group
	add := func(anchor string, e schema.Event) {
		key := schema.Key{Kind: schema.KindEvent, ID: r.below(t, anchor)}
		all = append(all, group{e.At, []stream.Entry{{Record: stream.Record{Key: key, Body: e}, URL: r.url(t)}}})
	}
	for _, e := range t.states {
		add(anchorState+id(e.ID), body.State(e))
	}
	for _, e := range t.labels {
		if b, ok := body.Labeled(e); ok {
			add(anchorLabel+id(e.ID), b)
		} else {
			t.lost[lostEvents]++
		}
	}
	for _, e := range t.milestones {
		if b, ok := body.Milestoned(e); ok {
			add(anchorMilestone+id(e.ID), b)
		} else {
			t.lost[lostEvents]++
		}
	}
	for _, l := range t.links {
		add(anchorLink+id(l.LinkID), body.Linked(l))
	}
	times := ""
	switch {
	case t.change != nil:
		times = body.Times(t.change.TimeStats)
	case t.issue != nil:
		times = body.Times(t.issue.TimeStats)
	}
	if times != "" {
		add(anchorTimes, schema.Event{Name: "time_tracked", To: times})
	}
	return all
}

// reviews are the approvals of a merge request, and that changes are wanted.
func (r *reading) reviews(t *thread) []group {
	var all []group
	add := func(anchor string, b schema.Review) {
		key := schema.Key{Kind: schema.KindReview, ID: r.below(t, anchor)}
		all = append(all, group{b.SubmittedAt, []stream.Entry{{Record: stream.Record{Key: key, Body: b}, URL: r.url(t)}}})
	}
	for _, a := range t.approvals {
		if a.User != nil {
			add(anchorApproval+id(a.User.ID), body.Approval(a))
		}
	}
	for _, v := range t.reviewers {
		if v.User != nil && v.State == "requested_changes" {
			add(anchorRefusal+id(v.User.ID), body.Refusal(v))
		}
	}
	return all
}

// files are the files that the texts of the thread link to.
func (r *reading) files(t *thread, of []stream.Entry) []stream.Entry {
	var all []stream.Entry
	seen := map[string]bool{} // links
	for _, e := range of {
		for _, l := range r.repo.Links(e.Text) {
			if seen[l.URL] {
				continue
			}
			seen[l.URL] = true
			b, blob := l.Attachment()
			key := schema.Key{Kind: schema.KindAttachment, ID: r.below(t, anchorUpload+l.ID())}
			all = append(all, stream.Entry{Record: stream.Record{Key: key, Body: b, Blob: blob}, Title: l.File.Name, URL: e.URL})
		}
	}
	return all
}
