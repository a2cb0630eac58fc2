package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// word is a setting that can be written in a block.
type word struct {
	schema.Attribute
	ty cty.Type

	// parse turns what was written into what is meant, for settings whose form
	// a type cannot describe.
	parse func(cty.Value) (cty.Value, error)

	// means is the word that this one is another spelling of, if it is.
	means string

	// elsewhere is what else its values could be in the other kind of block that
	// the same provider describes: a repository instead of a group.
	elsewhere []string

	setting   bool // the source's provider is told
	placement bool // the target's provider is told
}

// vocabulary is what can be said about a repository that goes from one provider
// to another, or in a connection. Words of Drover's own have dotted names where
// they stand in nested blocks.
type vocabulary struct {
	words map[string]*word
	whose string // for messages: by provider "git"

	// open accepts words that are not in the vocabulary, because the provider
	// could not be asked.
	open bool
}

// pairing is what decides how a resource can be described: the providers that it
// goes between, each nil when nobody could be asked, and whether it is a group.
type pairing struct {
	source, target *schema.ProviderSchema
	group          bool
}

// vocabulary is that of resources that go from one provider to another.
func (l *loader) vocabulary(key pairing) *vocabulary {
	if v, ok := l.vocabularies[key]; ok {
		return v
	}
	source, target := key.source, key.target
	v := &vocabulary{words: ownWords(), open: source == nil || target == nil}
	if source == nil || source.Group != nil {
		for _, w := range destinations() {
			w.ty = typeOf(w.Type)
			v.words[w.Name] = w
		}
	}
	var whose []string
	if source != nil {
		v.add(key.described(), func(w *word) { w.setting = true })
		for _, a := range (pairing{source: source, group: !key.group}).described() {
			if w := v.words[a.Name]; w != nil && w.setting {
				w.elsewhere = a.Values
			}
		}
		whose = append(whose, fmt.Sprintf("%sprovider %q as a source", key.of(), source.Name))
	}
	if target != nil && !key.group {
		v.add(target.Placement, func(w *word) { w.placement = true })
		whose = append(whose, fmt.Sprintf("provider %q as a target", target.Name))
	}
	v.whose = strings.Join(whose, " and ")
	l.vocabularies[key] = v
	return v
}

// of is what goes from one to the other, where it is no repository.
func (p pairing) of() string {
	if p.group {
		return "a group of "
	}
	return ""
}

// described are the settings of a resource that its source describes.
func (p pairing) described() schema.Attributes {
	if p.group {
		return p.source.Group
	}
	return p.source.Repository
}

// settingsOf is the vocabulary of one provider's block.
func settingsOf(provider string, known bool, attrs schema.Attributes) *vocabulary {
	v := &vocabulary{words: make(map[string]*word), open: !known, whose: fmt.Sprintf("provider %q", provider)}
	v.add(attrs, func(w *word) { w.setting = true })
	return v
}

func (v *vocabulary) add(attrs schema.Attributes, mark func(*word)) {
	for _, a := range attrs {
		if a.Type == schema.TypeBlock {
			v.add(nested(a), mark)
			continue
		}
		w := v.words[a.Name]
		if w == nil {
			w = &word{Attribute: a, ty: typeOf(a.Type)}
			v.words[a.Name] = w
		}
		mark(w)
	}
}

// nested are the fields of a block, with dotted names as they are written. A
// change of one is a change of the block.
func nested(block schema.Attribute) schema.Attributes {
	fields := make(schema.Attributes, len(block.Fields))
	for i, f := range block.Fields {
		f.Name = block.Name + "." + f.Name
		if f.OnChange == schema.EffectNone {
			f.OnChange = block.OnChange
		}
		fields[i] = f
	}
	return fields
}

// find is the word for a setting, and nil when there is none. The elements of a
// map(bool) are settings of their own, such as
// optional_stages.attachments_import: element tells.
func (v *vocabulary) find(name string) (w *word, element bool) {
	if w := v.words[name]; w != nil {
		return w, false
	}
	parent, _, dotted := strings.Cut(name, ".")
	if w := v.words[parent]; dotted && w != nil && w.Type == schema.TypeBoolMap {
		return w, true
	}
	return nil, false
}

// unknownWord reports a setting that is not in the vocabulary. It returns the
// word that was probably meant, or "".
func (l *loader) unknownWord(v *vocabulary, s *setting) string {
	known := sortedKeys(v.words)
	name := schema.Printable(s.name)
	if slices.ContainsFunc(known, func(word string) bool { return strings.HasPrefix(word, s.name+".") }) {
		l.problem("plan.attribute.block", s.nameRange, "Block required",
			fmt.Sprintf("%q is a block. Write it without the equals sign: %s { ... }", name, name))
		return ""
	}
	detail := fmt.Sprintf("There is no setting %q", name)
	if v.whose != "" {
		detail += " for " + v.whose
	}
	detail += "."
	near := schema.Nearest(s.name, known)
	if near != "" {
		detail += fmt.Sprintf(" Did you mean %q?", near)
	} else if provided := v.provided(); len(provided) > 0 {
		detail += " The settings are " + enumerate(provided, "and") + "."
	}
	l.problem("plan.attribute.unknown", s.nameRange, "Unsupported argument", detail)
	return near
}

// provided lists the words that come from providers.
func (v *vocabulary) provided() []string {
	var out []string
	for _, name := range sortedKeys(v.words) {
		if w := v.words[name]; !w.Derived && (w.setting || w.placement || w.means != "" && w.Deprecated == "") {
			out = append(out, name)
		}
	}
	return out
}

// given is a value with the expression it comes from, for diagnostics.
type given struct {
	setting *setting
	value   cty.Value
	ctx     *hcl.EvalContext
}

// check is what was written as a value of the word's type, within its bounds.
// What is wrong is reported, and the value is unknown then.
func (l *loader) check(w *word, element bool, x given) cty.Value {
	ty := w.ty
	if element {
		ty = ty.ElementType()
	}
	at := x.setting.expr.Range()
	if w.Deprecated != "" {
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagWarning, Extra: code("plan.attribute.deprecated"),
			Summary: "Deprecated argument",
			Detail:  fmt.Sprintf("%q is deprecated. %s", w.Name, sentence(schema.Printable(w.Deprecated))),
			Subject: &x.setting.nameRange,
		})
	}
	if w.Secret {
		return l.checkSecret(x)
	}
	fail := func(why string) cty.Value {
		l.unsuitable(x.setting.name, at, why, x.setting.expr, x.ctx)
		return cty.UnknownVal(ty)
	}
	if w.parse != nil && x.value.IsWhollyKnown() && !x.value.IsNull() {
		v, err := w.parse(x.value)
		if err != nil {
			return fail(err.Error())
		}
		return v
	}
	v, err := ctyconvert.Convert(x.value, ty)
	if err != nil {
		return fail(err.Error())
	}
	if !v.IsWhollyKnown() || v.IsNull() {
		return v
	}
	if why := w.refuses(v); why != "" {
		return fail(why)
	}
	return v
}

// refuses says why a value of the right type is still none for w.
func (w *word) refuses(v cty.Value) string {
	ty := v.Type()
	switch {
	case ty.IsCollectionType():
		for _, e := range v.Elements() {
			if e.IsNull() {
				return "its elements must not be null"
			}
		}
	case ty == cty.String && len(w.Values) > 0 && !slices.Contains(w.Values, v.AsString()):
		given := v.AsString()
		why := fmt.Sprintf("it must be %s, not %s", enumerate(quoted(w.Values), "or"), inQuotes(given))
		if slices.Contains(w.elsewhere, given) {
			why += ", which is for the other kind of block: a repository block declares a repository, a group block a group"
		} else if near := schema.Nearest(given, w.Values); near != "" {
			why += fmt.Sprintf("; did you mean %q?", near)
		}
		return why
	case ty == cty.Number && w.Min != nil && v.LessThan(cty.NumberIntVal(*w.Min)).True():
		return fmt.Sprintf("it must be at least %d", *w.Min)
	case ty == cty.Number && w.Max != nil && v.GreaterThan(cty.NumberIntVal(*w.Max)).True():
		return fmt.Sprintf("it must be at most %d", *w.Max)
	}
	return ""
}

// checkSecret accepts references to secrets and nothing else.
func (l *loader) checkSecret(x given) cty.Value {
	switch {
	case x.value.Type() == secretType:
		return x.value
	case !x.value.IsKnown() || x.value.IsNull():
		return cty.UnknownVal(secretType)
	}
	at := x.setting.expr.Range()
	how := "Declare a secret block and refer to it: secret.NAME."
	switch text, literal := literalText(x.setting.expr); {
	case literal && strings.HasPrefix(text, "secret.") && validReference(text):
		how = fmt.Sprintf("In JSON a reference here is written \"${%s}\".", text)
	case !isReference(x.setting.expr):
		l.secrets = append(l.secrets, at)
	}
	// Neither expression nor context is shown with it: their values may be the
	// credential.
	l.problem("plan.secret.literal", at, "Secret reference required",
		fmt.Sprintf("%q is a credential and must not be in a plan. %s", x.setting.name, how))
	return cty.UnknownVal(secretType)
}

// literalText is the text of an expression without references.
func literalText(expr hcl.Expression) (string, bool) {
	if len(expr.Variables()) > 0 {
		return "", false
	}
	v, diags := expr.Value(&hcl.EvalContext{})
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// isReference reports whether expr is a name and nothing else, so that its text
// in the file holds no credential.
func isReference(expr hcl.Expression) bool {
	_, diags := hcl.AbsTraversalForExpr(expr)
	return !diags.HasErrors()
}

func validReference(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if schema.Address("x."+part).Check() != nil {
			return false
		}
	}
	return true
}

// unsuitable reports a value that a setting cannot have.
func (l *loader) unsuitable(name string, at hcl.Range, why string, expr hcl.Expression, ctx *hcl.EvalContext) {
	l.add(&hcl.Diagnostic{
		Severity: hcl.DiagError, Extra: code("plan.attribute.value"),
		Summary:     "Unsuitable value",
		Detail:      fmt.Sprintf("The value of %q does not fit: %s", schema.Printable(name), strings.TrimSuffix(why, ".")) + ending(why),
		Subject:     &at,
		Expression:  expr,
		EvalContext: ctx,
	})
}

// ending is the full stop that a sentence still needs.
func ending(text string) string {
	if strings.HasSuffix(text, "?") {
		return ""
	}
	return "."
}

// complete reports what must be set and is not: required words, and one of the
// groups of alternatives. has tells which words are set.
func (l *loader) complete(v *vocabulary, what string, at hcl.Range, has func(name string) bool) {
	var groups, used []string
	for _, name := range sortedKeys(v.words) {
		w := v.words[name]
		if w.Group != "" && !slices.Contains(groups, w.Group) {
			groups = append(groups, w.Group)
		}
		if w.Group != "" && has(name) && !slices.Contains(used, w.Group) {
			used = append(used, w.Group)
		}
	}
	if len(groups) > 0 && len(used) != 1 && !(v.open && len(used) == 0) {
		var forms []string
		for _, g := range groups {
			if words := v.group(g); !v.words[words[0]].Derived {
				forms = append(forms, enumerate(quoted(words), "and"))
			}
		}
		found := "none of them is set"
		if len(used) > 1 {
			found = "more than one of them is"
		}
		l.problem("plan.attribute.group", at, "One of several alternatives required",
			fmt.Sprintf("%s takes either %s; %s.", what, strings.Join(forms, ", or "), found))
	}
	for _, name := range sortedKeys(v.words) {
		w := v.words[name]
		if !w.Required || has(name) || w.Group != "" && !slices.Contains(used, w.Group) {
			continue
		}
		detail := fmt.Sprintf("%s needs %q.", what, name)
		if w.Doc != "" {
			detail += " " + schema.Printable(w.Doc)
		}
		l.problem("plan.attribute.missing", at, "Missing argument", detail)
	}
}

// group lists the words of a group of attributes.
func (v *vocabulary) group(g string) []string {
	var out []string
	for _, name := range sortedKeys(v.words) {
		if v.words[name].Group == g {
			out = append(out, name)
		}
	}
	return out
}
