package gitlabtest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/standin"
)

// Notified is somebody whom GitLab would have told something.
type Notified struct {
	User    string // the username of who is told
	By      string // of who did it
	Mail    bool   // by mail; otherwise on the list of things to do
	Why     string // issue, merge_request, note, mention, assigned, review_requested, closed, reopened, merged, push, approved, resolved, member, release
	Project string
	Kind    string // Issue, MergeRequest, Snippet, Commit
	IID     int64
}

// Notified returns everybody who would have been told something, in order.
func (m *Model) Notified() []Notified {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.notified)
}

// ForgetNotified empties the list.
func (m *Model) ForgetNotified() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notified = nil
}

func (m *Model) notify(n Notified) { m.notified = append(m.notified, n) }

// tell mails those who follow an item: participants and subscribers, but for who
// did it, and those who were mentioned already.
func (m *Model) tell(i *Item, by *User, why string, but []*User) {
	told := append(slices.Clone(but), by)
	follow := i.participants()
	for _, u := range m.users {
		if i.Subscribed[u] {
			follow = append(follow, u)
		}
	}
	follow = append(follow, m.mentions(i, i.Description)...)
	for _, u := range follow {
		if u != nil && !slices.Contains(told, u) {
			told = append(told, u)
			m.mail(i, by, u, why)
		}
	}
}

// mail writes to somebody, unless they do not want it, may not see what it is about,
// or the project sends no mail.
func (m *Model) mail(i *Item, by, u *User, why string) {
	on, said := i.Subscribed[u]
	silent := i.Project != nil && i.Project.Settings["emails_enabled"] == false
	if u == by || u.Bot || u.State != "active" || silent || said && !on && why != "mention" || !m.seesItem(u, i) {
		return
	}
	m.notify(m.about(i, by, u, why, true))
}

// todo puts something on somebody's list of things to do.
func (m *Model) todo(i *Item, by, u *User, why string) {
	if u == by || u.State != "active" || !m.seesItem(u, i) {
		return
	}
	m.notify(m.about(i, by, u, why, false))
}

func (m *Model) about(i *Item, by, u *User, why string, mail bool) Notified {
	n := Notified{User: u.Username, Mail: mail, Why: why, Kind: i.Kind, IID: i.IID}
	if by != nil {
		n.By = by.Username
	}
	if i.Project != nil {
		n.Project = i.Project.FullPath()
	}
	return n
}

// announce tells of a new item: those it is given to and those whom it mentions.
func (c *call) announce(i *Item, why string) {
	mentioned := c.mentioned(i, nil, i.Description, "")
	c.tell(i, c.doer, why, append(mentioned, i.Assignees...))
}

// mentioned tells those whom a text newly mentions, and returns them.
func (c *call) mentioned(i *Item, n *Note, text, before string) []*User {
	old := c.mentions(i, before)
	var told []*User
	for _, u := range c.mentions(i, text) {
		if u == c.doer || slices.Contains(old, u) {
			continue
		}
		told = append(told, u)
		c.todo(i, c.doer, u, "mention")
		c.mail(i, c.doer, u, "mention")
	}
	return told
}

// mentionForm is how a text names a user or a group.
var mentionForm = regexp.MustCompile(`(?:^|[^\w/.@-])@([a-zA-Z0-9_.][a-zA-Z0-9_./-]*)`)

// mentions are the users whom a text names outside of code: by themselves, as
// members of a group, or as everybody in the project.
func (m *Model) mentions(i *Item, text string) []*User {
	var all []*User
	add := func(u *User) {
		if u != nil && !slices.Contains(all, u) && m.seesItem(u, i) {
			all = append(all, u)
		}
	}
	for _, found := range mentionForm.FindAllStringSubmatch(standin.WithoutCode(text), -1) {
		name := strings.TrimRight(found[1], ".-_/")
		if u := m.user(name); u != nil {
			add(u)
			continue
		}
		g := m.namespace(name)
		for _, u := range m.users {
			if g != nil && g.User == nil && m.groupMember(u, g) > None || name == "all" && i.Project != nil && m.membership(u, i.Project) > None {
				add(u)
			}
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return int(a.ID - b.ID) })
	return all
}
