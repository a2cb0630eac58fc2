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
	var n Namespace
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"namespaces", id}, into: &n, op: "look up namespace", of: id})
	return n, err
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
	var g Group
	err := c.do(ctx, call{method: http.MethodGet, to: group(id), query: url.Values{"with_projects": {"false"}}, into: &g, op: "look up group", of: id})
	return g, err
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
	var g Group
	err := c.do(ctx, call{method: http.MethodPost, to: []any{"groups"}, body: n, into: &g, op: "create group", of: n.Path})
	return g, err
}

// DeleteGroup deletes a group with all that is in it.
func (c *Client) DeleteGroup(ctx context.Context, id ID) error {
	return c.do(ctx, call{method: http.MethodDelete, to: group(id), op: "delete group", of: id})
}
