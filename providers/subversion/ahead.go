package subversion

import (
	"container/list"
	"sync"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// job is a blob that is made before its revision is reached.
type job struct {
	node   *svn.Node
	after  *job // makes the base; nil: base is known
	base   gitpack.ID
	result gitpack.ID
	err    error
	done   chan struct{}
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
	texts *texts
	find  func(path string, revision int64) (gitpack.ID, bool) // among finished revisions; -1 is the last
	queue chan *job
	open  sync.WaitGroup
	stop  sync.WaitGroup
	last  map[string]*job // of the revisions that are waiting, by path
}

// newForesight starts workers; close ends them.
func newForesight(t *texts, workers, room int, find func(string, int64) (gitpack.ID, bool)) *foresight {
	f := &foresight{texts: t, find: find, queue: make(chan *job, room), last: map[string]*job{}}
	for range workers {
		f.stop.Go(func() {
			for j := range f.queue {
				f.run(j)
				f.open.Done()
			}
		})
	}
	return f
}

func (f *foresight) run(j *job) {
	defer close(j.done)
	if j.after != nil {
		// It was queued before this one, so some worker has it.
		j.base, _, j.err = j.after.wait()
		j.after = nil // or each text would keep all before it in memory
		if j.err != nil {
			return
		}
	}
	j.result, j.err = f.texts.blob(j.node, j.base)
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
		switch from, rev := n.Path, int64(-1); {
		case n.Action != svn.Modify && !n.Copied(): // a new file has no base
		default:
			if n.Action != svn.Modify {
				from, rev = n.FromPath, n.FromRevision
			}
			if j.after = f.last[from]; j.after == nil || rev >= 0 {
				j.after = nil
				ok := false
				if j.base, ok = f.find(from, rev); !ok {
					delete(f.last, n.Path)
					continue
				}
			}
		}
		f.last[n.Path] = j
		f.texts.ahead[n] = j
		f.open.Add(1)
		f.queue <- j
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
func (f *foresight) drain() { f.open.Wait() }

// close ends the workers.
func (f *foresight) close() {
	close(f.queue)
	f.stop.Wait()
}

// textCache keeps texts that were used last, up to a number of bytes.
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

// put keeps a text, unless it is so large that it would push out most others.
func (c *textCache) put(id gitpack.ID, text []byte) {
	const share = 8
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[id] != nil || len(text) > c.most/share {
		return
	}
	c.byID[id] = c.order.PushFront(&cachedText{id, text})
	for c.held += len(text); c.held > c.most; {
		oldest := c.order.Back()
		t := c.order.Remove(oldest).(*cachedText)
		delete(c.byID, t.id)
		c.held -= len(t.text)
	}
}
