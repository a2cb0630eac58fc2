package threads

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
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
		r := &reading{
			Out: stream.Start(req.Kinds, yield), client: client, repo: repo, project: api.Number(repo.ID), sort: sort,
			calls: make(chan func(), 16), forks: map[int64]string{},
		}
		r.End(r.read(forgehttp.Throttles(ctx, r.throttled), req))
	}
}

// reading is one call of Read.
type reading struct {
	*stream.Out
	client  *api.Client
	repo    Repository
	project api.ID
	sort    Sort
	calls   chan func() // what is to be yielded while answers are awaited

	cursor cursor
	given  map[int64]bool      // threads that were yielded
	only   map[schema.Key]bool // records that are picked; nil: all

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
	r.cursor = cursor{Version: version, Next: h.next()}
	if req.Cursor != "" {
		if r.cursor, err = decodeCursor(req.Cursor); err != nil {
			return err
		}
	}
	if r.cursor.Counts == nil {
		r.cursor.Counts = map[schema.Kind]int64{}
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
	if err := r.tellLost(next.Lost); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: r.counts(), Complete: true, Next: encode(next)}})
}

// through reads and yields threads, those that the cursor covers left out, and a
// checkpoint after each.
func (r *reading) through(ctx context.Context, numbers []int64) error {
	items := func(yield func(int64, error) bool) {
		for _, n := range numbers {
			if n > r.cursor.Done && !yield(n, nil) {
				return
			}
		}
	}
	for t, err := range stream.InOrder(ctx, ahead, r.calls, items, r.fetch) {
		if err != nil {
			return err
		}
		if err := r.thread(t); err != nil {
			return err
		}
	}
	return nil
}

// thread yields one thread with all that belongs to it.
func (r *reading) thread(t thread) error {
	if r.given != nil {
		r.given[t.number] = true
	}
	if t.gone {
		return r.checkpoint(t.number)
	}
	entries := r.entries(&t)
	whole := true
	for _, e := range entries {
		var m providers.Message
		var err error
		if e.fault != nil {
			m = stream.Failed(e.record.Key, e.title, e.url, providers.AsError(e.fault))
		} else if m, err = e.record.Message(); err != nil {
			return err
		}
		whole = whole && m.Failed == nil
		if err := r.put(m); err != nil {
			return err
		}
	}
	if whole && r.only == nil {
		if err := r.Send(providers.Message{Whole: &entries[0].record.Key}); err != nil {
			return err
		}
	}
	for code, n := range t.lost {
		r.cursor.Next.Lost[code] += n
	}
	return r.checkpoint(t.number)
}

// put yields a record, or one that failed, when it is asked for.
func (r *reading) put(m providers.Message) error {
	var key schema.Key
	if m.Record != nil {
		key = m.Record.Key()
	} else {
		key = m.Failed.Key
	}
	if r.only != nil && !r.only[key] || !r.Wants(key.Kind) {
		return nil
	}
	if r.only == nil {
		r.cursor.Counts[key.Kind]++
	}
	return r.Send(m)
}

// counts are those of the kinds that are asked for; none is left out.
func (r *reading) counts() map[schema.Kind]int64 {
	all := map[schema.Kind]int64{}
	for _, k := range r.sort.Kinds() {
		if r.Wants(k) {
			all[k] = r.cursor.Counts[k]
		}
	}
	return all
}

func (r *reading) checkpoint(number int64) error {
	if r.only != nil {
		return nil
	}
	r.cursor.Done = number
	c := encode(r.cursor)
	return r.Send(providers.Message{Checkpoint: &c})
}

// tellLost tells what no record carries.
func (r *reading) tellLost(lost map[string]int64) error {
	for _, code := range slices.Sorted(maps.Keys(lost)) {
		if err := r.Loss(code, lossText(code), lost[code]); err != nil {
			return err
		}
	}
	return nil
}

// throttled has a wait told by the goroutine of the caller. When that is busy with
// others, it is not told: it would come too late.
func (r *reading) throttled(t providers.Throttle) {
	select {
	case r.calls <- func() { r.Throttled(t) }:
	default:
	}
}
