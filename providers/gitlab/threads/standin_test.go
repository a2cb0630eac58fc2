package threads

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
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
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Record{Kind: kind, ID: id, Parent: parent, Revision: schema.Digest(body), Body: data}
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

// under makes a write of a record below another one.
func under(t *testing.T, parent schema.Key, ref schema.Ref, kind schema.Kind, id string, body any) providers.Write {
	t.Helper()
	return providers.Write{Record: record(t, kind, id, &parent, body), Related: []providers.Related{{Key: parent, Ref: ref}}}
}

func person(name string) schema.Person {
	return schema.Person{ID: "1-" + name, Login: "gh-" + name, Name: strings.ToUpper(name[:1]) + name[1:], User: name}
}

func stranger(name string) schema.Person { return schema.Person{ID: "2-" + name, Login: name} }

// work is a git repository of the test's.
type work struct {
	t   *testing.T
	dir string
	day int
}

func newWork(t *testing.T) *work {
	t.Helper()
	w := &work{t: t, dir: t.TempDir()}
	w.git("init", "-q", "-b", "main")
	w.commit("a", "a\n")
	return w
}

func (w *work) git(args ...string) string {
	w.t.Helper()
	w.day++
	when := fmt.Sprintf("2020-01-01T%02d:%02d:00Z", w.day/60, w.day%60)
	cmd := exec.Command("git", append([]string{"-C", w.dir, "-c", "user.name=x", "-c", "user.email=x@example.org"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit adds a file and returns the commit.
func (w *work) commit(name, text string) string {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.git("add", ".")
	w.git("commit", "-q", "-m", name)
	return w.git("rev-parse", "HEAD")
}

// branch makes a branch of main with two commits and returns its head.
func (w *work) branch(name string) string {
	w.t.Helper()
	w.git("checkout", "-q", "-b", name, "main")
	w.commit(name+"1", name+"1\n")
	head := w.commit(name+"2", "one\ntwo\nthree\nfour\n")
	w.git("checkout", "-q", "main")
	return head
}

// keep makes a ref of the source's that holds a commit.
func (w *work) keep(number int64, commit string) {
	w.t.Helper()
	w.git("update-ref", fmt.Sprintf("refs/pull/%d/head", number), commit)
}

// push sends refs.
func (w *work) push(s *site, p Project, refs ...string) {
	w.t.Helper()
	address := strings.Replace(s.server.URL, "://", "://boss:"+s.token("boss")+"@", 1) + "/" + p.Path + ".git"
	w.git(append([]string{"push", "-q", address}, refs...)...)
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
