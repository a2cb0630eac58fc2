package tfvc

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

const (
	// Changesets that are read before their turn.
	aheadChangesets = 64

	// Contents that are read before their turn: bytes in all, and bytes and
	// files in one request.
	aheadBytes = 32 << 20
	batchBytes = 2 << 20
	batchFiles = 100
)

// download is the contents of one file on their way.
type download struct {
	path    string // at the server
	version int
	content content
	weight  int64

	done chan struct{}
	text *text
	err  error
}

// wait returns the contents. The caller closes them and calls release.
func (d *download) wait(ctx context.Context) (*text, error) {
	select {
	case <-d.done:
		return d.text, d.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// reader reads changesets ahead of the one that is being converted: the lists of
// changes on several connections, then the contents that are new, each once.
//
// Contents are fetched in the order in which they are needed, and no more of
// them than aheadBytes at a time. A changeset is handed over before its contents
// are asked for, so that one of any size flows through.
type reader struct {
	client  *azure.Client
	planner *planner
	scratch string
	items   bool // work items are wanted

	mu        sync.Mutex
	stored    blobs
	scheduled map[content]*download

	budget *semaphore.Weighted
	batch  []*download // not asked for yet
	bytes  int64       // of batch
	failed int         // batches in a row of which nothing came; guarded by mu
	open   sync.WaitGroup
}

func newReader(client *azure.Client, p *planner, scratch string, workItems bool, stored blobs) *reader {
	return &reader{
		client: client, planner: p, scratch: scratch, items: workItems, stored: stored,
		scheduled: map[content]*download{}, budget: semaphore.NewWeighted(aheadBytes),
	}
}

// future is a plan on its way.
type future struct {
	done chan struct{}
	plan *plan
	err  error
}

// read yields the plans of changesets in their order. Whoever takes a plan waits
// for the contents of its steps, in their order, and calls took for each.
func (r *reader) read(parent context.Context, sets iter.Seq2[azure.Changeset, error]) iter.Seq2[*plan, error] {
	return func(yield func(*plan, error) bool) {
		ctx, stop := context.WithCancelCause(parent)
		futures := make(chan *future, aheadChangesets)
		plans := make(chan *plan, aheadChangesets)
		r.open.Go(func() { r.ask(ctx, sets, futures) })
		r.open.Go(func() {
			defer close(plans)
			if err := r.schedule(ctx, futures, plans); err != nil {
				stop(err)
			}
		})
		defer r.open.Wait()
		defer stop(nil) // before the wait: deferred calls run last to first
		for p := range plans {
			if context.Cause(ctx) != nil {
				break
			}
			if !yield(p, nil) {
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			yield(nil, err)
		}
	}
}

// ask begins to read the changes of every changeset, as fast as they are taken.
func (r *reader) ask(ctx context.Context, sets iter.Seq2[azure.Changeset, error], futures chan<- *future) {
	defer close(futures)
	for set, err := range sets {
		f := &future{done: make(chan struct{}), err: err}
		if err != nil {
			close(f.done)
		} else {
			r.open.Go(func() {
				defer close(f.done)
				f.plan, f.err = r.detail(ctx, set)
			})
		}
		select {
		case futures <- f:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// detail reads all that there is to know of a changeset.
func (r *reader) detail(ctx context.Context, set azure.Changeset) (*plan, error) {
	var err error
	if set.CommentTruncated {
		if set, err = r.client.Changeset(ctx, set.Number); err != nil {
			return nil, fmt.Errorf("changeset %d: %w", set.Number, err)
		}
	}
	p, err := r.planner.plan(ctx, set, r.client.Changes(ctx, set.Number))
	if err != nil {
		return nil, fmt.Errorf("changeset %d: %w", set.Number, err)
	}
	if !r.items {
		return p, nil
	}
	items, err := r.client.WorkItems(ctx, set.Number)
	if err != nil && providers.CodeOf(err) != providers.CodeNotFound {
		return nil, fmt.Errorf("changeset %d: list work items: %w", set.Number, err)
	}
	for _, w := range items {
		p.workItems = append(p.workItems, w.ID)
	}
	return p, nil
}

// schedule hands plans on in their order and fetches the contents that they
// need. What it has not asked for yet, it asks for before it waits.
func (r *reader) schedule(ctx context.Context, futures <-chan *future, plans chan<- *plan) error {
	for f := range futures {
		select {
		case <-f.done:
		default:
			if err := r.flush(ctx); err != nil {
				return err
			}
			select {
			case <-f.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if f.err != nil {
			return f.err
		}
		wanted := r.want(f.plan)
		select {
		case plans <- f.plan:
		default:
			if err := r.flush(ctx); err != nil {
				return err
			}
			select {
			case plans <- f.plan:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		for _, d := range wanted {
			if err := r.add(ctx, d); err != nil {
				return err
			}
		}
		if len(futures) == 0 { // the next one may take long to come
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return r.flush(ctx)
}

// want notes which contents of a plan are neither here nor on their way.
func (r *reader) want(p *plan) (wanted []*download) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range p.present {
		s := &p.present[i]
		switch c := s.content; {
		case s.folder, c.empty(), !c.known && !s.full:
			continue
		case c.known:
			if _, ok := r.stored[c]; ok || r.scheduled[c] != nil {
				continue
			}
		}
		s.wanted = &download{path: s.server, version: s.version, content: s.content, done: make(chan struct{})}
		if s.content.known {
			r.scheduled[s.content] = s.wanted
		}
		wanted = append(wanted, s.wanted)
	}
	return wanted
}

// add puts a download into the batch, or asks for it alone when it is large or
// nobody knows.
func (r *reader) add(ctx context.Context, d *download) error {
	size := d.content.size
	if !d.content.known || size < 0 || size > smallText {
		d.weight = smallText
		if err := r.flush(ctx); err != nil {
			return err
		}
		return r.begin(ctx, []*download{d}, d.weight)
	}
	d.weight = size
	if r.bytes+size > batchBytes && len(r.batch) > 0 || len(r.batch) == batchFiles {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.batch, r.bytes = append(r.batch, d), r.bytes+size
	return nil
}

func (r *reader) flush(ctx context.Context) error {
	batch, bytes := r.batch, r.bytes
	r.batch, r.bytes = nil, 0
	if len(batch) == 0 {
		return nil
	}
	return r.begin(ctx, batch, bytes)
}

// begin fetches a batch once there is room for it.
func (r *reader) begin(ctx context.Context, batch []*download, bytes int64) error {
	if err := r.budget.Acquire(ctx, bytes); err != nil {
		return context.Cause(ctx)
	}
	r.open.Go(func() {
		left := batch
		if len(batch) > 1 && !r.withoutBatches() {
			left = r.together(ctx, batch, bytes)
		}
		for _, d := range left {
			d.text, d.err = r.alone(ctx, d)
			close(d.done)
		}
	})
	return nil
}

// maxFailed is how many batches may fail in a row before the server is taken for
// one that knows none. One alone can fail because a file in it is gone.
const maxFailed = 3

func (r *reader) withoutBatches() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed >= maxFailed
}

// together fetches files by one request and returns those that did not come.
// Whatever goes wrong with it, asking for each one tells more.
func (r *reader) together(ctx context.Context, batch []*download, bytes int64) (left []*download) {
	var files []azure.Wanted
	bySum := map[[md5.Size]byte]*download{}
	for _, d := range batch {
		files = append(files, azure.Wanted{Path: d.path, Version: d.version})
		bySum[d.content.sum] = d
	}
	came := 0
	for data, err := range r.client.Batch(ctx, files, smallText, bytes) {
		if err != nil {
			break
		}
		t := textOf(data)
		d := bySum[t.sum]
		if d == nil || d.content.check(t.sum, t.size) != nil {
			continue
		}
		delete(bySum, t.sum)
		d.text = t
		close(d.done)
		came++
	}
	r.mu.Lock()
	if r.failed++; came > 0 {
		r.failed = 0
	}
	r.mu.Unlock()
	for _, d := range batch {
		if d.text == nil {
			left = append(left, d)
		}
	}
	return left
}

// alone fetches one file.
func (r *reader) alone(ctx context.Context, d *download) (t *text, err error) {
	err = r.client.Content(ctx, d.path, d.version, func(in io.Reader) (err error) {
		t, err = readText(in, r.scratch)
		return err
	})
	if err == nil {
		if err = d.content.check(t.sum, t.size); err != nil {
			err = &providers.Error{Code: providers.CodeUnavailable, Message: err.Error(), Err: errors.Join(err, t.Close()),
				Hint: "apply again; if it stays like that, the server's contents are damaged"}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s in changeset %d: %w", schema.Printable(d.path), d.version, err)
	}
	return t, nil
}

// blob returns the blob of contents that were stored.
func (r *reader) blob(c content) (gitpack.ID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.stored[c]
	return id, ok
}

// store notes a blob under all that the server may call it.
func (r *reader) store(c content, t *text, id gitpack.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stored.add(c, t, id)
}

// took ends a download: what it stood for is stored, or cannot be had.
func (r *reader) took(d *download) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.scheduled, d.content)
	r.budget.Release(d.weight)
}
