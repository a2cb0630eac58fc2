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
	return ask[Pull](ctx, c, call{To: repo.to("pulls", number), Op: "read pull request", Subject: numbered(repo, number)})
}

// OpenPulls lists the open pull requests of a repository.
func (c *Client) OpenPulls(ctx context.Context, repo Repo) iter.Seq2[Pull, error] {
	return pages[Pull](ctx, c, call{To: repo.to("pulls"), Query: url.Values{"state": {"open"}}, Op: "list pull requests", Subject: repo})
}

// CreatePull makes a pull request. The server lets administrators, members of
// the owner and collaborators do that.
func (c *Client) CreatePull(ctx context.Context, repo Repo, n NewPull) (Pull, error) {
	return ask[Pull](ctx, c, call{Method: http.MethodPost, To: repo.to("pulls"), Body: n, Op: "create pull request", Subject: repo})
}

// EditPull changes a pull request. A state is set before a base.
func (c *Client) EditPull(ctx context.Context, repo Repo, number int64, e EditPull) (Pull, error) {
	return ask[Pull](ctx, c, call{Method: http.MethodPatch, To: repo.to("pulls", number), Body: e, Op: "change pull request", Subject: numbered(repo, number)})
}

// MarkMerged notes that a pull request was merged by a commit that its base
// branch holds. The repository must allow manual merges.
func (c *Client) MarkMerged(ctx context.Context, repo Repo, number int64, commit string) error {
	body := struct {
		Do     string `json:"Do"`
		Commit string `json:"MergeCommitID"`
		Force  bool   `json:"force_merge"` // approvals and checks were the source's business
	}{"manually-merged", commit, true}
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("pulls", number, "merge"), Body: body, Op: "mark pull request as merged", Subject: numbered(repo, number)})
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
	return ask[Branch](ctx, c, call{To: repo.to("branches", name), Op: "read branch", Subject: repo})
}

// RenameBranch gives a branch another name. Open pull requests follow it.
func (c *Client) RenameBranch(ctx context.Context, repo Repo, name, to string) error {
	body := struct {
		Name string `json:"name"`
	}{to}
	return c.do(ctx, call{Method: http.MethodPatch, To: repo.to("branches", name), Body: body, Op: "rename branch", Subject: repo})
}

// HasFile reports whether the default branch holds a file.
func (c *Client) HasFile(ctx context.Context, repo Repo, path string) (bool, error) {
	to := repo.to("contents")
	for part := range strings.SplitSeq(path, "/") {
		to = append(to, part)
	}
	err := c.do(ctx, call{To: to, Op: "look for " + path, Subject: repo})
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
	return ask[Commit](ctx, c, call{To: repo.to("git", "commits", sha), Op: "read commit", Subject: repo,
		Query: url.Values{"stat": {"false"}, "verification": {"false"}, "files": {"false"}}})
}

// CommitsBeyond lists the first n commits of a commit's history that another ref
// or commit does not have. N is 50 at most.
func (c *Client) CommitsBeyond(ctx context.Context, repo Repo, commit, other string, n int) ([]Commit, error) {
	return ask[[]Commit](ctx, c, call{To: repo.to("commits"), Op: "list commits", Subject: repo,
		Query: url.Values{"sha": {commit}, "not": {other}, "limit": {strconv.Itoa(n)}, "page": {"1"}, "stat": {"false"}, "verification": {"false"}, "files": {"false"}}})
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
	err := c.do(ctx, call{To: to, Into: &refs, Op: "list branches", Subject: repo})
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
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("contents", path), Body: body, Op: "create commit", Subject: repo})
}
