package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// allow makes allowances of users and, for names with a prefix, of teams.
func allow(t *testing.T, people ...string) api.Few[api.Allowance] {
	t.Helper()
	few := api.Few[api.Allowance]{TotalCount: int64(len(people))}
	for i, name := range people {
		var a api.Allowance
		a.Actor = new(struct {
			Type       string `json:"__typename"`
			Login      string `json:"login"`
			DatabaseID int64  `json:"databaseId"`
			Name       string `json:"name"`
			Team       string `json:"team"`
			App        string `json:"app"`
		})
		a.Actor.Type, a.Actor.Login, a.Actor.DatabaseID = "User", name, int64(i+1)
		if name == "keepers" {
			a.Actor.Type, a.Actor.Login, a.Actor.Team = "Team", "", name
		}
		few.Nodes = append(few.Nodes, a)
	}
	return few
}

func TestClassicRules(t *testing.T) {
	bob := []schema.Person{{ID: "1", Login: "bob"}}
	tests := []struct {
		name   string
		rule   api.Protection
		want   schema.Protection
		losses int64
	}{
		{"nothing asked for", api.Protection{}, schema.Protection{Push: "write", Merge: "write"}, 0},
		{"a pull request", api.Protection{RequiresApprovingReviews: true, RequiredApprovingReviewCount: 1, BypassAllowances: allow(t, "bob")},
			schema.Protection{Push: "nobody", Merge: "write", PushPeople: bob, Approvals: 1}, 0},
		{"restricted to people and a team", api.Protection{RestrictsPushes: true, PushAllowances: allow(t, "bob", "keepers")},
			schema.Protection{Push: "nobody", Merge: "nobody", PushPeople: bob, MergePeople: bob}, 1},
		{"locked", api.Protection{LockBranch: true, RestrictsPushes: true, PushAllowances: allow(t, "bob")}, schema.Protection{Push: "nobody", Merge: "nobody"}, 0},
		{"checks that are not asked for", api.Protection{RequiredStatusCheckContexts: []string{"ci"}}, schema.Protection{Push: "write", Merge: "write"}, 0},
		{"more people than were told", api.Protection{RestrictsPushes: true, PushAllowances: api.Few[api.Allowance]{TotalCount: 3}}, schema.Protection{Push: "nobody", Merge: "nobody"}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.rule.Pattern, test.want.Ref, test.want.Pattern = "main", "branch", "main"
			var found rules
			found.classic(test.rule)
			if diff := cmp.Diff(test.want, *found.all[0]); diff != "" {
				t.Errorf("protection (-want +got):\n%s", diff)
			}
			losses := int64(0)
			for _, l := range found.losses {
				losses += l.Count
			}
			if losses != test.losses {
				t.Errorf("%d losses, want %d", losses, test.losses)
			}
		})
	}
}

func ruleset(include []string, bypass []api.Bypass, rules ...string) api.Ruleset {
	s := api.Ruleset{Name: "set", Enforcement: "ACTIVE", Target: "BRANCH", Rules: &api.Few[api.Rule]{}, BypassActors: &api.Few[api.Bypass]{Nodes: bypass}}
	s.Conditions.RefName = &struct {
		Include []string `json:"include"`
		Exclude []string `json:"exclude"`
	}{Include: include}
	for _, r := range rules {
		s.Rules.Nodes = append(s.Rules.Nodes, api.Rule{Type: r})
	}
	return s
}

func TestRulesets(t *testing.T) {
	tests := []struct {
		name string
		set  api.Ruleset
		want []schema.Protection
	}{
		{"all branches", ruleset([]string{"~ALL"}, nil, "DELETION"), []schema.Protection{{Pattern: "**", Push: "write", Merge: "write", ForcePush: true}}},
		{"a role that need not obey", ruleset([]string{"~DEFAULT_BRANCH"}, []api.Bypass{{RoleName: "maintain"}, {OrganizationAdmin: true}}, "PULL_REQUEST"),
			[]schema.Protection{{Pattern: "trunk", Push: "maintain", Merge: "write", ForcePush: true, Deletion: true}}},
		{"nobody but administrators", ruleset([]string{"refs/heads/x"}, []api.Bypass{{OrganizationAdmin: true}}, "UPDATE"),
			[]schema.Protection{{Pattern: "x", Push: "admin", Merge: "admin", ForcePush: true, Deletion: true}}},
		{"no rules told", api.Ruleset{Name: "set", Enforcement: "ACTIVE", Target: "BRANCH"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found rules
			found.ruleset(test.set, "trunk")
			var got []schema.Protection
			for _, p := range found.all {
				got = append(got, *p)
			}
			for i := range test.want {
				test.want[i].Ref = "branch"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("protections (-want +got):\n%s", diff)
			}
		})
	}
	var found rules
	found.ruleset(ruleset([]string{"~DEFAULT_BRANCH"}, nil, "DELETION"), "")
	if len(found.all) != 0 {
		t.Errorf("a rule over the default branch of a repository that has none: %+v", found.all[0])
	}
}

// TestStrictest lets the strictest of several rules over one pattern count, in
// whatever order they come.
func TestStrictest(t *testing.T) {
	classic := api.Protection{Pattern: "main", RequiresApprovingReviews: true, RequiredApprovingReviewCount: 2, AllowsForcePushes: true, AllowsDeletions: true, BypassAllowances: allow(t, "bob", "cy")}
	other := classic
	other.BypassAllowances, other.RequiredApprovingReviewCount = allow(t, "bob"), 1
	set := ruleset([]string{"refs/heads/main"}, nil, "DELETION", "REQUIRED_SIGNATURES")
	want := schema.Protection{Ref: "branch", Pattern: "main", Push: "nobody", PushPeople: []schema.Person{{ID: "1", Login: "bob"}}, Merge: "write", ForcePush: true, Approvals: 2, Signed: true}
	for name, add := range map[string][]func(*rules){
		"one order":   {func(s *rules) { s.classic(classic) }, func(s *rules) { s.classic(other) }, func(s *rules) { s.ruleset(set, "") }},
		"the reverse": {func(s *rules) { s.ruleset(set, "") }, func(s *rules) { s.classic(other) }, func(s *rules) { s.classic(classic) }},
	} {
		var found rules
		for _, f := range add {
			f(&found)
		}
		if len(found.all) != 1 {
			t.Fatalf("%s: %d protections", name, len(found.all))
		}
		if diff := cmp.Diff(want, *found.all[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
