package azure

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

const (
	pageSize = 256

	// changePage is how many changes are asked for at a time. A page that is
	// shorter than leastPage is the last one: no server is known to cut pages
	// that short.
	changePage = 1000
	leastPage  = 100

	// commentLength is how much of a comment a list brings.
	commentLength = 2000

	// maxPages bounds lists that a server never ends.
	maxPages = 1 << 20
)

func tfvc(parts ...string) []string { return append([]string{"_apis", "tfvc"}, parts...) }

// Latest returns the number of the youngest changeset that touched what is at or
// below a path, or 0.
func (c *Client) Latest(ctx context.Context, path string) (int, error) {
	list, _, err := page[Changeset](ctx, c, request{path: tfvc("changesets"), query: url.Values{
		"searchCriteria.itemPath": {path}, "$top": {"1"}, "$orderby": {"id desc"},
	}}, pageSize)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Number, nil
}

// First returns the number of the oldest changeset that touched what is at or
// below a path, or 0.
func (c *Client) First(ctx context.Context, path string) (int, error) {
	for set, err := range c.changesets(ctx, path, 0, 0, 1) {
		return set.Number, err
	}
	return 0, nil
}

// Changesets yields the changesets after one and up to another that touched what
// is at or below a path, the oldest first. A comment may be cut off.
func (c *Client) Changesets(ctx context.Context, path string, after, to int) iter.Seq2[Changeset, error] {
	return c.changesets(ctx, path, after, to, pageSize)
}

func (c *Client) changesets(ctx context.Context, path string, after, to, size int) iter.Seq2[Changeset, error] {
	return func(yield func(Changeset, error) bool) {
		for range maxPages {
			// Whether fromId is included depends on the server. It is asked for
			// the last one that is known, which is left out below.
			query := url.Values{
				"searchCriteria.itemPath": {path}, "$top": {strconv.Itoa(size + 1)}, "$orderby": {"id asc"},
				"maxCommentLength": {strconv.Itoa(commentLength)},
			}
			if after > 0 {
				query.Set("searchCriteria.fromId", strconv.Itoa(after))
			}
			if to > 0 {
				query.Set("searchCriteria.toId", strconv.Itoa(to))
			}
			sets, _, err := page[Changeset](ctx, c, request{path: tfvc("changesets"), query: query}, size+1)
			if err != nil {
				yield(Changeset{}, err)
				return
			}
			before := after
			for i, set := range sets {
				if i > 0 && set.Number <= sets[i-1].Number {
					yield(Changeset{}, garbled(fmt.Errorf("changeset %d comes after changeset %d", set.Number, sets[i-1].Number)))
					return
				}
				if set.Number <= before || to > 0 && set.Number > to {
					continue
				}
				after = set.Number
				if !yield(set, nil) {
					return
				}
			}
			if after == before {
				return // a list is at its end when nothing new comes
			}
		}
	}
}

// Changeset returns one changeset with its whole comment.
func (c *Client) Changeset(ctx context.Context, number int) (Changeset, error) {
	set, err := single[Changeset](ctx, c, request{path: tfvc("changesets", strconv.Itoa(number)),
		query: url.Values{"maxCommentLength": {strconv.Itoa(maxElement / 4)}}})
	if err == nil && set.Number != number {
		err = garbled(fmt.Errorf("it is about changeset %d and not %d", set.Number, number))
	}
	return set, err
}

// WorkItems returns the work items that a changeset is linked to.
func (c *Client) WorkItems(ctx context.Context, number int) ([]WorkItem, error) {
	const most = 100_000
	items, _, err := page[WorkItem](ctx, c, request{path: tfvc("changesets", strconv.Itoa(number), "workItems")}, most)
	return items, err
}

// Changes yields what a changeset changed, also outside of the project.
func (c *Client) Changes(ctx context.Context, number int) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		token, skip := "", 0
		for range maxPages {
			query := url.Values{"$top": {strconv.Itoa(changePage)}}
			switch {
			case token != "":
				query.Set("continuationToken", token)
			case skip > 0:
				query.Set("$skip", strconv.Itoa(skip))
			}
			changes, next, err := page[Change](ctx, c, request{path: tfvc("changesets", strconv.Itoa(number), "changes"), query: query}, changePage)
			if err != nil {
				yield(Change{}, err)
				return
			}
			for _, change := range changes {
				if !yield(change, nil) {
					return
				}
			}
			skip += len(changes)
			switch {
			case next != "" && next == token:
				yield(Change{}, garbled(fmt.Errorf("the list of changes of changeset %d does not go on", number)))
				return
			case next == "" && len(changes) < leastPage:
				return
			}
			token = next
		}
	}
}
