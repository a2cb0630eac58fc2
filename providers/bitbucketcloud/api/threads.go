package api

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	content = "content.raw,content.markup"

	issue = "id,title,state,kind,priority,milestone.id,milestone.name,component.name,version.name,votes,watches,created_on,updated_on,edited_on,links.html.href,content.raw,content.markup"

	pullRequest = "id,title,summary.raw,summary.markup,state,draft,reason,comment_count,task_count,created_on,updated_on,closed_on,links.html.href," + head + "," +
		"destination.branch.name,destination.commit.hash,merge_commit.hash,participants.role,participants.state,participants.approved,participants.participated_on"
	head = "source.branch.name,source.commit.hash,source.repository.full_name,source.repository.uuid"

	comment = "id,created_on,updated_on,deleted,parent.id,links.html.href," + content
)

// pullRequestsAPage is the most that Bitbucket puts on a page of this list.
const pullRequestsAPage = 50

// Head is what is cheaply known of a list: how many there are, and when the last of
// them changed.
type Head struct {
	Count   int64
	Changed time.Time
}

// Filter chooses of a list.
type Filter struct {
	After   int64     // only those with a higher number
	Changed time.Time // only those that changed then or later

	// Largest, when not nil, is told how many there are, the most that any page
	// says.
	Largest *int64
}

// query puts the filter and the order by number into a query.
func (f Filter) query() url.Values {
	q := url.Values{"sort": {"id"}}
	switch {
	case !f.Changed.IsZero() && f.After > 0:
		q.Set("q", "id > "+strconv.FormatInt(f.After, 10)+" AND "+since(f.Changed))
	case !f.Changed.IsZero():
		q.Set("q", since(f.Changed))
	case f.After > 0:
		q.Set("q", "id > "+strconv.FormatInt(f.After, 10))
	}
	return q
}

func since(t time.Time) string {
	return "updated_on >= " + t.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

// everyState asks for pull requests in every state: by default those that are open
// are listed.
func everyState(q url.Values) url.Values {
	q["state"] = []string{StateOpen, StateMerged, StateDeclined, StateSuperseded}
	return q
}

// changed is an item of which nothing matters but when it changed.
type changed struct {
	UpdatedOn time.Time `json:"updated_on"`
}

func (c *Client) head(ctx context.Context, l listing) (Head, error) {
	l.query.Set("sort", "-updated_on")
	l.query.Set("pagelen", "1")
	l.fields = "values.updated_on"
	newest, count, err := first[changed](ctx, c, l)
	h := Head{Count: count}
	for _, n := range newest {
		h.Changed = n.UpdatedOn.UTC()
	}
	return h, err
}

// IssuesHead looks at the issues; there are none where they are switched off.
func (c *Client) IssuesHead(ctx context.Context, r Repo) (Head, error) {
	return noneIfGone(c.head(ctx, listing{path: r.Path("/issues"), query: url.Values{}, op: "count issues", repo: r.String()}))
}

// PullRequestsHead looks at the pull requests; there are none where there is no list.
func (c *Client) PullRequestsHead(ctx context.Context, r Repo) (Head, error) {
	return noneIfGone(c.head(ctx, listing{path: r.Path("/pullrequests"), query: everyState(url.Values{}), op: "count pull requests", repo: r.String()}))
}

func noneIfGone(h Head, err error) (Head, error) {
	if IsNotFound(err) {
		return Head{}, nil
	}
	return h, err
}

// Issues lists issues in the order of their numbers.
func (c *Client) Issues(ctx context.Context, r Repo, f Filter) iter.Seq2[Issue, error] {
	return orNone(items[Issue](ctx, c, listing{path: r.Path("/issues"), query: f.query(), largest: f.Largest,
		fields: in("values.", issue+","+in("reporter.", account)+","+in("assignee.", account)), op: "list issues", repo: r.String()}))
}

// IssueNumbers lists the numbers of all issues.
func (c *Client) IssueNumbers(ctx context.Context, r Repo) iter.Seq2[Named, error] {
	return orNone(items[Named](ctx, c, listing{path: r.Path("/issues"), query: Filter{}.query(), fields: "values.id", op: "list issues", repo: r.String()}))
}

// Issue reads one issue.
func (c *Client) Issue(ctx context.Context, r Repo, number int64) (Issue, error) {
	return get[Issue](ctx, c, r.Path("/issues/"+id(number)), issue+","+in("reporter.", account)+","+in("assignee.", account), "read issue "+id(number), r.String())
}

// IssueComments lists the comments of an issue, with those that stand for changes.
func (c *Client) IssueComments(ctx context.Context, r Repo, number int64) ([]Comment, error) {
	return ordered(items[Comment](ctx, c, listing{path: r.Path("/issues/" + id(number) + "/comments"), query: url.Values{"sort": {"created_on"}},
		fields: in("values.", comment+","+in("user.", account)), op: "list comments of issue " + id(number), repo: r.String()}))
}

// IssueChanges lists what was changed in the fields of an issue.
func (c *Client) IssueChanges(ctx context.Context, r Repo, number int64) ([]IssueChange, error) {
	return Collect(items[IssueChange](ctx, c, listing{path: r.Path("/issues/" + id(number) + "/changes"), query: url.Values{"sort": {"created_on"}},
		fields: "values.id,values.created_on,values.changes,values.message.raw,values.message.markup," + in("values.user.", account),
		op:     "list changes of issue " + id(number), repo: r.String()}))
}

// Attachments lists the files of an issue.
func (c *Client) Attachments(ctx context.Context, r Repo, number int64) ([]Attachment, error) {
	return Collect(items[Attachment](ctx, c, listing{path: r.Path("/issues/" + id(number) + "/attachments"), fields: "values.name",
		op: "list files of issue " + id(number), repo: r.String()}))
}

// AttachmentPath is where a file of an issue is.
func AttachmentPath(r Repo, number int64, name string) string {
	return r.Path("/issues/" + id(number) + "/attachments/" + url.PathEscape(name))
}

func pullRequestFields(prefix string) string {
	return in(prefix, pullRequest+","+in("author.", account)+","+in("closed_by.", account)+","+in("reviewers.", account)+","+in("participants.user.", account))
}

// PullRequests lists pull requests of every state in the order of their numbers.
func (c *Client) PullRequests(ctx context.Context, r Repo, f Filter) iter.Seq2[PullRequest, error] {
	return orNone(items[PullRequest](ctx, c, listing{path: r.Path("/pullrequests"), query: everyState(f.query()), size: pullRequestsAPage,
		fields: pullRequestFields("values."), op: "list pull requests", repo: r.String()}))
}

// PullRequestSources lists all pull requests with nothing but where they come from.
func (c *Client) PullRequestSources(ctx context.Context, r Repo) iter.Seq2[PullRequest, error] {
	return items[PullRequest](ctx, c, listing{path: r.Path("/pullrequests"), query: everyState(Filter{}.query()), size: pullRequestsAPage,
		fields: in("values.", "id,"+head), op: "list pull requests", repo: r.String()})
}

// PullRequest reads one pull request.
func (c *Client) PullRequest(ctx context.Context, r Repo, number int64) (PullRequest, error) {
	return get[PullRequest](ctx, c, r.Path("/pullrequests/"+id(number)), pullRequestFields(""), "read pull request "+id(number), r.String())
}

// PullRequestComments lists the comments of a pull request, deleted ones too.
func (c *Client) PullRequestComments(ctx context.Context, r Repo, number int64) ([]Comment, error) {
	fields := comment + ",pending,inline,links.code.href,resolution.created_on," + in("resolution.user.", account) + "," + in("user.", account)
	return ordered(items[Comment](ctx, c, listing{path: r.Path("/pullrequests/" + id(number) + "/comments"), query: url.Values{"sort": {"created_on"}},
		fields: in("values.", fields), op: "list comments of pull request " + id(number), repo: r.String()}))
}

// Tasks lists the tasks of a pull request.
func (c *Client) Tasks(ctx context.Context, r Repo, number int64) ([]Task, error) {
	return Collect(items[Task](ctx, c, listing{path: r.Path("/pullrequests/" + id(number) + "/tasks"), query: url.Values{"sort": {"created_on"}},
		fields: in("values.", "id,state,created_on,updated_on,pending,comment.id,content.raw,content.markup,"+in("creator.", account)),
		op:     "list tasks of pull request " + id(number), repo: r.String()}))
}

// ordered collects comments in the order in which they were made: an answer has a
// higher number than what it answers.
func ordered(list iter.Seq2[Comment, error]) ([]Comment, error) {
	all, err := Collect(list)
	slices.SortStableFunc(all, func(a, b Comment) int { return int(a.ID - b.ID) })
	return all, err
}

func id(number int64) string { return strconv.FormatInt(number, 10) }
