package gitlabtest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
)

func sha1Of(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// userView is what everybody may see of a user.
func (m *Model) userView(u *User) any {
	if u == nil {
		return nil
	}
	return m.userObject(u)
}

func (m *Model) userObject(u *User) object {
	return object{
		"id": u.ID, "username": u.Username, "public_email": u.PublicEmail, "name": u.Name, "state": u.State, "locked": false,
		"avatar_url": "https://www.gravatar.com/avatar/" + digest(u.Email) + "?s=80&d=identicon", "web_url": m.url + "/" + u.Username,
	}
}

func (m *Model) userViews(all []*User) []object { return list(all, m.userObject) }

func (m *Model) namespaceView(n *Namespace) object {
	v := object{
		"id": n.ID, "name": n.Name, "path": n.Path, "kind": n.kind(), "full_path": n.FullPath(), "parent_id": nil, "avatar_url": nil,
		"web_url": m.namespaceURL(n),
	}
	if n.Parent != nil {
		v["parent_id"] = n.Parent.ID
	}
	return v
}

func (m *Model) namespaceURL(n *Namespace) string {
	if n.User != nil {
		return m.url + "/" + n.Path
	}
	return m.url + "/groups/" + n.FullPath()
}

func (m *Model) projectURL(p *Project) string { return m.url + "/" + p.FullPath() }

// basicProject is what lists and forks show of a project.
func (m *Model) basicProject(p *Project) object {
	v := object{
		"id": p.ID, "description": optional(p.Description), "name": p.Name, "name_with_namespace": p.FullName(), "path": p.Path,
		"path_with_namespace": p.FullPath(), "created_at": stamp(p.Created), "default_branch": nil, "tag_list": m.topicNames(p), "topics": m.topicNames(p),
		"ssh_url_to_repo": "git@" + hostOf(m.url) + ":" + p.FullPath() + ".git", "http_url_to_repo": m.projectURL(p) + ".git", "web_url": m.projectURL(p),
		"readme_url": nil, "forks_count": m.forks(p), "avatar_url": optional(p.Avatar), "star_count": len(p.stars), "last_activity_at": stamp(p.Active),
		"visibility": p.Visibility, "namespace": m.namespaceView(p.Namespace),
	}
	if len(branchesOf(p.refs)) > 0 {
		v["default_branch"] = p.DefaultBranch
	}
	return v
}

func (m *Model) topicNames(p *Project) []string { return append([]string{}, p.Topics...) }

func (m *Model) forks(p *Project) int {
	n := 0
	for _, o := range m.projects {
		if o.ForkedFrom == p {
			n++
		}
	}
	return n
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// projectView is all of a project that somebody may see. The settings are shown to
// members.
func (c *call) projectView(p *Project) object {
	v := c.basicProject(p)
	link := func(what string) string { return c.url + "/api/v4/projects/" + itoa(p.ID) + what }
	for name, value := range p.Settings {
		if name != "runners_token" {
			v[name] = value
		}
	}
	for name, level := range p.Features {
		v[name+"_access_level"] = level
	}
	v["_links"] = object{
		"self": link(""), "issues": link("/issues"), "merge_requests": link("/merge_requests"), "repo_branches": link("/repository/branches"),
		"labels": link("/labels"), "events": link("/events"), "members": link("/members"), "cluster_agents": link("/cluster_agents"),
	}
	v["container_registry_image_prefix"] = hostOf(c.url) + ":5050/" + strings.ToLower(p.FullPath())
	v["empty_repo"] = len(branchesOf(p.refs)) == 0
	v["archived"] = p.Archived
	v["repository_object_format"] = "sha1"
	v["issues_enabled"] = c.uses(c.doer, p, "issues")
	v["merge_requests_enabled"] = c.uses(c.doer, p, "merge_requests")
	v["wiki_enabled"] = c.uses(c.doer, p, "wiki")
	v["jobs_enabled"] = c.uses(c.doer, p, "builds")
	v["snippets_enabled"] = c.uses(c.doer, p, "snippets")
	v["can_create_merge_request_in"] = c.doer != nil && c.uses(c.doer, p, "merge_requests")
	v["creator_id"] = idOf(p.Creator)
	v["import_url"], v["import_type"], v["import_status"], v["import_error"] = optional(p.ImportURL), optional(p.ImportType), p.ImportStatus, optional(p.ImportError)
	v["open_issues_count"] = p.openIssues()
	v["description_html"] = "<p>" + p.Description + "</p>"
	v["updated_at"] = stamp(p.Updated)
	v["marked_for_deletion_at"], v["marked_for_deletion_on"] = nil, nil
	v["shared_with_groups"] = []object{}
	v["emails_disabled"] = p.Settings["emails_enabled"] == false
	if p.Namespace.User != nil {
		v["owner"] = c.userObject(p.Namespace.User)
	}
	if p.ForkedFrom != nil && c.sees(c.doer, p.ForkedFrom) {
		v["forked_from_project"] = c.basicProject(p.ForkedFrom)
	}
	if c.on("statistics") && c.level(c.doer, p) >= Reporter {
		v["statistics"] = c.statistics(p)
	}
	return v
}

// ownProject is a project with what whoever asks may do in it.
func (c *call) ownProject(p *Project) object {
	v := c.projectView(p)
	v["permissions"] = object{"project_access": access(c.member(p.Members, c.doer)), "group_access": access(c.groupMember(c.doer, p.Namespace))}
	return v
}

func access(level int) any {
	if level == None {
		return nil
	}
	return object{"access_level": level, "notification_level": 3}
}

func (c *call) statistics(p *Project) object {
	count := 0
	if id := p.refs["refs/heads/"+p.DefaultBranch]; id != "" {
		out, err := c.codeGit(p).Run("rev-list", "--count", id)
		if err == nil {
			count = int(numberOf(out))
		}
	}
	size := folderSize(c.codeDir(p))
	return object{
		"commit_count": count, "storage_size": size, "repository_size": size, "wiki_size": 0, "lfs_objects_size": folderSize(c.codeDir(p) + "/lfs"),
		"job_artifacts_size": 0, "pipeline_artifacts_size": 0, "packages_size": 0, "snippets_size": 0, "uploads_size": p.uploadSize(), "container_registry_size": 0,
	}
}

func (p *Project) uploadSize() int {
	n := 0
	for _, u := range p.Uploads {
		n += len(u.Data)
	}
	return n
}

func (p *Project) openIssues() int {
	n := 0
	for _, i := range p.Issues {
		if i.State == "opened" {
			n++
		}
	}
	return n
}

func (m *Model) groupView(g *Namespace) object {
	v := object{
		"id": g.ID, "web_url": m.namespaceURL(g), "name": g.Name, "path": g.Path, "description": g.Description, "visibility": g.Visibility,
		"share_with_group_lock": false, "require_two_factor_authentication": false, "two_factor_grace_period": 48, "project_creation_level": "developer",
		"auto_devops_enabled": nil, "subgroup_creation_level": "maintainer", "emails_disabled": false, "emails_enabled": true, "mentions_disabled": nil,
		"lfs_enabled": true, "archived": g.Archived, "default_branch": nil, "default_branch_protection": 2, "avatar_url": nil, "request_access_enabled": true,
		"full_name": g.FullName(), "full_path": g.FullPath(), "created_at": stamp(g.Created), "parent_id": nil, "organization_id": 1,
		"shared_runners_setting": "enabled", "math_rendering_limits_enabled": true, "lock_math_rendering_limits_enabled": false, "max_artifacts_size": nil,
		"default_branch_protection_defaults": object{"allowed_to_push": []object{{"access_level": 40}}, "allow_force_push": false, "allowed_to_merge": []object{{"access_level": 40}}},
	}
	for name, value := range g.Settings {
		v[name] = value
	}
	if g.Parent != nil {
		v["parent_id"] = g.Parent.ID
	}
	return v
}

func (c *call) memberView(o *Member) object {
	v := c.userObject(o.User)
	v["access_level"], v["created_at"], v["expires_at"] = o.Level, stamp(o.Created), day(o.Expires)
	v["membership_state"] = "active"
	if o.CreatedBy != nil {
		v["created_by"] = c.userView(o.CreatedBy)
	}
	if c.doer != nil && c.doer.Admin {
		v["email"] = o.User.Email
	}
	return v
}

func (c *call) labelView(l *Label) object {
	v := object{
		"id": l.ID, "name": l.Name, "description": optional(l.Description), "description_html": l.Description, "text_color": textColor(l.Color), "color": l.Color, "archived": l.Archived,
	}
	if c.project != nil {
		v["subscribed"] = false
		v["priority"] = l.Priority
		v["is_project_label"] = l.Group == nil
	}
	if c.on("with_counts") || c.group != nil {
		v["open_issues_count"], v["closed_issues_count"], v["open_merge_requests_count"] = c.labelCounts(l)
		v["subscribed"] = false
	}
	return v
}

func (m *Model) labelCounts(l *Label) (open, closed, merges int) {
	has := func(i *Item) bool {
		for _, o := range i.Labels {
			if o == l {
				return true
			}
		}
		return false
	}
	for _, p := range m.projects {
		for _, i := range p.Issues {
			switch {
			case !has(&i.Item):
			case i.State == "opened":
				open++
			default:
				closed++
			}
		}
		for _, r := range p.MergeRequests {
			if has(&r.Item) && r.State == "opened" {
				merges++
			}
		}
	}
	return open, closed, merges
}

// textColor is the colour in which a label's name can be read.
func textColor(color string) string {
	var r, g, b int
	fmt.Sscanf(color, "#%02x%02x%02x", &r, &g, &b)
	if r+g+b > 500 {
		return "#1F1E24"
	}
	return "#FFFFFF"
}

func (m *Model) milestoneView(ms *Milestone) any {
	if ms == nil {
		return nil
	}
	return m.milestoneObject(ms)
}

func (m *Model) milestoneObject(ms *Milestone) object {
	v := object{
		"id": ms.ID, "iid": ms.IID, "title": ms.Title, "description": ms.Description, "state": ms.State, "created_at": stamp(ms.Created), "updated_at": stamp(ms.Updated),
		"due_date": day(ms.Due), "start_date": day(ms.Start), "expired": !ms.Due.IsZero() && m.clock().After(ms.Due.AddDate(0, 0, 1)),
	}
	if ms.Project != nil {
		v["project_id"], v["web_url"] = ms.Project.ID, fmt.Sprintf("%s/-/milestones/%d", m.projectURL(ms.Project), ms.IID)
	} else {
		v["group_id"], v["web_url"] = ms.Group.ID, fmt.Sprintf("%s/-/milestones/%d", m.namespaceURL(ms.Group), ms.IID)
	}
	return v
}

// optional is a text, or null when it is empty.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func idOf(u *User) any {
	if u == nil {
		return nil
	}
	return u.ID
}
