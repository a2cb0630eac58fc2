package planfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/drover-migrate/drover/schema"
)

// update rewrites what the stories want.
var update = flag.Bool("update", false, "rewrite golden files")

// TestLoad runs the stories in testdata/load. The files of an archive are a
// plan's folder, except for
//
//   - options: lines "offline", "unasked", "var NAME=VALUE", "set ADDRESS.NAME=VALUE",
//     "environ NAME=VALUE", "version V"
//   - listings.json: what sources answer to discover blocks, by address
//   - changes.json: planned changes, to ask the policies about
//   - results.json: what became of resources, to ask the postconditions and
//     outputs about
//   - want.json: the Migration, without its digest and ranges
//   - want.txt: the diagnostics as people see them, then the findings and
//     refusals, the policies' verdicts, what postconditions say, the outputs
func TestLoad(t *testing.T) {
	stories, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			runStory(t, path, story)
		})
	}
}

func runStory(t *testing.T, path string, story *txtar.Archive) {
	dir := filepath.Join(t.TempDir(), "acme")
	env := Environment{Schema: testSchema}
	var changes []Change
	var results []Result
	wants := make(map[string]int)
	for i, f := range story.Files {
		switch f.Name {
		case "want.json", "want.txt":
			wants[f.Name] = i
		case "options":
			options(t, &env, string(f.Data))
		case "listings.json":
			env.Discover = listings(t, f.Data)
		case "changes.json":
			decode(t, f.Data, &changes)
		case "results.json":
			decode(t, f.Data, &results)
		default:
			write(t, filepath.Join(dir, f.Name), f.Data)
		}
	}
	plan, diags := Read(t.Context(), dir, env)
	m := plan.Migration
	got := map[string]string{"want.json": migrationText(t, m), "want.txt": renderAll(m, diags)}
	if diags.HasErrors() {
		delete(got, "want.json") // must not be used
	}
	if changes != nil {
		got["want.txt"] += verdicts(t, plan, changes)
	}
	if results != nil {
		got["want.txt"] += becoming(plan, results)
	}
	for _, name := range []string{"want.json", "want.txt"} {
		i, wanted := wants[name]
		switch {
		case *update && wanted:
			story.Files[i].Data = []byte(got[name])
		case wanted:
			if diff := cmp.Diff(string(story.Files[i].Data), got[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		case name == "want.txt" && got[name] != "":
			t.Errorf("unexpected diagnostics:\n%s", got[name])
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(story), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func verdicts(t *testing.T, plan *Plan, changes []Change) string {
	t.Helper()
	list, err := plan.Policies(changes)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "--- %s\n%s", v.Rule, render(v.Findings))
	}
	return b.String()
}

func becoming(plan *Plan, results []Result) string {
	var b strings.Builder
	b.WriteString("--- postconditions\n" + render(plan.Postconditions(results)))
	outputs, diags := plan.Outputs(results)
	b.WriteString("--- outputs\n" + render(diags))
	for _, o := range outputs {
		fmt.Fprintf(&b, "%s = %s", o.Name, o.Value)
		if o.File != "" {
			fmt.Fprintf(&b, " in %s", o.File)
		}
		if o.Pending {
			b.WriteString(" pending")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func options(t *testing.T, env *Environment, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, value, _ := strings.Cut(rest, "=")
		switch word {
		case "offline":
			env.Schema = nil
		case "version":
			env.Version = rest
		case "var":
			env.Variables = append(env.Variables, Assignment{Name: name, Value: value, From: "--var"})
		case "environ":
			env.Environ = func(asked string) (string, bool) { return value, asked == name }
		case "set":
			o, err := ParseOverride(rest)
			if err != nil {
				t.Fatal(err)
			}
			env.Set = append(env.Set, o)
		default:
			t.Fatalf("unknown option %q", line)
		}
	}
}

// listings answers discoveries from a file. A text is an error.
func listings(t *testing.T, raw []byte) func(context.Context, schema.Discovery, schema.Connection, map[string]schema.Secret) (schema.Listing, error) {
	t.Helper()
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(raw, &answers); err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, d schema.Discovery, _ schema.Connection, _ map[string]schema.Secret) (schema.Listing, error) {
		var failure string
		if json.Unmarshal(answers[d.Address], &failure) == nil {
			return schema.Listing{}, errors.New(failure)
		}
		var l schema.Listing
		err := json.Unmarshal(answers[d.Address], &l)
		return l, err
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// migrationText is m as JSON that people can compare.
func migrationText(t *testing.T, m *schema.Migration) string {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "digest")
	delete(fields, "findings") // in want.txt
	withoutRanges(fields)
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(fields); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func withoutRanges(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "range")
		delete(v, "refusals") // in want.txt
		for _, e := range v {
			withoutRanges(e)
		}
	case []any:
		for _, e := range v {
			withoutRanges(e)
		}
	}
}

func renderAll(m *schema.Migration, diags schema.Diagnostics) string {
	text := render(diags)
	if diags.HasErrors() {
		return text
	}
	text += render(m.Findings)
	for _, r := range m.Resources {
		text += render(r.Refusals)
	}
	return text
}

// render writes diagnostics much as the command line does.
func render(diags schema.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s: %s [%s]\n", d.Severity, d.Summary, d.Code)
		if d.Address != "" {
			fmt.Fprintf(&b, "  about %s\n", d.Address)
		}
		if d.Range != nil {
			fmt.Fprintf(&b, "  on %s line %d column %d", d.Range.File, d.Range.Start.Line, d.Range.Start.Column)
			if d.Snippet != nil && d.Snippet.Context != "" {
				fmt.Fprintf(&b, ", in %s", d.Snippet.Context)
			}
			b.WriteString("\n")
		}
		if d.Snippet != nil {
			for line := range strings.Lines(d.Snippet.Code + "\n") {
				b.WriteString("  | " + line)
			}
		}
		for _, v := range d.Values {
			fmt.Fprintf(&b, "  with %s as %s\n", v.Name, v.Is)
		}
		if d.Detail != "" {
			b.WriteString("  " + d.Detail + "\n")
		}
	}
	return b.String()
}
