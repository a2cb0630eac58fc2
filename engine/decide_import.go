package engine

import (
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// methodOf is how a resource comes to its target.
func methodOf(r *schema.Resource) string {
	if r.Method == schema.MethodImportAPI {
		return schema.MethodImportAPI
	}
	return schema.MethodDirect
}

// imported reports whether the target's forge pulls the resource by itself.
func imported(r *schema.Resource) bool { return methodOf(r) == schema.MethodImportAPI }

// mayImport checks that the target imports such a resource from such a source,
// and takes what its importer carries for what the target holds.
func (d *decision) mayImport() {
	r := d.resource
	source, block := d.Migration.Sources[r.Source].Provider, r.Address.Kind()
	importing := d.target.Imported(source, block)
	if importing == nil {
		d.refuse("target.method", "Not imported by the target",
			fmt.Sprintf("The target does not import a %s from %s by itself.", block, source), "Write method = \"direct\", and Drover carries it over.", "method")
		return
	}
	d.target.Kinds, d.target.Numbers, d.target.Rewrites = importing.Kinds, nil, false
	if r.Authors != "" {
		d.change.Degraded = append(d.change.Degraded, "people: the target's importer maps them by its own rules; the authors table has no effect")
	}
}

// sameMethod refuses to go on by another method than the one that brought what
// is at the target.
func (d *decision) sameMethod() bool {
	e := d.entry
	if e == nil {
		return true
	}
	job, was := d.History.Jobs[e.Address], ""
	switch {
	case job.ID != "" || !job.StartedAt.IsZero():
		was = schema.MethodImportAPI
	case e.TargetRef.ID != "":
		was = schema.MethodDirect
	}
	if was == "" || was == methodOf(d.resource) {
		return true
	}
	why := "What Drover wrote cannot be taken up by the target's importer, which only makes something new."
	if was == schema.MethodImportAPI {
		why = "What the target imported by itself cannot be taken up by Drover, which does not know which object there is which."
	}
	return d.refuse("plan.method.changed", "Another method under the same address",
		fmt.Sprintf("%s was migrated by the method %q and would now be by %q. %s", d.resource.Address, was, methodOf(d.resource), why),
		fmt.Sprintf("Keep method = %q. To begin afresh at another place: drover state forget '%s', and another new_name.", was, e.Address), "method")
}

// decideImport is for resources that the target's forge pulls by itself.
func (d *decision) decideImport() {
	if d.entry == nil {
		d.decideNewImport()
		return
	}
	e, c := d.entry, d.change
	if !d.sameTarget() {
		return
	}
	job := d.History.Jobs[e.Address]
	created := e.TargetRef.ID != ""
	switch {
	case d.restart() && job.State.Ended():
		d.decideEnded(job, created)
	case e.Phase == schema.PhaseSynced || e.Phase == schema.PhasePartial:
		d.decideImported(created)
	case job.ID == "" && job.StartedAt.IsZero():
		if d.Facts.Targets[d.resource.Address].Exists {
			d.inTheWay()
			return
		}
		c.Action = ActionResume
		d.resumeReasons()
		d.importSteps()
	case !job.State.Ended():
		c.Action = ActionResume
		d.because("resume.import", "the import that was started on "+job.StartedAt.UTC().Format("2006-01-02 15:04")+" is taken up, not started again")
		d.importSteps()
	case job.State == schema.JobFinished:
		c.Action = ActionResume
		d.because("resume.unfinished", "the import is finished, and what it brought was not looked at")
		d.importSteps()
	default:
		d.decideEnded(job, created)
	}
}

func (d *decision) decideNewImport() {
	r := d.resource
	if _, named := d.adopt[r.Address]; named || r.Lifecycle.OnConflict == "adopt" {
		d.refuse("target.adopt.import", "Nothing is adopted by an import", "The target's importer makes something new; it cannot take over what stands there.", "Remove the adopt block, or write method = \"direct\".", "method")
		return
	}
	if d.Facts.Targets[r.Address].Exists {
		d.inTheWay()
		return
	}
	d.change.Action = ActionCreate
	d.importSteps()
}

// inTheWay refuses a place where something stands.
func (d *decision) inTheWay() {
	d.refuse("target.exists", "Target already exists",
		fmt.Sprintf("Something stands at %s already, and the target's importer makes something new.", d.change.Place.Path()), "Choose another new_name.", "new_name")
}

// decideEnded is for an import that was cancelled or failed, or is to be made
// again. The forge does not start one again in the place of what it brought
// (GitLab's import state has no way from canceled to scheduled, and a failed
// project is in the way).
func (d *decision) decideEnded(job schema.Job, created bool) {
	e, c := d.entry, d.change
	at := d.Facts.Targets[d.resource.Address]
	was := Place{e.Namespace, e.Name}
	if created && was != c.Place {
		at = d.Facts.Moving[d.resource.Address]
	}
	if at.Exists {
		d.refuse("import.ended", "The import has ended",
			fmt.Sprintf("The import into %s is %s at the target, and the target does not start it again there. What it brought stays.", c.Place.Path(), job.State),
			"Choose another new_name, or delete what stands there, and apply again.", "new_name")
		return
	}
	c.Action = ActionCreate
	text := fmt.Sprintf("the import of %s is %s", job.StartedAt.UTC().Format("2006-01-02 15:04"), job.State)
	if was != c.Place {
		text += "; what it brought stays at " + was.Path()
	}
	d.because("import.again", text+". It is started anew")
	d.importSteps()
}

// decideImported is for what a forge has imported: it can be renamed, and
// nothing else.
func (d *decision) decideImported(created bool) {
	r, c, e := d.resource, d.change, d.entry
	if created && !d.standing(created).Exists {
		d.gone()
		return
	}
	d.whereFrom(created)
	switch {
	case c.Was != nil || d.arrived:
		c.Action = ActionRename
		c.Steps = []Step{{Stage: StageDetect}, {Stage: StagePush}}
	case c.From != "":
		c.Action = ActionRename
	}
	what := ""
	if a := d.Facts.Sources[r.Address]; a.Facts != nil && !a.Unchanged && c.Source.Hash() != e.SourceHash && e.SourceHash != "" {
		what = "The source has changed since the import"
	}
	if e.SettingsHash != settingsHash(r) {
		what = "The settings are no longer those of the import"
	}
	if what != "" {
		d.fail(finding(r, schema.SeverityWarning, "import.once", "Imported once",
			fmt.Sprintf("%s of %s. An importer of a forge does not bring changes later.", what, d.History.Jobs[e.Address].StartedAt.UTC().Format("2006-01-02")),
			"For a migration that can be repeated, use method = \"direct\" from the start.", "method"))
	}
}

func (d *decision) importSteps() {
	kinds := make([]schema.Kind, len(d.target.Kinds))
	for i, support := range d.target.Kinds {
		kinds[i] = support.Kind
	}
	d.change.Steps = []Step{{Stage: StageDetect}, {Stage: StageImport, Kinds: kinds}, {Stage: StageVerify}}
	d.change.Imports = true
	if d.change.Action == ActionCreate {
		d.change.Notices = d.Facts.Targets[d.resource.Address].Notices
		d.leftOutGists()
	}
}

// leftOutGists warns of each gist that the target's importer leaves out, for it
// has more files than the target takes. The source names so many of them at most.
func (d *decision) leftOutGists() {
	a, limit := d.Facts.Sources[d.resource.Address], d.target.SnippetFiles
	if a.Facts == nil || limit == 0 {
		return
	}
	warn := func(detail string) {
		d.fail(finding(d.resource, schema.SeverityWarning, "gist.files.skipped", "Gist with too many files left out", detail, "", "over_file_limit"))
	}
	n := 0
	for _, g := range a.Facts.Largest[:min(len(a.Facts.Largest), providers.MaxLargest)] {
		if g.Files > limit {
			n++
			warn(tooManyFiles(g, limit) + " The target's importer leaves it out.")
		}
	}
	if n == providers.MaxLargest {
		warn(fmt.Sprintf("There may be more gists with too many files: the source names %d of them.", n))
	}
}

// importing is what a provider imports of a block from a source, or nil.
func (p *ProviderRef) importing(source, block string) *providers.Importing {
	d := providers.TargetDescription{Imports: p.Imports}
	return d.Imported(source, block)
}
