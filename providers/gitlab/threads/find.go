package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Find tells where objects stand: by their Refs, or by the markers in their
// texts. Attachments have no markers; neither have approvals, which Write finds.
func (w *Writer) Find(ctx context.Context, p Project, wanted []providers.Wanted) ([]schema.Ref, error) {
	r, err := w.project(ctx, p)
	if err != nil {
		return nil, err
	}
	f := &finder{Writer: w, r: r, notes: map[place]map[schema.Key]noted{}}
	refs := make([]schema.Ref, len(wanted))
	for i := range wanted {
		if wanted[i].Ref.ID != "" {
			refs[i], err = f.at(ctx, wanted[i].Ref)
		} else {
			refs[i], err = f.search(ctx, &wanted[i])
		}
		if err != nil && !api.IsNotFound(err) {
			return nil, err
		}
	}
	return refs, nil
}

// finder keeps what it was told during one Find.
type finder struct {
	*Writer
	r       *project
	notes   map[place]map[schema.Key]noted
	issues  []api.Issue
	changes []api.MergeRequest
}

// noted is a note with its thread.
type noted struct {
	api.Note
	thread string
}

// at returns what stands at a ref.
func (f *finder) at(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	p, err := parsePlace(ref.ID)
	if err != nil {
		return schema.Ref{}, err
	}
	switch {
	case p.kind == onUpload:
		there, err := f.hasUpload(ctx, f.r, p)
		if err != nil || !there {
			return schema.Ref{}, err
		}
		return uploadRef(p), nil
	case p.approval != 0:
		return f.approval(ctx, p)
	case p.note != 0:
		n, err := f.note(ctx, f.r, p)
		if err != nil {
			return schema.Ref{}, err
		}
		return f.r.noteRef(p, n), nil
	case p.kind == onMerge:
		m, err := f.api.MergeRequest(ctx, f.r.id, p.number)
		if err != nil {
			return schema.Ref{}, err
		}
		return changeRef(m), nil
	case p.kind == onIssue:
		i, err := f.api.Issue(ctx, f.r.id, p.number)
		if err != nil {
			return schema.Ref{}, err
		}
		return issueRef(i), nil
	}
	return schema.Ref{}, nil
}

func (f *finder) approval(ctx context.Context, p place) (schema.Ref, error) {
	users, err := f.api.Approvers(ctx, f.r.id, p.number)
	if err != nil {
		return schema.Ref{}, err
	}
	for _, u := range users {
		if u.ID == p.approval {
			return f.r.approvalRef(p), nil
		}
	}
	return schema.Ref{}, nil
}

// search looks for the marker of an object.
func (f *finder) search(ctx context.Context, one *providers.Wanted) (schema.Ref, error) {
	switch one.Key.Kind {
	case schema.KindIssue, schema.KindDiscussion:
		return f.issue(ctx, one)
	case schema.KindChange:
		return f.change(ctx, one)
	case schema.KindComment, schema.KindReview:
		if one.Parent != nil && one.Parent.Ref.ID != "" {
			return f.marked(ctx, one)
		}
	}
	return schema.Ref{}, nil
}

// issue looks under the number that an issue ought to have, then among those that
// changed last: only one that was made last can be unknown to who asks.
func (f *finder) issue(ctx context.Context, one *providers.Wanted) (schema.Ref, error) {
	if one.Number > 0 {
		i, err := f.api.Issue(ctx, f.r.id, one.Number)
		if err != nil && !api.IsNotFound(err) {
			return schema.Ref{}, err
		}
		if err == nil && marks(i.Description, one.Key) {
			return issueRef(i), nil
		}
	}
	if f.issues == nil {
		all, err := f.api.LatestIssues(ctx, f.r.id, newestLooked)
		if err != nil {
			return schema.Ref{}, err
		}
		f.issues = all
	}
	for _, i := range f.issues {
		if marks(i.Description, one.Key) {
			return issueRef(i), nil
		}
	}
	return schema.Ref{}, nil
}

func (f *finder) change(ctx context.Context, one *providers.Wanted) (schema.Ref, error) {
	if one.Number > 0 {
		m, err := f.api.MergeRequest(ctx, f.r.id, one.Number)
		if err != nil && !api.IsNotFound(err) {
			return schema.Ref{}, err
		}
		if err == nil && marks(m.Description, one.Key) {
			return f.half(m), nil
		}
	}
	if f.changes == nil {
		all, err := f.api.NewestMergeRequests(ctx, f.r.id, newestLooked)
		if err != nil {
			return schema.Ref{}, err
		}
		f.changes = all
	}
	for _, m := range f.changes {
		if marks(m.Description, one.Key) {
			return f.half(m), nil
		}
	}
	return schema.Ref{}, nil
}

// half is the ref of a merge request that was made by a write of which nobody
// knows how it ended.
func (f *finder) half(m api.MergeRequest) schema.Ref {
	f.r.doubt(place{kind: onMerge, number: m.IID})
	return changeRef(m)
}

// marked looks for a note among those of what it stands under.
func (f *finder) marked(ctx context.Context, one *providers.Wanted) (schema.Ref, error) {
	on, err := parsePlace(one.Parent.Ref.ID)
	if err != nil {
		return schema.Ref{}, err
	}
	on = on.whole()
	notes, ok := f.notes[on]
	if !ok {
		notes = map[schema.Key]noted{}
		for d, err := range f.api.Discussions(ctx, f.r.id, on.noted()) {
			if err != nil {
				return schema.Ref{}, err
			}
			for _, n := range d.Notes {
				if k, ok := attribution.ParseMarker(n.Body); ok && !n.System {
					notes[k] = noted{n, threadOf(d)}
				}
			}
		}
		f.notes[on] = notes
	}
	n, ok := notes[one.Key]
	if !ok {
		return schema.Ref{}, nil
	}
	on.thread, on.note = n.thread, n.ID
	return f.r.noteRef(on, n.Note), nil
}

// threadOf returns the id by which a thread takes answers; a note that stands
// alone is named without.
func threadOf(d api.Discussion) string {
	if d.Individual || !isHex(d.ID) {
		return ""
	}
	return d.ID
}
