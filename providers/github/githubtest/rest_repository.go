package githubtest

import (
	"cmp"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// repository is a repository as lists show it.
func (c *call) repository(r *Repository) fields {
	at := c.api + "/repos/" + r.FullName()
	page := c.web + "/" + r.FullName()
	host := strings.TrimPrefix(c.web, "http://")
	open := 0
	for _, i := range r.Issues {
		if i.State == "open" {
			open++
		}
	}
	f := fields{
		"id": r.ID, "node_id": r.NodeID(), "name": r.Name, "full_name": r.FullName(), "owner": c.user(r.Owner),
		"private": r.Visibility != "public", "visibility": r.Visibility, "html_url": page, "description": orNull(r.Description),
		"fork": r.Fork, "url": at, "git_url": "git://" + host + "/" + r.FullName() + ".git", "ssh_url": "git@" + host + ":" + r.FullName() + ".git",
		"clone_url": page + ".git", "svn_url": page, "mirror_url": nil, "homepage": orNull(r.Homepage), "language": orNull(r.Language),
		"size": r.Size, "stargazers_count": 0, "watchers_count": 0, "watchers": 0,
		"forks_count": c.forks(r), "forks": c.forks(r), "open_issues_count": open, "open_issues": open,
		"default_branch": r.DefaultBranch, "is_template": r.Template, "topics": append([]string{}, r.Topics...),
		"has_issues": r.HasIssues, "has_projects": r.HasProjects, "has_wiki": r.HasWiki, "has_pages": r.HasPages,
		"has_downloads": r.HasDownloads, "has_discussions": r.HasDiscussions, "has_pull_requests": r.HasPulls,
		"pull_request_creation_policy": "all", "archived": r.Archived, "disabled": false, "allow_forking": r.AllowForking,
		"web_commit_signoff_required": r.WebSignoff, "license": c.license(r.License),
		"created_at": stamp(r.CreatedAt), "updated_at": stamp(r.UpdatedAt), "pushed_at": stamp(r.PushedAt),
	}
	for name, path := range map[string]string{
		"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
		"branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
		"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
		"contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
		"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
		"hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
		"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
		"merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
		"pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
		"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
	} {
		f[name] = at + path
	}
	if c.token != nil {
		f["permissions"] = fields{
			"admin": c.m.May(c.token, r, "admin"), "maintain": c.m.May(c.token, r, "maintain"), "push": c.m.May(c.token, r, "write"),
			"triage": c.m.May(c.token, r, "triage"), "pull": true,
		}
	}
	return f
}

func (c *call) forks(r *Repository) int {
	n := 0
	for _, o := range c.m.Repositories {
		if o.Parent == r {
			n++
		}
	}
	return n
}

func (c *call) license(spdx string) any {
	if spdx == "" {
		return nil
	}
	key := strings.ToLower(spdx)
	return fields{"key": key, "name": spdx, "spdx_id": spdx, "url": c.api + "/licenses/" + key, "node_id": "MDc6TGljZW5zZQ"}
}

// fullRepository is a repository as such.
func (c *call) fullRepository(r *Repository) fields {
	f := c.repository(r)
	f["network_count"], f["subscribers_count"], f["temp_clone_token"] = c.forks(r), 0, nil
	if c.m.May(c.token, r, "write") {
		for name, v := range map[string]any{
			"allow_merge_commit": r.AllowMerge, "allow_squash_merge": r.AllowSquash, "allow_rebase_merge": r.AllowRebase,
			"allow_auto_merge": r.AllowAutoMerge, "delete_branch_on_merge": r.DeleteBranchOnMerge, "allow_update_branch": r.AllowUpdateBranch,
			"use_squash_pr_title_as_default": false, "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
			"squash_merge_commit_message": "COMMIT_MESSAGES", "merge_commit_title": "MERGE_MESSAGE", "merge_commit_message": "PR_TITLE",
		} {
			f[name] = v
		}
	}
	if r.Owner.Kind == KindOrg {
		f["organization"] = c.user(r.Owner)
	}
	if r.Parent != nil {
		f["parent"], f["source"] = c.repository(r.Parent), c.repository(r.Parent)
	}
	return f
}

func getRepository(c *call) (any, error) { return c.fullRepository(c.repo), nil }

// seen leaves out what the token may not see, what the query leaves out, and
// orders the rest.
func (c *call) seen(all []*Repository) []*Repository {
	sort, direction := cmp.Or(c.query("sort"), "full_name"), c.query("direction")
	if c.query("sort") == "" && c.r.PathValue("org") != "" {
		sort = "created"
	}
	kind := c.query("type")
	var out []*Repository
	for _, r := range all {
		visible := c.m.May(c.token, r, "read")
		switch kind {
		case "public", "private", "internal":
			visible = visible && r.Visibility == kind
		case "forks":
			visible = visible && r.Fork
		case "sources":
			visible = visible && !r.Fork
		}
		if v := c.query("visibility"); v == "public" || v == "private" {
			visible = visible && (r.Visibility == "public") == (v == "public")
		}
		if visible {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *Repository) int {
		switch sort {
		case "created":
			return a.CreatedAt.Compare(b.CreatedAt)
		case "updated":
			return a.UpdatedAt.Compare(b.UpdatedAt)
		case "pushed":
			return a.PushedAt.Compare(b.PushedAt)
		}
		return strings.Compare(strings.ToLower(a.FullName()), strings.ToLower(b.FullName()))
	})
	if direction == "desc" || direction == "" && sort != "full_name" {
		slices.Reverse(out)
	}
	return out
}

func (c *call) listRepositories(all []*Repository) (any, error) {
	return list(c, c.seen(all), c.repository)
}

func listMyRepositories(c *call) (any, error) {
	if c.token == nil || c.token.User == nil {
		return nil, &failure{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	affiliation := cmp.Or(c.query("affiliation"), "owner,collaborator,organization_member")
	me := c.token.User
	var mine []*Repository
	for _, r := range c.m.Repositories {
		org := c.m.Org(r.Owner.Login)
		owner := r.Owner == me
		member := org != nil && (slices.Contains(org.Members, me) || slices.Contains(org.Owners, me))
		collaborator := slices.ContainsFunc(r.Collaborators, func(o *Collaborator) bool { return o.User == me })
		if owner && strings.Contains(affiliation, "owner") || member && strings.Contains(affiliation, "organization_member") ||
			collaborator && strings.Contains(affiliation, "collaborator") {
			mine = append(mine, r)
		}
	}
	return c.listRepositories(mine)
}

func listRepositoriesOf(c *call) (any, error) {
	u := c.m.User(cmp.Or(c.r.PathValue("org"), c.r.PathValue("username")))
	if u == nil || c.r.PathValue("org") != "" && u.Kind != KindOrg {
		return nil, notFound()
	}
	all := c.m.RepositoriesOf(u)
	if c.r.PathValue("username") != "" { // shows public ones only, to the owner too
		all = slices.DeleteFunc(all, func(r *Repository) bool { return r.Visibility != "public" })
	}
	return c.listRepositories(all)
}

func getTopics(c *call) (any, error) {
	return fields{"names": append([]string{}, c.repo.Topics...)}, nil
}

// nothing answers lists that no model holds anything of.
func nothing(*call) (any, error) { return []fields{}, nil }

func getLanguages(c *call) (any, error) {
	if c.repo.Language == "" {
		return fields{}, nil
	}
	return fields{c.repo.Language: c.repo.Size * 1024}, nil
}

func getLicense(c *call) (any, error) {
	if c.repo.License == "" {
		return nil, notFound()
	}
	at := c.api + "/repos/" + c.repo.FullName() + "/contents/LICENSE?ref=" + c.repo.DefaultBranch
	page := c.web + "/" + c.repo.FullName() + "/blob/" + c.repo.DefaultBranch + "/LICENSE"
	text := c.repo.License + "\n"
	blob := fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
	return fields{
		"name": "LICENSE", "path": "LICENSE", "sha": blob, "size": len(text), "url": at, "html_url": page,
		"git_url": c.api + "/repos/" + c.repo.FullName() + "/git/blobs/" + blob, "download_url": nil, "type": "file",
		"content": base64.StdEncoding.EncodeToString([]byte(text)), "encoding": "base64",
		"_links": fields{"self": at, "git": nil, "html": page}, "license": c.license(c.repo.License),
	}, nil
}
