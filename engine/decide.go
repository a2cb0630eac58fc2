package engine

import (
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// decision is the planning of one resource.
type decision struct {
	*planner
	resource *schema.Resource
	entry    *schema.Entry // nil: not known to the state
	change   *Change
	source   providers.SourceDescription
	target   providers.TargetDescription
	arrived  bool // a run that was cut off has moved the target repository already
}

// shownRefs is how many refs a change names; the rest is counted.
const shownRefs = 20

func (d *decision) decide() {
	if !d.ends() || !d.claim() || !d.sameMethod() || !d.inspected() || !d.fits() || !d.placed() {
		return
	}
	d.lookAtPeople()
	d.lookAtLargeFiles()
	switch {
	case imported(d.resource):
		d.decideImport()
	case d.entry == nil:
		d.decideNew()
	default:
		d.decideKnown()
	}
	if (d.change.runs(StageRecords) || d.change.runs(StageImport)) && !d.change.Findings.HasErrors() {
		d.degraded()
		d.divided()
	}
}

// fits reports whether the target takes a gist with so many files, or whether the
// plan says what becomes of one that it does not take.
func (d *decision) fits() bool {
	gist, over := d.overLimit()
	if !over || d.resource.OverFileLimit == "split" {
		return true
	}
	what := tooManyFiles(gist, d.target.SnippetFiles)
	if d.resource.OverFileLimit == "skip" {
		d.fail(finding(d.resource, schema.SeverityWarning, "gist.files.skipped", "Gist with too many files left out", what+" It is left out, as over_file_limit says.", "", "over_file_limit"))
		return false
	}
	return d.refuse("gist.files", "Gist with too many files", what+" The target cannot take it as it is.",
		"Write over_file_limit = \"split\" to have it as several, or \"skip\" to leave out such gists.", "over_file_limit")
}

// overLimit tells of a gist with more files than the target takes.
func (d *decision) overLimit() (gist providers.Sized, over bool) {
	a, limit := d.Facts.Sources[d.resource.Address], d.target.SnippetFiles
	if a.Facts == nil || limit == 0 || a.Facts.Files <= limit {
		return providers.Sized{}, false
	}
	return providers.Sized{Name: a.Facts.FullName, URL: a.Facts.URL, Files: a.Facts.Files}, true
}

// divided tells into how many snippets a gist is cut.
func (d *decision) divided() {
	gist, over := d.overLimit()
	if !over || d.resource.OverFileLimit != "split" {
		return
	}
	limit := d.target.SnippetFiles
	d.fail(finding(d.resource, schema.SeverityWarning, "gist.files.split", "Gist with too many files divided",
		fmt.Sprintf("%s It becomes %d snippets, as over_file_limit says.", tooManyFiles(gist, limit), (gist.Files+limit-1)/limit), "", "over_file_limit"))
}

func tooManyFiles(g providers.Sized, limit int64) string {
	return fmt.Sprintf("%s (%s) has %s, and the target takes %d.", schema.Printable(g.Name), schema.Printable(g.URL), plural(g.Files, "file"), limit)
}

func (d *decision) fail(diag schema.Diagnostic) { d.change.Findings = append(d.change.Findings, diag) }

func (d *decision) refuse(code, summary, detail, help, attribute string) bool {
	d.fail(finding(d.resource, schema.SeverityError, code, summary, detail, help, attribute))
	return false
}

func (d *decision) because(code, text string) {
	d.change.Reasons = append(d.change.Reasons, Reason{Code: code, Text: text})
}

// ends checks that both providers can play their part, and that the plan's own
// conditions hold.
func (d *decision) ends() bool {
	r := d.resource
	d.change.Findings = append(d.change.Findings, r.Refusals...)
	d.change.Findings = append(d.change.Findings, d.found[string(r.Address)]...)
	if d.Migration.Sources[r.Source].Provider == SystemSource {
		return false // no system was found, and a refusal says why
	}
	sf := d.Facts.Providers[d.Migration.Sources[r.Source].Provider]
	tf := d.Facts.Providers[d.Migration.Targets[r.Target].Provider]
	switch {
	case sf.Problem != nil:
		d.fail(d.problem(r, "provider", sf.Problem))
	case sf.Description.Source == nil:
		return d.refuse("provider.role", "Not a source", fmt.Sprintf("The provider %q cannot be read from.", sf.Description.Name), "", "source")
	case tf.Problem != nil:
		d.fail(d.problem(r, "provider", tf.Problem))
	case tf.Description.Target == nil:
		return d.refuse("provider.role", "Not a target", fmt.Sprintf("The provider %q cannot be written to.", tf.Description.Name), "", "target")
	default:
		d.source, d.target = *sf.Description.Source, *tf.Description.Target
		d.possible()
	}
	return !d.change.Findings.HasErrors() && !d.closed(r.Source) && !d.closed(r.Target)
}

// closed leaves the resource out when one of its connections cannot be opened,
// which the plan tells once for all of them.
func (d *decision) closed(connection string) bool {
	if d.Facts.Closed[connection] == nil {
		return false
	}
	d.change.Action = ActionError
	d.because("connection", connection+" cannot be opened")
	return true
}

// possible refuses what the target cannot do.
func (d *decision) possible() {
	r := d.resource
	switch {
	case imported(r):
		d.mayImport()
	case r.Address.Kind() == "group":
		d.refuse("target.method", "Groups are imported", "A group is carried over by the target's own importer only.", "Write method = \"import_api\".", "method")
	}
	if r.Lifecycle.OnOrphan == "archive" {
		d.refuse("target.archive", "Not supported by the target", "Its provider cannot archive a repository.", "Write on_orphan = \"keep\".", "lifecycle.on_orphan")
	}
}

// claim makes sure that no two resources speak of one entry.
func (d *decision) claim() bool {
	if d.entry == nil {
		return true
	}
	if other, ok := d.used[d.entry.Address]; ok {
		return d.refuse("plan.identity.twice", "One repository under two addresses",
			fmt.Sprintf("%s and %s are the same source repository, and both go to the same target.", other, d.resource.Address), "Keep one of them.", "")
	}
	d.used[d.entry.Address] = d.resource.Address
	return true
}

// decideNew is for resources that the state does not know.
func (d *decision) decideNew() {
	r, c := d.resource, d.change
	standing := d.Facts.Targets[r.Address]
	adopted, named := d.Facts.Adopted[r.Address]
	switch {
	case named && !adopted.Exists:
		d.refuse("target.adopt.missing", "Nothing to adopt", fmt.Sprintf("The adopt block of %s points at %s, and there is no repository there.", r.Address, d.adoptPath()), "Correct its path or id, or remove the block.", "")
	case named && standing.Exists && standing.Ref.ID != adopted.Ref.ID:
		d.refuse("target.exists", "Target already exists",
			fmt.Sprintf("What is adopted at %s is to move to %s, and there is another repository already.", d.adoptPath(), c.Place.Path()), "Choose another new_name.", "new_name")
	case named:
		d.adoptStanding(adopted, d.adoptPlace(adopted))
	case standing.Exists && r.Lifecycle.OnConflict == "adopt":
		d.adoptStanding(standing, c.Place)
	case standing.Exists:
		d.refuse("target.exists", "Target already exists",
			fmt.Sprintf("There is a repository at %s that this state knows nothing of%s.", c.Place.Path(), madeFor(standing, c.Identity)),
			fmt.Sprintf("To take it over, add:\n\n  adopt {\n    to   = %s\n    path = %q\n  }", r.Address, c.Place.Path()), "new_name")
	default:
		c.Action = ActionCreate
		c.Notices = standing.Notices
		d.steps(true, nil)
	}
}

func madeFor(s providers.Standing, identity string) string {
	switch s.Marker {
	case "":
		return ""
	case identity:
		return "; it was made for this very source repository, perhaps by a run whose state was lost"
	}
	return "; it was made for " + schema.Printable(s.Marker)
}

func (d *decision) adoptPath() string {
	a := d.adopt[d.resource.Address]
	if a.Path != "" {
		return a.Path
	}
	return "id " + a.ID
}

func (d *decision) adoptPlace(s providers.Standing) Place {
	if a := d.adopt[d.resource.Address]; a.Path != "" {
		return Place{parent(a.Path), base(a.Path)}
	}
	return Place{s.Namespace, s.Name}
}

func (d *decision) adoptStanding(s providers.Standing, at Place) {
	c := d.change
	c.Action = ActionAdopt
	c.Adopt, c.Notices = &Adopted{Ref: s.Ref, Place: at}, s.Notices
	facts := d.Facts.Sources[d.resource.Address].Facts
	for name, oid := range s.Refs {
		switch want, ok := facts.Refs[name]; {
		case ok && want == oid:
			c.Adopt.SameRefs++
		case ok:
			c.Adopt.Differ++
		}
	}
	c.Target = TargetFacts{Exists: true, Ref: s.Ref, RefsHash: schema.DigestRefs(s.Refs)}
	if at != c.Place {
		c.Was = &at
	}
	d.because("adopt", fmt.Sprintf("%s the same on both sides, %d different", plural(int64(c.Adopt.SameRefs), "ref"), c.Adopt.Differ))
	d.steps(true, nil)
}
