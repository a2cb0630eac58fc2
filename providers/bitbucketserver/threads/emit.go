package threads

import (
	"cmp"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// group are entries that stay together: a comment and the replies to it.
type group struct {
	at      time.Time
	id      int64 // of the activity
	entries []stream.Entry
}

// The anchors.
const (
	anchorComment  = "comment-"
	anchorTask     = "task-"
	anchorActivity = "activity-"
	anchorReviewer = "reviewer-"
	anchorFile     = "file-"
)

func (t *thread) below(anchor string, n int64) string { return id(t.number) + "#" + anchor + id(n) }

// entries are the pull request and all that belongs to it, in the order in which
// they are yielded: as they happened, replies directly after what they answer, files
// at the end.
func (r *reading) entries(t *thread) []stream.Entry {
	top := r.top(t)
	all := []stream.Entry{top}
	groups := slices.Concat(r.comments(t), r.reviews(t), r.events(t))
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	for _, g := range groups {
		all = append(all, g.entries...)
	}
	for _, f := range t.faults {
		all = append(all, stream.Entry{Record: stream.Record{Key: schema.Key{Kind: f.kind, ID: id(t.number) + "#" + f.what}}, URL: top.URL, Title: top.Title, Fault: f.err})
	}
	all = append(all, r.files(t, all)...)
	return all
}

// url is where the pull request is shown.
func (r *reading) url(t *thread) string { return r.repo.URL + "/pull-requests/" + id(t.number) }

// text is a text with its links to files made good.
func (r *reading) text(t *thread, text string) string {
	text, foreign := r.repo.Files.Text(text)
	if foreign > 0 {
		t.losses[lossFiles] += int64(foreign)
	}
	return text
}

// top is the pull request itself.
func (r *reading) top(t *thread) stream.Entry {
	e := stream.Entry{Record: stream.Record{Key: changeKey(t.number)}, Title: t.pull.Title, URL: r.url(t), Fault: t.fault}
	c := body.Change(t.pull, r.repo.ID, func(branch string) bool { return r.repo.Branches[branch] }, e.URL)
	c.Text = r.text(t, c.Text)
	for _, a := range t.activities {
		switch {
		case a.Action == api.ActionMerged && c.State == "merged":
			p := body.Person(a.User)
			c.MergedBy, c.MergedAt = &p, a.CreatedDate.Time()
			if a.Commit != nil {
				c.MergeCommit = a.Commit.ID
			}
		case a.Action == api.ActionDeclined && c.State == "closed":
			c.ClosedAt = a.CreatedDate.Time()
		}
	}
	if c.State == "merged" && c.MergedAt.IsZero() {
		c.MergedAt = c.ClosedAt
	}
	e.Record.Body, e.Text = c, c.Text
	return e
}

// comments are the comments with their replies and tasks. A comment that was edited
// stands in several activities, each time as it is now.
func (r *reading) comments(t *thread) []group {
	var all []group
	seen := map[int64]bool{}
	found := int64(0)
	for _, a := range t.activities {
		if a.Comment == nil || a.CommentAction == "DELETED" || a.Comment.ID <= 0 || seen[a.Comment.ID] {
			continue
		}
		anchor := a.CommentAnchor
		if anchor == nil {
			anchor = a.Comment.Anchor
		}
		of := conversation{reading: r, thread: t, place: body.Position(anchor, a.Diff), seen: seen}
		of.add(*a.Comment, nil)
		found += int64(len(of.entries))
		if len(of.entries) > 0 {
			all = append(all, group{a.Comment.CreatedDate.Time(), a.ID, of.entries})
		}
	}
	// What was begun and not published is in no count.
	if told := t.pull.Properties.Comments; told > found && len(t.faults) == 0 {
		t.losses[lossHidden] += told - found
	}
	return all
}

// conversation is a comment and all that answers it.
type conversation struct {
	*reading
	thread  *thread
	place   *schema.Position
	seen    map[int64]bool
	entries []stream.Entry
}

// add adds a comment, then its tasks and the replies to it, each with those to
// itself: whatever is answered stands before the answer.
func (c *conversation) add(comment api.Comment, answers *schema.Key) {
	if comment.ID <= 0 || c.seen[comment.ID] {
		return
	}
	c.seen[comment.ID] = true
	if body.IsDraft(comment) {
		c.thread.losses[lossDrafts]++
		return
	}
	url := c.url(c.thread) + "/overview?commentId=" + id(comment.ID)
	key := c.put(c.thread.below(anchorComment, comment.ID), body.Comment(comment, url), answers)
	for _, task := range comment.Tasks {
		c.put(c.thread.below(anchorTask, task.ID), body.OldTask(task, url), &key)
	}
	replies := slices.Clone(comment.Comments)
	slices.SortStableFunc(replies, func(a, b api.Comment) int {
		return cmp.Or(cmp.Compare(a.CreatedDate, b.CreatedDate), cmp.Compare(a.ID, b.ID))
	})
	for _, reply := range replies {
		c.add(reply, &key)
	}
}

func (c *conversation) put(id string, b schema.Comment, answers *schema.Key) schema.Key {
	e := stream.Entry{Record: stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: id}}, URL: b.URL}
	b.Text, b.Position = c.text(c.thread, b.Text), c.place
	if answers != nil {
		b.ReplyTo = answers.ID
		e.Record.After = []schema.Key{*answers}
	}
	e.Record.Body, e.Text = b, b.Text
	c.entries = append(c.entries, e)
	return e.Record.Key
}

// reviews are what reviewers said of the change as a whole. One that somebody took
// back is dismissed. The commit is known of the last of each.
func (r *reading) reviews(t *thread) []group {
	status := map[string]api.Participant{}
	for _, p := range slices.Concat(t.pull.Reviewers, t.pull.Participants) {
		if p.Status != "" && p.User.Name != "" {
			status[p.User.Name] = p
		}
	}
	type said struct {
		activity api.Activity
		review   schema.Review
	}
	var all []said
	last := map[string]int{} // by name
	for _, a := range t.activities {
		at, spoke := last[a.User.Name]
		if a.Action == api.ActionUnapproved && spoke {
			all[at].review.State = "dismissed"
			delete(last, a.User.Name)
		}
		if review, ok := body.Review(a); ok {
			last[a.User.Name] = len(all)
			all = append(all, said{a, review})
		}
	}
	var groups []group
	add := func(at time.Time, activity int64, id string, review schema.Review) {
		review.URL = r.url(t)
		key := schema.Key{Kind: schema.KindReview, ID: id}
		groups = append(groups, group{at, activity, []stream.Entry{{Record: stream.Record{Key: key, Body: review}, URL: review.URL}}})
	}
	told := map[string]bool{}
	for i, s := range all {
		name := s.activity.User.Name
		if now, ok := body.Standing(status[name]); ok && last[name] == i && s.review.State == now.State {
			s.review.Commit = now.Commit
			told[name] = true
		}
		add(s.review.SubmittedAt, s.activity.ID, t.below(anchorActivity, s.activity.ID), s.review)
	}
	for _, p := range t.pull.Reviewers { // whose activity is not among those that are told
		if review, ok := body.Standing(p); ok && !told[p.User.Name] && p.User.ID > 0 && len(t.faults) == 0 {
			add(t.pull.UpdatedDate.Time(), 0, t.below(anchorReviewer, p.User.ID), review)
		}
	}
	return groups
}

// events are the lines of the history.
func (r *reading) events(t *thread) []group {
	var all []group
	for _, a := range t.activities {
		events, known := body.Events(a)
		if !known && a.Comment == nil {
			t.losses[lossActivities]++
		}
		g := group{at: a.CreatedDate.Time(), id: a.ID}
		for i, e := range events {
			of := t.below(anchorActivity, a.ID)
			if i > 0 {
				of += "-" + id(int64(i+1))
			}
			g.entries = append(g.entries, stream.Entry{Record: stream.Record{Key: schema.Key{Kind: schema.KindEvent, ID: of}, Body: e}, URL: r.url(t)})
		}
		if len(g.entries) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// files are the files that the texts link to. How large they are is not known.
func (r *reading) files(t *thread, of []stream.Entry) []stream.Entry {
	var all []stream.Entry
	seen := map[string]bool{}
	for _, e := range of {
		for _, f := range r.repo.Files.Scan(e.Text) {
			if seen[f.URL] {
				continue
			}
			seen[f.URL] = true
			key := schema.Key{Kind: schema.KindAttachment, ID: id(t.number) + "#" + anchorFile + f.Key()}
			record := stream.Record{Key: key, Body: schema.Attachment{Name: f.Name, URL: f.URL}, Blob: &schema.Blob{ID: f.ID, Size: -1}}
			all = append(all, stream.Entry{Record: record, Title: f.Name, URL: f.URL})
		}
	}
	return all
}
