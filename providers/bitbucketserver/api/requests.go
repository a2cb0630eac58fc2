package api

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/drover-migrate/drover/providers/forgehttp"
)

// Server is what a server says of itself, and of who asks.
type Server struct {
	Version string `json:"version"`
	User    string `json:"-"` // name of the account; empty when the server does not tell
}

// Server asks who we are and what the server is. Everybody may, so only an answer
// that names the account says that the credentials are good.
func (c *Client) Server(ctx context.Context) (Server, error) {
	var s Server
	response, err := c.http.Do(ctx, call{Path: apiModule, To: []any{"application-properties"}, Into: &s, Op: "ask", Subject: "the server"})
	if err != nil {
		return Server{}, err
	}
	if name, err := url.QueryUnescape(response.Header.Get("X-Ausername")); err == nil && name != "anonymous" {
		s.User = name
	}
	return s, nil
}

// Repository looks up a repository by its name. A former name is followed where the
// server does.
func (c *Client) Repository(ctx context.Context, r Repo) (Repository, error) {
	return get[Repository](ctx, c, r.in(apiModule, "look up repository"))
}

// The values of archived in [Client.Repositories].
const (
	ArchivedAll  = "ALL"
	ArchivedOnly = "ARCHIVED"
	ArchivedNone = "ACTIVE"
)

// Repositories lists all repositories that the token sees.
func (c *Client) Repositories(ctx context.Context, archived string) List[Repository] {
	return pages[Repository](ctx, c, call{Path: apiModule, To: []any{"repos"}, Query: url.Values{"archived": {archived}}, Op: "list repositories", Subject: "the server"}, nil)
}

// RepositoriesOf lists the repositories of a project.
func (c *Client) RepositoriesOf(ctx context.Context, project string) List[Repository] {
	return pages[Repository](ctx, c, call{Path: apiModule, To: []any{"projects", project, "repos"}, Op: "list repositories", Subject: project}, nil)
}

// PullRequests lists all pull requests. Those that change while the list is read
// move to its beginning, so that some may come twice and none is missed.
// Answered, unless nil, is told the server's time at each page.
func (c *Client) PullRequests(ctx context.Context, r Repo, answered func(time.Time)) List[PullRequest] {
	k := r.in(apiModule, "list pull requests", "pull-requests")
	k.Query = url.Values{"state": {"ALL"}, "order": {"NEWEST"}}
	return pages[PullRequest](ctx, c, k, answered)
}

// PullRequest looks up one pull request.
func (c *Client) PullRequest(ctx context.Context, r Repo, number int64) (PullRequest, error) {
	return get[PullRequest](ctx, c, r.in(apiModule, "read pull request", "pull-requests", number))
}

// Activities lists what happened to a pull request, the latest first.
func (c *Client) Activities(ctx context.Context, r Repo, number int64) List[Activity] {
	return pages[Activity](ctx, c, r.in(apiModule, "list activities of a pull request", "pull-requests", number, "activities"), nil)
}

// Likes lists who likes a comment. Servers since 9.0 have reactions instead.
func (c *Client) Likes(ctx context.Context, r Repo, number, comment int64) List[User] {
	return pages[User](ctx, c, r.in(likesModule, "list likes", "pull-requests", number, "comments", comment, "likes"), nil)
}

// Labels lists the labels of a repository.
func (c *Client) Labels(ctx context.Context, r Repo) List[Label] {
	return pages[Label](ctx, c, r.in(apiModule, "list labels", "labels"), nil)
}

// PermittedUsers lists who was given access to the repository itself.
func (c *Client) PermittedUsers(ctx context.Context, r Repo) List[PermittedUser] {
	return pages[PermittedUser](ctx, c, r.in(apiModule, "list permissions", "permissions", "users"), nil)
}

// PermittedGroups lists the groups that were given access to the repository itself.
func (c *Client) PermittedGroups(ctx context.Context, r Repo) List[PermittedGroup] {
	return pages[PermittedGroup](ctx, c, r.in(apiModule, "list permissions", "permissions", "groups"), nil)
}

// ProjectUsers lists who was given access to all repositories of a project.
func (c *Client) ProjectUsers(ctx context.Context, project string) List[PermittedUser] {
	return pages[PermittedUser](ctx, c, call{Path: apiModule, To: []any{"projects", project, "permissions", "users"}, Op: "list permissions", Subject: project}, nil)
}

// ProjectGroups lists the groups that were given access to all repositories of a
// project.
func (c *Client) ProjectGroups(ctx context.Context, project string) List[PermittedGroup] {
	return pages[PermittedGroup](ctx, c, call{Path: apiModule, To: []any{"projects", project, "permissions", "groups"}, Op: "list permissions", Subject: project}, nil)
}

// Restrictions lists what is forbidden with refs of the repository, by its project
// too.
func (c *Client) Restrictions(ctx context.Context, r Repo) List[Restriction] {
	return pages[Restriction](ctx, c, r.in(permissionsModule, "list branch permissions", "restrictions"), nil)
}

// Conditions lists who is asked for reviews by default.
func (c *Client) Conditions(ctx context.Context, r Repo) ([]Condition, error) {
	return get[[]Condition](ctx, c, r.in(defaultReviewersModule, "list default reviewers", "conditions"))
}

// PullRequestSettings are what the repository asks of a merge.
func (c *Client) PullRequestSettings(ctx context.Context, r Repo) (PullRequestSettings, error) {
	return get[PullRequestSettings](ctx, c, r.in(apiModule, "read settings of pull requests", "settings", "pull-requests"))
}

// Webhooks lists who is told of what happens.
func (c *Client) Webhooks(ctx context.Context, r Repo) ([]Webhook, error) {
	page, err := get[struct {
		Values []Webhook `json:"values"`
	}](ctx, c, r.in(apiModule, "list web hooks", "webhooks"))
	return page.Values, err
}

// AccessKeys lists the SSH keys of the repository.
func (c *Client) AccessKeys(ctx context.Context, r Repo) List[AccessKey] {
	return pages[AccessKey](ctx, c, r.in(keysModule, "list access keys", "ssh"), nil)
}

// AccessTokens lists the tokens of the repository.
func (c *Client) AccessTokens(ctx context.Context, r Repo) List[AccessToken] {
	return pages[AccessToken](ctx, c, r.in(accessTokensModule, "list access tokens"), nil)
}

// Hooks lists the programs that can run when something is pushed.
func (c *Client) Hooks(ctx context.Context, r Repo) List[Hook] {
	return pages[Hook](ctx, c, r.in(apiModule, "list hooks", "settings", "hooks"), nil)
}

// Size is how many bytes the repository takes at the server. It is told by a page,
// which the published interface does not have: one that is not there is no failure.
func (c *Client) Size(ctx context.Context, r Repo) (int64, bool) {
	var sizes struct {
		Repository int64 `json:"repository"`
	}
	_, err := c.http.Do(ctx, forgehttp.Request{Path: r.Path() + "/sizes", Into: &sizes, Op: "ask for the size", Subject: r.String()})
	return sizes.Repository, err == nil && sizes.Repository > 0
}

// Attachment opens a file that was uploaded into a text. Id is as the text has it.
func (c *Client) Attachment(ctx context.Context, r Repo, id string, maxBytes int64) (io.ReadCloser, error) {
	plain, err := url.PathUnescape(id)
	if err != nil {
		plain = id
	}
	k := r.in(apiModule, "download file", "attachments", plain)
	k.Subject, k.MaxBytes = r.String()+" "+id, maxBytes
	return c.http.Download(ctx, k)
}

// SignedIn asks for what the server gives to nobody who is not signed in.
func (c *Client) SignedIn(ctx context.Context) error {
	_, err := c.http.Do(ctx, call{Path: apiModule, To: []any{"inbox", "pull-requests", "count"}, Op: "sign in", Subject: "the server"})
	return err
}
