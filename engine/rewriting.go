package engine

import (
	"strings"
	"sync"

	"github.com/drover-migrate/drover/engine/history"
	"github.com/drover-migrate/drover/schema"
)

// rewritingVersion goes up when the same plan would give other commits.
const rewritingVersion = 1

// rewriting is what a plan asks to be done to the history of one repository.
type rewriting struct {
	people     *peopleTable        // nil: nobody is mapped
	largeFiles *history.LargeFiles // nil: they stay where they are
	identity   string              // of the source's repository
}

// peopleTables are the authors tables of a plan, by name.
type peopleTables map[string]*peopleTable

// peopleTable is an authors table whose digest is computed once: there may be
// thousands of resources, and as many lines in the table.
type peopleTable struct {
	schema.AuthorTable
	digest func() string
}

func newPeopleTables(tables map[string]schema.AuthorTable) peopleTables {
	all := make(peopleTables, len(tables))
	for name, t := range tables {
		all[name] = &peopleTable{t, sync.OnceValue(t.Digest)}
	}
	return all
}

// rewritingOf is what r asks for. Without an authors table, and with large
// files left where they are, the history stays as the source has it.
func rewritingOf(r *schema.Resource, tables peopleTables, identity string) rewriting {
	w := rewriting{identity: identity}
	if imported(r) {
		return w // the forge's importer knows neither table nor threshold
	}
	w.people = tables[r.Authors]
	switch r.LargeFiles.UseLFS {
	case "opt_in":
		w.largeFiles = largeFiles(r.LargeFiles)
		w.largeFiles.Mode = history.Move
	case "opt_out":
		w.largeFiles = largeFiles(r.LargeFiles)
		w.largeFiles.Mode = history.Remove
	}
	return w
}

// largeFiles is which files are large.
func largeFiles(l schema.LargeFiles) *history.LargeFiles {
	large := &history.LargeFiles{Threshold: l.Threshold, Paths: l.Paths}
	if large.Threshold == 0 {
		large.Threshold = history.DefaultThreshold
	}
	return large
}

// digest identifies the rewriting; empty when nothing is rewritten.
func (w rewriting) digest() string {
	if w.people == nil && w.largeFiles == nil {
		return ""
	}
	parts := []any{rewritingVersion, nil, nil}
	if w.people != nil {
		parts[1] = w.people.digest()
		if w.people.Unmatched == "synthesize" {
			parts[1] = []string{w.people.digest(), w.identity}
		}
	}
	if l := w.largeFiles; l != nil {
		parts[2] = []any{l.Threshold, l.Mode, l.Paths}
	}
	return schema.Digest(parts)
}

// options is the rewriting of the history at from into the repository at to.
func (w rewriting) options(from, to string) history.Options {
	o := history.Options{From: from, To: to, Key: w.digest(), LargeFiles: w.largeFiles, IDs: true}
	if w.people != nil {
		o.People, o.Trailers = w.person, w.people.Trailers
	}
	return o
}

// person is who someone in the history becomes.
func (w rewriting) person(a schema.Author) (name, email string) {
	if e := w.people.Match(a); e != nil {
		name, email = a.Name, a.Email
		if e.Name != "" {
			name = e.Name
		}
		if e.Email != "" {
			email = e.Email
		}
		return name, email
	}
	if w.people.Unmatched == "synthesize" && a.Email == "" {
		login := strings.ToLower(strings.Join(strings.Fields(a.Name), "."))
		return a.Name, login + "@" + strings.TrimPrefix(schema.Digest(w.identity), "sha256:")[:12]
	}
	return a.Name, a.Email
}
