package threads

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// site is a server of the test's own with some people: the administrator boss,
// the owner olga, the developer alice, the reporter bob, and carol, who is no
// member. The account of eve is blocked.
type site struct {
	t      *testing.T
	server *gitlabtest.Server
	group  *gitlabtest.Namespace
}

func newSite(t *testing.T) *site {
	t.Helper()
	server, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir(), Admin: "boss"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		for _, v := range server.Violations() {
			t.Errorf("not as GitLab describes it: %s", v)
		}
	})
	s := &site{t: t, server: server}
	m := server.Model
	s.group = m.AddGroup("acme", "public", m.User("boss"))
	for _, one := range []struct {
		name, state string
		level       int
	}{
		{"olga", "active", gitlabtest.Owner}, {"alice", "active", gitlabtest.Developer}, {"bob", "active", gitlabtest.Reporter},
		{"carol", "active", gitlabtest.None}, {"eve", "blocked", gitlabtest.Developer},
	} {
		u := m.AddUser(gitlabtest.User{Username: one.name, State: one.state})
		if one.level != gitlabtest.None {
			m.AddMember(s.group, u, one.level)
		}
	}
	return s
}

// project makes an empty project that sends no mail.
func (s *site) project(name string) Project {
	s.t.Helper()
	p, err := s.server.Model.AddProject(gitlabtest.Project{Namespace: s.group, Path: name, Visibility: "public", Settings: map[string]any{"emails_enabled": false}})
	if err != nil {
		s.t.Fatal(err)
	}
	return Project{ID: p.ID, Path: p.FullPath()}
}

func (s *site) model(p Project) *gitlabtest.Project { return s.server.Model.Project(p.Path) }

// writer writes with a token of somebody's.
func (s *site) writer(user string) *Writer { return s.writerWith(user, nil) }

func (s *site) writerWith(user string, transport http.RoundTripper) *Writer {
	s.t.Helper()
	o := api.Options{URL: s.server.URL, Token: s.token(user), Transport: transport}
	client, err := api.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	u := s.server.Model.User(user)
	at := func(context.Context, time.Duration) error { return nil }
	return New(Options{API: client, User: api.User{ID: u.ID, Username: u.Username}, Admin: u.Admin, Wait: at})
}

func (s *site) token(user string) string {
	if user == "boss" {
		return s.server.AdminToken()
	}
	return s.server.Token(user)
}

func record(t *testing.T, kind schema.Kind, id string, parent *schema.Key, body any) schema.Record {
	t.Helper()
	r := targettest.Record(t, kind, id, body)
	r.Parent = parent
	return r
}

// store writes records of one lane, and fails when one is not stored.
func store(t *testing.T, w *Writer, p Project, writes ...providers.Write) []providers.Written {
	t.Helper()
	answers := w.Write(t.Context(), p, writes)
	for i := range answers {
		if answers[i].Problem != nil {
			t.Fatalf("%s: %v", writes[i].Record.ID, answers[i].Problem)
		}
	}
	return answers
}

func person(name string) schema.Person { return targettest.Person(name) }

func stranger(name string) schema.Person { return targettest.Stranger(name) }

// work is a git repository of the test's.
type work struct {
	*targettest.Work
	t *testing.T
}

func newWork(t *testing.T) *work {
	t.Helper()
	w := &work{targettest.NewWork(t), t}
	w.Commit("a", "a\n")
	return w
}

// keep makes a ref of the source's that holds a commit.
func (w *work) keep(number int64, commit string) {
	w.t.Helper()
	w.Git("update-ref", fmt.Sprintf("refs/pull/%d/head", number), commit)
}

// push sends refs.
func (w *work) push(s *site, p Project, refs ...string) {
	w.t.Helper()
	address := strings.Replace(s.server.URL, "://", "://boss:"+s.token("boss")+"@", 1) + "/" + p.Path + ".git"
	w.Git(append([]string{"push", "-q", address}, refs...)...)
}

// branches are the branches of a project.
func (s *site) branches(p Project) []string {
	s.t.Helper()
	w := s.writer("boss")
	all, err := api.Collect(w.api.BranchesBelow(s.t.Context(), api.Number(p.ID), ""))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	return names
}

// requests counts those that were made since a moment.
func (s *site) requests() int { return len(s.server.Requests()) }

// quiet asserts that nobody was told anything but what whys allow.
func (s *site) quiet(whys ...string) {
	s.t.Helper()
	for _, n := range s.server.Model.Notified() {
		if n.Mail || !slices.Contains(whys, n.Why) {
			s.t.Errorf("somebody was told: %+v", n)
		}
	}
}
