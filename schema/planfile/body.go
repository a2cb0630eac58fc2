package planfile

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// setting is an attribute as it is written. The attributes of a nested block
// have dotted names, such as lifecycle.on_orphan.
type setting struct {
	name      string
	expr      hcl.Expression
	nameRange hcl.Range
	rng       hcl.Range
}

// shape says what may stand in a body.
type shape struct {
	attributes []string
	blocks     map[string][]string // nested blocks that stand once at most, with their attributes
	repeated   []hcl.BlockHeaderSchema
	references []string // attributes that JSON writes as the text of an expression

	// open lets other attributes and flat nested blocks in: what a provider
	// describes.
	open bool
}

// contents is what a body says.
type contents struct {
	settings []*setting // by position
	repeated []*hcl.Block
	end      hcl.Range // where a missing attribute could be added
}

// find is the setting called name, or nil.
func (c *contents) find(name string) *setting {
	for _, s := range c.settings {
		if s.name == name {
			return s
		}
	}
	return nil
}

// read takes a body apart and reports what cannot stand there.
func (l *loader) read(body hcl.Body, s shape) *contents {
	content, rest, diags := body.PartialContent(s.schema())
	l.report("plan.syntax", diags)
	c := &contents{end: content.MissingItemRange}
	for name, a := range content.Attributes {
		c.settings = append(c.settings, l.setting(name, a, slices.Contains(s.references, name)))
	}
	seen := make(map[string]hcl.Range)
	for _, b := range content.Blocks {
		inner, once := s.blocks[b.Type]
		if !once {
			c.repeated = append(c.repeated, b)
			continue
		}
		if first, twice := seen[b.Type]; twice {
			l.problem("plan.block.duplicate", b.DefRange, "Declared twice",
				fmt.Sprintf("There is a %s block at %s already. Put both into one.", b.Type, place(first)))
			continue
		}
		seen[b.Type] = b.DefRange
		c.nest(b.Type, l.read(b.Body, shape{attributes: inner}))
	}
	for _, x := range leftovers(body, rest, s.schema()) {
		switch {
		case x.attr != nil && s.blocks[x.name] != nil:
			l.problem("plan.attribute.block", x.nameRange, "Block required",
				fmt.Sprintf("%q is a block. Write it without the equals sign: %s { ... }", x.name, x.name))
		case !s.open:
			l.unexpected(x, s)
		case x.attr != nil:
			c.settings = append(c.settings, l.setting(x.name, x.attr, false))
		default:
			c.nest(x.name, l.readFlat(x.block))
		}
	}
	slices.SortFunc(c.settings, func(a, b *setting) int { return a.rng.Start.Byte - b.rng.Start.Byte })
	return c
}

func (s shape) schema() *hcl.BodySchema {
	out := &hcl.BodySchema{Blocks: slices.Clone(s.repeated)}
	for _, name := range s.attributes {
		out.Attributes = append(out.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, name := range sortedKeys(s.blocks) {
		out.Blocks = append(out.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	return out
}

func (l *loader) setting(name string, a *hcl.Attribute, reference bool) *setting {
	expr := a.Expr
	if reference {
		expr = l.reference(expr)
	} else {
		expr = l.native(expr)
	}
	return &setting{name: name, expr: expr, nameRange: a.NameRange, rng: a.Range}
}

// nest adds the settings of a nested block.
func (c *contents) nest(name string, inner *contents) {
	for _, s := range inner.settings {
		s.name = name + "." + s.name
		c.settings = append(c.settings, s)
	}
	if len(inner.repeated) > 0 {
		c.repeated = append(c.repeated, inner.repeated...)
	}
}

// readFlat reads a nested block that only a provider knows: attributes alone.
func (l *loader) readFlat(b *hclsyntax.Block) *contents {
	if len(b.Labels) > 0 {
		l.problem("plan.block.unknown", b.LabelRanges[0], "Unexpected label",
			fmt.Sprintf("A nested block called %q takes no label here. Remove it.", schema.Printable(b.Type)))
		return &contents{}
	}
	attrs, diags := b.Body.JustAttributes()
	l.report("plan.block.unknown", diags)
	c := &contents{}
	for name, a := range attrs {
		c.settings = append(c.settings, l.setting(name, a, false))
	}
	return c
}

// unexpected reports an attribute or block that has no meaning where it stands.
func (l *loader) unexpected(x leftover, s shape) {
	known := slices.Concat(s.attributes, sortedKeys(s.blocks))
	for _, r := range s.repeated {
		known = append(known, r.Type)
	}
	slices.Sort(known)
	what := "argument"
	if x.attr == nil {
		what = "block"
	}
	detail := fmt.Sprintf("No %s named %q is expected here.", what, schema.Printable(x.name))
	if near := schema.Nearest(x.name, known); near != "" {
		detail += fmt.Sprintf(" Did you mean %q?", near)
	} else if len(known) > 0 {
		detail += " What can stand here: " + enumerate(known, "and") + "."
	}
	l.problem("plan.attribute.unknown", x.nameRange, "Unsupported "+what, detail)
}

// leftover is an attribute or a block that a schema did not ask for.
type leftover struct {
	name      string
	nameRange hcl.Range
	attr      *hcl.Attribute   // nil for a block
	block     *hclsyntax.Block // nil in JSON, which cannot tell blocks from attributes
}

// leftovers is what body holds beyond asked, by position. The native body is
// walked directly: hcl.Body has no way to list blocks of unknown types.
func leftovers(body, rest hcl.Body, asked *hcl.BodySchema) []leftover {
	var out []leftover
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		attrs, _ := rest.JustAttributes() // PartialContent has reported what is wrong with it
		for name, a := range attrs {
			out = append(out, leftover{name: name, nameRange: a.NameRange, attr: a})
		}
	} else {
		known := make(map[string]bool)
		for _, a := range asked.Attributes {
			known[a.Name] = true
		}
		for name, a := range native.Attributes {
			if !known[name] {
				out = append(out, leftover{name: name, nameRange: a.NameRange, attr: a.AsHCLAttribute()})
			}
		}
		known = make(map[string]bool)
		for _, b := range asked.Blocks {
			known[b.Type] = true
		}
		for _, b := range native.Blocks {
			if !known[b.Type] {
				out = append(out, leftover{name: b.Type, nameRange: b.TypeRange, block: b})
			}
		}
	}
	slices.SortFunc(out, func(a, b leftover) int { return a.nameRange.Start.Byte - b.nameRange.Start.Byte })
	return out
}

func isNative(body hcl.Body) bool {
	_, ok := body.(*hclsyntax.Body)
	return ok
}

// native is expr, with the template in a JSON string parsed. HCL parses it
// anew at every evaluation, which for_each makes many.
func (l *loader) native(expr hcl.Expression) hcl.Expression {
	text, ok := jsonString(expr)
	if !ok {
		return expr
	}
	parsed, diags := parseTemplate(text, expr.Range().Filename, insideQuote(expr))
	l.report("plan.syntax", diags)
	if parsed == nil {
		return broken(expr)
	}
	return parsed
}

// reference is expr, with the text of a JSON string read as an expression:
// "source.github.acme" instead of "${source.github.acme}", which works too.
func (l *loader) reference(expr hcl.Expression) hcl.Expression {
	text, ok := jsonString(expr)
	if !ok || len(text) > 1 && text[:2] == "${" {
		return l.native(expr)
	}
	parsed, diags := parseExpression(text, expr.Range().Filename, insideQuote(expr))
	l.report("plan.syntax", diags)
	if parsed == nil {
		return broken(expr)
	}
	return parsed
}

// jsonString is the text of expr when it is a string of a JSON file.
func jsonString(expr hcl.Expression) (string, bool) {
	if _, native := expr.(hclsyntax.Expression); native {
		return "", false
	}
	// Without a context, JSON expressions give their literal value.
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

func insideQuote(expr hcl.Expression) hcl.Pos {
	start := expr.StartRange().Start
	start.Column++
	start.Byte++
	return start
}

// broken stands for an expression that was reported already.
func broken(expr hcl.Expression) hcl.Expression {
	return hcl.StaticExpr(cty.DynamicVal, expr.Range())
}
