package api

import (
	"context"
	"iter"
	"net/http"
)

// Right is one of those who may do what a rule is about: a level, a person, a
// group, or a deploy key.
type Right struct {
	AccessLevel *Access `json:"access_level,omitempty"`
	UserID      *int64  `json:"user_id,omitempty"`
	GroupID     *int64  `json:"group_id,omitempty"`
	DeployKeyID *int64  `json:"deploy_key_id,omitempty"`
}

// ProtectedBranch is a rule over branches.
type ProtectedBranch struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"` // may hold *
	Push       []Right `json:"push_access_levels"`
	Merge      []Right `json:"merge_access_levels"`
	Unprotect  []Right `json:"unprotect_access_levels"`
	ForcePush  bool    `json:"allow_force_push"`
	CodeOwners bool    `json:"code_owner_approval_required"`
	Inherited  bool    `json:"inherited"` // it is a rule of the group
}

// ProtectedBranches lists the rules over a project's branches.
func (c *Client) ProtectedBranches(ctx context.Context, id ID) iter.Seq2[ProtectedBranch, error] {
	return pages[ProtectedBranch](ctx, c, call{To: project(id, "protected_branches"), Op: "list protected branches", Subject: id})
}

// ProtectedBranch returns the rule of a name.
func (c *Client) ProtectedBranch(ctx context.Context, id ID, name string) (ProtectedBranch, error) {
	return ask[ProtectedBranch](ctx, c, call{To: project(id, "protected_branches", name), Op: "look up protected branch", Subject: name})
}

// ProtectBranch is what a rule over branches is made with. A server without a
// licence takes levels and no lists.
type ProtectBranch struct {
	Name           string  `json:"name"`
	PushLevel      *Access `json:"push_access_level,omitempty"`
	MergeLevel     *Access `json:"merge_access_level,omitempty"`
	UnprotectLevel *Access `json:"unprotect_access_level,omitempty"`
	Push           []Right `json:"allowed_to_push,omitempty"`
	Merge          []Right `json:"allowed_to_merge,omitempty"`
	Unprotect      []Right `json:"allowed_to_unprotect,omitempty"`
	ForcePush      bool    `json:"allow_force_push"`
	CodeOwners     *bool   `json:"code_owner_approval_required,omitempty"`
}

// ProtectBranch makes a rule.
func (c *Client) ProtectBranch(ctx context.Context, id ID, n ProtectBranch) (ProtectedBranch, error) {
	return ask[ProtectedBranch](ctx, c, call{Method: http.MethodPost, To: project(id, "protected_branches"), Body: n, Op: "protect branch", Subject: n.Name})
}

// UnprotectBranch removes a rule.
func (c *Client) UnprotectBranch(ctx context.Context, id ID, name string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "protected_branches", name), Op: "unprotect branch", Subject: name})
}

// ProtectedTag is a rule over tags: who may make and move them.
type ProtectedTag struct {
	Name   string  `json:"name"` // may hold *
	Create []Right `json:"create_access_levels"`
}

// ProtectedTags lists the rules over a project's tags.
func (c *Client) ProtectedTags(ctx context.Context, id ID) iter.Seq2[ProtectedTag, error] {
	return pages[ProtectedTag](ctx, c, call{To: project(id, "protected_tags"), Op: "list protected tags", Subject: id})
}

// ProtectedTag returns the rule of a name.
func (c *Client) ProtectedTag(ctx context.Context, id ID, name string) (ProtectedTag, error) {
	return ask[ProtectedTag](ctx, c, call{To: project(id, "protected_tags", name), Op: "look up protected tag", Subject: name})
}

// ProtectTag is what a rule over tags is made with. A server without a licence
// takes a level and no list.
type ProtectTag struct {
	Name        string  `json:"name"`
	CreateLevel *Access `json:"create_access_level,omitempty"`
	Create      []Right `json:"allowed_to_create,omitempty"`
}

// ProtectTag makes a rule.
func (c *Client) ProtectTag(ctx context.Context, id ID, n ProtectTag) (ProtectedTag, error) {
	return ask[ProtectedTag](ctx, c, call{Method: http.MethodPost, To: project(id, "protected_tags"), Body: n, Op: "protect tag", Subject: n.Name})
}

// UnprotectTag removes a rule.
func (c *Client) UnprotectTag(ctx context.Context, id ID, name string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "protected_tags", name), Op: "unprotect tag", Subject: name})
}
