package api

import (
	"context"
	"iter"
)

// Named is something of which only the name is looked at: a web hook, a deploy key,
// a variable. Which field the name is in differs.
type Named struct {
	Key    string `json:"key"` // of a deploy key it is the key itself
	Title  string `json:"title"`
	Name   string `json:"name"`
	Domain string `json:"domain"`
	URL    string `json:"url"`
}

// Leftover is a list of a project of things that only its administrators see.
type Leftover string

// The lists.
const (
	Variables     Leftover = "variables"
	Hooks         Leftover = "hooks"
	DeployKeys    Leftover = "deploy_keys"
	RemoteMirrors Leftover = "remote_mirrors"
	Badges        Leftover = "badges"
	Boards        Leftover = "boards"
	ApprovalRules Leftover = "approval_rules"
	Invitations   Leftover = "invitations"
	InvitedGroups Leftover = "invited_groups"
)

// Leftovers lists one sort of things of a project.
func (c *Client) Leftovers(ctx context.Context, id ID, list Leftover) iter.Seq2[Named, error] {
	return pages[Named](ctx, c, call{To: project(id, string(list)), Op: "list " + string(list), Subject: id})
}

// HasPushRules reports whether a project has rules for pushes. Not every edition of
// the server has such a thing.
func (c *Client) HasPushRules(ctx context.Context, id ID) (bool, error) {
	var rules struct {
		ID int64 `json:"id"`
	}
	err := c.do(ctx, call{To: project(id, "push_rule"), Into: &rules, Op: "read push rules", Subject: id})
	return rules.ID != 0, err
}
