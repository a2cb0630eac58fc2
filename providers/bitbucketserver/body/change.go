package body

import (
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// HeadRef is the ref that keeps the head of a pull request.
func HeadRef(number int64) string { return fmt.Sprintf("refs/pull-requests/%d/from", number) }

// Change is a pull request of the repository with an id. Exists tells whether the
// repository has a branch, and url is where the pull request is shown. What only its
// activities tell, such as who merged it, is for the caller to add.
func Change(p api.PullRequest, repository int64, exists func(branch string) bool, url string) schema.Change {
	c := schema.Change{
		Number: p.ID, Title: p.Title, Text: p.Description, State: state(p.State), Draft: p.Draft, Author: Person(p.Author.User),
		Head: tip(p.From, repository, exists), Base: tip(p.To, repository, exists), URL: url,
		CreatedAt: p.CreatedDate.Time(), UpdatedAt: p.UpdatedDate.Time(), ClosedAt: p.ClosedDate.Time(),
	}
	c.Head.Ref = HeadRef(p.ID)
	for _, r := range p.Reviewers {
		if r.Status != api.StatusApproved && r.Status != api.StatusNeedsWork {
			c.RequestedReviewers = append(c.RequestedReviewers, Person(r.User))
		}
	}
	if p.State == api.StateMerged && p.Properties.MergeCommit != nil {
		c.MergeCommit = p.Properties.MergeCommit.ID
	}
	return c
}

func state(of string) string {
	switch of {
	case api.StateMerged:
		return "merged"
	case api.StateDeclined:
		return "closed"
	}
	return "open"
}

// tip is one end of a pull request. Of a fork it is not known which branches it has.
func tip(r api.Ref, repository int64, exists func(string) bool) schema.Tip {
	t := schema.Tip{Branch: strings.TrimPrefix(r.ID, "refs/heads/"), Commit: r.LatestCommit}
	switch {
	case r.Repository == nil:
		t.Gone = true
	case r.Repository.ID != repository:
		t.Repository = r.Repository.Repo().String()
	default:
		t.Gone = !exists(t.Branch)
	}
	return t
}
