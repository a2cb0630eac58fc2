package stream

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Entry is a record of a thread, or what became of one.
type Entry struct {
	Record Record
	Title  string
	URL    string
	Fault  error  // why it cannot be read; nil: it can
	Text   string // what people wrote; it may link to files
}

// Told returns the entry. What a source knows of an entry besides embeds it.
func (e Entry) Told() Entry { return e }

// Message tells the entry.
func (e Entry) Message() (providers.Message, error) {
	if e.Fault != nil {
		return Failed(e.Record.Key, e.Title, e.URL, providers.AsError(e.Fault)), nil
	}
	return e.Record.Message()
}

// Threads is a reading of what has a number, thread by thread: each with all that
// stands under it, and a checkpoint behind it. Threads are read ahead, several at
// once, with [Ahead].
type Threads struct {
	*Out
	mark  *Mark
	kinds []schema.Kind
	files bool
	only  map[schema.Key]bool // records that are picked; nil: all
	calls chan func()         // what is to be yielded while answers are awaited
}

// NewThreads returns a reading of a stream of some kinds, which keeps its mark up to
// date. Without files, attachments are counted in the mark and not yielded.
func NewThreads(out *Out, mark *Mark, kinds []schema.Kind, files bool) *Threads {
	return &Threads{Out: out, mark: mark, kinds: kinds, files: files, calls: make(chan func(), 16)}
}

// Waiting has a wait told by the goroutine of the caller. When that is busy with
// others, it is not told: it would come too late.
func (t *Threads) Waiting(w providers.Throttle) {
	select {
	case t.calls <- func() { t.Throttled(w) }:
	default:
	}
}

// Ahead fetches items, several at once and never more than ahead in front of what is
// taken, and hands what came of each to take, in their order.
func Ahead[In, Got any](ctx context.Context, t *Threads, ahead int, items iter.Seq2[In, error], fetch func(context.Context, In) (Got, error), take func(Got) error) error {
	for got, err := range InOrder(ctx, ahead, t.calls, items, fetch) {
		if err == nil {
			err = take(got)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Pick limits the reading to some records. It returns the numbers of the threads that
// they belong to, in ascending order; a record that numberOf knows no thread of was
// never there, or is gone.
func (t *Threads) Pick(keys []schema.Key, numberOf func(schema.Key) (int64, bool)) []int64 {
	t.only = map[schema.Key]bool{}
	var numbers []int64
	for _, k := range keys {
		if number, ok := numberOf(k); ok {
			t.only[k] = true
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// NumberOf is the number of the thread that a record belongs to, when its id is that
// number, or begins with it and a #.
func NumberOf(k schema.Key) (int64, bool) {
	text, _, _ := strings.Cut(k.ID, "#")
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil && number > 0
}

// Tell yields a thread: its own record, and then those under it, whose parent it is.
func Tell[E interface{ Told() Entry }](t *Threads, entries []E) error {
	top := entries[0].Told().Record.Key
	whole := t.only == nil
	for i, entry := range entries {
		e := entry.Told()
		if i > 0 {
			e.Record.Parent = &top
		}
		m, err := e.Message()
		if err != nil {
			return err
		}
		whole = whole && m.Failed == nil
		if err := t.put(e.Record.Key, m); err != nil {
			return err
		}
	}
	if !whole {
		return nil
	}
	return t.Send(providers.Message{Whole: &top})
}

// put yields a record, or one that failed, when it is asked for.
func (t *Threads) put(key schema.Key, m providers.Message) error {
	switch {
	case t.only != nil && !t.only[key], !t.Wants(key.Kind):
		return nil
	case key.Kind == schema.KindAttachment && !t.files:
		t.mark.Files++
		return nil
	case t.only == nil:
		if t.mark.Counts == nil {
			t.mark.Counts = map[schema.Kind]int64{}
		}
		t.mark.Counts[key.Kind]++
	}
	return t.Send(m)
}

// Checkpoint yields a cursor, which holds the mark. Picked records have none.
func (t *Threads) Checkpoint(cursor any) error {
	if t.only != nil {
		return nil
	}
	c := Encode(cursor)
	return t.Send(providers.Message{Checkpoint: &c})
}

// Counted are the numbers of the records so far, of all kinds that are asked for.
func (t *Threads) Counted() map[schema.Kind]int64 {
	all := map[schema.Kind]int64{}
	for _, k := range t.kinds {
		if t.Wants(k) && (t.files || k != schema.KindAttachment) {
			all[k] = t.mark.Counts[k]
		}
	}
	return all
}

// Losses tells of what no record carries, by codes.
func (t *Threads) Losses(counts map[string]int64, message func(code string) string) error {
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if err := t.Loss(code, message(code), counts[code]); err != nil {
			return err
		}
	}
	return nil
}

// FilesLoss tells of attachments that were left out, when they are.
func (t *Threads) FilesLoss(code, message string, count int64) error {
	if t.files || count == 0 || !t.Wants(schema.KindAttachment) {
		return nil
	}
	return t.Loss(code, message, count)
}
