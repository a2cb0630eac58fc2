package planfile

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// Change is a planned change as policies see it: each.value where for_each is
// plan.changes. What there is nothing of is null.
type Change struct {
	Address   schema.Address `json:"address"`
	Kind      string         `json:"kind"`   // repository, group, gists
	Action    string         `json:"action"` // create, re-sync, rename, ...
	Identity  *string        `json:"identity"`
	FullName  *string        `json:"full_name"`
	SourceURL *string        `json:"source_url"`
	Before    ChangeSide     `json:"before"` // as it was last applied
	After     ChangeSide     `json:"after"`  // as it is wanted
	Facts     ChangeFacts    `json:"facts"`
	Reasons   []ChangeReason `json:"reasons"`
	Degraded  []string       `json:"degraded"` // what is lost, each a sentence
	Findings  []string       `json:"findings"` // the codes of its errors and warnings
}

// ChangeSide is one side of a change: all of it is null where there is nothing.
type ChangeSide struct {
	Source     *string         `json:"source"` // source.github.acme
	Target     *string         `json:"target"`
	Namespace  *string         `json:"namespace"`
	Name       *string         `json:"name"`
	Path       *string         `json:"path"`
	Method     *string         `json:"method"`
	Visibility *string         `json:"visibility"`
	Settings   json.RawMessage `json:"settings"` // an object: those of the source and of the target
}

// ChangeFacts is what was seen at the source.
type ChangeFacts struct {
	Visibility    *string          `json:"visibility"`
	DefaultBranch *string          `json:"default_branch"`
	Branches      int64            `json:"branches"`
	Tags          int64            `json:"tags"`
	GitBytes      int64            `json:"git_bytes"`
	Requests      int64            `json:"requests"`
	Counts        map[string]int64 `json:"counts"`    // by kind
	Unmatched     int64            `json:"unmatched"` // people without a mapping
	Rewritten     int64            `json:"rewritten"` // published commits that get another id
}

// ChangeReason is why a change is as it is.
type ChangeReason struct {
	Code string  `json:"code"`
	Text string  `json:"text"`
	Path *string `json:"path"` // the setting
}

// changeType is the type of a Change. Settings differ from change to change.
func changeType() cty.Type {
	side := cty.Object(map[string]cty.Type{
		"source": cty.String, "target": cty.String, "namespace": cty.String, "name": cty.String, "path": cty.String,
		"method": cty.String, "visibility": cty.String, "settings": cty.DynamicPseudoType,
	})
	return cty.Object(map[string]cty.Type{
		"address": cty.String, "kind": cty.String, "action": cty.String,
		"identity": cty.String, "full_name": cty.String, "source_url": cty.String,
		"before": side, "after": side,
		"facts": cty.Object(map[string]cty.Type{
			"visibility": cty.String, "default_branch": cty.String, "branches": cty.Number, "tags": cty.Number,
			"git_bytes": cty.Number, "requests": cty.Number, "counts": cty.Map(cty.Number),
			"unmatched": cty.Number, "rewritten": cty.Number,
		}),
		"reasons":  cty.List(cty.Object(map[string]cty.Type{"code": cty.String, "text": cty.String, "path": cty.String})),
		"degraded": cty.List(cty.String), "findings": cty.List(cty.String),
	})
}

// Verdict is what a rule of the plan says of the planned changes.
type Verdict struct {
	Rule     string             // policy.NAME
	Findings schema.Diagnostics // none: nothing against them
}

// Policies asks every policy of the plan about the planned changes. A policy that
// cannot be decided, because something that it depends on is not known or its
// condition is a mistake for one of the changes, is against them. The errors
// have the code plan.policy.
func (p *Plan) Policies(changes []Change) ([]Verdict, error) {
	l := p.l
	if len(l.byKind["policy"]) == 0 {
		return nil, nil
	}
	all := make(map[string]cty.Value, len(changes))
	for _, c := range changes {
		raw, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("look at the change of %s: %w", c.Address, err)
		}
		if all[string(c.Address)], err = fromJSON(raw, cty.DynamicPseudoType); err != nil {
			return nil, fmt.Errorf("look at the change of %s: %w", c.Address, err)
		}
	}
	l.changes = cty.ObjectVal(all)
	defer func() { l.changes = unknownChanges() }()
	var verdicts []Verdict
	for _, b := range l.byKind["policy"] {
		found := l.judged(func() { l.policy(b) })
		for i := range found {
			if found[i].Severity == schema.SeverityError {
				found[i].Code = "plan.policy"
			}
		}
		verdicts = append(verdicts, Verdict{Rule: b.address(), Findings: found})
	}
	return verdicts, nil
}

// policy judges the planned changes by one policy. Before there are any it only
// looks for mistakes.
func (l *loader) policy(b *block) {
	c := l.read(b.body, shape{attributes: []string{"severity", "for_each", "condition", "error_message"}})
	condition, message := c.find("condition"), c.find("error_message")
	if condition == nil || message == nil {
		l.problem("plan.attribute.missing", b.rng, "Missing argument", "A policy has a condition and an error_message.")
		return
	}
	severity, ok := l.policySeverity(c.find("severity"))
	if !ok {
		return
	}
	each := c.find("for_each")
	instances, known := []map[string]cty.Value{nil}, true
	if each != nil {
		instances, known = l.policyEach(each)
	}
	if !known && l.planned() {
		l.add(&hcl.Diagnostic{
			Severity: severity, Extra: code("plan.policy"), Summary: "Undecided policy", Subject: each.expr.Range().Ptr(),
			Detail: "What the policy is about depends on something that is not known, so it counts as not met.",
		})
		return
	}
	sc := scope{each: each != nil, changes: true}
	holds, _ := l.formula(condition, sc)
	says, _ := l.formula(message, sc)
	defer func() { l.current = "" }()
	for _, vars := range instances {
		l.current = l.subject(vars)
		x := l.at(holds, vars)
		verdict, decided := l.holds(x.value, condition.expr, x.ctx)
		if verdict && l.planned() {
			continue // the message may only make sense where it does not hold
		}
		d := &hcl.Diagnostic{
			Severity: severity, Summary: "Policy not met", Detail: messageText(l.at(says, vars).value),
			Subject: condition.expr.Range().Ptr(), Expression: both{condition.expr, message.expr}, EvalContext: x.ctx,
			Extra: extra{code: "plan.policy", address: l.changed(l.current)},
		}
		switch {
		case !l.planned():
			continue
		case !decided && x.value.IsKnown():
			continue // a mistake, which was reported
		case !decided:
			d.Summary, d.Detail = "Undecided policy", "The condition depends on something that is not known, so it counts as not met."
		}
		l.add(d)
	}
}

// planned reports whether there are planned changes to judge.
func (l *loader) planned() bool { return l.changes.IsKnown() }

// both is an expression whose finding also shows the values of another: the
// message tells which of the changes is meant.
type both struct {
	hcl.Expression
	message hcl.Expression
}

func (b both) Variables() []hcl.Traversal {
	return slices.Concat(b.Expression.Variables(), b.message.Variables())
}

// subject is what a policy's instance is about, by its key.
func (l *loader) subject(vars map[string]cty.Value) schema.Address {
	each, ok := vars["each"]
	if !ok {
		return ""
	}
	key := each.GetAttr("key")
	if !key.IsKnown() {
		return ""
	}
	return schema.Address(key.AsString())
}

// changed is a subject that is one of the planned changes, or empty.
func (l *loader) changed(subject schema.Address) schema.Address {
	if l.planned() && l.changes.Type().HasAttribute(string(subject)) {
		return subject
	}
	return ""
}

func (l *loader) policySeverity(s *setting) (hcl.DiagnosticSeverity, bool) {
	if s == nil {
		return hcl.DiagError, true
	}
	r, ctx := l.evaluateIn(s.expr, scope{})
	w := choice("severity", string(schema.SeverityError), string(schema.SeverityWarning))
	w.ty = cty.String
	v := l.check(w, false, given{s, r.value, ctx})
	switch {
	case v.IsKnown() && !v.IsNull() && v.AsString() == string(schema.SeverityWarning):
		return hcl.DiagWarning, true
	case v.IsKnown(), l.planned(): // what is not known does not let a plan pass
		return hcl.DiagError, true
	}
	return 0, false
}

// policyEach are the variables of a policy's instances. Where they are not known
// there is one of which nothing is known but its type.
func (l *loader) policyEach(s *setting) ([]map[string]cty.Value, bool) {
	sc := scope{changes: true}
	pairs, _, known := l.each(s, sc)
	if !known {
		element := cty.DynamicVal
		if t := l.evaluate(s.expr, sc).value.Type(); t.IsMapType() {
			element = cty.UnknownVal(t.ElementType())
		}
		return []map[string]cty.Value{eachVars(cty.UnknownVal(cty.String), element)}, false
	}
	var out []map[string]cty.Value
	for _, p := range pairs {
		out = append(out, eachVars(cty.StringVal(p.key), p.value))
	}
	return out, true
}
