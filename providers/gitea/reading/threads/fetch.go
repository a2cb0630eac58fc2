package threads

import (
	"context"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// thread is an issue or pull request with all that was read of it.
type thread struct {
	number int64
	gone   bool
	fault  error // why nothing of it could be read

	issue     api.Issue
	pull      *api.Pull // nil: an issue
	reactions []api.Reaction
	timeline  []*api.TimelineEntry
	comments  []api.Comment
	reviews   []review
	replies   map[int64][]api.Reaction // to comments and remarks, by their ids

	faults []fault // parts that could not be read
}

// review is a review with its remarks.
type review struct {
	api.Review
	remarks []api.ReviewRemark
}

// fault is a part of a thread that could not be read.
type fault struct {
	kind schema.Kind
	what string
	err  error
}

// fetch reads a thread. An error is one of the server, or of the connection to
// it, and ends the reading; what is wrong with the thread alone is in the thread.
func (r *reading) fetch(ctx context.Context, of listed) (thread, error) {
	t := thread{number: of.number, replies: map[int64][]api.Reaction{}}
	err := r.fetchTop(ctx, &t)
	if api.IsNotFound(err) {
		t.gone = true
		return t, nil
	}
	if err != nil {
		t.fault = err
		return t, r.lasting(ctx, err)
	}
	for _, part := range []struct {
		kind schema.Kind
		what string
		read func(context.Context, *thread) error
	}{
		{schema.KindReview, "reviews", r.fetchReviews},
		{schema.KindComment, "comments", r.fetchComments},
		{schema.KindEvent, "timeline", r.fetchTimeline},
	} {
		err := part.read(ctx, &t)
		if err == nil {
			continue
		}
		if err := r.lasting(ctx, err); err != nil {
			return t, err
		}
		t.faults = append(t.faults, fault{part.kind, part.what, err})
	}
	return t, nil
}

// lasting returns the error with which the reading ends, or nil when it is about
// one thing only.
func (r *reading) lasting(ctx context.Context, err error) error {
	return stream.Lasting(ctx, err, func(ctx context.Context) error {
		_, err := r.client.Server(ctx)
		return err
	})
}

// fetchTop reads what the thread's own record is made of.
func (r *reading) fetchTop(ctx context.Context, t *thread) (err error) {
	if t.issue, err = r.client.Issue(ctx, r.repo.Name, t.number); err != nil {
		return err
	}
	if t.issue.PullRequest != nil {
		p, err := r.client.Pull(ctx, r.repo.Name, t.number)
		if err != nil {
			return err
		}
		t.pull = &p
	}
	t.reactions, err = r.client.IssueReactions(ctx, r.repo.Name, t.number)
	return err
}

// fetchTimeline reads pages until the last. The server leaves out the remarks of
// reviews, which were read before, and references from where the token may not
// look; a page can be short, or even empty, without being the last. That most of a
// page is of the second sort is not believed.
func (r *reading) fetchTimeline(ctx context.Context, t *thread) error {
	remarks := 0
	for _, v := range t.reviews {
		remarks += v.Remarks
	}
	for n := 1; ; n++ {
		page, err := r.client.TimelinePage(ctx, r.repo.Name, t.number, n)
		if err != nil {
			return err
		}
		t.timeline = append(t.timeline, page...)
		full := n * r.repo.PageSize
		short := full - len(t.timeline) - remarks
		if short > 0 && (r.repo.SeesAll || len(page) == 0 || short > r.repo.PageSize/2) {
			return nil
		}
	}
}

// fetchComments reads the comments with the reactions to them. The timeline has
// them too, but without their files.
func (r *reading) fetchComments(ctx context.Context, t *thread) (err error) {
	if t.issue.Comments == 0 {
		return nil
	}
	if t.comments, err = r.client.Comments(ctx, r.repo.Name, t.number); err != nil {
		return err
	}
	for _, c := range t.comments {
		if t.replies[c.ID], err = r.client.CommentReactions(ctx, r.repo.Name, c.ID); err != nil && !api.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// fetchReviews reads the reviews with their remarks and the reactions to those.
func (r *reading) fetchReviews(ctx context.Context, t *thread) error {
	if t.pull == nil {
		return nil
	}
	for one, err := range r.client.Reviews(ctx, r.repo.Name, t.number) {
		if err != nil {
			return err
		}
		v := review{Review: one}
		if one.Remarks > 0 {
			if v.remarks, err = r.client.ReviewRemarks(ctx, r.repo.Name, t.number, one.ID); err != nil && !api.IsNotFound(err) {
				return err
			}
		}
		for _, c := range v.remarks {
			if t.replies[c.ID], err = r.client.CommentReactions(ctx, r.repo.Name, c.ID); err != nil && !api.IsNotFound(err) {
				return err
			}
		}
		t.reviews = append(t.reviews, v)
	}
	return nil
}
