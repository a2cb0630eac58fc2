package subversion

import (
	"container/list"
	"slices"
	"sync"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// job is a blob that is made before its revision is reached.
type job struct {
	number int // jobs with lower ones are needed earlier
	node   *svn.Node
	base   gitpack.ID // set by the job that makes it, if there is one
	result gitpack.ID
	err    error
	done   chan struct{} // closed when result and err are there

	// Of the foresight's lock:
	then     []*job // wait for this one, which makes their base
	finished bool
}

// wait returns the blob and the base that it was made with.
func (j *job) wait() (id, base gitpack.ID, err error) {
	<-j.done
	return j.result, j.base, j.err
}

// foresight makes blobs on all cores while revisions are applied one after the
// other. Which text a difference applies to is guessed from the paths alone;
// [texts.result] checks the guess when the revision has come. Guesses fail where
// folders were copied or removed a moment before, which is rare.
type foresight struct {
	texts   *texts
	find    func(path string, revision int64) (gitpack.ID, bool) // among finished revisions; -1 is the last
	last    map[string]*job                                      // of the revisions that are waiting, by path
	count   int                                                  // of all jobs so far
	workers sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	ready   []*job // their bases are there; those needed earliest first
	open    int    // jobs that are not finished
	closed  bool
}

// newForesight starts workers; close ends them.
func newForesight(t *texts, workers int, find func(string, int64) (gitpack.ID, bool)) *foresight {
	f := &foresight{texts: t, find: find, last: map[string]*job{}}
	f.changed = sync.NewCond(&f.mu)
	for range workers {
		f.workers.Go(func() {
			for j := f.take(); j != nil; j = f.take() {
				if j.err == nil { // of the job before
					j.result, j.err = f.texts.blob(j.node, j.base)
				}
				close(j.done)
				f.finish(j)
			}
		})
	}
	return f
}

// take returns the next job, or nil at the end.
func (f *foresight) take() *job {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.ready) == 0 && !f.closed {
		f.changed.Wait()
	}
	if f.closed {
		return nil
	}
	j := f.ready[0]
	f.ready[0] = nil
	f.ready = f.ready[1:]
	return j
}

// finish makes those ready that have waited for j.
func (f *foresight) finish(j *job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, next := range j.then {
		next.base, next.err = j.result, j.err
		f.makeReady(next)
	}
	j.then, j.finished = nil, true
	f.open--
	f.changed.Broadcast()
}

// makeReady puts a job in its place among those that are. The caller holds mu.
func (f *foresight) makeReady(j *job) {
	at, _ := slices.BinarySearchFunc(f.ready, j.number, func(other *job, number int) int { return other.number - number })
	f.ready = slices.Insert(f.ready, at, j)
	f.changed.Broadcast()
}

// add takes a job in. Its base is what after makes, unless that is nil.
func (f *foresight) add(j, after *job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	j.number = f.count
	f.open++
	switch {
	case after == nil:
		f.makeReady(j)
	case after.finished:
		j.base, j.err = after.result, after.err
		f.makeReady(j)
	default:
		after.then = append(after.then, j)
	}
}

// revision begins the texts of a revision that will be applied later.
func (f *foresight) revision(r *svn.Revision) {
	for _, n := range r.Nodes {
		if n.Text == nil {
			if n.Action != svn.Modify {
				delete(f.last, n.Path)
			}
			continue
		}
		j := &job{node: n, done: make(chan struct{})}
		var after *job
		switch {
		case n.Action == svn.Modify && f.last[n.Path] != nil:
			after = f.last[n.Path]
		case n.Action == svn.Modify || n.Copied():
			from, rev := n.Path, int64(-1)
			if n.Action != svn.Modify {
				from, rev = n.FromPath, n.FromRevision
			}
			var ok bool
			if j.base, ok = f.find(from, rev); !ok {
				delete(f.last, n.Path)
				continue
			}
		}
		f.last[n.Path] = j
		f.texts.ahead[n] = j
		f.add(j, after)
	}
}

// passed forgets the jobs of a revision that was applied.
func (f *foresight) passed(r *svn.Revision) {
	for _, n := range r.Nodes {
		if j := f.last[n.Path]; j != nil && j.node == n {
			delete(f.last, n.Path)
		}
		if j := f.texts.ahead[n]; j != nil { // nobody asked for it
			_, _, _ = j.wait()
			delete(f.texts.ahead, n)
		}
	}
}

// drain waits until nothing is being written.
func (f *foresight) drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.open > 0 {
		f.changed.Wait()
	}
}

// close ends the workers, without what they have not begun.
func (f *foresight) close() {
	f.mu.Lock()
	f.closed = true
	f.changed.Broadcast()
	f.mu.Unlock()
	f.workers.Wait()
}

// textCache keeps texts that later ones are differences to, up to a number of
// bytes. A text is of no more use once the file that it was made for has
// another one: without that, files that are changed often would push out all
// others.
type textCache struct {
	mu    sync.Mutex
	most  int // bytes
	held  int
	order *list.List // of *cachedText, the one used last in front
	byID  map[gitpack.ID]*list.Element
}

type cachedText struct {
	id   gitpack.ID
	text []byte
	path string // of the file that it was made for
}

func newTextCache(most int) *textCache {
	return &textCache{most: most, order: list.New(), byID: map[gitpack.ID]*list.Element{}}
}

func (c *textCache) get(id gitpack.ID) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedText).text, true
}

// put keeps the new text of the file at path, unless it is so large that it
// would push out most others, and drops the text that the file had before.
func (c *textCache) put(path string, id gitpack.ID, text []byte, before gitpack.ID) {
	const share = 8
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byID[before]; e != nil && before != id && e.Value.(*cachedText).path == path {
		c.remove(e)
	}
	if c.byID[id] != nil || len(text) > c.most/share {
		return
	}
	c.byID[id] = c.order.PushFront(&cachedText{id, text, path})
	for c.held += len(text); c.held > c.most; {
		c.remove(c.order.Back())
	}
}

// remove drops a text. The caller holds mu.
func (c *textCache) remove(e *list.Element) {
	t := c.order.Remove(e).(*cachedText)
	delete(c.byID, t.id)
	c.held -= len(t.text)
}
