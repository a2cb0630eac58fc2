package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// eventMessage is an event as a sentence for people. Its times are UTC.
func eventMessage(e engine.Event) string {
	switch e := e.(type) {
	case engine.RunStarted:
		return "apply " + plural(int64(e.Resources), "resource")
	case engine.StageStarted:
		text := nameAt(e.Address) + ": " + stageText(e.Stage, e.Stream)
		if e.Attempt > 1 {
			text += fmt.Sprintf(", attempt %d", e.Attempt)
		}
		return text
	case engine.StageProgress:
		text := nameAt(e.Address) + ": " + stageText(e.Stage, e.Stream) + " " + amount(e.Done, e.Total, e.Unit)
		if e.Total > 0 {
			text += fmt.Sprintf(" (%d%%)", min(100, e.Done*100/e.Total))
		}
		return text
	case engine.StageDone:
		return nameAt(e.Address) + ": " + stageText(e.Stage, e.Stream) + " done"
	case engine.Checkpoint:
		return fmt.Sprintf("%s: %s recorded up to here, %s", nameAt(e.Address), shown(e.Stream), plural(e.Items, "item"))
	case engine.ItemFailed:
		return nameAt(e.Failure.Address) + ": " + failureText(e.Failure)
	case engine.Throttled:
		return throttleText(e, time.UTC)
	case engine.Retrying:
		return nameAt(e.Address) + ": " + retryText(e, time.UTC)
	case engine.RemoteStatus:
		return nameAt(e.Address) + ": " + remoteText(e)
	case engine.ResourceDone:
		return nameAt(e.Address) + ": " + actionWord(e.Action) + " " + doneText(e, "")
	case engine.RunDone:
		return outcomeLine(e.Outcome)
	}
	return e.Name()
}

func nameAt(a schema.Address) string { return clip(shown(a.Display()), mostName) }

// stageText is a stage as people say it: a stream by its own name.
func stageText(stage engine.Stage, stream string) string {
	if stream != "" {
		return shown(stream)
	}
	return shown(stageWord(stage))
}

// stageWord is a stage in words; those of git data in the words of GitHub's
// source imports.
func stageWord(stage engine.Stage) string {
	switch stage {
	case engine.StageDetect:
		return "detecting"
	case engine.StageFetch:
		return "importing"
	case engine.StageMap:
		return "mapping"
	case engine.StagePush:
		return "pushing"
	case engine.StageImport:
		return "importing at the target"
	}
	return string(stage)
}

// amount is a step of the way: "612 / 1,204 commits".
func amount(done, total int64, unit string) string {
	if unit == "bytes" {
		if total > 0 {
			return byteSize(done) + " / " + byteSize(total)
		}
		return byteSize(done)
	}
	text := grouped(done)
	if total > 0 {
		text += " / " + grouped(total)
	}
	if unit != "" {
		text += " " + shown(unit)
	}
	return text
}

func failureText(f schema.Failure) string {
	item := clip(kindWords(string(f.Key.Kind))+" "+shown(f.Key.ID), mostName)
	return item + ": " + shown(bounded(f.Message, mostDetail))
}

// hour is a time of today in a zone.
func hour(t time.Time, zone *time.Location) string {
	if zone == time.UTC {
		return t.UTC().Format("15:04:05 UTC")
	}
	return t.In(zone).Format(time.TimeOnly)
}

func throttleText(e engine.Throttled, zone *time.Location) string {
	text := shown(e.Connection) + " asks to wait until " + hour(e.Until, zone)
	if e.Reason != "" {
		text += ": " + shown(bounded(e.Reason, mostDetail))
	}
	return text
}

func retryText(e engine.Retrying, zone *time.Location) string {
	text := stageText(e.Stage, "") + " is tried again at " + hour(e.At, zone)
	if e.Problem != nil {
		text += ": " + problemText(e.Problem)
	}
	return text
}

// remoteText says how an import stands that a forge carries out by itself.
func remoteText(e engine.RemoteStatus) string {
	text := "the target says: " + shown(cmp.Or(e.Job.Status, string(e.Job.State)))
	if sum := sumOf(e.Job.Counts); sum.Fetched+sum.Imported > 0 {
		text += ", " + amount(sum.Imported, sum.Source, "objects")
	}
	if e.Job.Text != "" {
		text += ", " + shown(bounded(e.Job.Text, mostDetail))
	}
	if e.Problem != nil {
		text += "; not cancelled: " + problemText(e.Problem)
	}
	return text
}

func problemText(p *providers.Error) string { return shown(bounded(p.Error(), mostDetail)) }

func problemAndHint(p *providers.Error) string {
	text := problemText(p)
	if p.Hint != "" {
		text += " (" + shown(bounded(p.Hint, mostDetail)) + ")"
	}
	return text
}

// doneText says what became of a resource. Stage is where it stood, when that
// is known.
func doneText(e engine.ResourceDone, stage string) string {
	switch e.Phase {
	case "": // forgotten: there is no entry left that could be in a phase
		return "done in " + took(e.Elapsed)
	case schema.PhaseSyncing:
		return "broken off by a fault of drover or its state"
	case schema.PhasePartial:
		return "partial: " + cmp.Or(missing(e.Counts), "not everything is accounted for")
	case schema.PhaseFailed:
		if e.Problem == nil {
			return "failed"
		}
		return "failed: " + problemAndHint(e.Problem)
	case schema.PhaseCanceled:
		if e.Problem != nil {
			return "stopped: " + problemAndHint(e.Problem)
		}
		if stage != "" {
			return "stopped in the middle of " + stage + "; apply continues there"
		}
		return "stopped; apply continues there"
	case schema.PhaseSynced:
		text := "done in " + took(e.Elapsed)
		if held := carried(e); held != "" {
			text += ": " + held
		}
		return text
	}
	return "not begun"
}

// carried counts what a resource now has at its target.
func carried(e engine.ResourceDone) string {
	var parts []string
	if e.Commits > 0 {
		parts = append(parts, plural(e.Commits, "commit"))
	}
	for _, k := range sortedKinds(e.Counts) {
		if n := e.Counts[k].Imported; n > 0 && k != schema.KindRepository {
			parts = append(parts, counted(n, k))
		}
	}
	return strings.Join(parts, ", ")
}

// missing tells of which kinds not everything was carried over.
func missing(counts schema.Counts) string {
	var parts []string
	for _, k := range sortedKinds(counts) {
		if c := counts[k]; c.Failed > 0 || !c.AddsUp() {
			parts = append(parts, fmt.Sprintf("%s of %s", grouped(c.Imported), counted(c.Source-c.Skipped, k)))
		}
	}
	return strings.Join(parts, ", ")
}

// outcomeLine is what became of an apply, in one line.
func outcomeLine(o engine.Outcome) string {
	var parts []string
	kinds := 0
	for _, p := range []struct {
		n    int
		word string
	}{
		{o.Created, "created"}, {o.Resynced, "re-synced"}, {o.Renamed, "renamed"}, {o.Adopted, "adopted"},
		{o.Resumed, "resumed"}, {o.Rewritten, "rewritten"}, {o.Forgotten, "forgotten"},
	} {
		if p.n > 0 {
			parts = append(parts, grouped(int64(p.n))+" "+p.word)
			kinds++
		}
	}
	apart := ""
	switch {
	case o.Partial > 0 && kinds == 1:
		parts[0] += fmt.Sprintf(" (%s partial)", grouped(int64(o.Partial)))
	case o.Partial > 0:
		apart = fmt.Sprintf("; %s of them partial", grouped(int64(o.Partial)))
	}
	if o.Failed > 0 {
		parts = append(parts, grouped(int64(o.Failed))+" failed"+codesText(o.Codes))
	}
	if o.Left > 0 {
		parts = append(parts, grouped(int64(o.Left))+" left")
	}
	if o.Stale > 0 {
		parts = append(parts, grouped(int64(o.Stale))+" stale")
	}
	word := "Applied: "
	if o.Canceled {
		word = "Stopped: "
	}
	if len(parts) == 0 {
		return word + "nothing to do."
	}
	return word + strings.Join(parts, ", ") + apart + "."
}

func codesText(codes map[providers.Code]int) string {
	var parts []string
	for code, n := range codes {
		parts = append(parts, fmt.Sprintf("%s %s", grouped(int64(n)), shown(string(code))))
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return " (" + strings.Join(parts, ", ") + ")"
}
