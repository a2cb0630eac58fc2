package planfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// discovery is a discover block and its answer.
type discovery struct {
	block  *block
	source *connection
	out    schema.Discovery

	answered bool   // there is a listing, complete or not
	problem  string // why the listing is not all there is, if so
	code     code   // of the finding about a failure, "" for the usual one
	help     string // what to do about the failure
	planned  bool   // the plan itself asked for no more: limit
	asked    bool
	used     bool // a repository block depends on it
}

// discovered is the value of a discover block, asked at its first use.
func (l *loader) discovered(address string, at hcl.Range) result {
	return l.once(address, at, func() result {
		b := l.byAddress[address]
		d := &discovery{block: b}
		l.discoveries[address] = d
		if !l.describe(d) {
			return unknown()
		}
		if l.out.Discoveries == nil {
			l.out.Discoveries = make(map[string]schema.Discovery)
		}
		l.out.Discoveries[address] = d.out
		return l.ask(d)
	})
}

// describe evaluates the block. It reports whether the question can be asked.
func (l *loader) describe(d *discovery) bool {
	b := d.block
	c := l.read(b.body, shape{
		blocks:     map[string][]string{"expect": {"min", "max_drop"}},
		references: []string{"source"},
		attributes: []string{"source"},
		open:       true,
	})
	if b.gists {
		c.settings = slices.DeleteFunc(c.settings, func(s *setting) bool { return s.name != "source" && !listsGists(s.name) })
	}
	source := c.find("source")
	if source == nil {
		what := "A discover block"
		if b.gists {
			what = "A gists block" // which a profile is too late for
		}
		l.problem("plan.attribute.missing", b.rng, "Missing argument", what+" needs a source, such as source.github.acme.")
		return false
	}
	from := l.pick(source, sourceType)
	if from == nil {
		return false
	}
	d.source = l.connection(from, source.expr.Range())
	d.out = schema.Discovery{Address: b.address(), Kind: b.labels[0], Source: from.address(), Range: schemaRange(b.rng)}

	v, ok := l.questions(d)
	if !ok {
		return false
	}
	set := make(map[string]entry)
	sound := d.source.sound
	for _, s := range c.settings {
		if s == source {
			continue
		}
		r, ctx := l.evaluateIn(s.expr, scope{})
		for name, e := range l.entries(v, b.level(), given{s, r.value, ctx}) {
			set[name] = e
			sound = sound && e.known()
		}
	}
	l.complete(v, fmt.Sprintf("The discovery of %s from %s", b.labels[0], from.address()), b.rng,
		func(name string) bool { return hasEntry(set, name) })
	l.defaults(v, set)
	if !sound {
		return false
	}
	settings := make(map[string]any)
	for _, name := range sortedKeys(set) {
		e := set[name]
		switch name {
		case "include":
			d.out.Include = texts(e.value)
		case "exclude":
			d.out.Exclude = texts(e.value)
		case "limit":
			d.out.Limit = integer(e.value)
		case "expect.min":
			d.out.Min = integer(e.value)
		case "expect.max_drop":
			d.out.MaxDrop = e.value.AsString()
		default:
			put(settings, name, e.raw)
		}
	}
	d.out.Settings = encode(settings)
	return true
}

// pick evaluates a reference that must be known: the block it names, or nil.
func (l *loader) pick(s *setting, t cty.Type) *block {
	r, ctx := l.evaluateIn(s.expr, scope{})
	return l.picked(s, r.value, ctx, t)
}

func (l *loader) picked(s *setting, v cty.Value, ctx *hcl.EvalContext, t cty.Type) *block {
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	if v.Type() != t {
		why := fmt.Sprintf("%s required, but have %s", t.FriendlyName(), v.Type().FriendlyName())
		l.unsuitable(s.name, s.expr.Range(), why, s.expr, ctx)
		return nil
	}
	return referenced(v)
}

// questions is the vocabulary of d's block.
func (l *loader) questions(d *discovery) (*vocabulary, bool) {
	p := d.source.provider
	kind := d.block.labels[0]
	var attrs schema.Attributes
	if p != nil {
		var ok bool
		if attrs, ok = p.Discover[kind]; !ok {
			detail := fmt.Sprintf("The provider %q cannot list %s.", p.Name, schema.Printable(kind))
			if kinds := sortedKeys(p.Discover); len(kinds) > 0 {
				detail += " It lists " + enumerate(kinds, "and") + "."
			}
			l.problem("plan.discover.kind", d.block.rng, "Unsupported kind of discovery", detail)
			return nil, false
		}
	}
	v := settingsOf(d.block.labels[1], p != nil, attrs)
	if p != nil {
		v.whose = fmt.Sprintf("the discovery of %s by provider %q", kind, p.Name)
	}
	one, zero := int64(1), int64(0)
	for _, w := range []*word{
		{Attribute: schema.Attribute{Name: "include", Type: schema.TypeStringList}, parse: parseGlobs},
		{Attribute: schema.Attribute{Name: "exclude", Type: schema.TypeStringList}, parse: parseGlobs},
		{Attribute: schema.Attribute{Name: "limit", Type: schema.TypeNumber, Min: &one}, parse: parseInteger(one)},
		{Attribute: schema.Attribute{Name: "expect.min", Type: schema.TypeNumber, Min: &zero}, parse: parseInteger(zero)},
		{Attribute: schema.Attribute{Name: "expect.max_drop", Type: schema.TypeString}, parse: parseDrop},
	} {
		w.ty = typeOf(w.Type)
		v.words[w.Name] = w
	}
	return v, true
}

// parseInteger reads a whole number of at least least.
func parseInteger(least int64) func(cty.Value) (cty.Value, error) {
	return func(v cty.Value) (cty.Value, error) {
		n, err := ctyconvert.Convert(v, cty.Number)
		if err != nil {
			return cty.NilVal, err
		}
		if i, accuracy := n.AsBigFloat().Int64(); accuracy != 0 || i < least {
			return cty.NilVal, fmt.Errorf("a whole number of at least %d is required", least)
		}
		return n, nil
	}
}

// parseDrop reads a number of repositories or a percentage.
func parseDrop(v cty.Value) (cty.Value, error) {
	text, err := ctyconvert.Convert(v, cty.String)
	if err != nil {
		return cty.NilVal, err
	}
	if !regexp.MustCompile(`^([0-9]{1,9}|[0-9]{1,2}%|100%)$`).MatchString(text.AsString()) {
		return cty.NilVal, errors.New("a number of repositories such as 10, or a percentage such as \"5%\", is required")
	}
	return text, nil
}

func integer(v cty.Value) int64 {
	i, _ := v.AsBigFloat().Int64() // parseInteger saw that it is exact
	return i
}

func texts(v cty.Value) []string {
	var out []string
	for _, e := range v.AsValueSlice() {
		out = append(out, e.AsString())
	}
	return out
}

// ask puts the question to the source.
func (l *loader) ask(d *discovery) result {
	gap := []*discovery{d}
	if l.discover == nil || !d.source.sound {
		d.problem = d.out.Address + " was not asked"
		return result{listingType(), gap}
	}
	d.asked = true
	listing, err := l.discover(d.out, d.source.out)
	if err == nil {
		listing, err = l.filter(d, listing)
	}
	if err != nil {
		d.problem = fmt.Sprintf("%s failed: %s", d.out.Address, schema.Printable(err.Error()))
		if e, ok := errors.AsType[Explained](err); ok {
			d.code, d.help = code(e.FindingCode()), e.FindingHelp()
		}
		return result{listingType(), gap}
	}
	items := make([]cty.Value, len(listing.Items))
	for i, found := range listing.Items {
		if items[i], err = foundValue(found); err != nil {
			d.problem = fmt.Sprintf("%s failed: the source's answer about %s cannot be read: %s",
				d.out.Address, schema.Printable(found.FullName), schema.Printable(err.Error()))
			return result{listingType(), gap}
		}
	}
	d.answered = true
	if listing.Complete {
		gap = nil
		if l.out.Listed == nil {
			l.out.Listed = make(map[string]int64)
		}
		l.out.Listed[d.out.Address] = int64(len(items))
	} else if d.problem == "" {
		d.problem = d.out.Address + " ended before the source was read to its end"
	}
	return result{cty.ObjectVal(map[string]cty.Value{
		"items":    cty.TupleVal(items),
		"complete": cty.BoolVal(listing.Complete),
		"count":    cty.NumberIntVal(int64(len(items))),
	}), gap}
}

// filter applies what the block says about the listing.
func (l *loader) filter(d *discovery, listing schema.Listing) (schema.Listing, error) {
	kept := schema.Listing{Complete: listing.Complete}
	for _, found := range listing.Items {
		if d.out.Wants(found.FullName) {
			kept.Items = append(kept.Items, found)
		}
	}
	if limit := d.out.Limit; limit > 0 && int64(len(kept.Items)) > limit {
		kept.Items = kept.Items[:limit]
		kept.Complete = false
		d.planned = listing.Complete
		d.problem = fmt.Sprintf("%s stopped at its limit of %d", d.out.Address, limit)
	}
	if n := int64(len(kept.Items)); n < d.out.Min {
		return kept, fmt.Errorf("it lists %d repositories, and the plan expects at least %d; check what the credential may see, or lower expect.min", n, d.out.Min)
	}
	return kept, nil
}

// foundValue is a discovered repository as expressions see it. What the source
// does not tell is null.
func foundValue(f schema.Found) (cty.Value, error) {
	text := func(s string) cty.Value {
		if s == "" {
			return cty.NullVal(cty.String)
		}
		return cty.StringVal(strings.ToValidUTF8(s, "\uFFFD"))
	}
	topics := cty.ListValEmpty(cty.String)
	if len(f.Topics) > 0 {
		var list []cty.Value
		for _, t := range f.Topics {
			list = append(list, cty.StringVal(strings.ToValidUTF8(t, "\uFFFD")))
		}
		topics = cty.ListVal(list)
	}
	custom := cty.EmptyObjectVal
	if len(f.Custom) > 0 && string(f.Custom) != "null" {
		if !json.Valid(f.Custom) {
			return cty.NilVal, errors.New("its custom properties are not JSON")
		}
		var err error
		if custom, err = fromJSON(f.Custom, cty.DynamicPseudoType); err != nil {
			return cty.NilVal, err
		}
	}
	pushed := cty.NullVal(cty.String)
	if !f.PushedAt.IsZero() {
		pushed = cty.StringVal(f.PushedAt.UTC().Format(time.RFC3339))
	}
	return cty.ObjectVal(map[string]cty.Value{
		"identity": text(f.Identity), "id": text(f.ID),
		"full_name": text(f.FullName), "owner": text(f.Owner), "name": text(f.Name), "slug": text(f.Slug),
		"url": text(f.URL), "visibility": text(f.Visibility),
		"archived": cty.BoolVal(f.Archived), "fork": cty.BoolVal(f.Fork), "empty": cty.BoolVal(f.Empty),
		"size_mb": cty.NumberIntVal(f.SizeMB), "default_branch": text(f.DefaultBranch),
		"topics": topics, "license": text(f.License), "pushed_at": pushed, "custom": custom,
	}), nil
}

// listingType is the answer to a question that was not answered.
func listingType() cty.Value {
	item := cty.Object(map[string]cty.Type{
		"identity": cty.String, "id": cty.String,
		"full_name": cty.String, "owner": cty.String, "name": cty.String, "slug": cty.String,
		"url": cty.String, "visibility": cty.String,
		"archived": cty.Bool, "fork": cty.Bool, "empty": cty.Bool,
		"size_mb": cty.Number, "default_branch": cty.String,
		"topics": cty.List(cty.String), "license": cty.String, "pushed_at": cty.String,
		"custom": cty.DynamicPseudoType,
	})
	return cty.ObjectVal(map[string]cty.Value{
		"items":    cty.UnknownVal(cty.List(item)),
		"complete": cty.UnknownVal(cty.Bool),
		"count":    cty.UnknownVal(cty.Number),
	})
}
