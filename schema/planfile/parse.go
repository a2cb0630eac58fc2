package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/drover-migrate/drover/schema"
)

// block is a block of a plan file.
type block struct {
	kind   string // repository
	labels []string
	body   hcl.Body
	rng    hcl.Range // of its header
	gists  bool      // the discover block of a gists block
}

// name is the block's name within its kind: acme, or github.acme.
func (b *block) name() string { return strings.Join(b.labels, ".") }

// address is how expressions and people name the block: source.github.acme.
func (b *block) address() string { return b.kind + "." + b.name() }

// level is how origins name the block: source "github" "acme".
func (b *block) level() string {
	s := b.kind
	for _, label := range b.labels {
		s += fmt.Sprintf(" %q", label)
	}
	return s
}

// headers lists the blocks of the language with their labels.
func headers() []hcl.BlockHeaderSchema {
	name := []string{"name"}
	return []hcl.BlockHeaderSchema{
		{Type: "drover"},
		{Type: "variable", LabelNames: name},
		{Type: "locals"},
		{Type: "secret", LabelNames: name},
		{Type: "source", LabelNames: []string{"provider", "name"}},
		{Type: "target", LabelNames: []string{"provider", "name"}},
		{Type: "discover", LabelNames: []string{"kind", "name"}},
		{Type: "authors", LabelNames: name},
		{Type: "profile", LabelNames: name},
		{Type: "repository", LabelNames: name},
		{Type: kindGroup, LabelNames: name},
		{Type: kindGists, LabelNames: name},
		{Type: "policy", LabelNames: name},
		{Type: "guard"},
		{Type: "output", LabelNames: name},
		{Type: "moved"},
		{Type: "removed"},
		{Type: "adopt"},
	}
}

// blockKinds are the kinds of block, in the order of headers.
func blockKinds() []string {
	var kinds []string
	for _, h := range headers() {
		kinds = append(kinds, h.Type)
	}
	return kinds
}

// parse reads one file into l's blocks.
func (l *loader) parse(name string, src []byte) {
	var file *hcl.File
	var diags hcl.Diagnostics
	if strings.HasSuffix(name, ".json") {
		if !l.bounded(checkJSON(src), name) {
			return
		}
		file, diags = json.Parse(src, name)
	} else {
		if !l.bounded(checkSource(hclsyntax.LexConfig, src), name) {
			return
		}
		file, diags = hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if file != nil {
		l.files[name] = file
	}
	l.report("plan.syntax", diags)
	if diags.HasErrors() {
		// What the parser recovered is not what was meant: its gaps would be
		// reported as mistakes of their own.
		l.incomplete = true
		return
	}

	top := &hcl.BodySchema{Blocks: headers()}
	content, rest, diags := file.Body.PartialContent(top)
	l.report("plan.syntax", diags)
	l.refuseUnknown(file.Body, rest, top)
	for _, b := range content.Blocks {
		l.declare(b)
	}
}

// bounded reports whether err is nil, and err otherwise.
func (l *loader) bounded(err error, name string) bool {
	if err == nil {
		return true
	}
	l.problem("plan.syntax.limit", fileStart(name), "Expression too large", sentence(err.Error()))
	l.incomplete = true
	return false
}

// fileStart is the place of a finding about a file as a whole.
func fileStart(name string) hcl.Range {
	return hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
}

// refuseUnknown reports what stands at the top of a file and is no block of
// the language.
func (l *loader) refuseUnknown(body, rest hcl.Body, top *hcl.BodySchema) {
	for _, x := range leftovers(body, rest, top) {
		if x.attr != nil && isNative(body) {
			l.problem("plan.attribute.unknown", x.nameRange, "Unsupported argument",
				fmt.Sprintf("A plan file consists of blocks. If %q is a value to be used in several of them, put it into a locals block.", x.name))
			continue
		}
		kinds := blockKinds()
		detail := fmt.Sprintf("A plan file has no %q blocks.", schema.Printable(x.name))
		if near := schema.Nearest(x.name, kinds); near != "" {
			detail += fmt.Sprintf(" Did you mean %q?", near)
		}
		detail += " The blocks are " + enumerate(kinds, "and") + "."
		l.problem("plan.block.unknown", x.nameRange, "Unsupported block type", detail)
	}
}

// declare takes up one block, after checking its labels.
func (l *loader) declare(b *hcl.Block) {
	if b.Type == "locals" {
		l.declareLocals(b)
		return
	}
	declared := &block{kind: b.Type, labels: b.Labels, body: b.Body, rng: b.DefRange}
	if n := len(b.LabelRanges); n > 0 {
		declared.rng = hcl.RangeBetween(b.TypeRange, b.LabelRanges[n-1])
		if !isNative(b.Body) {
			declared.rng = b.LabelRanges[n-1] // a JSON property's name may be far from its type
		}
	}
	for i, label := range b.Labels {
		if !validLabel(b.Type, i, label) {
			l.problem("plan.block.name", b.LabelRanges[i], "Invalid name",
				"A name starts with a letter or underscore and goes on with letters, digits, underscores and hyphens. The name of a provider has lower-case letters, digits, underscores and hyphens only.")
			return
		}
	}
	if len(b.Labels) > 0 || b.Type == "drover" || b.Type == "guard" {
		if !l.claim(declared.address(), declared.level(), declared.rng) {
			return
		}
		l.byAddress[declared.address()] = declared
	}
	if b.Type == kindGists {
		l.declareListing(declared)
	}
	l.byKind[b.Type] = append(l.byKind[b.Type], declared)
}

// validLabel reports whether label can be label i of a block. The provider of
// a connection becomes part of a program's name and is held to ASCII.
func validLabel(kind string, i int, label string) bool {
	if (kind == "source" || kind == "target") && i == 0 {
		plain := func(r rune) bool {
			return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}
		return !strings.ContainsFunc(label, plain) && label != "" && label[0] >= 'a' && label[0] <= 'z'
	}
	return hclsyntax.ValidIdentifier(label) && schema.Address("x."+label).Check() == nil
}

// claim takes an address for a declaration, or reports who has it already.
func (l *loader) claim(address, what string, rng hcl.Range) bool {
	if first, taken := l.places[address]; taken {
		l.problem("plan.block.duplicate", rng, "Declared twice",
			fmt.Sprintf("%s is declared here and at %s. Rename or remove one of the two.", what, place(first)))
		return false
	}
	l.places[address] = rng
	return true
}

// declareLocals takes up the attributes of a locals block.
func (l *loader) declareLocals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	l.report("plan.syntax", diags)
	for _, name := range sortedKeys(attrs) {
		a := attrs[name]
		if !hclsyntax.ValidIdentifier(name) {
			l.problem("plan.block.name", a.NameRange, "Invalid name", "The name of a local value is a letter or underscore, then letters, digits, underscores and hyphens.")
			continue
		}
		if l.claim("local."+name, "local."+name, a.NameRange) {
			l.locals[name] = l.native(a.Expr)
		}
	}
}

// place is where r is, for the text of a diagnostic.
func place(r hcl.Range) string {
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}

// enumerate writes words as a person would: a, b and c.
func enumerate(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// inQuotes is text from anywhere as it is shown in a sentence. Unlike %q it
// does not escape the backslashes of what it made visible.
func inQuotes(text string) string { return `"` + schema.Printable(text) + `"` }

// quoted is words in quotes.
func quoted(words []string) []string {
	out := slices.Clone(words)
	for i, w := range out {
		out[i] = fmt.Sprintf("%q", w)
	}
	return out
}
