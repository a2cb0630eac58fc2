package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// github is the GitHub that a request means. The versions from 16.5 to 17.1 take an
// address as it is; the others put the path of the API into it.
func (c *call) github(hostname, token string) origin {
	base := cmp.Or(hostname, c.s.importing.github)
	u, err := url.Parse(base)
	if err != nil {
		u = &url.URL{}
	}
	asItIs := hostname != "" && c.s.atVersion(16, 5) && !c.s.atVersion(17, 2)
	if !asItIs && u.Host != "github.com" && u.Host != "api.github.com" && !strings.HasPrefix(u.Path, "/api/") {
		u.Path = "/api/v3"
	}
	if asItIs && !strings.HasPrefix(u.Path, "/api/") {
		u.Path = "/nowhere" // the pages of a server are no API
	}
	return origin{
		base: strings.TrimSuffix(u.String(), "/"), username: "x-access-token", password: token,
		header: http.Header{"Authorization": {"token " + token}, "Accept": {"application/vnd.github+json"}},
	}
}

// importGitHub begins the import of a repository, after the checks of
// app/services/import/github_service.rb in their order.
func (c *call) importGitHub() (reply, error) {
	if err := cmp.Or(c.needs("personal_access_token", "repo_id", "target_namespace"), c.integer("repo_id", "pagination_limit"), c.timeoutStrategy()); err != nil {
		return reply{}, err
	}
	if n := c.number("pagination_limit"); c.has("pagination_limit") && (n < 1 || n > 100) {
		return reply{}, malformed("pagination_limit does not have a valid value")
	}
	if strings.TrimSpace(c.text("target_namespace")) == "" {
		return reply{}, malformed("target_namespace is empty")
	}
	refused := func(why string) (reply, error) { return reply{}, unsaved(why) }
	namespace, may := c.importNamespace(c.text("target_namespace"))
	switch {
	case c.blocked(c.text("github_hostname")):
		return reply{}, &failure{status: http.StatusBadRequest, body: object{"errors": "Invalid URL: " + c.text("github_hostname")}}
	case namespace == nil:
		return refused("Namespace or group to import repository into does not exist.")
	case !may:
		return refused("You are not allowed to import projects in this namespace.")
	}
	stages, _ := c.in["optional_stages"].(object)
	from := c.github(c.text("github_hostname"), c.text("personal_access_token"))
	var r ghRepository
	id := c.number("repo_id")
	_, err := from.get(c.r.Context(), fmt.Sprintf("/repositories/%d", id), &r)
	switch status := statusOf(err); {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return refused("Your GitHub personal access token does not have read access to the repository. Please use a classic GitHub personal access token with the `repo` scope. Fine-grained tokens are not supported.")
	case status == http.StatusTooManyRequests:
		return reply{}, &failure{status: http.StatusTooManyRequests, body: object{"error": "Too Many Requests"}}
	case err != nil:
		return refused("Import failed because of a GitHub error: " + err.Error())
	}
	if truthy(stages["collaborators_import"]) {
		var none []ghCollaborator
		if _, err := from.get(c.r.Context(), "/repos/"+r.FullName+"/collaborators", &none); statusOf(err) == http.StatusForbidden || statusOf(err) == http.StatusUnauthorized {
			return refused("Your GitHub personal access token does not have read access to collaborators. Please use a classic GitHub personal access token with the `read:org` scope. Fine-grained tokens are not supported.")
		}
	}
	name := cmp.Or(c.text("new_name"), r.Name)
	in := into{namespace: namespace, name: name, path: name, about: r.Description, public: !r.Private, importer: "github", source: r.FullName}
	p, err := c.importedProject(in)
	if err != nil {
		return reply{}, err
	}
	g := &githubImport{origin: from, repository: r, collaborators: truthy(stages["collaborators_import"]), notes: map[int64]*Discussion{}}
	c.begin(in, p, g.stages())
	return created(c.importView(p, r.FullName))
}

// githubImport is what an import from GitHub remembers from stage to stage.
type githubImport struct {
	origin        origin
	repository    ghRepository
	collaborators bool
	notes         map[int64]*Discussion // by the comments that began them
}

// stages are those of app/workers/gitlab/github_import/stage, in their order.
func (g *githubImport) stages() []stage {
	all := []stage{{"repository", g.git}, {"base_data", g.base}, {"pull_requests", g.pulls}, {"issues_and_diff_notes", g.issues}, {"issue_events", g.events},
		{"protected_branches", g.protections}, {"finish", func(j *projectImport) error { return nil }}}
	if g.collaborators {
		all = slices.Insert(all, 3, stage{"collaborators", g.members})
	}
	return all
}

func (g *githubImport) at(path string) string { return "/repos/" + g.repository.FullName + path }

// git fetches the code with the heads of pull requests, the large objects, and the
// wiki.
func (g *githubImport) git(j *projectImport) error {
	m := j.s.Model
	dir := m.codeDir(j.project)
	objects, err := g.origin.mirror(j.ctx, g.repository.CloneURL, dir, true,
		"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/pull/*/head:refs/merge-requests/*/head")
	if err != nil {
		return &ImportTrouble{Class: "Projects::ImportService::Error", Message: err.Error(), Ends: true}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if objects > 0 {
		j.fetched["lfs_object"], j.imported["lfs_object"] = int64(objects), int64(objects)
	}
	j.project.DefaultBranch = cmp.Or(g.repository.DefaultBranch, j.project.DefaultBranch)
	if err := m.look(j.project, j.user); err != nil {
		return err
	}
	if !g.repository.HasWiki {
		return nil
	}
	if err := m.makeWiki(j.project); err != nil {
		return err
	}
	wiki := strings.TrimSuffix(g.repository.CloneURL, ".git") + ".wiki.git"
	m.mu.Unlock()
	_, err = g.origin.mirror(j.ctx, wiki, m.wikiDir(j.project), false, "+refs/heads/*:refs/heads/*")
	m.mu.Lock()
	if err != nil { // there is none as long as nobody wrote a page
		j.project.wiki = false
	}
	return nil
}

func (g *githubImport) base(j *projectImport) error {
	m, p := j.s.Model, j.project
	err := each(j.ctx, g.origin, g.at("/labels?per_page=100"), func(l ghLabel) error {
		return j.object("base_data", "label", "label "+l.Name, func() error {
			p.Labels = append(p.Labels, &Label{ID: m.next("label"), Name: l.Name, Color: "#" + l.Color, Description: l.Description})
			return nil
		})
	})
	if err != nil {
		return err
	}
	err = each(j.ctx, g.origin, g.at("/milestones?state=all&per_page=100"), func(o ghMilestone) error {
		return j.object("base_data", "milestone", "milestone "+o.Title, func() error {
			state := "active"
			if o.State == "closed" {
				state = "closed"
			}
			p.Milestones = append(p.Milestones, &Milestone{
				ID: m.next("milestone"), IID: o.Number, Project: p, Title: o.Title, Description: o.Description, State: state, Due: o.DueOn,
				Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt),
			})
			p.iids["Milestone"] = max(p.iids["Milestone"], o.Number)
			return nil
		})
	})
	if err != nil {
		return err
	}
	return each(j.ctx, g.origin, g.at("/releases?per_page=100"), func(r ghRelease) error {
		return j.object("base_data", "release", "release "+r.Tag, func() error {
			released := r.Published
			if r.Draft { // comes as any other, from now
				released = m.clock()
			}
			p.Releases = append(p.Releases, &Release{
				Tag: r.Tag, Name: cmp.Or(r.Name, r.Tag), Description: backticked(cmp.Or(r.Body, "Release for tag "+r.Tag)), Author: g.user(j, r.Author),
				SHA: resolve(m.codeDir(p), r.Tag), Created: r.CreatedAt, Released: released,
			})
			return nil
		})
	})
}

func (g *githubImport) user(j *projectImport, u *ghUser) *User {
	if u == nil {
		return j.s.placeholder(j.project.Namespace, "github", "", "")
	}
	return j.s.placeholder(j.project.Namespace, "github", itoa(u.ID), u.Login)
}

// item is what issues and pull requests have in common.
func (g *githubImport) item(j *projectImport, i ghIssue) Item {
	item := Item{
		IID: i.Number, Author: g.user(j, i.User), Title: i.Title, Description: backticked(i.Body), State: "opened", Imported: "github",
		Created: i.CreatedAt, Updated: later(i.CreatedAt, i.UpdatedAt),
	}
	if i.State == "closed" {
		item.State, item.ClosedAt = "closed", i.ClosedAt
	}
	for _, l := range i.Labels {
		for _, have := range j.project.Labels {
			if have.Name == l.Name {
				item.Labels = append(item.Labels, have)
			}
		}
	}
	for _, a := range i.Assignees {
		item.Assignees = append(item.Assignees, g.user(j, &a))
	}
	if i.Milestone != nil {
		for _, have := range j.project.Milestones {
			if have.IID == i.Milestone.Number {
				item.Milestone = have
			}
		}
	}
	return item
}

func (g *githubImport) pulls(j *projectImport) error {
	var all []ghPull
	err := each(j.ctx, g.origin, g.at("/pulls?state=all&sort=created&direction=asc&per_page=100"), func(p ghPull) error {
		all = append(all, p)
		return j.object("pull_requests", "pull_request", fmt.Sprintf("pull request %d", p.Number), func() error { return g.pull(j, p) })
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := g.pullDetails(j, p); err != nil {
			return err
		}
	}
	return nil
}

// pull makes a merge request of a pull request. A branch that is gone comes back only
// for one that is open.
func (g *githubImport) pull(j *projectImport, p ghPull) error {
	m := j.s.Model
	dir := m.codeDir(j.project)
	r := &MergeRequest{Item: g.item(j, p.ghIssue), Source: j.project, SourceBranch: sourceBranch(p), TargetBranch: p.Base.Ref, RemoveSource: false}
	if r.State == "opened" && j.project.refs["refs/heads/"+r.SourceBranch] == "" && resolve(dir, p.Head.SHA) != "" {
		if err := setRef(dir, "refs/heads/"+r.SourceBranch, p.Head.SHA); err != nil {
			return err
		}
	}
	if !p.MergedAt.IsZero() {
		r.State, r.MergedAt, r.MergeCommit = "merged", p.MergedAt, p.MergeCommit
	}
	for _, u := range p.Reviewers {
		r.Reviewers = append(r.Reviewers, &Reviewer{User: g.user(j, &u), State: "unreviewed", Created: p.CreatedAt})
	}
	return m.importMerge(j.project, r, p.Head.SHA, p.Base.SHA)
}

// sourceBranch is how the importer names the branch of a pull request.
func sourceBranch(p ghPull) string {
	switch {
	case p.Head.Repo == nil || p.Base.Repo == nil || p.Head.Repo.ID != p.Base.Repo.ID:
		owner := "ghost"
		if p.Head.User != nil {
			owner = p.Head.User.Login
		}
		return "github/fork/" + owner + "/" + p.Head.Ref
	case p.Head.Ref == p.Base.Ref:
		return fmt.Sprintf("%s-%d", p.Head.Ref, p.Number)
	}
	return p.Head.Ref
}

// importMerge puts a merge request into a project with the diff between two commits,
// as far as they are there. The model is locked.
func (m *Model) importMerge(p *Project, r *MergeRequest, head, base string) error {
	dir := m.codeDir(p)
	r.Kind, r.Project = "MergeRequest", p
	r.merge = r
	m.newItem(&r.Item)
	p.takeIID(&r.Item, r.IID)
	p.MergeRequests = append(p.MergeRequests, r)
	if resolve(dir, head) == "" {
		return nil
	}
	if resolve(dir, base) == "" {
		base = head
	}
	r.Versions = append(r.Versions, &Version{ID: m.next("version"), Head: head, Base: cmp.Or(mergeBase(dir, head, base), base), Start: base, Created: r.Created})
	return setRef(dir, fmt.Sprintf("refs/merge-requests/%d/head", r.IID), head)
}

// pullDetails adds who merged, and the reviews.
func (g *githubImport) pullDetails(j *projectImport, p ghPull) error {
	m := j.s.Model
	path := g.at(fmt.Sprintf("/pulls/%d", p.Number))
	if !p.MergedAt.IsZero() {
		var whole ghPull
		if _, err := g.origin.get(j.ctx, path, &whole); err != nil {
			return err
		}
		err := j.object("pull_requests", "pull_request_merged_by", fmt.Sprintf("merger of pull request %d", p.Number), func() error {
			if r := j.project.MergeRequest(p.Number); r != nil {
				r.MergedBy = g.user(j, whole.MergedBy)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return each(j.ctx, g.origin, path+"/reviews?per_page=100", func(o ghReview) error {
		return j.object("pull_requests", "pull_request_review", fmt.Sprintf("review %d", o.ID), func() error {
			r := j.project.MergeRequest(p.Number)
			if r == nil {
				return nil
			}
			by := g.user(j, o.User)
			if o.State == "APPROVED" {
				r.Approvals = append(r.Approvals, &Approval{User: by, At: o.SubmittedAt})
			}
			if o.Body != "" {
				m.addNote(&r.Item, nil, &Note{Author: by, Body: backticked(o.Body), Created: o.SubmittedAt, Imported: "github"})
			}
			return nil
		})
	})
}

func (g *githubImport) members(j *projectImport) error {
	levels := map[string]int{"read": Guest, "triage": Reporter, "write": Developer, "maintain": Maintainer, "admin": Owner}
	return each(j.ctx, g.origin, g.at("/collaborators?affiliation=direct&per_page=100"), func(o ghCollaborator) error {
		return j.object("collaborators", "collaborator", "collaborator "+o.Login, func() error {
			level, ok := levels[o.Role]
			if !ok {
				return fmt.Errorf("the role %s is not one of GitHub's own", o.Role)
			}
			j.project.Members = append(j.project.Members, j.s.Model.newMember(g.user(j, &o.ghUser), level, j.user))
			return nil
		})
	})
}

func (g *githubImport) issues(j *projectImport) error {
	const stage = "issues_and_diff_notes"
	m := j.s.Model
	err := each(j.ctx, g.origin, g.at("/issues?state=all&sort=created&direction=asc&per_page=100"), func(i ghIssue) error {
		if i.Pull != nil {
			return g.labelsOfPull(j, i)
		}
		return j.object(stage, "issue", fmt.Sprintf("issue %d", i.Number), func() error {
			m.addIssue(j.project, &Issue{Item: g.item(j, i)})
			return nil
		})
	})
	if err != nil {
		return err
	}
	err = each(j.ctx, g.origin, g.at("/issues/comments?sort=created&direction=asc&per_page=100"), func(o ghComment) error {
		return j.object(stage, "note", fmt.Sprintf("comment %d", o.ID), func() error {
			item := j.project.item(numberOf(lastPart(o.IssueURL)))
			if item == nil {
				return fmt.Errorf("what comment %d belongs to is not there", o.ID)
			}
			m.addNote(item, nil, &Note{Author: g.user(j, o.User), Body: backticked(o.Body), Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt), Imported: "github"})
			return nil
		})
	})
	if err != nil {
		return err
	}
	return each(j.ctx, g.origin, g.at("/pulls/comments?sort=created&direction=asc&per_page=100"), func(o ghDiffNote) error {
		return j.object(stage, "diff_note", fmt.Sprintf("diff note %d", o.ID), func() error { return g.diffNote(j, o) })
	})
}

// labelsOfPull gives a merge request the labels of the issue that GitHub keeps beside
// each pull request.
func (g *githubImport) labelsOfPull(j *projectImport, i ghIssue) error {
	j.s.Model.mu.Lock()
	defer j.s.Model.mu.Unlock()
	if r := j.project.MergeRequest(i.Number); r != nil {
		r.Labels = g.item(j, i).Labels
	}
	return nil
}

// diffNote puts a review comment into its thread. One that stands on no line of the
// present diff becomes a plain note.
func (g *githubImport) diffNote(j *projectImport, o ghDiffNote) error {
	r := j.project.MergeRequest(numberOf(lastPart(o.PullURL)))
	if r == nil {
		return fmt.Errorf("the pull request of diff note %d is not there", o.ID)
	}
	n := &Note{Author: g.user(j, o.User), Body: backticked(o.Body), Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt), Imported: "github"}
	v, line := r.head(), cmp.Or(o.Line, o.Original)
	if v != nil && line > 0 {
		n.Type = "DiffNote"
		n.Position = &Position{Base: v.Base, Start: v.Start, Head: v.Head, OldPath: o.Path, NewPath: o.Path, Type: "text"}
		n.Position.NewLine = line
		if o.Side == "LEFT" {
			n.Position.NewLine, n.Position.OldLine = 0, line
		}
	}
	made := j.s.Model.addNote(&r.Item, g.notes[o.ReplyTo], n)
	g.notes[o.ID] = made.Discussion
	return nil
}

func (g *githubImport) events(j *projectImport) error {
	m := j.s.Model
	return each(j.ctx, g.origin, g.at("/issues/events?per_page=100"), func(e ghEvent) error {
		if e.Issue == nil || !slices.Contains([]string{"closed", "reopened", "labeled", "unlabeled"}, e.Event) {
			return nil
		}
		return j.object("issue_events", "issue_event", fmt.Sprintf("event %d", e.ID), func() error {
			item := j.project.item(e.Issue.Number)
			if item == nil {
				return nil
			}
			made := Event{Kind: "state", User: g.user(j, e.Actor), Action: e.Event, Created: e.CreatedAt}
			if e.Label != nil {
				made.Kind, made.Action = "label", map[string]string{"labeled": "add", "unlabeled": "remove"}[e.Event]
				for _, l := range j.project.Labels {
					if l.Name == e.Label.Name {
						made.Label = l
					}
				}
				if made.Label == nil {
					return nil
				}
			}
			m.happen(item, made)
			return nil
		})
	})
}

// protections protects the branches that are protected at GitHub, with the levels
// that the importer takes when reviews are required.
func (g *githubImport) protections(j *projectImport) error {
	m, p := j.s.Model, j.project
	return each(j.ctx, g.origin, g.at("/branches?protected=true&per_page=100"), func(b ghBranch) error {
		if !b.Protected {
			return nil
		}
		return j.object("protected_branches", "protected_branch", "branch "+b.Name, func() error {
			p.ProtectedBranches = slices.DeleteFunc(p.ProtectedBranches, func(r *ProtectedRef) bool { return r.Name == b.Name })
			p.ProtectedBranches = append(p.ProtectedBranches, &ProtectedRef{
				ID: m.next("protected branch"), Name: b.Name, Push: []*AccessRule{m.accessRule(Maintainer)}, Merge: []*AccessRule{m.accessRule(Maintainer)},
			})
			return nil
		})
	})
}

// item is the issue or merge request of a number, which importers from GitHub give
// to one of both only.
func (p *Project) item(number int64) *Item {
	if i := p.Issue(number); i != nil {
		return &i.Item
	}
	if r := p.MergeRequest(number); r != nil {
		return &r.Item
	}
	return nil
}

func lastPart(address string) string { return address[strings.LastIndex(address, "/")+1:] }
