package threads

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// ahead is how many threads are read at once. Each takes several requests.
const ahead = 12

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Repository is a repository as this package needs to know it.
type Repository struct {
	ID        int64
	Name      api.Repo
	Bases     []string         // addresses of the server
	Heads     map[int64]string // commits of pull requests, by number, as far as they are known
	SkipFiles bool             // files are counted only
	PageSize  int              // that of the client

	// SeesAll says that the token hides nothing: that of an administrator.
	SeesAll bool
}

// Read yields the threads of a repository in ascending order of their numbers,
// each followed by all that stands under it, as providers.Source describes. It
// picks records by their keys.
func Read(ctx context.Context, client *api.Client, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, repo: repo}
		r.Threads = stream.NewThreads(stream.Start(req.Kinds, yield), &r.cursor.Mark, Kinds(), !repo.SkipFiles)
		r.End(r.read(forgehttp.Throttles(ctx, r.Waiting), req))
	}
}

// reading is one call of Read.
type reading struct {
	*stream.Threads
	client *api.Client
	repo   Repository

	cursor cursor
	given  map[int64]bool // threads that were yielded
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	h, err := Look(ctx, r.client, r.repo.Name)
	if err != nil {
		return err
	}
	if err := r.resume(req.Cursor, h.next()); err != nil {
		return err
	}
	if s, ok := decodeSince(req.Since); ok && !r.cursor.Whole {
		return r.changed(ctx, h, s)
	}
	return r.whole(ctx)
}

// whole reads every thread.
func (r *reading) whole(ctx context.Context) error {
	all, err := r.list(ctx, api.Updated{})
	if err != nil {
		return err
	}
	if err := r.through(ctx, all); err != nil {
		return err
	}
	next := r.cursor.Next
	if n := len(all); n > 0 {
		next.Last = max(next.Last, all[n-1].number)
	}
	next.Files = r.cursor.Files
	if err := r.filesLoss(next.Files); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: r.Counted(), Complete: true, Next: stream.Encode(next)}})
}

// through reads and yields threads, those that the cursor covers left out, and a
// checkpoint after each.
func (r *reading) through(ctx context.Context, threads []listed) error {
	items := func(yield func(listed, error) bool) {
		for _, t := range threads {
			if t.number > r.cursor.Done && !yield(t, nil) {
				return
			}
		}
	}
	return stream.Ahead(ctx, r.Threads, ahead, items, r.fetch, r.thread)
}

// thread yields one thread with all that belongs to it.
func (r *reading) thread(t thread) error {
	if r.given != nil {
		r.given[t.number] = true
	}
	if !t.gone {
		if err := stream.Tell(r.Threads, r.entries(&t)); err != nil {
			return err
		}
	}
	r.cursor.Done = t.number
	return r.Checkpoint(r.cursor)
}

// filesLoss tells of files that were left out because the plan says so.
func (r *reading) filesLoss(n int64) error {
	return r.FilesLoss("gitea.attachments", "files attached to issues, pull requests and comments are left out, because attachments_import is off; texts go on linking to the source", n)
}
