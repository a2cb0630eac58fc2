package githubtest

import (
	"strconv"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// pull answers what pull requests have and issues have not.
func (i issue) pull(name string, c *graphql.Call) any {
	p := i.i.Pull
	switch name {
	case "isDraft":
		return p.Draft
	case "merged":
		return !p.MergedAt.IsZero()
	case "mergedAt":
		return p.MergedAt
	case "mergedBy":
		return i.actor(p.MergedBy)
	case "mergeCommit":
		return i.commit(i.i.Repo, p.MergeCommit)
	case "permalink":
		return i.m.Base() + i.path()
	case "maintainerCanModify":
		return p.MaintainerCanEdit
	case "isCrossRepository":
		return p.Head.Repo != i.i.Repo
	case "headRefName":
		return p.Head.Branch
	case "headRefOid":
		return p.Head.Commit
	case "headRef":
		if p.Head.Gone || p.Head.Repo == nil {
			return nil
		}
		return i.ref(p.Head.Repo, "refs/heads/"+p.Head.Branch)
	case "headRepository":
		return i.repository(p.Head.Repo)
	case "headRepositoryOwner":
		return i.actor(p.Head.Owner)
	case "baseRefName":
		return p.Base.Branch
	case "baseRefOid":
		return p.Base.Commit
	case "baseRef":
		return i.ref(i.i.Repo, "refs/heads/"+p.Base.Branch)
	case "baseRepository":
		return i.repository(i.i.Repo)
	case "mergeable":
		return "UNKNOWN"
	case "mergeStateStatus":
		return "UNKNOWN"
	case "reviewDecision":
		return i.decision()
	case "changedFiles":
		return len(p.Files)
	case "additions", "deletions":
		return i.changedLines(name)
	case "totalCommentsCount":
		return len(i.i.Comments) + len(i.reviewNotes())
	case "autoMergeRequest", "mergeQueueEntry", "potentialMergeCommit", "statusCheckRollup":
		return nil
	case "closingIssuesReferences":
		return fixed(c, i.closes(), i.issue)
	}
	return i.pullLists(name, c)
}

func (i issue) pullLists(name string, c *graphql.Call) any {
	p := i.i.Pull
	switch name {
	case "commits":
		return fixed(c, p.Commits, func(o Commit) graphql.Object { return pullCommit{i.graph, i.i, o} })
	case "files":
		return fixed(c, p.Files, func(f File) graphql.Object { return changedFile(f) })
	case "reviews":
		states := c.Strings("states")
		of := filtered(i.visibleReviews(), func(r *Review) bool {
			return (len(states) == 0 || has(states, r.State)) &&
				(!c.Has("author") || r.Author != nil && r.Author.Login == c.String("author"))
		})
		return page(c, of, func(r *Review) int64 { return r.ID }, func(r *Review) graphql.Object { return review{i.graph, r} })
	case "latestReviews", "latestOpinionatedReviews":
		return fixed(c, i.latestReviews(name == "latestOpinionatedReviews"), func(r *Review) graphql.Object { return review{i.graph, r} })
	case "reviewThreads":
		of := filtered(p.Threads, func(t *Thread) bool { return len(thread{i.graph, t}.visible()) > 0 })
		return page(c, of, func(t *Thread) int64 { return t.ID }, func(t *Thread) graphql.Object { return thread{i.graph, t} })
	case "reviewRequests":
		var of []reviewRequest
		for _, u := range p.RequestedReviewers {
			of = append(of, reviewRequest{i, i.account(u), u.ID})
		}
		for _, t := range p.RequestedTeams {
			of = append(of, reviewRequest{i, i.team(t), t.ID})
		}
		return fixed(c, of, func(r reviewRequest) graphql.Object { return r })
	}
	return graphql.NotServed{}
}

// visibleReviews leaves out reviews that somebody else has not submitted.
func (i issue) visibleReviews() []*Review {
	return filtered(i.i.Pull.Reviews, i.seesReview)
}

func (g *graph) seesReview(r *Review) bool {
	return r.State != "PENDING" || g.viewer != nil && r.Author == g.viewer
}

func (i issue) reviewNotes() []*ReviewComment {
	var notes []*ReviewComment
	for _, r := range i.visibleReviews() {
		notes = append(notes, r.Comments...)
	}
	return notes
}

// latestReviews is the last review of each person.
func (i issue) latestReviews(opinionated bool) []*Review {
	var latest []*Review
	for _, r := range i.visibleReviews() {
		if r.Author == nil || opinionated && r.State == "COMMENTED" {
			continue
		}
		latest = filtered(latest, func(o *Review) bool { return o.Author != r.Author })
		latest = append(latest, r)
	}
	return latest
}

func (i issue) decision() any {
	var decision any
	for _, r := range i.latestReviews(true) {
		switch r.State {
		case "CHANGES_REQUESTED":
			return r.State
		case "APPROVED":
			decision = r.State
		}
	}
	return decision
}

func (i issue) changedLines(name string) int64 {
	var sum int64
	for _, f := range i.i.Pull.Files {
		if name == "additions" {
			sum += f.Additions
		} else {
			sum += f.Deletions
		}
	}
	return sum
}

// closes are the issues that merging closes.
func (i issue) closes() []*Issue {
	return filtered(i.i.Repo.Issues, func(o *Issue) bool {
		for _, e := range o.Events {
			if e.WillClose && e.Source == i.i {
				return true
			}
		}
		return false
	})
}

type changedFile File

func (changedFile) TypeName() string { return "PullRequestChangedFile" }

func (f changedFile) Field(name string, _ *graphql.Call) any {
	switch name {
	case "path":
		return f.Path
	case "additions":
		return f.Additions
	case "deletions":
		return f.Deletions
	case "changeType":
		if f.Status == "removed" {
			return "DELETED"
		}
		return enum(f.Status)
	case "viewerViewedState":
		return "UNVIEWED"
	}
	return graphql.NotServed{}
}

type pullCommit struct {
	*graph
	i *Issue
	c Commit
}

func (pullCommit) TypeName() string { return "PullRequestCommit" }

func (p pullCommit) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "PURC_" + p.i.NodeID() + p.c.OID
	case "commit":
		return commit{p.graph, p.i.Repo, p.c.OID, &p.c}
	case "pullRequest":
		return p.issue(p.i)
	case "url", "resourcePath":
		return p.address(name, issue{p.graph, p.i}.path()+"/commits/"+p.c.OID)
	}
	return graphql.NotServed{}
}

type reviewRequest struct {
	issue
	of graphql.Object
	id int64
}

func (reviewRequest) TypeName() string { return "ReviewRequest" }

func (r reviewRequest) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "RRQ_" + r.i.NodeID() + strconv.FormatInt(r.id, 10)
	case "databaseId":
		return nil
	case "asCodeOwner":
		return false
	case "pullRequest":
		return r.issue
	case "requestedReviewer":
		return r.of
	}
	return graphql.NotServed{}
}
