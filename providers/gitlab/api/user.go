package api

import (
	"context"
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
	return ask[User](ctx, c, call{To: []any{"user"}, Op: "sign in", Subject: c.base})
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
	return ask[Token](ctx, c, call{To: []any{"personal_access_tokens", "self"}, Op: "look up the token", Subject: c.base})
}

// UserByName returns the user of a name.
func (c *Client) UserByName(ctx context.Context, username string) (User, error) {
	var found []User
	err := c.do(ctx, call{To: []any{"users"}, Query: url.Values{"username": {username}}, Into: &found, Op: "look up user", Subject: username})
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
	return ask[User](ctx, c, call{To: []any{"users", id}, Op: "look up user", Subject: id})
}
