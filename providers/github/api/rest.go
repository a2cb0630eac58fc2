package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// Me is the account whose token is used.
func (c *Client) Me(ctx context.Context) (User, http.Header, error) {
	var me User
	h, err := c.Get(ctx, "/user", nil, &me, "sign in", "")
	return me, h, err
}

// Account is the user or organisation called login.
func (c *Client) Account(ctx context.Context, login string) (User, error) {
	var u User
	_, err := c.Get(ctx, "/users/"+url.PathEscape(login), nil, &u, "look up account", login)
	return u, err
}

// RepositoryByID is the repository with a permanent id, whatever it is called
// now.
func (c *Client) RepositoryByID(ctx context.Context, id int64) (Repository, error) {
	var r Repository
	text := strconv.FormatInt(id, 10)
	_, err := c.Get(ctx, "/repositories/"+text, nil, &r, "look up repository", text)
	return r, err
}

// RepositoryByName is the repository called owner/name now, or formerly.
func (c *Client) RepositoryByName(ctx context.Context, owner, name string) (Repository, error) {
	var r Repository
	_, err := c.Get(ctx, RepoPath(owner, name, ""), nil, &r, "look up repository", owner+"/"+name)
	return r, err
}

// oldestFirst keeps the pages of a list where they are while things are added.
func oldestFirst(more url.Values) url.Values {
	query := url.Values{"sort": {"created"}, "direction": {"asc"}}
	for name, values := range more {
		query[name] = values
	}
	return query
}

// RepositoriesOf lists what an account owns, as far as the token sees it.
func (c *Client) RepositoriesOf(ctx context.Context, owner User, me string) iter.Seq2[Repository, error] {
	path, query := "/users/"+url.PathEscape(owner.Login)+"/repos", oldestFirst(url.Values{"type": {"owner"}})
	switch {
	case owner.Type == "Organization":
		path, query = "/orgs/"+url.PathEscape(owner.Login)+"/repos", oldestFirst(url.Values{"type": {"all"}})
	case strings.EqualFold(owner.Login, me): // the list of a user has only public ones
		path, query = "/user/repos", oldestFirst(url.Values{"affiliation": {"owner"}})
	}
	return Items[Repository](c.List(ctx, path, query, "list repositories", owner.Login))
}

// Repositories lists all that the token has to do with.
func (c *Client) Repositories(ctx context.Context) iter.Seq2[Repository, error] {
	return Items[Repository](c.List(ctx, "/user/repos", oldestFirst(url.Values{"affiliation": {"owner,collaborator,organization_member"}}), "list repositories", ""))
}

// GistsOf lists the gists of a user; of nobody, those of the token's owner, with
// the secret ones.
func (c *Client) GistsOf(ctx context.Context, login string) iter.Seq2[Gist, error] {
	path := "/gists"
	if login != "" {
		path = "/users/" + url.PathEscape(login) + "/gists"
	}
	return Items[Gist](c.List(ctx, path, nil, "list gists", login))
}

// Gist is one gist with the contents of its files.
func (c *Client) Gist(ctx context.Context, id string) (Gist, error) {
	var g Gist
	_, err := c.Get(ctx, "/gists/"+url.PathEscape(id), nil, &g, "look up gist", id)
	return g, err
}

// GistComments lists the comments on a gist, oldest first.
func (c *Client) GistComments(ctx context.Context, id string) iter.Seq2[GistComment, error] {
	return Items[GistComment](c.List(ctx, "/gists/"+url.PathEscape(id)+"/comments", nil, "list comments", "gist "+id))
}

// Labels lists the labels of a repository.
func (c *Client) Labels(ctx context.Context, owner, name string) iter.Seq2[Label, error] {
	return Items[Label](c.List(ctx, RepoPath(owner, name, "/labels"), nil, "list labels", owner+"/"+name))
}

// Milestones lists the milestones of a repository, closed ones too.
func (c *Client) Milestones(ctx context.Context, owner, name string) iter.Seq2[Milestone, error] {
	return Items[Milestone](c.List(ctx, RepoPath(owner, name, "/milestones"), url.Values{"state": {"all"}}, "list milestones", owner+"/"+name))
}

// Affiliations of collaborators.
const (
	Direct  = "direct"  // who was given access to the repository itself
	Outside = "outside" // of them, those who are not in the organisation
)

// Collaborators lists who was given access to a repository.
func (c *Client) Collaborators(ctx context.Context, owner, name, affiliation string) iter.Seq2[Collaborator, error] {
	return Items[Collaborator](c.List(ctx, RepoPath(owner, name, "/collaborators"), url.Values{"affiliation": {affiliation}}, "list collaborators", owner+"/"+name))
}

// Releases lists the releases of a repository with their assets, newest first.
func (c *Client) Releases(ctx context.Context, owner, name string) iter.Seq2[Release, error] {
	return Items[Release](c.List(ctx, RepoPath(owner, name, "/releases"), nil, "list releases", owner+"/"+name))
}

// CommitComments lists the comments on the commits of a repository, oldest
// first.
func (c *Client) CommitComments(ctx context.Context, owner, name string) iter.Seq2[CommitComment, error] {
	return Items[CommitComment](c.List(ctx, RepoPath(owner, name, "/comments"), nil, "list comments on commits", owner+"/"+name))
}

// Hooks lists the webhooks of a repository.
func (c *Client) Hooks(ctx context.Context, owner, name string) iter.Seq2[Hook, error] {
	return Items[Hook](c.List(ctx, RepoPath(owner, name, "/hooks"), nil, "list webhooks", owner+"/"+name))
}

// Keys lists the deploy keys of a repository.
func (c *Client) Keys(ctx context.Context, owner, name string) iter.Seq2[Key, error] {
	return Items[Key](c.List(ctx, RepoPath(owner, name, "/keys"), nil, "list deploy keys", owner+"/"+name))
}

// Autolinks lists the autolinks of a repository, which come without pages.
func (c *Client) Autolinks(ctx context.Context, owner, name string) ([]Autolink, error) {
	var all []Autolink
	_, err := c.Get(ctx, RepoPath(owner, name, "/autolinks"), nil, &all, "list autolinks", owner+"/"+name)
	return all, err
}

// Sorts of things that only have a name for whoever reads them.
const (
	Secrets           = "actions/secrets"
	Variables         = "actions/variables"
	DependabotSecrets = "dependabot/secrets"
	Environments      = "environments"
)

// Names lists the names of one sort of thing.
func (c *Client) Names(ctx context.Context, owner, name, sort string) iter.Seq2[Named, error] {
	// Some of these lists take no more than 30 on a page.
	query := url.Values{"per_page": {strconv.Itoa(min(c.pageSize, 30))}}
	return Items[Named](c.List(ctx, RepoPath(owner, name, "/"+sort), query, "list "+sort, owner+"/"+name))
}

// packageTypes are the sorts of packages, each of which is a list of its own.
func packageTypes() []string {
	return []string{"container", "npm", "maven", "nuget", "rubygems", "docker"}
}

// Packages lists the packages of an account.
func (c *Client) Packages(ctx context.Context, owner User) iter.Seq2[Package, error] {
	path := "/users/"
	if owner.Type == "Organization" {
		path = "/orgs/"
	}
	return func(yield func(Package, error) bool) {
		for _, sort := range packageTypes() {
			list := c.List(ctx, path+url.PathEscape(owner.Login)+"/packages", url.Values{"package_type": {sort}}, "list packages", owner.Login)
			for p, err := range Items[Package](list) {
				if providers.CodeOf(err) == providers.CodeInvalid { // a registry that the server does not have
					break
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}
