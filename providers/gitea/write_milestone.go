package gitea

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) writeMilestone(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Milestone](w)
	if err != nil {
		return providers.Written{}, err
	}
	change, err := milestoneOf(body)
	if err != nil {
		return providers.Written{}, err
	}
	repo := known.repo()
	standing, err := known.catalog.milestones.Find(body.Title, milestoneTitle, func() iter.Seq2[api.Milestone, error] { return t.api.Milestones(ctx, repo) })
	if err != nil {
		return providers.Written{}, err
	}
	edit := func(_ string, now api.Milestone) (api.Milestone, error) {
		m, err := t.api.EditMilestone(ctx, repo, now.ID, change)
		if err == nil {
			known.catalog.milestones.Put(m.Title, m)
		}
		return m, err
	}
	return forgetarget.Store(w, standing, forgetarget.Object[api.Milestone]{
		Wanted:  digest(change.Title, *change.Description, *change.State, body.DueOn),
		Version: milestoneVersion,
		Ref:     func(m api.Milestone) schema.Ref { return milestoneRef(t.api.Base(), repo, m) },
		Read: func(id string) (api.Milestone, error) {
			return forgetarget.ByNumber(id, func(n int64) (api.Milestone, error) { return t.api.Milestone(ctx, repo, n) })
		},
		Create: func() (api.Milestone, error) {
			m, err := t.api.CreateMilestone(ctx, repo, change)
			if err != nil {
				return m, err
			}
			known.catalog.milestones.Put(m.Title, m)
			// A new milestone's date is taken for a moment, that of a changed one
			// for a day, in the server's time zone.
			if dueDay(m) != body.DueOn {
				return edit("", m)
			}
			return m, nil
		},
		Edit: edit,
	})
}

func milestoneOf(body schema.Milestone) (api.EditMilestone, error) {
	e := api.EditMilestone{Title: body.Title, Description: new(body.Description), State: new("open")}
	if body.State == "closed" {
		e.State = new("closed")
	}
	if body.DueOn == "" {
		return e, nil
	}
	day, err := time.Parse(time.DateOnly, body.DueOn)
	if err != nil {
		return e, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("%q is not a day", schema.Printable(body.DueOn)), Err: err}
	}
	e.DueOn = new(day.Add(24*time.Hour - time.Second).Format(time.RFC3339))
	return e, nil
}

func milestoneTitle(m api.Milestone) string { return m.Title }

func milestoneRef(base string, repo api.Repo, m api.Milestone) schema.Ref {
	id := strconv.FormatInt(m.ID, 10)
	return schema.Ref{ID: id, URL: base + "/" + repo.String() + "/milestone/" + id}
}

// dueDay is the day as the server's own clock has it.
func dueDay(m api.Milestone) string {
	if m.DueOn == nil || m.DueOn.IsZero() || m.DueOn.Unix() == 0 {
		return ""
	}
	return m.DueOn.Format(time.DateOnly)
}

func milestoneVersion(m api.Milestone) string {
	return digest(m.Title, m.Description, m.State, dueDay(m))
}
