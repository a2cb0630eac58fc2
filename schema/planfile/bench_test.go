package planfile

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

const manyPlan = `
secret "x" {
  env = "X"
}

source "github" "acme" {
  personal_access_token = secret.x
}

target "gitlab" "new" {
  url          = "https://gitlab.example"
  access_token = secret.x
}

profile "standard" {
  timeout_strategy = "pessimistic"

  optional_stages {
    attachments = true
  }
}

profile "huge" {
  extends          = profile.standard
  timeout_strategy = "optimistic"
}

discover "repositories" "acme" {
  source = source.github.acme
  owner  = "acme"
}

locals {
  repositories = { for r in discover.repositories.acme.items : r.full_name => r if !r.archived }
  teams        = { for r in discover.repositories.acme.items : r.full_name => "team-${r.size_mb % 7}" }
}

repository "acme" {
  for_each         = local.repositories
  source           = source.github.acme
  target           = target.gitlab.new
  profile          = each.value.size_mb > 2000 ? profile.huge : profile.standard
  repo_id          = each.value.id
  target_namespace = "acme/${local.teams[each.key]}"
  new_name         = replace(each.value.name, "_", "-")
  visibility       = lookup({ public = "public" }, each.value.visibility, "private")

  precondition {
    condition     = each.value.visibility != "public" || self.visibility == "public"
    error_message = "${each.key} would be hidden."
  }

  lifecycle {
    on_orphan = "keep"
  }
}
`

// manyRepositories is an environment whose source lists n repositories.
func manyRepositories(n int) Environment {
	listing := schema.Listing{Complete: true}
	for i := range n {
		name := fmt.Sprintf("service_%05d", i)
		listing.Items = append(listing.Items, schema.Found{
			Identity: fmt.Sprint(i), ID: fmt.Sprint(i), FullName: "acme/" + name, Owner: "acme", Name: name,
			Visibility: "private", SizeMB: int64(i % 3000), Topics: []string{"a", "b"}, License: "MIT",
		})
	}
	return Environment{
		Schema: testSchema,
		Discover: func(context.Context, schema.Discovery, schema.Connection, map[string]schema.Secret) (schema.Listing, error) {
			return listing, nil
		},
	}
}

func BenchmarkLoad10k(b *testing.B) { benchmarkLoad(b, 10_000) }

func BenchmarkLoad50k(b *testing.B) { benchmarkLoad(b, 50_000) }

func benchmarkLoad(b *testing.B, n int) {
	dir := b.TempDir()
	write(b, filepath.Join(dir, "a.plan.hcl"), []byte(manyPlan))
	env := manyRepositories(n)
	b.ReportAllocs()
	for b.Loop() {
		m, diags := Load(b.Context(), dir, env)
		if diags.HasErrors() || len(m.Resources) != n || len(m.Resources[0].Refusals) > 0 {
			b.Fatalf("%d resources of %d; %v", len(m.Resources), n, diags)
		}
	}
}
