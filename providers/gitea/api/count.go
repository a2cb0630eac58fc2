package api

import (
	"context"
	"net/url"

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
	k := call{To: repo.to(string(list)), Query: query, Op: "count " + string(list), Subject: repo}
	answer, err := c.http.Do(ctx, c.ours(k))
	if err != nil {
		return 0, err
	}
	n := answer.Total(totalHeader)
	if n < 0 {
		return 0, uncounted(k)
	}
	return n, nil
}

// counted is page for a list that must be counted: that it is at its end is not
// seen in another way.
func counted[T any](ctx context.Context, c *Client, k call, number int) (Page[T], error) {
	p, _, err := page[T](ctx, c, k, number)
	if err == nil && p.Total < 0 {
		err = uncounted(k)
	}
	return p, err
}

func uncounted(k call) error {
	return k.Explain(&providers.Error{Code: providers.CodeUnsupported, Message: "the server does not say how long the list is",
		Hint: "let the proxy in front of it pass the header X-Total-Count"})
}
