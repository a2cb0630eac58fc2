package threads

import (
	"cmp"
	"context"
	"slices"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// thread is a pull request with all that was read of it.
type thread struct {
	number int64
	gone   bool
	fault  error // why nothing of it could be read

	pull       api.PullRequest
	activities []api.Activity // in the order in which they happened

	faults []fault          // parts that could not be read
	losses map[string]int64 // by code
}

// fault is a part of a pull request that could not be read.
type fault struct {
	kind schema.Kind
	what string
	err  error
}

// fetch reads a pull request. An error is one of the server, or of the connection to
// it, and ends the reading; what is wrong with the pull request alone is in the
// thread.
func (r *reading) fetch(ctx context.Context, number int64) (thread, error) {
	t := thread{number: number, losses: map[string]int64{}}
	var err error
	t.pull, err = r.client.PullRequest(ctx, r.repo.Name, number)
	switch {
	case api.IsNotFound(err):
		t.gone = true
		return t, r.present(ctx)
	case err != nil:
		t.fault = err
		return t, r.lasting(ctx, err)
	}
	t.activities, err = api.Collect(r.client.Activities(ctx, r.repo.Name, number))
	switch {
	case api.IsNotFound(err):
		t.gone = true
		return t, r.present(ctx)
	case err != nil:
		t.faults = append(t.faults, fault{schema.KindComment, "activities", err})
		return t, r.lasting(ctx, err)
	}
	slices.SortStableFunc(t.activities, func(a, b api.Activity) int {
		return cmp.Or(cmp.Compare(a.CreatedDate, b.CreatedDate), cmp.Compare(a.ID, b.ID))
	})
	for i := range t.activities {
		if c := t.activities[i].Comment; c != nil {
			if err := r.likes(ctx, &t, c); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

// present makes sure that the repository is there still: one that was moved or
// deleted while it is read would look like one without pull requests.
func (r *reading) present(ctx context.Context) error {
	_, err := r.client.Repository(ctx, r.repo.Name)
	return err
}

func (r *reading) lasting(ctx context.Context, err error) error {
	return stream.Lasting(ctx, err, func(ctx context.Context) error {
		_, err := r.client.Server(ctx)
		return err
	})
}

// likes asks who likes a comment and its replies, where the server tells only how
// many there are.
func (r *reading) likes(ctx context.Context, t *thread, c *api.Comment) error {
	if liked := &c.Properties.LikedBy; liked.Total > int64(len(liked.Likers)) {
		users, err := api.Collect(r.client.Likes(ctx, r.repo.Name, t.number, c.ID))
		switch {
		case err == nil:
			liked.Likers = users
		case !api.IsHidden(err):
			if err := r.lasting(ctx, err); err != nil {
				return err
			}
		}
	}
	for i := range c.Comments {
		if err := r.likes(ctx, t, &c.Comments[i]); err != nil {
			return err
		}
	}
	return nil
}
