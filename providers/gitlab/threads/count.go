package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// issueCount counts issues.
type issueCount struct {
	*Writer
	r *project
}

func (c issueCount) newest(ctx context.Context) (map[int64]string, error) {
	all, err := c.api.NewestIssues(ctx, c.r.id, newestLooked)
	texts := map[int64]string{}
	for _, i := range all {
		texts[i.IID] = i.Description
	}
	return texts, err
}

func (c issueCount) text(ctx context.Context, number int64) (string, error) {
	i, err := c.api.Issue(ctx, c.r.id, number)
	return i.Description, err
}

func (c issueCount) use(ctx context.Context, _ int64) (int64, error) {
	i, err := c.api.CreateIssue(ctx, c.r.id, api.NewIssue{Title: gapTitle, Description: gapBody()})
	return i.IID, err
}

// remove deletes an issue, or closes it where that is not allowed.
func (c issueCount) remove(ctx context.Context, number int64) error {
	err := c.api.DeleteIssue(ctx, c.r.id, number)
	if hasCode(err, providers.CodeDenied) {
		_, err = c.api.EditIssue(ctx, c.r.id, number, api.EditIssue{StateEvent: "close"})
	}
	return err
}

// changeCount counts merge requests.
type changeCount struct {
	*Writer
	r *project
}

func (c changeCount) newest(ctx context.Context) (map[int64]string, error) {
	all, err := c.api.NewestMergeRequests(ctx, c.r.id, newestLooked)
	texts := map[int64]string{}
	for _, m := range all {
		texts[m.IID] = m.Description
	}
	return texts, err
}

func (c changeCount) text(ctx context.Context, number int64) (string, error) {
	m, err := c.api.MergeRequest(ctx, c.r.id, number)
	return m.Description, err
}

// use makes a merge request of a branch without commits of its own. Of one branch
// only one may be open, and the one before still is: so there are two branches.
func (c changeCount) use(ctx context.Context, next int64) (int64, error) {
	m := api.NewMergeRequest{Title: gapTitle, Description: gapBody(), SourceBranch: gapBranch(next), TargetBranch: c.r.branch}
	made, err := c.api.CreateMergeRequest(ctx, c.r.id, m)
	if err != nil {
		if err := c.makeWay(ctx, m.SourceBranch, err); err != nil {
			return 0, err
		}
		if made, err = c.api.CreateMergeRequest(ctx, c.r.id, m); err != nil {
			return 0, err
		}
	}
	if c.r.gaps == Placeholder {
		_, err = c.api.EditMergeRequest(ctx, c.r.id, made.IID, api.EditMergeRequest{StateEvent: "close"})
	}
	return made.IID, err
}

// makeWay removes what keeps a merge request from being made: its branch is
// missing, or a run that was killed left one open.
func (c changeCount) makeWay(ctx context.Context, branch string, why error) error {
	if c.r.branch == "" {
		return &providers.Error{Code: providers.CodeInvalid, Message: "the project has no branch, and merge requests need one",
			Hint: "let the history be pushed first"}
	}
	if !hasCode(why, providers.CodeConflict) {
		if _, err := c.api.CreateBranch(ctx, c.r.id, branch, c.r.branch); err != nil {
			return why
		}
		return nil
	}
	all, err := c.api.NewestMergeRequests(ctx, c.r.id, newestLooked)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.SourceBranch != branch || m.State != opened {
			continue
		}
		if _, err := c.api.EditMergeRequest(ctx, c.r.id, m.IID, api.EditMergeRequest{StateEvent: "close"}); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes a merge request, or closes it where that is not allowed.
func (c changeCount) remove(ctx context.Context, number int64) error {
	err := c.api.DeleteMergeRequest(ctx, c.r.id, number)
	if hasCode(err, providers.CodeDenied) {
		if _, err = c.api.EditMergeRequest(ctx, c.r.id, number, api.EditMergeRequest{StateEvent: "close"}); hasCode(err, providers.CodeInvalid) {
			err = nil // it is closed
		}
	}
	return err
}
