package remote

import (
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
)

const (
	// phase names the work to those who watch.
	phase = "receiving revisions"

	// step is how many bytes pass between two reports.
	step = 1 << 20
)

// Meter tells an observer what arrives. It may be used by several goroutines.
type Meter struct {
	mu      sync.Mutex
	observe func(providers.Progress)
	bytes   int64
	shown   int64
}

// NewMeter returns a meter that reports to observe, which may be nil.
func NewMeter(observe func(providers.Progress)) *Meter { return &Meter{observe: observe} }

// Add counts n bytes that were received.
func (m *Meter) Add(n int) {
	if m.observe == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes += int64(n)
	if m.bytes >= m.shown+step {
		m.shown = m.bytes
		m.observe(providers.Progress{Phase: phase, Done: m.bytes, Unit: "bytes"})
	}
}

// Waiting reports that the server asked us to wait.
func (m *Meter) Waiting(until time.Time, reason string) {
	if m.observe == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observe(providers.Progress{Phase: phase, Done: m.bytes, Unit: "bytes", Throttled: &providers.Throttle{Until: until, Reason: reason}})
}
