package giteatest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/standin"
)

// Notified is somebody whom Gitea would have told something.
type Notified struct {
	User string // the login of who is told
	By   string // the login of who did it
	Mail bool   // by mail; otherwise on the notifications page
	Why  string // issue, comment, mention, assigned, review_requested, closed, reopened, merged, review, push, release, transfer, ...
	Repo string
	// Number is that of the issue or pull request; 0: none.
	Number int64
}

// thread is the entry of a notifications page.
type thread struct {
	id      int64
	user    *User
	issue   *Issue
	comment *Entry
	unread  bool
	pinned  bool
	updated string
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

// event is something that people are told of.
type event struct {
	issue    *Issue
	comment  *Entry
	doer     *User
	why      string
	mentions []*User

	// to, when set, is the only one who is told, on the page and by mail.
	to *User

	// only says that nobody but those mentioned is told.
	only bool

	// watchersToo says that those who watch the repository are told of work in
	// progress as well, by mail.
	watchersToo bool
}

// notify tells those whom an event concerns: those who follow the issue, the
// repository's watchers and the participants, but for who did it.
func (m *Model) notify(e event) {
	if e.to != nil {
		if e.to != e.doer {
			m.tellPage(e, e.to, e.why)
			m.tellMail(e, e.to, e.why)
		}
		return
	}
	told := map[*User]bool{e.doer: true}
	for _, u := range e.mentions {
		m.tellPage(e, u, "mention")
		if !told[u] {
			told[u] = true
			m.tellMail(e, u, "mention")
		}
	}
	if e.only {
		return
	}
	draft := e.issue.Pull != nil && e.issue.Pull.draft()
	page, mail := m.following(e.issue, !draft), m.following(e.issue, !draft || e.watchersToo)
	for _, u := range page {
		if u != e.doer {
			m.tellPage(e, u, e.why)
		}
	}
	for _, u := range append(mail, e.issue.Assignees...) {
		if on, said := e.issue.Subscribed[u]; !told[u] && (on || !said) {
			told[u] = true
			m.tellMail(e, u, e.why)
		}
	}
}

// following are those who are told of what happens to an issue.
func (m *Model) following(i *Issue, watchers bool) []*User {
	var all []*User
	for _, u := range m.users {
		if on, said := i.Subscribed[u]; said && !on {
			continue
		}
		if i.Subscribed[u] || watchers && i.Repo.Watchers[u] || i.participant(u) {
			all = append(all, u)
		}
	}
	return all
}

// participant says whether a user wrote in an issue.
func (i *Issue) participant(u *User) bool {
	return i.Author == u || slices.ContainsFunc(i.Timeline, func(e *Entry) bool { return e.User == u && e.texts() })
}

func (m *Model) tellPage(e event, u *User, why string) {
	if !m.maySee(e.issue, u) {
		return
	}
	m.note(Notified{User: u.Login, By: login(e.doer), Why: why, Repo: e.issue.Repo.FullName(), Number: e.issue.Number})
	now := stamp(m.clock())
	for _, t := range m.threads {
		if t.user == u && t.issue == e.issue {
			t.unread, t.updated, t.comment = true, now, e.comment
			return
		}
	}
	m.threads = append(m.threads, &thread{id: m.next("notification"), user: u, issue: e.issue, comment: e.comment, unread: true, updated: now})
}

func (m *Model) tellMail(e event, u *User, why string) {
	if u.Inactive || u.NoLogin || u.Organization || !m.maySee(e.issue, u) {
		return
	}
	m.note(Notified{User: u.Login, By: login(e.doer), Mail: true, Why: why, Repo: e.issue.Repo.FullName(), Number: e.issue.Number})
}

func (m *Model) note(n Notified) { m.notified = append(m.notified, n) }

func (m *Model) maySee(i *Issue, u *User) bool { return m.access(u, i.Repo, i.unit()) >= Read }

// unit is the part of the repository that an issue or pull request belongs to.
func (i *Issue) unit() string {
	if i.Pull != nil {
		return "repo.pulls"
	}
	return "repo.issues"
}

func login(u *User) string {
	if u == nil {
		return ""
	}
	return u.Login
}

// newRelease mails those who watch a repository, unless it is a draft or a
// pre-release.
func (m *Model) newRelease(r *Repository, rel *Release, doer *User) {
	if rel.Draft || rel.Prerelease || rel.OnlyTag {
		return
	}
	for _, u := range m.users {
		if r.Watchers[u] && u != doer && !u.Inactive && m.access(u, r, "repo.releases") >= Read {
			m.note(Notified{User: u.Login, By: login(doer), Mail: true, Why: "release", Repo: r.FullName()})
		}
	}
}

// mentionForm is how a text names a user or ORG/TEAM.
var mentionForm = regexp.MustCompile(`(?:^|[\s(\["'*_~,;:!?/.>-])@([0-9A-Za-z][-_.0-9A-Za-z]*(?:/[-_.0-9A-Za-z]+)?)`)

// mentioned are the users whom a text names, without its author, as far as they
// may see the issue.
func (m *Model) mentioned(i *Issue, text string, author *User) []*User {
	var all []*User
	add := func(u *User) {
		if u != nil && u != author && !u.Organization && !slices.Contains(all, u) && m.maySee(i, u) {
			all = append(all, u)
		}
	}
	for _, found := range mentionForm.FindAllStringSubmatch(standin.WithoutCode(text), -1) {
		name := strings.TrimRight(found[1], ".-_")
		org, team, isTeam := strings.Cut(name, "/")
		if !isTeam {
			add(m.user(name))
			continue
		}
		for _, t := range m.teams {
			if !strings.EqualFold(t.Org.Login, org) || t.Org != i.Repo.Owner || !strings.EqualFold(t.Name, team) {
				continue
			}
			for u := range t.Members {
				add(u)
			}
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return int(a.ID - b.ID) })
	return all
}
