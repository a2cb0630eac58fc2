package gittree

import "github.com/drover-migrate/drover/providers/gitpack"

// cache holds the nodes that were used last, up to a number of bytes.
type cache struct {
	limit, used int
	nodes       map[gitpack.ID]*node
	newest      *node
	oldest      *node
}

func newCache(limit int) cache {
	return cache{limit: limit, nodes: map[gitpack.ID]*node{}}
}

func (c *cache) get(id gitpack.ID) *node {
	n := c.nodes[id]
	if n != nil && n != c.newest {
		c.unlink(n)
		c.push(n)
	}
	return n
}

// add takes a node in. One that would fill half of the cache is left out: it
// would push out all that is useful and be pushed out by the next of its kind.
func (c *cache) add(n *node) {
	if n.cost() > c.limit/2 || c.nodes[n.id] != nil {
		return
	}
	c.nodes[n.id] = n
	c.used += n.cost()
	c.push(n)
	for c.used > c.limit {
		last := c.oldest
		c.unlink(last)
		delete(c.nodes, last.id)
		c.used -= last.cost()
	}
}

func (c *cache) push(n *node) {
	n.newer, n.older = nil, c.newest
	if c.newest != nil {
		c.newest.newer = n
	}
	c.newest = n
	if c.oldest == nil {
		c.oldest = n
	}
}

func (c *cache) unlink(n *node) {
	if n.newer != nil {
		n.newer.older = n.older
	} else {
		c.newest = n.older
	}
	if n.older != nil {
		n.older.newer = n.newer
	} else {
		c.oldest = n.newer
	}
	n.newer, n.older = nil, nil
}
