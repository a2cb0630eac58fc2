package gitlab

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref := create(t, to, at("created"))
	p := w.project(t, "acme/created")
	if p.Visibility != "private" || !p.EmptyRepo || p.BuildsAccess != accessDisabled || *p.EmailsEnabled || p.Description != "" {
		t.Errorf("it is %s, empty %v, builds %s, mails %v, described as %q", p.Visibility, p.EmptyRepo, p.BuildsAccess, *p.EmailsEnabled, p.Description)
	}
	now := standing(t, w.open(t), at("created"))
	if !now.Exists || now.Ref.ID != ref.ID || now.Marker != "test:created" || len(now.Refs) > 0 {
		t.Errorf("there stands %+v", now)
	}
	if again := create(t, w.open(t), at("created")); again.ID != ref.ID {
		t.Errorf("made again as %q; it is %q", again.ID, ref.ID)
	}
	if _, err := to.Create(t.Context(), providers.CreateRequest{Place: at("created"), Marker: "another"}); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("another marker: %v", err)
	}
	long := "another:ÄÖ ~^:?*[\\..@{.lock/" + strings.Repeat("0123456789", 40)
	if _, err := to.Create(t.Context(), providers.CreateRequest{Place: at("created"), Marker: long, Adopt: true}); err != nil {
		t.Errorf("adopt: %v", err)
	}
	if now := standing(t, to, at("created")); now.Marker != long {
		t.Errorf("the marker after the adoption is %q", now.Marker)
	}
	finish(t, w.open(t), ref)
	if p := w.project(t, "acme/created"); p.BuildsAccess != accessEnabled || !*p.EmailsEnabled {
		t.Errorf("in the end, builds are %s and mails %v", p.BuildsAccess, *p.EmailsEnabled)
	}
	requests := len(w.server.Requests())
	finish(t, w.open(t), ref)
	for _, r := range w.server.Requests()[requests:] {
		if r.Method != "GET" && !strings.Contains(r.Path, "git-upload-pack") {
			t.Errorf("finished twice, it sends %s %s", r.Method, r.Path)
		}
	}
}

func TestCreateGroups(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	place := providers.Place{Namespace: "acme/team/tools", Name: "x"}
	if now := standing(t, to, place); now.Problem == nil || now.Problem.Code != providers.CodeNotFound || now.Problem.Attribute != "target_namespace" {
		t.Errorf("a namespace that does not exist: %v", now.Problem)
	}
	place.CreateNamespace = true
	if now := standing(t, to, place); now.Problem != nil {
		t.Errorf("a namespace that is to be made: %v", now.Problem)
	}
	create(t, to, place)
	if g := must(w.api.Group(t.Context(), "acme/team/tools"))(t); g.Visibility != "public" {
		t.Errorf("the group is %s; the one above it is public", g.Visibility)
	}
	place.Namespace = "fresh/deep"
	create(t, to, place)
	if g := must(w.api.Group(t.Context(), "fresh"))(t); g.Visibility != "private" {
		t.Errorf("a group at the top is %s", g.Visibility)
	}
}

func TestInspect(t *testing.T) {
	w := newWorld(t)
	w.model.AddGroup("hidden", "private", w.alice)
	w.model.AddGroup("acme/sub", "public", w.alice)
	create(t, w.open(t), at("moved"))
	if _, err := w.api.EditProject(t.Context(), "acme/moved", api.EditProject{Path: new("elsewhere")}); err != nil {
		t.Fatal(err)
	}
	create(t, w.open(t), at("cased"))
	quiet := w.model.AddGroup("quiet", "private", w.alice)
	quiet.Settings["emails_enabled"] = false
	if _, err := w.model.AddProject(gitlabtest.Project{Namespace: w.acme, Path: "loud"}); err != nil {
		t.Fatal(err)
	}
	carol := w.model.AddUser(gitlabtest.User{Username: "carol"})
	w.model.AddMember(w.acme, carol, gitlabtest.Maintainer)
	w.model.AddMember(quiet, carol, gitlabtest.Maintainer)
	public := []byte(`{"visibility":"public"}`)
	alice, bob := w.server.Token("alice"), w.server.Token("bob")
	tests := []struct {
		name    string
		token   string
		place   providers.Place
		exists  bool
		code    providers.Code
		message string // part of it, or of a notice
	}{
		{name: "free", token: alice, place: at("free")},
		{name: "a letter's case", token: alice, place: at("CASED"), exists: true},
		{name: "a former path", token: alice, place: at("moved"), message: "lead to acme/elsewhere"},
		{name: "a group of the name", token: alice, place: at("sub"), code: providers.CodeConflict, message: "a group of that name"},
		{name: "not a member", token: bob, place: at("free"), code: providers.CodeDenied, message: "may not make projects"},
		{name: "another's namespace", token: bob, place: providers.Place{Namespace: "alice", Name: "x"}, code: providers.CodeDenied, message: "another user's"},
		{name: "own namespace", token: bob, place: providers.Place{Name: "x"}, message: "bob is a user's own namespace"},
		{name: "wider by plan", token: alice, place: providers.Place{Namespace: "acme", Name: "x", Visibility: "private", Placement: public}, message: "more people will see it"},
		{name: "narrower by group", token: alice, place: providers.Place{Namespace: "hidden", Name: "x", Visibility: "public"}, message: "because the group hidden is"},
		{name: "as wide", token: alice, place: providers.Place{Namespace: "acme", Name: "x", Visibility: "public"}},
		{name: "no owner", token: w.server.Token("carol"), place: at("free"), message: "no Owner of acme: who watches the project"},
		{name: "no owner of what is there", token: w.server.Token("carol"), place: at("loud"), exists: true, message: "no Owner of acme/loud: who watches the project"},
		{name: "an owner of what is there", token: alice, place: at("loud"), exists: true},
		{name: "an administrator", token: w.server.AdminToken(), place: at("free")},
		{name: "no owner where there is no mail", token: w.server.Token("carol"), place: providers.Place{Namespace: "quiet", Name: "free"}},
		{name: "no owner, but of a group that is to be made", token: w.server.Token("carol"), place: providers.Place{Namespace: "acme/team", Name: "x", CreateNamespace: true}},
		{name: "groups in a user's namespace", token: bob, place: providers.Place{Namespace: "bob/team", Name: "x", CreateNamespace: true}, code: providers.CodeDenied, message: "no groups can be"},
		{name: "groups in another's group", token: bob, place: providers.Place{Namespace: "acme/team", Name: "x", CreateNamespace: true}, code: providers.CodeDenied, message: "may not make groups"},
		{name: "a bad name", token: alice, place: at("tree"), code: providers.CodeInvalid, message: "keeps this name"},
		{name: "a group for an import", token: alice, place: providers.Place{Block: "group", Name: "new"}},
		{name: "a group that is there", token: alice, place: providers.Place{Block: "group", Namespace: "acme", Name: "sub"}, exists: true},
		{name: "a group where a project is", token: alice, place: providers.Place{Block: "group", Namespace: "acme", Name: "cased"}, code: providers.CodeConflict, message: "a project of that name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			now := standing(t, w.openWith(t, test.token), test.place)
			said := strings.Join(now.Notices, " ")
			code := providers.Code("")
			if now.Problem != nil {
				code, said = now.Problem.Code, now.Problem.Message
			}
			if code != test.code || now.Exists != test.exists || !strings.Contains(said, test.message) || test.message == "" && said != "" {
				t.Errorf("exists %v, %s: %s; want %v, %s: %s", now.Exists, code, said, test.exists, test.code, test.message)
			}
		})
	}
}

// A server that is too old, and tokens that are worth nothing.
func TestOpen(t *testing.T) {
	old, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir(), Version: "15.11.3-ee"})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	w := newWorld(t)
	tests := []struct {
		name, url, token string
		code             providers.Code
		attribute        string
	}{
		{"no token", w.server.URL, "", providers.CodeAuth, "access_token"},
		{"a wrong token", w.server.URL, "glpat-wrong", providers.CodeAuth, "access_token"},
		{"an old server", old.URL, old.AdminToken(), providers.CodeUnsupported, "url"},
		{"no address", "gitlab.example.com", "x", providers.CodeInvalid, "url"},
	}
	for _, test := range tests {
		_, err := New().OpenTarget(t.Context(), providers.Config{Settings: []byte(`{"url":"` + test.url + `"}`), Secrets: map[string]string{"access_token": test.token}})
		if e := providers.AsError(err); e == nil || e.Code != test.code || e.Attribute != test.attribute {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	// Only an administrator whose token says so acts for others.
	for token, want := range map[string]bool{w.server.AdminToken(): true, w.server.Token("root", "api"): false, w.server.Token("alice"): false} {
		if to := w.openWith(t, token); to.admin != want {
			t.Errorf("a token of %s acts for others: %v", to.user.Username, to.admin)
		}
	}
}

func TestMove(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("mover")), targettest.NewSource(t)
	create(t, to, at("taken"))
	refs := map[string]string{"refs/heads/main": s.Commits[0]}
	s.Push(to, ref, providers.PartCode, "refs/heads/main", refs)
	if _, err := to.Move(t.Context(), ref, at("taken")); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("move to a place that is taken: %v", err)
	}
	elsewhere := providers.Place{Namespace: "elsewhere", Name: "moved", CreateNamespace: true}
	for range 2 { // the second time there is nothing to do
		moved, err := to.Move(t.Context(), ref, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if moved.ID != ref.ID {
			t.Errorf("moved, it is %q; it was %q", moved.ID, ref.ID)
		}
	}
	now := standing(t, w.open(t), elsewhere)
	if now.Marker != "test:mover" {
		t.Errorf("the marker is %q", now.Marker)
	}
	same(t, "refs at the new place", refs, now.Refs)
	if old := standing(t, w.open(t), at("mover")); old.Exists {
		t.Errorf("at the old place stands %+v", old)
	}
	byRef := standing(t, w.open(t), providers.Place{Ref: ref})
	if byRef.Namespace != "elsewhere" || byRef.Name != "moved" {
		t.Errorf("by its ref it stands at %s/%s", byRef.Namespace, byRef.Name)
	}
	// What was known of the project goes on with its new name.
	stored(t, to, ref, providers.Write{Record: record(t, schema.KindLabel, "1", schema.Label{Name: "after"})})
	// Across a name that is taken on the way.
	create(t, to, providers.Place{Namespace: "elsewhere", Name: "third"})
	if _, err := to.Move(t.Context(), ref, at("third")); err != nil {
		t.Fatal(err)
	}
	if got := w.project(t, "acme/third"); projectRef(&got).ID != ref.ID {
		t.Error("another project stands there")
	}
}

// What goes into a user's own namespace is the owner's, also when an administrator
// writes it.
func TestPersonal(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref := create(t, to, providers.Place{Namespace: "bob", Name: "own"})
	stored(t, to, ref, providers.Write{Record: record(t, schema.KindIssue, "1", schema.Issue{Number: 1, Title: "hello", State: "open", Author: schema.Person{Login: "al", Name: "Al", User: "alice"}})})
	issues := w.model.Project("bob/own").Issues
	if len(issues) != 1 || issues[0].Author.Username != "bob" || !strings.Contains(issues[0].Description, "Al") {
		t.Errorf("the issues are %+v", issues)
	}
}
