package api

import (
	"context"
	"net/http"
	"time"
)

// Project is a project as the server tells it.
type Project struct {
	ID                int64     `json:"id"`
	Name              string    `json:"name"`
	Path              string    `json:"path"`
	PathWithNamespace string    `json:"path_with_namespace"`
	Namespace         Namespace `json:"namespace"`
	Description       string    `json:"description"`
	Visibility        string    `json:"visibility"` // private, internal, public
	DefaultBranch     string    `json:"default_branch"`
	Topics            []string  `json:"topics"`
	Archived          bool      `json:"archived"`
	EmptyRepo         bool      `json:"empty_repo"`
	ObjectFormat      string    `json:"repository_object_format"`
	WebURL            string    `json:"web_url"`
	CloneURL          string    `json:"http_url_to_repo"`
	AvatarURL         string    `json:"avatar_url"`
	DeletionOn        string    `json:"marked_for_deletion_on"` // a day, when it is to be deleted
	CreatorID         int64     `json:"creator_id"`
	CreatedAt         time.Time `json:"created_at"`
	UpdatedAt         time.Time `json:"updated_at"`
	ActiveAt          time.Time `json:"last_activity_at"`

	ImportStatus string `json:"import_status"`
	ImportType   string `json:"import_type"`
	ImportError  string `json:"import_error"`

	IssuesAccess     string `json:"issues_access_level"` // disabled, private, enabled
	ChangesAccess    string `json:"merge_requests_access_level"`
	WikiAccess       string `json:"wiki_access_level"`
	SnippetsAccess   string `json:"snippets_access_level"`
	RepositoryAccess string `json:"repository_access_level"`
	BuildsAccess     string `json:"builds_access_level"`
	EmailsEnabled    *bool  `json:"emails_enabled"` // nil: the server does not tell
	LFSEnabled       *bool  `json:"lfs_enabled"`

	MergeMethod   string `json:"merge_method"`  // merge, rebase_merge, ff
	SquashOption  string `json:"squash_option"` // never, always, default_on, default_off
	DeleteBranch  bool   `json:"remove_source_branch_after_merge"`
	AllResolved   bool   `json:"only_allow_merge_if_all_discussions_are_resolved"`
	PipelinePass  bool   `json:"only_allow_merge_if_pipeline_succeeds"`
	ServiceDesk   bool   `json:"service_desk_enabled"`
	OpenIssues    int64  `json:"open_issues_count"`
	ForkedFrom    *Fork  `json:"forked_from_project"`
	SharedRunners bool   `json:"shared_runners_enabled"`

	License *struct {
		Key string `json:"key"`
	} `json:"license"`

	Permissions struct {
		Project *Permission `json:"project_access"`
		Group   *Permission `json:"group_access"`
	} `json:"permissions"`

	Statistics *struct {
		Commits    int64 `json:"commit_count"`
		Repository int64 `json:"repository_size"`
		Storage    int64 `json:"storage_size"`
		LFS        int64 `json:"lfs_objects_size"`
	} `json:"statistics"`
}

// Permission is the access that the client's user has by one way.
type Permission struct {
	AccessLevel Access `json:"access_level"`
}

// Fork is the project that another one was made of.
type Fork struct {
	ID                int64  `json:"id"`
	PathWithNamespace string `json:"path_with_namespace"`
}

// Key is how requests name the project, whatever it is called.
func (p *Project) Key() ID { return Number(p.ID) }

// Access is the most that the client's user may do as a member.
func (p *Project) Access() Access {
	level := NoAccess
	for _, by := range []*Permission{p.Permissions.Project, p.Permissions.Group} {
		if by != nil {
			level = max(level, by.AccessLevel)
		}
	}
	return level
}

// Project returns a project by its number or full path. A former path leads to
// the project too.
func (c *Client) Project(ctx context.Context, id ID) (Project, error) {
	return ask[Project](ctx, c, call{To: project(id), Op: "look up project", Subject: id})
}

// NewProject is what a project is made with.
type NewProject struct {
	Name          string `json:"name"`
	Path          string `json:"path"`
	NamespaceID   int64  `json:"namespace_id,omitempty"`
	Description   string `json:"description,omitempty"`
	Visibility    string `json:"visibility"`
	DefaultBranch string `json:"default_branch,omitempty"`
	ObjectFormat  string `json:"repository_object_format,omitempty"`
	EmailsEnabled *bool  `json:"emails_enabled,omitempty"`
	AutoDevOps    *bool  `json:"auto_devops_enabled,omitempty"`
}

// CreateProject makes a project in a namespace, or in the personal one of the
// client's user.
func (c *Client) CreateProject(ctx context.Context, n NewProject) (Project, error) {
	return ask[Project](ctx, c, call{Method: http.MethodPost, To: []any{"projects"}, Body: n, Op: "create project", Subject: n.Path})
}

// EditProject holds what is to be changed of a project; nil leaves a thing as it
// is.
type EditProject struct {
	Name           *string   `json:"name,omitempty"`
	Path           *string   `json:"path,omitempty"`
	Description    *string   `json:"description,omitempty"`
	Visibility     *string   `json:"visibility,omitempty"`
	DefaultBranch  *string   `json:"default_branch,omitempty"`
	Topics         *[]string `json:"topics,omitempty"`
	IssuesAccess   *string   `json:"issues_access_level,omitempty"`
	ChangesAccess  *string   `json:"merge_requests_access_level,omitempty"`
	WikiAccess     *string   `json:"wiki_access_level,omitempty"`
	SnippetsAccess *string   `json:"snippets_access_level,omitempty"`
	BuildsAccess   *string   `json:"builds_access_level,omitempty"`
	EmailsEnabled  *bool     `json:"emails_enabled,omitempty"`
	LFSEnabled     *bool     `json:"lfs_enabled,omitempty"`
	MergeMethod    *string   `json:"merge_method,omitempty"`
	SquashOption   *string   `json:"squash_option,omitempty"`
	DeleteBranch   *bool     `json:"remove_source_branch_after_merge,omitempty"`
	AutoClose      *bool     `json:"autoclose_referenced_issues,omitempty"`
}

// EditProject changes a project and returns it as it is then. What the client's
// user may not change is left as it is, without an error.
func (c *Client) EditProject(ctx context.Context, id ID, e EditProject) (Project, error) {
	return ask[Project](ctx, c, call{Method: http.MethodPut, To: project(id), Body: e, Op: "change settings", Subject: id})
}

// DeleteProject deletes a project, at once or after the days that the server
// waits.
func (c *Client) DeleteProject(ctx context.Context, id ID) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id), Op: "delete project", Subject: id})
}

// TransferProject gives a project to another namespace.
func (c *Client) TransferProject(ctx context.Context, id ID, namespace string) (Project, error) {
	body := struct {
		Namespace string `json:"namespace"`
	}{namespace}
	return ask[Project](ctx, c, call{Method: http.MethodPut, To: project(id, "transfer"), Body: body, Op: "transfer project", Subject: id})
}

// ArchiveProject makes a project take no more writes.
func (c *Client) ArchiveProject(ctx context.Context, id ID) error {
	return c.do(ctx, call{Method: http.MethodPost, To: project(id, "archive"), Repeatable: true, Op: "archive project", Subject: id})
}

// UnarchiveProject makes an archived project take writes again.
func (c *Client) UnarchiveProject(ctx context.Context, id ID) error {
	return c.do(ctx, call{Method: http.MethodPost, To: project(id, "unarchive"), Repeatable: true, Op: "unarchive project", Subject: id})
}
