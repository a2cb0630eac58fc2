package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A gists block is two blocks in one: a discover block that lists the gists of
// someone, and a repository block with an instance for each of them. Its source,
// and what it says of which gists there are, belong to the former.

// kindGists is the kind of block, and of discovery.
const kindGists = "gists"

// listsGists reports whether a setting of a gists block says which gists are
// meant.
func listsGists(name string) bool {
	outer, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"username", "include", "exclude", "limit", "expect"}, outer)
}

// declareListing declares the discover block in a gists block.
func (l *loader) declareListing(b *block) {
	listing := &block{kind: "discover", labels: []string{kindGists, b.labels[0]}, body: b.body, rng: b.rng, gists: true}
	if l.claim(listing.address(), listing.level(), listing.rng) {
		l.byAddress[listing.address()] = listing
		l.byKind["discover"] = append(l.byKind["discover"], listing)
	}
}

// eachGist makes the repository block in a gists block have an instance for
// each gist.
func (l *loader) eachGist(b *block, c *contents) {
	c.settings = slices.DeleteFunc(c.settings, func(s *setting) bool { return listsGists(s.name) })
	for name, text := range map[string]string{
		"for_each": fmt.Sprintf("{ for g in discover.%s.%s.items : g.id => g }", kindGists, b.labels[0]),
		"gist_id":  "each.key",
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), b.rng.Filename, b.rng.Start)
		if diags.HasErrors() {
			l.report("plan.expression", diags)
			continue
		}
		c.settings = append(c.settings, &setting{name: name, expr: placed{expr, b.rng}, nameRange: b.rng, rng: b.rng})
	}
}

// placed is an expression that nobody wrote, at the place of the block that
// stands for it.
type placed struct {
	hcl.Expression
	at hcl.Range
}

func (p placed) Range() hcl.Range { return p.at }

func (p placed) StartRange() hcl.Range { return p.at }
