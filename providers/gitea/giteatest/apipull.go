package giteatest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func pullRoutes(below adding) {
	below("GET", "pulls", reader("repo.code"), (*call).listPulls)
	below("POST", "pulls", need{user: true, unit: "repo.code", access: Read, live: true}, (*call).createPull)
	below("GET", "pulls/pinned", reader("repo.code"), func(c *call) (reply, error) {
		var all []*Pull
		for _, i := range c.pinned(true) {
			all = append(all, i.Pull)
		}
		return c.pullList(all, false)
	})
	below("GET", "pulls/{index}", reader("repo.code"), (*call).getPull)
	below("PATCH", "pulls/{index}", need{user: true, unit: "repo.code", access: Read}, (*call).editPull)
	below("GET", "pulls/{index}/commits", reader("repo.code"), (*call).pullCommits)
	below("GET", "pulls/{index}/files", reader("repo.code"), (*call).pullFiles)
	below("GET", "pulls/{index}/merge", reader("repo.code"), func(c *call) (reply, error) {
		p, err := c.pull()
		if err != nil {
			return reply{}, err
		}
		if !p.Merged {
			return reply{}, missing("")
		}
		return none()
	})
	below("POST", "pulls/{index}/merge", need{user: true, unit: "repo.code", access: Read, live: true}, (*call).mergePull)
	below("GET", "pulls/{base}/{head*}", reader("repo.code"), func(c *call) (reply, error) {
		for _, i := range c.repo.issues() {
			if p := i.Pull; p != nil && p.Base == c.params["base"] && p.Head == c.params["head"] {
				return c.onePull(p, http.StatusOK)
			}
		}
		return reply{}, missing("")
	})
	reviewRoutes(below)
}

// pull is the pull request that the path names.
func (c *call) pull() (*Pull, error) {
	i := c.repo.Issues[c.number("index")]
	if i == nil || i.Pull == nil || c.access(c.doer, c.repo, "repo.pulls") < Read {
		return nil, missing("")
	}
	return i.Pull, nil
}

func (c *call) onePull(p *Pull, status int) (reply, error) {
	v, err := c.pullView(p, c.doer, false)
	return reply{status, v}, err
}

func (c *call) getPull() (reply, error) {
	number, ending, isText := strings.Cut(c.params["index"], ".")
	if isText && (ending == "diff" || ending == "patch") {
		c.params["index"] = number
	}
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	if !isText {
		return c.onePull(p, http.StatusOK)
	}
	text, err := c.pullText(p, ending == "patch")
	return reply{http.StatusOK, []byte(text)}, err
}

// pullText is the change of a pull request, or its commits as patches.
func (m *Model) pullText(p *Pull, patch bool) (string, error) {
	if patch {
		return m.codeGit(p.Issue.Repo).Run("format-patch", "--stdout", p.MergeBase+"..."+p.HeadSHA)
	}
	return m.codeGit(p.Issue.Repo).Run("diff", "-M", p.MergeBase, p.HeadSHA)
}

func (c *call) listPulls() (reply, error) {
	if c.access(c.doer, c.repo, "repo.pulls") < Read {
		return reply{}, missing("")
	}
	state, base := c.query.Get("state"), c.query.Get("base_branch")
	var all []*Pull
	for _, i := range c.repo.issues() {
		switch {
		case i.Pull == nil, state != "all" && (state == "closed") != i.Closed, base != "" && i.Pull.Base != base,
			c.query.Get("poster") != "" && !strings.EqualFold(login(i.Author), c.query.Get("poster")):
		default:
			all = append(all, i.Pull)
		}
	}
	older := func(a, b *Pull) int { return int(a.Issue.ID - b.Issue.ID) }
	switch c.query.Get("sort") {
	case "oldest":
		slices.SortFunc(all, older)
	case "recentupdate":
		slices.SortStableFunc(all, func(a, b *Pull) int { return b.Issue.Updated.Compare(a.Issue.Updated) })
	case "leastupdate":
		slices.SortStableFunc(all, func(a, b *Pull) int { return a.Issue.Updated.Compare(b.Issue.Updated) })
	default:
		slices.SortFunc(all, func(a, b *Pull) int { return older(b, a) })
	}
	return c.pullList(page(c, all, true), true)
}

func (c *call) pullList(all []*Pull, listed bool) (reply, error) {
	views := []object{}
	for _, p := range all {
		v, err := c.pullView(p, c.doer, listed)
		if err != nil {
			return reply{}, err
		}
		views = append(views, v)
	}
	return ok(views)
}

// headOf finds the repository and branch that head names: BRANCH, OWNER:BRANCH or
// OWNER/NAME:BRANCH.
func (c *call) headOf(head string) (*Repository, string, error) {
	owner, branch, elsewhere := strings.Cut(head, ":")
	if !elsewhere {
		return c.repo, head, nil
	}
	if name, repo, whole := strings.Cut(owner, "/"); whole {
		if r := c.Model.repo(name, repo); r != nil {
			return r, branch, nil
		}
		return nil, "", missing("")
	}
	if strings.EqualFold(owner, c.repo.Owner.Login) {
		return c.repo, branch, nil
	}
	for _, r := range c.repoList() {
		if r.Parent == c.repo && strings.EqualFold(r.Owner.Login, owner) {
			return r, branch, nil
		}
	}
	return nil, "", missing("")
}

func (c *call) createPull() (reply, error) {
	var o issueOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if c.access(c.doer, c.repo, "repo.pulls") < Read {
		return reply{}, missing("")
	}
	if o.Head == o.Base {
		return reply{}, refuse(http.StatusUnprocessableEntity, "Invalid PullRequest: There are no changes between the head and the base")
	}
	p, err := c.newPull(o)
	if err != nil {
		return reply{}, err
	}
	i := &Issue{Author: c.doer, Title: text(o.Title), Body: text(o.Body), Pull: p}
	if err := c.describe(i, o); err != nil {
		return reply{}, err
	}
	people, err := c.assignable(o, "repo.pulls")
	if err != nil {
		return reply{}, err
	}
	reviewers, teams, err := c.reviewers(o.Reviewers, o.Teams)
	if err != nil {
		return reply{}, err
	}
	if !c.doer.Admin && !c.insider(c.doer, c.repo) && c.access(c.doer, p.HeadRepo, "repo.code") < Write {
		return reply{}, refuse(http.StatusForbidden, "user must be a collaborator")
	}
	p.Issue, p.ID = c.newIssue(c.repo, i), c.next("pull_request")
	c.began(i, people)
	if err := c.takeHead(p, p.HeadSHA); err != nil {
		return reply{}, err
	}
	c.add(i, &Entry{Kind: "pull_push", User: c.doer, Body: pushed(p.MergeBase, p.HeadSHA)})
	for _, u := range reviewers {
		if _, err := c.request(p, u); err != nil {
			return reply{}, err
		}
	}
	p.Teams = append(p.Teams, teams...)
	c.notify(event{issue: i, doer: c.doer, why: "pull", mentions: c.mentioned(i, i.Body, c.doer), watchersToo: true})
	return c.onePull(p, http.StatusCreated)
}

// newPull looks at the two branches of a pull request that is to be made.
func (c *call) newPull(o issueOptions) (*Pull, error) {
	headRepo, head, err := c.headOf(o.Head)
	if err != nil {
		return nil, err
	}
	base, at := c.repo.refs["refs/heads/"+o.Base], headRepo.refs["refs/heads/"+head]
	if base == "" || at == "" {
		for _, name := range []string{o.Base, head} {
			if c.repo.refs["refs/tags/"+name] != "" || commitID(name) {
				return nil, refuse(http.StatusUnprocessableEntity, "Invalid PullRequest: base and head must be branches")
			}
		}
		return nil, missing("")
	}
	for _, i := range c.repo.issues() {
		if p := i.Pull; p != nil && !p.Merged && !i.Closed && p.HeadRepo == headRepo && p.Head == head && p.Base == o.Base {
			return nil, refuse(http.StatusConflict, "pull request already exists for these targets [id: %d, issue_id: %d, head_repo_id: %d, base_repo_id: %d, head_branch: %s, base_branch: %s]",
				p.ID, i.Number, headRepo.ID, c.repo.ID, head, o.Base)
		}
	}
	p := &Pull{Base: o.Base, Head: head, HeadRepo: headRepo, HeadSHA: at, Maintainer: c.repo.has("default_allow_maintainer_edit")}
	if o.Maintainer != nil {
		p.Maintainer = *o.Maintainer
	}
	return p, nil
}

// commitID says whether a name looks like the id of a commit.
func commitID(name string) bool {
	return (len(name) == 40 || len(name) == 64) && strings.Trim(name, "0123456789abcdef") == ""
}

func (c *call) editPull() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	var o issueOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Milestone != nil && *o.Milestone == 0 {
		o.Milestone = nil // only as an issue does it lose its milestone
	}
	if err := c.change(p.Issue, o); err != nil {
		return reply{}, err
	}
	if o.Labels != nil && c.writes(p.Issue) {
		for _, l := range slices.Clone(p.Issue.Labels) {
			if !slices.Contains(o.Labels, l.ID) {
				c.setLabel(p.Issue, l, false)
			}
		}
		for _, id := range o.Labels {
			if l := c.repo.label(id); l != nil {
				c.setLabel(p.Issue, l, true)
			}
		}
	}
	if o.Base != "" && o.Base != p.Base && !p.Merged {
		if err := c.rebase(p, o.Base); err != nil {
			return reply{}, err
		}
	}
	if o.Maintainer != nil {
		if c.doer != p.Issue.Author || p.HeadRepo == nil || c.access(c.doer, p.HeadRepo, "repo.code") < Write {
			return reply{}, refuse(http.StatusForbidden, "SetAllowEdits: user not allowed to do this action")
		}
		p.Maintainer = *o.Maintainer
	}
	return c.onePull(p, http.StatusCreated)
}

func (c *call) rebase(p *Pull, base string) error {
	if c.repo.refs["refs/heads/"+base] == "" {
		return refuse(http.StatusNotFound, "new base '%s' not exist", base)
	}
	if p.Issue.Closed {
		return refuse(http.StatusUnprocessableEntity, "issue is closed [id: %d, repo_id: %d, index: %d]", p.Issue.ID, c.repo.ID, p.Issue.Number)
	}
	c.add(p.Issue, &Entry{Kind: "change_target_branch", User: c.doer, OldRef: p.Base, NewRef: base})
	p.Base = base
	return c.tryMerge(p)
}

func (c *call) pullCommits() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	return c.commitList([]string{p.HeadSHA, "^" + p.MergeBase, "--"})
}

func (c *call) pullFiles() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	all, err := changes(c.codeGit(c.repo), p.MergeBase, p.HeadSHA)
	if err != nil {
		return reply{}, err
	}
	return ok(list(page(c, all, true), func(ch change) object {
		at, name := p.HeadSHA, escapePath(ch.path)
		if ch.status == "deleted" {
			at = p.MergeBase
		}
		o := object{"filename": ch.path, "status": ch.status, "additions": ch.plus, "deletions": ch.less, "changes": ch.plus + ch.less,
			"html_url": c.repoWeb(c.repo, "/src/commit/"+at+"/"+name), "contents_url": c.repoAPI(c.repo, "/contents/"+name+"?ref="+at),
			"raw_url": c.repoWeb(c.repo, "/raw/commit/"+at+"/"+name)}
		if ch.from != "" {
			o["previous_filename"] = ch.from
		}
		return o
	}))
}

// setMerged makes a pull request a merged one.
func (m *Model) setMerged(p *Pull, doer *User, sha string, at time.Time) {
	p.Merged, p.MergeSHA, p.MergedAt, p.MergedBy = true, sha, at, doer
	i := p.Issue
	i.Closed, i.ClosedAt = true, m.clock()
	m.touch(i)
	m.add(i, &Entry{Kind: "merge_pull", User: doer, Commit: sha})
	m.notify(event{issue: i, doer: doer, why: "merged"})
	for _, other := range closing(p) {
		m.setClosed(other, doer, true, sha)
	}
}
