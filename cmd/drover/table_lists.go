package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// writeEntries lists what the state knows.
func writeEntries(w io.Writer, list []schema.Entry) error {
	t := newTable(w, "ADDRESS", "PHASE", "IDENTITY", "REV", "UPDATED", "TARGET")
	for i := range list {
		e := &list[i]
		t.row(string(e.Address), string(e.Phase), e.Identity, fmt.Sprint(e.Rev), moment(e.UpdatedAt), targetPath(e))
	}
	return t.flush()
}

func (j *jsonWriter) entries(list []schema.Entry) error {
	for i := range list {
		if err := j.entry(list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonWriter) entry(e schema.Entry) error {
	return j.line("entry", shown(string(e.Address)), e)
}

// writeRuns lists runs in the order given.
func writeRuns(w io.Writer, list []schema.Run) error {
	t := newTable(w, "RUN", "KIND", "STARTED", "TOOK", "OUTCOME", "ACTOR", "SUMMARY")
	for i := range list {
		r := &list[i]
		lasted := "-"
		if !r.Ended.IsZero() {
			lasted = took(r.Ended.Sub(r.Started))
		}
		t.row(r.ID, string(r.Kind), moment(r.Started), lasted, runOutcome(r), dash(actorOf(r)), r.Summary)
	}
	return t.flush()
}

func runOutcome(r *schema.Run) string {
	if r.Ended.IsZero() && r.Outcome == "" {
		return "running"
	}
	return dash(r.Outcome)
}

func actorOf(r *schema.Run) string {
	if r.Host == "" {
		return r.Actor
	}
	return r.Actor + "@" + r.Host
}

func (j *jsonWriter) runs(list []schema.Run) error {
	for i := range list {
		message := fmt.Sprintf("%s %s: %s", shown(list[i].ID), list[i].Kind, runOutcome(&list[i]))
		if err := j.line("run", message, list[i]); err != nil {
			return err
		}
	}
	return nil
}

// providerRow is a provider as drover provider list shows it.
type providerRow struct {
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	Roles   []string `json:"roles,omitempty"` // source, target
	Path    string   `json:"path"`
	Digest  string   `json:"digest,omitempty"`
	Problem string   `json:"problem,omitempty"` // why it does not work
}

// writeProviders lists providers.
func writeProviders(w io.Writer, rows []providerRow) error {
	t := newTable(w, "NAME", "VERSION", "ROLES", "PATH", "")
	for _, r := range rows {
		t.row(r.Name, dash(r.Version), dash(strings.Join(r.Roles, ", ")), r.Path, r.Problem)
	}
	return t.flush()
}

func (j *jsonWriter) providers(rows []providerRow) error {
	for _, r := range rows {
		message := strings.TrimSpace(r.Name + " " + r.Version)
		if r.Problem != "" {
			message = r.Name + ": " + r.Problem
		}
		if err := j.line("provider", shown(message), r); err != nil {
			return err
		}
	}
	return nil
}
