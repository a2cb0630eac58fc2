package githubtest

import (
	"cmp"
	"slices"
	"time"
)

// AddDiscussion adds a discussion with the next number.
func (m *Model) AddDiscussion(r *Repository, d Discussion) *Discussion {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	r.number++
	d.ID, d.Number, d.Repo = m.register(prefixDiscussion, &d), r.number, r
	d.Content.begin(at, r)
	d.State = cmp.Or(d.State, "open")
	r.HasDiscussions = true
	r.Discussions = append(r.Discussions, &d)
	return &d
}

// AddCategory adds a category of discussions.
func (m *Model) AddCategory(r *Repository, c Category) *Category {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.CreatedAt = m.tick()
	c.ID = m.register(prefixCategory, &c)
	r.Categories = append(r.Categories, &c)
	return &c
}

// EditDiscussion changes a discussion.
func (m *Model) EditDiscussion(d *Discussion, by *User, edit func(*Discussion)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	before := *d
	m.editText(&d.Content, at, by, func() { edit(d) })
	if d.State == "closed" && before.State == "open" {
		d.ClosedAt = at
	}
	if d.State == "open" {
		d.ClosedAt, d.StateReason = time.Time{}, ""
	}
	if d.Answer != before.Answer {
		d.AnswerBy, d.AnswerAt = by, at
		if d.Answer == nil {
			d.AnswerBy, d.AnswerAt = nil, time.Time{}
		}
	}
}

// DeleteDiscussion removes a discussion with its comments.
func (m *Model) DeleteDiscussion(d *Discussion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.forget(prefixDiscussion, d.ID)
	for _, c := range d.Comments {
		m.forget(prefixReply, c.ID)
		for _, r := range c.Replies {
			m.forget(prefixReply, r.ID)
		}
	}
	d.Repo.Discussions = slices.DeleteFunc(d.Repo.Discussions, func(o *Discussion) bool { return o == d })
}

// AddDiscussionComment adds a comment to a discussion or, with ReplyTo, a
// reply to a comment of the first level.
func (m *Model) AddDiscussionComment(d *Discussion, c DiscussionComment) *DiscussionComment {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	c.ID, c.Discussion = m.register(prefixReply, &c), d
	c.Content.begin(at, d.Repo)
	if c.ReplyTo != nil {
		c.ReplyTo.Replies = append(c.ReplyTo.Replies, &c)
	} else {
		d.Comments = append(d.Comments, &c)
	}
	d.UpdatedAt = at
	return &c
}

// EditDiscussionComment changes a comment of a discussion.
func (m *Model) EditDiscussionComment(c *DiscussionComment, by *User, edit func(*DiscussionComment)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	m.editText(&c.Content, at, by, func() { edit(c) })
	c.Discussion.UpdatedAt = at
}

// DeleteDiscussionComment removes a comment of a discussion with its replies.
func (m *Model) DeleteDiscussionComment(c *DiscussionComment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	is := func(o *DiscussionComment) bool { return o == c }
	d := c.Discussion
	m.forget(prefixReply, c.ID)
	for _, r := range c.Replies {
		m.forget(prefixReply, r.ID)
	}
	if c.ReplyTo != nil {
		c.ReplyTo.Replies = slices.DeleteFunc(c.ReplyTo.Replies, is)
	} else {
		d.Comments = slices.DeleteFunc(d.Comments, is)
	}
	if d.Answer == c {
		d.Answer, d.AnswerBy, d.AnswerAt = nil, nil, time.Time{}
	}
	d.UpdatedAt = at
}
