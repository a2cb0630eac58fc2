package gitpack

import "sync"

// scratch is memory for what is made on the way along a chain of deltas.
type scratch struct {
	buf  [2][]byte // one is the base while the other is made
	next int
}

// apply applies a delta to data, which may be what the last call returned. The
// result is valid until the call after the next.
func (s *scratch) apply(data, delta []byte) ([]byte, error) {
	made, err := appendDelta(s.buf[s.next], data, delta)
	if err != nil {
		return nil, err
	}
	s.buf[s.next] = made
	s.next = 1 - s.next
	return made, nil
}

// scratches hands out scratch memory. The zero value is ready for use, by
// several goroutines.
type scratches struct{ pool sync.Pool }

func (p *scratches) get() *scratch {
	s, _ := p.pool.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	return s
}

func (p *scratches) put(s *scratch) {
	const most = 1 << 20
	if cap(s.buf[0]) <= most && cap(s.buf[1]) <= most { // one large object must not stay for ever
		p.pool.Put(s)
	}
}
