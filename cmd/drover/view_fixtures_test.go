package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata/views.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "views", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// rendered returns what write writes.
func rendered(t *testing.T, write func(*strings.Builder) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostileNames are names that a forge or a repository could hold. Each holds
// PWNED where it would show that a line was broken.
func hostileNames() []string {
	return []string{
		"acme/\x1b]0;PWNED\x07\x1b[2J\x9b31m",
		"acme/\u202egnp.exe\u2066PWNED\u2069",
		"acme/line\nPWNED\r\nPWNED",
		"acme/`code`` ```\n``` PWNED",
		"acme/a|b\\|c | PWNED |",
		"</details><script>PWNED</script><!-- -->",
		"@octocat fixes #1 and !2 GH-3 https://example.com/PWNED ![x](http://x/y.png)",
		"::error::PWNED ::add-mask::x ##[error]PWNED ##vso[task.setvariable]x",
		"- --option\t\x00PWNED",
		"東京/" + strings.Repeat("長", 100),
		strings.Repeat("z\u0301\u0302\u0303\u0304", 200) + "PWNED",
		"\xff\xfe bad utf-8 \xc3",
		strings.Repeat("a", 300),
		"",
	}
}

// mustBeClean fails when text would act on a terminal or a CI system, or when a
// hostile name began a line of its own.
func mustBeClean(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if got := schema.PrintableText(line); got != line {
			t.Errorf("a line would act on a terminal: %q", line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("a line holds a command of a CI system: %q", line)
		}
		if strings.HasPrefix(line, "PWNED") {
			t.Errorf("a name broke a line: %q", line)
		}
	}
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

func keyed(name, key string) schema.Address { return schema.NewAddress("repository", name, &key) }

func rangeAt(line int) schema.Range {
	return schema.Range{File: "acme.plan.hcl", Start: schema.FilePosition{Line: line, Column: 3}, End: schema.FilePosition{Line: line, Column: 56}}
}

func invalidPath() schema.Diagnostic {
	r := rangeAt(183)
	return schema.Diagnostic{
		Severity: schema.SeverityError, Code: "gitlab.path.invalid", Summary: "Invalid project path",
		Detail:  "The target would be named \"site--old\". A GitLab project path must not start or end with a special character or contain two in a row.",
		Help:    "Suggested: site-old",
		Address: `repository.acme["acme/site__old"]`, Range: &r,
		Snippet: &schema.Excerpt{Context: `repository "acme"`, Code: `  new_name         = replace(each.value.name, "_", "-")`, StartLine: 183},
		Values:  []schema.Value{{Name: "each.value.name", Is: `"site__old"`}},
	}
}

// sampleChangeset has one change of every action.
func sampleChangeset() *engine.Changeset {
	declared := &schema.Resource{Range: rangeAt(171)}
	records := []engine.Step{
		{Stage: engine.StageDetect}, {Stage: engine.StageFetch}, {Stage: engine.StageMap}, {Stage: engine.StagePush},
		{Stage: engine.StageRecords, Stream: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment}},
		{Stage: engine.StageRecords, Stream: "changes", Kinds: []schema.Kind{schema.KindChange, schema.KindReview}},
		{Stage: engine.StageRecords, Stream: "releases", Kinds: []schema.Kind{schema.KindRelease}}, {Stage: engine.StageVerify},
	}
	place := func(name string) engine.Place { return engine.Place{Namespace: "acme/core", Name: name} }
	c := &engine.Changeset{
		Drover: "0.3.0", Plan: engine.PlanRef{Name: "acme", Digest: "sha256:aa"},
		State:     schema.StateInfo{Lineage: "l1", Generation: 41},
		Providers: []engine.ProviderRef{{Name: "github", Version: "0.3.4"}, {Name: "gitlab", Version: "0.3.1"}},
		Digest:    "sha256:9b1e0000",
		Options:   engine.Options{Only: []string{"repository.acme*"}},
		Changes: []engine.Change{
			{
				Address: keyed("acme", "acme/payments"), Action: engine.ActionCreate, Resource: declared, Steps: records, Place: place("payments"),
				Source: engine.SourceFacts{
					Branches: 38, Tags: 12, OtherRefs: 1, GitBytes: 88185241, Requests: 1150, Parts: []providers.Part{providers.PartCode, providers.PartWiki},
					Counts: map[schema.Kind]int64{schema.KindIssue: 312, schema.KindChange: 148, schema.KindComment: 2907, schema.KindRelease: 9, schema.KindReview: 0, schema.KindLabel: 4},
				},
				People:   &engine.People{Authors: 17, Mapped: 16, Missing: 1, Unmatched: []schema.Author{{RemoteID: "kdavis", Commits: 3}}},
				Degraded: []string{"reviews: who approved is kept as text only", "events: left out, the target cannot hold them"},
			},
			{
				Address: keyed("acme", "acme/api"), Action: engine.ActionResync, Resource: declared, Steps: records, Place: place("api"),
				Refs: engine.RefChanges{New: 2, Moved: 1, Gone: 1, Shown: []engine.RefMove{
					{Name: "refs/heads/feature/login", To: "aaaaaaaaaaaa"}, {Name: "refs/heads/main", From: "3f1c2aa0000", To: "9d04e710000"},
					{Name: "refs/heads/old", From: "1234567890"}, {Name: "refs/tags/v1.2", To: "bbbbbbbbbbbb"},
				}},
				Reasons: []engine.Reason{
					{Code: "source.refs", Text: "the refs changed"},
					{
						Code: "config", Path: "optional_stages", Text: "optional_stages changed",
						Before: json.RawMessage(`{"attachments_import":false,"other":1}`), After: json.RawMessage(`{"attachments_import":true,"other":1}`),
						At: &schema.Origin{Level: `profile "standard"`, Range: rangeAt(132)},
					},
				},
				Target: engine.TargetFacts{Exists: true, Drifted: []engine.RefMove{{Name: "refs/heads/main", From: "3f1c2aa0000", To: "777777700"}}},
			},
			{
				Address: keyed("acme", "acme/gateway"), Action: engine.ActionRename, Resource: declared, Identity: "88121", Place: place("gateway"),
				Was: &engine.Place{Namespace: "acme/core", Name: "edge-proxy"},
				Reasons: []engine.Reason{
					{Code: "target.place", Text: "moves from acme/core/edge-proxy to acme/core/gateway"}, {Code: "source.renamed", Text: "was acme/edge-proxy at the source"},
				},
			},
			{
				Address: keyed("acme", "acme/labs-demo"), Action: engine.ActionOrphan, Place: engine.Place{Namespace: "acme/labs", Name: "labs-demo"},
				Reasons: []engine.Reason{{Code: "orphan", Text: "in the state since 2026-08-02, no longer in the plan"}},
			},
			{Address: keyed("acme", "acme/site__old"), Action: engine.ActionError, Resource: declared, Place: place("site--old"), Findings: schema.Diagnostics{invalidPath()}},
			{Address: keyed("acme", "acme/cli"), Action: engine.ActionUnchanged, Place: place("cli")},
			{
				Address: "repository.handbook", Action: engine.ActionAdopt, Resource: &schema.Resource{Range: rangeAt(12)}, Steps: records, Place: place("handbook"),
				Adopt:   &engine.Adopted{Place: engine.Place{Name: "docs"}, SameRefs: 3, Differ: 1},
				Reasons: []engine.Reason{{Code: "adopt", Text: "3 refs on both sides are the same, 1 differ"}},
			},
			{
				Address: "repository.site", Action: engine.ActionResume, Resource: &schema.Resource{Range: rangeAt(20)}, Place: place("site"),
				Reasons: []engine.Reason{{Code: "resume.canceled", Text: "cancelled during push"}},
				Findings: schema.Diagnostics{{
					Severity: schema.SeverityWarning, Code: "git.lfs.unknown", Summary: "Large files not counted", Address: "repository.site",
					Detail: "The source does not tell how many large files there are.",
				}},
			},
			{
				Address: "repository.gone", Action: engine.ActionForget, Place: place("gone"),
				Reasons: []engine.Reason{{Code: "removed", Text: "a removed block says so; the target is kept", At: &schema.Origin{Level: "removed", Range: rangeAt(9)}}},
			},
		},
	}
	c.Summary = engine.Summary{Create: 1, Resync: 1, Rename: 1, Adopt: 1, Resume: 1, Unchanged: 1, Orphan: 1, Forget: 1, Error: 1}
	return c
}

// hostileChangeset puts hostile names wherever a changeset has text of others.
func hostileChangeset() *engine.Changeset {
	c := &engine.Changeset{Plan: engine.PlanRef{Name: hostileNames()[5]}, Digest: hostileNames()[3]}
	actions := []engine.Action{engine.ActionCreate, engine.ActionResync, engine.ActionRename, engine.ActionAdopt, engine.ActionOrphan, engine.ActionForget, engine.ActionError}
	for i, name := range hostileNames() {
		r := schema.Range{File: name, Start: schema.FilePosition{Line: 1, Column: 1}, End: schema.FilePosition{Line: 1, Column: 4}}
		d := schema.Diagnostic{
			Severity: schema.SeverityError, Code: name, Summary: name, Detail: "It is " + name, Help: name, Address: name, Range: &r,
			Snippet: &schema.Excerpt{Context: name, Code: strings.ReplaceAll(name, "\nPWNED", "\nx"), StartLine: 1}, Values: []schema.Value{{Name: name, Is: name}},
		}
		d.Detail, d.Help = strings.ReplaceAll(d.Detail, "\n", " "), strings.ReplaceAll(d.Help, "\n", " ") // prose may have lines
		quoted, _ := json.Marshal(name)
		c.Providers = append(c.Providers, engine.ProviderRef{Name: name, Version: name})
		c.Options.Only = append(c.Options.Only, name)
		c.Diagnostics = append(c.Diagnostics, d)
		c.Changes = append(c.Changes, engine.Change{
			Address: keyed("acme", name), Action: actions[i%len(actions)], Identity: name, FullName: name, URL: name,
			Resource: &schema.Resource{Range: r},
			Place:    engine.Place{Namespace: name, Name: name}, Was: &engine.Place{Name: name}, Adopt: &engine.Adopted{Place: engine.Place{Name: name}},
			Steps:    []engine.Step{{Stage: engine.StageFetch}, {Stage: engine.StageRecords, Stream: name, Kinds: []schema.Kind{schema.Kind(name)}}},
			Source:   engine.SourceFacts{Branches: 1, Requests: 1, Counts: map[schema.Kind]int64{schema.Kind(name): 2}},
			Refs:     engine.RefChanges{Moved: 9, New: 1, Shown: []engine.RefMove{{Name: name, From: name, To: name}, {Name: name, To: name}}},
			Target:   engine.TargetFacts{Drifted: []engine.RefMove{{Name: name, From: name, To: name}}},
			People:   &engine.People{Authors: 2, Missing: 1, Unmatched: []schema.Author{{RemoteID: name, Commits: 1}}},
			Degraded: []string{strings.ReplaceAll(name, "\n", " ")},
			Reasons: []engine.Reason{
				{Code: name, Text: name}, {Code: "config", Path: name, Before: quoted, After: json.RawMessage(`{` + string(quoted) + `:` + string(quoted) + `}`), At: &schema.Origin{Level: name, Range: r}},
			},
			Findings: schema.Diagnostics{d},
		})
	}
	c.Changes[1].Action = engine.Action(hostileNames()[2])
	for _, change := range c.Changes {
		switch change.Action {
		case engine.ActionCreate:
			c.Summary.Create++
		case engine.ActionError:
			c.Summary.Error++
		case engine.ActionOrphan:
			c.Summary.Orphan++
		}
	}
	return c
}
