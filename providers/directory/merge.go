package directory

import (
	"container/heap"
	"context"
	"errors"
	"io"
)

// lineSource yields lines in order; a line is valid until the next. It ends
// with io.EOF.
type lineSource func() (sortKey, []byte, error)

// merge calls emit with the lines of all sources in order. Later sources are
// newer, and of equal keys the newest line remains.
func merge(ctx context.Context, sources []lineSource, emit func(sortKey, []byte) error) error {
	var heads headHeap
	for age, next := range sources {
		h := &head{next: next, age: age}
		switch err := h.advance(); {
		case err == nil:
			heads = append(heads, h)
		case !errors.Is(err, io.EOF):
			return err
		}
	}
	heap.Init(&heads)
	var last sortKey
	for n := 0; len(heads) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		top := heads[0]
		if n == 0 || top.key != last {
			if err := emit(top.key, top.line); err != nil {
				return err
			}
			last = top.key
		}
		switch err := top.advance(); {
		case err == nil:
			heap.Fix(&heads, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&heads)
		default:
			return err
		}
	}
	return nil
}

// head is the first line of a source that was not emitted yet.
type head struct {
	next lineSource
	age  int
	key  sortKey
	line []byte
}

func (h *head) advance() (err error) {
	h.key, h.line, err = h.next()
	return err
}

// headHeap orders heads by key, the newest first among equals.
type headHeap []*head

func (h headHeap) Len() int { return len(h) }
func (h headHeap) Less(i, j int) bool {
	if c := h[i].key.compare(h[j].key); c != 0 {
		return c < 0
	}
	return h[i].age > h[j].age
}
func (h headHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *headHeap) Push(x any)   { *h = append(*h, x.(*head)) }
func (h *headHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
