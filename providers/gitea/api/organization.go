package api

import (
	"context"
	"net/http"
)

// Organization is an account that holds repositories for others.
type Organization struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	FullName   string `json:"full_name"`
	Visibility string `json:"visibility"` // public, limited, private
}

// Organization returns an organization by its name. A user's name is not found.
func (c *Client) Organization(ctx context.Context, name string) (Organization, error) {
	var o Organization
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"orgs", name}, into: &o, op: "look up organization", of: name})
	return o, err
}

// CreateOrganization makes an organization that is owned by the client's user.
func (c *Client) CreateOrganization(ctx context.Context, name, visibility string) (Organization, error) {
	body := struct {
		UserName   string `json:"username"`
		Visibility string `json:"visibility"`
	}{name, visibility}
	var o Organization
	err := c.do(ctx, call{method: http.MethodPost, to: []any{"orgs"}, body: body, into: &o, op: "create organization", of: name})
	return o, err
}

// Permissions are what a user may do in an organization.
type Permissions struct {
	IsOwner             bool `json:"is_owner"`
	IsAdmin             bool `json:"is_admin"`
	CanRead             bool `json:"can_read"`
	CanWrite            bool `json:"can_write"`
	CanCreateRepository bool `json:"can_create_repository"`
}

// Permissions returns what a user may do in an organization.
func (c *Client) Permissions(ctx context.Context, user, organization string) (Permissions, error) {
	var p Permissions
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"users", user, "orgs", organization, "permissions"}, into: &p,
		op: "read permissions", of: organization})
	return p, err
}
