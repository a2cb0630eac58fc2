package threads

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// HeadRef is the ref under which an export keeps the head of a pull request. Its name
// is that of Bitbucket Data Center; Bitbucket Cloud has no refs for them.
func HeadRef(n int64) string { return "refs/pull-requests/" + number(n) + "/from" }

// pull reads what belongs to a pull request.
func (r *reading) pull(ctx context.Context, p api.PullRequest) ([]entry, error) {
	key := changeKey(p.ID)
	var comments []api.Comment
	var tasks []api.Task
	var faults []entry
	var err error
	if p.CommentCount > 0 {
		comments, faults, err = part(ctx, r, key, schema.KindComment, "comments", func() ([]api.Comment, error) {
			return r.client.PullRequestComments(ctx, r.repo.Repo, p.ID)
		})
		if err != nil {
			return nil, err
		}
	}
	if p.TaskCount > 0 {
		var fault []entry
		tasks, fault, err = part(ctx, r, key, schema.KindComment, "tasks", func() ([]api.Task, error) {
			return r.client.Tasks(ctx, r.repo.Repo, p.ID)
		})
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault...)
	}
	c := conversation{reading: r, key: key, pull: p, here: present{}, tasks: map[int64][]api.Task{}}
	c.meet(comments, tasks)
	for _, t := range tasks {
		on := int64(0)
		if t.Comment != nil {
			on = t.Comment.ID
		}
		if !t.Pending {
			c.tasks[on] = append(c.tasks[on], t)
		}
	}
	top, err := c.top(ctx)
	if err != nil {
		return nil, err
	}
	below, err := c.comments(ctx, comments)
	if err != nil {
		return nil, err
	}
	end, err := c.end(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat([]entry{top}, c.reviews(), below, end)
	return slices.Concat(all, faults, r.pictures(key, all)), nil
}

// conversation is a pull request with what was said of it.
type conversation struct {
	*reading
	key   schema.Key
	pull  api.PullRequest
	here  present
	tasks map[int64][]api.Task // by comment; 0: of the pull request
	head  string               // commit
}

// meet notes who has to do with the pull request.
func (c *conversation) meet(comments []api.Comment, tasks []api.Task) {
	c.here.meet(c.pull.Author, c.pull.ClosedBy)
	for i := range c.pull.Reviewers {
		c.here.meet(&c.pull.Reviewers[i])
	}
	for _, p := range c.pull.Participants {
		c.here.meet(p.User)
	}
	for _, n := range comments {
		c.here.meet(n.User)
	}
	for _, t := range tasks {
		c.here.meet(t.Creator)
	}
}

// top is the pull request itself.
func (c *conversation) top(ctx context.Context) (entry, error) {
	p := c.pull
	e := entry{Entry: stream.Entry{Record: stream.Record{Key: c.key}, Title: p.Title, URL: p.Links.HTML.Href}}
	text, err := c.write(ctx, c.here, &e, p.Summary)
	if err != nil {
		return e, err
	}
	list, err := c.checklist(ctx, &e, 0, p.Author)
	if err != nil {
		return e, err
	}
	b := schema.Change{
		Number: p.ID, Title: p.Title, Text: text + list, State: stateClosed, Draft: p.Draft, Author: Person(p.Author),
		Head: schema.Tip{Branch: p.Source.Branch.Name}, Base: schema.Tip{Branch: p.Destination.Branch.Name},
		URL: p.Links.HTML.Href, CreatedAt: p.CreatedOn.UTC(),
	}
	var merged string
	if p.MergeCommit != nil {
		merged = p.MergeCommit.Hash
	}
	for _, one := range []struct {
		into *string
		hash string
	}{{&b.MergeCommit, merged}, {&b.Head.Commit, p.Source.Hash()}, {&b.Base.Commit, p.Destination.Hash()}} {
		if *one.into, err = c.commits.full(ctx, one.hash); err != nil {
			return e, err
		}
	}
	c.ends(&b)
	switch p.State {
	case api.StateOpen:
		b.State = stateOpen
	case api.StateMerged:
		b.State, b.MergedAt, b.MergedBy = "merged", c.closed(), ifAny(p.ClosedBy)
		b.ClosedAt = b.MergedAt
	default:
		b.ClosedAt = c.closed()
	}
	for i, reviewer := range p.Reviewers {
		if !c.judged(reviewer) {
			b.RequestedReviewers = append(b.RequestedReviewers, Person(&p.Reviewers[i]))
		}
	}
	c.head, e.Record.Body = b.Head.Commit, b
	return e, nil
}

// ends tells of the branches whether they are there, and where.
func (c *conversation) ends(b *schema.Change) {
	there := func(branch string) bool { return c.repo.Refs["refs/heads/"+branch] != "" }
	b.Base.Gone = !there(b.Base.Branch)
	switch from := c.pull.Source.Repository; {
	case from == nil:
		b.Head.Gone = true
	case from.UUID == c.repo.UUID:
		b.Head.Gone = !there(b.Head.Branch)
	default:
		b.Head.Repository = from.FullName
	}
	if b.Head.Commit != "" {
		b.Head.Ref = HeadRef(c.pull.ID)
	}
}

// closed is when the pull request was closed, as far as that is told.
func (c *conversation) closed() time.Time {
	if !c.pull.ClosedOn.IsZero() {
		return c.pull.ClosedOn.UTC()
	}
	return c.pull.UpdatedOn.UTC()
}

// judged reports whether somebody gave a verdict.
func (c *conversation) judged(a api.Account) bool {
	for _, p := range c.pull.Participants {
		if p.User != nil && p.User.UUID == a.UUID {
			return verdict(p) != ""
		}
	}
	return false
}

// verdict is the state of the review that a participant gave; empty for none.
func verdict(p api.Participant) string {
	switch {
	case p.State == "changes_requested":
		return p.State
	case p.Approved || p.State == "approved":
		return "approved"
	}
	return ""
}

// reviews are the verdicts of participants. Bitbucket keeps the last of each.
func (c *conversation) reviews() []entry {
	var all []entry
	for _, p := range c.pull.Participants {
		state := verdict(p)
		if state == "" || p.User == nil {
			continue
		}
		key := schema.Key{Kind: schema.KindReview, ID: c.key.ID + "/participants/" + p.User.UUID}
		all = append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: key, Body: schema.Review{State: state, Author: Person(p.User), URL: c.pull.Links.HTML.Href, SubmittedAt: p.Participated.UTC()}}, URL: c.pull.Links.HTML.Href}})
	}
	return all
}

// comments are what was said, on the whole and on the diff. A comment that was
// deleted is left out, unless it was answered: its answers would be torn off.
func (c *conversation) comments(ctx context.Context, comments []api.Comment) ([]entry, error) {
	answered := map[int64]bool{}
	resolved := map[int64]bool{}
	parents := map[int64]int64{}
	for _, n := range comments {
		if n.Parent != nil {
			parents[n.ID] = n.Parent.ID
		}
		resolved[n.ID] = n.Resolution != nil
	}
	for _, n := range comments {
		if n.Deleted || n.Pending {
			continue
		}
		for at, depth := parents[n.ID], 0; at != 0 && depth < len(comments); at, depth = parents[at], depth+1 {
			answered[at] = true
		}
	}
	known := map[int64]bool{}
	var all []entry
	for _, n := range comments {
		if n.Pending || n.Deleted && !answered[n.ID] {
			continue
		}
		if n.Deleted {
			n.Content = api.Content{Raw: "*(deleted)*"}
		}
		if n.Parent != nil && !known[n.Parent.ID] { // an answer to what nobody shows
			n.Parent = nil
		}
		known[n.ID] = true
		e, err := c.note(ctx, n, c.settled(n.ID, parents, resolved))
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// settled reports whether the conversation that a comment belongs to was resolved,
// which Bitbucket notes at its first comment.
func (c *conversation) settled(id int64, parents map[int64]int64, resolved map[int64]bool) bool {
	for range len(parents) + 1 {
		if resolved[id] {
			return true
		}
		if id = parents[id]; id == 0 {
			return false
		}
	}
	return false
}

// note is a comment, perhaps on the diff.
func (c *conversation) note(ctx context.Context, n api.Comment, resolved bool) (entry, error) {
	e, err := c.comment(ctx, c.here, c.key, n)
	if err != nil {
		return e, err
	}
	b, _ := e.Record.Body.(schema.Comment)
	b.Resolved = resolved
	list, err := c.checklist(ctx, &e, n.ID, n.User)
	if err != nil {
		return e, err
	}
	b.Text += list
	if n.Inline != nil && n.Inline.Path != "" {
		if b.Position, err = c.position(ctx, n); err != nil {
			return e, err
		}
	}
	e.Record.Body = b
	return e, nil
}

// position is where in the diff a comment stands. Lines of the new file are told as
// "to", lines of the old one as "from"; a comment without either is on the file.
func (c *conversation) position(ctx context.Context, n api.Comment) (*schema.Position, error) {
	in := n.Inline
	p := &schema.Position{Path: in.Path, Outdated: in.Outdated}
	switch {
	case in.To > 0:
		p.Side, p.Line, p.StartLine = "new", in.To, in.StartTo
	case in.From > 0:
		p.Side, p.Line, p.StartLine = "old", in.From, in.StartFrom
	default:
		p.WholeFile = true
	}
	if p.StartLine == p.Line {
		p.StartLine = 0
	}
	head, base := diffOf(n.Links.Code.Href)
	var err error
	if p.Commit, err = c.commits.full(ctx, head); err != nil {
		return nil, err
	}
	if p.Base, err = c.commits.full(ctx, base); err != nil {
		return nil, err
	}
	if p.Commit == "" {
		p.Commit = c.head
	}
	p.Outdated = p.Outdated || c.head != "" && p.Commit != c.head
	return p, nil
}

// diffOf reads the commits between which a comment's diff is:
// …/diff/WORKSPACE/REPO:HEAD..BASE?path=…
func diffOf(address string) (head, base string) {
	at, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	spec := at.Path[strings.LastIndexAny(at.Path, "/:")+1:]
	head, base, ok := strings.Cut(spec, "..")
	if !ok {
		return "", ""
	}
	return head, strings.TrimPrefix(base, ".")
}

// checklist is the tasks of a comment, or of the pull request, as lines under it.
func (c *conversation) checklist(ctx context.Context, e *entry, on int64, author *api.Account) (string, error) {
	var b strings.Builder
	for _, t := range c.tasks[on] {
		text, err := c.write(ctx, c.here, e, t.Content)
		if err != nil {
			return "", err
		}
		box := "- [ ] "
		if t.State == "RESOLVED" {
			box = "- [x] "
		}
		if b.Len() == 0 {
			b.WriteByte('\n')
		}
		b.WriteString("\n" + box + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  "))
		if who := t.Creator; who != nil && (author == nil || who.UUID != author.UUID) && who.DisplayName != "" {
			b.WriteString(" (" + who.DisplayName + ")")
		}
	}
	return b.String(), nil
}

// end tells that the pull request was closed, by whom, and why.
func (c *conversation) end(ctx context.Context) ([]entry, error) {
	p := c.pull
	name := map[string]string{api.StateMerged: "merged", api.StateDeclined: "closed", api.StateSuperseded: "superseded"}[p.State]
	if name == "" {
		return nil, nil
	}
	var all []entry
	if p.Reason != "" {
		e := entry{Entry: stream.Entry{Record: stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: c.key.ID + "/reason"}}, URL: p.Links.HTML.Href}}
		text, err := c.write(ctx, c.here, &e, api.Content{Raw: p.Reason})
		if err != nil {
			return nil, err
		}
		e.Record.Body = schema.Comment{Text: text, Author: Person(p.ClosedBy), URL: p.Links.HTML.Href, CreatedAt: c.closed()}
		all = append(all, e)
	}
	b := schema.Event{Name: name, Actor: Person(p.ClosedBy), At: c.closed()}
	if p.State == api.StateMerged && p.MergeCommit != nil {
		var err error
		if b.Commit, err = c.commits.full(ctx, p.MergeCommit.Hash); err != nil {
			return nil, err
		}
	}
	return append(all, entry{Entry: stream.Entry{Record: stream.Record{Key: schema.Key{Kind: schema.KindEvent, ID: c.key.ID + "/state"}, Body: b}, URL: p.Links.HTML.Href}}), nil
}
