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
	return ask[Organization](ctx, c, call{To: []any{"orgs", name}, Op: "look up organization", Subject: name})
}

// CreateOrganization makes an organization that is owned by the client's user.
func (c *Client) CreateOrganization(ctx context.Context, name, visibility string) (Organization, error) {
	body := struct {
		UserName   string `json:"username"`
		Visibility string `json:"visibility"`
	}{name, visibility}
	return ask[Organization](ctx, c, call{Method: http.MethodPost, To: []any{"orgs"}, Body: body, Op: "create organization", Subject: name})
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
	return ask[Permissions](ctx, c, call{To: []any{"users", user, "orgs", organization, "permissions"}, Op: "read permissions", Subject: organization})
}
