package engine

import (
	"sort"

	"github.com/drover-migrate/drover/schema"
)

// entries finds what the state knows of the resources of a plan: by the address
// under which the plan now speaks of them, and by identity.
type entries struct {
	byAddress  map[schema.Address]*schema.Entry
	byIdentity map[identityKey]*schema.Entry
	wanted     map[schema.Address]bool // addresses that the plan declares

	// Fingerprints of the plan's connections by their keys: each is needed for
	// every resource.
	sources, targets map[string]string
}

// identityKey is what stays the same of a resource when it is renamed.
type identityKey struct{ source, identity, target string }

func (e entries) of(a schema.Address) *schema.Entry { return e.byAddress[a] }

// renamed returns the entry of the same repository under an address that the
// plan no longer declares.
func (e entries) renamed(k identityKey) *schema.Entry {
	if found := e.byIdentity[k]; found != nil && !e.wanted[found.Address] {
		return found
	}
	return nil
}

// known returns the entry of a resource, under its own address or, when its
// source repository was known by another, under that one.
func (f *Facts) known(r *schema.Resource, known entries) *schema.Entry {
	if e := known.of(r.Address); e != nil {
		return e
	}
	a := f.Sources[r.Address]
	if a.Facts == nil {
		return nil
	}
	return known.renamed(identityKey{known.sources[r.Source], a.Facts.Identity, known.targets[r.Target]})
}

// indexEntries applies the plan's moved blocks, chains of them too.
func indexEntries(m *schema.Migration, list []schema.Entry) entries {
	index := entries{
		byAddress:  make(map[schema.Address]*schema.Entry, len(list)),
		byIdentity: make(map[identityKey]*schema.Entry, len(list)),
		wanted:     make(map[schema.Address]bool, len(m.Resources)),
		sources:    fingerprints(m.Sources),
		targets:    fingerprints(m.Targets),
	}
	for i := range m.Resources {
		index.wanted[m.Resources[i].Address] = true
	}
	for i := range list {
		e := &list[i]
		index.byAddress[e.Address] = e
		index.byIdentity[identityKey{e.Source, e.Identity, e.Target}] = e
	}
	index.move(m.Moved)
	return index
}

func fingerprints(connections map[string]schema.Connection) map[string]string {
	all := make(map[string]string, len(connections))
	for key, c := range connections {
		all[key] = c.Fingerprint()
	}
	return all
}

func (e entries) move(moved []schema.Moved) {
	if len(moved) == 0 {
		return
	}
	next := make(map[schema.Address]schema.Address, len(moved))
	for _, m := range moved {
		next[m.From] = m.To
	}
	from := make([]schema.Address, 0, len(e.byAddress))
	for a := range e.byAddress {
		from = append(from, a)
	}
	sort.Slice(from, func(i, j int) bool { return from[i] < from[j] })
	for _, a := range from {
		to := a
		for range moved { // no chain is longer than the list, even a circular one
			to = step(to, next)
		}
		if to != a && e.byAddress[to] == nil {
			e.byAddress[to] = e.byAddress[a]
			delete(e.byAddress, a)
		}
	}
}

// step follows one moved block: of the address itself, or of its block, which
// moves all instances and keeps their keys.
func step(a schema.Address, next map[schema.Address]schema.Address) schema.Address {
	if to, ok := next[a]; ok {
		return to
	}
	block := a.Block()
	if to, ok := next[schema.Address(block)]; ok {
		return to + a[len(block):]
	}
	return a
}
