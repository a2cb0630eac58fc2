package planfile

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// connection is a source or target block, evaluated.
type connection struct {
	block    *block
	provider *schema.ProviderSchema // nil: not known
	out      schema.Connection
	given    []given // what a repository may inherit
	sound    bool    // everything in it is known
}

// connection evaluates a source or target block at its first use.
func (l *loader) connection(b *block, at hcl.Range) *connection {
	l.once(b.address(), at, func() result {
		c := &connection{block: b}
		l.connections[b] = c
		l.connect(c)
		return result{value: cty.True}
	})
	return l.connections[b]
}

func (l *loader) connect(c *connection) {
	b := c.block
	known, attrs := l.part(c)
	v := settingsOf(b.labels[0], known, attrs)
	if b.kind == "target" {
		for _, w := range []*word{choice("method", schema.MethodDirect, schema.MethodImportAPI), choice("missing_namespace", "error", "create")} {
			w.ty = cty.String
			v.words[w.Name] = w
		}
	}
	set := make(map[string]entry)
	origins := make(map[string]schema.Range)
	c.sound = true
	for _, s := range l.read(b.body, shape{open: true}).settings {
		r, ctx := l.evaluateIn(s.expr, scope{})
		x := given{s, r.value, ctx}
		c.given = append(c.given, x)
		for name, e := range l.entries(v, b.level(), x) {
			set[name] = e
			origins[name] = e.origin.Range
		}
	}
	what := fmt.Sprintf("%s %q", title(b.kind), b.labels[1])
	l.complete(v, what, b.rng, func(name string) bool { return hasEntry(set, name) })
	l.defaults(v, set)

	settings, endpoint := make(map[string]any), make(map[string]any)
	c.out = schema.Connection{
		Address: b.address(), Provider: b.labels[0],
		Origins: origins, Range: schemaRange(b.rng),
	}
	for _, name := range sortedKeys(set) {
		e := set[name]
		switch {
		case !e.known():
			c.sound = false
		case e.value.Type() == secretType:
			if c.out.Secrets == nil {
				c.out.Secrets = make(map[string]string)
			}
			c.out.Secrets[name] = referenced(e.value).name()
		case b.kind == "target" && name == "method":
			c.out.Method = e.value.AsString()
		case b.kind == "target" && name == "missing_namespace":
			c.out.MissingNamespace = e.value.AsString()
		default:
			put(settings, name, e.raw)
			if a := attrs.Find(name); a != nil && a.Identifies {
				put(endpoint, name, e.raw)
			}
		}
	}
	c.out.Settings = encode(settings)
	if len(endpoint) > 0 {
		c.out.Endpoint = encode(endpoint)
	}
	if b.kind == "target" {
		if c.out.Method == "" {
			c.out.Method = schema.MethodDirect
		}
		if c.out.MissingNamespace == "" {
			c.out.MissingNamespace = "error"
		}
		l.out.Targets[b.address()] = c.out
		return
	}
	l.out.Sources[b.address()] = c.out
}

// part asks the provider of c for the settings of its block.
func (l *loader) part(c *connection) (known bool, attrs schema.Attributes) {
	b := c.block
	p := l.provider(b.labels[0], b.rng)
	if p == nil {
		return false, nil
	}
	plays, attrs := p.IsSource, p.Source
	if b.kind == "target" {
		plays, attrs = p.IsTarget, p.Target
	}
	if !plays {
		other := map[string]string{"source": "target", "target": "source"}[b.kind]
		l.problem("plan.provider.part", b.rng, fmt.Sprintf("Provider is no %s", b.kind),
			fmt.Sprintf("The provider %q can be a %s, but not a %s.", b.labels[0], other, b.kind))
		return false, nil
	}
	c.provider = p
	return true, attrs
}

// inherited is what c says about resources: settings that its own block and
// theirs both have.
func (c *connection) inherited(v *vocabulary) []given {
	var out []given
	for _, x := range c.given {
		w, _ := v.find(x.setting.name)
		if w == nil || w.Secret {
			continue
		}
		if c.block.kind == "target" && (w.placement || w.Name == "method") || c.block.kind == "source" && w.setting {
			out = append(out, x)
		}
	}
	return out
}

// title is word with a capital.
func title(word string) string {
	return string(word[0]-'a'+'A') + word[1:]
}

// encode is fields as compact JSON, in the order of their names.
func encode(fields map[string]any) json.RawMessage {
	raw, err := json.Marshal(fields)
	if err != nil {
		panic("planfile: settings that are no JSON: " + err.Error()) // toJSON made every field
	}
	return raw
}
