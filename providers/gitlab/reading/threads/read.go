package threads

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
)

// ahead is how many threads are read at once. Each takes several requests.
const ahead = 12

// Repository is a project as this package needs to know it.
type Repository struct {
	body.Project
	Refs map[string]string // of the code
}

// Read yields the threads of one sort in ascending order of their numbers, each
// followed by all that stands under it, as providers.Source describes. It picks
// records by their keys.
func Read(ctx context.Context, client *api.Client, repo Repository, sort Sort, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, repo: repo, project: api.Number(repo.ID), sort: sort, forks: map[int64]string{}}
		r.Threads = stream.NewThreads(stream.Start(req.Kinds, yield), &r.cursor.Mark, sort.Kinds(), true)
		r.End(r.read(forgehttp.Throttles(ctx, r.Waiting), req))
	}
}

// reading is one call of Read.
type reading struct {
	*stream.Threads
	client  *api.Client
	repo    Repository
	project api.ID
	sort    Sort

	cursor cursor
	given  map[int64]bool // threads that were yielded

	mu    sync.Mutex
	forks map[int64]string // full paths of projects that merge requests come from
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	h, err := Look(ctx, r.client, r.repo.ID, r.sort)
	if err != nil {
		return err
	}
	if err := r.resume(req.Cursor, h.next()); err != nil {
		return err
	}
	if r.cursor.Next.Lost == nil {
		r.cursor.Next.Lost = map[string]int64{}
	}
	if s, ok := decodeSince(req.Since); ok && !r.cursor.Whole {
		return r.changed(ctx, h, s)
	}
	return r.whole(ctx)
}

// whole reads every thread.
func (r *reading) whole(ctx context.Context) error {
	all, err := r.list(ctx, time.Time{})
	if err != nil {
		return err
	}
	if err := r.through(ctx, all); err != nil {
		return err
	}
	next := r.cursor.Next
	next.Total = int64(len(all))
	if len(all) > 0 {
		next.Last = all[len(all)-1]
	}
	if err := r.Losses(next.Lost, lossText); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: r.Counted(), Complete: true, Next: stream.Encode(next)}})
}

// through reads and yields threads, those that the cursor covers left out, and a
// checkpoint after each.
func (r *reading) through(ctx context.Context, numbers []int64) error {
	return stream.Ahead(ctx, r.Threads, ahead, r.cursor.After(numbers), r.fetch, r.thread)
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
		for code, n := range t.lost {
			r.cursor.Next.Lost[code] += n
		}
	}
	r.cursor.Done = t.number
	return r.Checkpoint(r.cursor)
}
