package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func jsonOf(t *testing.T, write func(*jsonWriter) error) string {
	t.Helper()
	return rendered(t, func(b *strings.Builder) error { return write(newJSONWriter(b, "0.3.0")) })
}

func TestJSONPlan(t *testing.T) {
	golden(t, "plan-json", jsonOf(t, func(j *jsonWriter) error { return j.plan(sampleChangeset()) }))
}

func TestJSONEvents(t *testing.T) {
	golden(t, "events-json", jsonOf(t, func(j *jsonWriter) error {
		for _, e := range sampleRun() {
			if err := j.event(e.event); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestJSONLine(t *testing.T) {
	got := jsonOf(t, func(j *jsonWriter) error {
		return j.line("x", "a <b> & \x1b", map[string]string{"name": "\u202e\x7f\u009b\U000E0041##[error]é"})
	})
	want := `{"type":"version","drover":"0.3.0","format":"1.0","message":"drover 0.3.0"}` + "\n" +
		`{"type":"x","name":"\u202e\u007f\u009b\udb40\udc41\u0023#[error]é","message":"a <b> & \u001b"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	var back struct{ Name string }
	if err := json.Unmarshal([]byte(strings.Split(got, "\n")[1]), &back); err != nil || back.Name != "\u202e\x7f\u009b\U000E0041##[error]é" {
		t.Errorf("a program reads %q, %v", back.Name, err)
	}
	if err := newJSONWriter(&strings.Builder{}, "").line("x", "", []int{1}); err == nil {
		t.Error("fields that are no object were accepted")
	}
}

func TestJSONWriterFromSeveralGoroutines(t *testing.T) {
	var b strings.Builder
	j := newJSONWriter(&b, "0.3.0")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { _ = j.line("x", fmt.Sprint(i), struct{}{}) })
	}
	all.Wait()
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 21 || !strings.Contains(lines[0], `"version"`) {
		t.Errorf("got %d lines, the first is %s", len(lines), lines[0])
	}
}

func TestJSONHostile(t *testing.T) {
	mustBeClean(t, jsonOf(t, func(j *jsonWriter) error { return j.plan(hostileChangeset()) }))
}

// TestJSONSchema writes every sort of line of the views with every field set,
// and checks that the published schema knows each of them.
func TestJSONSchema(t *testing.T) {
	data, err := os.ReadFile("../../docs/json-output.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var published jsonSchema
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	unused := map[string]bool{}
	for _, rule := range published.AllOf {
		unused[rule.If.Properties["type"].Const] = true
	}
	for line := range strings.Lines(jsonOf(t, everyLine)) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		kind, _ := v["type"].(string)
		rule, ok := published.Defs["line_"+kind]
		if !ok || !slices.ContainsFunc(published.AllOf, func(r jsonRule) bool {
			return r.If.Properties["type"].Const == kind && r.Then.Ref == "#/$defs/line_"+kind
		}) {
			t.Errorf("the schema has no line of type %q", kind)
			continue
		}
		delete(unused, kind)
		for _, problem := range published.check(&rule, v, kind) {
			t.Error(problem)
		}
	}
	// The commands write these themselves.
	for _, kind := range []string{"valid", "note", "setting", "check", "author", "output", "override", "budget", "large_file", "revision", "conformance_check", "conformance_summary"} {
		delete(unused, kind)
	}
	for kind := range unused {
		t.Errorf("the schema has a line of type %q that nothing writes", kind)
	}
}

// everyLine writes a line of every type.
func everyLine(j *jsonWriter) error {
	var change engine.Change
	var found schema.Diagnostic
	var row statusRow
	var comparison engine.Comparison
	var entry schema.Entry
	var run schema.Run
	var provider providerRow
	for _, v := range []any{&change, &found, &row, &comparison, &entry, &run, &provider} {
		setEveryField(reflect.ValueOf(v).Elem(), 0)
	}
	change.Action, found.Severity, change.Findings = engine.ActionCreate, schema.SeverityError, schema.Diagnostics{found}
	change.Findings[0].Severity = schema.SeverityWarning
	entry.Phase, run.Kind, provider.Roles, comparison.Problem.Code = schema.PhaseSynced, schema.RunApply, []string{"source"}, providers.CodeAuth
	comparison.SourceProblem.Code, comparison.HistoryProblem.Code = providers.CodeAuth, providers.CodeAuth
	row.Entry.Phase = schema.PhaseSynced
	events := []engine.Event{
		&engine.RunStarted{}, &engine.StageStarted{}, &engine.StageProgress{}, &engine.StageDone{}, &engine.Checkpoint{},
		&engine.ItemFailed{}, &engine.Throttled{}, &engine.Retrying{}, &engine.RemoteStatus{}, &engine.ResourceDone{}, &engine.RunDone{},
	}
	for _, e := range events {
		setEveryField(reflect.ValueOf(e).Elem(), 0)
		switch e := e.(type) {
		case *engine.Retrying:
			e.Problem.Code = providers.CodeAuth
		case *engine.RemoteStatus:
			e.Problem.Code = providers.CodeAuth
		case *engine.ResourceDone:
			e.Problem.Code, e.Action, e.Phase = providers.CodeAuth, engine.ActionCreate, schema.PhaseFailed
		}
	}
	writes := []func() error{
		func() error {
			return j.plan(&engine.Changeset{Changes: []engine.Change{change}, Diagnostics: schema.Diagnostics{found}})
		},
		func() error { return j.failure("text", 1) },
		func() error { return j.statuses([]statusRow{row}) },
		func() error { return j.failures(row.Failed) },
		func() error { return j.verified([]engine.Comparison{comparison}) },
		func() error { return j.drifted([]engine.Comparison{comparison}) },
		func() error { return j.entries([]schema.Entry{entry}) },
		func() error { return j.runs([]schema.Run{run}) },
		func() error { return j.providers([]providerRow{provider}) },
	}
	for _, e := range events {
		writes = append(writes, func() error { return j.event(reflect.ValueOf(e).Elem().Interface().(engine.Event)) })
	}
	for _, write := range writes {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// setEveryField sets every field of v to something that is not its zero value.
func setEveryField(v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(at("2026-08-02 10:00:00")))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"a":1}`)))
		return
	}
	if depth > 10 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			setEveryField(v.Field(i), depth+1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setEveryField(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		setEveryField(v.Index(0), depth+1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		setEveryField(key, depth+1)
		setEveryField(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	}
}

// jsonSchema is as much of a JSON Schema as ours uses.
type jsonSchema struct {
	Ref        string                `json:"$ref"`
	Type       string                `json:"type"`
	Const      string                `json:"const"`
	Enum       []string              `json:"enum"`
	Format     string                `json:"format"`
	Properties map[string]jsonSchema `json:"properties"`
	Required   []string              `json:"required"`
	Items      *jsonSchema           `json:"items"`
	Additional *jsonSchema           `json:"additionalProperties"`
	AllOf      []jsonRule            `json:"allOf"`
	Defs       map[string]jsonSchema `json:"$defs"`
}

type jsonRule struct {
	If   jsonSchema `json:"if"`
	Then jsonSchema `json:"then"`
}

// check validates v strictly: members that s does not know are problems too.
func (root *jsonSchema) check(s *jsonSchema, v any, path string) (problems []string) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		def, known := root.Defs[name]
		if !known {
			return []string{path + ": the schema refers to " + name + ", which it does not define"}
		}
		s = &def
	}
	wrong := func(format string, args ...any) { problems = append(problems, path+": "+fmt.Sprintf(format, args...)) }
	got := map[bool]string{true: "null"}[v == nil]
	switch v := v.(type) {
	case string:
		got = "string"
		if s.Const != "" && v != s.Const || len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			wrong("%q is not among %q %q", v, s.Const, s.Enum)
		}
		if s.Format == "date-time" {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				wrong("%v", err)
			}
		}
	case bool:
		got = "boolean"
	case float64:
		got = "integer"
	case []any:
		got = "array"
		if s.Items == nil {
			wrong("an array of what?")
			break
		}
		for i, x := range v {
			problems = append(problems, root.check(s.Items, x, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case map[string]any:
		got = "object"
		if s.Type == "" {
			break
		}
		for name, x := range v {
			if sub, ok := s.Properties[name]; ok {
				problems = append(problems, root.check(&sub, x, path+"."+name)...)
			} else if s.Additional != nil {
				problems = append(problems, root.check(s.Additional, x, path+"."+name)...)
			} else {
				wrong("the schema has no %q", name)
			}
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong("%q is required and absent", name)
			}
		}
	}
	if s.Type != "" && s.Type != got {
		wrong("is %s, the schema says %s", got, s.Type)
	}
	return problems
}
