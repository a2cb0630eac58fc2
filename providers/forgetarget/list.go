package forgetarget

import (
	"iter"
	"sync"
)

// List is a list of the server's by name, read once.
type List[T any] struct {
	mu     sync.Mutex
	loaded bool
	byName map[string]T
}

// Find returns what stands under a name, or nil.
func (l *List[T]) Find(name string, nameOf func(T) string, load func() iter.Seq2[T, error]) (*T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.loaded {
		l.byName = map[string]T{}
		for item, err := range load() {
			if err != nil {
				return nil, err
			}
			if _, twice := l.byName[nameOf(item)]; !twice {
				l.byName[nameOf(item)] = item
			}
		}
		l.loaded = true
	}
	if item, ok := l.byName[name]; ok {
		return &item, nil
	}
	return nil, nil
}

// Put notes what stands under a name now.
func (l *List[T]) Put(name string, item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded {
		l.byName[name] = item
	}
}

// Forget lets the list be read anew.
func (l *List[T]) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded, l.byName = false, nil
}

// Forget lets lists be read anew.
func Forget(lists ...interface{ Forget() }) {
	for _, l := range lists {
		l.Forget()
	}
}

// Map yields what the items of a list are turned into.
func Map[T, U any](list iter.Seq2[T, error], turn func(T) U) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		for item, err := range list {
			var turned U
			if err == nil {
				turned = turn(item)
			}
			if !yield(turned, err) || err != nil {
				return
			}
		}
	}
}

// Each yields the items of a list that came at once.
func Each[T any](all []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
	}
}
