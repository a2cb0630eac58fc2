package planfile

import (
	"fmt"
	"slices"
	"strings"
)

// references are the settings of repositories and profiles that name blocks.
func references() []string {
	return []string{"authors", "profile", "source", "target"}
}

// profile is a profile block, evaluated.
type profile struct {
	block  *block
	parent *profile
	given  []given // but references
	refs   map[string]given
	gaps   []*discovery
}

// profile evaluates a profile block at its first use.
func (l *loader) profile(b *block) *profile {
	if p, ok := l.profiles[b]; ok {
		return p
	}
	p := &profile{block: b, refs: make(map[string]given)}
	l.profiles[b] = p
	names := []string{"authors", "extends", "source", "target"}
	c := l.read(b.body, shape{attributes: names, references: names, blocks: nestedWords(), open: true})
	l.onceEach(c.settings)
	for _, s := range c.settings {
		r, ctx := l.evaluateIn(s.expr, scope{})
		x := given{s, r.value, ctx}
		p.gaps = union(p.gaps, unanswered(r.gaps))
		switch {
		case s.name == "extends":
			if parent := l.picked(s, r.value, ctx, profileType); parent != nil {
				p.parent = l.parent(p, l.profile(parent), s)
			}
		case slices.Contains(names, s.name):
			p.refs[s.name] = x
		default:
			p.given = append(p.given, x)
		}
	}
	return p
}

// parent is above, unless that extends p in turn.
func (l *loader) parent(p, above *profile, s *setting) *profile {
	loop := []string{p.block.address()}
	for q := above; q != nil; q = q.parent {
		loop = append(loop, q.block.address())
		if q == p {
			l.problem("plan.reference.circle", s.expr.Range(), "Circular reference",
				fmt.Sprintf("The profile extends itself: %s. Break the circle at one of its steps.", strings.Join(loop, " -> ")))
			return nil
		}
	}
	return above
}

// chain is p and what it extends, root first.
func (p *profile) chain() []*profile {
	var out []*profile
	for q := p; q != nil; q = q.parent {
		out = append(out, q)
	}
	slices.Reverse(out)
	return out
}

// ref is the reference called name that is in force at p, if any.
func (p *profile) ref(name string) (given, bool) {
	for q := p; q != nil; q = q.parent {
		if x, ok := q.refs[name]; ok && !x.value.IsNull() {
			return x, true
		}
	}
	return given{}, false
}

// unanswered is the discoveries among gaps that have no listing at all, so that
// values which depend on them are not known.
func unanswered(gaps []*discovery) []*discovery {
	var out []*discovery
	for _, d := range gaps {
		if !d.answered {
			out = append(out, d)
		}
	}
	return out
}
