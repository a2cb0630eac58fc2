package planfile

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// method is how an instance comes to its target, as far as somebody said so. A
// group can only be moved by the forge.
func (l *loader) method(r *repository, set map[string]entry) string {
	e, said := set["method"]
	said = said && e.known()
	refuse := func(detail string) {
		l.findings.about = levelSet
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagError, Extra: code("plan.method"), Summary: "Unsuitable method",
			Detail: detail, Subject: e.from.setting.expr.Range().Ptr(),
			Expression: e.from.setting.expr, EvalContext: e.from.ctx,
		})
		l.findings.about = ""
	}
	switch {
	case r.form == formGroup && said && !e.is(schema.MethodImportAPI):
		refuse("Drover writes repositories, and a group with all that is in it is moved by the target's forge alone. Remove the argument or write \"import_api\".")
		return schema.MethodImportAPI
	case r.form == formGroup, r.form == formGists:
		return schema.MethodImportAPI
	case r.form == formGist && e.is(schema.MethodImportAPI):
		refuse("How gists come to the target must be known before they are listed, because a forge imports all of them at once. Write method in the gists block, in a profile that does not depend on single gists, or in the target block.")
	}
	if !said {
		return ""
	}
	return e.value.AsString()
}

// atOnce reports whether the gists of a block are imported by the target's forge,
// all at once. That decides how many resources the block has, so it must be
// known before anything is listed.
func (l *loader) atOnce(b *block) bool {
	if answer, known := l.whole[b]; known {
		return answer
	}
	l.whole[b] = l.gistsMethod(b) == schema.MethodImportAPI
	return l.whole[b]
}

// gistsMethod is the method of a gists block as far as it does not depend on
// single gists: what --set says, else the block, its profile, its target.
func (l *loader) gistsMethod(b *block) string {
	for _, o := range slices.Backward(l.env.Set) {
		if string(o.Address) == b.address() && o.Name == "method" {
			return o.Value
		}
	}
	c := l.read(b.body, resourceShape())
	own := func(name string) given {
		s := c.find(name)
		if s == nil || slices.ContainsFunc(s.expr.Variables(), func(t hcl.Traversal) bool { return t.RootName() == "each" }) {
			return given{}
		}
		r, ctx := l.evaluateIn(s.expr, scope{})
		return given{s, r.value, ctx}
	}
	if text := methodText(own("method")); text != "" {
		return text
	}
	target := own("target")
	if x := own("profile"); x.setting != nil {
		if b := l.picked(x.setting, x.value, x.ctx, profileType); b != nil {
			chain := l.profile(b).chain()
			for _, p := range slices.Backward(chain) {
				for _, x := range p.given {
					if text := methodText(x); x.setting.name == "method" && text != "" {
						return text
					}
				}
			}
			if target.setting == nil {
				target, _ = chain[len(chain)-1].ref("target")
			}
		}
	}
	if target.setting == nil {
		return ""
	}
	if b := l.picked(target.setting, target.value, target.ctx, targetType); b != nil {
		return l.connection(b, target.setting.expr.Range()).out.Method
	}
	return ""
}

// methodText is the text of a setting that is known, or "".
func methodText(x given) string {
	if x.setting == nil || !x.value.IsKnown() || x.value.IsNull() || x.value.Type() != cty.String {
		return ""
	}
	return x.value.AsString()
}

// allGists makes the resource of a gists block stand for all gists of the
// source's account.
func (l *loader) allGists(r *repository, f *frame) {
	w := f.vocabulary.words["all_gists"]
	if w == nil && !f.vocabulary.open {
		l.problem("plan.method", r.block.rng, "Unsuitable method",
			fmt.Sprintf("%s goes by the method \"import_api\", for which the source must be able to hand over all gists of its account; provider %q cannot. Write method = \"direct\".",
				r.block.address(), f.source.provider.Name))
		return
	}
	s := &setting{name: "all_gists", expr: hcl.StaticExpr(cty.True, r.block.rng), nameRange: r.block.rng, rng: r.block.rng}
	for name, e := range l.entries(f.vocabulary, r.block.level(), given{s, cty.True, nil}) {
		f.set[name] = e
	}
	if e, ok := f.set["over_file_limit"]; ok && e.known() && !e.is("skip") {
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagError, Extra: code("plan.method"), Summary: "Unsuitable value",
			Detail:  "The target's forge leaves out gists with more files than its snippets take. Write over_file_limit = \"skip\", or method = \"direct\".",
			Subject: e.from.setting.expr.Range().Ptr(),
		})
	}
}

// unlisted takes what a gists block says of which gists are meant out of its
// settings, and refuses it: a forge imports all of them.
func (l *loader) unlisted(c *contents) {
	c.settings = slices.DeleteFunc(c.settings, func(s *setting) bool {
		if listsGists(s.name) {
			l.problem("plan.method", s.nameRange, "Unsuitable argument",
				fmt.Sprintf("The target's forge imports all gists of the owner of the source's credential, so %q cannot choose among them. Remove it, or write method = \"direct\".", s.name))
		}
		return listsGists(s.name)
	})
}
