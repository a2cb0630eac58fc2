package gitlab

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const maxMilestoneTitle = 255

func (t *target) writeMilestone(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Milestone](w)
	if err != nil {
		return providers.Written{}, err
	}
	wanted, err := milestoneOf(body)
	if err != nil {
		return providers.Written{}, err
	}
	key := known.key()
	standing, err := known.catalog.milestones.Find(wanted.Title, milestoneTitle, func() iter.Seq2[api.Milestone, error] { return t.api.Milestones(ctx, key) })
	if err != nil {
		return providers.Written{}, err
	}
	change := api.EditMilestone{Title: wanted.Title, Description: wanted.Description, StartDate: day(wanted.StartDate), DueDate: day(wanted.DueDate)}
	edit := func(_ string, now api.Milestone) (api.Milestone, error) {
		change := change
		if now.State != wanted.State {
			change.StateEvent = "close"
			if wanted.State == milestoneActive {
				change.StateEvent = "activate"
			}
		}
		m, err := t.api.EditMilestone(ctx, key, now.ID, change)
		if err == nil {
			known.catalog.milestones.Put(m.Title, m)
		}
		return m, err
	}
	return forgetarget.Store(w, standing, forgetarget.Object[api.Milestone]{
		Wanted:  milestoneVersion(wanted),
		Version: milestoneVersion,
		Ref:     func(m api.Milestone) schema.Ref { return t.milestoneRef(known, m) },
		Read: func(id string) (api.Milestone, error) {
			return forgetarget.ByNumber(id, func(n int64) (api.Milestone, error) { return t.api.Milestone(ctx, key, n) })
		},
		Create: func() (api.Milestone, error) {
			m, err := t.api.CreateMilestone(ctx, key, change)
			if err != nil {
				return m, err
			}
			known.catalog.milestones.Put(m.Title, m)
			if m.State != wanted.State {
				return edit("", m)
			}
			return m, nil
		},
		Edit: edit,
	})
}

const (
	milestoneActive = "active"
	milestoneClosed = "closed"
)

func milestoneOf(body schema.Milestone) (api.Milestone, error) {
	m := api.Milestone{Title: strings.TrimSpace(forgetarget.Clip(body.Title, maxMilestoneTitle)), Description: body.Description, State: milestoneActive, StartDate: body.StartOn, DueDate: body.DueOn}
	if body.State == "closed" {
		m.State = milestoneClosed
	}
	for _, text := range []string{m.StartDate, m.DueDate} {
		if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
			return m, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("%q is not a day", schema.Printable(text)), Err: err}
		}
	}
	if m.StartDate != "" && m.DueDate != "" && m.DueDate < m.StartDate {
		m.StartDate = "" // the server refuses what ends before it begins
	}
	return m, nil
}

// day is a day as requests have it.
func day(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func milestoneTitle(m api.Milestone) string { return m.Title }

func (t *target) milestoneRef(known *project, m api.Milestone) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(m.ID, 10), URL: fmt.Sprintf("%s/%s/-/milestones/%d", t.api.Base(), known.fullPath(), m.IID)}
}

func milestoneVersion(m api.Milestone) string {
	return digest(m.Title, m.Description, m.State, m.StartDate, m.DueDate)
}
