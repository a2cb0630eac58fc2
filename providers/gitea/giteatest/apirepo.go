package giteatest

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func repoRoutes(add, below adding) {
	add("GET", "repos/search", anyone(), (*call).searchRepos)
	add("GET", "repositories/{id}", anyone(), (*call).repoByID)
	below("GET", "", anyone(), func(c *call) (reply, error) { return ok(c.repoView(c.repo, c.doer)) })
	below("PATCH", "", admin(), (*call).editRepo)
	below("DELETE", "", need{user: true, access: Own}, (*call).deleteRepo)
	below("POST", "transfer", need{user: true, access: Own}, (*call).transferRepo)
	below("POST", "forks", signedIn(), (*call).forkRepo)
	below("GET", "forks", anyone(), func(c *call) (reply, error) {
		var all []*Repository
		for _, r := range c.repoList() {
			if r.Parent == c.repo && c.access(c.doer, r, "") > None {
				all = append(all, r)
			}
		}
		return ok(list(page(c, all, false), func(r *Repository) object { return c.repoView(r, c.doer) }))
	})
	below("GET", "topics", anyone(), func(c *call) (reply, error) {
		return ok(object{"topics": page(c, emptyNotNull(c.repo.Topics), false)})
	})
	below("PUT", "topics", admin(), (*call).setTopics)
	below("GET", "languages", reader("repo.code"), func(*call) (reply, error) { return ok(object{}) })
	below("GET", "subscription", signedIn(), (*call).watching)
	below("PUT", "subscription", signedIn(), func(c *call) (reply, error) {
		c.repo.Watchers[c.doer] = true
		return c.watching()
	})
	below("DELETE", "subscription", signedIn(), func(c *call) (reply, error) {
		delete(c.repo.Watchers, c.doer)
		return none()
	})
	below("GET", "subscribers", anyone(), func(c *call) (reply, error) {
		return ok(userList(c.Model, page(c, sortedUsers(c.repo.Watchers), false), c.doer))
	})
	below("GET", "stargazers", anyone(), func(c *call) (reply, error) {
		var all []*User
		for _, u := range c.users {
			if u.stars[c.repo] {
				all = append(all, u)
			}
		}
		return ok(userList(c.Model, page(c, all, false), c.doer))
	})
	below("GET", "collaborators", signedIn(), (*call).listCollaborators)
	below("GET", "collaborators/{username}", signedIn(), (*call).isCollaborator)
	below("PUT", "collaborators/{username}", admin(), (*call).setCollaborator)
	below("DELETE", "collaborators/{username}", admin(), (*call).removeCollaborator)
	below("GET", "collaborators/{username}/permission", signedIn(), (*call).permission)
	below("GET", "assignees", signedIn(), (*call).listAssignees)
	below("GET", "reviewers", signedIn(), (*call).listAssignees)
	below("GET", "teams", signedIn(), (*call).listRepoTeams)
	below("PUT", "teams/{team}", admin(), func(c *call) (reply, error) { return c.setRepoTeam(true) })
	below("DELETE", "teams/{team}", admin(), func(c *call) (reply, error) { return c.setRepoTeam(false) })
	below("GET", "hooks", admin(), func(c *call) (reply, error) { return ok(list(page(c, c.repo.Hooks, false), c.hookView)) })
	below("POST", "hooks", admin(), (*call).createHook)
	below("DELETE", "hooks/{id}", admin(), func(c *call) (reply, error) {
		c.repo.Hooks = slices.DeleteFunc(c.repo.Hooks, func(h *Hook) bool { return h.ID == c.number("id") })
		return none()
	})
	below("GET", "keys", admin(), func(c *call) (reply, error) { return ok(list(page(c, c.repo.Keys, false), c.keyView)) })
	below("POST", "keys", admin(), (*call).createKey)
	below("GET", "activities/feeds", anyone(), func(c *call) (reply, error) {
		return ok(page(c, []object{}, false)) // nobody's work is to read what was done before
	})
}

// repoName is what Gitea takes as the name of a repository.
var repoName = regexp.MustCompile(`^[-\w.]+$`)

// checkName refuses the names that Gitea refuses.
func checkName(name string) error {
	lower := strings.ToLower(name)
	if !repoName.MatchString(name) {
		return refuse(http.StatusUnprocessableEntity, "[Name]: AlphaDashDot")
	}
	if lower == "." || lower == ".." || lower == "-" {
		return refuse(http.StatusUnprocessableEntity, "name is reserved [name: %s]", name)
	}
	for _, end := range []string{".git", ".wiki", ".rss", ".atom"} {
		if strings.HasSuffix(lower, end) {
			return refuse(http.StatusUnprocessableEntity, "name pattern is not allowed [pattern: *%s]", end)
		}
	}
	return nil
}

func defaultSettings() map[string]any {
	return map[string]any{
		"has_code": true, "has_issues": true, "has_wiki": true, "has_pull_requests": true, "has_projects": true, "projects_mode": "all",
		"has_releases": true, "has_packages": true, "has_actions": true,
		"internal_tracker":            object{"enable_time_tracker": true, "allow_only_contributors_to_track_time": true, "enable_issue_dependencies": true},
		"ignore_whitespace_conflicts": false, "allow_merge_commits": true, "allow_rebase": true, "allow_rebase_explicit": true,
		"allow_squash_merge": true, "allow_fast_forward_only_merge": true, "allow_rebase_update": true, "allow_manual_merge": false,
		"autodetect_manual_merge": false, "default_delete_branch_after_merge": false, "default_merge_style": "merge", "default_allow_maintainer_edit": true,
	}
}

func (m *Model) newRepo(owner *User, name string) *Repository {
	r := &Repository{
		ID: m.next("repository"), Owner: owner, Name: name, Settings: defaultSettings(), DefaultBranch: "main", ObjectFormat: "sha1",
		Issues: map[int64]*Issue{}, Collaborators: map[*User]Access{}, Watchers: map[*User]bool{}, entries: map[int64]*Entry{},
		refs: map[string]string{}, kinds: map[string]string{},
	}
	r.Created = m.clock()
	r.Updated = r.Created
	m.repos[r.ID] = r
	delete(m.moved, strings.ToLower(r.FullName()))
	for _, t := range m.teams {
		if t.Org == owner && t.AllRepos {
			m.giveTeam(t, r)
		}
	}
	return r
}

func (c *call) createOrgRepo() (reply, error) {
	allowed := c.doer.Admin || c.owns(c.doer, c.org)
	for _, t := range c.teamsOf(c.org) {
		allowed = allowed || t.Members[c.doer] && t.CreatesRepo
	}
	if !allowed {
		return reply{}, refuse(http.StatusForbidden, "User is not allowed to create repositories in this organization.")
	}
	return c.createRepo(c.org)
}

func (c *call) createRepo(owner *User) (reply, error) {
	var o struct {
		Name     string `json:"name"`
		About    string `json:"description"`
		Private  bool   `json:"private"`
		Template bool   `json:"template"`
		Init     bool   `json:"auto_init"`
		Branch   string `json:"default_branch"`
		Format   string `json:"object_format_name"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Name", o.Name); err != nil {
		return reply{}, err
	}
	if err := checkName(o.Name); err != nil {
		return reply{}, err
	}
	if c.Model.repo(owner.Login, o.Name) != nil {
		return reply{}, refuse(http.StatusConflict, "The repository with the same name already exists.")
	}
	r := c.newRepo(owner, o.Name)
	r.Description, r.Private, r.Template = o.About, o.Private, o.Template
	if o.Branch != "" {
		r.DefaultBranch = o.Branch
	}
	if o.Format != "" {
		r.ObjectFormat = o.Format
	}
	r.Watchers[c.doer] = true
	if owner.Organization && c.access(c.doer, r, "") < Administer {
		r.Collaborators[c.doer] = Administer
	}
	if err := c.codeGit(r).Init(gitserver.Layout{ObjectFormat: r.ObjectFormat, Branch: r.DefaultBranch}); err != nil {
		return reply{}, err
	}
	if o.Init {
		if err := c.firstCommit(r); err != nil {
			return reply{}, err
		}
	}
	return created(c.repoView(r, c.doer))
}

// firstCommit makes the commit that auto_init asks for.
func (c *call) firstCommit(r *Repository) error {
	text := "# " + r.Name + "\n"
	if r.Description != "" {
		text += "\n" + r.Description
	}
	by := c.signature(c.doer)
	_, err := c.codeGit(r).Make(gitserver.Change{
		Ref: "refs/heads/" + r.DefaultBranch, Files: []gitserver.File{{Path: "README.md", Data: []byte(text)}},
		Author: by, Committer: by, Message: "Initial commit\n",
	})
	if err != nil {
		return err
	}
	return c.look(r, c.doer)
}

func (c *call) repoByID() (reply, error) {
	r := c.repos[c.number("id")]
	if r == nil || c.access(c.doer, r, "") == None {
		return reply{}, missing("")
	}
	return ok(c.repoView(r, c.doer))
}

func (c *call) visible(only func(*Repository) bool) []*Repository {
	var all []*Repository
	for _, r := range c.repoList() {
		if only(r) && c.access(c.doer, r, "") > None {
			all = append(all, r)
		}
	}
	return all
}

func (c *call) listReposOf(owner *User) (reply, error) {
	all := c.visible(func(r *Repository) bool { return r.Owner == owner })
	return ok(list(page(c, all, true), func(r *Repository) object { return c.repoView(r, c.doer) }))
}

func (c *call) listMyRepos() (reply, error) {
	all := c.visible(func(r *Repository) bool { return c.insider(c.doer, r) })
	return ok(list(page(c, all, true), func(r *Repository) object { return c.repoView(r, c.doer) }))
}

func (c *call) searchRepos() (reply, error) {
	q, topic := strings.ToLower(c.query.Get("q")), c.query.Get("topic") == "true"
	uid, archived, private := c.query.Get("uid"), c.query.Get("archived"), c.query.Get("is_private")
	all := c.visible(func(r *Repository) bool {
		switch {
		case uid != "" && uid != "0" && itoa(r.Owner.ID) != uid && !(c.query.Get("exclusive") != "true" && c.ownerMember(uid, r)):
			return false
		case archived != "" && (archived == "true") != r.Archived, private != "" && (private == "true") != r.Private:
			return false
		case q == "":
			return true
		case topic:
			return slices.Contains(r.Topics, q)
		}
		return strings.Contains(strings.ToLower(r.Name), q)
	})
	slices.SortFunc(all, func(a, b *Repository) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if c.query.Get("sort") == "id" {
		slices.SortFunc(all, func(a, b *Repository) int { return int(a.ID - b.ID) })
	}
	if c.query.Get("order") == "desc" {
		slices.Reverse(all)
	}
	return ok(object{"ok": true, "data": list(page(c, all, true), func(r *Repository) object { return c.repoView(r, c.doer) })})
}

// ownerMember says whether a user, given by id, belongs to a repository.
func (c *call) ownerMember(uid string, r *Repository) bool {
	for _, u := range c.users {
		if itoa(u.ID) == uid {
			return c.insider(u, r)
		}
	}
	return false
}

func (c *call) editRepo() (reply, error) {
	o, err := c.readMap()
	if err != nil {
		return reply{}, err
	}
	r := c.repo
	if name, given := o["name"].(string); given && name != r.Name {
		if err := c.rename(r, r.Owner, name); err != nil {
			return reply{}, err
		}
	}
	for name, at := range map[string]*string{"description": &r.Description, "website": &r.Website} {
		if text, given := o[name].(string); given {
			*at = text
		}
	}
	for name, at := range map[string]*bool{"private": &r.Private, "template": &r.Template} {
		if on, given := o[name].(bool); given {
			*at = on
		}
	}
	if branch, given := o["default_branch"].(string); given && (len(branchesOf(r.refs)) == 0 || r.refs["refs/heads/"+branch] != "") {
		if _, err := c.codeGit(r).Run("symbolic-ref", "HEAD", "refs/heads/"+branch); err != nil {
			return reply{}, err
		}
		r.DefaultBranch = branch
	}
	c.switches(r, o)
	if on, given := o["archived"].(bool); given && on != r.Archived {
		r.Archived, r.ArchivedAt = on, time.Time{}
		if on {
			r.ArchivedAt = c.clock()
		}
	}
	r.Updated = c.clock()
	return ok(c.repoView(r, c.doer))
}

// switches takes over the settings that are kept by their names.
func (c *call) switches(r *Repository, o object) {
	for name := range defaultSettings() {
		if v, given := o[name]; given && v != nil {
			r.Settings[name] = v
		}
	}
	for unit, outside := range map[string]string{"has_issues": "external_tracker", "has_wiki": "external_wiki"} {
		on, given := o[unit].(bool)
		switch external, has := o[outside]; {
		case !given:
		case on && has && external != nil:
			full := object{}
			if outside == "external_tracker" {
				full = object{"external_tracker_url": "", "external_tracker_format": "", "external_tracker_style": "", "external_tracker_regexp_pattern": ""}
			}
			if given, isObject := external.(object); isObject {
				maps.Copy(full, given)
			}
			r.Settings[outside] = full
		default:
			delete(r.Settings, outside)
		}
	}
}

// rename gives a repository another name or owner; the old name leads to it.
func (c *call) rename(r *Repository, owner *User, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if taken := c.Model.repo(owner.Login, name); taken != nil && taken != r {
		return refuse(http.StatusUnprocessableEntity, "repository already exists [uname: %s, name: %s]", owner.Login, name)
	}
	c.moved[strings.ToLower(r.FullName())] = r.ID
	r.Owner, r.Name = owner, name
	delete(c.moved, strings.ToLower(r.FullName()))
	return nil
}

func (c *call) transferRepo() (reply, error) {
	var o struct {
		NewOwner string  `json:"new_owner"`
		Teams    []int64 `json:"team_ids"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	to, r := c.user(o.NewOwner), c.repo
	if to == nil {
		return reply{}, refuse(http.StatusNotFound, "The new owner does not exist or cannot be found")
	}
	if !c.doer.Admin && c.doer != to && !(to.Organization && c.owns(c.doer, to)) {
		r.NewOwner = to
		c.note(Notified{User: to.Login, By: c.doer.Login, Why: "transfer", Repo: r.FullName()})
		c.note(Notified{User: to.Login, By: c.doer.Login, Mail: true, Why: "transfer", Repo: r.FullName()})
		return created(c.repoView(r, c.doer))
	}
	if err := c.rename(r, to, r.Name); err != nil {
		return reply{}, err
	}
	view := c.repoView(r, c.doer) // as it is before anybody watches it there
	if !to.Organization {
		r.Watchers[to] = true
	}
	for _, t := range c.teams {
		if t.Org != to {
			delete(t.Repos, r)
		} else if t.AllRepos || slices.Contains(o.Teams, t.ID) {
			c.giveTeam(t, r)
		}
	}
	return reply{http.StatusAccepted, view}, nil
}

func (c *call) deleteRepo() (reply, error) {
	r := c.repo
	delete(c.repos, r.ID)
	for _, o := range c.repos {
		if o.Parent == r {
			o.Parent = nil
		}
		for _, i := range o.Issues {
			if i.Pull != nil && i.Pull.HeadRepo == r {
				i.Pull.HeadRepo = nil
			}
		}
	}
	c.threads = slices.DeleteFunc(c.threads, func(t *thread) bool { return t.issue.Repo == r })
	for _, dir := range []string{c.codeDir(r), c.wikiDir(r)} {
		if err := os.RemoveAll(dir); err != nil {
			return reply{}, err
		}
	}
	return none()
}

func (c *call) forkRepo() (reply, error) {
	var o struct {
		Name string `json:"name"`
		Org  string `json:"organization"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	owner, name := c.doer, c.repo.Name
	if o.Org != "" {
		if owner = c.user(o.Org); owner == nil || !owner.Organization {
			return reply{}, refuse(http.StatusUnprocessableEntity, "org does not exist [id: 0, name: %s]", o.Org)
		}
	}
	if o.Name != "" {
		name = o.Name
	}
	if c.Model.repo(owner.Login, name) != nil {
		return reply{}, refuse(http.StatusConflict, "repository already exists [uname: %s, name: %s]", owner.Login, name)
	}
	r := c.newRepo(owner, name)
	r.Description, r.Private, r.DefaultBranch, r.ObjectFormat, r.Parent = c.repo.Description, c.repo.Private, c.repo.DefaultBranch, c.repo.ObjectFormat, c.repo
	for _, unit := range []string{"has_issues", "has_packages", "has_projects", "has_releases", "has_wiki"} {
		r.Settings[unit] = false // a fork is for code and pull requests
	}
	if err := c.codeGit(r).Init(gitserver.Layout{ObjectFormat: r.ObjectFormat, Branch: r.DefaultBranch}); err != nil {
		return reply{}, err
	}
	if _, err := c.codeGit(r).Run("fetch", "--quiet", c.codeDir(c.repo), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); err != nil {
		return reply{}, err
	}
	if err := c.look(r, c.doer); err != nil {
		return reply{}, err
	}
	return reply{http.StatusAccepted, c.repoView(r, c.doer)}, nil
}

func (c *call) setTopics() (reply, error) {
	var o struct {
		Topics []string `json:"topics"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	var topics, invalid []string
	for _, t := range o.Topics {
		t = strings.ToLower(strings.TrimSpace(t))
		switch {
		case t == "" || slices.Contains(topics, t):
		case !topicName.MatchString(t):
			invalid = append(invalid, t)
		default:
			topics = append(topics, t)
		}
	}
	if len(topics) > 25 {
		return reply{}, &failure{status: http.StatusUnprocessableEntity, message: "Exceeding maximum number of topics per repo",
			body: object{"invalidTopics": nil, "message": "Exceeding maximum number of topics per repo"}}
	}
	if len(invalid) > 0 {
		return reply{}, &failure{status: http.StatusUnprocessableEntity, message: "Topic names are invalid",
			body: object{"invalidTopics": invalid, "message": "Topic names are invalid"}}
	}
	slices.Sort(topics)
	c.repo.Topics = topics
	return none()
}

var topicName = regexp.MustCompile(`^[a-z0-9][-.a-z0-9]{0,34}$`)

func (c *call) watching() (reply, error) {
	if !c.repo.Watchers[c.doer] {
		return reply{}, missing("")
	}
	return ok(object{"subscribed": true, "ignored": false, "reason": nil, "created_at": stamp(c.repo.Created),
		"url": c.repoAPI(c.repo, "/subscription"), "repository_url": c.repoAPI(c.repo, "")})
}
