package engine

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Inputs is all that a plan depends on.
type Inputs struct {
	Version   string // of Drover
	Migration *schema.Migration
	Facts     *Facts
	History   History
	Options   Options
}

// NewPlan compares what is wanted with what exists and what was done. It is a
// pure function: equal inputs give equal changesets, byte for byte.
func NewPlan(in Inputs) *Changeset {
	m := in.Migration
	p := planner{
		Inputs: in,
		known:  indexEntries(m, in.History.Entries),
		people: newPeopleTables(m.Authors),
		adopt:  adoptions(m),
		used:   map[schema.Address]schema.Address{},
		places: map[placeKey]schema.Address{},
		origin: map[identityKey]schema.Address{},
		found:  make(map[string]schema.Diagnostics, len(m.Findings)),
	}
	for _, f := range m.Findings {
		p.found[f.Address] = append(p.found[f.Address], f)
	}
	c := &Changeset{
		Format:  Format,
		Drover:  in.Version,
		Plan:    PlanRef{Name: m.Name, Digest: m.Digest},
		State:   in.History.Info,
		Options: in.Options,
		Sources: m.Sources,
		Targets: m.Targets,
		Secrets: m.Secrets,
		Authors: m.Authors,
		Listed:  m.Listed,
	}
	for _, r := range selected(m.Resources, in.Options) {
		c.Changes = append(c.Changes, p.change(r))
	}
	c.Changes = append(c.Changes, p.leftovers()...)
	c.Providers = p.providers()
	c.Diagnostics = p.findings(c.Changes)
	for i := range c.Changes {
		c.Summary.add(c.Changes[i].Action)
	}
	return c
}

// planner holds what the plans of single resources share.
type planner struct {
	Inputs
	known  entries
	people peopleTables
	adopt  map[schema.Address]schema.Adoption
	used   map[schema.Address]schema.Address // entry's address -> resource that took it
	places map[placeKey]schema.Address       // target place -> resource that goes there
	origin map[identityKey]schema.Address    // source repository and target -> resource that joins them
	found  map[string]schema.Diagnostics     // by the address that they are about
}

type placeKey struct{ target, path string }

// change decides what happens to one resource.
func (p *planner) change(r *schema.Resource) Change {
	e := p.Facts.known(r, p.known)
	c := Change{Address: r.Address, Resource: r, Action: ActionUnchanged}
	if e != nil {
		c.Base = e.Rev
		c.Identity, c.FullName, c.URL = e.Identity, e.FullName, e.SourceURL
		if e.Address != r.Address {
			c.From = e.Address
		}
	}
	d := decision{planner: p, resource: r, entry: e, change: &c}
	d.decide()
	if c.Findings.HasErrors() || c.Action == ActionError {
		c.Action, c.Steps = ActionError, nil
	}
	if c.Action == ActionUnchanged {
		c.Resource = nil // nothing will need it, and there may be thousands
	}
	return c
}

// leftovers are the entries that no resource of the plan claimed: forgotten
// when a removed block says so, else orphans.
func (p *planner) leftovers() []Change {
	removed := map[schema.Address]schema.Removed{}
	for _, r := range p.Migration.Removed {
		removed[r.From] = r
	}
	taken := map[schema.Address]bool{}
	for i := range p.Migration.Resources {
		if e := p.known.of(p.Migration.Resources[i].Address); e != nil {
			taken[e.Address] = true
		}
	}
	var list []Change
	for i := range p.History.Entries {
		e := &p.History.Entries[i]
		_, used := p.used[e.Address]
		if used || taken[e.Address] || !p.Options.covers(e.Address) {
			continue
		}
		c := Change{
			Address: e.Address, Base: e.Rev, Identity: e.Identity, FullName: e.FullName, URL: e.SourceURL,
			Place: Place{e.Namespace, e.Name},
		}
		rm, ok := removed[e.Address]
		if !ok {
			rm, ok = removed[schema.Address(e.Address.Block())]
		}
		switch reason, partial := p.Migration.Partial[e.Address.Block()]; {
		case ok:
			c.Action = ActionForget
			c.Reasons = []Reason{{Code: "removed", Text: "a removed block says so; the target is kept", At: &schema.Origin{Level: "removed", Range: rm.Range}}}
		case partial:
			c.Action = ActionUnchanged
			c.Reasons = []Reason{{Code: "listing.partial", Text: "not listed, but the listing is not complete: " + reason}}
		case protected(e):
			c.Action = ActionError
			c.Findings = schema.Diagnostics{{
				Severity: schema.SeverityError, Code: "plan.protected", Summary: "Protected resource left the plan", Address: string(e.Address),
				Detail: fmt.Sprintf("%s was applied with lifecycle { protect = true }, and the plan no longer declares it.", e.Address),
				Help:   fmt.Sprintf("Declare it again, or forget it: drover state forget '%s'", e.Address),
			}}
		default:
			c.Action = ActionOrphan
			c.Reasons = []Reason{{Code: "orphan", Text: "in the state since " + e.CreatedAt.UTC().Format("2006-01-02") + ", no longer in the plan"}}
		}
		list = append(list, c)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Address < list[j].Address })
	return list
}

// protected reports whether an entry was last applied with protect.
func protected(e *schema.Entry) bool {
	var r schema.Resource
	return json.Unmarshal(e.Settings, &r) == nil && r.Lifecycle.Protect
}

// providers lists the providers in use, by name.
func (p *planner) providers() []ProviderRef {
	var list []ProviderRef
	for name, f := range p.Facts.Providers {
		if f.Problem != nil {
			continue
		}
		ref := ProviderRef{Name: name, Version: f.Description.Version, Digest: f.Digest}
		if s := f.Description.Source; s != nil {
			ref.Streams, ref.SourcePages, ref.OneSequence = s.Streams, s.Pages, s.OneSequence
		}
		if t := f.Description.Target; t != nil {
			ref.Kinds, ref.Batch, ref.Rewrite = t.Kinds, t.Batch, t.Rewrites
			ref.LaneBatch, ref.Numbers, ref.TargetPages = t.LaneBatch, t.Numbers, t.Pages
			ref.Imports, ref.SnippetFiles = t.Imports, t.SnippetFiles
		}
		list = append(list, ref)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// findings are the diagnostics of the plan that belong to no single change.
func (p *planner) findings(changes []Change) schema.Diagnostics {
	has := make(map[schema.Address]bool, len(changes))
	for i := range changes {
		has[changes[i].Address] = true
	}
	var list schema.Diagnostics
	for _, d := range p.Migration.Findings {
		if !has[schema.Address(d.Address)] {
			list = append(list, d)
		}
	}
	for _, key := range sortedNames(p.Facts.Closed, nil) {
		connection, ok := p.Migration.Sources[key]
		prefix := "source"
		if !ok {
			connection, prefix = p.Migration.Targets[key], "target"
		}
		list = append(list, connectionDiagnostic(connection, prefix, p.Facts.Closed[key]))
	}
	return list
}

// problem reports a provider's error about a resource, at the setting that is
// at fault where one is.
func (p *planner) problem(r *schema.Resource, prefix string, e *providers.Error) schema.Diagnostic {
	return NewDiagnostic(r, prefix, e)
}
