package api

import (
	"context"
	"iter"
)

// What follows is only ever listed: it holds what nobody can carry, or what no
// other server would know what to do with.

// Hook is an address that the server calls.
type Hook struct {
	Type   string            `json:"type"`
	Config map[string]string `json:"config"`
}

// Hooks lists the web hooks of a repository.
func (c *Client) Hooks(ctx context.Context, repo Repo) iter.Seq2[Hook, error] {
	return pages[Hook](ctx, c, call{To: repo.to("hooks"), Op: "list web hooks", Subject: repo})
}

// Key is a key that opens one repository.
type Key struct {
	Title string `json:"title"`
}

// Keys lists the deploy keys of a repository.
func (c *Client) Keys(ctx context.Context, repo Repo) iter.Seq2[Key, error] {
	return pages[Key](ctx, c, call{To: repo.to("keys"), Op: "list deploy keys", Subject: repo})
}

// Named is something of which only the name is told.
type Named struct {
	Name string `json:"name"`
}

// Secrets lists the names of the secrets of a repository's workflows.
func (c *Client) Secrets(ctx context.Context, repo Repo) iter.Seq2[Named, error] {
	return pages[Named](ctx, c, call{To: repo.to("actions", "secrets"), Op: "list secrets", Subject: repo})
}

// Variables lists the variables of a repository's workflows.
func (c *Client) Variables(ctx context.Context, repo Repo) iter.Seq2[Named, error] {
	return pages[Named](ctx, c, call{To: repo.to("actions", "variables"), Op: "list variables", Subject: repo})
}

// Mirror is another server that the repository is pushed to.
type Mirror struct {
	Address string `json:"remote_address"`
}

// PushMirrors lists the servers that a repository is pushed to.
func (c *Client) PushMirrors(ctx context.Context, repo Repo) iter.Seq2[Mirror, error] {
	return pages[Mirror](ctx, c, call{To: repo.to("push_mirrors"), Op: "list push mirrors", Subject: repo})
}

// Package is a version of a package.
type Package struct {
	Type       string      `json:"type"`
	Name       string      `json:"name"`
	Version    string      `json:"version"`
	Repository *Repository `json:"repository"`
}

// Packages lists the packages of an owner.
func (c *Client) Packages(ctx context.Context, owner string) iter.Seq2[Package, error] {
	return pages[Package](ctx, c, call{To: []any{"packages", owner}, Op: "list packages", Subject: owner})
}

// OrganizationLabels lists the labels that all repositories of an organization
// have.
func (c *Client) OrganizationLabels(ctx context.Context, name string) iter.Seq2[Label, error] {
	return pages[Label](ctx, c, call{To: []any{"orgs", name, "labels"}, Op: "list labels", Subject: name})
}

// MostItems is how long a page may be at most, as the server is set up.
func (c *Client) MostItems(ctx context.Context) (int, error) {
	var said struct {
		Most int `json:"max_response_items"`
	}
	err := c.do(ctx, call{To: []any{"settings", "api"}, Into: &said, Op: "read settings", Subject: c.base})
	return said.Most, err
}
