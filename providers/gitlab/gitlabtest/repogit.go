package gitlabtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/providers/standin"
)

// PushFiles commits files on a branch of a project in somebody's name, as their
// push would, and returns the commit.
func (m *Model) PushFiles(p *Project, branch string, by *User, message string, files map[string]string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.commitFiles(p, branch, by, message, files)
}

func (m *Model) commitFiles(p *Project, branch string, by *User, message string, files map[string]string) (string, error) {
	var edits []gitserver.File
	for _, path := range slices.Sorted(maps.Keys(files)) {
		edits = append(edits, gitserver.File{Path: path, Data: []byte(files[path])})
	}
	return m.commitEdits(p, branch, p.refs["refs/heads/"+branch], by, message, edits)
}

// commitEdits commits changes on a branch that is at a commit, or begins there.
func (m *Model) commitEdits(p *Project, branch, from string, by *User, message string, edits []gitserver.File) (string, error) {
	git := m.codeGit(p)
	id, err := m.commitOn(git, "refs/heads/"+branch, from, by, message, edits)
	if err != nil {
		return "", err
	}
	return id, m.look(p, by)
}

// commitOn commits changes of files on a ref of any repository.
func (m *Model) commitOn(git gitserver.Repo, ref, from string, by *User, message string, edits []gitserver.File) (string, error) {
	who := m.signature(by)
	return git.Make(gitserver.Change{Ref: ref, Parent: from, Files: edits, Author: who, Committer: who, Message: message})
}

// Branch makes or moves a branch of a project, as a push by somebody would.
func (m *Model) Branch(p *Project, name, at string, by *User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	git := m.codeGit(p)
	if id := git.Resolve(at); id != "" {
		at = id
	}
	if err := git.SetRef("refs/heads/"+name, at); err != nil {
		return err
	}
	return m.look(p, by)
}

// Tag makes an annotated tag, or a plain one when it has no message.
func (m *Model) Tag(p *Project, name, at, message string, by *User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.makeTag(p, name, at, message, by); err != nil {
		return err
	}
	return m.look(p, by)
}

func (m *Model) makeTag(p *Project, name, at, message string, by *User) error {
	git := m.codeGit(p)
	id := git.Resolve(at)
	if id == "" {
		return fmt.Errorf("tag %s: there is no commit %s", name, at)
	}
	if message == "" {
		return git.SetRef("refs/tags/"+name, id)
	}
	text := fmt.Sprintf("object %s\ntype commit\ntag %s\ntagger %s <%s> %d +0000\n\n%s\n", id, name, by.Name, by.Email, m.clock().Unix(), message)
	out, err := git.RunWith(nil, []byte(text), "mktag")
	if err != nil {
		return err
	}
	return git.SetRef("refs/tags/"+name, strings.TrimSpace(out))
}

// GitDir is the folder of a project's code, for tests that look into it.
func (m *Model) GitDir(p *Project) string { return m.codeDir(p) }

// WikiDir is the folder of a project's wiki; empty: it has none.
func (m *Model) WikiDir(p *Project) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !p.wiki {
		return ""
	}
	return m.wikiDir(p)
}

// Look reads what git has of a project again, after a test changed it by hand.
func (m *Model) Look(p *Project, by *User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.look(p, by)
}

// look reads the refs of a project again, and lets follow from their changes what
// follows at a server: the default branch is protected, and merge requests get new
// commits, lose their branches or turn out to be merged.
func (m *Model) look(p *Project, doer *User) error {
	refs, err := m.codeGit(p).Refs()
	if err != nil {
		return err
	}
	before := p.refs
	p.refs = refs
	if maps.Equal(before, refs) {
		return nil
	}
	p.Active = m.clock()
	if err := m.firstPush(p, before); err != nil {
		return err
	}
	return m.branchesChanged(p, before, doer)
}

// firstPush chooses the default branch of a project that was empty, and protects it
// as the group says.
func (m *Model) firstPush(p *Project, before map[string]string) error {
	names := branchesOf(p.refs)
	if len(names) == 0 || len(branchesOf(before)) > 0 {
		return nil
	}
	if p.refs["refs/heads/"+p.DefaultBranch] == "" {
		p.DefaultBranch = names[0]
		for _, name := range []string{"main", "master"} {
			if slices.Contains(names, name) {
				p.DefaultBranch = name
				break
			}
		}
		if _, err := m.codeGit(p).Run("symbolic-ref", "HEAD", "refs/heads/"+p.DefaultBranch); err != nil {
			return err
		}
	}
	m.protectDefault(p)
	return nil
}

func branchesOf(refs map[string]string) []string { return shortNames(refs, "refs/heads/") }
func tagsOf(refs map[string]string) []string     { return shortNames(refs, "refs/tags/") }

// shortNames are the refs below a prefix, without it, in order.
func shortNames(refs map[string]string, prefix string) []string {
	var names []string
	for ref := range refs {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// branchesChanged tells merge requests what happened to their branches. Those that
// were merged by hand are found before they are looked at again, since nothing is
// left of their difference afterwards.
func (m *Model) branchesChanged(p *Project, before map[string]string, doer *User) error {
	changed := func(branch string) bool { return before["refs/heads/"+branch] != p.refs["refs/heads/"+branch] }
	for _, r := range p.MergeRequests {
		if r.State == "opened" && changed(r.TargetBranch) && m.mergedByHand(r, before) {
			m.setMerged(r, doer, p.refs["refs/heads/"+r.TargetBranch], m.clock())
		}
	}
	for _, target := range m.projects {
		for _, r := range target.MergeRequests {
			source := r.Source == p && changed(r.SourceBranch)
			switch {
			case r.State != "opened":
			case source && p.refs["refs/heads/"+r.SourceBranch] == "":
				m.closeItem(&r.Item, doer)
			case source || target == p && changed(r.TargetBranch) && (m.forced(p, before, r.TargetBranch) || m.shares(r)):
				if err := m.refresh(r, doer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// mergedByHand says whether the commits that were pushed to the target of a merge
// request hold its head.
func (m *Model) mergedByHand(r *MergeRequest, before map[string]string) bool {
	v := r.head()
	if v == nil || v.Head == v.Base {
		return false
	}
	git, ref := m.codeGit(r.Project), "refs/heads/"+r.TargetBranch
	old, now := before[ref], r.Project.refs[ref]
	return now != "" && old != "" && git.Contains(now, v.Head) && !git.Contains(old, v.Head)
}

// shares says whether commits of a merge request are on its target by now.
func (m *Model) shares(r *MergeRequest) bool {
	v, target := r.head(), r.Project.refs["refs/heads/"+r.TargetBranch]
	return v != nil && target != "" && m.codeGit(r.Project).MergeBase(target, v.Head) != v.Base
}

// forced says whether a branch moved to where it does not follow from where it was.
func (m *Model) forced(p *Project, before map[string]string, branch string) bool {
	old, now := before["refs/heads/"+branch], p.refs["refs/heads/"+branch]
	return old != "" && now != "" && !m.codeGit(p).Contains(now, old)
}

// pushed is told by gitserver that a push was taken.
func (s *Server) pushed(r *http.Request, path string) {
	m := s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.gitPath(path)
	if at.project == nil || at.wiki {
		return
	}
	t, _ := m.authenticate(r)
	if t == nil {
		return
	}
	if err := m.look(at.project, t.user); err != nil {
		s.Violated(fmt.Sprintf("look at %s after a push: %v", at.project.FullPath(), err))
	}
}

// pushRules are the rules that the hook of a project holds a user to.
func (m *Model) pushRules(p *Project, u *User) string {
	var b strings.Builder
	line := func(kind string, may, force bool, pattern string) {
		word := map[bool]string{true: "yes", false: "no"}
		fmt.Fprintf(&b, "%s %s %s %s\n", kind, word[may], word[force], pattern)
	}
	line("default", true, true, quoted(p.DefaultBranch))
	for _, rule := range p.ProtectedBranches {
		line("branch", m.passes(u, p, rule.Push), rule.Force, pattern(rule.Name))
	}
	for _, rule := range p.ProtectedTags {
		line("tag", m.passes(u, p, rule.Push), false, pattern(rule.Name))
	}
	return b.String()
}

// pattern is a name with wildcards as the shell matches it, and quoted one without.
func pattern(name string) string {
	parts := strings.Split(name, "*")
	for i := range parts {
		parts[i] = quoted(parts[i])
	}
	return strings.Join(parts, "*")
}

func quoted(name string) string {
	return strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`, "*", `\*`).Replace(name)
}

// passes says whether one of the rules lets a user through.
func (m *Model) passes(u *User, p *Project, rules []*AccessRule) bool {
	for _, r := range rules {
		switch {
		case r.User != nil && r.User == u, r.Group != nil && m.groupLevel(u, r.Group) >= Developer:
			return true
		case r.User == nil && r.Group == nil && r.Level == 60 && u.Admin:
			return true
		case r.User == nil && r.Group == nil && r.Level > 0 && r.Level < 60 && m.level(u, p) >= r.Level:
			return true
		}
	}
	return false
}

// rule finds the rules of a name: a branch may have several.
func rulesOf(all []*ProtectedRef, name string) []*ProtectedRef {
	return slices.DeleteFunc(slices.Clone(all), func(r *ProtectedRef) bool { return !standin.Like(r.Name, name) })
}

// protectDefault protects the default branch, as its group's settings say.
func (m *Model) protectDefault(p *Project) {
	for _, n := range p.Namespace.chain() {
		if level, ok := n.Settings["default_branch_protection"]; ok && numberOf(fmt.Sprint(level)) == 0 {
			return
		}
	}
	if len(rulesOf(p.ProtectedBranches, p.DefaultBranch)) > 0 {
		return
	}
	p.ProtectedBranches = append(p.ProtectedBranches, &ProtectedRef{
		ID: m.next("protected branch"), Name: p.DefaultBranch,
		Push: []*AccessRule{m.accessRule(Maintainer)}, Merge: []*AccessRule{m.accessRule(Maintainer)},
	})
}

func (m *Model) accessRule(level int) *AccessRule {
	return &AccessRule{ID: m.next("access rule"), Level: level}
}
