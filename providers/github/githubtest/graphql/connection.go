package graphql

import (
	"encoding/base64"
	"fmt"
	"sort"
	"strings"
)

// List is a list that is read in pages. Its items are numbered from 0 to Len-1
// by ascending Key.
type List struct {
	Len int
	At  func(i int) Object
	// Key places an item among the others. A cursor holds the key of an item,
	// so that paging goes on at the right place after items before it came or
	// went. Nil: the number of the item, for lists that are never edited.
	Key func(i int) Key
	// Keep filters. Nil keeps everything.
	Keep func(i int) bool
	// Backwards reads from the last item to the first.
	Backwards bool
	// Extra answers fields that the connection has besides the usual ones.
	Extra func(name string) any
	// Edge answers fields that the edge of an item has besides the usual ones.
	Edge func(i int, name string) any
}

// Key orders the items of a list: by value, then by id.
type Key struct{ Value, ID int64 }

func (k Key) less(l Key) bool {
	if k.Value != l.Value {
		return k.Value < l.Value
	}
	return k.ID < l.ID
}

// Of makes a list of a slice. The items stay in place: the slice must not
// change while it is read.
func Of[T any](items []T, object func(T) Object) List {
	return List{Len: len(items), At: func(i int) Object { return object(items[i]) }}
}

// Page answers a connection field: it reads the page of the list that the
// arguments first, last, after and before ask for. The result is an Object, or
// an *Error.
func (c *Call) Page(l List) any {
	if l.Key == nil {
		l.Key = func(i int) Key { return Key{Value: int64(i)} }
	}
	page := &connection{call: c, list: l}
	name := c.field.Name
	first, last := c.Has("first"), c.Has("last")
	switch {
	case first && last:
		return Errorf(Unprocessable, "Passing both `first` and `last` to paginate the `%s` connection is not supported.", name)
	case !first && !last && c.asks("nodes", "edges", "pageInfo"):
		return Errorf(MissingPaginationBoundaries, "You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)
	case !first && !last:
		return page // of nothing: the total alone needs no bounds
	}
	bound := "first"
	if last {
		bound = "last"
	}
	size := c.Int(bound)
	switch {
	case size < 0:
		return Errorf(Unprocessable, "`%s` on the `%s` connection cannot be less than zero.", bound, name)
	case size > maxPageSize:
		return Errorf(ExcessivePagination, "Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", size, name, bound, maxPageSize)
	}
	from, to := 0, l.Len
	if c.Has("after") {
		key, err := parseCursor(c.String("after"))
		if err != nil {
			return err
		}
		from = l.after(key)
	}
	if c.Has("before") {
		key, err := parseCursor(c.String("before"))
		if err != nil {
			return err
		}
		to = min(to, l.before(key))
	}
	page.cut(from, to, int(size), last)
	return page
}

// index translates a place in reading order to the number of an item.
func (l List) index(place int) int {
	if l.Backwards {
		return l.Len - 1 - place
	}
	return place
}

func (l List) keeps(place int) bool { return l.Keep == nil || l.Keep(l.index(place)) }

// after is the first place beyond a key, before the first place not below it.
func (l List) after(k Key) int {
	return sort.Search(l.Len, func(p int) bool {
		at := l.Key(l.index(p))
		return l.Backwards && at.less(k) || !l.Backwards && k.less(at)
	})
}

func (l List) before(k Key) int {
	return sort.Search(l.Len, func(p int) bool {
		at := l.Key(l.index(p))
		return l.Backwards && !k.less(at) || !l.Backwards && !at.less(k)
	})
}

// connection is a page of a list. It is the value of a type such as
// IssueConnection.
type connection struct {
	call     *Call
	list     List
	items    []int // numbers of the page's items
	next     bool
	previous bool
}

// cut takes at most size kept items of the places [from, to), from the end
// with last. Only the page and what is needed to know whether there is more is
// looked at, however long the list.
func (p *connection) cut(from, to, size int, last bool) {
	if last {
		place := to - 1
		for ; place >= from && len(p.items) < size; place-- {
			if p.list.keeps(place) {
				p.items = append([]int{p.list.index(place)}, p.items...)
			}
		}
		p.previous = p.any(0, place+1)
		p.next = p.any(to, p.list.Len)
		return
	}
	place := from
	for ; place < to && len(p.items) < size; place++ {
		if p.list.keeps(place) {
			p.items = append(p.items, p.list.index(place))
		}
	}
	p.previous = p.any(0, from)
	p.next = p.any(place, p.list.Len)
}

func (p *connection) any(from, to int) bool {
	for place := from; place < to; place++ {
		if p.list.keeps(place) {
			return true
		}
	}
	return false
}

// TypeName is the type of the field that was asked for.
func (p *connection) TypeName() string { return p.call.field.Definition.Type.Name() }

func (p *connection) Field(name string, _ *Call) any {
	switch name {
	case "totalCount":
		return p.total()
	case "nodes":
		nodes := make([]Object, len(p.items))
		for i, item := range p.items {
			nodes[i] = p.list.At(item)
		}
		return nodes
	case "edges":
		edges := make([]Object, len(p.items))
		for i, item := range p.items {
			edges[i] = &edge{connection: p, item: item}
		}
		return edges
	case "pageInfo":
		return (*pageInfo)(p)
	}
	if p.list.Extra != nil {
		return p.list.Extra(name)
	}
	return NotServed{}
}

func (p *connection) total() int {
	if p.list.Keep == nil {
		return p.list.Len
	}
	n := 0
	for i := range p.list.Len {
		if p.list.Keep(i) {
			n++
		}
	}
	return n
}

type edge struct {
	connection *connection
	item       int
}

// TypeName is what the connection's type says its edges are.
func (e *edge) TypeName() string {
	c := e.connection
	return c.call.schema.types.Types[c.TypeName()].Fields.ForName("edges").Type.Name()
}

func (e *edge) Field(name string, _ *Call) any {
	list := e.connection.list
	switch name {
	case "cursor":
		return cursor(list.Key(e.item))
	case "node":
		return list.At(e.item)
	}
	if list.Edge != nil {
		return list.Edge(e.item, name)
	}
	return NotServed{}
}

type pageInfo connection

func (*pageInfo) TypeName() string { return "PageInfo" }

func (p *pageInfo) Field(name string, _ *Call) any {
	switch name {
	case "hasNextPage":
		return p.next
	case "hasPreviousPage":
		return p.previous
	case "startCursor":
		if len(p.items) > 0 {
			return cursor(p.list.Key(p.items[0]))
		}
		return nil
	case "endCursor":
		if len(p.items) > 0 {
			return cursor(p.list.Key(p.items[len(p.items)-1]))
		}
		return nil
	}
	return NotServed{}
}

const cursorPrefix = "cursor:v2:"

// cursor makes the opaque name of a place, base64 as GitHub's are.
func cursor(k Key) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%d:%d", cursorPrefix, k.Value, k.ID))
}

func parseCursor(text string) (Key, *Error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	var k Key
	if err == nil {
		rest, ok := strings.CutPrefix(string(raw), cursorPrefix)
		if n, _ := fmt.Sscanf(rest, "%d:%d", &k.Value, &k.ID); ok && n == 2 {
			return k, nil
		}
	}
	return Key{}, Errorf(InvalidCursorArguments, "`%s` does not appear to be a valid cursor.", text)
}
