package threads

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// issue reads what belongs to an issue.
func (r *reading) issue(ctx context.Context, i api.Issue) ([]entry, error) {
	key := issueKey(i.ID)
	here := present{}
	here.meet(i.Reporter, i.Assignee)
	comments, faults, err := part(ctx, r, key, schema.KindComment, "comments", func() ([]api.Comment, error) {
		return r.client.IssueComments(ctx, r.repo.Repo, i.ID)
	})
	if err != nil {
		return nil, err
	}
	for _, c := range comments {
		here.meet(c.User)
	}
	var changes []api.IssueChange
	if len(comments) > 0 { // each change is one of them
		var fault []entry
		changes, fault, err = part(ctx, r, key, schema.KindEvent, "changes", func() ([]api.IssueChange, error) {
			return r.client.IssueChanges(ctx, r.repo.Repo, i.ID)
		})
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault...)
	}
	for _, c := range changes {
		here.meet(c.User)
	}
	top, err := r.issueEntry(ctx, here, i, changes)
	if err != nil {
		return nil, err
	}
	var below []entry
	for _, c := range comments {
		if c.Deleted || strings.TrimSpace(c.Content.Raw) == "" {
			continue
		}
		e, err := r.comment(ctx, here, key, c)
		if err != nil {
			return nil, err
		}
		below = append(below, e)
	}
	for _, c := range changes {
		happened, err := r.events(ctx, here, key, c)
		if err != nil {
			return nil, err
		}
		below = append(below, happened...)
	}
	all := append([]entry{top}, inOrder(below)...)
	files, fault, err := r.files(ctx, i.ID, key)
	if err != nil {
		return nil, err
	}
	return slices.Concat(all, faults, fault, files, r.pictures(key, all)), nil
}

func (r *reading) issueEntry(ctx context.Context, here present, i api.Issue, changes []api.IssueChange) (entry, error) {
	e := entry{Entry: stream.Entry{Record: stream.Record{Key: issueKey(i.ID)}, Title: i.Title, URL: i.Links.HTML.Href}}
	text, err := r.write(ctx, here, &e, i.Content)
	if err != nil {
		return e, err
	}
	b := schema.Issue{
		Number: i.ID, Title: i.Title, Text: text + standing(i), State: stateClosed, StateReason: stateReason(i.State),
		Author: Person(i.Reporter), Labels: labels(i), URL: i.Links.HTML.Href, CreatedAt: i.CreatedOn.UTC(), UpdatedAt: i.EditedOn.UTC(),
	}
	if i.Assignee != nil {
		b.Assignees = []schema.Person{Person(i.Assignee)}
	}
	if i.Milestone != nil {
		if b.Milestone = r.milestones[i.Milestone.Name]; b.Milestone != "" {
			e.Record.After = []schema.Key{{Kind: schema.KindMilestone, ID: b.Milestone}}
		}
	}
	if isOpen(i.State) {
		b.State = stateOpen
	} else {
		b.ClosedAt, b.ClosedBy = closing(changes)
	}
	e.Record.Body = b
	return e, nil
}

// standing tells of votes and watchers, whom Bitbucket only counts. Who reported an
// issue watches it, which tells nothing.
func standing(i api.Issue) string {
	if i.Votes <= 0 && i.Watches <= 1 {
		return ""
	}
	count := func(n int64, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %ss", max(0, n), one)
	}
	return "\n\n*On Bitbucket: " + count(i.Votes, "vote") + ", " + count(i.Watches, "watcher") + "*"
}

// closing is when an issue was closed last, and by whom.
func closing(changes []api.IssueChange) (time.Time, *schema.Person) {
	var at time.Time
	var by *schema.Person
	for _, c := range changes {
		if s, ok := c.Changes["state"]; ok && !isOpen(string(s.New)) && (s.Old == "" || isOpen(string(s.Old))) && c.CreatedOn.After(at) {
			at, by = c.CreatedOn.UTC(), ifAny(c.User)
		}
	}
	return at, by
}

// comment is a comment, on an issue or on a pull request as a whole.
func (r *reading) comment(ctx context.Context, here present, of schema.Key, c api.Comment) (entry, error) {
	e := entry{Entry: stream.Entry{Record: stream.Record{Key: commentKey(of, c.ID)}, URL: c.Links.HTML.Href}, order: c.ID}
	text, err := r.write(ctx, here, &e, c.Content)
	if err != nil {
		return e, err
	}
	b := schema.Comment{Text: text, Author: Person(c.User), URL: c.Links.HTML.Href, CreatedAt: c.CreatedOn.UTC(), UpdatedAt: later(c.CreatedOn, c.UpdatedOn)}
	if c.Parent != nil {
		b.ReplyTo = commentKey(of, c.Parent.ID).ID
		e.Record.After = []schema.Key{commentKey(of, c.Parent.ID)}
	}
	e.Record.Body = b
	return e, nil
}

func commentKey(of schema.Key, id int64) schema.Key {
	return schema.Key{Kind: schema.KindComment, ID: of.ID + "/comments/" + number(id)}
}

// later is when something was edited; zero when it was not. Bitbucket dates the
// making of a comment twice, some microseconds apart.
func later(made, changed time.Time) time.Time {
	if changed.Sub(made) < time.Second {
		return time.Time{}
	}
	return changed.UTC()
}

// events are what one change did to each field. Of assignees, changes tell the id
// alone.
func (r *reading) events(ctx context.Context, here present, of schema.Key, c api.IssueChange) ([]entry, error) {
	var all []entry
	for _, field := range slices.Sorted(maps.Keys(c.Changes)) {
		v := c.Changes[field]
		for _, b := range eventsOf(field, string(v.Old), string(v.New)) {
			b.Actor, b.At = Person(c.User), c.CreatedOn.UTC()
			if b.Person != nil {
				if a, err := r.people.who(ctx, here, b.Person.ID); err != nil {
					return nil, err
				} else if a.AccountID != "" {
					b.Person = ifAny(&a)
				}
			}
			key := schema.Key{Kind: schema.KindEvent, ID: of.ID + "/changes/" + number(c.ID) + "/" + field + "/" + b.Name}
			all = append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: key, Body: b}}, order: c.ID})
		}
	}
	return all, nil
}

// eventsOf says in the words of timelines that a field changed. What is not a field
// of an issue elsewhere is a label.
func eventsOf(field, before, after string) []schema.Event {
	swap := func(gone, come string) (all []schema.Event) {
		if gone != "" {
			all = append(all, schema.Event{Name: "unlabeled", To: gone})
		}
		if come != "" {
			all = append(all, schema.Event{Name: "labeled", To: come})
		}
		return all
	}
	prefixed := func(prefix string) []schema.Event {
		with := func(value string) string {
			if value == "" {
				return ""
			}
			return prefix + value
		}
		return swap(with(before), with(after))
	}
	switch field {
	case "state":
		all := swap(stateLabel(before), stateLabel(after))
		switch {
		case isOpen(before) && !isOpen(after):
			all = append(all, schema.Event{Name: "closed"})
		case !isOpen(before) && isOpen(after) && before != "":
			all = append(all, schema.Event{Name: "reopened"})
		}
		return all
	case "title":
		return []schema.Event{{Name: "renamed", From: before, To: after}}
	case "assignee_account_id":
		var all []schema.Event
		if before != "" {
			all = append(all, schema.Event{Name: "unassigned", Person: &schema.Person{ID: before}})
		}
		if after != "" {
			all = append(all, schema.Event{Name: "assigned", Person: &schema.Person{ID: after}})
		}
		return all
	case "milestone":
		var all []schema.Event
		if before != "" {
			all = append(all, schema.Event{Name: "demilestoned", To: before})
		}
		if after != "" {
			all = append(all, schema.Event{Name: "milestoned", To: after})
		}
		return all
	case "kind":
		return prefixed(LabelKind)
	case "priority":
		return prefixed(LabelPriority)
	case "component":
		return prefixed(LabelComponent)
	case "version":
		return prefixed(LabelVersion)
	}
	return nil // content is what was written before, assignee a name that nobody has any more
}

// files are the files of an issue. Where they are left out, they are not asked for:
// that would be a request for each issue.
func (r *reading) files(ctx context.Context, n int64, of schema.Key) ([]entry, []entry, error) {
	if r.repo.SkipFiles || !r.Wants(schema.KindAttachment) {
		return nil, nil, nil
	}
	list, faults, err := part(ctx, r, of, schema.KindAttachment, "attachments", func() ([]api.Attachment, error) {
		return r.client.Attachments(ctx, r.repo.Repo, n)
	})
	var all []entry
	for _, f := range list {
		if f.Name == "" || f.Name == "." || f.Name == ".." {
			continue
		}
		key := schema.Key{Kind: schema.KindAttachment, ID: of.ID + "/attachments/" + idOf(f.Name)}
		at := r.client.Host().API + api.AttachmentPath(r.repo.Repo, n, f.Name)
		all = append(all, entry{Entry: stream.Entry{Record: stream.Record{
			Key: key, Body: schema.Attachment{Name: f.Name, URL: at}, Blob: &schema.Blob{ID: of.ID + "/attachments/" + url.PathEscape(f.Name), Size: -1},
		}, URL: at}})
	}
	return all, faults, err
}

// idOf makes a name a part of an id, which is bounded.
func idOf(name string) string {
	if escaped := url.PathEscape(name); len(escaped) <= 300 {
		return escaped
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// pictures are what texts show of what was pasted into them. Each is at an address
// of its own on Bitbucket's pages.
func (r *reading) pictures(of schema.Key, texts []entry) []entry {
	var all []entry
	seen := map[string]bool{}
	for _, e := range texts {
		for _, text := range e.texts {
			for _, p := range Pictures(r.repo.Web, text) {
				if seen[p.URL] {
					continue
				}
				seen[p.URL] = true
				sum := sha256.Sum256([]byte(p.URL))
				key := schema.Key{Kind: schema.KindAttachment, ID: of.ID + "/images/" + hex.EncodeToString(sum[:16])}
				all = append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: key, Body: schema.Attachment{Name: p.Name, URL: p.URL}, Blob: &schema.Blob{ID: p.URL, Size: -1}}, URL: p.URL}})
			}
		}
	}
	return all
}
