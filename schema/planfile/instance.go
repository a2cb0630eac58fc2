package planfile

import (
	"fmt"
	"maps"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// frameKey is what decides which levels an instance inherits from.
type frameKey struct {
	source, target *connection
	profile        *profile
}

// frame is what instances of a block share: the levels below them merged, up to
// those settings of the block that do not vary. A block has one for each
// combination of source, target and profile, which is mostly one.
type frame struct {
	frameKey
	vocabulary *vocabulary
	set        map[string]entry
	variants   map[string]map[string]schema.Origin // of origins, by the names that instances add
}

// levelSet is the level of --set.
const levelSet = "--set"

// frame returns the frame for a combination.
func (l *loader) frame(r *repository, key frameKey) *frame {
	if f, ok := r.frames[key]; ok {
		return f
	}
	f := &frame{
		frameKey: key,
		set:      make(map[string]entry),
		variants: make(map[string]map[string]schema.Origin),
	}
	f.vocabulary = l.vocabulary(pairing{key.source.provider, key.target.provider, r.form == formGroup})
	r.frames[key] = f
	if p := key.source.provider; p != nil && p.Group == nil && r.form == formGroup {
		l.problem("plan.group.unsupported", r.block.rng, "Source without groups",
			fmt.Sprintf("%s reads from %s, and the provider %q has no groups that could be moved. Declare its repositories.", r.block.address(), key.source.block.address(), p.Name))
	}
	overlay := func(level string, all []given) {
		for _, x := range all {
			maps.Copy(f.set, l.entries(f.vocabulary, level, x))
		}
	}
	overlay(key.target.block.level(), key.target.inherited(f.vocabulary))
	overlay(key.source.block.level(), key.source.inherited(f.vocabulary))
	if key.profile != nil {
		for _, p := range key.profile.chain() {
			overlay(p.block.level(), p.given)
			r.gaps = union(r.gaps, p.gaps)
		}
	}
	r.form.leaveOut(f.set)
	for _, s := range r.settings {
		if !s.varies {
			overlay(r.block.level(), []given{s.constant})
		}
	}
	if r.form == formGists {
		l.allGists(r, f)
	}
	l.defaults(f.vocabulary, f.set)
	return f
}

// instance merges all levels for one instance. It reports whether everything
// about it is known and it is wanted.
func (l *loader) instance(r *repository, i *instance) (*resource, bool) {
	key, authors, ok := l.relations(r, i)
	if !ok {
		return nil, false
	}
	f := l.frame(r, key)
	set, added := f.set, ""
	overlay := func(level string, x given) {
		if added == "" {
			set = maps.Clone(f.set)
		}
		entries := l.entries(f.vocabulary, level, x)
		maps.Copy(set, entries)
		added += strings.Join(sortedKeys(entries), ",") + ";"
	}
	for _, s := range r.settings {
		if s.varies {
			overlay(r.block.level(), l.at(s, i.vars))
		}
	}
	for _, o := range r.overrides {
		if o.applies(i.address) {
			o.used = true
			l.findings.about = o.text()
			if x, ok := l.overridden(f.vocabulary, o); ok {
				overlay(levelSet, x)
			}
			l.findings.about = ""
		}
	}
	origins, seen := f.variants[added]
	if !seen {
		origins = l.variant(r, f, set, authors)
		f.variants[added] = origins
	}
	res := &resource{Resource: schema.Resource{
		Method:  l.method(r, set),
		Address: i.address,
		Source:  key.source.block.address(),
		Target:  key.target.block.address(),
		Origins: origins,
		Range:   schemaRange(r.block.rng),
	}}
	if authors.setting != nil {
		res.Authors = referenced(authors.value).name()
	}
	wanted := l.fill(res, set)
	for _, d := range r.dependsOn {
		on, known := l.addressAt(d, i.vars)
		wanted = wanted && known
		res.DependsOn = append(res.DependsOn, on)
	}
	l.conditions(r, i, res, f.vocabulary, set)
	return res, wanted
}

// relations evaluates the references of an instance: its own, else those of
// its profile. It reports whether all that must be are known.
func (l *loader) relations(r *repository, i *instance) (key frameKey, authors given, ok bool) {
	own := make(map[string]given)
	for name, f := range r.refs {
		if x := l.at(f, i.vars); !x.value.IsNull() {
			own[name] = x
		}
	}
	ok = true
	if x, set := own["profile"]; set {
		if b := l.picked(x.setting, x.value, x.ctx, profileType); b != nil {
			key.profile = l.profile(b)
		} else {
			ok = false
		}
	}
	pick := func(name string, t cty.Type) (*block, given) {
		x, set := own[name]
		if !set && key.profile != nil {
			x, set = key.profile.ref(name)
		}
		if !set {
			listed := name == "source" && r.form == formGist // and missed by its listing
			if name != "authors" && ok && !listed {
				l.problem("plan.attribute.missing", r.block.rng, "Missing argument",
					fmt.Sprintf("%s needs a %s, here or in its profile.", r.block.address(), name))
			}
			return nil, given{}
		}
		b := l.picked(x.setting, x.value, x.ctx, t)
		ok = ok && b != nil
		return b, x
	}
	source, _ := pick("source", sourceType)
	target, _ := pick("target", targetType)
	if r.form != formGroup {
		if people, x := pick("authors", authorsType); people != nil {
			authors = x
		}
	}
	if source == nil || target == nil || !ok {
		return key, given{}, false
	}
	key.source = l.connection(source, r.block.rng)
	key.target = l.connection(target, r.block.rng)
	return key, authors, true
}

// variant checks what all instances with the same set of names have in common,
// and tells where those come from.
func (l *loader) variant(r *repository, f *frame, set map[string]entry, authors given) map[string]schema.Origin {
	what := r.block.address()
	l.complete(f.vocabulary, what, r.block.rng, func(name string) bool { return hasEntry(set, name) })
	l.unsaid(r, set)
	if _, ok := set["target_namespace"]; !ok && r.block.kind != kindGists {
		l.problem("plan.attribute.missing", r.block.rng, "Missing argument",
			fmt.Sprintf("%s needs a target_namespace, here or in its profile: where at the target the %s goes. An empty text means the root.", what, r.block.kind))
	}
	origins := make(map[string]schema.Origin)
	for name, e := range set {
		if e.value.Type() == secretType {
			l.problem("plan.secret.place", r.block.rng, "Secret in a repository",
				fmt.Sprintf("%q is a credential, which only a source or target block can hold. Set it there.", schema.Printable(name)))
		}
		if e.origin.Level != "" {
			origins[name] = e.origin
		}
	}
	level := func(name string, s *setting) {
		at := schema.Origin{Level: r.block.level(), Range: schemaRange(s.rng)}
		if own := r.refs[name]; own == nil || own.setting != s {
			for _, p := range f.profile.chain() {
				if x, ok := p.refs[name]; ok && x.setting == s {
					at.Level = p.block.level()
				}
			}
		}
		origins[name] = at
	}
	for _, name := range []string{"source", "target", "profile"} {
		if own := r.refs[name]; own != nil && (own.varies || !own.constant.value.IsNull()) {
			level(name, own.setting)
		} else if f.profile != nil && name != "profile" {
			if x, ok := f.profile.ref(name); ok {
				level(name, x.setting)
			}
		}
	}
	if authors.setting != nil {
		level("authors", authors.setting)
	}
	return origins
}
