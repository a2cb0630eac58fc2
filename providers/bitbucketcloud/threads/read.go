package threads

import (
	"context"
	"iter"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// ahead is how many threads are read at once.
const ahead = 8

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Repository is a repository as this package needs to know it.
type Repository struct {
	Repo      api.Repo
	UUID      string
	Web       string            // address of Bitbucket's pages
	HasIssues bool              // they are switched on
	Refs      map[string]string // branches and tags
	SkipFiles bool              // files are counted only
}

// Look asks how many threads there are, and when the last of them changed, in one
// request or two.
func Look(ctx context.Context, client *api.Client, repo api.Repo, issues bool) (h Head, err error) {
	if issues {
		if h.Issues, err = client.IssuesHead(ctx, repo); err != nil {
			return h, err
		}
	}
	h.Pulls, err = client.PullRequestsHead(ctx, repo)
	return h, err
}

// Read yields the threads of a repository: issues and then pull requests, both in
// ascending order of their numbers, each followed by all that stands under it, as
// providers.Source describes. It picks records by their keys.
func Read(ctx context.Context, client *api.Client, people *People, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, people: people, repo: repo, commits: newCommits(client, repo.Repo, repo.Refs), milestones: map[string]string{}}
		r.Threads = stream.NewThreads(stream.Start(req.Kinds, yield), &r.cursor.Mark, Kinds(), !repo.SkipFiles)
		r.End(r.read(forgehttp.Throttles(ctx, r.Waiting), req))
	}
}

// reading is one call of Read.
type reading struct {
	*stream.Threads
	client     *api.Client
	people     *People
	commits    *commits
	repo       Repository
	milestones map[string]string // ids of their records, by name

	cursor cursor
	given  map[string]bool // ids of threads that were yielded
}

// listed is a thread in a list. Of one that is picked, the number alone is known.
type listed struct {
	key   schema.Key
	n     int64
	issue *api.Issue
	pull  *api.PullRequest
}

func issueKey(n int64) schema.Key {
	return schema.Key{Kind: schema.KindIssue, ID: issuesPath + number(n)}
}

func changeKey(n int64) schema.Key {
	return schema.Key{Kind: schema.KindChange, ID: pullsPath + number(n)}
}

const (
	issuesPath = "issues/"
	pullsPath  = "pullrequests/"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	r.given = map[string]bool{}
	if r.repo.HasIssues {
		for m, err := range r.client.Named(ctx, r.repo.Repo, api.Milestones) {
			if err != nil {
				return err
			}
			r.milestones[m.Name] = number(m.ID)
		}
	}
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	h, err := Look(ctx, r.client, r.repo.Repo, r.repo.HasIssues)
	if err != nil {
		return err
	}
	if err := r.resume(req.Cursor, h.next()); err != nil {
		return err
	}
	if s, ok := decodeSince(req.Since); ok && !r.cursor.Whole {
		return r.changed(ctx, h, s)
	}
	return r.whole(ctx, h)
}

// whole reads every thread.
func (r *reading) whole(ctx context.Context, h Head) error {
	if err := r.through(ctx, r.list(ctx, api.Filter{Largest: new(int64)}, api.Filter{})); err != nil {
		return err
	}
	if err := r.losses(lost{r.cursor.Files, r.cursor.Other}, h.Pulls.Count); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: r.Counted(), Complete: true, Next: stream.Encode(r.next(since{}))}})
}

// next is what the reading leaves for the one after it.
func (r *reading) next(s since) since {
	n := r.cursor.Next
	n.Issues.Last, n.Pulls.Last = max(s.Issues.Last, r.cursor.Issue), max(s.Pulls.Last, r.cursor.Pull)
	n.Lost = lost{max(s.Lost.Files, r.cursor.Files), max(s.Lost.Other, r.cursor.Other)} // of what did not change it was counted before
	return n
}

// list lists issues, then pull requests, but for those that the cursor covers.
func (r *reading) list(ctx context.Context, issues, pulls api.Filter) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		if r.repo.HasIssues && !r.cursor.Issues && !r.issues(ctx, issues, yield) {
			return
		}
		pulls.After = r.cursor.Pull
		for p, err := range r.client.PullRequests(ctx, r.repo.Repo, pulls) {
			if p.ID <= pulls.After && err == nil {
				continue // a page that shifted
			}
			if !yield(listed{key: changeKey(p.ID), n: p.ID, pull: &p}, err) {
				return
			}
		}
	}
}

// issues lists issues, and reports whether more is wanted. When one is deleted while
// they are listed, those behind it move up, perhaps from one page to one that was
// read; there are fewer then than there were said to be.
func (r *reading) issues(ctx context.Context, f api.Filter, yield func(listed, error) bool) bool {
	f.After = r.cursor.Issue
	seen := map[int64]bool{}
	var last int64
	for i, err := range r.client.Issues(ctx, r.repo.Repo, f) {
		if err == nil && (seen[i.ID] || i.ID <= f.After) {
			continue
		}
		seen[i.ID], last = true, max(last, i.ID)
		if !yield(listed{key: issueKey(i.ID), n: i.ID, issue: &i}, err) || err != nil {
			return false
		}
	}
	if f.Largest == nil || int64(len(seen)) >= *f.Largest {
		return true
	}
	for i, err := range r.client.IssueNumbers(ctx, r.repo.Repo) {
		if err == nil && (seen[i.ID] || i.ID <= f.After) {
			continue
		}
		if !yield(listed{key: issueKey(i.ID), n: i.ID}, err) || err != nil {
			return false
		}
	}
	return true
}

// through reads and yields threads, and a checkpoint after each.
func (r *reading) through(ctx context.Context, threads iter.Seq2[listed, error]) error {
	return stream.Ahead(ctx, r.Threads, ahead, threads, r.fetch, r.thread)
}

// thread yields one thread with all that belongs to it.
func (r *reading) thread(t thread) error {
	r.given[t.key.ID] = true
	if !t.gone {
		if err := stream.Tell(r.Threads, t.entries); err != nil {
			return err
		}
		for _, e := range t.entries {
			if e.foreign && r.Wants(e.Record.Key.Kind) {
				r.cursor.Other++
			}
		}
	}
	if t.key.Kind == schema.KindIssue {
		// Those that were overlooked come after higher ones; they are not left out when
		// the reading is resumed before them, but read again.
		if t.n < r.cursor.Issue {
			return nil
		}
		r.cursor.Issue = t.n
	} else {
		r.cursor.Issues, r.cursor.Pull = true, t.n
	}
	return r.Checkpoint(r.cursor)
}

// losses tells what is left out of the threads.
func (r *reading) losses(l lost, pulls int64) error {
	err := r.FilesLoss("bitbucket_cloud.attachments", "pictures and files of issues, pull requests and comments are left out, because attachments_import is off; texts go on linking to Bitbucket", l.Files)
	if err != nil {
		return err
	}
	if l.Other > 0 {
		if err := r.Loss("bitbucket_cloud.markup", "texts in Creole, or of no markup at all, are carried as they are and shown as Markdown", l.Other); err != nil {
			return err
		}
	}
	if pulls > 0 && r.Wants(schema.KindChange) {
		return r.Loss("bitbucket_cloud.activity", "how title, text and commits of pull requests changed over time is left out", pulls)
	}
	return nil
}
