package threads

import (
	"cmp"
	"context"
	"slices"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// thread is a thread as it is to be yielded.
type thread struct {
	key     schema.Key
	n       int64
	gone    bool
	entries []entry // the first is the thread itself
}

// entry is a record, or what became of one.
type entry struct {
	stream.Entry
	texts   []string // what people wrote
	foreign bool     // not in Markdown
	order   int64    // comments and changes share one sequence of ids
}

// fetch reads a thread. An error is one of the server, or of the connection to it,
// and ends the reading; what is wrong with the thread alone is in the thread.
func (r *reading) fetch(ctx context.Context, of listed) (thread, error) {
	t := thread{key: of.key, n: of.n}
	err := r.complete(ctx, &of)
	if api.IsNotFound(err) {
		t.gone = true
		return t, nil
	}
	if err == nil {
		if of.issue != nil {
			t.entries, err = r.issue(ctx, *of.issue)
		} else {
			t.entries, err = r.pull(ctx, *of.pull)
		}
	}
	if err == nil {
		return t, nil
	}
	if err := r.lasting(ctx, err); err != nil {
		return t, err
	}
	t.entries = []entry{{Entry: stream.Entry{Record: stream.Record{Key: t.key}, Fault: err}}}
	return t, nil
}

// complete reads what of a thread only its number is known of.
func (r *reading) complete(ctx context.Context, of *listed) error {
	switch {
	case of.issue != nil || of.pull != nil:
	case of.key.Kind == schema.KindIssue:
		i, err := r.client.Issue(ctx, r.repo.Repo, of.n)
		of.issue = &i
		return err
	default:
		p, err := r.client.PullRequest(ctx, r.repo.Repo, of.n)
		of.pull = &p
		return err
	}
	return nil
}

// lasting returns the error with which the reading ends, or nil when it is about one
// thing only.
func (r *reading) lasting(ctx context.Context, err error) error {
	return stream.Lasting(ctx, err, func(ctx context.Context) error {
		_, err := r.client.Repository(ctx, r.repo.Repo)
		return err
	})
}

// part reads a list that belongs to a thread. What cannot be had of it is told as one
// object that cannot be read.
func part[T any](ctx context.Context, r *reading, of schema.Key, kind schema.Kind, what string, list func() ([]T, error)) ([]T, []entry, error) {
	all, err := list()
	if err == nil {
		return all, nil, nil
	}
	if api.IsNotFound(err) { // it was deleted a moment ago
		return nil, nil, nil
	}
	if err := r.lasting(ctx, err); err != nil {
		return nil, nil, err
	}
	return nil, []entry{{Entry: stream.Entry{Record: stream.Record{Key: schema.Key{Kind: kind, ID: of.ID + "/" + what}}, Fault: err}}}, nil
}

// write makes what somebody wrote readable elsewhere.
func (r *reading) write(ctx context.Context, here present, e *entry, c api.Content) (string, error) {
	if c.Markup != "" && c.Markup != "markdown" && c.Raw != "" {
		e.foreign = true
		e.texts = append(e.texts, c.Raw)
		return c.Raw, nil
	}
	text, err := r.people.text(ctx, here, c)
	e.texts = append(e.texts, text)
	return text, err
}

// inOrder puts entries in the order in which they happened.
func inOrder(all []entry) []entry {
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.order, b.order) })
	return all
}
