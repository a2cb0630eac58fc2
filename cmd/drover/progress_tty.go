package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/drover-migrate/drover/engine"
)

// bars redraws a few rows at the bottom of a terminal: a heading, a row for each
// resource under way, the waits, and what Ctrl-C does. Rows of resources that
// are finished scroll away above.
//
// # Why
//
// All rows are one bar of mpb, which redraws whatever rows it is given. A bar of
// its own for each resource would bring a goroutine and a place in the order
// for each, and mpb would cut rows at their end; here every row is laid out for
// the width of the moment, and gives up first what matters least.
type bars struct {
	progressOptions
	mpb *mpb.Progress
	bar *mpb.Bar

	mu      sync.Mutex // guards what follows; never held while calling mpb, whose goroutine draws
	tracker *tracker
	below   []string // rows under the first, laid out with it
}

func newBars(o progressOptions) *bars {
	b := &bars{progressOptions: o, tracker: newTracker(o.Now())}
	b.mpb = mpb.New(mpb.WithOutput(o.Out), mpb.WithAutoRefresh())
	b.bar = b.mpb.MustAdd(0, mpb.BarFillerFunc(b.drawFirst), mpb.BarFillerTrim(), mpb.BarExtender(mpb.BarFillerFunc(b.drawBelow), false))
	return b
}

func (b *bars) Observe(e engine.Event) {
	b.mu.Lock()
	var above string
	if done, ok := e.(engine.ResourceDone); ok {
		above = b.finished(done)
	}
	b.tracker.observe(e, b.Now())
	b.mu.Unlock()
	if above != "" {
		// It fails once the terminal is gone, and then there is no one to tell.
		_, _ = io.WriteString(b.mpb, above+"\n")
	}
}

func (b *bars) Close() {
	b.bar.Abort(true)
	b.mpb.Wait()
}

// drawFirst and drawBelow are called by mpb for each redraw, one after the
// other: its bar is the first row, and the others extend it.
func (b *bars) drawFirst(w io.Writer, _ decor.Statistics) error {
	width, height := b.size()
	b.mu.Lock()
	rows := b.rows(width, height)
	b.below = rows[1:]
	b.mu.Unlock()
	_, err := io.WriteString(w, rows[0])
	return err
}

func (b *bars) drawBelow(w io.Writer, _ decor.Statistics) error {
	b.mu.Lock()
	text := strings.Join(b.below, "\n") + "\n"
	b.mu.Unlock()
	_, err := io.WriteString(w, text)
	return err
}

// size is that of the screen, or of an ordinary one when it is not known.
func (b *bars) size() (width, height int) {
	if b.Size != nil {
		width, height = b.Size()
	}
	if width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// What Ctrl-C does, and the same for a narrow screen.
const (
	ctrlC      = "Ctrl-C once: checkpoint and stop. Twice: stop now. Nothing is lost either way."
	ctrlCShort = "Ctrl-C: checkpoint and stop"
)

// rows lays out the display for a screen. It leaves the last column and the last
// row free, because terminals wrap or scroll when they are filled.
func (b *bars) rows(screenWidth, screenHeight int) []string {
	const mostWaits, mostRows = 3, 60
	now, t := b.Now(), b.tracker
	width := max(screenWidth-1, 1)
	waits := t.waits(now)
	waits = waits[:min(len(waits), mostWaits)]

	list := []string{b.title(width, now)}
	room := min(max(screenHeight-len(waits)-4, 1), mostRows)
	names := 0
	for _, u := range t.running {
		names = max(names, min(columns(nameAt(u.address)), width/3))
	}
	for i, u := range t.running {
		if i == room {
			list = append(list, clip(fmt.Sprintf("  and %s under way", plural(int64(len(t.running)-i), "more resource")), width))
			break
		}
		list = append(list, b.row(u, names, width, now))
	}
	for _, wait := range waits {
		list = append(list, clip("  "+throttleText(wait, now.Location()), width))
	}
	help := ctrlC
	if columns(help) > width {
		help = ctrlCShort
	}
	return append(list, b.Palette.paint(styleDim, clip(help, width)))
}

func (b *bars) title(width int, now time.Time) string {
	t := b.tracker
	left := fmt.Sprintf("%s  %d of %s done", shown(b.Title), t.done, plural(int64(t.total), "resource"))
	right := "elapsed " + took(now.Sub(t.started))
	gap := width - columns(left) - columns(right)
	if gap < 2 {
		return clip(left, width)
	}
	return b.Palette.paint(styleBold, left) + strings.Repeat(" ", gap) + right
}

// piece is a part of a row. Pieces stand in the order in which they are shown;
// those of the least worth are left out first where there is no room.
type piece struct {
	text  string
	worth int
}

// row shows where a resource stands.
func (b *bars) row(u *underway, names, width int, now time.Time) string {
	pieces := []piece{
		{pad(clip(nameAt(u.address), names), names), 9},
		{pad(clip(u.stage, 12), 9), 9},
	}
	switch {
	case u.again.After(now):
		pieces = append(pieces, piece{"tried again at " + hour(u.again, now.Location()), 6})
	case u.total > 0:
		pieces = append(pieces, piece{gauge(u.done, u.total), 4}, piece{amount(u.done, u.total, u.unit), 6})
	case u.done > 0:
		pieces = append(pieces, piece{amount(u.done, 0, u.unit), 6})
	}
	if left := u.left(now); left > 0 {
		pieces = append(pieces, piece{"eta " + took(left), 5})
	}
	if u.failed > 0 {
		pieces = append(pieces, piece{grouped(u.failed) + " failed", 7})
	}
	return clip(strings.TrimRight("  "+strings.Join(fitting(pieces, width-2), "  "), " "), width)
}

// fitting drops the pieces of the least worth until the others fit.
func fitting(pieces []piece, width int) []string {
	for {
		used := 2 * (len(pieces) - 1)
		least := 0
		for i, p := range pieces {
			used += columns(p.text)
			if p.worth < pieces[least].worth {
				least = i
			}
		}
		if used <= width || len(pieces) == 1 {
			break
		}
		pieces = slices.Delete(pieces, least, least+1)
	}
	texts := make([]string, len(pieces))
	for i, p := range pieces {
		texts[i] = p.text
	}
	return texts
}

// gauge draws how much of total is done.
func gauge(done, total int64) string {
	const width = 20
	var b bytes.Buffer
	filler := mpb.BarStyle().Filler("#").Tip("#").Padding(".").Build()
	// A buffer takes everything.
	_ = filler.Fill(&b, decor.Statistics{AvailableWidth: width, Current: min(done, total), Total: total})
	return b.String()
}

// finished is the row that a resource leaves behind.
func (b *bars) finished(e engine.ResourceDone) string {
	width, _ := b.size()
	name := pad(clip(nameAt(e.Address), max(width/3, 15)), 15)
	stage := ""
	for _, u := range b.tracker.running {
		if u.address == e.Address {
			stage = u.stage
		}
	}
	return fmt.Sprintf("  %s  %s  %s", name, pad(actionWord(e.Action), 9), b.Palette.paint(doneStyle(e), doneText(e, stage)))
}
