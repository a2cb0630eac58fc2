package main

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// progress shows an apply while it runs. It only watches: what it cannot write
// is lost and stops nothing.
type progress interface {
	// Observe takes the next event. It is called by one goroutine at a time.
	Observe(engine.Event)

	// Close ends the display and leaves the screen to others. Events must not
	// follow.
	Close()
}

// progressMode is how an apply is shown.
type progressMode int

const (
	progressNone  progressMode = iota
	progressPlain              // lines that stay, for logs
	progressTTY                // redrawn in place
	progressJSON               // every event as a JSON object
)

// ciSystem is a system whose job log can be folded.
type ciSystem string

const (
	ciUnknown ciSystem = ""
	ciGitHub  ciSystem = "github"
	ciGitLab  ciSystem = "gitlab"
)

// progressOptions is what newProgress needs. Out, Now and Mode are required.
type progressOptions struct {
	Mode    progressMode
	Out     io.Writer
	Now     func() time.Time // in the zone that times are shown in
	Palette palette

	// Title names the run, such as "apply wave1.changeset".
	Title string

	// JSON is where progressJSON writes to.
	JSON *jsonWriter

	// Heartbeat makes progressPlain say what is going on, once for each value.
	Heartbeat <-chan time.Time

	// CI makes progressPlain fold its lines.
	CI ciSystem

	// Size is asked before each redraw of progressTTY for the columns and rows
	// of the screen, because screens are resized. Nil, or zeros, mean 80 by 24.
	Size func() (columns, rows int)
}

func newProgress(o progressOptions) progress {
	switch o.Mode {
	case progressPlain:
		return newPlainProgress(o)
	case progressTTY:
		return newBars(o)
	case progressJSON:
		return jsonProgress{o.JSON}
	}
	return silent{}
}

// silent shows nothing.
type silent struct{}

func (silent) Observe(engine.Event) {}
func (silent) Close()               {}

// jsonProgress writes every event.
type jsonProgress struct{ out *jsonWriter }

func (p jsonProgress) Observe(e engine.Event) {
	// A reader that went away is noticed when the outcome is written.
	_ = p.out.event(e)
}

func (jsonProgress) Close() {}

// tracker is what is known of a run from its events: as much as is going on at
// a time, however long the run.
type tracker struct {
	started   time.Time
	total     int
	done      int
	running   []*underway // in the order in which they began
	throttled map[string]engine.Throttled
}

// underway is a resource that is being worked on.
type underway struct {
	address schema.Address
	stage   string

	done, total int64
	unit        string

	// firstAt and first are the stage's first report; the speed is counted
	// from there, because a stage that is taken up again begins with what was
	// done before.
	firstAt time.Time
	first   int64

	failed int64
	remote string    // how an import stands that the target carries out, in its word
	again  time.Time // when a stage that failed is tried again
}

func newTracker(now time.Time) *tracker {
	return &tracker{started: now, throttled: map[string]engine.Throttled{}}
}

// observe takes an event into account.
func (t *tracker) observe(e engine.Event, now time.Time) {
	switch e := e.(type) {
	case engine.RunStarted:
		t.started, t.total = now, e.Resources
	case engine.StageStarted:
		u := t.of(e.Address)
		*u = underway{address: u.address, stage: stageText(e.Stage, e.Stream), failed: u.failed}
	case engine.StageProgress:
		u := t.of(e.Address)
		if u.firstAt.IsZero() || e.Done < u.done {
			u.firstAt, u.first = now, e.Done
		}
		u.stage = stageText(e.Stage, e.Stream)
		u.done, u.total, u.unit, u.again = e.Done, e.Total, e.Unit, time.Time{}
	case engine.RemoteStatus:
		u := t.of(e.Address)
		sum := sumOf(e.Job.Counts)
		u.remote = cmp.Or(e.Job.Status, string(e.Job.State))
		u.stage = stageText(engine.StageImport, "")
		u.done, u.total, u.unit, u.again = sum.Imported, sum.Source, "objects", time.Time{}
	case engine.ItemFailed:
		t.of(e.Failure.Address).failed++
	case engine.Retrying:
		t.of(e.Address).again = e.At
	case engine.Throttled:
		t.throttled[e.Connection] = e
	case engine.ResourceDone:
		t.done++
		t.running = slices.DeleteFunc(t.running, func(u *underway) bool { return u.address == e.Address })
	}
}

// of returns what is known of a resource under way.
func (t *tracker) of(address schema.Address) *underway {
	for _, u := range t.running {
		if u.address == address {
			return u
		}
	}
	u := &underway{address: address}
	t.running = append(t.running, u)
	return u
}

// waits are the connections that asked to wait and still do, by name.
func (t *tracker) waits(now time.Time) []engine.Throttled {
	var list []engine.Throttled
	for _, name := range sortedNames(t.throttled) {
		if e := t.throttled[name]; e.Until.After(now) {
			list = append(list, e)
		}
	}
	return list
}

// left estimates how long a stage still takes; 0 when that is anyone's guess.
func (u *underway) left(now time.Time) time.Duration {
	const tooEarly = 2 * time.Second
	spent := now.Sub(u.firstAt)
	if u.firstAt.IsZero() || spent < tooEarly || u.done <= u.first || u.total <= u.done {
		return 0
	}
	perUnit := float64(spent) / float64(u.done-u.first)
	return time.Duration(perUnit * float64(u.total-u.done))
}
