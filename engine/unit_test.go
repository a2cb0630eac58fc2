package engine_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// Whatever a unit, its result, or what stages hand on may hold survives JSON,
// which is how they reach another process.
func TestUnitsSurviveJSON(t *testing.T) {
	for _, v := range []any{new(engine.Unit), new(engine.Result), new(engine.Progress)} {
		value := reflect.ValueOf(v).Elem()
		t.Run(value.Type().Name(), func(t *testing.T) {
			fillIn(t, value)
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.New(value.Type())
			if err := json.Unmarshal(data, got.Interface()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, got.Interface()); diff != "" {
				t.Errorf("-sent +received:\n%s", diff)
			}
		})
	}
}

// fillIn gives every field that JSON carries a value that is not zero.
func fillIn(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case json.RawMessage:
		v.SetBytes([]byte(`{"a":1}`))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fillIn(t, v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillIn(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillIn(t, key)
		fillIn(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x<&>\u2028")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 40)
	default:
		t.Fatalf("a %s has no place in a unit", v.Type())
	}
}

// What another version would carry out differently is not carried out.
func TestARunnerRefusesAnotherFormat(t *testing.T) {
	x := newExecutor(t, nil)
	runner := engine.NewRunner(toDo(t, named("a")), x.work)
	for _, format := range []int{0, engine.UnitFormat + 1} {
		_, err := runner.Run(t.Context(), engine.Unit{Format: format, Step: engine.Step{Stage: engine.StageMap}}, func(engine.Event) {})
		if err == nil || !strings.Contains(err.Error(), "format") {
			t.Errorf("format %d: error %v", format, err)
		}
	}
}

// Every unit is carried out by a Runner that has seen no other, from nothing but
// the JSON of the changeset and of the unit, and the result is the same as that
// of one Runner for all.
func TestAnyRunnerCarriesOn(t *testing.T) {
	w := newWorld(t, t.TempDir())
	s := w.open(t)
	defer s.Close()
	c := w.plan(t, s)
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	work := engine.Work{
		Store: memory{s}, Info: info, Ends: w, Run: schema.Run{Kind: schema.RunApply, Version: "0.3.0"},
		Workspace: filepath.Join(w.dir, "work"), Parallel: 1, Lanes: 2, Grace: time.Second, Now: time.Now, Wait: waitUntil,
	}
	stages := map[engine.Stage]int{}
	work.Runner = runnerFunc(func(ctx context.Context, u engine.Unit) (engine.Result, error) {
		stages[u.Step.Stage]++
		received, err := engine.ReadChangeset(data)
		if err != nil {
			return engine.Result{}, err
		}
		sent, err := json.Marshal(u)
		if err != nil {
			return engine.Result{}, err
		}
		var unit engine.Unit
		if err := json.Unmarshal(sent, &unit); err != nil {
			return engine.Result{}, err
		}
		return engine.NewRunner(received, work).Run(ctx, unit, func(engine.Event) {})
	})
	outcome, err := engine.Apply(t.Context(), c, work)
	if err != nil || !outcome.Complete() || outcome.Created != 1 {
		t.Fatalf("outcome %+v, %v", outcome, err)
	}
	if len(stages) < 6 {
		t.Errorf("only these stages were run: %v", stages)
	}
	if diff := cmp.Diff(tree(t, filepath.Join(w.dir, "in")), tree(t, filepath.Join(w.dir, "out"))); diff != "" {
		t.Errorf("archives differ (-in +out):\n%s", diff)
	}
}
