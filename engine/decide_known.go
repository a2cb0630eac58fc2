package engine

import (
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// decideKnown is for resources that were migrated, or begun, before.
func (d *decision) decideKnown() {
	r, c, e := d.resource, d.change, d.entry
	if !d.sameTarget() {
		return
	}
	created := e.TargetRef.ID != ""
	standing := d.standing(created)
	if created && !standing.Exists {
		if r.Lifecycle.OnTargetDrift != "overwrite" {
			d.gone()
			return
		}
		c.Action = ActionCreate
		d.because("target.gone", "the target repository is gone, and on_target_drift says overwrite")
		d.steps(true, nil)
		return
	}
	if !created && standing.Exists && standing.Marker != c.Identity {
		d.refuse("target.exists", "Target already exists",
			fmt.Sprintf("There is a repository at %s that was not made by this migration%s.", c.Place.Path(), madeFor(standing, "")), "Choose another new_name, or adopt it.", "new_name")
		return
	}

	unfinished := e.Phase != schema.PhaseSynced && (e.Phase != schema.PhasePartial || d.retryable())
	if unfinished || d.restart() {
		c.Action = ActionResume
		d.resumeReasons()
		if created && e.RefsHash == "" && d.adopts() {
			c.Adopt = &Adopted{Ref: e.TargetRef, Place: Place{e.Namespace, e.Name}} // cut off before its first push
		}
		d.whereFrom(created)
		d.steps(true, nil)
		d.lookAtRefs(standing)
		return
	}
	d.whereFrom(created)
	settings := d.settingsChanged()
	git, streams := d.sourceChanged()
	rewrites := d.historyChanged()
	switch {
	case settings:
		c.Action = ActionResync
		d.steps(true, nil)
	case git || len(streams) > 0 || rewrites && !d.Facts.Kept[r.Address].History:
		c.Action = ActionResync
		if rewrites && d.target.Rewrites {
			streams = nil // all of them name people
		}
		d.steps(git || rewrites, streams)
	case rewrites:
		c.Action = ActionRewrite
		d.rewriteSteps()
	case c.Was != nil || d.arrived:
		c.Action = ActionRename
		c.Steps = []Step{{Stage: StageDetect}, {Stage: StagePush}, {Stage: StageVerify}}
	case d.History.Waiting[e.Address] > 0 && d.target.Rewrites:
		c.Action = ActionResync
		d.because("links", plural(d.History.Waiting[e.Address], "text")+" can be completed: what they refer to has been migrated")
		d.linkSteps()
	case c.From != "":
		c.Action = ActionRename
	}
	if rewrites && e.RefsHash != "" {
		c.Action = ActionRewrite // of all that happens it is what others notice most
	} else if c.Was != nil && c.Action == ActionResync {
		c.Action = ActionRename
	}
	d.lookAtRefs(standing)
}

// sameTarget refuses an address that suddenly leads to another target.
func (d *decision) sameTarget() bool {
	if d.entry.Target == d.known.targets[d.resource.Target] {
		return true
	}
	return d.refuse("plan.target.changed", "Another target under the same address",
		fmt.Sprintf("%s was migrated to a target with other settings. What is there is kept; nothing is moved between targets.", d.resource.Address),
		fmt.Sprintf("To migrate it again to the new target: drover state forget '%s'", d.entry.Address), "target")
}

// gone refuses a resource whose target was deleted.
func (d *decision) gone() {
	e := d.entry
	d.refuse("target.gone", "Target is gone",
		fmt.Sprintf("The %s at %s was migrated on %s and is no longer there.", e.Address.Kind(), Place{e.Namespace, e.Name}.Path(), e.UpdatedAt.UTC().Format("2006-01-02")),
		fmt.Sprintf("To migrate it again: drover state forget '%s'", e.Address), "")
}

// standing is the target repository as it was found. One that is to move may
// stand at its new place already, because a run was cut off before it could
// say so.
func (d *decision) standing(created bool) providers.Standing {
	now, there := d.Facts.Targets[d.resource.Address], d.Facts.Moving[d.resource.Address]
	switch {
	case !created || !there.Exists:
		return now
	case now.Exists && there.Ref.ID == now.Ref.ID:
		d.arrived = true
	case !now.Exists && there.Marker == d.change.Identity:
		d.arrived = true
		d.change.Target = TargetFacts{Exists: true, Ref: there.Ref, RefsHash: schema.DigestRefs(there.Refs)}
		return there
	}
	return now
}

// whereFrom notes a move of the target repository, of the address, and of the
// source's own name.
func (d *decision) whereFrom(created bool) {
	c, e := d.change, d.entry
	switch was := (Place{e.Namespace, e.Name}); {
	case d.arrived:
		d.because("target.place", fmt.Sprintf("was moved from %s to %s by a run that was cut off", was.Path(), c.Place.Path()))
	case created && was != c.Place:
		if d.Facts.Moving[d.resource.Address].Exists {
			d.refuse("target.exists", "Target already exists",
				fmt.Sprintf("%s is to move from %s to %s, and there is a repository already.", d.resource.Address, was.Path(), c.Place.Path()), "Choose another new_name.", "new_name")
			return
		}
		c.Was = &was
		d.because("target.place", fmt.Sprintf("moves from %s to %s", was.Path(), c.Place.Path()))
	}
	if c.From != "" {
		d.because("address", "known to the state as "+string(c.From))
	}
	if a := d.Facts.Sources[d.resource.Address]; a.Facts != nil && a.Facts.FullName != e.FullName && a.Facts.Identity == e.Identity {
		d.because("source.renamed", fmt.Sprintf("was %s at the source", schema.Printable(e.FullName)))
	}
}

// adopts reports whether the plan takes over what stands at the target.
func (d *decision) adopts() bool {
	_, named := d.adopt[d.resource.Address]
	return named || d.resource.Lifecycle.OnConflict == "adopt"
}

func (d *decision) restart() bool { return MatchesAny(d.Options.Restart, d.resource.Address) }

// retryable reports whether a partial resource has failures that another try
// may mend.
func (d *decision) retryable() bool {
	if d.Options.Retry {
		return len(d.History.Failures[d.entry.Address]) > 0
	}
	for _, f := range d.History.Failures[d.entry.Address] {
		switch providers.Code(f.Code) {
		case providers.CodeNotFound, providers.CodeInvalid, providers.CodeUnsupported:
		case providers.CodeConflict:
			if d.resource.Lifecycle.OnTargetDrift == "overwrite" {
				return true
			}
		default:
			return true
		}
	}
	return false
}

func (d *decision) resumeReasons() {
	e := d.entry
	failures := d.History.Failures[e.Address]
	switch {
	case d.restart():
		d.because("restart", "asked for with --restart")
	case e.Phase == schema.PhasePartial:
		d.because("resume.failures", plural(int64(len(failures)), "failure")+" to try again")
	case e.Phase == schema.PhaseCanceled:
		d.because("resume.canceled", "cancelled during "+stageName(e.Stage))
	case e.Phase == schema.PhaseFailed:
		d.because("resume.failed", "failed during "+stageName(e.Stage))
	default:
		d.because("resume.unfinished", "cut off during "+stageName(e.Stage))
	}
}

func stageName(s string) string {
	if s == "" {
		return "its start"
	}
	return s
}

// settingsChanged notes every setting that differs from the last apply, and
// whether one of them asks for a re-sync.
func (d *decision) settingsChanged() bool {
	r, e := d.resource, d.entry
	if e.SettingsHash == settingsHash(r) {
		return false
	}
	var was schema.Resource
	if json.Unmarshal(e.Settings, &was) != nil {
		d.because("config", "the settings changed")
		return true
	}
	resync := false
	compare := func(before, after json.RawMessage, known schema.Attributes) {
		for _, diff := range diffObjects(before, after) {
			effect := schema.EffectResync
			if a := known.Find(diff.path); a != nil {
				effect = a.OnChange
			}
			resync = resync || effect != schema.EffectNone
			d.configReason(diff)
			if effect == schema.EffectNewTarget {
				d.refuse("plan.setting.new_target", "Another repository under the same address",
					fmt.Sprintf("Its provider says that a repository with another %s is another repository, and %s was migrated with what it said before.", diff.path, r.Address),
					fmt.Sprintf("Give it an address of its own, or forget the old one first: drover state forget '%s'", e.Address), diff.path)
			}
		}
	}
	compare(was.Settings, r.Settings, d.source.Repository)
	compare(was.Placement, r.Placement, d.target.Placement)
	for _, part := range []struct {
		path          string
		before, after any
	}{{"items", was.Items, r.Items}, {"mentions", was.Mentions, r.Mentions}} {
		before, after := mustJSON(part.before), mustJSON(part.after)
		if string(before) != string(after) {
			d.configReason(difference{part.path, before, after})
			resync = true
		}
	}
	return resync
}

// rewriting is what the plan asks to be done to the history.
func (d *decision) rewriting() rewriting {
	return rewritingOf(d.resource, d.people, d.change.Identity)
}

// historyChanged reports whether the history is to be rewritten in another way
// than it was, and says what that does to what was pushed.
func (d *decision) historyChanged() bool {
	r, e := d.resource, d.entry
	if !d.source.Git && !d.target.Rewrites || d.rewriting().digest() == e.AuthorsHash {
		return false
	}
	var was schema.Resource
	if json.Unmarshal(e.Settings, &was) == nil {
		before, after := mustJSON(was.LargeFiles), mustJSON(r.LargeFiles)
		if string(before) != string(after) {
			d.configReason(difference{"large_files", before, after})
		}
	}
	kept := d.Facts.Kept[r.Address]
	text := "the commits get other ids"
	if kept.Previewed {
		d.change.Rewrites = &Rewrites{Commits: kept.Rewritten, Of: kept.Commits}
		text = fmt.Sprintf("%d of %s get another id", kept.Rewritten, plural(kept.Commits, "commit"))
	}
	d.change.Reasons = append(d.change.Reasons, Reason{Code: "history.rewrite", Text: "people or large files are mapped in another way: " + text})
	return true
}

func (d *decision) configReason(diff difference) {
	reason := Reason{Code: "config", Path: diff.path, Before: diff.before, After: diff.after, Text: diff.path + " changed"}
	if o, ok := d.resource.Origins[diff.path]; ok {
		reason.At = &o
	}
	d.change.Reasons = append(d.change.Reasons, reason)
}

// sourceChanged compares the source with what was carried over: whether its git
// data changed, and which streams did.
func (d *decision) sourceChanged() (git bool, streams []string) {
	a, e, c := d.Facts.Sources[d.resource.Address], d.entry, d.change
	streams = []string{}
	if a.Unchanged || a.Facts == nil || c.Source.Hash() == e.SourceHash {
		return false, streams
	}
	before := d.History.Validators[e.Address]
	kinds := carried(d.source.Streams, d.resource.Items, d.target.Kinds)
	for _, s := range d.source.Streams {
		now, ok := a.Facts.Streams[s.Name]
		if len(kinds[s.Name]) > 0 && (!ok || now != before[s.Name]) {
			streams = append(streams, s.Name)
			d.because("source.records", s.Name+" changed")
		}
	}
	if c.Source.RefsHash != e.SourceRefs {
		what := "the refs changed"
		if wikiAlone(a.Facts, d.Facts.LeftRefs[d.resource.Address].Source) {
			what = "the wiki changed"
		}
		d.because("source.refs", what)
		return true, streams
	}
	if len(streams) == 0 {
		d.because("source.settings", "the default branch or the parts of the repository changed")
		return true, streams
	}
	return false, streams
}
