package giteatest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// codeGit and wikiGit are the two git repositories of a repository.
func (m *Model) codeGit(r *Repository) gitserver.Repo {
	return gitserver.Repo{Dir: m.codeDir(r), Memory: &m.memory}
}

func (m *Model) wikiGit(r *Repository) gitserver.Repo {
	return gitserver.Repo{Dir: m.wikiDir(r), Memory: &m.memory}
}

// look reads the refs of a repository again, and lets follow from their changes
// what follows at a server: pull requests get new commits, lose their branches or
// turn out to be merged, and tags become releases.
func (m *Model) look(r *Repository, doer *User) error {
	refs, err := m.codeGit(r).Refs()
	if err != nil {
		return err
	}
	before := r.refs
	r.refs = refs
	if err := m.tellKinds(r, before); err != nil {
		return err
	}
	r.Updated = m.clock()
	r.size = m.size(r)
	if err := m.firstPush(r, before); err != nil {
		return err
	}
	m.tagsChanged(r, before, doer)
	return m.branchesChanged(r, before, doer)
}

// tellKinds finds out what the refs of a repository name: branches and the heads of
// pull requests are commits, tags may be objects of their own.
func (m *Model) tellKinds(r *Repository, before map[string]string) error {
	kinds := map[string]string{}
	var asked []string
	for name, id := range r.refs {
		switch {
		case !strings.HasPrefix(name, "refs/tags/"):
			kinds[name] = "commit"
		case before[name] == id:
			kinds[name] = r.kinds[name]
		default:
			asked = append(asked, name)
		}
	}
	r.kinds = kinds
	if len(asked) == 0 {
		return nil
	}
	var ids strings.Builder
	for _, name := range asked {
		ids.WriteString(r.refs[name] + "\n")
	}
	out, err := m.codeGit(r).RunWith(nil, []byte(ids.String()), "cat-file", "--batch-check=%(objecttype)")
	for n, kind := range strings.Fields(out) {
		kinds[asked[n]] = kind
	}
	return err
}

// firstPush chooses the default branch of a repository that was empty: the one
// that it is to have, or else one that there is.
func (m *Model) firstPush(r *Repository, before map[string]string) error {
	if r.refs["refs/heads/"+r.DefaultBranch] != "" || len(branchesOf(before)) > 0 {
		return nil
	}
	names := branchesOf(r.refs)
	if len(names) == 0 {
		return nil
	}
	r.DefaultBranch = names[0]
	for _, name := range names {
		if name == "main" || name == "master" {
			r.DefaultBranch = name
			break
		}
	}
	_, err := m.codeGit(r).Run("symbolic-ref", "HEAD", "refs/heads/"+r.DefaultBranch)
	return err
}

// branchesOf are the names of the branches among refs, in order.
func branchesOf(refs map[string]string) []string { return shortNames(refs, "refs/heads/") }

// tagsOf are the names of the tags among refs, in order.
func tagsOf(refs map[string]string) []string { return shortNames(refs, "refs/tags/") }

// tagsChanged keeps the releases that are only tags in step with the tags.
func (m *Model) tagsChanged(r *Repository, before map[string]string, doer *User) {
	for _, tag := range tagsOf(r.refs) {
		id := r.refs["refs/tags/"+tag]
		if before["refs/tags/"+tag] == id {
			continue
		}
		if have := r.release(tag); have != nil {
			have.SHA = id
			continue
		}
		m.addRelease(r, &Release{Tag: tag, Title: tag, OnlyTag: true, Author: doer, SHA: id})
	}
	for _, tag := range tagsOf(before) {
		if r.refs["refs/tags/"+tag] != "" {
			continue
		}
		if have := r.release(tag); have != nil && have.OnlyTag {
			r.removeRelease(have)
		} else if have != nil {
			have.Draft = true // a release without its tag is a draft again
		}
	}
}

// branchesChanged tells pull requests what happened to their branches.
func (m *Model) branchesChanged(r *Repository, before map[string]string, doer *User) error {
	for _, base := range m.repoList() {
		for _, i := range base.issues() {
			p := i.Pull
			if p == nil || p.Merged {
				continue
			}
			if p.HeadRepo == r {
				if err := m.headChanged(p, before["refs/heads/"+p.Head], r.refs["refs/heads/"+p.Head], doer); err != nil {
					return err
				}
			}
			if base == r && before["refs/heads/"+p.Base] != r.refs["refs/heads/"+p.Base] {
				if err := m.baseChanged(p, doer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// headChanged follows the head branch of a pull request.
func (m *Model) headChanged(p *Pull, before, now string, doer *User) error {
	switch {
	case before == now || p.Issue.Closed:
		return nil
	case before == "":
		return nil // a branch that is new is not looked at
	case now == "":
		m.setClosed(p.Issue, doer, true, "")
		return nil
	}
	if err := m.takeHead(p, now); err != nil {
		return err
	}
	for _, r := range p.Reviews {
		if r.State == "APPROVED" || r.State == "REQUEST_CHANGES" {
			r.Stale = r.Commit != now
		}
	}
	m.add(p.Issue, &Entry{Kind: "pull_push", User: doer, Body: pushed(before, now)})
	m.notify(event{issue: p.Issue, doer: doer, why: "push"})
	return nil
}

func pushed(before, now string) string {
	return fmt.Sprintf(`{"is_force_push":false,"commit_ids":["%s","%s"]}`, before, now)
}

// takeHead brings the head of a pull request into the base repository, and looks
// whether it can be merged.
func (m *Model) takeHead(p *Pull, id string) error {
	git := m.codeGit(p.Issue.Repo)
	if p.HeadRepo != nil && p.HeadRepo != p.Issue.Repo {
		if _, err := git.Run("fetch", "--quiet", "--no-tags", m.codeDir(p.HeadRepo), id); err != nil {
			return err
		}
	}
	if err := git.SetRef(p.headRef(), id); err != nil {
		return err
	}
	p.HeadSHA = id
	p.Issue.Repo.refs[p.headRef()], p.Issue.Repo.kinds[p.headRef()] = id, "commit"
	return m.tryMerge(p)
}

// tryMerge finds the merge base of a pull request and whether it has conflicts.
func (m *Model) tryMerge(p *Pull) error {
	r := p.Issue.Repo
	git, base := m.codeGit(r), r.refs["refs/heads/"+p.Base]
	if base == "" {
		return nil
	}
	head := p.HeadSHA
	if p.HeadRepo == r {
		// The branch counts, not the copy of its head.
		if head = r.refs["refs/heads/"+p.Head]; head == "" {
			return nil
		}
	}
	p.MergeBase = git.MergeBase(base, head)
	_, err := git.Run("merge-tree", "--write-tree", "--allow-unrelated-histories", base, head)
	p.Conflicts = err != nil
	return nil
}

// baseChanged follows the base branch of a pull request: what was merged by hand
// is found, when the repository looks for it.
func (m *Model) baseChanged(p *Pull, doer *User) error {
	r := p.Issue.Repo
	base := r.refs["refs/heads/"+p.Base]
	if base == "" {
		return nil
	}
	if !p.Issue.Closed && r.has("autodetect_manual_merge") && r.has("allow_manual_merge") {
		if m.codeGit(r).Contains(base, p.HeadSHA) {
			m.setMerged(p, doer, base, m.clock())
			return nil
		}
	}
	if p.Issue.Closed {
		return nil
	}
	return m.tryMerge(p)
}

// pushed is told by gitserver that a push was taken.
func (s *Server) pushed(r *http.Request, path string) {
	m := s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	repo, wiki := m.gitPath(path)
	if repo == nil || wiki {
		return
	}
	u, _ := m.authenticate(r)
	if err := m.look(repo, u); err != nil {
		s.Violated(fmt.Sprintf("look at %s after a push: %v", repo.FullName(), err))
	}
}

// size is that of a repository in KiB.
func (m *Model) size(r *Repository) int64 {
	var sum int64
	filepath.WalkDir(filepath.Join(m.codeDir(r), "objects"), func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return nil // an object that git moves away meanwhile has no size
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum / 1024
}
