package planfile

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestEachProviderIsAskedOnce(t *testing.T) {
	dir := plan(t, map[string]string{"a.plan.hcl": onePlan + `
source "git" "other" {}

source "gone" "a" {}

source "gone" "b" {}
`})
	asked := make(map[string]int)
	env := Environment{Schema: func(provider string) (schema.ProviderSchema, error) {
		asked[provider]++
		return testSchema(provider)
	}}
	_, diags := Load(t.Context(), dir, env)
	if diff := cmp.Diff(map[string]int{"git": 1, "directory": 1, "gone": 1}, asked); diff != "" {
		t.Errorf("providers asked (-want +got):\n%s", diff)
	}
	if len(diags) != 1 {
		t.Errorf("one missing provider gives %d diagnostics:\n%s", len(diags), render(diags))
	}
}

func TestDiscoverIsAskedOnceWithItsConnection(t *testing.T) {
	dir := plan(t, map[string]string{"a.plan.hcl": onePlan + `
discover "repositories" "all" {
  source  = source.git.local
  root    = "r"
  exclude = ["x"]
}

repository "a" {
  for_each         = { for r in discover.repositories.all.items : r.full_name => r }
  source           = source.git.local
  target           = target.directory.out
  vcs_url          = "x"
  target_namespace = "a${discover.repositories.all.count}"
}

repository "b" {
  for_each         = toset([for r in discover.repositories.all.items : r.full_name])
  source           = source.git.local
  target           = target.directory.out
  vcs_url          = "x"
  target_namespace = "b"
}
`})
	type key string
	var got []string
	env := Environment{Schema: testSchema, Discover: func(ctx context.Context, d schema.Discovery, c schema.Connection, _ map[string]schema.Secret) (schema.Listing, error) {
		got = append(got, fmt.Sprint(ctx.Value(key("k")), " ", string(d.Settings), " ", d.Exclude, " ", string(c.Settings)))
		return schema.Listing{Complete: true, Items: []schema.Found{{FullName: "a/b", Name: "b"}, {FullName: "a/x", Name: "x"}}}, nil
	}}
	m, diags := Load(context.WithValue(t.Context(), key("k"), "v"), dir, env)
	if diags != nil {
		t.Fatal(render(diags))
	}
	if diff := cmp.Diff([]string{`v {"root":"r"} [x] {"base":"x"}`}, got); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
	if len(m.Resources) != 3 {
		t.Errorf("%d resources; want repository.api and one of each block", len(m.Resources))
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	env := Environment{Schema: func(provider string) (schema.ProviderSchema, error) {
		cancel()
		return testSchema(provider)
	}}
	m, diags := Load(ctx, plan(t, map[string]string{"a.plan.hcl": onePlan}), env)
	if !diags.HasErrors() || len(m.Resources) > 0 {
		t.Errorf("an interrupted Load gives %d resources and %v", len(m.Resources), diags)
	}
}

func TestOriginsAreShared(t *testing.T) {
	dir := plan(t, map[string]string{"a.plan.hcl": manyPlan})
	m, diags := Load(t.Context(), dir, manyRepositories(3))
	if diags != nil {
		t.Fatal(render(diags))
	}
	a, b := m.Resources[0].Origins, m.Resources[1].Origins
	if fmt.Sprintf("%p", a) != fmt.Sprintf("%p", b) {
		t.Error("two instances of one block have their own maps of origins")
	}
}

func TestUnreadableAnswer(t *testing.T) {
	env := Environment{Schema: testSchema, Discover: func(context.Context, schema.Discovery, schema.Connection, map[string]schema.Secret) (schema.Listing, error) {
		return schema.Listing{Complete: true, Items: []schema.Found{{FullName: "a", Name: "a", Custom: []byte(strings.Repeat("[", 100_000))}}}, nil
	}}
	dir := plan(t, map[string]string{"a.plan.hcl": onePlan + "discover \"repositories\" \"x\" {\n  source = source.git.local\n}\n"})
	m, diags := Load(t.Context(), dir, env)
	if diags != nil || len(m.Findings) != 1 || len(m.Resources) != 1 {
		t.Errorf("an unreadable answer gives %v, the findings %v and %d resources", diags, m.Findings, len(m.Resources))
	}
}
