package threads

import (
	"context"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Sort is a sort of thread.
type Sort struct {
	Kind   schema.Kind
	prefix string // of ids of what stands under a thread
	noted  func(int64) api.Noted
}

// Issues and Changes are the sorts that there are.
func Issues() Sort  { return Sort{schema.KindIssue, "issues/", api.NotedIssue} }
func Changes() Sort { return Sort{schema.KindChange, "merge_requests/", api.NotedMergeRequest} }

// Kinds are the kinds of the records that a reading of the sort yields.
func (s Sort) Kinds() []schema.Kind {
	if s.Kind == schema.KindChange {
		return []schema.Kind{schema.KindChange, schema.KindReview, schema.KindComment, schema.KindEvent, schema.KindAttachment}
	}
	return []schema.Kind{schema.KindIssue, schema.KindComment, schema.KindEvent, schema.KindAttachment}
}

// listed is a thread in a list: what shows that it changed.
type listed struct {
	Number  int64
	Created time.Time
	Updated time.Time
	Notes   int64 // that people wrote
	Up      int64
	Down    int64
}

// page reads a part of the list of a sort. Where issues or merge requests are
// switched off, or hidden from the token, there are none.
func (s Sort) page(ctx context.Context, client *api.Client, project api.ID, w api.Window, n int) (api.Page[listed], error) {
	if s.Kind == schema.KindChange {
		return convert(func(m api.FullMergeRequest) listed {
			return listed{m.IID, m.CreatedAt, m.UpdatedAt, m.Notes, m.Upvotes, m.Downvotes}
		})(client.MergeRequestsPage(ctx, project, w, n))
	}
	return convert(func(i api.FullIssue) listed {
		return listed{i.IID, i.CreatedAt, i.UpdatedAt, i.Notes, i.Upvotes, i.Downvotes}
	})(client.IssuesPage(ctx, project, w, n))
}

func convert[T any](one func(T) listed) func(api.Page[T], error) (api.Page[listed], error) {
	return func(p api.Page[T], err error) (api.Page[listed], error) {
		if api.IsNotFound(err) || api.IsDenied(err) {
			return api.Page[listed]{}, nil
		}
		all := make([]listed, len(p.Items))
		for i, item := range p.Items {
			all[i] = one(item)
		}
		return api.Page[listed]{Items: all, More: p.More, Next: p.Next, Total: p.Total, At: p.At}, err
	}
}
