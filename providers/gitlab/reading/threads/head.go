package threads

import (
	"context"
	"slices"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Head is what is cheaply known of all threads of a sort at one moment.
type Head struct {
	At     time.Time // of the moment, by the server's clock
	Total  int64     // how many there are; -1: the server does not say
	Digest string    // of those that changed last: the same as long as none did
}

// few is how many threads a look takes in. Several, because not all that changes a
// thread moves its time.
const few = 20

// Look asks how many threads there are and which changed last, in one request or
// two.
func Look(ctx context.Context, client *api.Client, project int64, sort Sort) (Head, error) {
	id := api.Number(project)
	p, err := sort.page(ctx, client.Paged(few), id, api.Window{Order: "updated_at", Newest: true}, 1)
	if err != nil {
		return Head{}, err
	}
	h := Head{At: p.At, Total: p.Total, Digest: schema.Digest([]any{version, p.Total, p.Items})}
	if h.Total < 0 && sort.Kind == schema.KindIssue {
		h.Total, err = client.IssueCount(ctx, id)
	}
	return h, err
}

// next is what a reading that begins with h leaves.
func (h Head) next() since {
	s := since{Version: version}
	if !h.At.IsZero() {
		s.At = h.At.Add(-margin)
	}
	return s
}

// list lists the numbers of the threads that were changed at a moment or later, or
// of all, in ascending order.
func (r *reading) list(ctx context.Context, changed time.Time) ([]int64, error) {
	w := api.Window{Order: "created_at"}
	if !changed.IsZero() {
		w = api.Window{Order: "updated_at", Updated: changed}
	}
	found := map[int64]bool{}
	for n := 1; ; n++ {
		p, err := r.sort.page(ctx, r.client, r.project, w, n)
		if err != nil {
			return nil, err
		}
		for _, t := range p.Items {
			found[t.Number] = true
		}
		if !p.More || len(p.Items) == 0 {
			break
		}
		if follow(&w, p.Items[len(p.Items)-1]) {
			n = 0
		}
	}
	all := make([]int64, 0, len(found))
	for number := range found {
		all = append(all, number)
	}
	slices.Sort(all)
	return all, nil
}

// follow moves a window to where its last item stands. It reports false when it is
// there already, and only the next page leads on.
func follow(w *api.Window, last listed) bool {
	from, to := &w.Created, last.Created
	if w.Order == "updated_at" {
		from, to = &w.Updated, last.Updated
	}
	if !to.After(*from) {
		return false
	}
	*from = to
	return true
}
