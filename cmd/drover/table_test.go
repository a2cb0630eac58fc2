package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func sampleFailure() schema.Failure {
	return schema.Failure{
		Address: keyed("acme", "acme/api"), Key: schema.Key{Kind: schema.KindIssue, ID: "77"}, Title: "#77 Crash on start", URL: "https://forge.example/acme/api/issues/77",
		Stage: "records", Step: "extractor", Code: "not_found", Message: "attachment answered 404", Hint: "remove the link from the issue", ID: "06289e4b064329a6",
		Run: "01J", At: at("2026-08-02 13:00:00"),
	}
}

func sampleStatus() []statusRow {
	api := schema.Entry{
		Address: keyed("acme", "acme/api"), Phase: schema.PhasePartial, FullName: "acme/api", SourceURL: "https://forge.example/acme/api",
		Namespace: "acme/core", Name: "api", TargetRef: schema.Ref{ID: "4242", URL: "https://target.example/acme/core/api"},
		CreatedAt: at("2026-08-01 10:00:00"), UpdatedAt: at("2026-08-02 13:00:00"), Run: "01J", Rev: 7, Identity: "99",
	}
	cut := schema.Entry{Address: "repository.handbook", Phase: schema.PhaseSyncing, Stage: "records issues", Name: "handbook", UpdatedAt: at("2026-07-02 13:00:00"), Rev: 1}
	return []statusRow{
		{
			Entry: api, Failures: 1, Failed: []schema.Failure{sampleFailure()},
			Counts: schema.Counts{schema.KindIssue: {Source: 1312, Fetched: 1312, Imported: 1311, Failed: 1}, schema.KindRef: {Source: 50, Fetched: 50, Imported: 49, Skipped: 1}},
		},
		{Entry: cut, Stalled: true},
		{Entry: schema.Entry{Address: "repository.new", Phase: schema.PhasePlanned, Name: "new"}},
	}
}

func sampleComparisons() []engine.Comparison {
	return []engine.Comparison{
		{Address: keyed("acme", "acme/api"), Path: "acme/core/api", Checked: engine.Checked{Refs: 1204, Kinds: 5, Items: 3200}},
		{
			Address: keyed("acme", "acme/web"), Path: "acme/core/web", Checked: engine.Checked{Refs: 3, Kinds: 2},
			Source: []engine.Difference{
				{Kind: schema.KindRef, Name: "refs/heads/main", Was: "3f1c2aa00", Is: "9d04e7100", Text: "moved"},
				{Kind: schema.KindRepository, Name: "name", Was: "acme/web", Is: "acme/site", Text: "renamed"},
			},
			Target:  []engine.Difference{{Kind: schema.KindIssue, Was: "312", Is: "311", Text: "1 of 312 are missing"}, {Kind: schema.KindComment, Name: "c9", Was: "17", Text: "missing"}},
			Foreign: []engine.Difference{{Kind: schema.KindRef, Name: "refs/tags/v2", Is: "aaaaaaaa", Text: "new"}},
		},
		{Address: "repository.gone", Path: "gone", Problem: &providers.Error{Code: providers.CodeAuth, Message: "the token expired", Hint: "make a new one"}},
	}
}

func sampleRuns() []schema.Run {
	return []schema.Run{
		{ID: "01J2", Kind: schema.RunApply, Started: at("2026-08-02 14:00:00"), Actor: "ann", Host: "runner-7", Version: "0.3.0"},
		{ID: "01J1", Kind: schema.RunEdit, Started: at("2026-08-02 13:00:00"), Ended: at("2026-08-02 13:01:41"), Outcome: "ok", Actor: "ann", Summary: "state forget"},
	}
}

func sampleProviders() []providerRow {
	return []providerRow{
		{Name: "git", Version: "0.3.0", Roles: []string{"source", "target"}, Path: "/usr/bin/drover-provider-git"},
		{Name: "old", Path: "/opt/drover-provider-old", Problem: "does not start: exec format error"},
	}
}

func TestTables(t *testing.T) {
	now := at("2026-08-02 14:00:00")
	entries := []schema.Entry{sampleStatus()[0].Entry, sampleStatus()[1].Entry}
	tests := []struct {
		name  string
		write func(*strings.Builder) error
	}{
		{"status", func(b *strings.Builder) error { return writeStatus(b, sampleStatus(), now) }},
		{"status-none", func(b *strings.Builder) error { return writeStatus(b, nil, now) }},
		{"failures", func(b *strings.Builder) error {
			return writeFailures(b, []schema.Failure{sampleFailure(), sampleFailure()}, now, screen{})
		}},
		{"failures-none", func(b *strings.Builder) error { return writeFailures(b, nil, now, screen{}) }},
		{"verify", func(b *strings.Builder) error { return writeVerify(b, sampleComparisons()) }},
		{"drift", func(b *strings.Builder) error { return writeDrift(b, sampleComparisons()) }},
		{"entries", func(b *strings.Builder) error { return writeEntries(b, entries) }},
		{"runs", func(b *strings.Builder) error { return writeRuns(b, sampleRuns()) }},
		{"providers", func(b *strings.Builder) error { return writeProviders(b, sampleProviders()) }},
		{"tables-json", func(b *strings.Builder) error {
			j := newJSONWriter(b, "0.3.0")
			for _, write := range []func() error{
				func() error { return j.statuses(sampleStatus()) }, func() error { return j.failures([]schema.Failure{sampleFailure()}) },
				func() error { return j.verified(sampleComparisons()) }, func() error { return j.drifted(sampleComparisons()) },
				func() error { return j.entries(entries) }, func() error { return j.runs(sampleRuns()) }, func() error { return j.providers(sampleProviders()) },
			} {
				if err := write(); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, rendered(t, test.write)) })
	}
}

// TestStatusSpeaksGitLab checks the words that programs written for GitLab's
// import interfaces look for.
func TestStatusSpeaksGitLab(t *testing.T) {
	tests := []struct {
		phase            schema.Phase
		stalled          bool
		status, imported string
	}{
		{schema.PhasePlanned, false, "created", "scheduled"},
		{schema.PhaseSyncing, false, "started", "started"},
		{schema.PhaseSyncing, true, "timeout", "failed"},
		{schema.PhaseSynced, false, "finished", "finished"},
		{schema.PhasePartial, false, "finished", "finished"},
		{schema.PhaseFailed, false, "failed", "failed"},
		{schema.PhaseCanceled, false, "canceled", "canceled"},
	}
	for _, test := range tests {
		r := newStatusRecord(statusRow{Entry: schema.Entry{Phase: test.phase}, Stalled: test.stalled})
		if r.Status != test.status || r.ImportStatus != test.imported {
			t.Errorf("%s (stalled %v): got %s and %s, want %s and %s", test.phase, test.stalled, r.Status, r.ImportStatus, test.status, test.imported)
		}
	}
	partial := newStatusRecord(statusRow{Counts: schema.Counts{schema.KindIssue: {Failed: 1}}})
	if !partial.HasFailures {
		t.Error("failed items are no failures")
	}
	var fields map[string]any
	data, err := json.Marshal(newFailureRecord(sampleFailure()))
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, name := range []string{"relation", "step", "exception_message", "exception_class", "correlation_id_value", "source_url", "source_title", "created_at"} {
		got[name] = fields[name]
	}
	want := map[string]any{
		"relation": "issues", "step": "extractor", "exception_message": "attachment answered 404", "exception_class": "not_found", "correlation_id_value": "06289e4b064329a6",
		"source_url": "https://forge.example/acme/api/issues/77", "source_title": "#77 Crash on start", "created_at": "2026-08-02T13:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

func TestTablesHostile(t *testing.T) {
	now := at("2026-08-02 14:00:00")
	var (
		status      []statusRow
		failures    []schema.Failure
		comparisons []engine.Comparison
		entries     []schema.Entry
		runs        []schema.Run
		installed   []providerRow
	)
	for _, name := range hostileNames() {
		e := schema.Entry{Address: keyed("acme", name), Phase: schema.Phase(name), Stage: name, Namespace: name, Name: name, Identity: name}
		f := schema.Failure{Address: e.Address, Key: schema.Key{Kind: schema.Kind(name), ID: name}, Title: name, URL: name, Stage: name, Code: name, Message: name, Hint: name, ID: name}
		d := []engine.Difference{{Kind: schema.Kind(name), Name: name, Was: name, Is: name, Text: name}, {Kind: schema.KindRef, Name: name, Was: name, Is: name, Text: name}}
		status = append(status, statusRow{Entry: e, Counts: schema.Counts{schema.Kind(name): {Source: 1}}})
		failures = append(failures, f)
		comparisons = append(
			comparisons, engine.Comparison{Address: e.Address, Path: name, Source: d, Target: d, Foreign: d},
			engine.Comparison{Address: e.Address, Path: name, Problem: &providers.Error{Message: name, Hint: name}},
		)
		entries = append(entries, e)
		runs = append(runs, schema.Run{ID: name, Kind: schema.RunKind(name), Outcome: name, Actor: name, Host: name, Summary: name})
		installed = append(installed, providerRow{Name: name, Version: name, Roles: []string{name}, Path: name, Problem: name})
	}
	tests := []struct {
		name  string
		rows  int // each takes one line; 0: lines are not counted
		write func(*strings.Builder) error
	}{
		{"status", len(status) + 3, func(b *strings.Builder) error { return writeStatus(b, status, now) }},
		{"failures", 0, func(b *strings.Builder) error { return writeFailures(b, failures, now, screen{}) }},
		{"verify", 0, func(b *strings.Builder) error { return writeVerify(b, comparisons) }},
		{"drift", 0, func(b *strings.Builder) error { return writeDrift(b, comparisons) }},
		{"entries", len(entries) + 1, func(b *strings.Builder) error { return writeEntries(b, entries) }},
		{"runs", len(runs) + 1, func(b *strings.Builder) error { return writeRuns(b, runs) }},
		{"providers", len(installed) + 1, func(b *strings.Builder) error { return writeProviders(b, installed) }},
		{"json", 0, func(b *strings.Builder) error {
			j := newJSONWriter(b, "0.3.0")
			return errorsOf(j.statuses(status), j.failures(failures), j.verified(comparisons), j.drifted(comparisons), j.entries(entries), j.runs(runs), j.providers(installed))
		}},
		{"json events", 0, func(b *strings.Builder) error {
			j := newJSONWriter(b, "0.3.0")
			for _, e := range hostileRun() {
				if err := j.event(e); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := rendered(t, test.write)
			mustBeClean(t, got)
			if n := strings.Count(got, "\n"); test.rows > 0 && n != test.rows {
				t.Errorf("%d lines, want %d:\n%s", n, test.rows, got)
			}
			if strings.Contains(got, "\t") {
				t.Errorf("a tab is left:\n%s", got)
			}
		})
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestTableCells(t *testing.T) {
	var b strings.Builder
	table := newTable(&b, "NAME", "TEXT")
	table.row("a\tb\nc", strings.Repeat("long ", 40))
	table.row(strings.Repeat("n", 200), "x")
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(lines), b.String())
	}
	if !strings.HasPrefix(lines[1], `a\tb\nc `) || !strings.HasSuffix(lines[1], "long long") {
		t.Errorf("row %q", lines[1])
	}
	if want := fmt.Sprintf("%s  x", clip(strings.Repeat("n", 200), mostCell)); lines[2] != want {
		t.Errorf("got %q, want %q", lines[2], want)
	}
}
