package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// mostWarnings is how many failures of one resource a log shows. All of them
// are in the state.
const mostWarnings = 50

// plainProgress writes a line whenever something ends, fails or has to wait,
// and now and then one that says what is going on.
type plainProgress struct {
	progressOptions

	mu      sync.Mutex // events and heartbeats come from different goroutines
	tracker *tracker
	open    bool                 // a fold is open
	waiting map[string]time.Time // the last wait that was told, by connection

	stop    chan struct{}
	stopped chan struct{}
}

func newPlainProgress(o progressOptions) *plainProgress {
	p := &plainProgress{
		progressOptions: o, tracker: newTracker(o.Now()), waiting: map[string]time.Time{},
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go p.beat()
	return p
}

func (p *plainProgress) beat() {
	defer close(p.stopped)
	for {
		select {
		case <-p.stop:
			return
		case <-p.Heartbeat: // a nil channel never answers
			p.mu.Lock()
			p.heartbeat()
			p.mu.Unlock()
		}
	}
}

// Close waits for a heartbeat that is being written.
func (p *plainProgress) Close() {
	close(p.stop)
	<-p.stopped
	p.unfold()
}

func (p *plainProgress) Observe(e engine.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stage, failed := p.standing(e)
	remote := p.remote(e)
	p.tracker.observe(e, p.Now())
	switch e := e.(type) {
	case engine.RunStarted:
		p.fold()
	case engine.ItemFailed:
		p.warn(e.Failure, failed+1)
	case engine.Throttled:
		p.throttled(e)
	case engine.Retrying:
		p.line(styleYellow, "%s %s", pad(nameAt(e.Address), 15), retryText(e, p.Now().Location()))
	case engine.RemoteStatus:
		if said := cmp.Or(e.Job.Status, string(e.Job.State)); said != remote || e.Problem != nil {
			p.line(styleNone, "%s %s", pad(nameAt(e.Address), 15), remoteText(e))
		}
	case engine.ResourceDone:
		if more := failed - mostWarnings; more > 0 {
			p.line(styleYellow, "Warning: %s of %s not shown here; drover failures lists them", plural(more, "more failure"), nameAt(e.Address))
		}
		p.line(doneStyle(e), "%s %s %s", pad(nameAt(e.Address), 15), pad(actionWord(e.Action), 9), doneText(e, stage))
	case engine.RunDone:
		p.unfold()
	}
}

// standing is what is known of the event's resource before the event.
func (p *plainProgress) standing(e engine.Event) (stage string, failed int64) {
	var address schema.Address
	switch e := e.(type) {
	case engine.ResourceDone:
		address = e.Address
	case engine.ItemFailed:
		address = e.Failure.Address
	default:
		return "", 0
	}
	for _, u := range p.tracker.running {
		if u.address == address {
			return u.stage, u.failed
		}
	}
	return "", 0
}

// remote is what the target said last of the import that an event is about.
func (p *plainProgress) remote(e engine.Event) string {
	status, ok := e.(engine.RemoteStatus)
	if !ok {
		return ""
	}
	return p.tracker.of(status.Address).remote
}

func (p *plainProgress) line(st style, format string, args ...any) {
	text := p.Palette.paint(st, fmt.Sprintf(format, args...))
	_, _ = io.WriteString(p.Out, p.Now().Format(time.TimeOnly)+" "+text+"\n")
}

func (p *plainProgress) warn(f schema.Failure, n int64) {
	if n <= mostWarnings {
		p.line(styleYellow, "Warning [%s] %s: %s", shown(f.Code), nameAt(f.Address), failureText(f))
	}
}

// throttled tells of a wait once, not every time it moves on by a little.
func (p *plainProgress) throttled(e engine.Throttled) {
	const worthTelling = 10 * time.Second
	if e.Until.Sub(p.waiting[e.Connection]) < worthTelling || e.Until.Sub(p.Now()) < worthTelling {
		return
	}
	p.waiting[e.Connection] = e.Until
	p.line(styleNone, "%s", throttleText(e, p.Now().Location()))
}

// heartbeat says what is going on, so that a quiet log is not taken for a dead
// run.
func (p *plainProgress) heartbeat() {
	t := p.tracker
	if len(t.running) == 0 {
		return
	}
	const few = 5
	var parts []string
	for _, u := range t.running {
		part := nameAt(u.address) + " " + u.stage
		switch {
		case u.again.After(p.Now()):
			part += " waits until " + hour(u.again, p.Now().Location())
		case u.total > 0:
			part += fmt.Sprintf(" %d%%", min(u.done*100/u.total, 100))
		case u.done > 0:
			part += " " + amount(u.done, 0, u.unit)
		}
		parts = append(parts, part)
	}
	text := fmt.Sprintf("running %d, done %d of %d: %s", len(t.running), t.done, t.total, someOf(parts, few))
	for _, w := range t.waits(p.Now()) {
		text += "; " + shown(w.Connection) + " waits until " + hour(w.Until, p.Now().Location())
	}
	p.line(styleNone, "%s", text)
}

// The name of the section in GitLab's log.
const foldName = "drover_apply"

// fold puts the lines of the run into a section of the job's log, so that what
// stands before and after it is found.
func (p *plainProgress) fold() {
	title := p.Title
	if title == "" {
		title = "drover apply"
	}
	title = shown(title) + ", " + plural(int64(p.tracker.total), "resource")
	switch p.CI {
	case ciGitHub:
		_, _ = fmt.Fprintf(p.Out, "::group::%s\n", strings.ReplaceAll(title, "%", "%25"))
	case ciGitLab:
		_, _ = fmt.Fprintf(p.Out, "\x1b[0Ksection_start:%d:%s\r\x1b[0K%s\n", p.Now().Unix(), foldName, title)
	default:
		return
	}
	p.open = true
}

func (p *plainProgress) unfold() {
	if !p.open {
		return
	}
	p.open = false
	if p.CI == ciGitHub {
		_, _ = io.WriteString(p.Out, "::endgroup::\n")
		return
	}
	_, _ = fmt.Fprintf(p.Out, "\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", p.Now().Unix(), foldName)
}

// doneStyle is the colour of what became of a resource.
func doneStyle(e engine.ResourceDone) style {
	switch {
	case e.Phase == schema.PhaseSynced, e.Action == engine.ActionForget:
		return styleGreen
	case e.Phase == schema.PhasePartial, e.Phase == schema.PhaseCanceled:
		return styleYellow
	}
	return styleRed
}
