package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// repository is a block that declares resources, on its way to them.
type repository struct {
	block          *block
	form           form
	contents       *contents
	settings       []*formula          // but references
	refs           map[string]*formula // source, target, profile, authors
	dependsOn      []*addressFormula
	preconditions  []clause
	postconditions []clause
	self           map[string]bool // what conditions read of self
	overrides      []*override

	gaps   []*discovery // what is missing to know its instances
	frames map[frameKey]*frame
}

// formula is an expression that may come to something else for each instance.
type formula struct {
	*setting
	ctx      *hcl.EvalContext
	varies   bool  // names each or self
	constant given // when it does not vary
}

// instance is one repository of a block.
type instance struct {
	address schema.Address
	vars    map[string]cty.Value // each, when the block has for_each
}

// formula prepares s. The discoveries that it cannot do without are returned.
func (l *loader) formula(s *setting, sc scope) (*formula, []*discovery) {
	f := &formula{setting: s}
	names, ok := l.names(s.expr, sc)
	if !ok {
		f.constant = given{s, cty.DynamicVal, nil}
		return f, nil
	}
	var gaps []*discovery
	f.ctx, gaps = l.context(names)
	for _, t := range s.expr.Variables() {
		f.varies = f.varies || t.RootName() == "each" || t.RootName() == "self"
	}
	if !f.varies {
		f.constant = l.at(f, nil)
	}
	return f, unanswered(gaps)
}

// at is the formula's value for an instance.
func (l *loader) at(f *formula, vars map[string]cty.Value) given {
	if f.constant.setting != nil {
		return f.constant
	}
	ctx := f.ctx
	if len(vars) > 0 {
		ctx = ctx.NewChild()
		ctx.Variables = vars
	}
	value, diags := f.expr.Value(ctx)
	l.report("plan.expression", diags)
	if diags.HasErrors() {
		value = cty.DynamicVal
	}
	return given{f.setting, value, ctx}
}

// resourceBlocks are the blocks that declare resources.
func (l *loader) resourceBlocks() []*block {
	var all []*block
	for _, kind := range resourceKinds() {
		all = append(all, l.byKind[kind]...)
	}
	return all
}

// resourceKinds are the kinds of block that declare resources.
func resourceKinds() []string { return []string{"repository", kindGroup, kindGists} }

// resourceShape is what may stand in them.
func resourceShape() shape {
	return shape{
		attributes: append(references(), "for_each", "depends_on"),
		references: references(),
		blocks:     nestedWords(),
		repeated:   []hcl.BlockHeaderSchema{{Type: "precondition"}, {Type: "postcondition"}},
		open:       true,
	}
}

// repositories expands all blocks that declare resources.
func (l *loader) repositories() {
	overrides := l.overrides()
	var all []*repository
	for _, b := range l.resourceBlocks() {
		r := l.prepare(b)
		for _, o := range overrides {
			if o.Address.Block() == b.address() {
				r.overrides = append(r.overrides, o)
			}
		}
		l.expand(r)
		all = append(all, r)
	}
	l.refuse()
	l.unusedOverrides(overrides)
	l.checkDependencies()
	l.unusedProfiles(all)
}

// prepare reads a block that declares resources.
func (l *loader) prepare(b *block) *repository {
	r := &repository{block: b, refs: make(map[string]*formula), self: make(map[string]bool), frames: make(map[frameKey]*frame)}
	r.contents = l.read(b.body, resourceShape())
	l.onceEach(r.contents.settings)
	switch {
	case b.kind == kindGroup:
		r.form = formGroup
	case b.kind == kindGists && l.atOnce(b):
		r.form = formGists
		l.unlisted(r.contents)
	case b.kind == kindGists:
		r.form = formGist
		l.eachGist(b, r.contents)
	}
	sc := scope{each: r.contents.find("for_each") != nil}
	for _, s := range r.contents.settings {
		switch {
		case s.name == "for_each":
		case s.name == "depends_on":
			r.dependsOn = l.addressList(s, sc)
		default:
			f, gaps := l.formula(s, sc)
			r.gaps = union(r.gaps, gaps)
			if slices.Contains(references(), s.name) {
				r.refs[s.name] = f
			} else {
				r.settings = append(r.settings, f)
			}
		}
	}
	for _, p := range r.contents.repeated {
		l.prepareCondition(r, p, sc)
	}
	return r
}

// expand makes the resources of r.
func (l *loader) expand(r *repository) {
	instances := l.instances(r)
	known := instances != nil
	if len(instances) == 0 {
		// Nobody looks at the settings of a block without instances, so they
		// are checked once for one of which nothing is known.
		instances = []*instance{{vars: unknownEach(r)}}
		known = known && r.contents.find("for_each") == nil
	}
	for _, i := range instances {
		if l.interrupted() != nil {
			l.placeless("plan.interrupted", "Interrupted", "Reading the plan was interrupted. Run the command again.")
			return
		}
		l.current = i.address
		res, ok := l.instance(r, i)
		l.current = ""
		if ok && known && l.claimPlace(&res.Resource) {
			l.refused = append(l.refused, res.refusals...)
			l.out.Resources = append(l.out.Resources, res.Resource)
		}
	}
	l.markPartial(r)
}

// unknownEach is each of an instance of which nothing is known.
func unknownEach(r *repository) map[string]cty.Value {
	if r.contents.find("for_each") == nil {
		return nil
	}
	return eachVars(cty.UnknownVal(cty.String), cty.DynamicVal)
}

func eachVars(key, value cty.Value) map[string]cty.Value {
	return map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": key, "value": value})}
}

// instances expands for_each. Nil means that the instances are not known.
func (l *loader) instances(r *repository) []*instance {
	s := r.contents.find("for_each")
	if s == nil {
		return []*instance{{address: schema.NewAddress(r.block.kind, r.block.name(), nil)}}
	}
	pairs, gaps, ok := l.each(s, scope{})
	r.gaps = union(r.gaps, gaps)
	if !ok {
		return nil
	}
	out := make([]*instance, len(pairs))
	for i, p := range pairs {
		out[i] = &instance{schema.NewAddress(r.block.kind, r.block.name(), &p.key), eachVars(cty.StringVal(p.key), p.value)}
	}
	return out
}

// pair is one element of for_each.
type pair struct {
	key   string
	value cty.Value
}

// each evaluates for_each, in the order of its keys. It reports whether the
// keys are known.
func (l *loader) each(s *setting, sc scope) (pairs []pair, gaps []*discovery, ok bool) {
	r, ctx := l.evaluateIn(s.expr, sc)
	v, t := r.value, r.value.Type()
	refuse := func(why string) ([]pair, []*discovery, bool) {
		l.unsuitable(s.name, s.expr.Range(), why, s.expr, ctx)
		return nil, r.gaps, false
	}
	const wanted = "a map, an object or a set of strings is required"
	switch {
	case t == cty.DynamicPseudoType && !v.IsNull():
		return nil, r.gaps, false
	case v.IsNull():
		return refuse(wanted + ", but this is null; use an empty map for no repositories")
	case t.IsTupleType() || t.IsListType():
		return refuse(wanted + ", but have " + t.FriendlyName() + "; wrap a list of strings in toset()")
	case t.IsSetType() && t.ElementType() != cty.String && t.ElementType() != cty.DynamicPseudoType:
		return refuse(wanted + ", but have " + t.FriendlyName())
	case !t.IsSetType() && !t.IsMapType() && !t.IsObjectType():
		return refuse(wanted + ", but have " + t.FriendlyName())
	case !v.IsKnown() || t.IsSetType() && !v.IsWhollyKnown():
		return nil, r.gaps, false
	}
	pairs = make([]pair, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		switch {
		case key.IsNull():
			return refuse("its elements must not be null")
		case key.AsString() == "":
			return refuse("its keys must not be empty")
		}
		pairs = append(pairs, pair{key.AsString(), value})
	}
	return pairs, r.gaps, true
}

// markPartial notes that not all instances of r are known, and why.
func (l *loader) markPartial(r *repository) {
	if len(r.gaps) == 0 {
		return
	}
	address := r.block.address()
	var why []string
	at := r.block.rng
	if s := r.contents.find("for_each"); s != nil {
		at = s.expr.Range()
	}
	for _, d := range r.gaps {
		why = append(why, d.problem)
		d.used = true
		l.missing(d, address, at)
	}
	if l.out.Partial == nil {
		l.out.Partial = make(map[string]string)
	}
	l.out.Partial[address] = strings.Join(why, "; ")
}

// missing adds the finding that a block does not have all it needs from d.
func (l *loader) missing(d *discovery, address string, at hcl.Range) {
	if !d.asked || d.planned {
		return // nothing went wrong
	}
	diag := &hcl.Diagnostic{
		Severity: hcl.DiagError, Subject: &at, Extra: code("plan.discover.failed"),
		Summary: "Discovery failed",
		Detail:  fmt.Sprintf("%s. What %s holds is not known without it, so everything there stays as it is.", sentenceStart(d.problem), address),
	}
	if d.code != "" {
		diag.Extra = d.code
	}
	if d.answered {
		diag.Severity, diag.Extra = hcl.DiagWarning, code("plan.discover.incomplete")
		diag.Summary = "Incomplete discovery"
		diag.Detail = fmt.Sprintf("%s. %s may hold more repositories; none is taken to be gone.", sentenceStart(d.problem), address)
	}
	if address == d.out.Address {
		diag.Detail = sentenceStart(d.problem) + ". No repository block depends on it."
	}
	for _, found := range l.convert(hcl.Diagnostics{diag}) {
		found.Address, found.Help = address, d.help
		l.out.Findings = append(l.out.Findings, found)
	}
}

// unusedDiscoveries adds the findings about discoveries that no repository
// block depends on.
func (l *loader) unusedDiscoveries() {
	for _, b := range l.byKind["discover"] {
		if d := l.discoveries[b.address()]; d != nil && d.problem != "" && !d.used {
			l.missing(d, b.address(), b.rng)
		}
	}
}

// sentenceStart is text without a full stop, to be followed by one.
func sentenceStart(text string) string { return strings.TrimRight(text, ". ") }

// claimPlace takes the place at the target for res, or reports who has it.
func (l *loader) claimPlace(res *schema.Resource) bool {
	if res.Name == "" {
		return true // the source decides, so it is seen later
	}
	path := strings.TrimPrefix(res.Namespace+"/"+res.Name, "/")
	key := res.Target + "\n" + path
	first, taken := l.targets[key]
	if !taken {
		l.targets[key] = claimant{res.Address, res.Range}
		return true
	}
	l.add(&hcl.Diagnostic{
		Severity: hcl.DiagError,
		Extra:    code("plan.target.duplicate"),
		Summary:  "Two repositories at one place",
		Detail: fmt.Sprintf("%s and %s (%s) would both become %s at %s. Give one of them another new_name or target_namespace.",
			schema.Printable(string(res.Address)), schema.Printable(string(first.address)), first.rng, schema.Printable(path), res.Target),
		Subject: hclRange(res.Range),
	})
	return false
}

// claimant is the resource that takes a place at a target.
type claimant struct {
	address schema.Address
	rng     schema.Range
}

// unusedProfiles checks what profiles that no repository uses say, as far as
// that is possible without knowing the providers.
func (l *loader) unusedProfiles(all []*repository) {
	used := make(map[*profile]bool)
	for _, r := range all {
		for key := range r.frames {
			if key.profile != nil {
				for _, p := range key.profile.chain() {
					used[p] = true
				}
			}
		}
	}
	for _, b := range l.byKind["profile"] {
		p := l.profiles[b]
		if used[p] {
			continue
		}
		for _, x := range p.given {
			l.entries(l.vocabulary(pairing{}), b.level(), x)
		}
	}
}
