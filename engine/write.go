package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// outcome is what became of one record.
type outcome struct {
	item    schema.Item
	body    json.RawMessage // of a record that is done
	failure *schema.Failure
}

// write carries a window's records to the target: intent, write, and the items
// to be recorded. The problem is why some of them are not settled.
func (w *writer) write(ctx context.Context, records []schema.Record) (done []outcome, seen []schema.Key, problem error) {
	todo, seen, err := w.sort(ctx, records)
	if err != nil || len(todo) == 0 {
		return nil, seen, err
	}
	intents := make([]schema.Item, len(todo))
	for i := range todo {
		intents[i] = w.item(&todo[i], schema.ItemIntent)
		intents[i].Content = ""
	}
	if err := w.ledger.Intend(ctx, intents); err != nil {
		return nil, seen, err
	}
	list := waves(todo, w.batch)
	for i, wave := range list {
		more, err := w.writeWave(ctx, wave)
		done = append(done, more...)
		if err != nil {
			return done, seen, err
		}
		w.relate(slices.Concat(list[i+1:]...), more)
	}
	return done, seen, nil
}

// sort separates records that are at the target as they are from those to be
// written, and finds out which of those the target holds already.
func (w *writer) sort(ctx context.Context, records []schema.Record) (todo []providers.Write, seen []schema.Key, err error) {
	list, err := w.localizer.localize(ctx, records)
	if err != nil {
		return nil, nil, err
	}
	w.locals = make(map[schema.Key]*local, len(list))
	keys := make([]schema.Key, len(list))
	for i := range list {
		keys[i] = list[i].Key()
		w.locals[keys[i]] = &list[i]
	}
	items, err := w.ledger.Lookup(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	overwrite := w.Change.Resource.Lifecycle.OnTargetDrift == "overwrite"
	var open []int // places in todo whose outcome is not known
	at := map[schema.Key]int{}
	for i := range list {
		r, known := list[i].Record, items[i]
		if n, twice := at[keys[i]]; twice { // the later of two is the object as it is
			todo[n].Record = r
			continue
		}
		if settledAs(known, &list[i]) {
			seen = append(seen, known.Key)
			continue
		}
		at[keys[i]] = len(todo)
		if known.State != "" && known.Ref.ID == "" {
			// Cut off, or failed with an answer that may have come too late.
			open = append(open, len(todo))
		}
		todo = append(todo, providers.Write{Record: r, Ref: known.Ref, Overwrite: overwrite})
	}
	if err := w.find(ctx, todo, open); err != nil {
		return nil, seen, err
	}
	return todo, seen, w.addRelated(ctx, todo)
}

// settledAs reports whether an item stands at the target, or was left out, just
// as a record asks for.
func settledAs(known schema.Item, r *local) bool {
	return (known.State == schema.ItemDone || known.State == schema.ItemSkipped) && known.Revision == r.Revision && known.Content == r.content
}

// item is the line of the ledger for a record.
func (w *writer) item(t *providers.Write, state schema.ItemState) schema.Item {
	item := schema.Item{Key: t.Record.Key(), Revision: t.Record.Revision, Ref: t.Ref, State: state}
	if t.Record.Parent != nil {
		item.Parent = *t.Record.Parent
	}
	if l := w.locals[item.Key]; l != nil {
		item.Content, item.Number = l.content, l.number
	}
	return item
}

// find asks the target which of the records at these places it holds, because
// an earlier write of them has an outcome that is not known.
func (w *writer) find(ctx context.Context, todo []providers.Write, open []int) error {
	if len(open) == 0 {
		return nil
	}
	items := make([]schema.Item, len(open))
	for i, n := range open {
		items[i] = w.item(&todo[n], schema.ItemIntent)
	}
	refs, err := findItems(ctx, w.target, w.progress.Target, w.ledger, items)
	if err != nil {
		return err
	}
	for i, n := range open {
		todo[n].Ref = refs[i]
	}
	return nil
}

// addRelated looks up the refs of what the records name. A target that takes
// batches knows its objects by their keys and is not told.
func (w *writer) addRelated(ctx context.Context, todo []providers.Write) error {
	if w.batch > 1 {
		return nil
	}
	var keys []schema.Key
	at := map[schema.Key]bool{}
	for i := range todo {
		for _, k := range named(&todo[i].Record) {
			if !at[k] {
				at[k] = true
				keys = append(keys, k)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	items, err := w.ledger.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	refs := make(map[schema.Key]schema.Ref, len(items))
	for _, item := range items {
		if item.State == schema.ItemSkipped {
			w.leaves(item.Key, true)
		}
		if item.Ref.ID != "" {
			refs[item.Key] = item.Ref
		}
	}
	for i := range todo {
		for _, k := range named(&todo[i].Record) {
			if ref, ok := refs[k]; ok {
				todo[i].Related = append(todo[i].Related, providers.Related{Key: k, Ref: ref})
			}
		}
	}
	return nil
}

// named are the keys of the objects that a record refers to.
func named(r *schema.Record) []schema.Key {
	if r.Parent == nil {
		return r.After
	}
	return append([]schema.Key{*r.Parent}, r.After...)
}

// relate tells later records of a window about the objects that earlier ones
// became.
func (w *writer) relate(later []*providers.Write, done []outcome) {
	if w.batch > 1 || len(later) == 0 {
		return
	}
	refs := make(map[schema.Key]schema.Ref, len(done))
	for _, o := range done {
		if o.item.State == schema.ItemDone {
			refs[o.item.Key] = o.item.Ref
		}
	}
	for _, t := range later {
		for _, k := range named(&t.Record) {
			if ref, ok := refs[k]; ok {
				t.Related = slices.DeleteFunc(t.Related, func(r providers.Related) bool { return r.Key == k })
				t.Related = append(t.Related, providers.Related{Key: k, Ref: ref})
			}
		}
	}
}

// waves cuts a window where a record names one of another lane, so that what is
// named is written before; inside a lane the order sees to that. A target that
// takes batches writes them in order anyway.
func waves(todo []providers.Write, batch int) [][]*providers.Write {
	var list [][]*providers.Write
	if batch > 1 {
		for i := range todo {
			if i%batch == 0 {
				list = append(list, nil)
			}
			list[len(list)-1] = append(list[len(list)-1], &todo[i])
		}
		return list
	}
	open := map[schema.Key]schema.Key{} // records of the wave, with their lanes
	for i := range todo {
		fits, lane := len(list) > 0, todo[i].Record.Lane()
		for _, k := range named(&todo[i].Record) {
			at, there := open[k]
			fits = fits && (!there || at == lane)
		}
		if !fits {
			list = append(list, nil)
			clear(open)
		}
		open[todo[i].Record.Key()] = lane
		list[len(list)-1] = append(list[len(list)-1], &todo[i])
	}
	return list
}

// writeWave writes records of which none names one of another lane: in one call
// to a target that takes batches, else lane by lane, several lanes at a time.
// Once ctx has ended, nothing more is begun.
func (w *writer) writeWave(ctx context.Context, wave []*providers.Write) ([]outcome, error) {
	if w.batch > 1 {
		return w.writeCall(ctx, wave)
	}
	lanes := map[schema.Key]int{}
	var queues [][]*providers.Write
	for _, t := range wave {
		lane := t.Record.Lane()
		n, ok := lanes[lane]
		if !ok {
			n = len(queues)
			lanes[lane] = n
			queues = append(queues, nil)
		}
		queues[n] = append(queues[n], t)
	}
	results := make([][]outcome, len(queues))
	turns := w.turns(queues)
	var g errgroup.Group
	g.SetLimit(max(w.work.Lanes, 1))
	for n, queue := range queues {
		g.Go(func() (err error) {
			results[n], err = w.writeLane(ctx, queue, turns[n])
			return err
		})
	}
	err := g.Wait()
	var done []outcome
	for _, r := range results {
		done = append(done, r...)
	}
	return done, err
}

// A turn is when a record that gets its number from the order of creation may be
// created: after the one before it was, however that went.
type turn struct {
	before, after chan struct{} // nil: it need not wait
}

// turns gives the lanes whose first record is to be numbered their turns. Lanes
// are begun in this order, so the one whose turn it is always runs.
func (w *writer) turns(queues [][]*providers.Write) []turn {
	turns := make([]turn, len(queues))
	numbered := w.targetRef().Numbers
	if len(numbered) == 0 {
		return turns
	}
	var last chan struct{}
	for n, queue := range queues {
		first := queue[0]
		if l := w.locals[first.Record.Key()]; first.Record.Parent != nil || first.Ref.ID != "" || l == nil || l.number == 0 || !slices.Contains(numbered, first.Record.Kind) {
			continue
		}
		turns[n] = turn{before: last, after: make(chan struct{})}
		last = turns[n].after
	}
	return turns
}

// writeLane writes the records of one lane in their order.
func (w *writer) writeLane(ctx context.Context, queue []*providers.Write, t turn) ([]outcome, error) {
	var done []outcome
	for at := 0; at < len(queue); {
		n := w.together(queue[at:])
		if at == 0 && t.before != nil {
			<-t.before
		}
		more, err := w.writeCall(ctx, queue[at:at+n])
		if at == 0 && t.after != nil {
			close(t.after)
		}
		done = append(done, more...)
		if err != nil {
			return done, err
		}
		at += n
		w.relate(queue[at:], more)
	}
	return done, nil
}

// together is how many records at the head of a lane are written in one call:
// one that stands alone and one with a content go by themselves.
func (w *writer) together(queue []*providers.Write) int {
	n := 0
	for n < len(queue) && n < max(w.targetRef().LaneBatch, 1) {
		if r := queue[n].Record; r.Parent == nil || r.Blob != nil {
			break
		}
		n++
	}
	return max(n, 1)
}

// writeCall writes records in one call, and again as long as that may help. A
// call whose outcome is not known is followed by Find, never blindly repeated.
func (w *writer) writeCall(ctx context.Context, records []*providers.Write) ([]outcome, error) {
	records, done := w.leaveOut(records)
	records, failed := w.fetchContents(ctx, records)
	done = append(done, failed...)
	defer func() {
		for _, r := range records {
			removeContent(r.Content)
		}
	}()
	if ctx.Err() != nil {
		return done, ctx.Err()
	}
	left := records
	for attempt := 1; len(left) > 0; attempt++ {
		written, err := w.send(ctx, left)
		if err != nil {
			if err := w.pause(ctx, providers.AsError(err), attempt); err != nil {
				return done, err
			}
			if err := w.findAgain(ctx, left); err != nil {
				return done, err
			}
			continue
		}
		var again []*providers.Write
		for i, r := range left {
			p := written[i].Problem
			if p != nil && passing(p) && attempt < attempts {
				again = append(again, r)
				if err := w.pause(ctx, p, attempt); err != nil {
					return done, err
				}
				continue
			}
			if p != nil && p.Code == providers.CodeAuth {
				return done, p
			}
			done = append(done, w.settled(r, written[i]))
		}
		if err := w.findAgain(ctx, again); err != nil {
			return done, err
		}
		left = again
	}
	return done, nil
}

// send makes one call. It goes on when ctx ends, up to the grace.
func (w *writer) send(ctx context.Context, records []*providers.Write) ([]providers.Written, error) {
	ctx, cancel := w.graceful(ctx)
	defer cancel()
	request := providers.WriteRequest{Repo: w.progress.Target, Placement: w.Change.Resource.Placement}
	for _, r := range records {
		request.Writes = append(request.Writes, *r)
	}
	written, err := w.target.Write(ctx, request)
	if err == nil && len(written) != len(records) {
		err = providers.Errorf(providers.CodeInternal, "write answered %d of %d records", len(written), len(records))
	}
	return written, err
}

// passing reports whether an error may go away by itself.
func passing(p *providers.Error) bool {
	return p.Code == providers.CodeRateLimited || p.Code == providers.CodeUnavailable
}

// pause waits before a call is tried again. It returns the problem when trying
// again is of no use.
func (w *writer) pause(ctx context.Context, p *providers.Error, attempt int) error {
	if !passing(p) || attempt >= attempts {
		return p
	}
	until := w.work.Now().Add(100 * time.Millisecond << attempt)
	if p.Code == providers.CodeRateLimited && p.Until.After(until) {
		until = earlier(p.Until, w.work.Now().Add(longestWait))
		w.throttled(w.Change.Resource.Target, providers.Throttle{Until: until, Reason: p.Message})
	}
	if w.work.Wait(ctx, until) != nil {
		return p
	}
	return ctx.Err()
}

// findAgain learns which of the records a failed call did store.
func (w *writer) findAgain(ctx context.Context, records []*providers.Write) error {
	if len(records) == 0 {
		return nil
	}
	wanted := make([]providers.Wanted, len(records))
	for i, r := range records {
		item := w.item(r, schema.ItemIntent)
		wanted[i] = providers.Wanted{Key: item.Key, Ref: item.Ref, Number: item.Number, Parent: parentOf(r)}
	}
	refs, err := find(ctx, w.target, w.progress.Target, wanted)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r.Ref.ID == "" {
			r.Ref = refs[i]
		}
	}
	return nil
}

// parentOf is a record's parent as the record was told of it: one that was written
// just before is not in the ledger yet.
func parentOf(r *providers.Write) *providers.Related {
	if r.Record.Parent == nil {
		return nil
	}
	for i := range r.Related {
		if r.Related[i].Key == *r.Record.Parent {
			return &r.Related[i]
		}
	}
	return nil
}

// leaveOut takes out the records whose parent was left out at the target: there is
// nothing that they could stand under.
func (w *writer) leaveOut(records []*providers.Write) (fit []*providers.Write, out []outcome) {
	for _, r := range records {
		if r.Record.Parent == nil || !w.leftOut(*r.Record.Parent) {
			fit = append(fit, r)
			continue
		}
		out = append(out, w.settled(r, providers.Written{Skipped: fmt.Sprintf("the %s that it belongs to is left out", r.Record.Parent.Kind)}))
	}
	return fit, out
}

func (w *writer) leftOut(key schema.Key) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.skipped[key]
}

// leaves notes whether an object was left out at the target.
func (w *writer) leaves(key schema.Key, out bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !out {
		delete(w.skipped, key) // most are not, and there may be millions
		return
	}
	if w.skipped == nil {
		w.skipped = map[schema.Key]bool{}
	}
	w.skipped[key] = true
}

// fetchContents brings the blobs of records. A record whose blob cannot be had
// has failed, and only it.
func (w *writer) fetchContents(ctx context.Context, records []*providers.Write) (fit []*providers.Write, failed []outcome) {
	for _, r := range records {
		path, err := w.contents(ctx, &r.Record)
		if err != nil && ctx.Err() != nil {
			return fit, failed // nothing is wrong with it; the next run fetches it
		}
		if err != nil {
			problem := providers.AsError(err)
			problem = &providers.Error{Code: problem.Code, Op: "fetch the content", Subject: describe(&r.Record), Message: problem.Error(), Hint: problem.Hint}
			failed = append(failed, w.failedItem(r, stepExtractor, problem))
			continue
		}
		r.Content = path
		fit = append(fit, r)
	}
	return fit, failed
}

// settled is the outcome of a record that the target answered.
func (w *writer) settled(r *providers.Write, written providers.Written) outcome {
	if written.Problem != nil {
		return w.failedItem(r, stepLoader, written.Problem)
	}
	item := w.item(r, schema.ItemDone)
	item.Ref, item.Note = written.Ref, written.Degraded
	w.leaves(item.Key, written.Skipped != "")
	switch {
	case written.Skipped != "":
		item.State, item.Ref, item.Note = schema.ItemSkipped, schema.Ref{}, written.Skipped
	case item.Revision == vacated:
		item.State = schema.ItemGone
	}
	return outcome{item: item, body: r.Record.Body}
}

func (w *writer) failedItem(r *providers.Write, at string, problem *providers.Error) outcome {
	title, url := titleOf(&r.Record)
	failure := w.failure(providers.ItemFailed{Key: r.Record.Key(), Title: title, URL: url, Problem: problem}, at)
	return outcome{item: w.item(r, schema.ItemFailed), failure: &failure}
}
