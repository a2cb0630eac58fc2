package api

import (
	"context"
	"net/url"
)

// ProjectList names a list of a project that the server counts.
type ProjectList string

// The lists.
const (
	ProjectLabels            ProjectList = "labels"
	ProjectMilestones        ProjectList = "milestones"
	ProjectIssues            ProjectList = "issues"
	ProjectMergeRequests     ProjectList = "merge_requests"
	ProjectReleases          ProjectList = "releases"
	ProjectMembers           ProjectList = "members"
	ProjectSnippets          ProjectList = "snippets"
	ProjectProtectedBranches ProjectList = "protected_branches"
	ProjectProtectedTags     ProjectList = "protected_tags"
)

// Count returns how long a list is, in one request, or -1 where the server does
// not say it: that of a list of more than ten thousand.
func (c *Client) Count(ctx context.Context, id ID, list ProjectList) (int64, error) {
	query := url.Values{}
	switch list {
	case ProjectLabels:
		query.Set("include_ancestor_groups", "false")
	case ProjectIssues, ProjectMergeRequests:
		query.Set("scope", "all")
	}
	return c.count(ctx, call{To: project(id, string(list)), Query: query, Op: "count " + string(list), Subject: id})
}
