package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// lookAtRefs counts what a push will change, and refuses to touch refs that
// someone else moved.
func (d *decision) lookAtRefs(standing providers.Standing) {
	a, c := d.Facts.Sources[d.resource.Address], d.change
	left, ok := d.Facts.LeftRefs[d.resource.Address]
	if !ok {
		return
	}
	var offered map[string]string // nil: not known before the history is converted
	if a.Facts != nil {
		offered = a.Facts.Refs
	}
	d.lookAtMoves(offered, left)
	c.Target.Drifted = drifted(left, standing.Refs)
	if !c.pushes() || d.resource.Lifecycle.OnTargetDrift == "overwrite" {
		return
	}
	same := offered != nil && d.rewriting().digest() == "" // what is pushed is what the source offers
	for _, move := range c.Target.Drifted {
		if want := offered[move.Name]; same && (want == move.To || want == "" && d.resource.Lifecycle.OnRefGone != "delete") {
			continue // a push has no business with it
		}
		d.refuse("target.drift", "Target changed behind our back",
			fmt.Sprintf("%s at %s moved from %s to %s since the last apply; %s.", schema.Printable(move.Name), c.Place.Path(), short(move.From), short(move.To), plural(int64(len(c.Target.Drifted)), "ref")+" in all"),
			"See drover drift. To put the source's refs in their place: lifecycle { on_target_drift = \"overwrite\" }", "lifecycle.on_target_drift")
		return
	}
}

// lookAtMoves counts the refs that moved at the source since the last push.
func (d *decision) lookAtMoves(offered map[string]string, left LeftRefs) {
	if offered == nil {
		return
	}
	c := d.change
	for _, name := range sortedNames(offered, left.Source) {
		move := RefMove{Name: name, From: left.Source[name], To: offered[name]}
		switch {
		case move.From == move.To:
			continue
		case move.From == "":
			c.Refs.New++
		case move.To == "":
			c.Refs.Gone++
		default:
			c.Refs.Moved++
		}
		if len(c.Refs.Shown) < shownRefs {
			c.Refs.Shown = append(c.Refs.Shown, move)
		}
	}
}

// pushes reports whether the change pushes git data, which sets every ref.
func (ch *Change) pushes() bool { return ch.runs(StageMap) }

// runs reports whether a stage is among the steps of the change.
func (ch *Change) runs(stage Stage) bool {
	return slices.ContainsFunc(ch.Steps, func(s Step) bool { return s.Stage == stage })
}

// drifted are the refs at the target whose value is neither what we left nor
// what an unfinished push was about to leave.
func drifted(left LeftRefs, now map[string]string) []RefMove {
	var list []RefMove
	for _, name := range sortedNames(left.Target, nil) {
		was, is := left.Target[name], now[name]
		if was != is && is != left.Intent[name] {
			list = append(list, RefMove{Name: name, From: was, To: is})
		}
	}
	return list
}

// rewriteSteps are the stages that push another form of a history that is at
// hand: nothing is asked of the source but what it holds.
func (d *decision) rewriteSteps() {
	for _, stage := range []Stage{StageDetect, StageMap, StagePush} {
		d.change.Steps = append(d.change.Steps, Step{Stage: stage})
	}
	d.recordSteps(nil)
	d.change.Steps = append(d.change.Steps, Step{Stage: StageVerify})
}

// linkSteps are the stages that complete texts, now that what they refer to has
// come to the target.
func (d *decision) linkSteps() {
	for _, stage := range []Stage{StageDetect, StageLinks, StageVerify} {
		d.change.Steps = append(d.change.Steps, Step{Stage: stage})
	}
}

// steps lists the stages to run. With git false, only the streams named are
// read; with streams nil, all are.
func (d *decision) steps(git bool, streams []string) {
	c := d.change
	c.Steps = append(c.Steps, Step{Stage: StageDetect})
	if git && d.source.Git {
		c.Steps = append(c.Steps, Step{Stage: StageFetch}, Step{Stage: StageMap})
	}
	c.Steps = append(c.Steps, Step{Stage: StagePush})
	d.recordSteps(streams)
	c.Steps = append(c.Steps, Step{Stage: StageVerify})
}

// recordSteps are the stages that carry streams, all with streams nil.
func (d *decision) recordSteps(streams []string) {
	c, whole := d.change, d.restart()
	read := false
	kinds := carried(d.source.Streams, d.resource.Items, d.target.Kinds)
	for _, s := range d.source.Streams {
		if streams != nil && !contains(streams, s.Name) {
			continue
		}
		if len(kinds[s.Name]) > 0 {
			c.Steps = append(c.Steps, Step{Stage: StageRecords, Stream: s.Name, Kinds: kinds[s.Name], Whole: whole})
			read = true
		}
	}
	if read && d.target.Rewrites {
		c.Steps = append(c.Steps, Step{Stage: StageLinks})
	}
}

// degraded states what the target will not hold as the source does.
func (d *decision) degraded() {
	seen := map[schema.Kind]bool{}
	for _, s := range d.source.Streams {
		for _, k := range s.Kinds {
			n, counted := d.change.Source.Counts[k]
			notOfGist := k == schema.KindSnippet && !counted && d.resource.OverFileLimit == ""
			notThere := d.resource.Address.Kind() == "gists" && !counted // a gist is counted whole
			if seen[k] || notThere || notOfGist || !d.resource.Items.Carries(k) || counted && n == 0 {
				continue
			}
			seen[k] = true
			what := k.Plural()
			if counted {
				what = fmt.Sprintf("%d %s", n, k.Plural())
				if n == 1 {
					what = "1 " + string(k)
				}
			}
			support := d.target.Supports(k)
			switch {
			case support == nil:
				d.change.Degraded = append(d.change.Degraded, what+": left out, the target cannot hold them")
			case support.Degraded != "":
				d.change.Degraded = append(d.change.Degraded, what+": "+support.Degraded)
			}
		}
	}
	d.numberGaps()
}

// numberGaps tells how many numbers are missing at the source, which a target that
// numbers in order has to fill, in each of its sequences.
func (d *decision) numberGaps() {
	f := d.Facts.Sources[d.resource.Address].Facts
	if len(d.target.Numbers) == 0 || f == nil {
		return
	}
	if len(d.target.Sequences) == 0 {
		d.gaps(providers.Sequence{Kinds: d.target.Numbers}, f.LastNumber, "no %s of the source has them")
		return
	}
	for _, s := range d.target.Sequences {
		if f.LastNumbers == nil { // the last of all kinds is not below that of these
			d.gaps(s, f.LastNumber, "at most so many have no %s at the source")
			continue
		}
		var last int64
		for _, k := range s.Kinds {
			last = max(last, f.LastNumbers[k])
		}
		d.gaps(s, last, "no %s of the source has them")
	}
}

// gaps tells how many of the numbers up to the last one are missing in a sequence.
func (d *decision) gaps(s providers.Sequence, last int64, missing string) {
	counts := d.Facts.Sources[d.resource.Address].Facts.Counts
	n := last
	for _, k := range s.Kinds {
		held, counted := counts[k]
		if !counted && slices.ContainsFunc(d.source.Streams, func(s providers.Stream) bool { return slices.Contains(s.Kinds, k) }) {
			return
		}
		n -= held
	}
	if n <= 0 {
		return
	}
	var placement struct {
		NumberGaps string `json:"number_gaps"`
	}
	becomes := map[string]string{
		"":            "they stay unused at the target",
		"reproduce":   "they stay unused at the target",
		"placeholder": "placeholders take them",
		"renumber":    "they are not kept free, so that later numbers change",
	}
	if s.Told {
		becomes["placeholder"] = "they stay unused at the target, or placeholders take them where the token may not give numbers"
	}
	if json.Unmarshal(d.resource.Placement, &placement) != nil || becomes[placement.NumberGaps] == "" {
		return // the plan's loader accepted only the values above
	}
	text := fmt.Sprintf("%s: %s; %s", plural(n, "number"), fmt.Sprintf(missing, or(s.Kinds)), becomes[placement.NumberGaps])
	d.change.Degraded = append(d.change.Degraded, text)
}

// or names kinds as the alternatives of a sentence.
func or(kinds []schema.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
