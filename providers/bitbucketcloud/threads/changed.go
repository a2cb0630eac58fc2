package threads

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// changed reads the threads that changed since an earlier reading, or all of them
// when there are more than there can be: the account sees more than it did.
func (r *reading) changed(ctx context.Context, h Head, s since) error {
	if r.more(h.Issues, s.Issues) || r.more(h.Pulls, s.Pulls) {
		r.cursor.Whole = true
		return r.whole(ctx, h)
	}
	fresh := int64(0)
	list := r.list(ctx, api.Filter{Changed: s.Issues.from()}, api.Filter{Changed: s.Pulls.from()})
	counted := func(yield func(listed, error) bool) {
		for t, err := range list {
			if err == nil && t.issue != nil && t.n > s.Issues.Last {
				fresh++
			}
			if !yield(t, err) {
				return
			}
		}
	}
	if err := r.through(ctx, counted); err != nil {
		return err
	}
	// Of a reading that was resumed, what is new is not known any more; then all that
	// is there is told.
	deleted := r.repo.HasIssues && s.Issues.Count+fresh != h.Issues.Count
	if deleted {
		if err := r.kept(ctx); err != nil {
			return err
		}
	}
	next := r.next(s)
	if err := r.losses(next.Lost, h.Pulls.Count); err != nil {
		return err
	}
	counts := map[schema.Kind]int64{}
	for kind, n := range map[schema.Kind]int64{schema.KindIssue: h.Issues.Count, schema.KindChange: h.Pulls.Count} {
		if r.Wants(kind) {
			counts[kind] = n
		}
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: deleted, Next: stream.Encode(next)}})
}

// more reports whether threads have appeared that an incremental reading would not
// list: there were none to date them by.
func (r *reading) more(now api.Head, before mark) bool {
	return now.Count > 0 && before.Changed.IsZero()
}

// kept tells which threads are still there.
func (r *reading) kept(ctx context.Context) error {
	tell := func(key schema.Key) error {
		if r.given[key.ID] || !r.Wants(key.Kind) {
			return nil
		}
		return r.Send(providers.Message{Kept: &key})
	}
	for i, err := range r.client.IssueNumbers(ctx, r.repo.Repo) {
		if err == nil {
			err = tell(issueKey(i.ID))
		}
		if err != nil {
			return err
		}
	}
	for p, err := range r.client.PullRequestSources(ctx, r.repo.Repo) {
		if err == nil {
			err = tell(changeKey(p.ID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pick yields single records. The threads that they belong to are read whole.
func (r *reading) pick(ctx context.Context, keys []schema.Key) error {
	var threads []listed
	r.Pick(keys, func(k schema.Key) (int64, bool) {
		t, ok := threadOf(k.ID)
		if ok {
			threads = append(threads, t)
		}
		return t.n, ok
	})
	slices.SortFunc(threads, func(a, b listed) int {
		return cmp.Or(cmp.Compare(a.key.Kind, b.key.Kind), cmp.Compare(a.n, b.n))
	})
	threads = slices.CompactFunc(threads, func(a, b listed) bool { return a.key == b.key })
	if err := r.through(ctx, each(threads)); err != nil {
		return err
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{}})
}

// threadOf is the thread that an id belongs to.
func threadOf(id string) (listed, bool) {
	sort, rest, _ := strings.Cut(id, "/")
	digits, _, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return listed{}, false
	}
	switch sort + "/" {
	case issuesPath:
		return listed{key: issueKey(n), n: n}, true
	case pullsPath:
		return listed{key: changeKey(n), n: n}, true
	}
	return listed{}, false
}

func each(threads []listed) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		for _, t := range threads {
			if !yield(t, nil) {
				return
			}
		}
	}
}
