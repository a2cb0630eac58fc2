package gitlabtest

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func projectRoutes(add adding) {
	add("GET projects", anyone(), (*call).listProjects)
	add("POST projects", signedIn(), (*call).createProject)
	add("GET projects/{id}", anyone(), func(c *call) (reply, error) {
		if c.doer == nil {
			return ok(c.projectView(c.project))
		}
		return ok(c.ownProject(c.project))
	})
	add("PUT projects/{id}", atLeast(Maintainer), (*call).editProject)
	add("DELETE projects/{id}", atLeast(Owner), (*call).deleteProject)
	add("PUT projects/{id}/transfer", atLeast(Owner), (*call).transferProject)
	add("POST projects/{id}/archive", atLeast(Owner), func(c *call) (reply, error) { return c.setArchived(true) })
	add("POST projects/{id}/unarchive", atLeast(Owner), func(c *call) (reply, error) { return c.setArchived(false) })
	add("GET projects/{id}/forks", anyone(), func(c *call) (reply, error) {
		return ok(c.projectPage(c.visible(func(p *Project) bool { return p.ForkedFrom == c.project })))
	})
	add("POST projects/{id}/fork/{forked_from_id}", atLeast(Owner), (*call).setFork)
	add("DELETE projects/{id}/fork", atLeast(Owner), func(c *call) (reply, error) {
		if c.project.ForkedFrom == nil {
			return reply{http.StatusNotModified, nil}, nil
		}
		c.project.ForkedFrom = nil
		return none()
	})
	add("GET projects/{id}/languages", reader("repository"), func(*call) (reply, error) { return ok(object{}) })
	add("GET projects/{id}/users", anyone(), func(c *call) (reply, error) {
		var all []*User
		for _, u := range c.users {
			if c.membership(u, c.project) > None {
				all = append(all, u)
			}
		}
		return ok(list(page(c, all), c.userObject))
	})
}

// visible are the projects that whoever asks may see, and that the request does not
// leave out, the newest first unless it says otherwise.
func (c *call) visible(which func(*Project) bool) []*Project {
	search := strings.ToLower(c.text("search"))
	var all []*Project
	for _, p := range c.projects {
		name := strings.ToLower(p.Name + " " + p.Path + " " + p.Description)
		if c.on("search_namespaces") {
			name += " " + strings.ToLower(p.FullPath()+" "+p.FullName())
		}
		switch {
		case !c.sees(c.doer, p), !which(p):
		case search != "" && !strings.Contains(name, search):
		case c.has("archived") && c.on("archived") != p.Archived, c.has("visibility") && c.text("visibility") != p.Visibility:
		case c.on("membership") && c.membership(c.doer, p) == None, c.on("owned") && c.membership(c.doer, p) < Owner:
		case c.on("starred") && !p.stars[c.doer], c.number("min_access_level") > int64(c.membership(c.doer, p)):
		case c.has("topic") && !slices.Contains(p.Topics, c.text("topic")):
		case p.ID <= c.number("id_after"), c.has("id_before") && p.ID >= c.number("id_before"):
		case c.has("last_activity_after") && !p.Active.After(c.time("last_activity_after")):
		default:
			all = append(all, p)
		}
	}
	c.order(all)
	return all
}

func (c *call) order(all []*Project) {
	by := cmp.Or(c.text("order_by"), "created_at")
	sign := -1
	if c.text("sort") == "asc" || c.text("sort") == "" && (by == "name" || by == "path") {
		sign = 1
	}
	slices.SortStableFunc(all, func(a, b *Project) int {
		result := 0
		switch by {
		case "name":
			result = strings.Compare(a.Name, b.Name)
		case "path":
			result = strings.Compare(a.Path, b.Path)
		case "updated_at":
			result = a.Updated.Compare(b.Updated)
		case "last_activity_at":
			result = a.Active.Compare(b.Active)
		case "created_at":
			result = a.Created.Compare(b.Created)
		}
		return sign * cmp.Or(result, cmp.Compare(a.ID, b.ID))
	})
}

func (c *call) projectPage(all []*Project) []object {
	one := c.ownProject
	if c.group != nil {
		one = c.projectView
	}
	if c.on("simple") || c.doer == nil {
		one = c.basicProject
	}
	return list(keyset(c, all, func(p *Project) string { return itoa(p.ID) }), one)
}

func (c *call) listProjects() (reply, error) {
	if err := c.oneOf("visibility", "private", "internal", "public"); err != nil {
		return reply{}, err
	}
	return ok(c.projectPage(c.visible(func(*Project) bool { return true })))
}

func (c *call) createProject() (reply, error) {
	if err := c.limited("projects"); err != nil {
		return reply{}, err
	}
	if !c.any("name", "path") {
		return reply{}, malformed("name, path are missing, at least one parameter must be provided")
	}
	if err := c.oneOf("visibility", "private", "internal", "public"); err != nil {
		return reply{}, err
	}
	in, err := c.destination()
	if err != nil {
		return reply{}, err
	}
	p := &Project{Namespace: in, Name: c.text("name"), Path: c.text("path"), Description: c.text("description"), Creator: c.doer, Visibility: cmp.Or(c.text("visibility"), "private"), DefaultBranch: cmp.Or(c.text("default_branch"), "main")}
	p.Name = cmp.Or(p.Name, p.Path)
	p.Path = cmp.Or(p.Path, slug(p.Name))
	if err := c.projectProblems(p); err != nil {
		return reply{}, err
	}
	p, err = c.addProject(p)
	if err != nil {
		return reply{}, err
	}
	if err := c.describeProject(p); err != nil {
		return reply{}, err
	}
	if c.on("initialize_with_readme") {
		if _, err := c.commitFiles(p, p.DefaultBranch, c.doer, "Initial commit", map[string]string{"README.md": "# " + p.Name + "\n"}); err != nil {
			return reply{}, err
		}
	}
	return created(c.projectView(p))
}

// destination is the namespace that a new project is to be in.
func (c *call) destination() (*Namespace, error) {
	if c.text("namespace_id") == "" {
		return c.doer.Namespace, c.mayCreate(c.doer.Namespace)
	}
	in := c.namespaceByID(c.number("namespace_id"))
	if in == nil || !c.inNamespace(in) && !open(in.Visibility, c.doer) {
		return nil, invalid("namespace", "is not valid")
	}
	return in, c.mayCreate(in)
}

// mayCreate refuses those who may not make projects in a namespace.
func (c *call) mayCreate(in *Namespace) error {
	least := Developer
	switch in.Settings["project_creation_level"] {
	case "noone":
		least = Owner + 1
	case "owner":
		least = Owner
	case "maintainer":
		least = Maintainer
	}
	if in.User != nil {
		least = Owner
	}
	if in.User == c.doer && c.doer.CannotProjects {
		return invalid("limit_reached", "Personal project creation is not allowed. Please contact your administrator with questions")
	}
	if c.groupLevel(c.doer, in) < least {
		return invalid("namespace", "is not valid")
	}
	return nil
}

// projectProblems refuses a project that cannot be.
func (m *Model) projectProblems(p *Project) error {
	problems := map[string][]string{}
	if bad := pathProblems(p.Path, reservedProject()); len(bad) > 0 {
		problems["path"] = bad
	}
	if !projectName.MatchString(p.Name) {
		problems["name"] = []string{"can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'."}
	}
	if len([]rune(p.Name)) > 255 {
		problems["name"] = append(problems["name"], "is too long (maximum is 255 characters)")
	}
	if in := p.Namespace; in.User == nil && rank(p.Visibility) > rank(in.Visibility) {
		problems["visibility_level"] = []string{p.Visibility + " is not allowed in a " + in.Visibility + " group."}
	}
	for _, o := range m.projects {
		if o == p || o.Namespace != p.Namespace {
			continue
		}
		if strings.EqualFold(o.Path, p.Path) {
			problems["path"] = append(problems["path"], "has already been taken")
			problems["project_namespace.path"] = []string{"has already been taken"}
		}
		if o.Name == p.Name {
			problems["name"] = append(problems["name"], "has already been taken")
			problems["project_namespace.name"] = []string{"has already been taken"}
		}
	}
	for _, n := range m.namespaces {
		if n.Parent == p.Namespace && strings.EqualFold(n.Path, p.Path) {
			problems["project_namespace.path"] = []string{"has already been taken"}
			problems["path"] = append(problems["path"], "has already been taken")
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return refuse(http.StatusBadRequest, problems)
}

// describeProject keeps what a request says of a project's settings.
func (c *call) describeProject(p *Project) error {
	for name := range p.Settings {
		if v, ok := c.in[name]; ok && v != nil && name != "container_registry_enabled" {
			if s, isText := v.(string); isText && (s == "true" || s == "false") {
				v = s == "true"
			}
			p.Settings[name] = v
		}
	}
	for name := range p.Features {
		parameter := name + "_access_level"
		if !c.has(parameter) {
			continue
		}
		if err := c.oneOf(parameter, "disabled", "private", "enabled", "public"); err != nil {
			return err
		}
		p.Features[name] = c.text(parameter)
	}
	for parameter, feature := range map[string]string{"issues_enabled": "issues", "merge_requests_enabled": "merge_requests", "wiki_enabled": "wiki", "snippets_enabled": "snippets", "jobs_enabled": "builds"} {
		if c.has(parameter) {
			p.Features[feature] = map[bool]string{true: "enabled", false: "disabled"}[c.on(parameter)]
		}
	}
	switch {
	case c.has("topics"):
		c.setTopics(p, c.list("topics"))
	case c.has("tag_list"):
		c.setTopics(p, c.list("tag_list"))
	}
	return nil
}

func (c *call) editProject() (reply, error) {
	if err := c.oneOf("visibility", "private", "internal", "public"); err != nil {
		return reply{}, err
	}
	p := c.project
	if c.any("name", "path", "visibility") && c.level(c.doer, p) < Maintainer {
		return reply{}, forbidden("")
	}
	if c.has("visibility") && c.text("visibility") != p.Visibility && c.level(c.doer, p) < Owner {
		return reply{}, forbidden("")
	}
	before := *p
	p.Name, p.Path, p.Visibility = cmp.Or(c.text("name"), p.Name), cmp.Or(c.text("path"), p.Path), cmp.Or(c.text("visibility"), p.Visibility)
	if err := c.projectProblems(p); err != nil {
		p.Name, p.Path, p.Visibility = before.Name, before.Path, before.Visibility
		return reply{}, err
	}
	if before.Path != p.Path {
		c.moved[strings.ToLower(before.FullPath())] = p
	}
	if c.has("description") {
		p.Description = c.text("description")
	}
	if branch := c.text("default_branch"); branch != "" && branch != p.DefaultBranch {
		if p.refs["refs/heads/"+branch] == "" {
			return reply{}, invalid("base", "Could not set the default branch. Do you have a branch named '"+branch+"' in your repository?")
		}
		p.DefaultBranch = branch
		if _, err := c.codeGit(p).Run("symbolic-ref", "HEAD", "refs/heads/"+branch); err != nil {
			return reply{}, err
		}
	}
	if err := c.describeProject(p); err != nil {
		return reply{}, err
	}
	c.touch(p)
	return ok(c.projectView(p))
}

func (c *call) deleteProject() (reply, error) {
	c.projects = slices.DeleteFunc(c.projects, func(p *Project) bool { return p == c.project })
	for _, p := range c.projects {
		if p.ForkedFrom == c.project {
			p.ForkedFrom = nil
		}
		for _, r := range p.MergeRequests {
			if r.Source == c.project {
				r.Source = nil
			}
		}
	}
	return reply{http.StatusAccepted, object{"message": "202 Accepted"}}, nil
}

func (c *call) transferProject() (reply, error) {
	if err := c.needs("namespace"); err != nil {
		return reply{}, err
	}
	to := c.namespaceByID(c.number("namespace"))
	if to == nil {
		to = c.namespace(c.text("namespace"))
	}
	if to == nil || !c.inNamespace(to) {
		return reply{}, missing("Namespace")
	}
	if to.User == nil && c.groupLevel(c.doer, to) < Maintainer {
		return reply{}, refuse(http.StatusBadRequest, "Transfer failed, please contact an admin.")
	}
	from := c.project.Namespace
	old := c.project.FullPath()
	c.project.Namespace = to
	if err := c.projectProblems(c.project); err != nil {
		c.project.Namespace = from
		return reply{}, invalid("new_namespace", "Project with same name or path in target namespace already exists")
	}
	c.moved[strings.ToLower(old)] = c.project
	return ok(c.projectView(c.project))
}

func (c *call) setArchived(archived bool) (reply, error) {
	c.project.Archived = archived
	c.project.Updated = c.clock()
	return created(c.projectView(c.project))
}

func (c *call) setFork() (reply, error) {
	from := c.findProject(c.r.PathValue("forked_from_id"))
	switch {
	case from == nil || !c.sees(c.doer, from):
		return reply{}, missing("Source Project")
	case c.project.ForkedFrom != nil:
		return reply{}, conflict("Project already forked")
	}
	c.project.ForkedFrom = from
	return created(c.projectView(c.project))
}

// folderSize is how many bytes the files of a folder have.
func folderSize(dir string) int64 {
	var sum int64
	filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // an object that git moves away meanwhile has no size
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
