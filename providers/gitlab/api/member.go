package api

import (
	"context"
	"iter"
	"net/http"
)

// Access is what a member may do.
type Access int

// The levels of access.
const (
	NoAccess   Access = 0
	Minimal    Access = 5
	Guest      Access = 10
	Planner    Access = 15
	Reporter   Access = 20
	Security   Access = 25
	Developer  Access = 30
	Maintainer Access = 40
	Owner      Access = 50
	Admin      Access = 60
)

// Member is a person's membership of a project or a group.
type Member struct {
	ID          int64  `json:"id"` // of the user
	Username    string `json:"username"`
	Name        string `json:"name"`
	State       string `json:"state"`
	WebURL      string `json:"web_url"`
	AccessLevel Access `json:"access_level"`
	ExpiresAt   string `json:"expires_at"` // a day
	MemberRole  *struct {
		Name string `json:"name"`
	} `json:"member_role"`
}

// Members lists those who are members of the project itself.
func (c *Client) Members(ctx context.Context, id ID) iter.Seq2[Member, error] {
	return pages[Member](ctx, c, call{to: project(id, "members"), op: "list members", of: id})
}

// Member returns somebody's membership of the project itself.
func (c *Client) Member(ctx context.Context, id ID, user int64) (Member, error) {
	var m Member
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "members", user), into: &m, op: "look up member", of: id})
	return m, err
}

// EffectiveMember returns what somebody may do in a project, by whatever
// membership.
func (c *Client) EffectiveMember(ctx context.Context, id ID, user int64) (Member, error) {
	var m Member
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "members", "all", user), into: &m, op: "look up member", of: id})
	return m, err
}

// EffectiveGroupMember returns what somebody may do in a group, by whatever
// membership.
func (c *Client) EffectiveGroupMember(ctx context.Context, id ID, user int64) (Member, error) {
	var m Member
	err := c.do(ctx, call{method: http.MethodGet, to: group(id, "members", "all", user), into: &m, op: "look up member", of: id})
	return m, err
}

// EditMember is what a membership is to be.
type EditMember struct {
	UserID      int64   `json:"user_id,omitempty"` // of a new one
	AccessLevel Access  `json:"access_level"`
	ExpiresAt   *string `json:"expires_at"` // a day; nil: never
}

// AddMember makes somebody a member.
func (c *Client) AddMember(ctx context.Context, id ID, e EditMember) (Member, error) {
	var m Member
	err := c.do(ctx, call{method: http.MethodPost, to: project(id, "members"), body: e, into: &m, op: "add member", of: id})
	return m, err
}

// EditMember changes a membership.
func (c *Client) EditMember(ctx context.Context, id ID, user int64, e EditMember) (Member, error) {
	var m Member
	e.UserID = 0
	err := c.do(ctx, call{method: http.MethodPut, to: project(id, "members", user), body: e, into: &m, op: "change member", of: id})
	return m, err
}

// RemoveMember ends a membership.
func (c *Client) RemoveMember(ctx context.Context, id ID, user int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: project(id, "members", user), op: "remove member", of: id})
}
