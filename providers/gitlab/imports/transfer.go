package imports

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func startTransfer(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	in, err := m.transferRequest(req)
	if err != nil {
		return schema.Job{}, err
	}
	b, err := m.api.StartBulkImport(ctx, in)
	if err != nil {
		return schema.Job{}, err
	}
	return m.transferStatus(b, nil, schema.Job{}), nil
}

// transferSettings are those of a repository or group block whose source is a
// GitLab.
type transferSettings struct {
	SourceFullPath string `json:"source_full_path"`
	SourceType     string `json:"source_type"`
	Projects       *bool  `json:"migrate_projects"`
	Memberships    *bool  `json:"migrate_memberships"`
}

// transferRequest is what GitLab is asked.
func (m *Importer) transferRequest(req providers.ImportRequest) (api.BulkImportRequest, error) {
	var source struct {
		URL string `json:"url"`
	}
	if err := decode(req.Settings, &source); err != nil {
		return api.BulkImportRequest{}, err
	}
	wanted, err := m.wanted(req)
	if err != nil {
		return api.BulkImportRequest{}, err
	}
	in := api.BulkImportRequest{Entities: []api.BulkImportWanted{wanted}}
	in.Configuration.URL = source.URL
	if in.Configuration.URL == "" {
		in.Configuration.URL = "https://gitlab.com"
	}
	in.Configuration.Token, err = secret(req, "access_token")
	return in, err
}

// wanted is the one thing that a transfer of Drover's is to bring.
func (m *Importer) wanted(req providers.ImportRequest) (api.BulkImportWanted, error) {
	var chosen transferSettings
	if err := decode(req.Repo.Settings, &chosen); err != nil {
		return api.BulkImportWanted{}, err
	}
	w := api.BulkImportWanted{
		SourceType: api.ProjectEntity, SourceFullPath: strings.Trim(chosen.SourceFullPath, "/"),
		DestinationSlug: req.Place.Name, DestinationNamespace: strings.Trim(req.Place.Namespace, "/"), MigrateMemberships: chosen.Memberships,
	}
	if req.Block == blockGroup {
		w.SourceType, w.MigrateProjects = api.GroupEntity, chosen.Projects
	}
	// The plan may name a project by its number; the transfer takes paths alone.
	// What the source says it is called now is right after a rename, too.
	if req.FullName != "" {
		w.SourceFullPath = req.FullName
	}
	switch {
	case w.SourceFullPath == "":
		return w, absent("source_full_path", "name what is to be brought by its full path")
	case w.SourceType == api.ProjectEntity && w.DestinationNamespace == "":
		return w, absent("target_namespace", "name a group: GitLab keeps no project outside of one")
	case w.SourceType == api.ProjectEntity && !m.version.has(projectEntities):
		return w, m.version.lacks("the transfer of single projects", projectEntities, "method", "set method = \"direct\", or upgrade the target")
	case w.MigrateMemberships != nil && !m.version.has(chosenMemberships):
		if !*w.MigrateMemberships {
			return w, m.version.lacks("migrate_memberships", chosenMemberships, "migrate_memberships",
				"set it to true, or upgrade the target: this version brings members always")
		}
		w.MigrateMemberships = nil
	}
	return w, nil
}

// maxEntities is how many of the newest entities are looked through for a transfer
// whose start was not answered.
const maxEntities = 1000

// findTransfer looks for the newest transfer of what is wanted to where it is
// wanted. One that brought nothing and ended is none: GitLab would start another.
func findTransfer(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	in, err := m.transferRequest(req)
	if err != nil {
		return schema.Job{}, err
	}
	w, seen := in.Entities[0], 0
	for e, err := range m.api.AllBulkEntities(ctx) {
		if err != nil {
			return schema.Job{}, err
		}
		if seen++; seen > maxEntities {
			break
		}
		if e.ParentID != nil || !isOf(e, w) {
			continue
		}
		b, err := m.api.BulkImport(ctx, e.BulkImportID)
		switch {
		case err != nil:
			return schema.Job{}, err
		case b.SourceURL != "" && !sameAddress(b.SourceURL, in.Configuration.URL):
			continue
		case transferState(b.Status).Ended() && e.NamespaceID == nil && e.ProjectID == nil:
			return schema.Job{}, nil
		}
		status, err := m.pollTransfer(ctx, b.ID, schema.Job{})
		return status.Job, err
	}
	return schema.Job{}, nil
}

// isOf reports whether an entity is what was asked for.
func isOf(e api.BulkEntity, w api.BulkImportWanted) bool {
	return strings.EqualFold(e.SourceFullPath, w.SourceFullPath) &&
		strings.EqualFold(e.DestinationSlug, w.DestinationSlug) && strings.EqualFold(e.DestinationNamespace, w.DestinationNamespace)
}

func sameAddress(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

func (m *Importer) pollTransfer(ctx context.Context, id int64, before schema.Job) (providers.ImportStatus, error) {
	b, err := m.api.BulkImport(ctx, id)
	if err != nil {
		return providers.ImportStatus{}, err
	}
	entities, err := m.entities(ctx, id)
	if err != nil {
		return providers.ImportStatus{}, err
	}
	return providers.ImportStatus{Job: m.transferStatus(b, entities, before)}, nil
}

// entities are the groups and projects of a transfer, each group before what is
// in it, with what failed in them.
func (m *Importer) entities(ctx context.Context, id int64) ([]schema.JobEntity, error) {
	var all []schema.JobEntity
	for e, err := range m.api.BulkEntities(ctx, id) {
		if err != nil {
			return nil, err
		}
		// Since 16.6 failures have a list of their own.
		if e.HasFailures && len(e.Failures) == 0 && m.version.has(failureLists) {
			if e.Failures, err = m.api.BulkEntityFailures(ctx, id, e.ID); err != nil {
				return nil, err
			}
		}
		all = append(all, entityOf(e))
	}
	return parentsFirst(all), nil
}

// parentsFirst orders entities by their ids, which are given to a group before
// they are given to what is in it, and puts each right behind what it belongs to.
func parentsFirst(all []schema.JobEntity) []schema.JobEntity {
	children := map[int64][]schema.JobEntity{}
	known := map[int64]bool{}
	for _, e := range all {
		known[e.ID] = true
	}
	for _, e := range all {
		parent := int64(0)
		if e.ParentID != nil && known[*e.ParentID] && *e.ParentID < e.ID {
			parent = *e.ParentID
		}
		children[parent] = append(children[parent], e)
	}
	sorted := make([]schema.JobEntity, 0, len(all))
	var add func(parent int64)
	add = func(parent int64) {
		below := children[parent]
		slices.SortFunc(below, func(a, b schema.JobEntity) int { return cmp.Compare(a.ID, b.ID) })
		for _, e := range below {
			sorted = append(sorted, e)
			add(e.ID)
		}
	}
	add(0)
	return sorted
}

func entityOf(e api.BulkEntity) schema.JobEntity {
	to := schema.JobEntity{
		ID: e.ID, BulkImportID: e.BulkImportID, Status: schema.Printable(e.Status), EntityType: schema.Printable(e.EntityType),
		SourceFullPath: schema.Printable(e.SourceFullPath), DestinationFullPath: schema.Printable(e.DestinationFullPath),
		DestinationName: schema.Printable(e.DestinationName), DestinationSlug: schema.Printable(e.DestinationSlug),
		DestinationNamespace: schema.Printable(e.DestinationNamespace),
		ParentID:             e.ParentID, NamespaceID: e.NamespaceID, ProjectID: e.ProjectID,
		CreatedAt: e.CreatedAt.UTC(), UpdatedAt: e.UpdatedAt.UTC(),
		MigrateProjects: e.MigrateProjects, MigrateMemberships: e.MigrateMemberships,
		Failures: []schema.JobFailure{}, Stats: map[string]schema.JobStats{},
	}
	for _, f := range e.Failures {
		to.Failures = append(to.Failures, failureOf(f))
	}
	for relation, s := range e.Stats {
		to.Stats[schema.Printable(relation)] = schema.JobStats{Source: s.Source, Fetched: s.Fetched, Imported: s.Imported}
	}
	to.HasFailures = e.HasFailures || len(e.Failures) > 0 || e.Status == "failed" || e.Status == "timeout"
	return to
}

// failureOf reads a failure of any version: the older ones name the pipeline, the
// newer ones the relation, and none names all.
func failureOf(f api.BulkFailure) schema.JobFailure {
	return schema.JobFailure{
		Relation: schema.Printable(cmp.Or(f.Relation, relationOf(f.PipelineClass))),
		Step:     schema.Printable(cmp.Or(f.Step, f.PipelineStep)),
		Class:    schema.Printable(f.Class), Message: schema.Printable(f.Message), CorrelationID: schema.Printable(f.CorrelationID),
		SourceURL: schema.Printable(f.SourceURL), SourceTitle: schema.Printable(f.SourceTitle), CreatedAt: f.CreatedAt.UTC(),
	}
}

// relationOf is the relation of a pipeline: merge_requests of
// BulkImports::Projects::Pipelines::MergeRequestsPipeline.
func relationOf(class string) string {
	var b strings.Builder
	for i, r := range strings.TrimSuffix(afterColons(class), "Pipeline") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// badEnd reports whether an entity did not come to a good end.
func badEnd(status string) bool {
	return status == "failed" || status == "timeout" || status == "canceled"
}

// transferState is what GitLab's word for a transfer means. A word that is not
// known does not end a job.
func transferState(status string) schema.JobState {
	switch status {
	case "created":
		return schema.JobQueued
	case "finished":
		return schema.JobFinished
	case "failed":
		return schema.JobFailed
	case "timeout":
		return schema.JobTimeout
	case "canceled":
		return schema.JobCanceled
	}
	return schema.JobImporting
}

// transferStatus is what GitLab tells of a transfer. It calls one finished in
// which everything failed, so an entity at the top that failed is the failure of
// the whole.
func (m *Importer) transferStatus(b api.BulkImport, entities []schema.JobEntity, before schema.Job) schema.Job {
	state := transferState(b.Status)
	job := schema.Job{
		ID: transferID(b.ID), URL: m.page(fmt.Sprintf("import/bulk_imports/%d/history", b.ID)), Status: schema.Printable(b.Status), Text: before.Text,
		HasFailures: b.HasFailures || b.Status == "failed" || b.Status == "timeout", Entities: entities,
		StartedAt: firstTime(before.StartedAt, b.CreatedAt), UpdatedAt: b.UpdatedAt.UTC(),
	}
	bad := 0
	for _, e := range entities {
		if e.UpdatedAt.After(job.UpdatedAt) {
			job.UpdatedAt = e.UpdatedAt
		}
		job.HasFailures = job.HasFailures || e.HasFailures
		if badEnd(e.Status) {
			bad++
		}
		if e.ParentID != nil {
			continue
		}
		job.Target = m.targetOf(e)
		if state == schema.JobFinished && badEnd(e.Status) {
			state = transferState(e.Status)
			job.Text = fmt.Sprintf("GitLab calls the transfer finished, and %s is %s.", e.SourceFullPath, e.Status)
		}
	}
	if bad > 0 && job.Text == "" && len(entities) > 1 {
		job.Text = fmt.Sprintf("Of %d groups and projects, %d did not come to a good end.", len(entities), bad)
	}
	job.State = state
	job.Cancelable = !state.Ended() && m.version.has(transferCancel)
	job.Counts = transferCounts(entities, state.Ended())
	for _, c := range job.Counts {
		job.HasFailures = job.HasFailures || c.Failed > 0 && state != schema.JobCanceled
	}
	return job
}

func transferCounts(entities []schema.JobEntity, ended bool) schema.Counts {
	counts := schema.Counts{}
	for _, e := range entities {
		for relation, s := range e.Stats {
			add(counts, relation, s, ended)
		}
	}
	return counts
}

// targetOf is what an entity fills, by its number, once it is there.
func (m *Importer) targetOf(e schema.JobEntity) schema.Ref {
	id := e.ProjectID
	if id == nil {
		id = e.NamespaceID
	}
	if id == nil {
		return schema.Ref{}
	}
	return schema.Ref{ID: strconv.FormatInt(*id, 10), URL: m.page(e.DestinationFullPath)}
}

func (m *Importer) cancelTransfer(ctx context.Context, id int64, before schema.Job) (schema.Job, error) {
	if !m.version.has(transferCancel) {
		e := providers.AsError(m.version.lacks("the cancelling of transfers", transferCancel, "", "wait until it has ended, or upgrade the target"))
		e.Op = "cancel the direct transfer"
		return schema.Job{}, e
	}
	b, err := m.api.BulkImport(ctx, id)
	if err != nil {
		return schema.Job{}, err
	}
	// GitLab makes even a finished transfer a canceled one.
	if transferState(b.Status).Ended() {
		return schema.Job{}, ended(fmt.Sprintf("transfer %d", id), b.Status)
	}
	if _, err := m.api.CancelBulkImport(ctx, id); err != nil {
		return schema.Job{}, err
	}
	after, err := m.pollTransfer(ctx, id, before)
	return after.Job, err
}
