package bitbucketservertest

import (
	"fmt"
	"slices"
	"time"
)

// act adds a line to the history of a pull request, which was updated by it.
func (m *Model) act(p *Pull, at time.Time, by *User, action string) *Activity {
	a := &Activity{ID: m.id(), At: at, By: by, Action: action}
	p.Activities = append(p.Activities, a)
	p.Updated = at
	return a
}

// Open opens a pull request from a branch into one of r.
func (m *Model) Open(r *Repository, by *User, title, text string, from *Repository, head, base string, reviewers ...*User) (*Pull, error) {
	if from == nil {
		from = r
	}
	p := &Pull{Title: title, Text: text, State: "OPEN", Author: by, From: End{Repository: from, Branch: head}, To: End{Repository: r, Branch: base}}
	var err error
	m.edit(func(at time.Time) {
		if p.From.Commit, err = resolve(from.Dir, "refs/heads/"+head); err != nil {
			return
		}
		if p.To.Commit, err = resolve(r.Dir, "refs/heads/"+base); err != nil {
			return
		}
		if from != r {
			if err = takeObjects(r.Dir, from.Dir); err != nil {
				return
			}
		}
		r.last++
		p.Number, p.Created = r.last, at
		for _, u := range reviewers {
			p.Reviewers = append(p.Reviewers, &Reviewer{User: u, Status: "UNAPPROVED"})
		}
		m.act(p, at, by, "OPENED")
		r.Pulls = append(r.Pulls, p)
		err = m.keep(r, p)
	})
	return p, err
}

// keep makes the refs of a pull request: one that is told while it is open, and one
// that keeps its commits for ever.
func (m *Model) keep(r *Repository, p *Pull) error {
	if err := updateRef(r.Dir, fmt.Sprintf("refs/stash/pull-requests/%d/from", p.Number), p.From.Commit); err != nil {
		return err
	}
	commit := ""
	if p.State == "OPEN" {
		commit = p.From.Commit
	}
	return updateRef(r.Dir, fmt.Sprintf("refs/pull-requests/%d/from", p.Number), commit)
}

// Comment adds a comment, at a place of the diff when there is an anchor.
func (m *Model) Comment(p *Pull, by *User, text string, anchor *Anchor) *Comment {
	c := &Comment{Author: by, Text: text, Anchor: anchor}
	m.edit(func(at time.Time) {
		c.ID, c.Created, c.Updated = m.id(), at, at
		m.act(p, at, by, "COMMENTED").Comment = c
		p.Comments = append(p.Comments, c)
	})
	return c
}

// Remark adds a comment that was published together with others of a review.
func (m *Model) Remark(p *Pull, by *User, text string) *Comment {
	c := m.Comment(p, by, text, nil)
	m.View(func() { p.Activities[len(p.Activities)-1].Action = "REVIEW_COMMENTED" })
	return c
}

// Reply answers a comment.
func (m *Model) Reply(p *Pull, to *Comment, by *User, text string) *Comment {
	c := &Comment{Author: by, Text: text}
	m.edit(func(at time.Time) {
		c.ID, c.Created, c.Updated = m.id(), at, at
		to.Replies = append(to.Replies, c)
		p.Updated = at
	})
	return c
}

// Edit changes a comment, as somebody does who changes his mind. The pull request
// keeps its time, as it does for an edit on some servers.
func (m *Model) Edit(c *Comment, text string) {
	m.edit(func(at time.Time) { c.Text, c.Updated = text, at })
}

// Quietly adds a comment without moving the time of the pull request.
func (m *Model) Quietly(p *Pull, by *User, text string) *Comment {
	var before time.Time
	m.View(func() { before = p.Updated })
	c := m.Comment(p, by, text, nil)
	m.View(func() { p.Updated = before })
	return c
}

// DeleteComment removes a comment that nobody answered.
func (m *Model) DeleteComment(p *Pull, c *Comment) {
	m.edit(func(at time.Time) {
		p.Comments = slices.DeleteFunc(p.Comments, func(one *Comment) bool { return one == c })
		p.Activities = slices.DeleteFunc(p.Activities, func(a *Activity) bool { return a.Comment == c })
		for _, one := range p.Comments {
			one.drop(c)
		}
		p.Updated = at
	})
}

func (c *Comment) drop(gone *Comment) {
	c.Replies = slices.DeleteFunc(c.Replies, func(one *Comment) bool { return one == gone })
	for _, one := range c.Replies {
		one.drop(gone)
	}
}

// Review sets what a reviewer says: APPROVED, NEEDS_WORK or UNAPPROVED.
func (m *Model) Review(p *Pull, by *User, status string) {
	m.edit(func(at time.Time) {
		of := slices.IndexFunc(p.Reviewers, func(r *Reviewer) bool { return r.User == by })
		if of < 0 {
			of = len(p.Reviewers)
			p.Reviewers = append(p.Reviewers, &Reviewer{User: by})
		}
		p.Reviewers[of].Status, p.Reviewers[of].Commit = status, p.From.Commit
		m.act(p, at, by, map[string]string{"APPROVED": "APPROVED", "NEEDS_WORK": "REVIEWED", "UNAPPROVED": "UNAPPROVED"}[status])
	})
}

// Ask asks somebody for a review.
func (m *Model) Ask(p *Pull, by *User, reviewers ...*User) {
	m.edit(func(at time.Time) {
		p.Version++
		m.act(p, at, by, "UPDATED").Added = reviewers
		for _, u := range reviewers {
			p.Reviewers = append(p.Reviewers, &Reviewer{User: u, Status: "UNAPPROVED"})
		}
	})
}

// Rescope moves the head of a pull request to where its branch is now.
func (m *Model) Rescope(p *Pull, by *User, dropped int) error {
	var err error
	m.edit(func(at time.Time) {
		var now string
		if now, err = resolve(p.From.Repository.Dir, "refs/heads/"+p.From.Branch); err != nil {
			return
		}
		a := m.act(p, at, by, "RESCOPED")
		a.Before, a.From, a.Dropped = p.From.Commit, now, dropped
		p.From.Commit = now
		err = m.keep(p.To.Repository, p)
	})
	return err
}

// Decline closes a pull request, and Reopen opens it again.
func (m *Model) Decline(p *Pull, by *User) error { return m.close(p, by, "DECLINED", "DECLINED", "") }

// Reopen opens a pull request that was declined.
func (m *Model) Reopen(p *Pull, by *User) error { return m.close(p, by, "OPEN", "REOPENED", "") }

// Merge merges a pull request into its branch with a commit of its own.
func (m *Model) Merge(p *Pull, by *User) error {
	commit, err := merge(p.To.Repository.Dir, "refs/heads/"+p.To.Branch, p.From.Commit, by, fmt.Sprintf("Pull request #%d: %s", p.Number, p.Title))
	if err != nil {
		return err
	}
	return m.close(p, by, "MERGED", "MERGED", commit)
}

func (m *Model) close(p *Pull, by *User, state, action, commit string) error {
	var err error
	m.edit(func(at time.Time) {
		p.State, p.Version, p.MergeCommit = state, p.Version+1, commit
		if p.Closed = at; state == "OPEN" {
			p.Closed = time.Time{}
		}
		m.act(p, at, by, action).Commit = commit
		err = m.keep(p.To.Repository, p)
	})
	return err
}

// Act adds a line of a kind that has no method of its own.
func (m *Model) Act(p *Pull, by *User, action string) {
	m.edit(func(at time.Time) { m.act(p, at, by, action) })
}

// DeletePull removes a pull request and what kept its commits.
func (m *Model) DeletePull(p *Pull) error {
	var err error
	m.edit(func(time.Time) {
		r := p.To.Repository
		r.Pulls = slices.DeleteFunc(r.Pulls, func(one *Pull) bool { return one == p })
		for _, ref := range []string{"refs/stash/pull-requests/%d/from", "refs/pull-requests/%d/from"} {
			if err == nil {
				err = updateRef(r.Dir, fmt.Sprintf(ref, p.Number), "")
			}
		}
	})
	return err
}

// DeleteBranch removes a branch.
func (m *Model) DeleteBranch(r *Repository, name string) error {
	return updateRef(r.Dir, "refs/heads/"+name, "")
}
