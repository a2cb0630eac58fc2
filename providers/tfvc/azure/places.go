package azure

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// Project returns the team project with a name or id.
func (c *Client) Project(ctx context.Context, name string) (Project, error) {
	return single[Project](ctx, c, request{path: []string{"_apis", "projects", name}})
}

// Branches yields the folders at or below a path that were made branches,
// deleted ones too.
func (c *Client) Branches(ctx context.Context, path string) iter.Seq2[BranchRef, error] {
	return list[BranchRef](ctx, c, request{path: tfvc("branches"), query: url.Values{"scopePath": {path}, "includeDeleted": {"true"}}})
}

// FirstBranches yields the branches of the collection that were made of no
// other. The request is the one that servers are known to answer so.
func (c *Client) FirstBranches(ctx context.Context) iter.Seq2[BranchRef, error] {
	return list[BranchRef](ctx, c, request{path: tfvc("branches"), query: url.Values{"includeChildren": {"true"}}})
}

// Labels yields the labels that are kept at or below a path.
func (c *Client) Labels(ctx context.Context, path string) iter.Seq2[Label, error] {
	return pages[Label](ctx, c, request{path: tfvc("labels"), query: url.Values{"requestData.labelScope": {path}}})
}

// LabelItems yields what a label names.
func (c *Client) LabelItems(ctx context.Context, id int) iter.Seq2[Item, error] {
	return pages[Item](ctx, c, request{path: tfvc("labels", strconv.Itoa(id), "items")})
}

// pages yields a list that is asked for in pages, until nothing more comes.
func pages[T any](ctx context.Context, c *Client, r request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for skip := 0; ; {
			query := url.Values{"$top": {strconv.Itoa(changePage)}, "$skip": {strconv.Itoa(skip)}}
			for name, values := range r.query {
				query[name] = values
			}
			values, _, err := page[T](ctx, c, request{path: r.path, query: query}, changePage)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, v := range values {
				if !yield(v, nil) {
					return
				}
			}
			if skip += len(values); len(values) == 0 || len(values) < leastPage {
				return
			}
		}
	}
}
