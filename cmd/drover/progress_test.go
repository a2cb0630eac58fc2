package main

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// happened is an event and how long after the one before it came.
type happened struct {
	after time.Duration
	event engine.Event
}

// sampleRun has every sort of event and every end of a resource.
func sampleRun() []happened {
	payments, api, gateway, site := keyed("acme", "acme/payments"), keyed("acme", "acme/api"), keyed("acme", "acme/gateway"), schema.Address("repository.site")
	start := at("2026-08-02 14:01:05")
	denied := &providers.Error{Code: providers.CodeDenied, Op: "push", Message: "the token may not write", Hint: "give it the scope api"}
	return []happened{
		{0, engine.RunStarted{Run: "01J", Changeset: "sha256:9b1e", Resources: 4}},
		{0, engine.StageStarted{Address: gateway, Stage: engine.StagePush, Attempt: 1}},
		{2 * time.Second, engine.ResourceDone{Address: gateway, Action: engine.ActionRename, Phase: schema.PhaseSynced, Elapsed: 2 * time.Second}},
		{0, engine.StageStarted{Address: payments, Stage: engine.StagePush, Attempt: 1}},
		{0, engine.StageProgress{Address: payments, Stage: engine.StagePush, Phase: "writing", Done: 12, Total: 1204, Unit: "commits"}},
		{0, engine.StageStarted{Address: api, Stage: engine.StageRecords, Stream: "issues", Attempt: 1}},
		{time.Minute, engine.StageProgress{Address: payments, Stage: engine.StagePush, Phase: "writing", Done: 612, Total: 1204, Unit: "commits"}},
		{0, engine.StageProgress{Address: api, Stage: engine.StageRecords, Stream: "issues", Done: 88, Unit: "records"}},
		{0, engine.Throttled{Address: api, Connection: "source.github.acme", Until: start.Add(10 * time.Minute), Reason: "secondary rate limit"}},
		{0, engine.Throttled{Address: payments, Connection: "source.github.acme", Until: start.Add(10*time.Minute + time.Second)}},
		{0, engine.ItemFailed{Failure: schema.Failure{Address: api, Key: schema.Key{Kind: schema.KindIssue, ID: "77"}, Code: "not_found", Message: "attachment answered 404", Stage: "records", Step: "extractor", ID: "c0ffee", Run: "01J"}}},
		{0, engine.Checkpoint{Address: api, Stream: "issues", Items: 88}},
		{0, engine.StageDone{Address: api, Stage: engine.StageRecords, Stream: "issues"}},
		{0, engine.Retrying{Address: payments, Stage: engine.StagePush, At: start.Add(2 * time.Minute), Problem: &providers.Error{Code: providers.CodeUnavailable, Message: "connection reset"}}},
		{41 * time.Second, engine.ResourceDone{Address: api, Action: engine.ActionResync, Phase: schema.PhasePartial, Elapsed: 101 * time.Second, Failures: 1, Commits: 23, Counts: schema.Counts{
			schema.KindIssue: {Source: 312, Fetched: 312, Imported: 311, Failed: 1}, schema.KindComment: {Source: 51, Fetched: 51, Imported: 51},
		}}},
		{0, engine.StageStarted{Address: payments, Stage: engine.StagePush, Attempt: 2}},
		{0, engine.StageStarted{Address: site, Stage: engine.StageDetect, Attempt: 1}},
		{time.Second, engine.ResourceDone{Address: site, Action: engine.ActionCreate, Phase: schema.PhaseFailed, Elapsed: time.Second, Problem: denied}},
		{0, engine.ResourceDone{Address: payments, Action: engine.ActionCreate, Phase: schema.PhaseCanceled, Elapsed: 104 * time.Second}},
		{0, engine.RunDone{Outcome: engine.Outcome{Renamed: 1, Resynced: 1, Partial: 1, Failed: 1, Left: 1, Items: 1, Canceled: true, Codes: map[providers.Code]int{providers.CodeDenied: 1}}}},
	}
}

// replay feeds a run to p under a clock that the events move.
func replay(now *time.Time, p progress, run []happened) {
	for _, h := range run {
		*now = now.Add(h.after)
		p.Observe(h.event)
	}
}

func TestPlainProgress(t *testing.T) {
	for name, ci := range map[string]ciSystem{"progress-plain": ciUnknown, "progress-github": ciGitHub, "progress-gitlab": ciGitLab} {
		t.Run(name, func(t *testing.T) {
			now := at("2026-08-02 14:01:05")
			got := rendered(t, func(b *strings.Builder) error {
				p := newProgress(progressOptions{Mode: progressPlain, Out: b, Now: func() time.Time { return now }, Title: "apply acme", CI: ci})
				replay(&now, p, sampleRun())
				p.Close()
				return nil
			})
			golden(t, name, got)
		})
	}
}

// told is a writer that says when it was written to.
type told struct {
	io.Writer
	written chan struct{}
}

func (w told) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.written <- struct{}{}
	return n, err
}

func TestPlainProgressHeartbeat(t *testing.T) {
	var b strings.Builder
	w := told{&b, make(chan struct{}, 100)}
	now := at("2026-08-02 14:01:05")
	beat := make(chan time.Time)
	p := newProgress(progressOptions{Mode: progressPlain, Out: w, Now: func() time.Time { return now }, Heartbeat: beat})
	replay(&now, p, sampleRun()[:8])
	for len(w.written) > 0 {
		<-w.written
	}
	before := b.Len()
	beat <- now
	<-w.written
	if got, want := b.String()[before:], "14:02:07 running 2, done 1 of 4: acme/payments pushing 50%, acme/api issues 88 records\n"; got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	p.Close()
}

func TestPlainProgressHasNoHeartbeatWithoutWork(t *testing.T) {
	var b strings.Builder
	beat := make(chan time.Time)
	p := newProgress(progressOptions{Mode: progressPlain, Out: &b, Now: func() time.Time { return at("2026-08-02 14:01:05") }, Heartbeat: beat})
	beat <- time.Time{}
	p.Close()
	if b.Len() > 0 {
		t.Errorf("got %q", b.String())
	}
}

func TestPlainProgressBoundsWarnings(t *testing.T) {
	now := at("2026-08-02 14:01:05")
	var b strings.Builder
	p := newProgress(progressOptions{Mode: progressPlain, Out: &b, Now: func() time.Time { return now }})
	for range mostWarnings + 7 {
		p.Observe(engine.ItemFailed{Failure: schema.Failure{Address: "repository.x", Code: "invalid", Message: "refused"}})
	}
	p.Observe(engine.ResourceDone{Address: "repository.x", Action: engine.ActionCreate, Phase: schema.PhasePartial})
	p.Close()
	if got := strings.Count(b.String(), "Warning [invalid]"); got != mostWarnings {
		t.Errorf("%d warnings were written, want %d", got, mostWarnings)
	}
	if want := "7 more failures of x not shown here"; !strings.Contains(b.String(), want) {
		t.Errorf("got\n%s\nwithout %q", b.String(), want)
	}
}

func TestPlainProgressHostile(t *testing.T) {
	now := at("2026-08-02 14:01:05")
	var b strings.Builder
	p := newProgress(progressOptions{Mode: progressPlain, Out: &b, Now: func() time.Time { return now }, Title: hostileNames()[2]})
	for _, h := range hostileRun() {
		p.Observe(h)
	}
	p.Close()
	mustBeClean(t, b.String())
}

// hostileRun puts hostile names wherever an event has text of others.
func hostileRun() []engine.Event {
	var run []engine.Event
	until := at("2026-08-02 15:00:00")
	for _, name := range hostileNames() {
		address := keyed("acme", name)
		problem := &providers.Error{Code: providers.Code(name), Op: name, Subject: name, Message: name, Hint: name}
		run = append(
			run, engine.StageStarted{Address: address, Stage: engine.StageRecords, Stream: name},
			engine.StageProgress{Address: address, Stage: engine.StageRecords, Stream: name, Phase: name, Done: 1, Total: 3, Unit: name},
			engine.ItemFailed{Failure: schema.Failure{Address: address, Key: schema.Key{Kind: schema.Kind(name), ID: name}, Code: name, Message: name}},
			engine.Throttled{Address: address, Connection: name, Until: until, Reason: name},
			engine.Retrying{Address: address, Stage: engine.Stage(name), At: until, Problem: problem},
			engine.StageProgress{Address: address, Stage: engine.Stage(name), Done: 1, Total: 3, Unit: name},
			engine.ResourceDone{Address: address, Action: engine.ActionCreate, Phase: schema.PhaseFailed, Problem: problem},
			engine.StageStarted{Address: address, Stage: engine.StageRecords, Stream: name},
			engine.StageProgress{Address: address, Stage: engine.StageRecords, Stream: name, Done: 1, Total: 3, Unit: name},
		)
	}
	return run
}

func TestBarsRows(t *testing.T) {
	now := at("2026-08-02 14:01:05")
	b := &bars{progressOptions: progressOptions{Now: func() time.Time { return now }, Title: "apply acme"}, tracker: newTracker(now)}
	for _, h := range sampleRun()[:12] {
		now = now.Add(h.after)
		b.tracker.observe(h.event, now)
	}
	b.tracker.observe(engine.StageStarted{Address: "repository.site", Stage: engine.StageFetch}, now)
	b.tracker.observe(engine.Retrying{Address: "repository.site", Stage: engine.StageFetch, At: now.Add(time.Minute)}, now)
	b.tracker.observe(engine.StageStarted{Address: "repository.large", Stage: engine.StageFetch}, now)
	b.tracker.observe(engine.StageProgress{Address: "repository.large", Stage: engine.StageFetch, Done: 1 << 30, Total: 5 << 30, Unit: "bytes"}, now)
	var out strings.Builder
	for _, size := range [][2]int{{120, 24}, {80, 24}, {50, 24}, {20, 24}, {80, 7}, {1, 1}} {
		for _, row := range b.rows(size[0], size[1]) {
			if columns(row) >= size[0] && size[0] > 1 {
				t.Errorf("on %d columns the row %q takes %d", size[0], row, columns(row))
			}
			out.WriteString(row + "\n")
		}
		out.WriteString("\n")
	}
	golden(t, "progress-rows", out.String())
}

func TestBarsRowsHostile(t *testing.T) {
	now := at("2026-08-02 14:01:05")
	b := &bars{progressOptions: progressOptions{Now: func() time.Time { return now }, Title: hostileNames()[0]}, tracker: newTracker(now)}
	for _, e := range hostileRun() {
		b.tracker.observe(e, now)
		for _, width := range []int{30, 80, 200} {
			for _, row := range b.rows(width, 40) {
				if columns(row) >= width {
					t.Errorf("on %d columns the row %q takes %d", width, row, columns(row))
				}
				mustBeClean(t, row)
			}
		}
	}
}

// terminal is as much of a terminal as the bars need: lines, and the code that
// moves up and erases what is below.
type terminal struct {
	mu    sync.Mutex
	lines []string
	drawn int
}

func (m *terminal) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := string(p)
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			up := 0
			for ; rest[0] != 'A'; rest = rest[1:] {
				up = up*10 + int(rest[0]-'0')
			}
			m.lines = m.lines[:max(len(m.lines)-up, 0)]
			text = strings.TrimPrefix(rest[1:], "\x1b[J")
			m.drawn++
			continue
		}
		line, rest, _ := strings.Cut(text, "\n")
		if i := strings.Index(line, "\x1b["); i >= 0 {
			panic("a code in the middle of a line: " + line)
		}
		m.lines = append(m.lines, line)
		text = rest
	}
	return len(p), nil
}

func TestBarsLeaveOnlyWhatIsFinished(t *testing.T) {
	now := at("2026-08-02 14:01:05")
	var clock sync.Mutex
	screen := &terminal{}
	p := newProgress(progressOptions{
		Mode: progressTTY, Out: screen, Title: "apply acme", Size: func() (int, int) { return 60, 10 },
		Now: func() time.Time { clock.Lock(); defer clock.Unlock(); return now },
	})
	for _, h := range sampleRun() {
		clock.Lock()
		now = now.Add(h.after)
		clock.Unlock()
		p.Observe(h.event)
	}
	p.Close()
	want := []string{
		"  acme/gateway     rename     done in 2s",
		"  acme/api         re-sync    partial: 311 of 312 issues",
		"  site             create     failed: push: the token may not write (give it the scope api)",
		"  acme/payments    create     stopped in the middle of pushing; apply continues there",
	}
	if diff := cmp.Diff(want, screen.lines); diff != "" {
		t.Errorf("what stays on the screen (-want +got):\n%s", diff)
	}
	if screen.drawn == 0 {
		t.Error("nothing was ever redrawn")
	}
}

func TestBarsSurviveALostTerminal(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	p := newProgress(progressOptions{Mode: progressTTY, Out: w, Now: func() time.Time { return at("2026-08-02 14:01:05") }})
	for _, h := range sampleRun() {
		p.Observe(h.event)
	}
	p.Close()
}

func TestTimeLeft(t *testing.T) {
	start := at("2026-08-02 14:01:05")
	tests := []struct {
		name string
		u    underway
		at   time.Duration
		want time.Duration
	}{
		{"no report yet", underway{}, time.Minute, 0},
		{"too early", underway{firstAt: start, done: 10, total: 20}, time.Second, 0},
		{"half way", underway{firstAt: start, done: 10, total: 20}, time.Minute, time.Minute},
		{"taken up again", underway{firstAt: start, first: 80, done: 90, total: 100}, time.Minute, time.Minute},
		{"no step since", underway{firstAt: start, first: 80, done: 80, total: 100}, time.Minute, 0},
		{"unknown total", underway{firstAt: start, done: 80}, time.Minute, 0},
		{"more than expected", underway{firstAt: start, done: 80, total: 70}, time.Minute, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.u.left(start.Add(test.at)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestDoneText(t *testing.T) {
	tests := []struct {
		done engine.ResourceDone
		want string
	}{
		{engine.ResourceDone{Action: engine.ActionForget}, "done in 0s"},
		{engine.ResourceDone{Action: engine.ActionCreate, Phase: schema.PhaseSyncing}, "broken off by a fault of drover or its state"},
		{engine.ResourceDone{Action: engine.ActionCreate, Phase: schema.PhaseSynced, Elapsed: time.Minute, Commits: 1}, "done in 1m00s: 1 commit"},
		{engine.ResourceDone{Phase: schema.PhasePartial, Counts: schema.Counts{schema.KindIssue: {Source: 5, Skipped: 1, Imported: 2}}}, "partial: 2 of 4 issues"},
		{engine.ResourceDone{Phase: schema.PhasePartial}, "partial: not everything is accounted for"},
		{engine.ResourceDone{Phase: schema.PhaseFailed}, "failed"},
		{engine.ResourceDone{Phase: schema.PhaseCanceled}, "stopped; apply continues there"},
		{engine.ResourceDone{Phase: schema.PhasePlanned}, "not begun"},
	}
	for _, test := range tests {
		if got := doneText(test.done, ""); got != test.want {
			t.Errorf("%s, %q: got %q, want %q", test.done.Action, test.done.Phase, got, test.want)
		}
	}
}

func TestProgressOfOtherModes(t *testing.T) {
	var b strings.Builder
	out := newJSONWriter(&b, "0.3.0")
	p := newProgress(progressOptions{Mode: progressJSON, JSON: out})
	p.Observe(engine.RunStarted{Resources: 2})
	p.Close()
	if want := `{"type":"run_start","run":"","changeset":"","resources":2,"message":"apply 2 resources"}`; !strings.Contains(b.String(), want) {
		t.Errorf("got %s, want %s", b.String(), want)
	}
	p = newProgress(progressOptions{Mode: progressNone})
	p.Observe(engine.RunStarted{})
	p.Close()
}
