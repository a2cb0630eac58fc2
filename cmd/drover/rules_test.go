package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
)

// What a policy sees of visibility is the target's: the source's, unless a
// setting says otherwise.
func TestPlannedVisibility(t *testing.T) {
	for _, test := range []struct{ placement, source, want string }{
		{`{}`, "public", "public"},
		{`{"visibility":"source"}`, "internal", "internal"},
		{`{"visibility":"private"}`, "public", "private"},
		{`{"visibility":"public"}`, "", "public"},
		{``, "", ""},
	} {
		r := &schema.Resource{Address: "repository.a", Settings: json.RawMessage(`{"repo_id":"1"}`), Placement: json.RawMessage(test.placement)}
		c := &engine.Change{Address: r.Address, Action: engine.ActionCreate, Source: engine.SourceFacts{Visibility: test.source}}
		got := ""
		if v := plannedChange(c, r, nil).After.Visibility; v != nil {
			got = *v
		}
		if got != test.want {
			t.Errorf("placement %q of a source that is %q: %q, want %q", test.placement, test.source, got, test.want)
		}
	}
}

func TestPlannedSides(t *testing.T) {
	known := &schema.Entry{Address: "repository.a", Namespace: "old", Name: "a", Settings: json.RawMessage(`{"method":"import_api","settings":{"repo_id":"1"}}`)}
	orphan := plannedChange(&engine.Change{Address: "repository.a", Action: engine.ActionOrphan}, nil, known)
	text := func(s string) *string { return &s }
	want := planfile.ChangeSide{Namespace: text("old"), Name: text("a"), Path: text("old/a"), Method: text("import_api"), Settings: json.RawMessage(`{"repo_id":"1"}`)}
	if diff := cmp.Diff(want, orphan.Before); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(planfile.ChangeSide{Settings: json.RawMessage(`{}`)}, orphan.After); diff != "" {
		t.Errorf("after of an orphan (-want +got):\n%s", diff)
	}
}

func TestEveryResource(t *testing.T) {
	m := &schema.Migration{
		Resources: []schema.Resource{{Address: `repository.a["x"]`}, {Address: "repository.b"}},
		Moved:     []schema.Moved{{From: "repository.old", To: "repository.a"}},
	}
	known := []schema.Entry{{Address: `repository.a["x"]`}, {Address: `repository.old["y"]`}, {Address: "repository.gone"}}
	if n := everyResource(m, known); n != 3 {
		t.Errorf("%d resources, want 3: two declared, one orphan", n)
	}
}

func TestOverrides(t *testing.T) {
	for _, test := range []struct {
		rules, reasons []string
		want           []engine.Override
		refused        bool
	}{
		{nil, nil, nil, false},
		{[]string{"guard"}, []string{"r"}, []engine.Override{{Rule: "guard", Reason: "r"}}, false},
		{[]string{"guard", "policy.a"}, []string{"r"}, []engine.Override{{Rule: "guard", Reason: "r"}, {Rule: "policy.a", Reason: "r"}}, false},
		{[]string{"guard", "policy.a"}, []string{"r", "s"}, []engine.Override{{Rule: "guard", Reason: "r"}, {Rule: "policy.a", Reason: "s"}}, false},
		{[]string{"guard"}, nil, nil, true},
		{[]string{"guard"}, []string{""}, nil, true},
		{[]string{"guard"}, []string{"r", "s"}, nil, true},
		{nil, []string{"r"}, nil, true},
	} {
		o := overrides{test.rules, test.reasons}
		got, err := o.list()
		if (err != nil) != test.refused {
			t.Errorf("%v: %v", test, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test, diff)
		}
	}
}
