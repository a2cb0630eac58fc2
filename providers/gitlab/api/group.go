package api

import (
	"context"
	"net/http"
	"net/url"
)

// Namespace is what projects are in: a group, or a user's personal namespace.
type Namespace struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	Kind     string `json:"kind"` // group, user
	FullPath string `json:"full_path"`
	ParentID *int64 `json:"parent_id"`
	WebURL   string `json:"web_url"`
}

// Personal reports whether the namespace belongs to a user.
func (n Namespace) Personal() bool { return n.Kind == "user" }

// Namespace returns a namespace by its number or full path.
func (c *Client) Namespace(ctx context.Context, id ID) (Namespace, error) {
	return ask[Namespace](ctx, c, call{To: []any{"namespaces", id}, Op: "look up namespace", Subject: id})
}

// Group is a group as the server tells it.
type Group struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Path           string `json:"path"`
	FullPath       string `json:"full_path"`
	FullName       string `json:"full_name"`
	Description    string `json:"description"`
	Visibility     string `json:"visibility"` // private, internal, public
	ParentID       *int64 `json:"parent_id"`
	WebURL         string `json:"web_url"`
	Archived       bool   `json:"archived"`
	DeletionOn     string `json:"marked_for_deletion_on"`    // a day, when it is to be deleted
	ProjectsBy     string `json:"project_creation_level"`    // noone, administrator, owner, maintainer, developer
	SubgroupsBy    string `json:"subgroup_creation_level"`   // owner, maintainer
	EmailsEnabled  *bool  `json:"emails_enabled"`            //
	EmailsDisabled *bool  `json:"emails_disabled"`           // before 16.5
	SharedRunners  string `json:"shared_runners_setting"`    //
	LFSEnabled     *bool  `json:"lfs_enabled"`               //
	DefaultBranch  string `json:"default_branch"`            //
	Protection     *int   `json:"default_branch_protection"` //
}

// Group returns a group by its number or full path.
func (c *Client) Group(ctx context.Context, id ID) (Group, error) {
	return ask[Group](ctx, c, call{To: group(id), Query: url.Values{"with_projects": {"false"}}, Op: "look up group", Subject: id})
}

// NewGroup is what a group is made with.
type NewGroup struct {
	Name       string `json:"name"`
	Path       string `json:"path"`
	ParentID   int64  `json:"parent_id,omitempty"` // 0: it stands at the top
	Visibility string `json:"visibility"`
}

// CreateGroup makes a group.
func (c *Client) CreateGroup(ctx context.Context, n NewGroup) (Group, error) {
	return ask[Group](ctx, c, call{Method: http.MethodPost, To: []any{"groups"}, Body: n, Op: "create group", Subject: n.Path})
}

// DeleteGroup deletes a group with all that is in it.
func (c *Client) DeleteGroup(ctx context.Context, id ID) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: group(id), Op: "delete group", Subject: id})
}
