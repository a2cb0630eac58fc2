package planfile

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// What policies are checked against before there is a plan is what they see of
// one.
func TestChangeHasItsType(t *testing.T) {
	text := "x"
	side := ChangeSide{Source: &text, Settings: json.RawMessage(`{"a":1}`)}
	c := Change{
		Address: "repository.a", Before: side, After: side, Facts: ChangeFacts{Counts: map[string]int64{"issue": 1}},
		Reasons: []ChangeReason{{Code: "x"}}, Degraded: []string{"x"}, Findings: []string{"x"},
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fromJSON(raw, cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	var compare func(path string, want cty.Type, got cty.Value)
	compare = func(path string, want cty.Type, got cty.Value) {
		switch {
		case want == cty.DynamicPseudoType, got.IsNull():
		case want.IsObjectType():
			if diff := cmp.Diff(sortedKeys(want.AttributeTypes()), sortedKeys(got.Type().AttributeTypes())); diff != "" {
				t.Errorf("attributes of %s (-type +value):\n%s", path, diff)
				return
			}
			for name, a := range want.AttributeTypes() {
				compare(path+"."+name, a, got.GetAttr(name))
			}
		case want.IsListType():
			compare(path+"[0]", want.ElementType(), got.Index(cty.Zero))
		case want.IsMapType():
			compare(path+".issue", want.ElementType(), got.GetAttr("issue"))
		case want != got.Type():
			t.Errorf("%s has the type %s, and is %s", path, want.FriendlyName(), got.Type().FriendlyName())
		}
	}
	compare("change", changeType(), v)
}

func TestResultHasItsType(t *testing.T) {
	want := resultType().AttributeTypes()
	for _, r := range []Result{{}, {Pending: true}, {Name: "x", Counts: schema.Counts{"issue": {Source: 1}}}} {
		got := make(map[string]cty.Type)
		for name, v := range r.attributes() {
			got[name] = v.Type()
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(cty.Type.Equals)); diff != "" {
			t.Errorf("%+v (-type +value):\n%s", r, diff)
		}
	}
}

// Thousands of changes that a policy is against are told in a few findings that
// count the others.
func TestPolicyIsBrief(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.plan.hcl"), []byte(`
policy "same" {
  for_each      = plan.changes
  condition     = false
  error_message = "Nothing may change."
}
policy "each" {
  for_each      = plan.changes
  condition     = false
  error_message = "${each.key} must not change."
}
`))
	plan, diags := Read(t.Context(), dir, Environment{})
	if diags != nil {
		t.Fatal(diags)
	}
	var changes []Change
	for i := range 3000 {
		key := strings.Repeat("x", i+1)
		changes = append(changes, Change{Address: schema.NewAddress("repository", "a", &key), Before: ChangeSide{Settings: json.RawMessage("{}")}, After: ChangeSide{Settings: json.RawMessage("{}")}})
	}
	slices.Reverse(changes)
	verdicts, err := plan.Policies(changes)
	if err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != 2 || len(verdicts[0].Findings) != 1 || len(verdicts[1].Findings) != maxAlike {
		t.Fatalf("verdicts: %v", verdicts)
	}
	if detail := verdicts[0].Findings[0].Detail; !strings.Contains(detail, "2999 other instances") {
		t.Errorf("the finding does not count the others: %s", detail)
	}
	if detail := verdicts[1].Findings[maxAlike-1].Detail; !strings.Contains(detail, "2995 similar findings") {
		t.Errorf("the last finding does not count the others: %s", detail)
	}
}

// Judging leaves nothing behind: asked twice, the answers are the same.
func TestJudgeTwice(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.plan.hcl"), []byte(`
policy "none" {
  condition     = length(plan.changes) == 0
  error_message = "There are ${length(plan.changes)}."
}
output "count" {
  value = "none"
}
`))
	plan, _ := Read(t.Context(), dir, Environment{})
	one := []Change{{Address: "repository.a", Before: ChangeSide{Settings: json.RawMessage("{}")}, After: ChangeSide{Settings: json.RawMessage("{}")}}}
	for _, want := range []struct {
		changes  []Change
		findings int
	}{{one, 1}, {nil, 0}, {one, 1}} {
		verdicts, err := plan.Policies(want.changes)
		if err != nil || len(verdicts[0].Findings) != want.findings {
			t.Errorf("%d changes: %v, %v", len(want.changes), verdicts, err)
		}
	}
}
