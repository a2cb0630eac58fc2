package threads

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	lossVerdict   = "its verdict is told in the text, because the reviewer has no account here that may approve"
	lossRequested = "that changes were requested is told in the text, because the target keeps no such verdict"
	lossDismissed = "it is a note that says that the review was dismissed"
	lossDay       = "the approval has the date of the migration"
)

// writeReview approves in the name of the reviewer and writes the text as a note.
// The comments of a review are records of their own.
func (w *Writer) writeReview(ctx context.Context, r *project, one *providers.Write, b *schema.Review) (providers.Written, error) {
	if b.State == "pending" {
		return skipped("it was never submitted"), nil
	}
	if b.State == "commented" && strings.TrimSpace(b.Text) == "" {
		return skipped("it has neither a text nor a verdict; its comments stand by themselves"), nil
	}
	if one.Ref.ID != "" {
		return w.updateReview(ctx, r, one, b)
	}
	on, err := placeAbove(one)
	if err != nil {
		return providers.Written{}, err
	}
	s, approved, err := w.judge(ctx, r, on, one, b)
	if err != nil {
		return providers.Written{}, err
	}
	if approved != 0 && s.text == "" {
		on.approval = approved
		return providers.Written{Ref: r.approvalRef(on), Degraded: lossDay}, nil
	}
	made, err := w.say(ctx, r, on, s, nil, func(v voice, n api.NewNote) (api.Note, error) {
		return v.api.CreateNote(ctx, r.id, on.noted(), n)
	})
	if err != nil {
		return providers.Written{}, err
	}
	on.note = made.ID
	return w.settleNote(ctx, r, on, s, made, nil, true)
}

// judge approves where that is wanted and possible, and returns the text that is
// left to say. Approved is the id of the account that approves.
func (w *Writer) judge(ctx context.Context, r *project, on place, one *providers.Write, b *schema.Review) (s *speech, approved int64, err error) {
	s = &speech{key: one.Record.Key(), author: b.Author, at: b.SubmittedAt, line: attribution.Author{URL: b.URL, Verb: "reviewed"}}
	s.text = strings.TrimSpace(plain(b.Text, &s.lost))
	verdict := ""
	switch b.State {
	case "approved":
		if on.kind == onMerge {
			if approved, err = w.approve(ctx, r, on, b.Author); err != nil {
				return nil, 0, err
			}
		}
		verdict = "approved these changes"
		if approved == 0 {
			s.lost.Add(lossVerdict)
		} else {
			s.lost.Add(lossDay)
		}
	case "changes_requested":
		verdict = "requested changes"
		s.lost.Add(lossRequested)
	case "dismissed":
		verdict = "gave a review that was dismissed"
		s.lost.Add(lossDismissed)
	}
	if verdict != "" {
		s.line.Extra = append(s.line.Extra, "**"+verdict+"**")
	}
	return s, approved, nil
}

// approve approves a merge request in the name of p and returns the id of that
// account; 0 when it cannot.
func (w *Writer) approve(ctx context.Context, r *project, on place, p schema.Person) (int64, error) {
	v := w.voice(r, p, toJudge)
	if !v.real {
		return 0, nil
	}
	id, err := w.account(ctx, v.who)
	if err != nil || id == 0 {
		return 0, err
	}
	err = v.api.Approve(ctx, r.id, on.number)
	// Whoever may not, and whoever has already, is told that they are not signed
	// in.
	if !hasCode(err, providers.CodeAuth, providers.CodeDenied, providers.CodeNotFound, providers.CodeConflict, providers.CodeInvalid, providers.CodeUnsupported) {
		return id, err
	}
	all, err := w.api.Approvers(ctx, r.id, on.number)
	if err != nil {
		return 0, err
	}
	if slices.ContainsFunc(all, func(u api.User) bool { return u.ID == id }) {
		return id, nil
	}
	return 0, nil
}

func (r *project) approvalRef(at place) schema.Ref {
	return schema.Ref{ID: at.id(), URL: r.address(at.whole()), Version: schema.Digest("approved")}
}

// updateReview brings the note of a review up to date. An approval without a text
// has nothing that changes.
func (w *Writer) updateReview(ctx context.Context, r *project, one *providers.Write, b *schema.Review) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	if at.approval != 0 && one.Record.Parent != nil {
		again := *one
		again.Ref = schema.Ref{}
		again.Related = append(slices.Clone(one.Related), providers.Related{Key: *one.Record.Parent, Ref: schema.Ref{ID: at.whole().id()}})
		return w.writeReview(ctx, r, &again, b)
	}
	have, err := w.note(ctx, r, at)
	if err != nil {
		return providers.Written{}, err
	}
	if err := forgetarget.CheckVersion(one, r.noteRef(at, have).Version); err != nil {
		return providers.Written{}, err
	}
	s, _, err := w.judge(ctx, r, at.whole(), one, b)
	if err != nil {
		return providers.Written{}, err
	}
	return w.settleNote(ctx, r, at, s, have, nil, false)
}
