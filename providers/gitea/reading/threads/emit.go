package threads

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// entry is a record, or what became of one.
type entry struct {
	stream.Entry
	files []api.Attachment
}

// group are entries that stay together: a review and its remarks.
type group struct {
	at      time.Time
	line    int64 // of the timeline: comments, events and remarks share one sequence of ids
	entries []entry
}

func id(number int64) string { return body.ID(number) }

func (t *thread) below(anchor string, n int64) string { return id(t.number) + "#" + anchor + id(n) }

// The anchors.
const (
	anchorComment = "issuecomment-" // also of the server's pages
	anchorReview  = "review-"
	anchorEvent   = "event-"
	anchorFile    = "attachment-"
)

// entries are the thread and all that belongs to it, in the order in which they
// are yielded: as they happened, a review directly before its remarks, files at
// the end.
func (r *reading) entries(t *thread) []entry {
	top := r.top(t)
	all := []entry{top}
	groups := slices.Concat(t.events(), t.commentGroups(), t.reviewGroups())
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.line, b.line)) })
	for _, g := range groups {
		all = append(all, g.entries...)
	}
	for _, f := range t.faults {
		all = append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: schema.Key{Kind: f.kind, ID: id(t.number) + "#" + f.what}}, URL: t.issue.HTMLURL, Fault: f.err}})
	}
	all = append(all, r.files(t, all)...)
	return all
}

// top is the thread itself.
func (r *reading) top(t *thread) entry {
	e := entry{Entry: stream.Entry{Title: t.issue.Title, URL: t.issue.HTMLURL, Fault: t.fault, Text: t.issue.Body}, files: t.issue.Assets}
	e.Record.Key = schema.Key{Kind: schema.KindIssue, ID: id(t.number)}
	if t.pull != nil || t.issue.PullRequest != nil {
		e.Record.Key.Kind = schema.KindChange
	}
	if m := body.MilestoneOf(t.issue); m != "" {
		e.Record.After = []schema.Key{{Kind: schema.KindMilestone, ID: m}}
	}
	if t.pull != nil {
		c := body.Change(t.issue, *t.pull, r.repo.ID, r.repo.Heads[t.number])
		c.Reactions = body.Reactions(t.reactions)
		e.Record.Body = c
		return e
	}
	i := body.Issue(t.issue)
	i.Reactions = body.Reactions(t.reactions)
	if i.State == "closed" {
		i.ClosedBy = t.closedBy()
	}
	e.Record.Body = i
	return e
}

// closedBy is who closed the thread last.
func (t *thread) closedBy() *schema.Person {
	for _, l := range slices.Backward(t.timeline) {
		if l != nil && l.Type == "close" {
			p := body.Person(l.User)
			return &p
		}
	}
	return nil
}

// events are the lines of the timeline.
func (t *thread) events() []group {
	var all []group
	seen := map[int64]bool{} // a page that shifted repeats some
	for _, l := range t.timeline {
		if l == nil || seen[l.ID] {
			continue
		}
		seen[l.ID] = true
		if e, ok := body.Event(l); ok {
			key := schema.Key{Kind: schema.KindEvent, ID: t.below(anchorEvent, l.ID)}
			all = append(all, group{l.CreatedAt, l.ID, []entry{{Entry: stream.Entry{Record: stream.Record{Key: key, Body: e}, URL: l.HTMLURL}}}})
		}
	}
	return all
}

func (t *thread) commentGroups() []group {
	var all []group
	for _, c := range t.comments {
		key := schema.Key{Kind: schema.KindComment, ID: t.below(anchorComment, c.ID)}
		e := entry{Entry: stream.Entry{Record: stream.Record{Key: key, Body: body.Comment(c, t.replies[c.ID])}, URL: c.HTMLURL, Text: c.Body}, files: c.Assets}
		all = append(all, group{c.CreatedAt, c.ID, []entry{e}})
	}
	return all
}

func (t *thread) reviewGroups() []group {
	lines := map[int64]int64{}
	texts := map[int64]string{} // as people see them: a review itself tells the text that it had at first
	for _, l := range t.timeline {
		if l == nil || l.Review == 0 {
			continue
		}
		if lines[l.Review] == 0 {
			lines[l.Review] = l.ID
		}
		if l.Type == "review" {
			texts[l.Review] = l.Body
		}
	}
	var all []group
	for _, v := range t.reviews {
		if text, ok := texts[v.ID]; ok {
			v.Body = text
		}
		b, ok := body.Review(v.Review)
		if !ok {
			continue
		}
		key := schema.Key{Kind: schema.KindReview, ID: t.below(anchorReview, v.ID)}
		g := group{v.Submitted, lines[v.ID], []entry{{Entry: stream.Entry{Record: stream.Record{Key: key, Body: b}, URL: v.HTMLURL, Text: v.Body}}}}
		g.entries = append(g.entries, t.remarks(v, key)...)
		all = append(all, g)
	}
	return all
}

// remarks are the remarks of a review, in the order in which they were made. The
// first at a place opens a conversation, and the others answer it; that it is
// resolved is noted at the first.
func (t *thread) remarks(v review, of schema.Key) []entry {
	sorted := slices.Clone(v.remarks)
	slices.SortStableFunc(sorted, func(a, b api.ReviewRemark) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	type place struct {
		path     string
		old, new int64
	}
	opened := map[place]api.ReviewRemark{}
	var all []entry
	for _, c := range sorted {
		b := body.Remark(c, t.replies[c.ID])
		b.Review = of.ID
		b.Position.Base = t.pull.MergeBase
		record := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: t.below(anchorComment, c.ID)}, After: []schema.Key{of}}
		at := place{c.Path, c.OldLine, c.NewLine}
		if first, ok := opened[at]; ok {
			b.ReplyTo, b.Resolved = t.below(anchorComment, first.ID), first.Resolver != nil
			record.After = append(record.After, schema.Key{Kind: schema.KindComment, ID: b.ReplyTo})
		} else {
			opened[at] = c
		}
		record.Body = b
		all = append(all, entry{Entry: stream.Entry{Record: record, URL: c.HTMLURL, Text: c.Body}})
	}
	return all
}

// files are the files of all texts of the thread: those that the server lists
// with the thread or a comment, and those that texts link to. A file that texts
// link to is known by the link, which is what the target's address replaces.
func (r *reading) files(t *thread, of []entry) []entry {
	listed := map[string]api.Attachment{}
	bases := r.repo.Bases
	var order []string
	for _, e := range of {
		for _, a := range e.files {
			if !body.IsUUID(a.UUID) {
				continue
			}
			uuid := strings.ToLower(a.UUID)
			if _, known := listed[uuid]; !known {
				order = append(order, uuid)
			}
			listed[uuid] = a
			if base, ok := strings.CutSuffix(a.URL, "/attachments/"+a.UUID); ok && !slices.Contains(bases, base) {
				bases = append(slices.Clone(bases), base) // the address that the server is set up with
			}
		}
	}
	var all []entry
	seen := map[string]bool{} // links
	linked := map[string]bool{}
	add := func(a api.Attachment, link string) {
		b, blob := body.Attachment(a, link)
		if b.Name == "" {
			b.Name = a.UUID
		}
		key := schema.Key{Kind: schema.KindAttachment, ID: id(t.number) + "#" + anchorFile + body.FileID(a.UUID, link, a.URL)}
		all = append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: key, Body: b, Blob: blob}, URL: link}})
	}
	for _, e := range of {
		for _, l := range body.Links(e.Text, bases...) {
			if seen[l.URL] {
				continue
			}
			seen[l.URL], linked[l.UUID] = true, true
			a, known := listed[l.UUID]
			if !known {
				a = api.Attachment{UUID: l.UUID, Name: l.Name, Size: -1}
			}
			a.UUID = l.UUID
			add(a, l.URL)
		}
	}
	for _, uuid := range order {
		if !linked[uuid] {
			add(listed[uuid], listed[uuid].URL)
		}
	}
	return all
}
