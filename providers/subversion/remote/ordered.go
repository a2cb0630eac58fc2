package remote

import (
	"context"
	"iter"
	"sync"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// readAhead is how much of the revisions that nobody has asked for yet is kept
// in memory.
const readAhead = 32 << 20

// Fetch reads the revisions from..to of one range and gives each to emit, in
// ascending order. An error of emit ends it.
type Fetch func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error

// Ranges says how a history is divided.
type Ranges struct {
	From, To int64 // all revisions
	Span     int64 // how many of them make a range
	Workers  int   // how many ranges are fetched at once
}

// InOrder yields the revisions of all ranges in ascending order. It calls
// fetch for several ranges at once, each time for another one. An error of a
// range comes after all revisions before it. When the iteration ends, no call
// of fetch is left.
func InOrder(ctx context.Context, ranges Ranges, fetch Fetch) iter.Seq2[*svn.Revision, error] {
	return func(yield func(*svn.Revision, error) bool) {
		if ranges.From > ranges.To {
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		m := newMerge(ranges)
		awake := context.AfterFunc(ctx, m.stop)
		var workers sync.WaitGroup
		for range min(int64(ranges.Workers), m.count) {
			workers.Go(func() { m.work(ctx, fetch) })
		}
		defer func() {
			cancel()
			m.stop()
			workers.Wait()
			awake()
			m.release()
		}()
		for {
			revision, err := m.next(ctx)
			if revision == nil && err == nil {
				return
			}
			if !yield(revision, err) || err != nil {
				return
			}
		}
	}
}

// merge restores the order of ranges that are fetched side by side.
type merge struct {
	ranges Ranges
	count  int64 // of ranges

	mu      sync.Mutex
	changed *sync.Cond
	ended   bool
	taken   int64            // ranges that workers took
	head    int64            // the range that next reads from
	open    map[int64]*queue // ranges from head on that were taken
	held    int64            // bytes in all queues
}

// queue is what was read of a range and not asked for yet.
type queue struct {
	revisions []*svn.Revision
	done      bool
	err       error
}

func newMerge(ranges Ranges) *merge {
	m := &merge{ranges: ranges, open: map[int64]*queue{}}
	m.count = (ranges.To-ranges.From)/ranges.Span + 1
	m.changed = sync.NewCond(&m.mu)
	return m
}

// stop lets everybody know that the end has come.
func (m *merge) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.changed.Broadcast()
}

// work fetches ranges until there are no more.
func (m *merge) work(ctx context.Context, fetch Fetch) {
	for {
		i, q := m.take()
		if q == nil {
			return
		}
		from := m.ranges.From + i*m.ranges.Span
		to := min(from+m.ranges.Span-1, m.ranges.To)
		err := fetch(ctx, from, to, func(r *svn.Revision) error { return m.put(ctx, i, q, r) })
		m.mu.Lock()
		q.done, q.err = true, err
		m.changed.Broadcast()
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take returns the next range, or nil when there are no more. It waits while
// the ranges that were read and not asked for are too many.
func (m *merge) take() (int64, *queue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.ended && m.taken < m.count && m.taken >= m.head+2*int64(m.ranges.Workers) {
		m.changed.Wait()
	}
	if m.ended || m.taken == m.count {
		return 0, nil
	}
	q := &queue{}
	m.open[m.taken] = q
	m.taken++
	return m.taken - 1, q
}

// put adds a revision to range i. It waits while the memory is used up, unless
// r is what everybody waits for.
func (m *merge) put(ctx context.Context, i int64, q *queue, r *svn.Revision) error {
	size := Held(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.ended && m.held+size > readAhead && (i != m.head || len(q.revisions) > 0) {
		m.changed.Wait()
	}
	if m.ended {
		_ = r.Close() // nobody will read it
		return context.Cause(ctx)
	}
	q.revisions = append(q.revisions, r)
	m.held += size
	m.changed.Broadcast()
	return nil
}

// next returns the next revision, or nil after the last.
func (m *merge) next(ctx context.Context) (*svn.Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if m.head == m.count {
			return nil, nil
		}
		q := m.open[m.head]
		switch {
		case q != nil && len(q.revisions) > 0:
			r := q.revisions[0]
			q.revisions[0] = nil
			q.revisions = q.revisions[1:]
			m.held -= Held(r)
			m.changed.Broadcast()
			return r, nil
		case q != nil && q.done:
			if q.err != nil {
				return nil, q.err
			}
			delete(m.open, m.head)
			m.head++
			m.changed.Broadcast()
		default:
			m.changed.Wait()
		}
	}
}

// release closes what nobody asked for.
func (m *merge) release() {
	for _, q := range m.open {
		for _, r := range q.revisions {
			_ = r.Close() // temporary files of which nobody will read
		}
	}
}
