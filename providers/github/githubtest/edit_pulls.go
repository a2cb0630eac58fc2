package githubtest

import (
	"cmp"
	"slices"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// AddPull adds a pull request. Its head's and base's commits are looked up in
// git when the model has it and they are not given; commits and files follow
// from them, and refs/pull/N/head keeps them when the branch is gone.
func (m *Model) AddPull(r *Repository, i Issue) (*Issue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i.Pull == nil {
		i.Pull = &Pull{}
	}
	p := *i.Pull
	i.Pull = &p
	if p.Head.Repo == nil && p.Head.Owner == nil && !p.Head.Gone {
		p.Head.Repo = r
	}
	if p.Head.Repo != nil && p.Head.Owner == nil {
		p.Head.Owner = p.Head.Repo.Owner
	}
	p.Base.Repo, p.Base.Owner = r, r.Owner
	p.Base.Branch = cmp.Or(p.Base.Branch, r.DefaultBranch)
	pull := m.addIssue(r, &i)
	if r.Dir == "" {
		return pull, nil
	}
	return pull, m.readPull(pull)
}

// readPull takes what git knows of a pull request into the model.
func (m *Model) readPull(i *Issue) error {
	p, dir := i.Pull, i.Repo.Dir
	var err error
	if from := p.Head.Repo; p.Head.Commit == "" && from != nil {
		if p.Head.Commit, err = resolve(from.Dir, "refs/heads/"+p.Head.Branch); err != nil {
			return err
		}
	}
	if from := p.Head.Repo; from != nil && from != i.Repo {
		if err := fetchObjects(dir, from.Dir, p.Head.Commit); err != nil {
			return err
		}
	}
	if p.Base.Commit == "" {
		if p.Base.Commit, err = resolve(dir, "refs/heads/"+p.Base.Branch); err != nil {
			return err
		}
	}
	if err := (gitserver.Repo{Dir: dir}).SetRef(pullRef(i), p.Head.Commit); err != nil {
		return err
	}
	if p.Commits, err = listCommits(dir, p.Base.Commit, p.Head.Commit); err != nil {
		return err
	}
	p.Files, err = listFiles(dir, p.Base.Commit, p.Head.Commit)
	return err
}

// PushPull says that the head of a pull request has moved to a commit that git
// has. With force the timeline says so; threads are outdated by it when told.
func (m *Model) PushPull(i *Issue, by *User, commit string, force bool, outdated ...*Thread) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	before := i.Pull.Head.Commit
	i.Pull.Head.Commit = commit
	if force {
		m.addEvent(i, &Event{Name: "head_ref_force_pushed", Actor: by, From: before, To: commit, Commit: commit})
	}
	for _, t := range outdated {
		t.Outdated = true
		t.Place.Line, t.Place.StartLine, t.Place.Position = 0, 0, 0
		for _, c := range t.Comments {
			c.Place.Line, c.Place.StartLine, c.Place.Position = 0, 0, 0
		}
	}
	m.touch(i)
	if i.Repo.Dir == "" {
		return nil
	}
	return m.readPull(i)
}

// MergePull merges a pull request with a commit that is on the base branch.
func (m *Model) MergePull(i *Issue, by *User, commit string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	p := i.Pull
	p.MergedAt, p.MergedBy, p.MergeCommit = at, by, commit
	i.State, i.ClosedAt, i.ClosedBy = "closed", at, by
	m.addEvent(i, &Event{Name: "merged", Actor: by, Commit: commit})
	m.addEvent(i, &Event{Name: "closed", Actor: by})
	m.touch(i)
}

// DeleteHead deletes the branch that a pull request came from. Its commits
// stay under refs/pull.
func (m *Model) DeleteHead(i *Issue, by *User) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	p := i.Pull
	p.Head.Gone = true
	m.addEvent(i, &Event{Name: "head_ref_deleted", Actor: by})
	m.touch(i)
	if p.Head.Repo == nil || p.Head.Repo.Dir == "" {
		return nil
	}
	return gitserver.Repo{Dir: p.Head.Repo.Dir}.SetRef("refs/heads/"+p.Head.Branch, "")
}

// RequestReview asks somebody, or a team, for a review.
func (m *Model) RequestReview(i *Issue, by, reviewer *User, team *Team) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	if reviewer != nil {
		i.Pull.RequestedReviewers = append(i.Pull.RequestedReviewers, reviewer)
	}
	if team != nil {
		i.Pull.RequestedTeams = append(i.Pull.RequestedTeams, team)
	}
	m.addEvent(i, &Event{Name: "review_requested", Actor: by, Reviewer: reviewer, Team: team})
	m.touch(i)
}

// SetDraft turns a pull request into a draft, or into one that is ready.
func (m *Model) SetDraft(i *Issue, by *User, draft bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	if i.Pull.Draft == draft {
		return
	}
	i.Pull.Draft = draft
	name := "ready_for_review"
	if draft {
		name = "convert_to_draft"
	}
	m.addEvent(i, &Event{Name: name, Actor: by})
	m.touch(i)
}

// Note is a comment of a new review: in a new thread at Place, or in Thread.
type Note struct {
	Body   string
	Place  Place
	Hunk   string
	Thread *Thread
}

// AddReview adds a review with its comments. A review without a commit is of
// the pull request's head.
func (m *Model) AddReview(i *Issue, r Review, notes ...Note) *Review {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	r.ID, r.Issue = m.register(prefixReview, &r), i
	r.Content.begin(at, i.Repo)
	r.State = cmp.Or(r.State, "COMMENTED")
	r.Commit = cmp.Or(r.Commit, i.Pull.Head.Commit)
	r.Comments = nil
	if r.State != "PENDING" {
		r.SubmittedAt = orTime(r.SubmittedAt, r.CreatedAt)
	}
	i.Pull.Reviews = append(i.Pull.Reviews, &r)
	i.Pull.RequestedReviewers = slices.DeleteFunc(i.Pull.RequestedReviewers, func(u *User) bool { return u == r.Author })
	for _, n := range notes {
		m.addNote(&r, n)
	}
	m.touch(i)
	m.refer(i, r.Author, r.Body)
	return &r
}

// addNote adds a comment to a review.
func (m *Model) addNote(r *Review, n Note) {
	c := &ReviewComment{Review: r, Hunk: n.Hunk, Commit: r.Commit, OriginalCommit: r.Commit}
	c.Body, c.Author, c.CreatedAt = n.Body, r.Author, r.CreatedAt
	c.Content.begin(m.now, r.Issue.Repo)
	t := n.Thread
	if t == nil {
		t = m.newThread(r.Issue, n.Place)
	}
	if len(t.Comments) > 0 {
		first := t.Comments[0]
		c.ReplyTo, c.Hunk, c.OriginalCommit = first, first.Hunk, first.OriginalCommit
	}
	c.ID, c.Thread, c.Place = m.register(prefixDiffNote, c), t, t.Place
	t.Comments = append(t.Comments, c)
	r.Comments = append(r.Comments, c)
}

func (m *Model) newThread(i *Issue, p Place) *Thread {
	p.Side = cmp.Or(p.Side, "RIGHT")
	if !p.File {
		p.OriginalLine = cmp.Or(p.OriginalLine, p.Line)
		p.OriginalStartLine = cmp.Or(p.OriginalStartLine, p.StartLine)
		p.OriginalPosition = cmp.Or(p.OriginalPosition, p.Position, p.OriginalLine)
	}
	if p.OriginalStartLine != 0 {
		p.StartSide = cmp.Or(p.StartSide, p.Side)
	}
	outdated := p.Line == 0 && !p.File
	if !outdated && !p.File {
		p.Position = cmp.Or(p.Position, p.Line)
	}
	t := &Thread{Issue: i, Place: p, Outdated: outdated}
	t.ID = m.register(prefixThread, t)
	i.Pull.Threads = append(i.Pull.Threads, t)
	return t
}

// ResolveThread marks a thread as resolved, or as not. It is no update of the
// pull request.
func (m *Model) ResolveThread(t *Thread, by *User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	t.Resolved, t.ResolvedBy = by != nil, by
}

// EditReviewComment changes a comment of a review.
func (m *Model) EditReviewComment(c *ReviewComment, by *User, edit func(*ReviewComment)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	m.editText(&c.Content, at, by, func() { edit(c) })
	m.touch(c.Thread.Issue)
}

// DeleteReviewComment removes a comment of a review, and its thread when it was
// the only one. Answers to it stay; the next one begins the thread.
func (m *Model) DeleteReviewComment(c *ReviewComment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	is := func(o *ReviewComment) bool { return o == c }
	t, i := c.Thread, c.Thread.Issue
	m.forget(prefixDiffNote, c.ID)
	c.Review.Comments = slices.DeleteFunc(c.Review.Comments, is)
	t.Comments = slices.DeleteFunc(t.Comments, is)
	for n, o := range t.Comments {
		o.ReplyTo = nil
		if n > 0 {
			o.ReplyTo = t.Comments[0]
		}
	}
	if len(t.Comments) == 0 {
		m.forget(prefixThread, t.ID)
		i.Pull.Threads = slices.DeleteFunc(i.Pull.Threads, func(o *Thread) bool { return o == t })
	}
	m.touch(i)
}

// EditReview changes a review.
func (m *Model) EditReview(r *Review, by *User, edit func(*Review)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	m.editText(&r.Content, at, by, func() { edit(r) })
	m.touch(r.Issue)
}

// DismissReview dismisses a review with a message.
func (m *Model) DismissReview(r *Review, by *User, message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	was := r.State
	r.State, r.UpdatedAt = "DISMISSED", at
	m.addEvent(r.Issue, &Event{Name: "review_dismissed", Actor: by, Review: r, Message: message, From: was})
	m.touch(r.Issue)
}
