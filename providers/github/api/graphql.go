package api

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// page is one page of a list below a node.
type page[T any] struct {
	Nodes    []T `json:"nodes"`
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
}

// pages yields a list below a repository, page by page. The query takes $id and
// $after, and the list is the field of that name below node.
func pages[T any](ctx context.Context, c *Client, query, nodeID, list string) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		variables := map[string]any{"id": nodeID, "after": nil}
		for {
			var answer struct {
				Node map[string]*page[T] `json:"node"`
			}
			faults, err := c.GraphQL(ctx, query, variables, &answer, "list "+list, nodeID)
			if err != nil {
				yield(nil, err)
				return
			}
			p := answer.Node[list]
			switch {
			case p == nil && len(faults) == 0: // there is no such list in this repository
				return
			case p == nil:
				yield(nil, refused(list, faults))
				return
			}
			if !yield(p.Nodes, nil) || !p.PageInfo.HasNextPage {
				return
			}
			// A cursor that stands still would go on for ever.
			if p.PageInfo.EndCursor == "" || p.PageInfo.EndCursor == variables["after"] {
				yield(nil, providers.Errorf(providers.CodeInvalid, "the list of %s says that it goes on and not where", list))
				return
			}
			variables["after"] = p.PageInfo.EndCursor
		}
	}
}

// refused is the error of a list that was not answered.
func refused(list string, faults forgehttp.GraphErrors) error {
	code, message := providers.CodeDenied, "GitHub does not show it to this token"
	if len(faults) > 0 {
		if faults[0].Type == "NOT_FOUND" {
			code = providers.CodeNotFound
		}
		message = faults[0].Message
	}
	return &providers.Error{Code: code, Op: "list " + list, Message: message}
}
