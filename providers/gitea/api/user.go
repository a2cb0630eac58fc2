package api

import (
	"context"
	"net/http"
)

// User is an account. Organizations are accounts too.
type User struct {
	ID       int64  `json:"id"`
	Login    string `json:"login"`
	FullName string `json:"full_name"`
	Email    string `json:"email"`
	IsAdmin  bool   `json:"is_admin"`
	HTMLURL  string `json:"html_url"`
}

// Whoami returns the account that requests are made as.
func (c *Client) Whoami(ctx context.Context) (User, error) {
	var u User
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"user"}, into: &u, op: "sign in", of: c.base})
	return u, err
}

// User returns an account by its name.
func (c *Client) User(ctx context.Context, name string) (User, error) {
	var u User
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"users", name}, into: &u, op: "look up user", of: name})
	return u, err
}
