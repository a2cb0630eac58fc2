package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// User is an account.
type User struct {
	ID          int64  `json:"id"`
	Username    string `json:"username"`
	Name        string `json:"name"`
	State       string `json:"state"` // active, blocked, ...
	Locked      bool   `json:"locked"`
	WebURL      string `json:"web_url"`
	Email       string `json:"email"`
	PublicEmail string `json:"public_email"`
	NamespaceID int64  `json:"namespace_id"`
	Bot         bool   `json:"bot"`
	IsAdmin     bool   `json:"is_admin"` // told to administrators alone

	CanCreateGroup   bool  `json:"can_create_group"`
	CanCreateProject bool  `json:"can_create_project"`
	ProjectsLimit    int64 `json:"projects_limit"`
}

// CurrentUser returns the user whose token it is, or who is acted for.
func (c *Client) CurrentUser(ctx context.Context) (User, error) {
	var u User
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"user"}, into: &u, op: "sign in", of: c.base})
	return u, err
}

// Token is what the server tells of the token in use.
type Token struct {
	ID        int64    `json:"id"`
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	UserID    int64    `json:"user_id"`
	Active    bool     `json:"active"`
	ExpiresAt string   `json:"expires_at"`
}

// Token looks the token in use up. Tokens of other sorts than personal ones, and
// of projects and groups, are not found.
func (c *Client) Token(ctx context.Context) (Token, error) {
	var t Token
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"personal_access_tokens", "self"}, into: &t, op: "look up the token", of: c.base})
	return t, err
}

// UserByName returns the user of a name.
func (c *Client) UserByName(ctx context.Context, username string) (User, error) {
	var found []User
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"users"}, query: url.Values{"username": {username}}, into: &found, op: "look up user", of: username})
	if err != nil {
		return User{}, err
	}
	for _, u := range found {
		if strings.EqualFold(u.Username, username) {
			return u, nil
		}
	}
	return User{}, &providers.Error{Code: providers.CodeNotFound, Op: "look up user", Subject: username, Message: "the server has no user of that name"}
}

// UserByID returns a user by the permanent number.
func (c *Client) UserByID(ctx context.Context, id int64) (User, error) {
	var u User
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"users", id}, into: &u, op: "look up user", of: id})
	return u, err
}
