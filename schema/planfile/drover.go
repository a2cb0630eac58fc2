package planfile

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// DefaultStatePath is where the state lives when the plan does not say.
const DefaultStatePath = "drover.state.db"

// settings reads the drover block. It may not refer to anything: it is what
// decides whether this program can read the rest.
func (l *loader) settings() {
	s := shape{
		attributes: []string{"name", "required_version"},
		blocks:     map[string][]string{"state": {"path"}},
		repeated:   []hcl.BlockHeaderSchema{{Type: "required_providers"}},
	}
	for _, b := range l.byKind["drover"] {
		c := l.read(b.body, s)
		if text, ok := l.constantText(c.find("name")); ok {
			l.out.Name = text
		}
		if text, ok := l.constantText(c.find("state.path")); ok {
			l.out.StatePath = text
		}
		if text, ok := l.constantText(c.find("required_version")); ok {
			l.requireVersion(text, c.find("required_version").expr.Range())
		}
		for _, r := range c.repeated {
			l.requiredProviders(r)
		}
	}
}

// constantText is the text of an attribute that must be a plain string.
func (l *loader) constantText(s *setting) (string, bool) {
	if s == nil {
		return "", false
	}
	v := l.constant(s.expr)
	if !v.IsKnown() {
		return "", false
	}
	text, err := ctyconvert.Convert(v, cty.String)
	switch {
	case err != nil:
		l.unsuitable(s.name, s.expr.Range(), err.Error(), nil, nil)
		return "", false
	case text.IsNull() || !text.IsKnown():
		return "", false
	case text.AsString() == "" || schema.Printable(text.AsString()) != text.AsString():
		l.unsuitable(s.name, s.expr.Range(), "a text without control characters is required, and it must not be empty", nil, nil)
		return "", false
	}
	return text.AsString(), true
}

func (l *loader) requireVersion(text string, at hcl.Range) {
	want, err := parseConstraint(text)
	if err != nil {
		l.problem("plan.version.malformed", at, "Malformed version constraint", sentence(err.Error()))
		return
	}
	if l.env.Version != "" && !want.allows(l.env.Version) {
		l.problem("plan.version", at, "Unsupported version of Drover",
			fmt.Sprintf("The plan asks for Drover %s; this is %s. Use another version of Drover, or change the requirement.", text, l.env.Version))
	}
}

func (l *loader) requiredProviders(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.report("plan.syntax", diags)
	for _, name := range sortedKeys(attrs) {
		a := attrs[name]
		if !validLabel("source", 0, name) {
			l.problem("plan.block.name", a.NameRange, "Invalid name", "The name of a provider is a lower-case letter, then lower-case letters, digits, underscores and hyphens.")
			continue
		}
		if first, twice := l.out.Providers[name]; twice {
			l.problem("plan.block.duplicate", a.NameRange, "Declared twice",
				fmt.Sprintf("The provider %q is required here and at %s. Remove one of the two.", name, first.Range))
			continue
		}
		l.out.Providers[name] = l.requirement(a)
	}
}

// requirement reads { source = "acme/perforce", version = "~> 0.1" }.
func (l *loader) requirement(a *hcl.Attribute) schema.Requirement {
	r := schema.Requirement{Range: schemaRange(a.Range)}
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		l.problem("plan.provider.requirement", a.Expr.Range(), "Malformed requirement",
			fmt.Sprintf("A provider is required as in %s = { version = \"~> 0.3\" }.", a.Name))
		return r
	}
	for _, p := range pairs {
		key := hcl.ExprAsKeyword(p.Key)
		if text, ok := jsonString(p.Key); ok {
			key = text
		}
		s := &setting{name: key, expr: l.native(p.Value), rng: p.Value.Range()}
		switch key {
		case "source":
			if text, ok := l.constantText(s); ok {
				r.Source = text
			}
		case "version":
			text, ok := l.constantText(s)
			if !ok {
				continue
			}
			if _, err := parseConstraint(text); err != nil {
				l.problem("plan.version.malformed", s.rng, "Malformed version constraint", sentence(err.Error()))
			}
			r.Version = text
		default:
			l.problem("plan.provider.requirement", p.Key.Range(), "Unsupported argument",
				"A requirement has a version and, for a provider that is not Drover's own, a source such as \"acme/perforce\".")
		}
	}
	return r
}

// require notes that the plan uses a provider, and checks the version that was
// found.
func (l *loader) require(provider, version string) {
	want, declared := l.out.Providers[provider]
	if !declared {
		l.out.Providers[provider] = schema.Requirement{}
		return
	}
	constraint, err := parseConstraint(want.Version)
	if want.Version == "" || version == "" || err != nil || constraint.allows(version) {
		return
	}
	l.problem("plan.provider.version", *hclRange(want.Range), "Unsupported version of a provider",
		fmt.Sprintf("The plan asks for %s %s; %s was found. Install another version, or change the requirement.", provider, want.Version, version))
}

// provider is what a provider says of itself, or nil when that is not known.
func (l *loader) provider(name string, at hcl.Range) *schema.ProviderSchema {
	if s, asked := l.schemas[name]; asked {
		return s
	}
	l.schemas[name] = nil
	if l.env.Schema == nil {
		l.require(name, "")
		return nil
	}
	s, err := l.env.Schema(name)
	if err != nil {
		l.require(name, "")
		l.problem("plan.provider", at, "Provider not available",
			fmt.Sprintf("The provider %q cannot be asked what it accepts: %s.", name, schema.Printable(err.Error())))
		return nil
	}
	l.require(name, s.Version)
	l.schemas[name] = &s
	return &s
}

// sentence is text as a sentence.
func sentence(text string) string {
	if text == "" {
		return text
	}
	first := text[0]
	if 'a' <= first && first <= 'z' {
		first -= 'a' - 'A'
	}
	text = string(first) + text[1:]
	if last := text[len(text)-1]; last != '.' && last != '?' && last != '!' {
		text += "."
	}
	return text
}
