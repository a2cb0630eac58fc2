package threads

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// ahead is how many pull requests are read at once.
const ahead = 8

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Repository is a repository as this package needs to know it.
type Repository struct {
	ID       int64
	Name     api.Repo
	URL      string          // where its pages are
	Branches map[string]bool // those that it has
	Files    body.Files
}

// Read yields the pull requests of a repository in ascending order of their numbers,
// each followed by all that stands under it, as providers.Source describes. It picks
// records by their keys.
func Read(ctx context.Context, client *api.Client, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{client: client, repo: repo, out: stream.Start(req.Kinds, yield), calls: make(chan func(), 16)}
		r.out.End(r.read(forgehttp.Throttles(ctx, r.throttled), req))
	}
}

// reading is one call of Read.
type reading struct {
	client *api.Client
	repo   Repository
	out    *stream.Out
	calls  chan func() // what is to be yielded while answers are awaited

	cursor cursor
	only   map[schema.Key]bool // records that are picked; nil: all
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	l, err := list(ctx, r.client, r.repo.Name)
	if err != nil {
		return err
	}
	r.cursor = cursor{Version: version, Next: l.next()}
	if req.Cursor != "" {
		if r.cursor, err = decodeCursor(req.Cursor); err != nil {
			return err
		}
	}
	if r.cursor.Counts == nil {
		r.cursor.Counts = map[schema.Kind]int64{}
	}
	if r.cursor.Losses == nil {
		r.cursor.Losses = map[string]int64{}
	}
	numbers := make([]int64, 0, len(l.all))
	for _, p := range l.all {
		numbers = append(numbers, p.number)
	}
	earlier, incremental := decodeSince(req.Since)
	if !incremental {
		if err := r.through(ctx, numbers); err != nil {
			return err
		}
		return r.end(r.counts())
	}
	changed := l.changed(earlier)
	if err := r.through(ctx, slices.DeleteFunc(slices.Clone(numbers), func(n int64) bool { return !changed[n] })); err != nil {
		return err
	}
	for _, n := range numbers {
		if key := changeKey(n); !changed[n] && r.out.Wants(key.Kind) {
			if err := r.out.Send(providers.Message{Kept: &key}); err != nil {
				return err
			}
		}
	}
	// What was lost with those that did not change was counted before.
	for code, n := range earlier.Losses {
		r.cursor.Losses[code] = max(r.cursor.Losses[code], n)
	}
	counts := map[schema.Kind]int64{}
	if r.out.Wants(schema.KindChange) {
		counts[schema.KindChange] = int64(len(numbers))
	}
	return r.end(counts)
}

// end tells the losses and closes the stream.
func (r *reading) end(counts map[schema.Kind]int64) error {
	for _, code := range slices.Sorted(maps.Keys(r.cursor.Losses)) {
		if err := r.out.Loss(code, lossMessage(code), r.cursor.Losses[code]); err != nil {
			return err
		}
	}
	next := r.cursor.Next
	next.Losses = r.cursor.Losses
	return r.out.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: true, Next: encode(next)}})
}

// The codes of losses.
const (
	lossDrafts     = "bitbucket_server.draft_comments"
	lossActivities = "bitbucket_server.activities"
	lossFiles      = "bitbucket_server.foreign_files"
	lossHidden     = "bitbucket_server.hidden_comments"
)

func lossMessage(code string) string {
	switch code {
	case lossDrafts:
		return "comments that were begun and not published are left out"
	case lossActivities:
		return "lines of the history of pull requests are left out, because this version of Drover does not know their kinds"
	case lossFiles:
		return "links to files of other repositories are left as they are, and lead nowhere"
	}
	return "pull requests count more comments than the server shows in their history; compare them by hand"
}

// through reads and yields pull requests, those that the cursor covers left out, and
// a checkpoint after each.
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

// thread yields one pull request with all that belongs to it.
func (r *reading) thread(t thread) error {
	if t.gone { // it was deleted meanwhile
		return r.checkpoint(t)
	}
	whole := true
	var top schema.Key
	for i, e := range r.entries(&t) {
		if i == 0 {
			top = e.record.Key
		}
		m, err := e.message()
		if err != nil {
			return err
		}
		whole = whole && m.Failed == nil
		if !r.takes(e.record.Key) {
			continue
		}
		if r.only == nil {
			r.cursor.Counts[e.record.Key.Kind]++
		}
		if err := r.out.Send(m); err != nil {
			return err
		}
	}
	if whole && r.only == nil && r.out.Wants(top.Kind) {
		if err := r.out.Send(providers.Message{Whole: &top}); err != nil {
			return err
		}
	}
	return r.checkpoint(t)
}

// takes reports whether a record is asked for.
func (r *reading) takes(k schema.Key) bool {
	return (r.only == nil || r.only[k]) && r.out.Wants(k.Kind)
}

// counts are those of the kinds that are asked for; none is left out.
func (r *reading) counts() map[schema.Kind]int64 {
	all := map[schema.Kind]int64{}
	for _, k := range Kinds() {
		if r.out.Wants(k) {
			all[k] = r.cursor.Counts[k]
		}
	}
	return all
}

func (r *reading) checkpoint(t thread) error {
	if r.only != nil {
		return nil
	}
	for code, n := range t.losses {
		r.cursor.Losses[code] += n
	}
	r.cursor.Done = t.number
	c := encode(r.cursor)
	return r.out.Send(providers.Message{Checkpoint: &c})
}

// throttled has a wait told by the goroutine of the caller. When that is busy with
// others, it is not told: it would come too late.
func (r *reading) throttled(t providers.Throttle) {
	select {
	case r.calls <- func() { r.out.Throttled(t) }:
	default:
	}
}

// pick yields single records. The pull requests that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	r.only = map[schema.Key]bool{}
	var numbers []int64
	for _, k := range keys {
		text, _, _ := strings.Cut(k.ID, "#")
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || number <= 0 {
			continue // an id that was never given: it is gone
		}
		r.only[k] = true
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	if err := r.through(ctx, slices.Compact(numbers)); err != nil {
		return err
	}
	return r.out.Send(providers.Message{End: &providers.StreamEnd{}})
}

func changeKey(number int64) schema.Key { return schema.Key{Kind: schema.KindChange, ID: id(number)} }
