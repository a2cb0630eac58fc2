package engine

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// A window is what is read before it is written and recorded: at most this many
// records, or bytes of bodies.
const (
	windowRecords = 500
	windowBytes   = 1 << 20
)

// records carries one stream over. It continues the reading that an earlier run
// did not finish; a new reading skips what has not changed.
func (s *stage) records(ctx context.Context) error {
	source, err := s.source(ctx)
	if err != nil {
		return err
	}
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	keep := context.WithoutCancel(ctx)
	stream, err := s.ledger.StartPass(keep, s.Step.Stream)
	if err != nil {
		return err
	}
	dir, err := s.workspace()
	if err != nil {
		return err
	}
	w := &writer{
		stage: s, source: source, target: target, stream: stream, dir: dir,
		batch: max(s.targetRef().Batch, 1), cursor: stream.Cursor, total: s.expected(),
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
	_, err = s.ledger.FinishPass(keep, s.Step.Stream, stream.Pass, s.Step.Kinds, s.progress.Facts.Streams[s.Step.Stream], wantedCounts(end.Counts, s.Step.Kinds), end.Complete)
	return err
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
		wanted[k] = counts[k]
	}
	return wanted
}

// writer moves one stream from source to target, a window at a time.
type writer struct {
	*stage
	source providers.Source
	target providers.Target
	stream schema.Stream
	dir    string // the workspace
	batch  int    // records in one Write
	cursor schema.Cursor
	total  int64 // expected, 0 when not known
	done   int64

	window window
}

// window is what was read and is not yet recorded.
type window struct {
	records []schema.Record
	bytes   int
	failed  []providers.ItemFailed
	gone    []schema.Key
}

func (w *window) full() bool { return len(w.records) >= windowRecords || w.bytes >= windowBytes }

func (w *window) empty() bool { return len(w.records)+len(w.failed)+len(w.gone) == 0 }

// readAll reads the stream to its end. When ctx ends it records what was read
// and stops.
func (w *writer) readAll(ctx context.Context) (providers.StreamEnd, error) {
	request := providers.ReadRequest{Repo: w.repo(), Stream: w.Step.Stream, Kinds: w.Step.Kinds, Cursor: w.stream.Cursor}
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
		if !slices.Contains(w.Step.Kinds, m.Record.Kind) {
			return providers.Errorf(providers.CodeInternal, "the stream %s yielded a %s, which was not asked for", w.Step.Stream, m.Record.Kind)
		}
		w.window.records = append(w.window.records, *m.Record)
		w.window.bytes += len(m.Record.Body)
	case m.Failed != nil:
		w.window.failed = append(w.window.failed, *m.Failed)
	case m.Gone != nil:
		w.window.gone = append(w.window.gone, *m.Gone)
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
		Stream: w.Step.Stream, Pass: w.stream.Pass, Cursor: w.cursor,
		Seen: seen, Gone: w.window.gone,
	}
	if problem != nil {
		batch.Cursor = w.stream.Cursor // something in the window is not settled
	}
	for _, f := range w.window.failed {
		items = append(items, outcome{item: schema.Item{Key: f.Key, State: schema.ItemFailed}, failure: w.failurePtr(f, stepExtractor)})
	}
	batch.Names = w.names(items)
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
	w.window = window{records: w.window.records[:0]}
	w.observe(Checkpoint{Address: w.Change.Address, Stream: w.Step.Stream, Items: w.done})
	w.observe(StageProgress{Address: w.Change.Address, Stage: StageRecords, Stream: w.Step.Stream, Done: w.done, Total: max(w.total, w.done), Unit: "records"})
	return problem
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
		keys := make([]schema.Key, len(open))
		for i := range open {
			keys[i] = open[i].Key
		}
		refs, err := w.target.Find(ctx, w.progress.Target, keys)
		if err != nil {
			return err
		}
		if len(refs) != len(keys) {
			return providers.Errorf(providers.CodeInternal, "find answered %d of %d keys", len(refs), len(keys))
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
