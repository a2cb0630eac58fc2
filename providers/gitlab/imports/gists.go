package imports

import (
	"context"
	"fmt"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	// quietAtFirst is how long nothing may arrive before an import of gists is
	// taken for one that brings nothing. GitLab itself waits up to an hour when
	// GitHub's limit is reached.
	quietAtFirst = 70 * time.Minute

	// quietLater is that once something has arrived, or when less is wanting than
	// that.
	quietLater = 10 * time.Minute
)

func startGists(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	token, err := firstToken(req)
	if err != nil {
		return schema.Job{}, err
	}
	g := gistsID{expected: expected(req), large: large(req)}
	if g.after, _, err = m.snippets(ctx, 0); err != nil {
		return schema.Job{}, err
	}
	if err := m.api.ImportGists(ctx, token); err != nil {
		return schema.Job{}, err
	}
	job := m.gistsJob(g)
	job.Text = whereGistsAreRead(req)
	return job, nil
}

// expected is how many gists there are, as the source told; -1 when it did not.
func expected(req providers.ImportRequest) int64 {
	n, told := req.Expected[schema.KindSnippet]
	if !told {
		return -1
	}
	return max(0, n)
}

// large is how many of the gists have more files than a snippet takes. GitLab
// leaves them out.
func large(req providers.ImportRequest) (n int64) {
	for _, g := range req.Largest {
		if g.Files > SnippetFiles {
			n++
		}
	}
	return n
}

// whereGistsAreRead says what a plan of an Enterprise Server has to be told: GitLab
// asks the GitHub that it is configured for, not the one that the plan names.
func whereGistsAreRead(req providers.ImportRequest) string {
	var source githubSettings
	if decode(req.Settings, &source) != nil {
		return ""
	}
	if host, err := githubHostname(source.Hostname, 0); err != nil || host == "" {
		return ""
	}
	return "GitLab reads gists from the GitHub that it is configured for, github.com unless its administrators chose another; it is not told github_hostname."
}

func (m *Importer) gistsJob(g gistsID) schema.Job {
	now := m.now().UTC()
	return schema.Job{
		ID: g.String(), URL: m.page("dashboard/snippets"), State: schema.JobQueued, Status: "accepted", StartedAt: now, UpdatedAt: now,
		Target: schema.Ref{ID: GistsRef, URL: m.page("dashboard/snippets")},
	}
}

// GistsRef is the id of what an import of gists fills: all snippets of the user. It
// has no other name at GitLab.
const GistsRef = "gists"

// findGists cannot look for the job, for GitLab has none, nor tell the snippets of
// before from those of after: how things stood before is not known any more. To
// start again could bring every gist twice, so the import is taken for started, and
// waited for.
func findGists(_ context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	job := m.gistsJob(gistsID{expected: expected(req), large: large(req), unsure: true})
	job.Text = unsureText
	return job, nil
}

const unsureText = "GitLab did not answer when it was asked to import the gists, and has no way to ask whether it does. All snippets of the user are counted."

// snippets counts the user's own snippets that are newer than one of them, and
// tells the newest.
func (m *Importer) snippets(ctx context.Context, after int64) (newest, count int64, err error) {
	for s, err := range m.api.OwnSnippets(ctx) {
		if err != nil {
			return 0, 0, err
		}
		if s.ProjectID != 0 || s.ID <= after {
			continue
		}
		newest = max(newest, s.ID)
		count++
	}
	return newest, count, nil
}

// pollGists counts what has arrived. An import whose gists are all there has
// ended, and so has one from which nothing more comes: gists of more files or bytes
// than a snippet takes never do.
func (m *Importer) pollGists(ctx context.Context, g gistsID, before schema.Job) (providers.ImportStatus, error) {
	_, arrived, err := m.snippets(ctx, g.after)
	if err != nil {
		return providers.ImportStatus{}, err
	}
	now := m.now().UTC()
	job := before
	job.State, job.Status = schema.JobImporting, "importing"
	if g.expected >= 0 {
		arrived = min(arrived, max(0, g.expected-g.large))
	}
	source := max(g.expected, arrived+g.large)
	if arrived != before.Counts[schema.KindSnippet].Imported || before.UpdatedAt.IsZero() {
		job.UpdatedAt = now
	}
	quiet, patience := now.Sub(job.UpdatedAt), quietAtFirst
	if arrived > 0 && !g.unsure {
		patience = quietLater
	}
	lost := source - g.large - arrived
	switch {
	case lost == 0 && g.expected >= 0 && !g.unsure:
		job.State, job.Status = schema.JobFinished, "complete"
	case quiet < patience:
		lost = 0 // it may come yet
	case arrived == 0:
		job.State, job.Status = schema.JobTimeout, "nothing arrived"
	default:
		job.State, job.Status = schema.JobFinished, "quiet"
	}
	job.Counts = schema.Counts{schema.KindSnippet: {Source: source, Fetched: arrived, Imported: arrived, Skipped: g.large, Failed: lost}}
	status := providers.ImportStatus{Job: job}
	if job.State.Ended() && lost > 0 {
		status.Job.HasFailures = true
		status.Failures = []schema.JobFailure{{
			Relation: string(schema.KindSnippet), Step: "importer", Class: "quiet",
			Message: fmt.Sprintf("%d of %d gists did not arrive, and for %s nothing more came; GitLab leaves out those of more than %d files and mails a list to the user",
				lost, source-g.large, patience, SnippetFiles),
		}}
	}
	return status, nil
}

// SnippetFiles is the most files that a snippet may have.
const SnippetFiles = 10
