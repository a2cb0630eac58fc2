package fsfs

// cache keeps what was used last, up to a sum of costs.
type cache[K comparable, V any] struct {
	most, held int
	cost       func(V) int
	drop       func(V) // nil for nothing
	entries    map[K]*entry[K, V]
	ring       entry[K, V] // its next is the newest, its previous the oldest
}

type entry[K comparable, V any] struct {
	key            K
	value          V
	cost           int
	previous, next *entry[K, V]
}

func newCache[K comparable, V any](most int, cost func(V) int, drop func(V)) cache[K, V] {
	return cache[K, V]{most: most, cost: cost, drop: drop, entries: map[K]*entry[K, V]{}}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.unlink(e)
	c.link(e)
	return e.value, true
}

// put adds what is not there yet.
func (c *cache[K, V]) put(key K, value V) {
	e := &entry[K, V]{key: key, value: value, cost: c.cost(value)}
	c.entries[key] = e
	c.link(e)
	c.held += e.cost
	for c.held > c.most && c.ring.previous != e {
		c.remove(c.ring.previous)
	}
}

func (c *cache[K, V]) clear() {
	for len(c.entries) > 0 {
		c.remove(c.ring.previous)
	}
}

func (c *cache[K, V]) remove(e *entry[K, V]) {
	c.unlink(e)
	delete(c.entries, e.key)
	c.held -= e.cost
	if c.drop != nil {
		c.drop(e.value)
	}
}

func (c *cache[K, V]) link(e *entry[K, V]) {
	if c.ring.next == nil {
		c.ring.next, c.ring.previous = &c.ring, &c.ring
	}
	e.previous, e.next = &c.ring, c.ring.next
	e.previous.next, e.next.previous = e, e
}

func (c *cache[K, V]) unlink(e *entry[K, V]) {
	e.previous.next, e.next.previous = e.next, e.previous
}
