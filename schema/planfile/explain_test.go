package planfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	story := map[string]string{"a.plan.hcl": `
secret "x" {
  env = "X"
}

source "github" "acme" {
  personal_access_token = secret.x
  pagination_limit      = 20
}

target "gitlab" "new" {
  url          = "https://gitlab.example"
  access_token = secret.x
  visibility   = "internal"
}

authors "acme" {
  unmatched = "keep"
}

profile "root" {
  source  = source.github.acme
  target  = target.gitlab.new
  authors = authors.acme

  optional_stages {
    a = true
    b = true
  }

  lifecycle {
    on_orphan = "archive"
  }
}

profile "leaf" {
  extends          = profile.root
  target_namespace = "leaf"
  method           = "import_api"
}

repository "one" {
  profile = profile.leaf
  repo_id = 1

  optional_stages {
    b = false
  }
}
`}
	env := Environment{Schema: testSchema, Set: []Override{{Address: "repository.one", Name: "new_name", Value: "chosen"}}}
	m, diags := Load(t.Context(), plan(t, story), env)
	if diags != nil {
		t.Fatal(render(diags))
	}
	settings, err := Explain(m, "repository.one")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range settings {
		line := fmt.Sprintf("%s = %s  (%s", s.Name, s.Value, s.Origin.Level)
		if !s.Origin.Range.IsZero() {
			line += ", " + s.Origin.Range.String()
		}
		got = append(got, line+")")
	}
	want := []string{
		`authors = "acme"  (profile "root", a.plan.hcl:24)`,
		`lifecycle.on_conflict = "error"  (default)`,
		`lifecycle.on_orphan = "archive"  (profile "root", a.plan.hcl:32)`,
		`lifecycle.on_ref_gone = "keep"  (default)`,
		`lifecycle.on_source_drift = "follow"  (default)`,
		`lifecycle.on_target_drift = "stop"  (default)`,
		`method = "import_api"  (profile "leaf", a.plan.hcl:39)`,
		`new_name = "chosen"  (--set)`,
		`source = "source.github.acme"  (profile "root", a.plan.hcl:22)`,
		`target = "target.gitlab.new"  (profile "root", a.plan.hcl:23)`,
		`target_namespace = "leaf"  (profile "leaf", a.plan.hcl:38)`,
		`optional_stages.a = true  (profile "root", a.plan.hcl:27)`,
		`optional_stages.b = false  (repository "one", a.plan.hcl:47)`,
		`pagination_limit = 20  (source "github" "acme", a.plan.hcl:8)`,
		`repo_id = "1"  (repository "one", a.plan.hcl:44)`,
		`timeout_strategy = "pessimistic"  (default)`,
		`visibility = "internal"  (target "gitlab" "new", a.plan.hcl:14)`,
		`source.github.acme.pagination_limit = 20  (source "github" "acme", a.plan.hcl:8)`,
		`source.github.acme.personal_access_token = secret.x  (source "github" "acme", a.plan.hcl:7)`,
		`source.github.acme.timeout_strategy = "pessimistic"  (default)`,
		`target.gitlab.new.access_token = secret.x  (target "gitlab" "new", a.plan.hcl:13)`,
		`target.gitlab.new.method = "direct"  (default)`,
		`target.gitlab.new.missing_namespace = "error"  (default)`,
		`target.gitlab.new.url = "https://gitlab.example"  (target "gitlab" "new", a.plan.hcl:12)`,
		`target.gitlab.new.visibility = "internal"  (target "gitlab" "new", a.plan.hcl:14)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}

	if _, err := Explain(m, "repository.ome"); err == nil || !strings.Contains(err.Error(), "did you mean repository.one?") {
		t.Errorf("an unknown address gives %v", err)
	}
	m.Partial = map[string]string{"repository.half": "the source was not asked"}
	if _, err := Explain(m, `repository.half["x"]`); err == nil || !strings.Contains(err.Error(), "the source was not asked") {
		t.Errorf("an address of a partial block gives %v", err)
	}
}
