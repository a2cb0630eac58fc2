package threads

import (
	"context"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers/gitea/api"
)

// Head is what is cheaply known of all threads at one moment.
type Head struct {
	At       time.Time // of the moment, by the server's clock
	Last     int64     // the highest number, as far as it shows
	Issues   int64
	Changes  int64
	Comments int64 // those of reviews not among them
	Newest   int64 // id of the comment that was made last
}

// Look asks how many threads there are, in three requests or four.
func Look(ctx context.Context, client *api.Client, repo api.Repo) (Head, error) {
	var h Head
	both, err := issuesPage(ctx, client, repo, api.Updated{}, 1)
	h.At = both.At
	if err != nil || both.Total == 0 {
		return h, err
	}
	for _, i := range both.Items {
		h.Last = max(h.Last, i.Number)
	}
	one := client.Paged(1)
	pulls, err := issuesPage(ctx, one, repo, api.Updated{Type: "pulls"}, 1)
	if err != nil {
		return h, err
	}
	h.Issues, h.Changes = both.Total-pulls.Total, pulls.Total
	comments, err := commentsPage(ctx, one, repo, time.Time{}, 1)
	if err != nil {
		return h, err
	}
	if h.Comments = comments.Total; h.Comments > 1 {
		if comments, err = commentsPage(ctx, one, repo, time.Time{}, int(h.Comments)); err != nil {
			return h, err
		}
	}
	for _, c := range comments.Items {
		h.Newest = c.ID
	}
	return h, nil
}

func (h Head) threads() int64 { return h.Issues + h.Changes }

// next is what a reading that begins with h leaves.
func (h Head) next() since {
	s := since{Version: version, Last: h.Last, Threads: h.threads(), Comments: h.Comments, Newest: h.Newest}
	if !h.At.IsZero() {
		s.At = h.At.Add(-margin)
	}
	return s
}

// issuesPage is a part of the list of threads. Where they are switched off, or
// hidden from the token, there are none.
func issuesPage(ctx context.Context, client *api.Client, repo api.Repo, u api.Updated, n int) (api.Page[api.Issue], error) {
	return orNone(client.IssuesPage(ctx, repo, u, n))
}

func commentsPage(ctx context.Context, client *api.Client, repo api.Repo, changed time.Time, n int) (api.Page[api.Comment], error) {
	return orNone(client.CommentsPage(ctx, repo, changed, n))
}

func orNone[T any](p api.Page[T], err error) (api.Page[T], error) {
	if api.IsNotFound(err) {
		return api.Page[T]{}, nil
	}
	return p, err
}

// listed is a thread in a list.
type listed struct {
	number int64
	change bool
}

// list lists the threads that were changed at a moment or later, in ascending
// order. Pages shift when threads are made or deleted while they are read; then
// the list is read again, and what any reading of it saw is in it.
func (r *reading) list(ctx context.Context, u api.Updated) ([]listed, error) {
	const most = 5
	found := map[int64]bool{}
	for range most {
		steady, err := r.listOnce(ctx, u, found)
		if err != nil {
			return nil, err
		}
		if steady {
			break
		}
	}
	all := make([]listed, 0, len(found))
	for number, change := range found {
		all = append(all, listed{number, change})
	}
	slices.SortFunc(all, func(a, b listed) int { return int(a.number - b.number) })
	return all, nil
}

// listOnce adds the threads of a list to found, and whether they are changes. It
// reports whether the list stayed the same while it was read.
func (r *reading) listOnce(ctx context.Context, u api.Updated, found map[int64]bool) (steady bool, err error) {
	seen := map[int64]bool{}
	steady = true
	var total int64
	for n := 1; ; n++ {
		p, err := issuesPage(ctx, r.client, r.repo.Name, u, n)
		if err != nil {
			return false, err
		}
		steady = steady && (n == 1 || p.Total == total)
		total = p.Total
		for _, i := range p.Items {
			seen[i.Number], found[i.Number] = true, i.PullRequest != nil
		}
		if len(p.Items) == 0 || int64(n)*int64(r.repo.PageSize) >= total {
			return steady && int64(len(seen)) >= total, nil
		}
	}
}
