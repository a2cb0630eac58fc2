package threads

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// changed reads the threads that changed since an earlier reading, or all when
// comments were deleted or threads appeared that are not new.
func (r *reading) changed(ctx context.Context, h Head, s since) error {
	threads, err := r.list(ctx, api.Updated{Since: s.At})
	if err != nil {
		return err
	}
	last := s.Last
	there := s.Threads // unless some were deleted
	for _, t := range threads {
		if t.number > s.Last {
			there++
		}
		last = max(last, t.number)
	}
	commented, comments, err := r.commented(ctx, s)
	if err != nil {
		return err
	}
	if comments > h.Comments || there != h.threads() { // or somebody wrote meanwhile
		if h, err = Look(ctx, r.client, r.repo.Name); err != nil {
			return err
		}
	}
	// More than were made have appeared when the token may see more than before.
	if appeared := h.threads() - there; comments > h.Comments || appeared > max(0, h.Last-last) {
		r.cursor.Whole, r.cursor.Done, r.cursor.Counts, r.cursor.Files = true, 0, map[schema.Kind]int64{}, 0
		return r.whole(ctx)
	}
	for _, number := range commented {
		if !slices.ContainsFunc(threads, func(t listed) bool { return t.number == number }) {
			threads = append(threads, listed{number: number})
		}
	}
	slices.SortFunc(threads, func(a, b listed) int { return int(a.number - b.number) })
	r.given = map[int64]bool{}
	if err := r.through(ctx, threads); err != nil {
		return err
	}
	deleted := there > h.threads()
	if deleted {
		if err := r.kept(ctx, threads); err != nil {
			return err
		}
	}
	next := r.cursor.Next
	next.Last, next.Files = max(next.Last, s.Last), max(s.Files, r.cursor.Files) // files of what did not change were counted before
	if err := r.filesLoss(next.Files); err != nil {
		return err
	}
	counts := map[schema.Kind]int64{}
	for kind, n := range map[schema.Kind]int64{schema.KindIssue: h.Issues, schema.KindChange: h.Changes} {
		if r.Wants(kind) {
			counts[kind] = n
		}
	}
	return r.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: deleted, Next: stream.Encode(next)}})
}

// commented returns the threads with comments that were made or changed, and how
// many comments there would be if none had been deleted.
func (r *reading) commented(ctx context.Context, s since) (threads []int64, comments int64, err error) {
	comments = s.Comments
	seen := map[int64]bool{}
	for n := 1; ; n++ {
		p, err := commentsPage(ctx, r.client, r.repo.Name, s.At, n)
		if err != nil {
			return nil, 0, err
		}
		for _, c := range p.Items {
			if c.ID > s.Newest {
				comments++
			}
			if number := threadOf(c); number > 0 && !seen[number] {
				seen[number] = true
				threads = append(threads, number)
			}
		}
		if len(p.Items) == 0 || int64(n)*int64(r.repo.PageSize) >= p.Total {
			return threads, comments, nil
		}
	}
}

// threadOf is the number of the thread that a comment of a list belongs to.
func threadOf(c api.Comment) int64 {
	address := c.IssueURL
	if address == "" {
		address = c.PullURL
	}
	at, err := url.Parse(address)
	if err != nil {
		return 0
	}
	number, err := strconv.ParseInt(path.Base(at.Path), 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// kept tells which threads are still there. One that an interrupted reading
// yielded is there too.
func (r *reading) kept(ctx context.Context, changed []listed) error {
	all, err := r.list(ctx, api.Updated{})
	if err != nil {
		return err
	}
	for _, t := range all {
		key := schema.Key{Kind: schema.KindIssue, ID: id(t.number)}
		if t.change {
			key.Kind = schema.KindChange
		}
		if !r.Wants(key.Kind) || r.given[t.number] {
			continue
		}
		if err := r.Send(providers.Message{Kept: &key}); err != nil {
			return err
		}
	}
	return nil
}
