package forgesource

import "sync"

// Once keeps what a server answered, by what it was asked for; what it hides is such
// an answer too. Other errors are not kept. The zero Once is empty, and safe for
// concurrent use.
type Once[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]answer[V]
}

type answer[V any] struct {
	value V
	err   error
}

// Get returns what is kept under a key, or else asks. Several callers at the same
// time may all ask.
func (o *Once[K, V]) Get(key K, ask func() (V, error)) (V, error) {
	o.mu.Lock()
	a, ok := o.kept[key]
	o.mu.Unlock()
	if ok {
		return a.value, a.err
	}
	a.value, a.err = ask()
	if a.err != nil && !IsHidden(a.err) {
		return a.value, a.err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kept == nil {
		o.kept = map[K]answer[V]{}
	}
	o.kept[key] = a
	return a.value, a.err
}
