package directory

import (
	"context"
	"slices"
	"sync"
)

// locks gives out one lock a name. The zero value is ready for use.
type locks struct {
	mu   sync.Mutex
	held map[string]*namedLock
}

type namedLock struct {
	token chan struct{} // holds one value while somebody has the lock
	users int           // who has it or waits for it
}

// acquire takes the locks of all names, or none when the context ends first.
// The caller calls release exactly once.
func (l *locks) acquire(ctx context.Context, names ...string) (release func(), err error) {
	slices.Sort(names) // everyone takes them in one order, so nobody waits in a circle
	var taken []string
	release = func() {
		for _, name := range taken {
			l.leave(name, true)
		}
	}
	for _, name := range slices.Compact(names) {
		lock := l.join(name)
		select {
		case lock.token <- struct{}{}:
			taken = append(taken, name)
		case <-ctx.Done():
			l.leave(name, false)
			release()
			return nil, ctx.Err()
		}
	}
	return release, nil
}

func (l *locks) join(name string) *namedLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*namedLock{}
	}
	lock := l.held[name]
	if lock == nil {
		lock = &namedLock{token: make(chan struct{}, 1)}
		l.held[name] = lock
	}
	lock.users++
	return lock
}

func (l *locks) leave(name string, had bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[name]
	if had {
		<-lock.token
	}
	if lock.users--; lock.users == 0 {
		delete(l.held, name)
	}
}
