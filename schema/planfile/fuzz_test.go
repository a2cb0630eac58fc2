package planfile

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-migrate/drover/schema"
)

// canary is the text of a file beside the plan's folder.
const canary = "c4n4ry-0utside"

// FuzzLoad: whatever the files say, Load comes back with the same answer each
// time, explains itself in text that a terminal can be trusted with, and tells
// nothing of what lies outside the folder.
func FuzzLoad(f *testing.F) {
	for _, seed := range []struct {
		src    string
		inJSON bool
	}{
		{fuzzPlan, false},
		{`locals { a = local.b, b = local.a }`, false},
		{"locals {\n  a = file(\"../canary\")\n  b = [for k, v in { x = 1 } : \"${k}${v}\"]\n}\n", false},
		{`{"source": {"fuzz": {"a": {"url": "${\"x\"}"}}}, "repository": {"r": {"for_each": {"k": "v"}, "source": "source.fuzz.a", "target": "target.fuzz.b", "new_name": "${each.key}"}}}`, true},
		{`{"policy": {"p": {"for_each": "${plan.changes}", "condition": "${each.value.action == \"create\"}", "error_message": "${each.key}"}}, "guard": {"max_orphans": "1%"}, "output": {"o": {"value": "${{ for k, r in gists.g : k => r }}", "file": "../x.csv"}}, "gists": {"g": {"source": "source.fuzz.a", "target": "target.fuzz.b", "method": "import_api"}}}`, true},
		{`{"moved": [{"from": "repository.a[\"x\"]", "to": "repository.b"}]}`, true},
	} {
		f.Add([]byte(seed.src), seed.inJSON)
	}
	f.Fuzz(func(t *testing.T, src []byte, inJSON bool) {
		parent := t.TempDir()
		dir, name := filepath.Join(parent, "plan"), "fuzz.plan.hcl"
		if inJSON {
			name += ".json"
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for path, content := range map[string][]byte{filepath.Join(dir, name): src, filepath.Join(parent, "canary"): []byte(canary)} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		first, text := fuzzLoad(t, dir)
		_, again := fuzzLoad(t, dir)
		if diff := cmp.Diff(text, again); diff != "" {
			t.Errorf("loading twice differs (-first +second):\n%s", diff)
		}
		if strings.Contains(text, canary) && !bytes.Contains(src, []byte(canary)) {
			t.Errorf("a file outside the folder was read:\n%s", text)
		}
		seen := make(map[schema.Address]bool)
		for _, r := range first.Resources {
			if err := r.Address.Check(); err != nil || seen[r.Address] {
				t.Errorf("resource %s: seen before: %t; %v", r.Address, seen[r.Address], err)
			}
			seen[r.Address] = true
		}
	})
}

// The seed is a plan without mistakes, so that the fuzzer starts deep inside.
func TestFuzzSeedLoads(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "fuzz.plan.hcl"), []byte(fuzzPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	m, diags := Load(t.Context(), dir, fuzzEnvironment())
	if len(m.Resources) != 3 || diags != nil {
		t.Errorf("the seed has %d resources, and the diagnostics %v", len(m.Resources), diags)
	}
}

// fuzzLoad loads a plan, checks its diagnostics one by one, and returns all of
// it as text too.
func fuzzLoad(t *testing.T, dir string) (*schema.Migration, string) {
	t.Helper()
	p, diags := Read(t.Context(), dir, fuzzEnvironment())
	m := p.Migration
	answers := fuzzJudge(t, p)
	for _, d := range append(slices.Clone(diags), answers.found...) {
		if d.Code == "" || d.Summary == "" || d.Severity == "" {
			t.Errorf("diagnostic without code, summary or severity: %+v", d)
		}
		shown := d.Summary + d.Detail
		if d.Snippet != nil {
			shown += d.Snippet.Code + d.Snippet.Context
		}
		for _, v := range d.Values {
			shown += v.Name + v.Is
		}
		if schema.PrintableText(shown) != shown {
			t.Errorf("diagnostic that acts on a terminal: %q", shown)
		}
	}
	text, err := json.MarshalIndent([]any{m, diags, answers.found, answers.outputs}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return m, string(text)
}

// fuzzAnswers is what a plan says of its changes and results.
type fuzzAnswers struct {
	found   schema.Diagnostics
	outputs []Output
}

// fuzzJudge asks a plan about the creation of all its resources, and about what
// became of them. Its files stay in its folder.
func fuzzJudge(t *testing.T, p *Plan) fuzzAnswers {
	t.Helper()
	var changes []Change
	var results []Result
	for _, r := range p.Migration.Resources {
		side := ChangeSide{Settings: r.Settings}
		changes = append(changes, Change{Address: r.Address, Action: "create", Before: side, After: side})
		results = append(results, Result{Address: r.Address, Name: r.Name, TargetURL: "https://new.example", Counts: schema.Counts{"issue": {Source: 1}}})
	}
	verdicts, err := p.Policies(changes)
	if err != nil {
		t.Errorf("policies: %v", err)
	}
	var a fuzzAnswers
	for _, v := range verdicts {
		a.found = append(a.found, v.Findings...)
	}
	a.found = append(a.found, p.Postconditions(results)...)
	outputs, found := p.Outputs(results)
	a.outputs, a.found = outputs, append(a.found, found...)
	for _, o := range outputs {
		if !json.Valid(o.Value) {
			t.Errorf("output %s is not JSON: %q", o.Name, o.Value)
		}
		if o.File != "" && (!filepath.IsLocal(o.File) || strings.HasPrefix(filepath.Base(o.File), ".")) {
			t.Errorf("output %s would be written to %q", o.Name, o.File)
		}
	}
	return a
}

func fuzzEnvironment() Environment {
	return Environment{
		Schema:   func(string) (schema.ProviderSchema, error) { return fuzzSchema(), nil },
		Discover: fuzzDiscover,
	}
}

func fuzzSchema() schema.ProviderSchema {
	connection := schema.Attributes{
		{Name: "url", Type: schema.TypeString},
		{Name: "access_token", Type: schema.TypeString, Secret: true},
	}
	return schema.ProviderSchema{
		Name: "fuzz", IsSource: true, IsTarget: true,
		Source: connection, Target: connection,
		Repository: schema.Attributes{
			{Name: "path", Type: schema.TypeString, Required: true},
			{Name: "pages", Type: schema.TypeNumber, Default: "20"},
			{Name: "refs", Type: schema.TypeStringList},
			{Name: "optional_stages", Type: schema.TypeBoolMap},
		},
		Placement: schema.Attributes{{Name: "visibility", Type: schema.TypeString, Values: []string{"private", "public"}}},
		Group:     schema.Attributes{{Name: "path", Type: schema.TypeString, Required: true}},
		Discover:  map[string]schema.Attributes{"repositories": {{Name: "owner", Type: schema.TypeString}}},
	}
}

func fuzzDiscover(context.Context, schema.Discovery, schema.Connection, map[string]schema.Secret) (schema.Listing, error) {
	return schema.Listing{Complete: true, Items: []schema.Found{
		{Identity: "1", FullName: "acme/api", Owner: "acme", Name: "api"},
		{Identity: "2", FullName: "acme/a\u202eb", Owner: "acme", Name: "a\u202eb", Custom: json.RawMessage(`{"n":[1]}`)},
	}}, nil
}

const fuzzPlan = `
drover {
  required_version = ">= 0.1"
}
variable "wave" {
  type    = number
  default = 1
  validation {
    condition     = var.wave < 4
    error_message = "wave must be below 4."
  }
}
locals {
  waves = { for r in discover.repositories.acme.items : r.full_name => 1 }
}
secret "token" {
  env = "TOKEN"
}
source "fuzz" "a" {
  url          = "https://a.example"
  access_token = secret.token
}
target "fuzz" "b" {}
discover "repositories" "acme" {
  source  = source.fuzz.a
  owner   = "acme"
  exclude = ["*-sandbox"]
}
authors "acme" {
  author "hubot" {
    name = "Hubot"
  }
}
profile "base" {
  pages = 50
  optional_stages {
    notes = true
  }
}
profile "more" {
  extends = profile.base
  authors = authors.acme
}
repository "acme" {
  for_each = { for r in discover.repositories.acme.items : r.full_name => r if lookup(local.waves, r.full_name, 9) <= var.wave }
  source   = source.fuzz.a
  target   = target.fuzz.b
  profile  = each.value.size_mb > 10 ? profile.base : profile.more

  path             = each.key
  new_name         = slug(each.value.name)
  target_namespace = "acme"
  lifecycle {
    on_orphan = "archive"
  }
  precondition {
    condition     = self.name != "api"
    error_message = "${each.key} is taken."
  }

  postcondition {
    condition     = self.counts.issue.imported > 0 || self.path == null
    error_message = "${each.key} has no issues."
  }
}
group "all" {
  source                = source.fuzz.a
  target                = target.fuzz.b
  path                  = "infra"
  destination_slug      = "infra"
  destination_namespace = ""
}
policy "private" {
  severity      = "warning"
  for_each      = plan.changes
  condition     = each.value.action != "create" || each.value.after.visibility != "public"
  error_message = "${each.key} would become public."
}
guard {
  max_creates = "50%"
  max_bytes   = "2GB"
}
output "redirects" {
  value = { for k, r in repository.acme : k => r.target_url }
  file  = "out/redirects.csv"
}
output "group" {
  value = group.all.path
}
moved {
  for_each = toset(["x"])
  from     = repository.old[each.key]
  to       = repository.acme[each.key]
}
`

// FuzzFormat: formatting what is formatted changes nothing, and formatting
// changes nothing but white space.
func FuzzFormat(f *testing.F) {
	f.Add([]byte("locals {\na=1 # c\n  b = [1,\n2]\n}\n"))
	f.Add([]byte("a = <<-EOT\n  x ${ y }\n  EOT\n"))
	f.Add([]byte("a = \"%{ if x ~}y%{ endif }\"\r\nb \"c\" {}\r\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		once, diags := Format(src, "a.plan.hcl")
		if diags.HasErrors() {
			return
		}
		twice, diags := Format(once, "a.plan.hcl")
		if diags.HasErrors() {
			t.Fatalf("%q became %q, which is refused: %v", src, once, diags)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("%q became %q, then %q", src, once, twice)
		}
		before, after := significant(t, src), significant(t, once)
		if before != after {
			t.Errorf("%q became %q: the tokens were\n%q, and are\n%q", src, once, before, after)
		}
	})
}

// significant is the tokens of a plan file that are more than layout.
func significant(t *testing.T, src []byte) string {
	t.Helper()
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	var b bytes.Buffer
	for _, token := range tokens {
		text := token.Bytes
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			continue
		case hclsyntax.TokenComment:
			text = bytes.TrimSpace(text)
		}
		b.WriteString(token.Type.String())
		b.Write(text)
		b.WriteByte(0)
	}
	return b.String()
}
