package imports

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// importType is GitLab's word for where a project was imported from.
func importType(source string) string {
	if source == sourceBitbucketCloud {
		return "bitbucket"
	}
	return source
}

// startedProject is the job of an import that was just accepted.
func (m *Importer) startedProject(p api.ImportedProject, req providers.ImportRequest, source string) schema.Job {
	path := strings.Trim(p.FullPath, "/")
	job := schema.Job{
		ID: projectID(p.ID), URL: m.page(path), State: projectState(cmp.Or(p.Status, "scheduled")), Status: p.Status, Text: schema.Printable(p.Warning),
		Target: schema.Ref{ID: strconv.FormatInt(p.ID, 10), URL: m.page(path)}, StartedAt: m.now().UTC(),
		Cancelable: source == sourceGitHub,
	}
	// The importers of Bitbucket put a project into the user's own namespace when
	// they cannot use the one that was asked for.
	if want := m.pathOf(req); path != "" && !strings.EqualFold(path, want) {
		job.Text = strings.TrimSpace(job.Text + " GitLab put the project at " + schema.Printable(path) + " and not at " + schema.Printable(want) + ".")
	}
	return job
}

// pathOf is where a project is to stand.
func (m *Importer) pathOf(req providers.ImportRequest) string {
	return cmp.Or(strings.Trim(req.Place.Namespace, "/"), m.user.Username) + "/" + req.Place.Name
}

func (m *Importer) page(path string) string {
	if path == "" {
		return ""
	}
	return m.api.Base() + "/" + schema.Printable(path)
}

// findProject looks for the project that an import would have made: GitLab makes it
// before it answers. One that no importer of that kind made is not it.
func findProject(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	s, err := m.api.ImportStatus(ctx, api.ID(m.pathOf(req)))
	switch {
	case api.IsNotFound(err):
		return schema.Job{}, nil
	case err != nil:
		return schema.Job{}, err
	case s.Type != importType(req.Source):
		return schema.Job{}, nil
	}
	return m.projectStatus(s, schema.Job{}).Job, nil
}

func (m *Importer) pollProject(ctx context.Context, id int64, before schema.Job) (providers.ImportStatus, error) {
	s, err := m.api.ImportStatus(ctx, api.Number(id))
	if err != nil {
		return providers.ImportStatus{}, err
	}
	if s.Type == "" && (s.Status == "" || s.Status == "none") {
		return providers.ImportStatus{}, &providers.Error{Code: providers.CodeNotFound, Op: "ask about the import", Subject: schema.Printable(s.FullPath),
			Message: "GitLab knows of no import into this project"}
	}
	return m.projectStatus(s, before), nil
}

// projectState is what GitLab's word for an import means. A word that is not
// known does not end a job.
func projectState(status string) schema.JobState {
	switch status {
	case "none", "scheduled":
		return schema.JobQueued
	case "finished":
		return schema.JobFinished
	case "failed":
		return schema.JobFailed
	case "canceled":
		return schema.JobCanceled
	}
	return schema.JobImporting
}

// projectStatus is what GitLab tells of an import.
func (m *Importer) projectStatus(s api.ImportStatus, before schema.Job) providers.ImportStatus {
	state := projectState(s.Status)
	if state == schema.JobFailed && timedOut(s) {
		state = schema.JobTimeout
	}
	job := schema.Job{
		ID: projectID(s.ID), URL: m.page(s.FullPath), State: state, Status: schema.Printable(s.Status), Text: schema.Printable(cmp.Or(s.Error, before.Text)),
		Target:    schema.Ref{ID: strconv.FormatInt(s.ID, 10), URL: m.page(s.FullPath)},
		Counts:    projectCounts(s.Stats, state.Ended()),
		StartedAt: firstTime(before.StartedAt, s.CreatedAt),
	}
	job.Cancelable = s.Type == importType(sourceGitHub) && !state.Ended()
	job.UpdatedAt = before.UpdatedAt
	if job.State != before.State || !sameCounts(job.Counts, before.Counts) {
		job.UpdatedAt = m.now().UTC()
	}
	failures := m.projectFailures(s, state)
	job.HasFailures = len(failures) > 0 || state == schema.JobFailed || state == schema.JobTimeout
	return providers.ImportStatus{Job: job, Failures: failures}
}

// timedOut reports whether an import failed because GitLab gave up waiting: for a
// stage of it, or for any sign of life.
func timedOut(s api.ImportStatus) bool {
	if strings.HasPrefix(s.Error, "Import timed out") {
		return true
	}
	for _, f := range s.Failures {
		if strings.HasSuffix(f.Class, "AdvanceStageTimeoutError") {
			return true
		}
	}
	return false
}

// projectFailures are what the interface tells of failures: those that ended the
// import. Of objects that were left out otherwise it tells the numbers alone, so
// each such relation is a failure too, once nothing more can come.
func (m *Importer) projectFailures(s api.ImportStatus, state schema.JobState) []schema.JobFailure {
	var all []schema.JobFailure
	for _, f := range s.Failures {
		all = append(all, schema.JobFailure{
			Relation: schema.Printable(cmp.Or(f.Relation, afterColons(f.Source))), Step: schema.Printable(afterColons(f.Source)),
			Class: schema.Printable(f.Class), Message: schema.Printable(cmp.Or(f.Message, s.Error, "GitLab does not tell more")),
			CorrelationID: schema.Printable(s.CorrelationID), CreatedAt: f.CreatedAt.UTC(),
		})
	}
	if state.Ended() && state != schema.JobCanceled && s.Stats != nil {
		all = append(all, m.missing(s)...)
	}
	return all
}

// afterColons is the last part of the name of a Ruby class.
func afterColons(name string) string { return name[strings.LastIndex(name, ":")+1:] }

func (m *Importer) cancelProject(ctx context.Context, id int64, before schema.Job) (schema.Job, error) {
	s, err := m.api.ImportStatus(ctx, api.Number(id))
	if err != nil {
		return schema.Job{}, err
	}
	if s.Type != importType(sourceGitHub) {
		return schema.Job{}, &providers.Error{Code: providers.CodeUnsupported, Op: "cancel the import", Subject: schema.Printable(s.FullPath),
			Message: "GitLab cancels imports from GitHub only", Hint: "wait until it has ended, or delete the project at the target"}
	}
	if state := projectState(s.Status); state.Ended() {
		return schema.Job{}, ended(s.FullPath, s.Status)
	}
	if _, err := m.api.CancelGitHubImport(ctx, id); err != nil {
		return schema.Job{}, err
	}
	after, err := m.pollProject(ctx, id, before)
	return after.Job, err
}

// ended says that nothing is left to be canceled.
func ended(subject, status string) error {
	return &providers.Error{Code: providers.CodeConflict, Op: "cancel the import", Subject: schema.Printable(subject),
		Message: "it cannot be canceled because it is " + schema.Printable(status), Hint: "look at what it brought with drover status"}
}
