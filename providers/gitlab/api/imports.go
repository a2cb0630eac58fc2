package api

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// GitHubImport asks the server to import a repository of GitHub.
// https://docs.gitlab.com/api/import/
type GitHubImport struct {
	Token           string          `json:"personal_access_token"`
	RepositoryID    int64           `json:"repo_id"`
	NewName         string          `json:"new_name,omitempty"`
	Namespace       string          `json:"target_namespace"`
	Hostname        string          `json:"github_hostname,omitempty"` // empty: github.com
	OptionalStages  map[string]bool `json:"optional_stages,omitempty"`
	TimeoutStrategy string          `json:"timeout_strategy,omitempty"`
	PageSize        int             `json:"pagination_limit,omitempty"`
}

// BitbucketServerImport asks the server to import a repository of Bitbucket
// Server or Data Center.
type BitbucketServerImport struct {
	URL             string `json:"bitbucket_server_url"`
	Username        string `json:"bitbucket_server_username"`
	Token           string `json:"personal_access_token"`
	Project         string `json:"bitbucket_server_project"`
	Repository      string `json:"bitbucket_server_repo"`
	NewName         string `json:"new_name,omitempty"`
	Namespace       string `json:"target_namespace,omitempty"` // empty: the user's own
	TimeoutStrategy string `json:"timeout_strategy,omitempty"`
}

// BitbucketImport asks the server to import a repository of Bitbucket Cloud. It
// has one of two pairs of credentials.
type BitbucketImport struct {
	Email       string `json:"bitbucket_email,omitempty"`
	Token       string `json:"bitbucket_api_token,omitempty"`
	Username    string `json:"bitbucket_username,omitempty"`
	AppPassword string `json:"bitbucket_app_password,omitempty"`
	Path        string `json:"repo_path"`
	NewName     string `json:"new_name,omitempty"`
	Namespace   string `json:"target_namespace"`
}

// ImportedProject is a project as the importers answer with it.
type ImportedProject struct {
	ID       int64  `json:"id"`
	FullPath string `json:"full_path"` // begins with a slash
	Source   string `json:"import_source"`
	Status   string `json:"import_status"`
	Warning  string `json:"import_warning"`
}

// ImportStatus is how far the import of a project has come.
type ImportStatus struct {
	ID            int64           `json:"id"`
	FullPath      string          `json:"path_with_namespace"`
	CreatedAt     time.Time       `json:"created_at"`
	Status        string          `json:"import_status"` // none, scheduled, started, finished, failed, canceled
	Type          string          `json:"import_type"`   // github, bitbucket_server, bitbucket, ...; empty: it was not imported
	CorrelationID string          `json:"correlation_id"`
	Failures      []ImportFailure `json:"failed_relations"` // those that ended the import, a hundred at most
	Error         string          `json:"import_error"`
	Stats         *ImportStats    `json:"stats"` // nil: the importer does not count
}

// ImportFailure is an object that an import could not store.
type ImportFailure struct {
	CreatedAt time.Time `json:"created_at"`
	Class     string    `json:"exception_class"`
	Message   string    `json:"exception_message"`
	Source    string    `json:"source"` // the part of the server that met it
	Relation  string    `json:"relation_name"`
}

// ImportStats count objects by relation: label, pull_request, and so on.
type ImportStats struct {
	Fetched  map[string]int64 `json:"fetched"`
	Imported map[string]int64 `json:"imported"`
}

// ImportGitHub starts the import of a repository. The project that it fills is
// there when the server answers.
func (c *Client) ImportGitHub(ctx context.Context, in GitHubImport) (ImportedProject, error) {
	return c.startImport(ctx, "github", in, schema.Printable(in.Namespace))
}

// ImportBitbucketServer is ImportGitHub for Bitbucket Server.
func (c *Client) ImportBitbucketServer(ctx context.Context, in BitbucketServerImport) (ImportedProject, error) {
	return c.startImport(ctx, "bitbucket_server", in, in.Project+"/"+in.Repository)
}

// ImportBitbucket is ImportGitHub for Bitbucket Cloud.
func (c *Client) ImportBitbucket(ctx context.Context, in BitbucketImport) (ImportedProject, error) {
	return c.startImport(ctx, "bitbucket", in, in.Path)
}

func (c *Client) startImport(ctx context.Context, importer string, in any, of string) (ImportedProject, error) {
	return ask[ImportedProject](ctx, c, call{Method: http.MethodPost, To: []any{"import", importer}, Body: in, Op: "start the import", Subject: of})
}

// CancelGitHubImport cancels the import of a project. The server cancels those
// from GitHub only, and knows no other project by this request.
func (c *Client) CancelGitHubImport(ctx context.Context, id int64) (ImportedProject, error) {
	var p ImportedProject
	body := map[string]int64{"project_id": id}
	err := c.do(ctx, call{Method: http.MethodPost, To: []any{"import", "github", "cancel"}, Body: body, Into: &p, Op: "cancel the import", Subject: Number(id)})
	return p, err
}

// ImportGists makes the server import the gists of a token's owner as snippets of
// the user. It tells nothing of how that goes.
func (c *Client) ImportGists(ctx context.Context, token string) error {
	body := map[string]string{"personal_access_token": token}
	return c.do(ctx, call{Method: http.MethodPost, To: []any{"import", "github", "gists"}, Body: body, Op: "start the import", Subject: "gists"})
}

// ImportStatus tells how far the import of a project has come.
func (c *Client) ImportStatus(ctx context.Context, id ID) (ImportStatus, error) {
	return ask[ImportStatus](ctx, c, call{To: project(id, "import"), Op: "ask about the import", Subject: id})
}

// OwnSnippets lists the snippets of the user: those of projects, too.
func (c *Client) OwnSnippets(ctx context.Context) iter.Seq2[Snippet, error] {
	return pages[Snippet](ctx, c, call{To: []any{"snippets"}, Op: "list snippets", Subject: "the user"})
}
