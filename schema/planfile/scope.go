package planfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// scope says which names exist where an expression stands, beyond those that
// exist everywhere.
type scope struct {
	each bool // each.key and each.value
	self bool // self, in a precondition or postcondition

	changes bool   // plan.changes, in a policy
	results bool   // what became of resources, in an output
	only    string // when set, the only root there is
}

// result is what an expression comes to. A value that could not be had is
// unknown.
type result struct {
	value cty.Value
	gaps  []*discovery // what the value lacks the whole answer of, if anything
}

func unknown() result { return result{value: cty.DynamicVal} }

// name is one thing that an expression names, such as local.waves.
type name struct {
	root string
	path []string // waves
	at   hcl.Range
}

func (n name) address() string { return n.root + "." + strings.Join(n.path, ".") }

// depth is how many labels follow each root.
func depth(root string) int {
	switch root {
	case "source", "target", "discover":
		return 2
	}
	return 1
}

// names lists what expr names, or reports what does not exist.
func (l *loader) names(expr hcl.Expression, s scope) ([]name, bool) {
	var out []name
	ok := true
	for _, t := range expr.Variables() {
		n, found := l.name(t, s)
		if !found {
			ok = false
			continue
		}
		if n.root != "each" && n.root != "self" {
			out = append(out, n)
		}
	}
	return out, ok
}

func (l *loader) name(t hcl.Traversal, s scope) (name, bool) {
	n := name{root: t.RootName(), at: t.SourceRange()}
	roots := []string{"var", "local", "secret", "source", "target", "discover", "authors", "profile"}
	if s.only != "" {
		roots = []string{s.only}
	}
	if s.each {
		roots = append(roots, "each")
	}
	if s.self {
		roots = append(roots, "self")
	}
	if s.changes {
		roots = append(roots, "plan")
	}
	if s.results {
		roots = append(roots, resourceKinds()...)
	}
	if !slices.Contains(roots, n.root) {
		return n, l.unknownRoot(n, roots)
	}
	if n.root == "self" {
		return n, true
	}
	for i := range depth(n.root) {
		label, ok := label(t, i+1)
		if !ok {
			l.problem("plan.reference.incomplete", n.at, "Incomplete reference",
				fmt.Sprintf("After %q a name must follow, as in %s. The whole of it is no value.", n.root, example(n.root)))
			return n, false
		}
		n.path = append(n.path, label)
	}
	return n, l.declaredName(n, t)
}

func (l *loader) unknownRoot(n name, roots []string) bool {
	detail := fmt.Sprintf("Nothing is called %q here.", schema.Printable(n.root))
	switch near := schema.Nearest(n.root, roots); {
	case n.root == "each":
		detail = "each.key and each.value exist only in blocks that have for_each."
	case n.root == "self":
		detail = "self exists in preconditions and postconditions only."
	case n.root == "plan":
		detail = "plan.changes exists in policies only."
	case slices.Contains(resourceKinds(), n.root):
		detail = "What becomes of a resource can be named in outputs only. The settings of one repository block cannot be read in another. Put what they share into a local value or a profile; for an order between them write depends_on."
	case near != "":
		detail += fmt.Sprintf(" Did you mean %q?", near)
	default:
		detail += " A reference starts with " + enumerate(roots, "or") + "."
	}
	l.problem("plan.reference.unknown", n.at, "Unknown reference", detail)
	return false
}

// label is the name at step i of t, written as .name or ["name"].
func label(t hcl.Traversal, i int) (string, bool) {
	if i >= len(t) {
		return "", false
	}
	switch step := t[i].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

func example(root string) string {
	switch root {
	case "source", "target":
		return root + ".gitlab.new"
	case "discover":
		return "discover.repositories.acme"
	case "each":
		return "each.key"
	case "plan":
		return "plan.changes"
	}
	return root + ".acme"
}

// declaredName reports a name that nothing declares.
func (l *loader) declaredName(n name, t hcl.Traversal) bool {
	var known []string
	switch n.root {
	case "each":
		known = []string{"key", "value"}
	case "plan":
		known = []string{"changes"}
	case "var":
		known = sortedKeys(l.variables)
	case "local":
		known = sortedKeys(l.locals)
	default:
		for _, b := range l.byKind[n.root] {
			known = append(known, b.name())
		}
	}
	given := strings.Join(n.path, ".")
	if !slices.Contains(known, given) {
		if l.incomplete {
			return false
		}
		detail := fmt.Sprintf("The plan declares no %s.", schema.Printable(n.address()))
		if n.root == "plan" {
			detail = "There is plan.changes, nothing else."
		}
		if n.root == "each" {
			detail = "There is each.key and each.value, nothing else."
		}
		if near := schema.Nearest(given, known); near != "" {
			detail += fmt.Sprintf(" Did you mean %s.%s?", n.root, near)
		}
		l.problem("plan.reference.unknown", n.at, "Unknown reference", detail)
		return false
	}
	if n.root != "discover" {
		return true
	}
	answers := []string{"complete", "count", "items"}
	if part, ok := label(t, 3); !ok || !slices.Contains(answers, part) {
		l.problem("plan.reference.unknown", n.at, "Unknown reference",
			fmt.Sprintf("%s gives items, complete and count. Name one of them, as in %s.items.", n.address(), n.address()))
		return false
	}
	return true
}

// evaluate is the value of expr. What is wrong with it is reported, and its
// value is unknown then.
func (l *loader) evaluate(expr hcl.Expression, s scope) result {
	r, _ := l.evaluateIn(expr, s)
	return r
}

// evaluateIn is evaluate and the context that it used, which is for showing
// values in diagnostics about the result.
func (l *loader) evaluateIn(expr hcl.Expression, s scope) (result, *hcl.EvalContext) {
	names, ok := l.names(expr, s)
	if !ok {
		return unknown(), nil
	}
	ctx, gaps := l.context(names)
	value, diags := expr.Value(ctx)
	l.report("plan.expression", diags)
	if diags.HasErrors() {
		return unknown(), ctx
	}
	return result{value, gaps}, ctx
}

// context is an evaluation context that holds what names name and nothing
// else, so that its size does not depend on the plan's.
func (l *loader) context(names []name) (*hcl.EvalContext, []*discovery) {
	var gaps []*discovery
	tree := make(map[string]any)
	for _, n := range names {
		r := l.resolve(n)
		gaps = union(gaps, r.gaps)
		at := tree
		steps := append([]string{n.root}, n.path...)
		for _, step := range steps[:len(steps)-1] {
			inner, ok := at[step].(map[string]any)
			if !ok {
				inner = make(map[string]any)
				at[step] = inner
			}
			at = inner
		}
		at[steps[len(steps)-1]] = r.value
	}
	ctx := &hcl.EvalContext{Variables: make(map[string]cty.Value), Functions: l.functions}
	for root, inner := range tree {
		ctx.Variables[root] = object(inner)
	}
	return ctx, gaps
}

// object is the cty object of nested maps.
func object(x any) cty.Value {
	inner, ok := x.(map[string]any)
	if !ok {
		return x.(cty.Value)
	}
	attrs := make(map[string]cty.Value, len(inner))
	for k, v := range inner {
		attrs[k] = object(v)
	}
	return cty.ObjectVal(attrs)
}

// resolve is the value of a declared name.
func (l *loader) resolve(n name) result {
	if t, ok := referenceType(n.root); ok {
		return result{value: cty.CapsuleVal(t, l.byAddress[n.address()])}
	}
	switch n.root {
	case "var":
		return result{value: l.values[n.path[0]]}
	case "local":
		return l.local(n.path[0], n.at)
	case "plan":
		return result{value: l.changes}
	case "repository", kindGroup, kindGists:
		return result{value: l.resultsOf(l.byAddress[n.address()])}
	default:
		return l.discovered(n.address(), n.at)
	}
}

// local is the value of a local.
func (l *loader) local(name string, at hcl.Range) result {
	return l.once("local."+name, at, func() result {
		return l.evaluate(l.locals[name], scope{})
	})
}

// step is the evaluation of one thing that others may name.
type step struct {
	done   bool
	result result
}

// once evaluates the thing called name at its first use and reports a circle
// when that use is within its own evaluation.
func (l *loader) once(name string, at hcl.Range, evaluate func() result) result {
	if s, begun := l.steps[name]; begun {
		if !s.done {
			l.circle(name, at)
		}
		return s.result
	}
	s := &step{result: unknown()}
	l.steps[name] = s
	l.stack = append(l.stack, name)
	s.result = evaluate()
	l.stack = l.stack[:len(l.stack)-1]
	s.done = true
	return s.result
}

func (l *loader) circle(name string, at hcl.Range) {
	loop := append(slices.Clone(l.stack[slices.Index(l.stack, name):]), name)
	l.problem("plan.reference.circle", at, "Circular reference",
		fmt.Sprintf("This refers to itself: %s. Break the circle at one of its steps.", strings.Join(loop, " -> ")))
}

// union is a and what b has beyond it, in order.
func union(a, b []*discovery) []*discovery {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(slices.Clip(a), x)
		}
	}
	return a
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
