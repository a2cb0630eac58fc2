package threads

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// thread is an issue or merge request with all that was read of it.
type thread struct {
	number int64
	gone   bool
	fault  error // why nothing of it could be read

	issue  *api.FullIssue
	change *api.FullMergeRequest
	fork   string // where a merge request comes from, when that is another project

	awards      []api.FullAward
	discussions []api.FullDiscussion
	replies     map[int64][]api.FullAward // to notes, by their ids
	states      []api.StateEvent
	labels      []api.LabelEvent
	milestones  []api.MilestoneEvent
	links       []api.LinkedIssue
	approvals   []api.Approval
	reviewers   []api.Reviewer

	faults []fault          // parts that could not be read
	lost   map[string]int64 // what no record carries, by code
}

// fault is a part of a thread that could not be read.
type fault struct {
	kind schema.Kind
	what string
	err  error
}

// fetch reads a thread. An error is one of the server, or of the connection to it,
// and ends the reading; what is wrong with the thread alone is in the thread.
func (r *reading) fetch(ctx context.Context, number int64) (thread, error) {
	t := thread{number: number, replies: map[int64][]api.FullAward{}, lost: map[string]int64{}}
	err := r.fetchTop(ctx, &t)
	if api.IsNotFound(err) {
		t.gone = true
		return t, nil
	}
	if err != nil {
		t.fault = err
		return t, r.lasting(ctx, err)
	}
	parts := []struct {
		kind schema.Kind
		what string
		read func(context.Context, *thread) error
	}{
		{schema.KindComment, "notes", r.fetchNotes},
		{schema.KindEvent, "events", r.fetchEvents},
		{schema.KindReview, "reviews", r.fetchReviews},
	}
	for _, part := range parts {
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

// lasting returns the error with which the reading ends, or nil when it is about one
// thread only.
func (r *reading) lasting(ctx context.Context, err error) error {
	return stream.Lasting(ctx, err, func(ctx context.Context) error {
		_, err := r.client.Metadata(ctx)
		return err
	})
}

// fetchTop reads what the thread's own record is made of.
func (r *reading) fetchTop(ctx context.Context, t *thread) error {
	if r.sort.Kind == schema.KindChange {
		m, err := r.client.FullMergeRequest(ctx, r.project, t.number)
		if err != nil {
			return err
		}
		t.change = &m
		if t.fork, err = r.fork(ctx, m); err != nil {
			return err
		}
	} else {
		i, err := r.client.FullIssue(ctx, r.project, t.number)
		if err != nil {
			return err
		}
		t.issue = &i
	}
	var err error
	t.awards, err = api.Collect(r.client.FullAwards(ctx, r.project, r.sort.noted(t.number), 0))
	return err
}

// fork is the full path of the project that a merge request comes from, when that is
// another one; empty when it is gone, or hidden from the token.
func (r *reading) fork(ctx context.Context, m api.FullMergeRequest) (string, error) {
	from := m.SourceProjectID
	if from == 0 || from == m.TargetProjectID {
		return "", nil
	}
	r.mu.Lock()
	path, known := r.forks[from]
	r.mu.Unlock()
	if known {
		return path, nil
	}
	p, err := r.client.Project(ctx, api.Number(from))
	if err != nil && !api.IsNotFound(err) && !api.IsDenied(err) {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forks[from] = p.PathWithNamespace
	return p.PathWithNamespace, nil
}

// fetchNotes reads the notes with the emoji under them. Those of the server itself
// have none.
func (r *reading) fetchNotes(ctx context.Context, t *thread) error {
	on := r.sort.noted(t.number)
	all, err := api.Collect(r.client.FullDiscussions(ctx, r.project, on))
	if err != nil {
		return err
	}
	for _, d := range all {
		var notes []api.FullNote
		for _, n := range d.Notes {
			if n.System {
				t.lost[lostNotes]++
				continue
			}
			if t.replies[n.ID], err = api.Collect(r.client.FullAwards(ctx, r.project, on, n.ID)); err != nil && !api.IsNotFound(err) {
				return err
			}
			notes = append(notes, n)
		}
		if d.Notes = notes; len(notes) > 0 {
			t.discussions = append(t.discussions, d)
		}
	}
	return nil
}

// fetchEvents reads what happened to the thread.
func (r *reading) fetchEvents(ctx context.Context, t *thread) error {
	on := r.sort.noted(t.number)
	var err error
	if t.states, err = optional(r.client.StateEvents(ctx, r.project, on)); err != nil {
		return err
	}
	if t.labels, err = optional(r.client.LabelEvents(ctx, r.project, on)); err != nil {
		return err
	}
	if t.milestones, err = optional(r.client.MilestoneEvents(ctx, r.project, on)); err != nil {
		return err
	}
	if t.issue != nil {
		if t.links, err = r.client.LinkedIssues(ctx, r.project, t.number); api.IsNotFound(err) {
			err = nil
		}
	}
	return err
}

// optional reads a list that a server may not have.
func optional[T any](items iter.Seq2[T, error]) ([]T, error) {
	all, err := api.Collect(items)
	if api.IsNotFound(err) {
		return nil, nil
	}
	return all, err
}

// fetchReviews reads who approved of a merge request, and who wants changes.
func (r *reading) fetchReviews(ctx context.Context, t *thread) (err error) {
	if t.change == nil {
		return nil
	}
	if t.approvals, err = r.client.Approvals(ctx, r.project, t.number); err != nil && !api.IsNotFound(err) {
		return err
	}
	if len(t.change.Reviewers) == 0 {
		return nil
	}
	if t.reviewers, err = r.client.Reviewers(ctx, r.project, t.number); api.IsNotFound(err) {
		return nil
	}
	return err
}
