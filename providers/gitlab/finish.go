package gitlab

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	counts, err := t.finish(ctx, req)
	return forgetarget.Result(counts, "finish", req.Repo.ID, err)
}

// finish undoes what was done for the time of the writing, archives what is to be
// archived, and counts. Where there is nothing to do it only asks.
func (t *target) finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err != nil {
		return nil, err
	}
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return nil, err
	}
	if p.Archived {
		return t.count(ctx, known)
	}
	w, err := t.writer(ctx, known)
	if err != nil {
		return nil, err
	}
	if err := w.Finish(ctx, known.conversations()); err != nil {
		return nil, err
	}
	counts, err := t.count(ctx, known)
	if err != nil {
		return nil, err
	}
	known.settling.Lock()
	defer known.settling.Unlock()
	all, err := t.refs(ctx, known)
	if err != nil {
		return nil, err
	}
	if all[lifted] != "" {
		if err := t.restoreRules(ctx, known, all); err != nil {
			return nil, err
		}
	}
	known.settled = false
	if err := t.unhush(ctx, known, all); err != nil {
		return nil, err
	}
	if all[archived] != "" {
		return counts, t.api.ArchiveProject(ctx, known.key())
	}
	return counts, nil
}

// count counts what the server counts in one request. The rest is left out:
// comments, reviews, attachments, and lists of more than ten thousand.
func (t *target) count(ctx context.Context, known *project) (map[schema.Kind]int64, error) {
	counts := map[schema.Kind]int64{schema.KindRepository: 1}
	for _, of := range []struct {
		kind  schema.Kind
		lists []api.ProjectList
	}{
		{schema.KindLabel, []api.ProjectList{api.ProjectLabels}},
		{schema.KindMilestone, []api.ProjectList{api.ProjectMilestones}},
		{schema.KindIssue, []api.ProjectList{api.ProjectIssues}},
		{schema.KindChange, []api.ProjectList{api.ProjectMergeRequests}},
		{schema.KindRelease, []api.ProjectList{api.ProjectReleases}},
		{schema.KindSnippet, []api.ProjectList{api.ProjectSnippets}},
		{schema.KindMember, []api.ProjectList{api.ProjectMembers}},
		{schema.KindProtection, []api.ProjectList{api.ProjectProtectedBranches, api.ProjectProtectedTags}},
	} {
		n, told := int64(0), true
		for _, list := range of.lists {
			more, err := t.api.Count(ctx, known.key(), list)
			switch {
			case api.IsNotFound(err), api.IsDenied(err): // the part is switched off
				told = false
				continue
			case err != nil:
				return nil, err
			}
			n, told = n+more, told && more >= 0
		}
		if told {
			counts[of.kind] = n
		}
	}
	return counts, nil
}
