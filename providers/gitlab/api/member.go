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
	return pages[Member](ctx, c, call{To: project(id, "members"), Op: "list members", Subject: id})
}

// Member returns somebody's membership of the project itself.
func (c *Client) Member(ctx context.Context, id ID, user int64) (Member, error) {
	return ask[Member](ctx, c, call{To: project(id, "members", user), Op: "look up member", Subject: id})
}

// EffectiveMember returns what somebody may do in a project, by whatever
// membership.
func (c *Client) EffectiveMember(ctx context.Context, id ID, user int64) (Member, error) {
	return ask[Member](ctx, c, call{To: project(id, "members", "all", user), Op: "look up member", Subject: id})
}

// EffectiveGroupMember returns what somebody may do in a group, by whatever
// membership.
func (c *Client) EffectiveGroupMember(ctx context.Context, id ID, user int64) (Member, error) {
	return ask[Member](ctx, c, call{To: group(id, "members", "all", user), Op: "look up member", Subject: id})
}

// EditMember is what a membership is to be.
type EditMember struct {
	UserID      int64   `json:"user_id,omitempty"` // of a new one
	AccessLevel Access  `json:"access_level"`
	ExpiresAt   *string `json:"expires_at"` // a day; nil: never
}

// AddMember makes somebody a member.
func (c *Client) AddMember(ctx context.Context, id ID, e EditMember) (Member, error) {
	return ask[Member](ctx, c, call{Method: http.MethodPost, To: project(id, "members"), Body: e, Op: "add member", Subject: id})
}

// EditMember changes a membership.
func (c *Client) EditMember(ctx context.Context, id ID, user int64, e EditMember) (Member, error) {
	var m Member
	e.UserID = 0
	err := c.do(ctx, call{Method: http.MethodPut, To: project(id, "members", user), Body: e, Into: &m, Op: "change member", Subject: id})
	return m, err
}

// RemoveMember ends a membership.
func (c *Client) RemoveMember(ctx context.Context, id ID, user int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "members", user), Op: "remove member", Subject: id})
}
