package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/drover-migrate/drover/providers"
)

// List names a list of a repository that the server counts.
type List string

// The lists.
const (
	ListLabels        List = "labels"
	ListMilestones    List = "milestones"
	ListIssues        List = "issues"
	ListPulls         List = "pulls"
	ListReleases      List = "releases"
	ListCollaborators List = "collaborators"
)

// Count returns how long a list is, in one request.
func (c *Client) Count(ctx context.Context, repo Repo, list List) (int64, error) {
	query := url.Values{"limit": {"1"}, "page": {"1"}}
	switch list {
	case ListMilestones, ListPulls:
		query.Set("state", "all")
	case ListIssues:
		query.Set("state", "all")
		query.Set("type", "issues")
	}
	response, err := c.ask(ctx, call{method: http.MethodGet, to: repo.to(string(list)), query: query, op: "count " + string(list), of: repo})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(response.Header.Get("X-Total-Count"), 10, 64)
	if err != nil {
		return 0, uncounted("count "+string(list), repo)
	}
	return n, nil
}

// counted is page for a list that must be counted: that it is at its end is not
// seen in another way.
func counted[T any](ctx context.Context, c *Client, k call, number int) (Page[T], error) {
	p, _, err := page[T](ctx, c, k, number)
	if err == nil && p.Total < 0 {
		err = uncounted(k.op, k.of)
	}
	return p, err
}

func uncounted(op string, of any) error {
	return &providers.Error{Code: providers.CodeUnsupported, Op: op, Subject: fmt.Sprint(of),
		Message: "the server does not say how long the list is", Hint: "let the proxy in front of it pass the header X-Total-Count"}
}
