package gitpack

import (
	"container/list"
	"sync"
)

// cacheBytes bounds what a store keeps of the bases of deltas.
const cacheBytes = 32 << 20

// cache keeps recently used objects of packs that are bases of deltas, by
// bytes. It is safe for several goroutines.
type cache struct {
	mu    sync.Mutex
	bytes int
	items map[place]*list.Element
	order list.List // of *cached, most recently used first
}

// place is where an object lies.
type place struct {
	pack *pack
	off  int64
}

type cached struct {
	at   place
	kind Kind
	data []byte
}

func (c *cache) get(at place) (Kind, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[at]
	if !ok {
		return 0, nil, false
	}
	c.order.MoveToFront(e)
	o := e.Value.(*cached)
	return o.kind, o.data, true
}

func (c *cache) put(at place, kind Kind, data []byte) {
	if len(data) > cacheBytes/4 { // it would push out everything else
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.items[at]; ok {
		return
	}
	if c.items == nil {
		c.items = map[place]*list.Element{}
	}
	c.items[at] = c.order.PushFront(&cached{at, kind, data})
	c.bytes += cost(data)
	for c.bytes > cacheBytes {
		last := c.order.Back()
		o := c.order.Remove(last).(*cached)
		delete(c.items, o.at)
		c.bytes -= cost(o.data)
	}
}

// cost counts what an entry takes besides its data.
func cost(data []byte) int { return cap(data) + 200 }
