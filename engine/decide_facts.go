package engine

import (
	"cmp"
	"fmt"
	"maps"
	"sort"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

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

// refsHash identifies what of its git data a source offers. One that knows its
// refs only when it has converted them says by its ETag whether there is
// anything new.
func refsHash(f *providers.Facts) string {
	if etag := cmp.Or(f.GitETag, f.ETag); f.Refs == nil && etag != "" {
		return schema.Digest(etag)
	}
	code := schema.DigestRefs(f.Refs)
	if len(f.WikiRefs) == 0 {
		return code
	}
	return schema.Digest([]string{code, schema.DigestRefs(f.WikiRefs)})
}

// wikiAlone reports whether of the git data of a source only the wiki is not
// what it was when it was read last.
func wikiAlone(f *providers.Facts, before map[string]string) bool {
	return len(f.WikiRefs) > 0 && before != nil && maps.Equal(f.Refs, before)
}

func sourceFacts(f *providers.Facts) SourceFacts {
	s := SourceFacts{
		RefsHash: refsHash(f), DefaultBranch: f.DefaultBranch, Parts: f.Parts, GitBytes: f.GitBytes,
		Counts: f.Counts, Streams: f.Streams, Requests: f.Requests, Visibility: f.Visibility, Name: f.Name, ETag: f.ETag, Largest: f.Largest,
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
		kind, help := "repository", "Keep one of them."
		if r.Address.Kind() == "group" {
			kind = "group"
		}
		if imported(r) {
			help += " For a second place, use a plan with a state of its own once the first import has ended."
		}
		d.refuse("plan.identity.twice", "One "+kind+" under two addresses",
			fmt.Sprintf("%s and %s are the same source %s, and both go to the same target.", other, r.Address, kind), help, "")
	}
	d.origin[key] = r.Address
	return twice
}

// weight is how often someone is met.
func weight(a schema.Author) int64 { return a.Commits + a.Records }

// called is what a plan calls someone: by the name that people know where the id
// is only a number.
func called(a schema.Author) string {
	if a.Records > 0 && a.RemoteName != "" {
		return schema.Printable(a.RemoteName)
	}
	return schema.Printable(a.RemoteID)
}

// met says how often someone is met.
func met(a schema.Author) string {
	if a.Records > 0 {
		return plural(a.Records, "record")
	}
	return plural(a.Commits, "commit")
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
	sort.SliceStable(report.Unmatched, func(i, j int) bool { return weight(report.Unmatched[i]) > weight(report.Unmatched[j]) })
	if len(report.Unmatched) > shownRefs {
		report.Unmatched = report.Unmatched[:shownRefs]
	}
	d.change.People = report
	if report.Missing == 0 || table.Unmatched != "error" {
		return
	}
	names := make([]string, len(report.Unmatched))
	for i, a := range report.Unmatched {
		names[i] = fmt.Sprintf("%s (%s)", called(a), met(a))
	}
	more := ""
	if n := report.Missing - len(names); n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	d.refuse("authors.unmatched", "Authors without a mapping",
		fmt.Sprintf("The authors block %q says unmatched = \"error\", and these are not in the table: %s%s.", table.Name, strings.Join(names, ", "), more),
		fmt.Sprintf("drover authors export '%s' writes a CSV file to fill in.", d.resource.Address), "authors")
}
