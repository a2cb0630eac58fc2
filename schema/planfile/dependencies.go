package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-migrate/drover/schema"
)

// checkDependencies reports what depends_on names and is not there, and
// resources that wait for each other.
func (l *loader) checkDependencies() {
	instances := make(map[schema.Address][]schema.Address) // by block
	resources := make(map[schema.Address]*schema.Resource)
	found := false
	for i := range l.out.Resources {
		r := &l.out.Resources[i]
		resources[r.Address] = r
		block := schema.Address(r.Address.Block())
		if r.Address != block {
			instances[block] = append(instances[block], r.Address)
		}
		found = found || len(r.DependsOn) > 0
	}
	if !found {
		return
	}
	for _, r := range l.out.Resources {
		for _, on := range r.DependsOn {
			l.checkDependency(r, on, resources, instances)
		}
	}
	w := walk{resources: resources, instances: instances, state: make(map[schema.Address]int)}
	for _, r := range l.out.Resources {
		if loop := w.visit(r.Address); loop != nil {
			var steps []string
			for _, a := range loop {
				steps = append(steps, schema.Printable(string(a)))
			}
			l.add(&hcl.Diagnostic{
				Severity: hcl.DiagError, Extra: code("plan.depends.circle"),
				Summary: "Circular dependency",
				Detail:  fmt.Sprintf("These wait for each other: %s. Remove one of the dependencies.", strings.Join(steps, " -> ")),
				Subject: hclRange(r.Range),
			})
			return // further circles mostly share steps with this one
		}
	}
}

func (l *loader) checkDependency(r schema.Resource, on schema.Address, resources map[schema.Address]*schema.Resource, instances map[schema.Address][]schema.Address) {
	_, partial := l.out.Partial[on.Block()]
	if l.incomplete || resources[on] != nil || instances[on] != nil || partial {
		return
	}
	if _, keyed := on.Key(); !keyed {
		return // a block that has no instances now
	}
	if slices.Contains(r.DependsOn, schema.Address(on.Block())) {
		return
	}
	l.add(&hcl.Diagnostic{
		Severity: hcl.DiagError, Extra: code("plan.reference.unknown"),
		Summary: "Unknown reference",
		Detail: fmt.Sprintf("%s depends on %s, which the plan does not have.",
			schema.Printable(string(r.Address)), schema.Printable(string(on))),
		Subject: hclRange(r.Range),
	})
}

// walk follows dependencies. A block that is depended on stands between the
// resource and the block's instances, so the work grows with what is written
// and not with its square.
type walk struct {
	resources map[schema.Address]*schema.Resource
	instances map[schema.Address][]schema.Address
	state     map[schema.Address]int // 1 begun, 2 done
	path      []schema.Address
}

// visit returns a circle that can be reached from a, or nil.
func (w *walk) visit(a schema.Address) []schema.Address {
	switch w.state[a] {
	case 1:
		return append(slices.Clone(w.path[slices.Index(w.path, a):]), a)
	case 2:
		return nil
	}
	w.state[a] = 1
	w.path = append(w.path, a)
	next := w.instances[a]
	if r := w.resources[a]; r != nil {
		next = r.DependsOn
	}
	for _, b := range next {
		if loop := w.visit(b); loop != nil {
			return loop
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.state[a] = 2
	return nil
}
