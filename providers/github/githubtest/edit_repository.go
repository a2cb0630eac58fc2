package githubtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// AddRepository adds a repository of owner and makes its git repository when
// the model has a root. What r leaves empty is as GitHub sets it: public, its
// default branch main, all features on but discussions, all ways of merging.
func (m *Model) AddRepository(owner *User, r *Repository) (*Repository, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	r.ID = m.register(prefixRepository, r)
	r.Owner = owner
	r.Visibility = cmp.Or(r.Visibility, "public")
	r.DefaultBranch = cmp.Or(r.DefaultBranch, "main")
	r.HasIssues, r.HasWiki, r.HasProjects, r.HasPulls = true, true, true, true
	r.AllowMerge, r.AllowSquash, r.AllowRebase, r.AllowForking = true, true, true, true
	r.CreatedAt = orTime(r.CreatedAt, at)
	r.UpdatedAt, r.PushedAt = orTime(r.UpdatedAt, r.CreatedAt), orTime(r.PushedAt, r.CreatedAt)
	r.issues = map[int64]*Issue{}
	m.Repositories = append(m.Repositories, r)
	delete(m.moved, strings.ToLower(r.FullName()))
	if m.root == "" {
		return r, nil
	}
	dir, err := initBare(m.repositoryDir(r), r.DefaultBranch)
	r.Dir = dir
	return r, err
}

// EditRepository changes a repository. A new name or owner leaves a redirect
// behind, as at GitHub.
func (m *Model) EditRepository(r *Repository, edit func(*Repository)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	before := r.FullName()
	edit(r)
	r.UpdatedAt = at
	if after := r.FullName(); after != before {
		m.moved[strings.ToLower(before)] = r
		delete(m.moved, strings.ToLower(after))
	}
}

// DeleteRepository removes a repository. Pull requests that came from it stay,
// their head repository is gone.
func (m *Model) DeleteRepository(r *Repository) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.forget(prefixRepository, r.ID)
	m.Repositories = slices.DeleteFunc(m.Repositories, func(o *Repository) bool { return o == r })
	for name, to := range m.moved {
		if to == r {
			delete(m.moved, name)
		}
	}
	for _, o := range m.Repositories {
		if o.Parent == r {
			o.Parent = nil
		}
		for _, i := range o.Issues {
			if i.Pull != nil && i.Pull.Head.Repo == r {
				i.Pull.Head.Repo, i.Pull.Head.Gone = nil, true
			}
		}
	}
}

// DeleteUser removes an account: what it wrote has no author any more.
func (m *Model) DeleteUser(u *User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.forget(prefixUser, u.ID)
	m.Users = slices.DeleteFunc(m.Users, func(o *User) bool { return o == u })
	gone := func(p **User) {
		if *p == u {
			*p = nil
		}
	}
	for _, o := range m.objects {
		if t, ok := o.(Texted); ok {
			gone(&t.content().Author)
			gone(&t.content().Editor)
		}
		switch o := o.(type) {
		case *Reaction:
			gone(&o.User)
		case *Event:
			gone(&o.Actor)
			gone(&o.Assignee)
			gone(&o.Reviewer)
		case *Asset:
			gone(&o.Uploader)
		case *Milestone:
			gone(&o.Creator)
		case *Issue:
			gone(&o.ClosedBy)
			o.Assignees = slices.DeleteFunc(o.Assignees, func(a *User) bool { return a == u })
			if o.Pull != nil {
				gone(&o.Pull.MergedBy)
				gone(&o.Pull.Head.Owner)
				o.Pull.RequestedReviewers = slices.DeleteFunc(o.Pull.RequestedReviewers, func(a *User) bool { return a == u })
			}
		case *Repository:
			o.Collaborators = slices.DeleteFunc(o.Collaborators, func(c *Collaborator) bool { return c.User == u })
		}
	}
}

// AddLabel adds a label to a repository.
func (m *Model) AddLabel(r *Repository, l Label) *Label {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	l.ID = m.register(prefixLabel, &l)
	l.Color = cmp.Or(l.Color, "ededed")
	l.CreatedAt, l.UpdatedAt = orTime(l.CreatedAt, at), orTime(l.UpdatedAt, at)
	r.Labels = append(r.Labels, &l)
	return &l
}

// EditLabel changes a label. Issues that have it are not updated by that.
func (m *Model) EditLabel(l *Label, edit func(*Label)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	edit(l)
	l.UpdatedAt = at
}

// DeleteLabel removes a label from a repository and from everything in it.
func (m *Model) DeleteLabel(r *Repository, l *Label) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	is := func(o *Label) bool { return o == l }
	m.forget(prefixLabel, l.ID)
	r.Labels = slices.DeleteFunc(r.Labels, is)
	for _, i := range r.Issues {
		i.Labels = slices.DeleteFunc(i.Labels, is)
	}
	for _, d := range r.Discussions {
		d.Labels = slices.DeleteFunc(d.Labels, is)
	}
}

// AddMilestone adds a milestone to a repository.
func (m *Model) AddMilestone(r *Repository, s Milestone) *Milestone {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	s.ID = m.register(prefixMilestone, &s)
	s.Number = 1
	for _, o := range r.Milestones {
		s.Number = max(s.Number, o.Number+1)
	}
	s.State = cmp.Or(s.State, "open")
	s.CreatedAt = orTime(s.CreatedAt, at)
	s.UpdatedAt = orTime(s.UpdatedAt, s.CreatedAt)
	if s.State == "closed" {
		s.ClosedAt = orTime(s.ClosedAt, s.UpdatedAt)
	}
	r.Milestones = append(r.Milestones, &s)
	return &s
}

// EditMilestone changes a milestone.
func (m *Model) EditMilestone(s *Milestone, edit func(*Milestone)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	before := s.State
	edit(s)
	s.UpdatedAt = at
	if s.State == "closed" && before != "closed" {
		s.ClosedAt = at
	}
}

// AddCollaborator gives somebody access to a repository.
func (m *Model) AddCollaborator(r *Repository, c Collaborator) *Collaborator {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	r.Collaborators = append(r.Collaborators, &c)
	return &c
}

// AddProtection adds a branch protection rule.
func (m *Model) AddProtection(r *Repository, p Protection) *Protection {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	p.ID = m.register(prefixProtection, &p)
	r.Protections = append(r.Protections, &p)
	return &p
}

// AddRuleset adds a ruleset.
func (m *Model) AddRuleset(r *Repository, s Ruleset) *Ruleset {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	s.ID = m.register(prefixRuleset, &s)
	s.Enforcement = cmp.Or(s.Enforcement, "active")
	s.Target = cmp.Or(s.Target, "branch")
	s.CreatedAt, s.UpdatedAt = at, at
	r.Rulesets = append(r.Rulesets, &s)
	return &s
}

// AddHook adds a webhook.
func (m *Model) AddHook(r *Repository, h Hook) *Hook {
	m.mu.Lock()
	defer m.mu.Unlock()
	h.CreatedAt = m.tick()
	h.ID = m.register(prefixOther, &h)
	r.Hooks = append(r.Hooks, &h)
	return &h
}

// AddDeployKey adds a deploy key.
func (m *Model) AddDeployKey(r *Repository, k DeployKey) *DeployKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	k.CreatedAt = m.tick()
	k.ID = m.register(prefixOther, &k)
	r.DeployKeys = append(r.DeployKeys, &k)
	return &k
}

// AddCommitComment adds a comment on a commit.
func (m *Model) AddCommitComment(r *Repository, c CommitComment) *CommitComment {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	c.ID, c.Repo = m.register(prefixCommitNote, &c), r
	c.Content.begin(at, r)
	r.CommitComments = append(r.CommitComments, &c)
	return &c
}

// AddRelease adds a release without assets.
func (m *Model) AddRelease(r *Repository, e Release) *Release {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	e.ID, e.Repo = m.register(prefixRelease, &e), r
	e.Target = cmp.Or(e.Target, r.DefaultBranch)
	e.Content.begin(at, r)
	if !e.Draft {
		e.PublishedAt = orTime(e.PublishedAt, e.CreatedAt)
	}
	r.Releases = append(r.Releases, &e)
	return &e
}

// EditRelease changes a release.
func (m *Model) EditRelease(e *Release, edit func(*Release)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	edit(e)
	e.UpdatedAt = at
	if !e.Draft {
		e.PublishedAt = orTime(e.PublishedAt, at)
	}
}

// DeleteRelease removes a release with its assets.
func (m *Model) DeleteRelease(e *Release) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	for _, a := range e.Assets {
		m.forget(prefixAsset, a.ID)
	}
	m.forget(prefixRelease, e.ID)
	e.Repo.Releases = slices.DeleteFunc(e.Repo.Releases, func(o *Release) bool { return o == e })
}

// AddAsset adds a file to a release.
func (m *Model) AddAsset(e *Release, a Asset) *Asset {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	a.ID, a.Release = m.register(prefixAsset, &a), e
	a.ContentType = cmp.Or(a.ContentType, "application/octet-stream")
	a.CreatedAt, a.UpdatedAt = orTime(a.CreatedAt, at), orTime(a.UpdatedAt, at)
	e.Assets = append(e.Assets, &a)
	return &a
}

// AddGist adds a gist and makes its git repository with one commit a revision
// when the model has a root. There is at least one revision; the last one's
// files are those that the gist has.
func (m *Model) AddGist(owner *User, description string, public bool, revisions ...[]GistFile) (*Gist, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	g := &Gist{Owner: owner, Description: description, Public: public, CreatedAt: at, UpdatedAt: at}
	g.number = m.register(prefixGist, g)
	g.ID = fmt.Sprintf("%032x", uint64(g.number)*0x9E3779B97F4A7C15)
	m.Gists = append(m.Gists, g)
	if m.root != "" {
		dir, err := initBare(m.gistDir(g), "main")
		if err != nil {
			return nil, err
		}
		g.Dir = dir
	}
	for _, files := range revisions {
		if err := m.reviseGist(g, files); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// ReviseGist gives a gist other files, with a commit.
func (m *Model) ReviseGist(g *Gist, files []GistFile) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	return m.reviseGist(g, files)
}

func (m *Model) reviseGist(g *Gist, files []GistFile) error {
	g.Files, g.UpdatedAt = slices.Clone(files), m.now
	slices.SortFunc(g.Files, func(a, b GistFile) int { return cmp.Compare(a.Name, b.Name) })
	if g.Dir == "" {
		return nil
	}
	tree := map[string]string{}
	for _, f := range g.Files {
		tree[f.Name] = f.Content
	}
	return commitTree(g.Dir, "refs/heads/main", g.Owner, m.now, "", tree)
}

// AddGistComment adds a comment on a gist.
func (m *Model) AddGistComment(g *Gist, c GistComment) *GistComment {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	c.ID, c.Gist = m.register(prefixGistNote, &c), g
	c.Content.begin(at, nil)
	g.Comments = append(g.Comments, &c)
	return &c
}

// AddReaction adds somebody's reaction. Nothing is updated by it: readers that
// ask for what was updated since do not see reactions, as at GitHub.
func (m *Model) AddReaction(to Texted, name string, by *User) *Reaction {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &Reaction{Name: name, User: by, CreatedAt: m.tick()}
	r.ID = m.register(prefixReaction, r)
	c := to.content()
	c.Reactions = append(c.Reactions, r)
	return r
}

// DeleteReaction takes a reaction back.
func (m *Model) DeleteReaction(to Texted, r *Reaction) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.forget(prefixReaction, r.ID)
	c := to.content()
	c.Reactions = slices.DeleteFunc(c.Reactions, func(o *Reaction) bool { return o == r })
}
