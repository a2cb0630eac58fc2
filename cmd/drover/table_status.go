package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// statusRow is a resource as drover status shows it.
type statusRow struct {
	Entry    schema.Entry
	Counts   schema.Counts
	Failures int // items that failed and still do

	// Failed are failures to tell with the resource in JSON; nil tells none.
	Failed []schema.Failure

	// Conversion is what was counted in the history; nil before there is one.
	Conversion *schema.Conversion

	// Job is the import that a forge carries out by itself; nil when none does.
	Job *schema.Job

	Losses int64         // that the source holds and git cannot
	Lost   []schema.Loss // those, when they are to be told one by one

	// Stalled says that the entry is in the middle of a run and that no such
	// run is active: it was cut off.
	Stalled bool
}

// writeStatus writes resources as a table, and a last line that counts them by
// phase.
func writeStatus(w io.Writer, rows []statusRow, now time.Time) error {
	if len(rows) == 0 {
		_, err := io.WriteString(w, "No resources in the state.\n")
		return err
	}
	t := newTable(w, "RESOURCE", "PHASE", "STAGE", "SOURCE", "FETCHED", "IMPORTED", "SKIPPED", "FAILED", "UPDATED", "TARGET")
	for _, r := range rows {
		sum := sumOf(r.Counts)
		phase := string(r.Entry.Phase)
		if r.Stalled {
			phase += ", cut off"
		}
		t.row(r.Entry.Address.Display(), phase, dash(r.Entry.Stage), grouped(sum.Source), grouped(sum.Fetched), grouped(sum.Imported),
			grouped(sum.Skipped), grouped(max(sum.Failed, int64(r.Failures))), ageOf(r.Entry.UpdatedAt, now), targetPath(&r.Entry))
	}
	if err := t.flush(); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\n" + statusLine(rows) + "\n")
	addJobs(&b, rows)
	addLosses(&b, rows)
	_, err := io.WriteString(w, b.String())
	return err
}

// addJobs tells how the imports stand that forges carry out by themselves: those
// under way, and of the others what there is to say.
func addJobs(b *strings.Builder, rows []statusRow) {
	for i := range rows {
		j := rows[i].Job
		if j == nil {
			continue
		}
		state := cmp.Or(j.Status, string(j.State))
		switch {
		case j.ID == "":
			state = "may have been started; apply finds out"
		case j.HasFailures && j.State == schema.JobFinished:
			state += ", with failures"
		}
		fmt.Fprintf(b, "\n%s: imported by the target itself: %s", nameAt(rows[i].Entry.Address), shown(state))
		if j.Text != "" {
			fmt.Fprintf(b, ", %s", shown(bounded(j.Text, mostDetail)))
		}
		if j.URL != "" {
			fmt.Fprintf(b, "  %s", shown(j.URL))
		}
		b.WriteString("\n")
		for _, e := range j.Entities[:min(len(j.Entities), mostDifferences)] {
			failed := ""
			if n := len(e.Failures); n > 0 {
				failed = "  " + plural(int64(n), "failure")
			}
			fmt.Fprintf(b, "  %-7s  %-8s  %s -> %s%s\n", shown(e.EntityType), shown(e.Status), clip(shown(e.SourceFullPath), mostName), clip(shown(e.DestinationFullPath), mostName), failed)
		}
		if more := len(j.Entities) - mostDifferences; more > 0 {
			fmt.Fprintf(b, "  %s; --json lists them\n", plural(int64(more), "more entity"))
		}
	}
}

// addLosses lists what git could not hold, where it is asked for, else says who
// lost something.
func addLosses(b *strings.Builder, rows []statusRow) {
	with := 0
	for i := range rows {
		r := &rows[i]
		if r.Losses == 0 {
			continue
		}
		with++
		if r.Lost == nil {
			continue
		}
		fmt.Fprintf(b, "\n%s: the target does not hold everything that the source has\n", nameAt(r.Entry.Address))
		for _, l := range r.Lost[:min(len(r.Lost), mostDifferences)] {
			fmt.Fprintf(b, "  %s\n", lossText(l))
		}
		if more := len(r.Lost) - mostDifferences; more > 0 {
			fmt.Fprintf(b, "  %s; --json lists them\n", plural(int64(more), "more loss"))
		}
	}
	if with > 0 && rows[0].Lost == nil {
		fmt.Fprintf(b, "%s of which the target does not hold everything; drover status ADDRESS tells what.\n", plural(int64(with), "resource"))
	}
}

// lossText names a loss, where it was met, and what became of it.
func lossText(l schema.Loss) string {
	where := clip(shown(l.Path), mostDetail)
	if where == "" {
		where = refName(l.Ref)
	}
	if l.Revision != "" {
		where = strings.TrimSpace(where + " (" + clip(shown(l.Revision), mostName) + ")")
	}
	if where != "" {
		where += ": "
	}
	text := where + shown(bounded(l.Message, mostDetail))
	if l.Count > 1 {
		text += fmt.Sprintf(" (%s times)", grouped(l.Count))
	}
	return text + " [" + shown(l.Code) + "]"
}

func targetPath(e *schema.Entry) string {
	return engine.Place{Namespace: e.Namespace, Name: e.Name}.Path()
}

func sumOf(counts schema.Counts) schema.Count {
	var sum schema.Count
	for _, c := range counts {
		sum.Source += c.Source
		sum.Fetched += c.Fetched
		sum.Imported += c.Imported
		sum.Skipped += c.Skipped
		sum.Failed += c.Failed
	}
	return sum
}

// statusLine counts the resources by phase, what needs attention last.
func statusLine(rows []statusRow) string {
	counts := map[schema.Phase]int{}
	for _, r := range rows {
		counts[r.Entry.Phase]++
	}
	var parts []string
	for _, p := range []schema.Phase{
		schema.PhaseSynced, schema.PhasePlanned, schema.PhaseSyncing,
		schema.PhaseCanceled, schema.PhasePartial, schema.PhaseFailed,
	} {
		if counts[p] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(int64(counts[p])), p))
		}
	}
	return fmt.Sprintf("%s: %s.", plural(int64(len(rows)), "resource"), strings.Join(parts, ", "))
}

// statusRecord is a resource as the JSON output has it. Beside our own phase it
// carries what programs know from the import interfaces of forges: the fields
// of GitLab's entity listing, and the import_status of its GitHub importer.
type statusRecord struct {
	Address schema.Address `json:"address"`
	Phase   schema.Phase   `json:"phase"`
	Stage   string         `json:"stage,omitempty"`
	Stalled bool           `json:"stalled,omitempty"`

	ID           string `json:"id"` // of the repository at the target; empty until it is created
	EntityType   string `json:"entity_type"`
	Status       string `json:"status"`        // created, started, finished, failed, canceled, timeout
	ImportStatus string `json:"import_status"` // scheduled, started, finished, failed, canceled

	SourceFullPath      string `json:"source_full_path"`
	FullPath            string `json:"full_path"`
	DestinationFullPath string `json:"destination_full_path"`
	DestinationName     string `json:"destination_name"`
	Namespace           string `json:"destination_namespace"`
	Slug                string `json:"destination_slug"`
	ProviderLink        string `json:"provider_link,omitempty"` // the repository at the source
	WebURL              string `json:"web_url,omitempty"`       // the repository at the target

	Stats       map[string]schema.Count `json:"stats"` // by kind, in the plural
	HasFailures bool                    `json:"has_failures"`
	Failed      int                     `json:"failed"` // items
	Failures    []failureRecord         `json:"failures,omitempty"`

	// Import is the job of a forge that imports by itself, and Entities are the
	// groups and projects of it, as GitLab lists them.
	entityIDs
	Import   *schema.Job        `json:"import,omitempty"`
	Entities []schema.JobEntity `json:"entities,omitempty"`

	SourceImport sourceImport  `json:"source_import"`
	Losses       []schema.Loss `json:"losses,omitempty"` // when resources are named
	Lost         int64         `json:"lost"`             // how many there are

	CreatedAt schema.Time `json:"created_at,omitzero"`
	UpdatedAt schema.Time `json:"updated_at,omitzero"`
	Run       string      `json:"run,omitempty"`
	Rev       int64       `json:"rev"`
}

// entityIDs are what a direct transfer knows of a resource besides; null for
// what came another way.
type entityIDs struct {
	BulkImportID       *int64 `json:"bulk_import_id"`
	ParentID           *int64 `json:"parent_id"`
	NamespaceID        *int64 `json:"namespace_id"`
	ProjectID          *int64 `json:"project_id"`
	MigrateProjects    bool   `json:"migrate_projects"`
	MigrateMemberships bool   `json:"migrate_memberships"`
}

// newEntityIDs are those of the first entity: that of the resource itself.
func newEntityIDs(job *schema.Job) entityIDs {
	if job == nil || len(job.Entities) == 0 {
		return entityIDs{}
	}
	e := &job.Entities[0]
	return entityIDs{&e.BulkImportID, e.ParentID, e.NamespaceID, e.ProjectID, e.MigrateProjects, e.MigrateMemberships}
}

func newStatusRecord(r statusRow) statusRecord {
	e := &r.Entry
	record := statusRecord{
		Address: e.Address, Phase: e.Phase, Stage: e.Stage, Stalled: r.Stalled,
		ID: e.TargetRef.ID, EntityType: "project_entity", Status: entityStatus(r), ImportStatus: importStatus(r),
		SourceFullPath: e.FullName, FullPath: targetPath(e), DestinationFullPath: targetPath(e), DestinationName: e.Name,
		Namespace: e.Namespace, Slug: e.Name, entityIDs: newEntityIDs(r.Job),
		ProviderLink: e.SourceURL, WebURL: e.TargetRef.URL,
		Stats: map[string]schema.Count{}, HasFailures: r.Failures > 0, Failed: r.Failures,
		SourceImport: newSourceImport(r), Losses: r.Lost, Lost: r.Losses,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Run: e.Run, Rev: e.Rev,
	}
	if r.Entry.Address.Kind() == "group" {
		record.EntityType = "group_entity"
	}
	if r.Job != nil {
		job := *r.Job
		record.Entities, job.Entities = job.Entities, nil
		record.Import, record.HasFailures = &job, record.HasFailures || job.HasFailures
	}
	for k, c := range r.Counts {
		record.Stats[k.Plural()] = c
		record.HasFailures = record.HasFailures || c.Failed > 0
	}
	for _, f := range r.Failed {
		record.Failures = append(record.Failures, newFailureRecord(f))
	}
	return record
}

// sourceImport is how far the git data has come, in the fields of GitHub's
// source imports. Sizes are bytes.
type sourceImport struct {
	Status          string `json:"status"` // detecting, importing, mapping, pushing, complete, auth_failed, error, canceled, or empty
	StatusText      string `json:"status_text"`
	FailedStep      string `json:"failed_step,omitempty"`
	CommitCount     int64  `json:"commit_count"`
	HasLargeFiles   bool   `json:"has_large_files"`
	LargeFilesCount int64  `json:"large_files_count"`
	LargeFilesSize  int64  `json:"large_files_size"`
}

func newSourceImport(r statusRow) sourceImport {
	e := &r.Entry
	s := sourceImport{CommitCount: e.CommitCount}
	if c := r.Conversion; c != nil {
		s.LargeFilesCount, s.LargeFilesSize = c.LargeFiles, c.LargeBytes
		s.HasLargeFiles = c.LargeFiles > 0
	}
	switch e.Phase {
	case schema.PhaseSynced, schema.PhasePartial:
		s.Status = "complete"
	case schema.PhaseCanceled:
		s.Status = "canceled"
	case schema.PhaseFailed:
		s.Status, s.FailedStep = "error", stageWord(engine.Stage(e.Stage))
		for _, f := range r.Failed {
			if f.Code == string(providers.CodeAuth) {
				s.Status = "auth_failed"
			}
		}
	case schema.PhaseSyncing:
		if s.Status = stageWord(engine.Stage(e.Stage)); s.Status == e.Stage {
			s.Status = "complete" // the git data is at the target, and records are on their way
		}
	}
	if s.StatusText = s.Status; s.FailedStep != "" {
		s.StatusText += " while " + s.FailedStep
	}
	return s
}

// entityStatus is the phase in the words of GitLab's entities. A resource that
// was partly carried over is finished and has failures there.
func entityStatus(r statusRow) string {
	if r.Job != nil {
		switch r.Job.State {
		case schema.JobQueued:
			return "created"
		case schema.JobImporting:
			return "started"
		case schema.JobFinished, schema.JobFailed, schema.JobCanceled, schema.JobTimeout:
			return string(r.Job.State)
		}
	}
	switch r.Entry.Phase {
	case schema.PhasePlanned:
		return "created"
	case schema.PhaseSyncing:
		if r.Stalled {
			return "timeout"
		}
		return "started"
	case schema.PhaseFailed:
		return "failed"
	case schema.PhaseCanceled:
		return "canceled"
	}
	return "finished"
}

// importStatus is the phase in the words of GitLab's GitHub importer.
func importStatus(r statusRow) string {
	switch s := entityStatus(r); s {
	case "created":
		return "scheduled"
	case "timeout":
		return "failed"
	default:
		return s
	}
}

func (j *jsonWriter) statuses(rows []statusRow) error {
	for _, r := range rows {
		message := fmt.Sprintf("%s: %s", nameAt(r.Entry.Address), r.Entry.Phase)
		if err := j.line("status", message, newStatusRecord(r)); err != nil {
			return err
		}
	}
	return nil
}

// writeFailures writes failed items one after the other: what it is, why it
// failed, where to look, what to do.
func writeFailures(w io.Writer, list []schema.Failure, now time.Time, s screen) error {
	if len(list) == 0 {
		_, err := io.WriteString(w, "No failures.\n")
		return err
	}
	t := newTable(w, "RESOURCE", "ITEM", "TITLE", "CLASS", "STAGE", "STEP", "AGE", "ID", "MESSAGE")
	hints := map[string]bool{}
	var order []string
	for _, f := range list {
		item := string(f.Key.Kind) + " " + f.Key.ID
		t.row(f.Address.Display(), item, dash(clip(shown(f.Title), 40)), cmp.Or(f.Class, f.Code), f.Stage, dash(f.Step), ageOf(f.At, now), f.ID, messageWithLink(f))
		if f.Hint != "" && !hints[f.Hint] {
			hints[f.Hint] = true
			order = append(order, f.Hint)
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s.\n", plural(int64(len(list)), "failure"))
	for _, hint := range order {
		for _, line := range wrap("hint: "+shown(bounded(hint, mostDetail)), s.columns()) {
			b.WriteString(line + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func messageWithLink(f schema.Failure) string {
	if f.URL == "" {
		return f.Message
	}
	return f.Message + "  " + f.URL
}

// failureRecord is a failed item as the JSON output has it, in the fields of
// GitLab's import failures and beside them our own.
type failureRecord struct {
	Address schema.Address `json:"address"`
	Item    schema.Key     `json:"item"`
	Stage   string         `json:"stage"`
	Hint    string         `json:"hint,omitempty"`
	Run     string         `json:"run,omitempty"`

	Relation         string      `json:"relation"` // the kind, in the plural
	Step             string      `json:"step"`
	ExceptionMessage string      `json:"exception_message"`
	ExceptionClass   string      `json:"exception_class"` // the forge's name of the error, else the code
	CorrelationID    string      `json:"correlation_id_value"`
	SourceURL        string      `json:"source_url"`
	SourceTitle      string      `json:"source_title"`
	CreatedAt        schema.Time `json:"created_at,omitzero"`
}

func newFailureRecord(f schema.Failure) failureRecord {
	return failureRecord{
		Address: f.Address, Item: f.Key, Stage: f.Stage, Hint: f.Hint, Run: f.Run,
		Relation: f.Key.Kind.Plural(), Step: f.Step, ExceptionMessage: f.Message, ExceptionClass: cmp.Or(f.Class, f.Code),
		CorrelationID: f.ID, SourceURL: f.URL, SourceTitle: f.Title, CreatedAt: f.At,
	}
}

func (j *jsonWriter) failures(list []schema.Failure) error {
	for _, f := range list {
		if err := j.line("failure", nameAt(f.Address)+": "+failureText(f), newFailureRecord(f)); err != nil {
			return err
		}
	}
	return nil
}
