package githubtest

import (
	"strings"
	"time"
)

// The kinds of accounts.
const (
	KindUser = "User"
	KindOrg  = "Organization"
	KindBot  = "Bot"
)

// User is an account: a person, a bot or an organisation.
type User struct {
	ID        int64
	Login     string
	Name      string
	Email     string // shown on the profile; empty: hidden
	Kind      string // KindUser, KindOrg, KindBot
	SiteAdmin bool
	CreatedAt time.Time
}

// NodeID is the account's global id.
func (u *User) NodeID() string {
	switch u.Kind {
	case KindOrg:
		return nodeID(prefixOrg, u.ID)
	case KindBot:
		return nodeID(prefixBot, u.ID)
	}
	return nodeID(prefixUser, u.ID)
}

// Org is what only organisations have.
type Org struct {
	*User
	Description string
	Members     []*User
	Owners      []*User
	IssueTypes  []*IssueType
	Teams       []*Team
}

// IssueType is a type that an organisation's issues can have.
type IssueType struct {
	ID          int64
	Name        string
	Description string
	Color       string // gray, blue, green, yellow, orange, red, pink, purple
}

// NodeID is the type's global id.
func (t *IssueType) NodeID() string { return nodeID(prefixIssueType, t.ID) }

// Team is a team of an organisation.
type Team struct {
	ID   int64
	Org  *Org
	Name string
	Slug string
}

// NodeID is the team's global id.
func (t *Team) NodeID() string { return nodeID(prefixTeam, t.ID) }

// AddUser adds a person, or a bot when u says so.
func (m *Model) AddUser(u User) *User {
	m.mu.Lock()
	defer m.mu.Unlock()
	prefix := prefixUser
	if u.Kind == KindBot {
		prefix = prefixBot
	} else {
		u.Kind = KindUser
	}
	return m.addAccount(prefix, u)
}

func (m *Model) addAccount(prefix string, u User) *User {
	at := m.tick()
	u.ID = m.register(prefix, &u)
	u.CreatedAt = orTime(u.CreatedAt, at)
	m.Users = append(m.Users, &u)
	return &u
}

// AddOrg adds an organisation.
func (m *Model) AddOrg(login, name string, members ...*User) *Org {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := &Org{User: m.addAccount(prefixOrg, User{Login: login, Name: name, Kind: KindOrg}), Members: members}
	m.Orgs = append(m.Orgs, o)
	return o
}

// AddIssueType adds a type to an organisation.
func (m *Model) AddIssueType(o *Org, t IssueType) *IssueType {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	t.ID = m.register(prefixIssueType, &t)
	o.IssueTypes = append(o.IssueTypes, &t)
	return &t
}

// AddTeam adds a team to an organisation.
func (m *Model) AddTeam(o *Org, name string) *Team {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	t := &Team{Org: o, Name: name, Slug: strings.ToLower(strings.ReplaceAll(name, " ", "-"))}
	t.ID = m.register(prefixTeam, t)
	o.Teams = append(o.Teams, t)
	return t
}

// User returns the account with a login, in any case, or nil.
func (m *Model) User(login string) *User {
	for _, u := range m.Users {
		if strings.EqualFold(u.Login, login) {
			return u
		}
	}
	return nil
}

// Org returns the organisation with a login, in any case, or nil.
func (m *Model) Org(login string) *Org {
	for _, o := range m.Orgs {
		if strings.EqualFold(o.Login, login) {
			return o
		}
	}
	return nil
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t.UTC().Truncate(time.Second)
}
