package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

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
	if !d.ends() || !d.claim() || !d.inspected() || !d.placed() {
		return
	}
	d.lookAtPeople()
	switch {
	case d.entry == nil:
		d.decideNew()
	default:
		d.decideKnown()
	}
	if a := d.change.Action; a.Works() && a != ActionRename && !d.change.Findings.HasErrors() {
		d.degraded()
	}
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

// possible refuses what the target cannot do, and notes what has no effect.
func (d *decision) possible() {
	r := d.resource
	if method := d.Migration.Targets[r.Target].Method; method != "" && method != "direct" {
		d.refuse("target.method", "Not supported by the target", fmt.Sprintf("The target is to be written by the method %q, and its provider only knows \"direct\".", method), "", "target")
	}
	if r.Lifecycle.OnOrphan == "archive" {
		d.refuse("target.archive", "Not supported by the target", "Its provider cannot archive a repository.", "Write on_orphan = \"keep\".", "lifecycle.on_orphan")
	}
	if r.LargeFiles.UseLFS != "" && d.largeFiles == nil {
		d.largeFiles = r
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

// inspected takes over what the source told.
func (d *decision) inspected() bool {
	a, ok := d.Facts.Sources[d.resource.Address]
	switch {
	case a.Problem != nil:
		d.fail(d.problem(d.resource, "source", a.Problem))
		return false
	case a.Unchanged && d.entry != nil:
		d.change.Source = SourceFacts{RefsHash: d.entry.SourceRefs, Name: d.entry.SourceName, ETag: d.entry.ETag}
		return true
	case !ok || a.Facts == nil:
		d.fail(d.problem(d.resource, "source", providers.Errorf(providers.CodeInternal, "the provider told nothing about this repository")))
		return false
	}
	f := a.Facts
	if f.Identity == "" {
		d.fail(d.problem(d.resource, "source", providers.Errorf(providers.CodeInternal, "the provider told no identity")))
		return false
	}
	if !d.sameRepository(f) {
		return false
	}
	d.change.Identity, d.change.FullName, d.change.URL = f.Identity, f.FullName, f.URL
	d.change.Source = sourceFacts(f).carrying(carried(d.source.Streams, d.resource.Items, d.target.Kinds))
	if d.resource.Lifecycle.OnSourceDrift == "pin" {
		d.change.Source.Refs = f.Refs
	}
	return true
}

func sourceFacts(f *providers.Facts) SourceFacts {
	s := SourceFacts{
		RefsHash: schema.DigestRefs(f.Refs), DefaultBranch: f.DefaultBranch, Parts: f.Parts, GitBytes: f.GitBytes,
		Counts: f.Counts, Streams: f.Streams, Requests: f.Requests, Visibility: f.Visibility, Name: f.Name, ETag: f.ETag,
	}
	for name := range f.Refs {
		switch {
		case strings.HasPrefix(name, "refs/heads/"):
			s.Branches++
		case strings.HasPrefix(name, "refs/tags/"):
			s.Tags++
		default:
			s.OtherRefs++
		}
	}
	return s
}

// carrying leaves out the validators of streams of which nothing is read: what
// changes in them is no work.
func (f SourceFacts) carrying(kinds map[string][]schema.Kind) SourceFacts {
	f.Streams = maps.Clone(f.Streams)
	maps.DeleteFunc(f.Streams, func(name, _ string) bool { return len(kinds[name]) == 0 })
	return f
}

// carried are the kinds of each stream that a resource wants and the target can
// hold.
func carried(streams []providers.Stream, items schema.Items, supported []providers.Support) map[string][]schema.Kind {
	holds := make(map[schema.Kind]bool, len(supported))
	for _, s := range supported {
		holds[s.Kind] = true
	}
	kinds := make(map[string][]schema.Kind, len(streams))
	for _, s := range streams {
		for _, k := range s.Kinds {
			if holds[k] && items.Carries(k) {
				kinds[s.Name] = append(kinds[s.Name], k)
			}
		}
	}
	return kinds
}

// sameRepository refuses an address that suddenly names another repository. An
// identity means something only at its own source. A source without permanent
// ids is believed when it still holds a commit that it held before.
func (d *decision) sameRepository(f *providers.Facts) bool {
	if d.entry == nil || d.entry.Identity == f.Identity && d.entry.Source == d.known.sources[d.resource.Source] {
		return true
	}
	was := schema.Printable(d.entry.Identity)
	if d.entry.Identity == f.Identity {
		was += " of another source"
	}
	before := map[string]bool{}
	for _, oid := range d.Facts.LeftRefs[d.resource.Address].Source {
		before[oid] = true
	}
	for _, oid := range f.Refs {
		if before[oid] {
			d.because("source.identity", fmt.Sprintf("the source was %s and is now %s; it holds the same commits", was, schema.Printable(f.Identity)))
			return true
		}
	}
	return d.refuse("plan.identity.changed", "Another repository under the same address",
		fmt.Sprintf("%s was %s and would now be %s, with which it has no branch or tag in common.", d.resource.Address, was, schema.Printable(f.Identity)),
		fmt.Sprintf("Give it an address of its own, or forget the old one first: drover state forget '%s'", d.entry.Address), "vcs_url")
}

// placed takes over what the target told, and sees to it that a place is taken
// once.
func (d *decision) placed() bool {
	r := d.resource
	d.change.Place, _ = d.Facts.place(r, d.entry)
	if d.change.Place.Name == "" {
		return d.refuse("plan.name.missing", "No name for the target", "The source does not suggest a name for the repository, and the plan sets none.", "Set new_name.", "new_name")
	}
	key := placeKey{d.known.targets[r.Target], d.change.Place.Path()}
	if other, ok := d.places[key]; ok {
		return d.refuse("plan.target.twice", "Two resources with one target",
			fmt.Sprintf("%s already goes to %s.", other, key.path), "Set new_name or target_namespace to something else.", "new_name")
	}
	d.places[key] = r.Address
	if d.taken() {
		return false
	}
	for _, answers := range []map[schema.Address]providers.Standing{d.Facts.Targets, d.Facts.Moving, d.Facts.Adopted} {
		if s := answers[r.Address]; s.Problem != nil {
			d.fail(d.problem(r, "target", s.Problem))
			return false
		}
	}
	s := d.Facts.Targets[r.Address]
	d.change.Target = TargetFacts{Exists: s.Exists, Ref: s.Ref, RefsHash: schema.DigestRefs(s.Refs)}
	return true
}

// taken refuses a resource whose source repository another one already brings
// to the same target.
func (d *decision) taken() bool {
	r := d.resource
	key := identityKey{d.Migration.Sources[r.Source].Fingerprint(), d.change.Identity, d.Migration.Targets[r.Target].Fingerprint()}
	other, twice := d.origin[key]
	if twice {
		d.refuse("plan.identity.twice", "One repository under two addresses",
			fmt.Sprintf("%s and %s are the same source repository, and both go to the same target.", other, r.Address), "Keep one of them.", "")
	}
	d.origin[key] = r.Address
	return twice
}

func (d *decision) lookAtPeople() {
	people, asked := d.Facts.Authors[d.resource.Address]
	if !asked {
		return
	}
	table := d.Migration.Authors[d.resource.Authors]
	report := &People{Authors: len(people)}
	for _, a := range people {
		if table.Match(a) != nil {
			report.Mapped++
			continue
		}
		report.Missing++
		report.Unmatched = append(report.Unmatched, a)
	}
	sort.SliceStable(report.Unmatched, func(i, j int) bool { return report.Unmatched[i].Commits > report.Unmatched[j].Commits })
	if len(report.Unmatched) > shownRefs {
		report.Unmatched = report.Unmatched[:shownRefs]
	}
	d.change.People = report
	if report.Missing == 0 || table.Unmatched != "error" {
		return
	}
	names := make([]string, len(report.Unmatched))
	for i, a := range report.Unmatched {
		names[i] = fmt.Sprintf("%s (%s)", schema.Printable(a.RemoteID), plural(a.Commits, "commit"))
	}
	more := ""
	if n := report.Missing - len(names); n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	d.refuse("authors.unmatched", "Authors without a mapping",
		fmt.Sprintf("The authors block %q says unmatched = \"error\", and these are in the history and not in the table: %s%s.", table.Name, strings.Join(names, ", "), more),
		fmt.Sprintf("drover authors export '%s' writes a CSV file to fill in.", d.resource.Address), "authors")
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
	return Place{parent(s.Ref.ID), base(s.Ref.ID)}
}

func (d *decision) adoptStanding(s providers.Standing, at Place) {
	c := d.change
	c.Action = ActionAdopt
	c.Adopt = &Adopted{Ref: s.Ref, Place: at}
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

// decideKnown is for resources that were migrated, or begun, before.
func (d *decision) decideKnown() {
	r, c, e := d.resource, d.change, d.entry
	if e.Target != d.known.targets[r.Target] {
		d.refuse("plan.target.changed", "Another target under the same address",
			fmt.Sprintf("%s was migrated to a target with other settings. What is there is kept; nothing is moved between targets.", r.Address),
			fmt.Sprintf("To migrate it again to the new target: drover state forget '%s'", e.Address), "target")
		return
	}
	created := e.TargetRef.ID != ""
	standing := d.standing(created)
	if created && !standing.Exists {
		if r.Lifecycle.OnTargetDrift != "overwrite" {
			d.refuse("target.gone", "Target is gone",
				fmt.Sprintf("The repository at %s was migrated on %s and is no longer there.", Place{e.Namespace, e.Name}.Path(), e.UpdatedAt.UTC().Format("2006-01-02")),
				fmt.Sprintf("To migrate it again: drover state forget '%s'", e.Address), "")
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
	switch {
	case settings:
		c.Action = ActionResync
		d.steps(true, nil)
	case git || len(streams) > 0:
		c.Action = ActionResync
		d.steps(git, streams)
	case c.Was != nil || d.arrived:
		c.Action = ActionRename
		c.Steps = []Step{{Stage: StageDetect}, {Stage: StagePush}, {Stage: StageVerify}}
	case c.From != "":
		c.Action = ActionRename
	}
	if c.Was != nil && c.Action == ActionResync {
		c.Action = ActionRename
	}
	d.lookAtRefs(standing)
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
		case providers.CodeNotFound, providers.CodeInvalid, providers.CodeUnsupported, providers.CodeConflict:
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
		}
	}
	compare(was.Settings, r.Settings, d.source.Repository)
	compare(was.Placement, r.Placement, d.target.Placement)
	for _, part := range []struct {
		path          string
		before, after any
	}{{"items", was.Items, r.Items}, {"large_files", was.LargeFiles, r.LargeFiles}} {
		before, after := mustJSON(part.before), mustJSON(part.after)
		if string(before) != string(after) {
			d.configReason(difference{part.path, before, after})
			resync = true
		}
	}
	return resync
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
		d.because("source.refs", "the refs changed")
		return true, streams
	}
	if len(streams) == 0 {
		d.because("source.settings", "the default branch or the parts of the repository changed")
		return true, streams
	}
	return false, streams
}

// lookAtRefs counts what a push will change, and refuses to touch refs that
// someone else moved.
func (d *decision) lookAtRefs(standing providers.Standing) {
	a, c := d.Facts.Sources[d.resource.Address], d.change
	left, ok := d.Facts.LeftRefs[d.resource.Address]
	if !ok || a.Facts == nil {
		return
	}
	for _, name := range sortedNames(a.Facts.Refs, left.Source) {
		move := RefMove{Name: name, From: left.Source[name], To: a.Facts.Refs[name]}
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
	c.Target.Drifted = drifted(left, standing.Refs)
	if !c.pushes() || d.resource.Lifecycle.OnTargetDrift == "overwrite" {
		return
	}
	for _, move := range c.Target.Drifted {
		if want := a.Facts.Refs[move.Name]; want == move.To || want == "" && d.resource.Lifecycle.OnRefGone != "delete" {
			continue // a push has no business with it
		}
		d.refuse("target.drift", "Target changed behind our back",
			fmt.Sprintf("%s at %s moved from %s to %s since the last apply; %s.", schema.Printable(move.Name), c.Place.Path(), short(move.From), short(move.To), plural(int64(len(c.Target.Drifted)), "ref")+" in all"),
			"See drover drift. To put the source's refs in their place: lifecycle { on_target_drift = \"overwrite\" }", "lifecycle.on_target_drift")
		return
	}
}

// pushes reports whether the change pushes git data, which sets every ref.
func (ch *Change) pushes() bool {
	return slices.ContainsFunc(ch.Steps, func(s Step) bool { return s.Stage == StageFetch })
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

// steps lists the stages to run. With git false, only the streams named are
// read; with streams nil, all are.
func (d *decision) steps(git bool, streams []string) {
	c := d.change
	c.Steps = append(c.Steps, Step{Stage: StageDetect})
	if git && d.source.Git {
		c.Steps = append(c.Steps, Step{Stage: StageFetch}, Step{Stage: StageMap})
	}
	c.Steps = append(c.Steps, Step{Stage: StagePush})
	read := false
	kinds := carried(d.source.Streams, d.resource.Items, d.target.Kinds)
	for _, s := range d.source.Streams {
		if streams != nil && !contains(streams, s.Name) {
			continue
		}
		if len(kinds[s.Name]) > 0 {
			c.Steps = append(c.Steps, Step{Stage: StageRecords, Stream: s.Name, Kinds: kinds[s.Name]})
			read = true
		}
	}
	if read && d.target.Rewrites {
		c.Steps = append(c.Steps, Step{Stage: StageLinks})
	}
	c.Steps = append(c.Steps, Step{Stage: StageVerify})
}

// degraded states what the target will not hold as the source does.
func (d *decision) degraded() {
	for _, s := range d.source.Streams {
		for _, k := range s.Kinds {
			n, counted := d.change.Source.Counts[k]
			if !d.resource.Items.Carries(k) || counted && n == 0 {
				continue
			}
			support := d.target.Supports(k)
			switch {
			case support == nil:
				d.change.Degraded = append(d.change.Degraded, fmt.Sprintf("%s are left out: the target cannot hold them", k.Plural()))
			case support.Degraded != "":
				d.change.Degraded = append(d.change.Degraded, fmt.Sprintf("%s: %s", k.Plural(), support.Degraded))
			}
		}
	}
}
