package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Repository is a repository as the server tells it.
type Repository struct {
	ID            int64     `json:"id"`
	Owner         User      `json:"owner"`
	Name          string    `json:"name"`
	FullName      string    `json:"full_name"`
	Description   string    `json:"description"`
	Website       string    `json:"website"`
	Empty         bool      `json:"empty"`
	Private       bool      `json:"private"`
	Internal      bool      `json:"internal"`
	Fork          bool      `json:"fork"`
	Mirror        bool      `json:"mirror"`
	Archived      bool      `json:"archived"`
	DefaultBranch string    `json:"default_branch"`
	ObjectFormat  string    `json:"object_format_name"`
	HTMLURL       string    `json:"html_url"`
	CloneURL      string    `json:"clone_url"`
	Size          int64     `json:"size"` // KiB
	Topics        []string  `json:"topics"`
	Licenses      []string  `json:"licenses"`
	WikiBranch    string    `json:"wiki_branch"` // Forgejo
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`

	OpenIssues int64 `json:"open_issues_count"`
	OpenPulls  int64 `json:"open_pr_counter"`
	Releases   int64 `json:"release_counter"`

	HasIssues       bool `json:"has_issues"`
	HasWiki         bool `json:"has_wiki"`
	HasPullRequests bool `json:"has_pull_requests"`
	HasProjects     bool `json:"has_projects"`
	HasReleases     bool `json:"has_releases"`
	HasPackages     bool `json:"has_packages"`
	HasActions      bool `json:"has_actions"`

	AllowMerge           bool   `json:"allow_merge_commits"`
	AllowRebase          bool   `json:"allow_rebase"`
	AllowRebaseExplicit  bool   `json:"allow_rebase_explicit"`
	AllowSquash          bool   `json:"allow_squash_merge"`
	AllowFastForwardOnly bool   `json:"allow_fast_forward_only_merge"`
	AllowManualMerge     bool   `json:"allow_manual_merge"`
	DeleteBranch         bool   `json:"default_delete_branch_after_merge"`
	DefaultMergeStyle    string `json:"default_merge_style"`

	Permissions struct {
		Admin bool `json:"admin"`
		Push  bool `json:"push"`
		Pull  bool `json:"pull"`
	} `json:"permissions"`
}

// Repo is how requests name it.
func (r *Repository) Repo() Repo { return Repo{r.Owner.Login, r.Name} }

// Repository returns a repository by its name.
func (c *Client) Repository(ctx context.Context, repo Repo) (Repository, error) {
	return ask[Repository](ctx, c, call{To: repo.to(), Op: "look up repository", Subject: repo})
}

// RepositoryByID returns a repository by its permanent id.
func (c *Client) RepositoryByID(ctx context.Context, id int64) (Repository, error) {
	return ask[Repository](ctx, c, call{To: []any{"repositories", id}, Op: "look up repository", Subject: id})
}

// NewRepository is what a repository is made with.
type NewRepository struct {
	Name          string `json:"name"`
	Description   string `json:"description,omitempty"`
	Private       bool   `json:"private"`
	DefaultBranch string `json:"default_branch,omitempty"`
	ObjectFormat  string `json:"object_format_name,omitempty"`
}

// CreateOwn makes a repository of the client's user.
func (c *Client) CreateOwn(ctx context.Context, n NewRepository) (Repository, error) {
	return c.createRepository(ctx, n, "user", "repos")
}

// CreateInOrganization makes a repository of an organization.
func (c *Client) CreateInOrganization(ctx context.Context, organization string, n NewRepository) (Repository, error) {
	return c.createRepository(ctx, n, "orgs", organization, "repos")
}

// CreateForUser makes a repository of another user, which takes an
// administrator.
func (c *Client) CreateForUser(ctx context.Context, user string, n NewRepository) (Repository, error) {
	return c.createRepository(ctx, n, "admin", "users", user, "repos")
}

func (c *Client) createRepository(ctx context.Context, n NewRepository, to ...any) (Repository, error) {
	return ask[Repository](ctx, c, call{Method: http.MethodPost, To: to, Body: n, Op: "create repository", Subject: n.Name})
}

// EditRepository holds what is to be changed of a repository; nil leaves a thing
// as it is.
type EditRepository struct {
	Name          *string `json:"name,omitempty"`
	Description   *string `json:"description,omitempty"`
	Website       *string `json:"website,omitempty"`
	Private       *bool   `json:"private,omitempty"`
	DefaultBranch *string `json:"default_branch,omitempty"`
	Archived      *bool   `json:"archived,omitempty"`

	HasIssues       *bool `json:"has_issues,omitempty"`
	HasWiki         *bool `json:"has_wiki,omitempty"`
	HasPullRequests *bool `json:"has_pull_requests,omitempty"`
	HasProjects     *bool `json:"has_projects,omitempty"`
	HasReleases     *bool `json:"has_releases,omitempty"`
	HasPackages     *bool `json:"has_packages,omitempty"`
	HasActions      *bool `json:"has_actions,omitempty"`

	AllowMerge           *bool   `json:"allow_merge_commits,omitempty"`
	AllowRebase          *bool   `json:"allow_rebase,omitempty"`
	AllowRebaseExplicit  *bool   `json:"allow_rebase_explicit,omitempty"`
	AllowSquash          *bool   `json:"allow_squash_merge,omitempty"`
	AllowFastForwardOnly *bool   `json:"allow_fast_forward_only_merge,omitempty"`
	AllowManualMerge     *bool   `json:"allow_manual_merge,omitempty"`
	AutodetectManual     *bool   `json:"autodetect_manual_merge,omitempty"`
	DeleteBranch         *bool   `json:"default_delete_branch_after_merge,omitempty"`
	DefaultMergeStyle    *string `json:"default_merge_style,omitempty"`
	WikiBranch           *string `json:"wiki_branch,omitempty"` // Forgejo
}

// EditRepository changes a repository and returns it as it is then.
func (c *Client) EditRepository(ctx context.Context, repo Repo, e EditRepository) (Repository, error) {
	return ask[Repository](ctx, c, call{Method: http.MethodPatch, To: repo.to(), Body: e, Op: "change settings", Subject: repo})
}

// DeleteRepository deletes a repository with all that it holds.
func (c *Client) DeleteRepository(ctx context.Context, repo Repo) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to(), Op: "delete repository", Subject: repo})
}

// Transfer gives a repository to another owner. It answers with the repository
// as it is then, which may still be with the old owner and wait for the new one
// to accept.
func (c *Client) Transfer(ctx context.Context, repo Repo, owner string) (Repository, error) {
	body := struct {
		NewOwner string `json:"new_owner"`
	}{owner}
	return ask[Repository](ctx, c, call{Method: http.MethodPost, To: repo.to("transfer"), Body: body, Op: "transfer repository", Subject: repo})
}

// SetTopics makes the topics of a repository those given.
func (c *Client) SetTopics(ctx context.Context, repo Repo, topics []string) error {
	body := struct {
		Topics []string `json:"topics"`
	}{topics}
	if topics == nil {
		body.Topics = []string{}
	}
	return c.do(ctx, call{Method: http.MethodPut, To: repo.to("topics"), Body: body, Op: "set topics", Subject: repo})
}

// OwnRepositories lists the repositories that the client's user can reach.
func (c *Client) OwnRepositories(ctx context.Context) iter.Seq2[Repository, error] {
	return pages[Repository](ctx, c, call{To: []any{"user", "repos"}, Op: "list repositories", Subject: c.base})
}

// OrganizationRepositories lists the repositories of an organization.
func (c *Client) OrganizationRepositories(ctx context.Context, name string) iter.Seq2[Repository, error] {
	return pages[Repository](ctx, c, call{To: []any{"orgs", name, "repos"}, Op: "list repositories", Subject: name})
}

// UserRepositories lists the repositories of a user.
func (c *Client) UserRepositories(ctx context.Context, name string) iter.Seq2[Repository, error] {
	return pages[Repository](ctx, c, call{To: []any{"users", name, "repos"}, Op: "list repositories", Subject: name})
}

// Search says which repositories are looked for.
type Search struct {
	Owner int64 // the id of a user or organization; 0: anybody's
}

// SearchRepositories lists what the client's user may see, in the order in which
// it was made.
func (c *Client) SearchRepositories(ctx context.Context, s Search) iter.Seq2[Repository, error] {
	query := url.Values{"sort": {"id"}, "order": {"asc"}}
	of := c.base
	if s.Owner != 0 {
		query.Set("uid", strconv.FormatInt(s.Owner, 10))
		query.Set("exclusive", "true")
	}
	return pages[Repository](ctx, c, call{To: []any{"repos", "search"}, Query: query, Op: "list repositories", Subject: of})
}
