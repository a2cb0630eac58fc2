package api

import (
	"context"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// Reaction is one person's emoji. REST tells it only for one object at a time,
// GraphQL for a hundred.
type Reaction struct {
	Content   string    `json:"content"` // THUMBS_UP, HEART, ...
	CreatedAt time.Time `json:"createdAt"`
	User      *struct {
		DatabaseID int64  `json:"databaseId"`
		Login      string `json:"login"`
		Name       string `json:"name"`
	} `json:"user"`
}

// nodesAtOnce is the most nodes that one request may name.
const nodesAtOnce = 100

const reactionsFields = `fragment Reactions on Reactable {
  reactions(first: 100, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) { nodes { content createdAt user { databaseId login name } } pageInfo { hasNextPage endCursor } }
}
`

// Reactions tells who reacted to the objects with node ids, by node id. An
// object that is gone has none.
func (c *Client) Reactions(ctx context.Context, nodeIDs []string, subject string) (map[string][]Reaction, error) {
	const query = `query($ids: [ID!]!, $after: String) { nodes(ids: $ids) { id ...Reactions } }
` + reactionsFields
	of := map[string][]Reaction{}
	for len(nodeIDs) > 0 {
		some := nodeIDs[:min(len(nodeIDs), nodesAtOnce)]
		nodeIDs = nodeIDs[len(some):]
		var answer struct {
			Nodes []*struct {
				ID        string         `json:"id"`
				Reactions page[Reaction] `json:"reactions"`
			} `json:"nodes"`
		}
		faults, err := c.GraphQL(ctx, query, map[string]any{"ids": some, "after": nil}, &answer, "list reactions", subject)
		if err != nil {
			return nil, err
		}
		for _, f := range faults {
			if f.Type != "NOT_FOUND" {
				return nil, refused("reactions", faults)
			}
		}
		for i, node := range answer.Nodes[:min(len(answer.Nodes), len(some))] {
			if node == nil {
				continue
			}
			all := node.Reactions.Nodes
			if node.Reactions.PageInfo.HasNextPage {
				if all, err = c.allReactions(ctx, node.ID); err != nil {
					return nil, err
				}
			}
			of[some[i]] = all // not node.ID: ids have two forms, and both interfaces need not answer in the same
		}
	}
	return of, nil
}

// maxReactions bounds the reactions of one object.
const maxReactions = 100_000

func (c *Client) allReactions(ctx context.Context, nodeID string) ([]Reaction, error) {
	const query = `query($id: ID!, $after: String) { node(id: $id) { ...Reactions } }
` + reactionsFields
	var all []Reaction
	for some, err := range pages[Reaction](ctx, c, query, nodeID, "reactions") {
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(all) > maxReactions {
			return nil, providers.Errorf(providers.CodeInvalid, "one object has more than %d reactions", maxReactions)
		}
	}
	return all, nil
}
