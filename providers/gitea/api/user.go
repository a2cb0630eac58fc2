package api

import "context"

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
	return ask[User](ctx, c, call{To: []any{"user"}, Op: "sign in", Subject: c.base})
}

// User returns an account by its name.
func (c *Client) User(ctx context.Context, name string) (User, error) {
	return ask[User](ctx, c, call{To: []any{"users", name}, Op: "look up user", Subject: name})
}
