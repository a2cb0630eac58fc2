package api

import (
	"context"
	"encoding/base64"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Pull is what a pull request has beyond an issue.
type Pull struct {
	Number      int64      `json:"number"`
	HTMLURL     string     `json:"html_url"`
	User        *User      `json:"user"`
	Title       string     `json:"title"`
	Body        string     `json:"body"`
	State       string     `json:"state"` // open, closed
	Draft       bool       `json:"draft"`
	Merged      bool       `json:"merged"`
	MergedAt    *time.Time `json:"merged_at"`
	MergeCommit string     `json:"merge_commit_sha"`
	MergeBase   string     `json:"merge_base"`
	MergedBy    *User      `json:"merged_by"`
	Reviewers   []User     `json:"requested_reviewers"`
	Base        PullEnd    `json:"base"`
	Head        PullEnd    `json:"head"`
}

// PullEnd is one end of a pull request. Ref of a head is its branch, or
// refs/pull/NUMBER/head when there is no such branch.
type PullEnd struct {
	Label  string      `json:"label"`
	Ref    string      `json:"ref"`
	SHA    string      `json:"sha"`
	RepoID int64       `json:"repo_id"` // -1 or 0: the repository is gone
	Repo   *Repository `json:"repo"`
}

// NewPull is a pull request to be made between two branches of one repository.
type NewPull struct {
	Title     string   `json:"title"`
	Body      string   `json:"body"`
	Base      string   `json:"base"`
	Head      string   `json:"head"`
	Labels    []int64  `json:"labels,omitempty"`
	Milestone int64    `json:"milestone,omitempty"`
	Assignees []string `json:"assignees,omitempty"`
}

// EditPull holds what a pull request is to be; nil and empty leave a thing as
// it is.
type EditPull struct {
	State *string `json:"state,omitempty"`
	Base  string  `json:"base,omitempty"`
}

// Pull returns a pull request by its number.
func (c *Client) Pull(ctx context.Context, repo Repo, number int64) (Pull, error) {
	var p Pull
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("pulls", number), into: &p, op: "read pull request", of: numbered(repo, number)})
	return p, err
}

// OpenPulls lists the open pull requests of a repository.
func (c *Client) OpenPulls(ctx context.Context, repo Repo) iter.Seq2[Pull, error] {
	return pages[Pull](ctx, c, call{to: repo.to("pulls"), query: url.Values{"state": {"open"}}, op: "list pull requests", of: repo})
}

// CreatePull makes a pull request. The server lets administrators, members of
// the owner and collaborators do that.
func (c *Client) CreatePull(ctx context.Context, repo Repo, n NewPull) (Pull, error) {
	var p Pull
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("pulls"), body: n, into: &p, op: "create pull request", of: repo})
	return p, err
}

// EditPull changes a pull request. A state is set before a base.
func (c *Client) EditPull(ctx context.Context, repo Repo, number int64, e EditPull) (Pull, error) {
	var p Pull
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("pulls", number), body: e, into: &p, op: "change pull request", of: numbered(repo, number)})
	return p, err
}

// MarkMerged notes that a pull request was merged by a commit that its base
// branch holds. The repository must allow manual merges.
func (c *Client) MarkMerged(ctx context.Context, repo Repo, number int64, commit string) error {
	body := struct {
		Do     string `json:"Do"`
		Commit string `json:"MergeCommitID"`
		Force  bool   `json:"force_merge"` // approvals and checks were the source's business
	}{"manually-merged", commit, true}
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("pulls", number, "merge"), body: body, op: "mark pull request as merged", of: numbered(repo, number)})
}

// Branch is a branch.
type Branch struct {
	Name   string `json:"name"`
	Commit struct {
		ID string `json:"id"`
	} `json:"commit"`
}

// Branch returns a branch by its name.
func (c *Client) Branch(ctx context.Context, repo Repo, name string) (Branch, error) {
	var b Branch
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("branches", name), into: &b, op: "read branch", of: repo})
	return b, err
}

// RenameBranch gives a branch another name. Open pull requests follow it.
func (c *Client) RenameBranch(ctx context.Context, repo Repo, name, to string) error {
	body := struct {
		Name string `json:"name"`
	}{to}
	return c.do(ctx, call{method: http.MethodPatch, to: repo.to("branches", name), body: body, op: "rename branch", of: repo})
}

// HasFile reports whether the default branch holds a file.
func (c *Client) HasFile(ctx context.Context, repo Repo, path string) (bool, error) {
	to := repo.to("contents")
	for part := range strings.SplitSeq(path, "/") {
		to = append(to, part)
	}
	err := c.do(ctx, call{method: http.MethodGet, to: to, op: "look for " + path, of: repo})
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Commit is a commit.
type Commit struct {
	SHA     string `json:"sha"`
	Parents []struct {
		SHA string `json:"sha"`
	} `json:"parents"`
}

// Commit returns a commit of a repository, on a branch or not.
func (c *Client) Commit(ctx context.Context, repo Repo, sha string) (Commit, error) {
	var one Commit
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("git", "commits", sha), into: &one, op: "read commit", of: repo,
		query: url.Values{"stat": {"false"}, "verification": {"false"}, "files": {"false"}}})
	return one, err
}

// CommitsBeyond lists the first n commits of a commit's history that another ref
// or commit does not have. N is 50 at most.
func (c *Client) CommitsBeyond(ctx context.Context, repo Repo, commit, other string, n int) ([]Commit, error) {
	var some []Commit
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("commits"), into: &some, op: "list commits", of: repo,
		query: url.Values{"sha": {commit}, "not": {other}, "limit": {strconv.Itoa(n)}, "page": {"1"}, "stat": {"false"}, "verification": {"false"}, "files": {"false"}}})
	return some, err
}

// BranchesBelow lists the branches whose names begin with a prefix.
func (c *Client) BranchesBelow(ctx context.Context, repo Repo, prefix string) ([]string, error) {
	var refs []struct {
		Ref string `json:"ref"`
	}
	to := repo.to("git", "refs", "heads")
	for part := range strings.SplitSeq(strings.TrimSuffix(prefix, "/"), "/") {
		to = append(to, part)
	}
	err := c.do(ctx, call{method: http.MethodGet, to: to, into: &refs, op: "list branches", of: repo})
	if IsNotFound(err) {
		return nil, nil
	}
	var names []string
	for _, r := range refs {
		if name := strings.TrimPrefix(r.Ref, "refs/heads/"); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, err
}

// CreateFile adds a file to what a branch holds, as a commit on a new branch.
func (c *Client) CreateFile(ctx context.Context, repo Repo, branch, onto, path, message, content string) error {
	body := struct {
		Branch  string `json:"branch"`
		Onto    string `json:"new_branch"`
		Message string `json:"message"`
		Content string `json:"content"`
	}{branch, onto, message, base64.StdEncoding.EncodeToString([]byte(content))}
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("contents", path), body: body, op: "create commit", of: repo})
}
