package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// A window is what is read before it is written and recorded: at most this many
// records, or as many as the target takes at once, or bytes of bodies.
const (
	windowRecords = 500
	windowBytes   = 1 << 20
)

// records carries one stream over. It continues the reading that an earlier run
// did not finish; a new reading asks for what has changed since the last one,
// and skips what turns out to be the same.
func (s *stage) records(ctx context.Context) error {
	keep := context.WithoutCancel(ctx)
	w, err := s.writer(ctx)
	if err != nil {
		return err
	}
	if w.stream, err = s.ledger.StartPass(keep, s.Step.Stream, s.terms()); err != nil {
		return err
	}
	if s.Step.Whole && w.stream.Since != "" {
		if err := s.ledger.RestartStream(keep, s.Step.Stream); err != nil {
			return err
		}
		w.stream.Since, w.stream.Cursor = "", ""
	}
	w.name, w.cursor, w.total = s.Step.Stream, w.stream.Cursor, s.expected()
	if w.stream.Since != "" {
		if err := w.retry(ctx); err != nil {
			return err
		}
	}
	end, err := w.readAll(ctx)
	if err != nil {
		return err
	}
	if err := w.settleIntents(ctx); err != nil {
		return err
	}
	for k, n := range end.Counts {
		if s.progress.Offered == nil {
			s.progress.Offered = map[schema.Kind]int64{}
		}
		s.progress.Offered[k] = n
	}
	if err := s.ledger.SaveLosses(keep, s.Step.name(), w.losses); err != nil {
		return err
	}
	source := wantedCounts(end.Counts, s.Step.Kinds)
	if err := w.countPieces(keep, source); err != nil {
		return err
	}
	_, err = s.ledger.FinishPass(keep, s.Step.Stream, w.stream.Pass, s.Step.Kinds, schema.PassEnd{
		Validator: s.progress.Facts.Streams[s.Step.Stream], Next: end.Next, Source: source, Complete: end.Complete,
	})
	return err
}

// terms identifies what the plan wants of records: under other terms even a
// record that has not changed becomes something else at the target.
func (s *stage) terms() string {
	parts := []any{settingsHash(s.Change.Resource)}
	if s.targetRef().Rewrite {
		parts = append(parts, rewritingOf(s.Change.Resource, newPeopleTables(s.changeset.Authors), s.Change.Identity).digest())
	}
	return schema.Digest(parts)
}

// writer opens both ends.
func (s *stage) writer(ctx context.Context) (*writer, error) {
	w := &writer{stage: s, batch: max(s.targetRef().Batch, 1)}
	var err error
	if w.source, err = s.source(ctx); err != nil {
		return nil, err
	}
	if w.target, err = s.target(ctx); err != nil {
		return nil, err
	}
	if w.dir, err = s.workspace(); err != nil {
		return nil, err
	}
	if err := s.knowTarget(ctx); err != nil {
		return nil, err
	}
	w.localizer, err = s.localizer(ctx)
	return w, err
}

// retry asks again for the records that failed before: a source that yields only
// what changed would not yield them. Where it cannot be asked for single records,
// everything is read.
func (w *writer) retry(ctx context.Context) error {
	after := schema.Key{}
	for {
		items, err := w.ledger.Unsettled(ctx, w.name, after, windowRecords)
		if err != nil || len(items) == 0 {
			return err
		}
		if !w.streamPicks(w.name) {
			w.stream.Since = ""
			return nil
		}
		if err := w.pick(ctx, w.name, w.wholes(items)); err != nil {
			return err
		}
		after = items[len(items)-1].Key
	}
}

// streamPicks reports whether single records of a stream can be asked for.
func (s *stage) streamPicks(name string) bool {
	p := s.changeset.Provider(s.changeset.Sources[s.Change.Resource.Source].Provider)
	return p != nil && slices.ContainsFunc(p.Streams, func(stream providers.Stream) bool { return stream.Name == name && stream.Picks })
}

// pick reads single records and writes them.
func (w *writer) pick(ctx context.Context, stream string, keys []schema.Key) error {
	request := providers.ReadRequest{Repo: w.repo(), Stream: stream, Keys: keys}
	for m, err := range w.source.Read(ctx, request) {
		if err != nil {
			return errors.Join(err, w.flush(ctx))
		}
		if m.Record != nil || m.Failed != nil || m.Throttled != nil {
			if err := w.take(ctx, m); err != nil {
				return err
			}
		}
	}
	return w.flush(ctx)
}

func keysOf(items []schema.Item) []schema.Key {
	keys := make([]schema.Key, len(items))
	for i := range items {
		keys[i] = items[i].Key
	}
	return keys
}

// targetRef is what the changeset knows of the target's provider.
func (s *stage) targetRef() ProviderRef {
	if p := s.changeset.Provider(s.changeset.Targets[s.Change.Resource.Target].Provider); p != nil {
		return *p
	}
	return ProviderRef{}
}

// expected is how many records the source said there are, or 0.
func (s *stage) expected() int64 {
	var n int64
	for _, k := range s.Step.Kinds {
		n += s.progress.Facts.Counts[k]
	}
	return n
}

func wantedCounts(counts map[schema.Kind]int64, kinds []schema.Kind) map[schema.Kind]int64 {
	wanted := make(map[schema.Kind]int64, len(kinds))
	for _, k := range kinds {
		if n, counted := counts[k]; counted {
			wanted[k] = n
		}
	}
	return wanted
}

// writer moves one stream from source to target, a window at a time.
type writer struct {
	*stage
	source providers.Source
	target providers.Target
	name   string // of the stream that is read as a pass; empty when single records are
	stream schema.Stream
	dir    string // the workspace
	batch  int    // records in one Write
	cursor schema.Cursor
	total  int64 // expected, 0 when not known
	done   int64

	window window
	losses []schema.Loss

	localizer *localizer
	locals    map[schema.Key]*local // the records of the window

	mu      sync.Mutex
	skipped map[schema.Key]bool // what is known to be left out at the target
}

// window is what was read and is not yet recorded.
type window struct {
	records []schema.Record
	bytes   int
	failed  []providers.ItemFailed
	gone    []schema.Key
	kept    []schema.Key
	whole   []schema.Key
}

func (w *window) full() bool {
	return len(w.records)+len(w.kept) >= windowRecords || w.bytes >= windowBytes
}

func (w *window) empty() bool {
	return len(w.records)+len(w.failed)+len(w.gone)+len(w.kept)+len(w.whole) == 0
}

// readAll reads the stream to its end. When ctx ends it records what was read
// and stops.
func (w *writer) readAll(ctx context.Context) (providers.StreamEnd, error) {
	request := providers.ReadRequest{Repo: w.repo(), Stream: w.Step.Stream, Kinds: w.Step.Kinds, Cursor: w.stream.Cursor, Since: w.stream.Since}
	var end *providers.StreamEnd
	for m, err := range w.source.Read(ctx, request) {
		if err != nil {
			if ferr := w.flush(ctx); ferr != nil {
				return providers.StreamEnd{}, ferr
			}
			return providers.StreamEnd{}, err
		}
		if m.End != nil {
			end = m.End
			break
		}
		if err := w.take(ctx, m); err != nil {
			return providers.StreamEnd{}, err
		}
	}
	if err := w.flush(ctx); err != nil {
		return providers.StreamEnd{}, err
	}
	switch {
	case ctx.Err() != nil:
		return providers.StreamEnd{}, ctx.Err()
	case end == nil:
		return providers.StreamEnd{}, &providers.Error{Code: providers.CodeUnavailable, Op: "read " + w.Step.Stream, Message: "the source stopped before the end of the stream"}
	}
	return *end, nil
}

// take adds one message to the window, and writes the window when it is full.
func (w *writer) take(ctx context.Context, m providers.Message) error {
	switch {
	case m.Record != nil:
		if w.name != "" && !slices.Contains(w.Step.Kinds, m.Record.Kind) {
			return providers.Errorf(providers.CodeInternal, "the stream %s yielded a %s, which was not asked for", w.Step.Stream, m.Record.Kind)
		}
		pieces, err := w.piecesOf(ctx, *m.Record)
		if err != nil {
			return err
		}
		w.window.records = append(w.window.records, pieces...)
		w.window.bytes += len(m.Record.Body)
	case m.Failed != nil:
		w.window.failed = append(w.window.failed, *m.Failed)
	case m.Gone != nil:
		w.window.gone = append(w.window.gone, *m.Gone)
	case m.Kept != nil:
		w.window.kept = append(w.window.kept, *m.Kept)
	case m.Whole != nil:
		w.window.whole = append(w.window.whole, *m.Whole)
	case m.Loss != nil:
		w.losses = append(w.losses, *m.Loss)
	case m.Checkpoint != nil:
		w.cursor = *m.Checkpoint
	case m.Throttled != nil:
		w.throttled(w.Change.Resource.Source, *m.Throttled)
	}
	if !w.window.full() {
		return nil
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// flush writes and records the window. When ctx ends it begins no further
// write; what it wrote is recorded.
func (w *writer) flush(ctx context.Context) error {
	if w.window.empty() {
		return nil
	}
	items, seen, problem := w.write(ctx, w.window.records)
	batch := schema.Batch{
		Stream: w.name, Pass: w.stream.Pass, Cursor: w.cursor,
		Seen: seen, Gone: w.window.gone, Kept: w.window.kept, Whole: w.window.whole,
	}
	if w.name == "" {
		batch.Seen = nil
	}
	if problem != nil { // something in the window is not settled
		batch.Cursor, batch.Whole, batch.Kept = w.stream.Cursor, nil, nil
	}
	for _, f := range w.window.failed {
		items = append(items, outcome{item: schema.Item{Key: f.Key, State: schema.ItemFailed}, failure: w.failurePtr(f, stepExtractor)})
	}
	batch.Names, batch.Waiting = w.namesOf(items), w.waiting(items, seen)
	for _, o := range items {
		batch.Items = append(batch.Items, o.item)
		if o.failure != nil {
			batch.Failures = append(batch.Failures, *o.failure)
		}
	}
	if err := w.ledger.Commit(context.WithoutCancel(ctx), batch); err != nil {
		return err
	}
	w.stream.Cursor = batch.Cursor
	w.failures += int64(len(batch.Failures))
	w.done += int64(len(items) + len(seen))
	for _, f := range batch.Failures {
		w.observe(ItemFailed{Failure: f})
	}
	w.window, w.locals = window{records: w.window.records[:0]}, nil
	w.observe(Checkpoint{Address: w.Change.Address, Stream: w.Step.Stream, Items: w.done})
	w.observe(StageProgress{Address: w.Change.Address, Stage: StageRecords, Stream: w.Step.Stream, Done: w.done, Total: max(w.total, w.done), Unit: "records"})
	return problem
}

// lookup finds items by their keys.
type lookup interface {
	Lookup(ctx context.Context, keys []schema.Key) ([]schema.Item, error)
}

// findItems asks the target about items that are known from a ledger.
func findItems(ctx context.Context, target providers.Target, repo schema.Ref, ledger lookup, items []schema.Item) ([]schema.Ref, error) {
	var parents []schema.Key
	for i := range items {
		if items[i].Parent.ID != "" {
			parents = append(parents, items[i].Parent)
		}
	}
	known, err := ledger.Lookup(ctx, parents)
	if err != nil {
		return nil, err
	}
	wanted := make([]providers.Wanted, len(items))
	for i, item := range items {
		wanted[i] = providers.Wanted{Key: item.Key, Ref: item.Ref, Number: item.Number}
		if item.Parent.ID != "" {
			wanted[i].Parent = &providers.Related{Key: item.Parent, Ref: known[0].Ref}
			known = known[1:]
		}
	}
	return find(ctx, target, repo, wanted)
}

func find(ctx context.Context, target providers.Target, repo schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := target.Find(ctx, repo, wanted)
	if err == nil && len(refs) != len(wanted) {
		err = providers.Errorf(providers.CodeInternal, "find answered %d of %d keys", len(refs), len(wanted))
	}
	return refs, err
}

func (w *writer) failurePtr(f providers.ItemFailed, at string) *schema.Failure {
	failure := w.failure(f, at)
	return &failure
}

// graceful is a context for writes in flight: it outlives ctx by the grace.
func (s *stage) graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		s.work.Wait(out, s.work.Now().Add(s.work.Grace)) // its error is the end of out, which is what it waits for
		cancel()
	})
	return out, func() { stop(); cancel() }
}

// settleIntents closes intents whose objects the source no longer yields: they
// were cut off in an earlier run, and then left the source.
func (w *writer) settleIntents(ctx context.Context) error {
	for {
		open, err := w.ledger.OpenIntents(ctx, windowRecords)
		if err != nil || len(open) == 0 {
			return err
		}
		refs, err := findItems(ctx, w.target, w.progress.Target, w.ledger, open)
		if err != nil {
			return err
		}
		var batch schema.Batch
		for i := range open {
			open[i].State, open[i].Ref = schema.ItemGone, refs[i]
			batch.Items = append(batch.Items, open[i])
		}
		if err := w.ledger.Commit(ctx, batch); err != nil {
			return err
		}
	}
}

// contents fetches a record's blob into the workspace and returns its path.
func (w *writer) contents(ctx context.Context, r *schema.Record) (string, error) {
	if r.Blob == nil {
		return "", nil
	}
	in, err := w.source.OpenBlob(ctx, w.repo(), *r.Blob)
	if err != nil {
		return "", err
	}
	defer in.Close()
	return saveBlob(w.dir, in, *r.Blob)
}

func removeContent(path string) {
	if path != "" {
		os.Remove(path) // a leftover is overwritten or removed with the workspace
	}
}

func describe(r *schema.Record) string { return fmt.Sprintf("%s %s", r.Kind, schema.Printable(r.ID)) }
