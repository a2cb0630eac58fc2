package gitlabtest

import (
	"cmp"
	"net/url"
	"strings"
	"time"
)

func escaped(path string) string { return url.PathEscape(path) }

// What another GitLab tells, as far as a transfer wants to know.
type (
	glUser struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	}
	glGroup struct {
		ID          int64  `json:"id"`
		Name        string `json:"name"`
		Path        string `json:"path"`
		FullPath    string `json:"full_path"`
		Description string `json:"description"`
		Visibility  string `json:"visibility"`
	}
	glProject struct {
		glGroup
		FullPath      string    `json:"path_with_namespace"`
		HTTP          string    `json:"http_url_to_repo"`
		DefaultBranch string    `json:"default_branch"`
		Topics        []string  `json:"topics"`
		WikiLevel     string    `json:"wiki_access_level"`
		CreatedAt     time.Time `json:"created_at"`
	}
	glMember struct {
		glUser
		Level int `json:"access_level"`
	}
	glLabel struct {
		Name        string `json:"name"`
		Color       string `json:"color"`
		Description string `json:"description"`
	}
	glMilestone struct {
		IID         int64     `json:"iid"`
		Title       string    `json:"title"`
		Description string    `json:"description"`
		State       string    `json:"state"`
		DueDate     string    `json:"due_date"`
		StartDate   string    `json:"start_date"`
		CreatedAt   time.Time `json:"created_at"`
		UpdatedAt   time.Time `json:"updated_at"`
	}
)

// work carries a transfer out: each entity after those that it belongs to.
func (t *transfer) work() {
	defer t.cancel()
	m := t.s.Model
	if t.meet("", "scheduled", "") != nil || !t.turn("created", "started") {
		return
	}
	for n := 0; ; n++ {
		m.mu.Lock()
		if n == len(t.entities) {
			m.mu.Unlock()
			break
		}
		e := t.entities[n]
		m.mu.Unlock()
		e.work()
		if t.ctx.Err() != nil {
			return
		}
	}
	t.turn("started", "finished")
}

func (t *transfer) meet(path, stage, object string) error {
	return t.s.importing.meet(t.ctx, ImportStep{Importer: "transfer", Path: path, Stage: stage, Object: object})
}

func (t *transfer) turn(from, to string) bool {
	m := t.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.status != from {
		return false
	}
	t.status, t.updated = to, m.clock()
	for _, e := range t.entities {
		t.hasFailures = t.hasFailures || e.hasFailures
	}
	return true
}

func (e *entity) turn(from, to string) bool {
	m := e.transfer.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.status != from {
		return false
	}
	e.status, e.updated = to, m.clock()
	e.hasFailures = len(e.failures) > 0
	return true
}

// pipeline is a part of an entity. Without the first one there is nothing to fill.
type pipeline struct {
	relation string
	run      func(*entity) error
}

func (e *entity) work() {
	if !e.turn("created", "started") {
		return
	}
	pipelines := []pipeline{{"project", (*entity).makeProject}, {"repository", (*entity).git}, {"members", (*entity).members}, {"labels", (*entity).labels},
		{"milestones", (*entity).milestones}, {"issues", (*entity).issues}, {"snippets", (*entity).snippets}, {"snippets_repository", (*entity).snippetFiles},
		{"merge_requests", (*entity).merges}, {"protected_branches", (*entity).protections}, {"releases", (*entity).releases}, {"wiki", (*entity).wiki}}
	if e.kind == "group" {
		pipelines = []pipeline{{"group", (*entity).makeGroup}, {"members", (*entity).members}, {"labels", (*entity).labels}, {"milestones", (*entity).milestones},
			{"project_entities", (*entity).projectEntities}, {"subgroups", (*entity).subgroups}}
	}
	for n, p := range pipelines {
		err := e.transfer.meet(e.source, p.relation, "")
		if err == nil {
			err = p.run(e)
		}
		if e.transfer.ctx.Err() != nil {
			return
		}
		if err == nil {
			continue
		}
		trouble := troubled(err)
		e.note(p.relation, trouble)
		switch {
		case trouble.Timeout:
			e.turn("started", "timeout")
			return
		case n == 0 || trouble.Ends:
			e.turn("started", "failed")
			return
		}
	}
	e.turn("started", "finished")
}

// note writes down a failure. Messages are cut as the API cuts them.
func (e *entity) note(relation string, t *ImportTrouble) {
	m := e.transfer.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	message := []rune(t.Message)
	e.failures = append(e.failures, &bulkFailure{
		relation: relation, class: t.class(), message: string(message[:min(len(message), 255)]),
		correlation: digest("transfer", itoa(e.transfer.id))[:32], url: t.URL, title: t.Title,
	})
	e.hasFailures = true
}

// object counts one object of a relation and stores it. What goes wrong with it is
// noted, and does not end the entity unless the test wants that.
func (e *entity) object(relation, what, address string, store func() error) error {
	m := e.transfer.s.Model
	m.mu.Lock()
	s := e.stats[relation]
	if s == nil {
		s = &bulkStats{}
		e.stats[relation] = s
	}
	s.source++
	s.fetched++
	m.mu.Unlock()
	err := e.transfer.meet(e.source, relation, what)
	if err == nil {
		m.mu.Lock()
		if err = store(); err == nil {
			s.imported++
			e.updated = m.clock()
		}
		m.mu.Unlock()
	}
	if err == nil {
		return nil
	}
	t := *troubled(err)
	if t.Ends || t.Timeout || e.transfer.ctx.Err() != nil {
		return err
	}
	t.URL, t.Title = cmp.Or(t.URL, address), cmp.Or(t.Title, what)
	e.note(relation, &t)
	return nil
}

// at is a path of the entity in the source's API.
func (e *entity) at(rest string) string { return "/" + e.kind + "s/" + escaped(e.source) + rest }

func (e *entity) user(u *glUser) *User {
	t := e.transfer
	if u == nil {
		return t.user
	}
	into := e.group
	if e.project != nil {
		into = e.project.Namespace
	}
	return t.s.placeholder(into, "gitlab", itoa(u.ID), cmp.Or(u.Name, u.Username))
}

// makeGroup makes the group. Its path is the slug; its name is that of the source.
func (e *entity) makeGroup() error {
	var g glGroup
	if _, err := e.transfer.from.get(e.transfer.ctx, e.at("?with_projects=false"), &g); err != nil {
		return err
	}
	m := e.transfer.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	made := &Namespace{Name: g.Name, Path: e.slug, Parent: m.namespace(e.namespace), Description: g.Description, Visibility: g.Visibility}
	if made.Parent != nil && rank(made.Visibility) > rank(made.Parent.Visibility) {
		made.Visibility = made.Parent.Visibility
	}
	if m.namespace(e.namespace+"/"+e.slug) != nil || e.namespace == "" && m.namespace(e.slug) != nil {
		return &ImportTrouble{Class: "ActiveRecord::RecordInvalid", Message: "Validation failed: Path has already been taken", Ends: true}
	}
	e.group = m.addNamespace(made)
	if m.groupMember(e.transfer.user, made) < Owner {
		made.Members = append(made.Members, m.newMember(e.transfer.user, Owner, e.transfer.user))
	}
	return nil
}

func (e *entity) makeProject() error {
	var p glProject
	if _, err := e.transfer.from.get(e.transfer.ctx, e.at(""), &p); err != nil {
		return err
	}
	m := e.transfer.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	made := &Project{
		Namespace: m.namespace(e.namespace), Name: p.Name, Path: e.slug, Description: p.Description, Visibility: p.Visibility, Topics: p.Topics,
		DefaultBranch: p.DefaultBranch, Creator: e.transfer.user, Created: p.CreatedAt, ImportType: "gitlab_project_migration", ImportStatus: "finished",
	}
	if made.Namespace == nil {
		return &ImportTrouble{Class: "ActiveRecord::RecordInvalid", Message: "Validation failed: Namespace can't be blank", Ends: true}
	}
	if rank(made.Visibility) > rank(made.Namespace.Visibility) {
		made.Visibility = made.Namespace.Visibility
	}
	var err error
	e.project, err = m.addProject(made)
	return err
}

func (e *entity) git() error {
	t := e.transfer
	m := t.s.Model
	var p glProject
	if _, err := t.from.get(t.ctx, e.at(""), &p); err != nil {
		return err
	}
	objects, err := t.from.mirror(t.ctx, p.HTTP, m.codeDir(e.project), true,
		"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/merge-requests/*/head:refs/merge-requests/*/head")
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e.stats["repository"] = &bulkStats{1, 1, 1}
	if objects > 0 {
		e.stats["lfs_objects"] = &bulkStats{int64(objects), int64(objects), int64(objects)}
	}
	return m.look(e.project, t.user)
}

// wiki brings the wiki, when somebody wrote a page of it.
func (e *entity) wiki() error {
	t := e.transfer
	m := t.s.Model
	var p glProject
	if _, err := t.from.get(t.ctx, e.at(""), &p); err != nil || p.WikiLevel == "disabled" {
		return err
	}
	var pages []object
	if _, err := t.from.get(t.ctx, e.at("/wikis"), &pages); err != nil || len(pages) == 0 {
		return err
	}
	m.mu.Lock()
	err := m.makeWiki(e.project)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = t.from.mirror(t.ctx, strings.TrimSuffix(p.HTTP, ".git")+".wiki.git", m.wikiDir(e.project), false, "+refs/heads/*:refs/heads/*")
	return err
}

func (e *entity) members() error {
	if !e.memberships {
		return nil
	}
	return each(e.transfer.ctx, e.transfer.from, e.at("/members?per_page=100"), func(o glMember) error {
		return e.object("members", "member "+o.Username, "", func() error {
			made := e.transfer.s.Model.newMember(e.user(&o.glUser), o.Level, e.transfer.user)
			if e.kind == "group" {
				e.group.Members = append(e.group.Members, made)
			} else {
				e.project.Members = append(e.project.Members, made)
			}
			return nil
		})
	})
}

func (e *entity) labels() error {
	m := e.transfer.s.Model
	const own = "?per_page=100&include_ancestor_groups=false"
	return each(e.transfer.ctx, e.transfer.from, e.at("/labels"+own), func(l glLabel) error {
		return e.object("labels", "label "+l.Name, "", func() error {
			made := &Label{ID: m.next("label"), Name: l.Name, Color: l.Color, Description: l.Description, Group: e.group}
			if e.kind == "group" {
				e.group.Labels = append(e.group.Labels, made)
			} else {
				e.project.Labels = append(e.project.Labels, made)
			}
			return nil
		})
	})
}

func (e *entity) milestones() error {
	m := e.transfer.s.Model
	return each(e.transfer.ctx, e.transfer.from, e.at("/milestones?per_page=100"), func(o glMilestone) error {
		return e.object("milestones", "milestone "+o.Title, "", func() error {
			made := &Milestone{
				ID: m.next("milestone"), IID: o.IID, Project: e.project, Group: e.group, Title: o.Title, Description: o.Description, State: o.State,
				Due: timeOf(o.DueDate), Start: timeOf(o.StartDate), Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt),
			}
			if e.kind == "group" {
				e.group.Milestones = append(e.group.Milestones, made)
				e.group.lastMilestone = max(e.group.lastMilestone, o.IID)
			} else {
				e.project.Milestones = append(e.project.Milestones, made)
				e.project.iids["Milestone"] = max(e.project.iids["Milestone"], o.IID)
			}
			return nil
		})
	})
}

func (e *entity) projectEntities() error {
	if !e.projects {
		return nil
	}
	return each(e.transfer.ctx, e.transfer.from, e.at("/projects?include_subgroups=false&with_shared=false&order_by=id&sort=asc&per_page=100"), func(p glProject) error {
		e.child("project", p.FullPath, p.Path)
		return nil
	})
}

func (e *entity) subgroups() error {
	return each(e.transfer.ctx, e.transfer.from, e.at("/subgroups?order_by=id&sort=asc&per_page=100"), func(g glGroup) error {
		e.child("group", g.FullPath, g.Path)
		return nil
	})
}

// child adds what is in a group to the transfer.
func (e *entity) child(kind, source, slug string) {
	m := e.transfer.s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addEntity(e.transfer, e, &entity{kind: kind, source: source, slug: slug, namespace: e.group.FullPath(), projects: e.projects, memberships: e.memberships})
}
