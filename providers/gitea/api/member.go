package api

import (
	"context"
	"iter"
	"net/http"
)

// Collaborators lists the people who were given access to a repository, the
// owner and teams not among them.
func (c *Client) Collaborators(ctx context.Context, repo Repo) iter.Seq2[User, error] {
	return pages[User](ctx, c, call{To: repo.to("collaborators"), Op: "list collaborators", Subject: repo})
}

// Permission returns what a user may do in a repository: none, read, write,
// admin, owner.
func (c *Client) Permission(ctx context.Context, repo Repo, user string) (string, error) {
	var said struct {
		Permission string `json:"permission"`
	}
	err := c.do(ctx, call{To: repo.to("collaborators", user, "permission"), Into: &said,
		Op: "read a collaborator's permission", Subject: repo})
	return said.Permission, err
}

// IsCollaborator reports whether a user was given access to a repository.
func (c *Client) IsCollaborator(ctx context.Context, repo Repo, user string) (bool, error) {
	err := c.do(ctx, call{To: repo.to("collaborators", user), Op: "look up collaborator", Subject: repo})
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// PutCollaborator gives a user access to a repository: read, write or admin.
func (c *Client) PutCollaborator(ctx context.Context, repo Repo, user, permission string) error {
	body := struct {
		Permission string `json:"permission"`
	}{permission}
	return c.do(ctx, call{Method: http.MethodPut, To: repo.to("collaborators", user), Body: body, Op: "add collaborator", Subject: repo})
}

// RemoveCollaborator takes away the access that a user was given.
func (c *Client) RemoveCollaborator(ctx context.Context, repo Repo, user string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("collaborators", user), Op: "remove collaborator", Subject: repo})
}

// Watchers lists the people who are told what happens in a repository.
func (c *Client) Watchers(ctx context.Context, repo Repo) iter.Seq2[User, error] {
	return pages[User](ctx, c, call{To: repo.to("subscribers"), Op: "list watchers", Subject: repo})
}

// Unwatch makes the client's user be told nothing of a repository.
func (c *Client) Unwatch(ctx context.Context, repo Repo) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("subscription"), Op: "unwatch repository", Subject: repo})
}
