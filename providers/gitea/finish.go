package gitea

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	counts, err := t.finish(ctx, req)
	return forgetarget.Result(counts, "finish", req.Repo.ID, err)
}

// finish switches on what had to wait, and counts. What the server cannot count
// in one request, or counts with other things, is left out: comments, reviews,
// attachments.
func (t *target) finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err != nil {
		return nil, err
	}
	repo := known.repo()
	r, err := t.api.Repository(ctx, repo)
	if err != nil {
		return nil, err
	}
	if !r.Archived {
		if err := t.threads.Finish(ctx, known.conversations()); err != nil {
			return nil, err
		}
	}
	counts, err := t.count(ctx, repo)
	if err != nil || r.Archived {
		return counts, err
	}
	if known.settings().Actions && !r.HasActions {
		if _, err := t.api.EditRepository(ctx, repo, api.EditRepository{HasActions: new(true)}); err != nil {
			return nil, err
		}
	}
	all, err := t.api.Refs(ctx, repo)
	if err != nil {
		return nil, err
	}
	if all[archived] != "" {
		return counts, t.setArchived(ctx, known, true)
	}
	return counts, nil
}

func (t *target) count(ctx context.Context, repo api.Repo) (map[schema.Kind]int64, error) {
	counts := map[schema.Kind]int64{schema.KindRepository: 1}
	for kind, list := range map[schema.Kind]api.List{
		schema.KindLabel:     api.ListLabels,
		schema.KindMilestone: api.ListMilestones,
		schema.KindIssue:     api.ListIssues,
		schema.KindChange:    api.ListPulls,
		schema.KindRelease:   api.ListReleases,
		schema.KindMember:    api.ListCollaborators,
	} {
		n, err := t.api.Count(ctx, repo, list)
		if api.IsNotFound(err) { // the part is switched off
			continue
		}
		if err != nil {
			return nil, err
		}
		counts[kind] = n
	}
	branches, err := t.api.BranchProtections(ctx, repo)
	if err != nil {
		return nil, err
	}
	tags, err := api.Collect(t.api.TagProtections(ctx, repo))
	if err != nil && providers.CodeOf(err) != providers.CodeNotFound {
		return nil, err
	}
	counts[schema.KindProtection] = int64(len(branches) + len(tags))
	return counts, nil
}
