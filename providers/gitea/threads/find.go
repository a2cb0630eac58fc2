package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// newestLooked bounds how many of the newest issues are looked at for one that
// was made shortly before a run was killed.
const newestLooked = 50

// Find tells where objects stand: by their Refs, or by the markers in their
// texts. Attachments have no markers; Write finds those.
func (w *Writer) Find(ctx context.Context, repo Repo, wanted []providers.Wanted) ([]schema.Ref, error) {
	f := &finder{Writer: w, r: w.repository(repo), comments: map[int64][]api.Comment{}, reviews: map[int64][]reviewed{}, locks: map[schema.Key]bool{}}
	f.count(wanted)
	refs := make([]schema.Ref, len(wanted))
	for i := range wanted {
		if parent := wanted[i].Parent; parent != nil && !f.locks[parent.Key] {
			f.locks[parent.Key] = true
			if err := w.noteUnlocked(ctx, f.r, parent); err != nil {
				return nil, err
			}
		}
		var err error
		if wanted[i].Ref.ID != "" {
			refs[i], err = f.at(ctx, wanted[i].Ref.ID)
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
	r        *repository
	asked    map[int64]int // comments asked for, by thread
	comments map[int64][]api.Comment
	reviews  map[int64][]reviewed
	locks    map[schema.Key]bool // of threads that were looked at
	newest   []api.Issue
}

// reviewed is a review with its comments.
type reviewed struct {
	api.Review
	remarks []api.ReviewRemark
	read    bool
}

func (f *finder) count(wanted []providers.Wanted) {
	f.asked = map[int64]int{}
	for _, one := range wanted {
		if p, err := parsePlace(one.Ref.ID); err == nil && p.comment != 0 {
			f.asked[p.number]++
		}
	}
}

// at returns what stands at a place.
func (f *finder) at(ctx context.Context, id string) (schema.Ref, error) {
	p, err := parsePlace(id)
	if err != nil {
		return schema.Ref{}, err
	}
	switch {
	case p.asset != 0:
		all, err := f.api.IssueAssets(ctx, f.r.name, p.number)
		for _, a := range all {
			if a.ID == p.asset {
				return assetRef(p.number, a), nil
			}
		}
		return schema.Ref{}, err
	case p.remark != 0:
		have, err := f.remark(ctx, f.r, p)
		if err != nil {
			return schema.Ref{}, err
		}
		return remarkRef(p.number, have, schema.Digest(have.Body)), nil
	case p.review != 0:
		have, err := f.review(ctx, f.r, p.number, p.review)
		if err != nil {
			return schema.Ref{}, err
		}
		return reviewRef(p.number, have), nil
	case p.comment != 0:
		return f.comment(ctx, p)
	}
	issue, err := f.api.Issue(ctx, f.r.name, p.number)
	if err != nil {
		return schema.Ref{}, err
	}
	return refOf(issue), nil
}

// comment returns one comment. Several of one thread are asked for at once.
func (f *finder) comment(ctx context.Context, p place) (schema.Ref, error) {
	if f.asked[p.number] < 2 {
		have, err := f.api.Comment(ctx, f.r.name, p.comment)
		if err != nil || have.ID == 0 {
			return schema.Ref{}, err
		}
		return commentRef(p, have), nil
	}
	all, err := f.commentsOf(ctx, p.number)
	for _, have := range all {
		if have.ID == p.comment {
			return commentRef(p, have), nil
		}
	}
	return schema.Ref{}, err
}

func (f *finder) commentsOf(ctx context.Context, number int64) ([]api.Comment, error) {
	if all, ok := f.comments[number]; ok {
		return all, nil
	}
	all, err := f.api.Comments(ctx, f.r.name, number)
	if err == nil {
		f.comments[number] = all
	}
	return all, err
}

// search looks for the marker of an object.
func (f *finder) search(ctx context.Context, one *providers.Wanted) (schema.Ref, error) {
	switch one.Key.Kind {
	case schema.KindIssue, schema.KindChange, schema.KindDiscussion:
		issue, err := f.numbered(ctx, one)
		if err != nil || issue.Number == 0 {
			return schema.Ref{}, err
		}
		if one.Key.Kind == schema.KindChange {
			f.r.doubt(issue.Number)
		}
		return refOf(issue), nil
	}
	if one.Parent == nil || one.Parent.Ref.ID == "" {
		return schema.Ref{}, nil // what it stands under is not there either
	}
	p, err := parsePlace(one.Parent.Ref.ID)
	if err != nil {
		return schema.Ref{}, err
	}
	switch one.Key.Kind {
	case schema.KindComment:
		return f.markedComment(ctx, p.number, one)
	case schema.KindReview:
		return f.markedReview(ctx, p.number, one.Key)
	}
	return schema.Ref{}, nil
}

// numbered looks under the number that an object ought to have, then among the
// newest: only one that was made last can be unknown to who asks.
func (f *finder) numbered(ctx context.Context, one *providers.Wanted) (api.Issue, error) {
	if one.Number > 0 {
		issue, err := f.api.Issue(ctx, f.r.name, one.Number)
		if err != nil && !api.IsNotFound(err) {
			return api.Issue{}, err
		}
		if k, ok := attribution.ParseMarker(issue.Body); err == nil && ok && k == one.Key {
			return issue, nil
		}
	}
	if f.newest == nil {
		newest, err := f.api.NewestIssues(ctx, f.r.name, newestLooked)
		if err != nil {
			return api.Issue{}, err
		}
		f.newest = newest
	}
	for _, issue := range f.newest {
		if k, ok := attribution.ParseMarker(issue.Body); ok && k == one.Key {
			return issue, nil
		}
	}
	return api.Issue{}, nil
}

func (f *finder) markedComment(ctx context.Context, number int64, one *providers.Wanted) (schema.Ref, error) {
	all, err := f.commentsOf(ctx, number)
	if err != nil {
		return schema.Ref{}, err
	}
	for _, have := range all {
		if k, ok := attribution.ParseMarker(have.Body); ok && k == one.Key {
			return commentRef(place{number: number, comment: have.ID}, have), nil
		}
	}
	if one.Parent.Key.Kind != schema.KindChange {
		return schema.Ref{}, nil
	}
	reviews, err := f.reviewsOf(ctx, number)
	if err != nil {
		return schema.Ref{}, err
	}
	for i := range reviews {
		v := &reviews[i]
		if !v.read {
			if v.remarks, err = f.api.ReviewRemarks(ctx, f.r.name, number, v.ID); err != nil {
				return schema.Ref{}, err
			}
			v.read = true
		}
		for _, have := range v.remarks {
			if k, ok := attribution.ParseMarker(have.Body); ok && k == one.Key {
				return remarkRef(number, have, schema.Digest(have.Body)), nil
			}
		}
	}
	return schema.Ref{}, nil
}

func (f *finder) markedReview(ctx context.Context, number int64, key schema.Key) (schema.Ref, error) {
	reviews, err := f.reviewsOf(ctx, number)
	if err != nil {
		return schema.Ref{}, err
	}
	for _, have := range reviews {
		if k, ok := attribution.ParseMarker(have.Body); ok && k == key {
			now, err := f.review(ctx, f.r, number, have.ID)
			return reviewRef(number, now), err
		}
	}
	return schema.Ref{}, nil
}

// reviewsOf are the reviews of a pull request that were submitted. An issue has
// none: it may stand for a pull request without commits.
func (f *finder) reviewsOf(ctx context.Context, number int64) ([]reviewed, error) {
	if all, ok := f.reviews[number]; ok {
		return all, nil
	}
	all := []reviewed{}
	for v, err := range f.api.Reviews(ctx, f.r.name, number) {
		if api.IsNotFound(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		if v.State != api.ReviewPending {
			all = append(all, reviewed{Review: v})
		}
	}
	f.reviews[number] = all
	return all, nil
}
