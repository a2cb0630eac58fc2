package threads

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Kinds are the kinds that the stream has.
func Kinds() []schema.Kind {
	return []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindDiscussion, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// Read yields the threads of a repository in ascending order of their numbers,
// each followed by all that stands under it, as providers.Source describes. It
// picks records by their keys.
func Read(ctx context.Context, client Client, repo Repository, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r := &reading{fetcher: newFetcher(client, repo)}
		r.Threads = stream.NewThreads(stream.Start(req.Kinds, yield), &r.cursor.Mark, Kinds(), !repo.SkipFiles)
		r.End(r.read(forgehttp.Throttles(ctx, r.Waiting), req))
	}
}

// reading is one call of Read.
type reading struct {
	*fetcher
	*stream.Threads

	types  map[int64]string // of issues, by number
	typed  <-chan error     // tells when types is complete; nil when it is
	forum  map[int64]bool   // discussions that are pinned
	cursor cursor
	update *update // nil: everything is read
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	if len(req.Keys) > 0 {
		return r.pick(ctx, req.Keys)
	}
	h, err := r.head(ctx)
	if err != nil {
		return err
	}
	r.forum, r.discussions, r.untyped = h.forum, h.totals[discussions] > 0, h.owned
	if err := r.resume(req.Cursor, h.next()); err != nil {
		return err
	}
	if s, ok := decodeSince(req.Since); ok {
		return r.changed(ctx, h, s)
	}
	return r.whole(ctx, h)
}

// whole reads every thread.
func (r *reading) whole(ctx context.Context, h head) error {
	// The list of types is one page after the other, so it is read beside the
	// threads; the first of them waits for its end.
	typed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		types, err := r.allTypes(ctx)
		r.types = types
		typed <- err
	}()
	defer func() {
		cancel()
		if r.typed != nil {
			<-r.typed
		}
	}()
	r.typed = typed
	last := max(r.cursor.Next.Last, h.last)
	err := r.through(ctx, span(r.cursor.Done+1, last))
	if err != nil {
		return err
	}
	if last, err = r.overlooked(ctx, last); err != nil {
		return err
	}
	if err := r.through(ctx, span(r.cursor.Done+1, last)); err != nil {
		return err
	}
	// The next reading compares with what was found, not with what there was at
	// the beginning: more may have come before an interrupted reading went on.
	next := r.cursor.Next
	next.Files, next.Last, next.Totals = r.cursor.Files, last, r.cursor.Found
	if err := r.filesLoss(r.cursor.Files); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: r.Counted(), Complete: true, Next: stream.Encode(next)}})
}

// overlooked returns the highest number of all threads when there are more of
// them than were found: a thread that was imported or transferred with an old
// date may have a higher number than the newest.
func (r *reading) overlooked(ctx context.Context, last int64) (int64, error) {
	if !r.short(r.cursor.Next.Totals) {
		return last, nil
	}
	h, err := r.head(ctx)
	if err != nil || !r.short(h.totals) { // some were deleted meanwhile
		return last, err
	}
	r.discussions = h.totals[discussions] > 0
	err = r.list(ctx, byCreation, func(t listed) bool {
		last = max(last, t.number)
		return true
	})
	return last, err
}

// short reports whether fewer threads were found than there should be.
func (r *reading) short(of totals) bool {
	for i, n := range of {
		if r.cursor.Found[i] < n {
			return true
		}
	}
	return false
}

// span yields the numbers from first to last, in parts of the width of the
// moment.
func span(first, last int64) func(width int64) []int64 {
	return func(width int64) []int64 {
		var part []int64
		for ; first <= last && int64(len(part)) < width; first++ {
			part = append(part, first)
		}
		return part
	}
}

// these yields given numbers, in parts of the width of the moment.
func these(numbers []int64) func(width int64) []int64 {
	return func(width int64) []int64 {
		n := min(int(width), len(numbers))
		part := numbers[:n]
		numbers = numbers[n:]
		return part
	}
}

// through fetches and yields the threads with the given numbers, and a
// checkpoint after each.
func (r *reading) through(ctx context.Context, numbers func(width int64) []int64) error {
	items := func(yield func([]int64, error) bool) {
		for part := numbers(r.width.Load()); len(part) > 0 && yield(part, nil); {
			part = numbers(r.width.Load())
		}
	}
	return stream.Ahead(ctx, r.Threads, r.repo.ahead(), items, r.fetch, func(part []found) error {
		if r.typed != nil {
			err := <-r.typed
			r.typed = nil
			if err != nil {
				return err
			}
		}
		for _, f := range part {
			if err := r.thread(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// thread yields one thread with all that belongs to it.
func (r *reading) thread(f found) error {
	// What cannot be read has the kind that a list told, or else a likely one.
	top := schema.Key{Kind: schema.KindIssue, ID: id(f.number)}
	if !r.Wants(top.Kind) && r.Wants(schema.KindChange) {
		top.Kind = schema.KindChange
	}
	if r.update != nil {
		r.update.given[f.number] = true
		if kind, ok := r.update.sorts[f.number]; ok {
			top.Kind = kind
		}
	}
	var err error
	switch {
	case f.problem != nil:
		problem := *f.problem
		problem.Op = "" // that of the record says more
		r.find(top.Kind)
		err = stream.Tell(r.Threads, []stream.Entry{{Record: stream.Record{Key: top}, URL: r.page(f.number), Fault: &problem}})
	case f.thread != nil:
		r.find(f.thread.key().Kind)
		all := r.entries(f.thread)
		for _, e := range all {
			r.look(e)
		}
		err = stream.Tell(r.Threads, all)
	}
	if err != nil {
		return err
	}
	return r.checkpoint(f.number)
}

// page is where GitHub shows a number, whatever it is.
func (r *reading) page(number int64) string {
	return strings.TrimSuffix(r.repo.Files.Web, "/") + "/" + r.repo.fullName() + "/issues/" + id(number)
}

// find counts a thread.
func (r *reading) find(kind schema.Kind) {
	switch kind {
	case schema.KindIssue:
		r.cursor.Found[issues]++
	case schema.KindChange:
		r.cursor.Found[changes]++
	case schema.KindDiscussion:
		r.cursor.Found[discussions]++
	}
}

func (r *reading) checkpoint(number int64) error {
	r.cursor.Done = number
	if u := r.update; u != nil {
		r.cursor.Late, r.cursor.Refers = u.late, r.others()
		if u.ending || len(r.cursor.Refers) > mostRefers {
			return nil
		}
	}
	return r.Checkpoint(r.cursor)
}

// filesLoss tells of attachments that were left out because the plan says so.
func (r *reading) filesLoss(n int64) error {
	return r.FilesLoss("github.attachments", "files attached to issues, pull requests, discussions and comments are left out, because attachments_import is off; texts go on linking to GitHub", n)
}
