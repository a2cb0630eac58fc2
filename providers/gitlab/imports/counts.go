package imports

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// kindOf is Drover's kind for a relation of GitLab's importers, which name it in
// the singular, or of a direct transfer, which names it in the plural. What
// Drover has no kind for, and what is counted by another measure, stays under
// GitLab's word: issue_attachment and the like count texts that have files, not
// files; pull_request_merged_by and pull_request_review_request are parts of a
// change.
//
//	GitLab                              Drover
//	label, labels                       label
//	milestone, milestones               milestone
//	issue, issues                       issue
//	pull_request, merge_requests        change
//	pull_request_review                 review
//	note, diff_note, commit_notes       comment
//	issue_event                         event
//	release, releases                   release
//	snippets                            snippet
//	protected_branch, protected_branches  protection
//	collaborator, members               member
//	lfs_object, lfs_objects             lfs_object
//	uploads                             attachment
func kindOf(relation string) schema.Kind {
	switch relation {
	case "label", "labels":
		return schema.KindLabel
	case "milestone", "milestones":
		return schema.KindMilestone
	case "issue", "issues":
		return schema.KindIssue
	case "pull_request", "merge_requests":
		return schema.KindChange
	case "pull_request_review":
		return schema.KindReview
	case "note", "diff_note", "commit_notes":
		return schema.KindComment
	case "issue_event":
		return schema.KindEvent
	case "release", "releases":
		return schema.KindRelease
	case "snippets":
		return schema.KindSnippet
	case "protected_branch", "protected_branches":
		return schema.KindProtection
	case "collaborator", "members":
		return schema.KindMember
	case "lfs_object", "lfs_objects":
		return schema.KindLFSObject
	case "uploads":
		return schema.KindAttachment
	}
	return schema.Kind(schema.Printable(relation))
}

// projectCounts are those of an importer, which counts what it fetched and what
// it stored. An object that was tried again may be counted twice, so no more is
// taken for stored than was fetched.
func projectCounts(stats *api.ImportStats, ended bool) schema.Counts {
	if stats == nil {
		return nil
	}
	counts := schema.Counts{}
	for relation, fetched := range stats.Fetched {
		add(counts, relation, schema.JobStats{Source: fetched, Fetched: fetched, Imported: stats.Imported[relation]}, ended)
	}
	return counts
}

// add adds what is told of a relation to the account of its kind.
func add(counts schema.Counts, relation string, s schema.JobStats, ended bool) {
	source := max(s.Source, s.Fetched, 0)
	imported := min(max(s.Imported, 0), source)
	c := counts[kindOf(relation)]
	c.Source += source
	c.Fetched += min(max(s.Fetched, 0), source)
	c.Imported += imported
	if ended {
		c.Failed += source - imported
	}
	counts[kindOf(relation)] = c
}

func sameCounts(a, b schema.Counts) bool { return maps.Equal(a, b) }

// missing says of each relation how much of it was fetched and not stored. GitLab
// shows which objects those were on a page of its own.
func (m *Importer) missing(s api.ImportStatus) []schema.JobFailure {
	var all []schema.JobFailure
	for _, relation := range slices.Sorted(maps.Keys(s.Stats.Fetched)) {
		fetched := s.Stats.Fetched[relation]
		lost := fetched - s.Stats.Imported[relation]
		if lost <= 0 {
			continue
		}
		f := schema.JobFailure{
			Relation: schema.Printable(relation), Step: "importer", CorrelationID: schema.Printable(s.CorrelationID),
			Message: fmt.Sprintf("%d of %d were fetched and not stored", lost, fetched),
		}
		if s.Type == importType(sourceGitHub) {
			f.Message += fmt.Sprintf("; %s/import/github/details?project_id=%d lists them", m.api.Base(), s.ID)
		}
		all = append(all, f)
	}
	return all
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}
