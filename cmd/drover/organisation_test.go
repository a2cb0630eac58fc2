package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

// organisation is the example whose servers have addresses of their own. It is
// carried out by TestOrganisation rather than with the other examples.
const organisation = "organisation"

// TestOrganisation carries out the example with stand-ins behind the addresses that
// it gives its servers.
func TestOrganisation(t *testing.T) {
	t.Parallel()
	dir := copyExample(t, organisation)
	company := newCompany(t)
	run := func(args ...string) string {
		t.Helper()
		return commandIn(t, dir, company.environ(t, dir), "drover", args...)
	}
	command(t, dir, "drover", "fmt", "--check")
	command(t, dir, "drover", "validate", "--offline")
	run("validate")
	handbook := fmt.Sprintf("repository.handbook.repo_id=%d", company.handbook.ID)
	plan := run("plan", "--full", "--set", handbook)
	for _, want := range []string{
		`(?m)^  < acme/api +adopt +-> acme/platform/api +takes over`,
		`(?m)^  < acme/cli +adopt +-> acme/platform/cli +takes over`,
		`(?m)^  \+ acme/site +create +-> acme/web/site$`,
		`(?m)^  \+ handbook +create +-> acme/docs/handbook$`,
		`(?m)^  \+ NEW/gateway +create +-> acme/dc/gateway$`,
		`(?m)^  \+ mobile +create +-> acme/apps/mobile-app$`,
		`(?m)^  \+ platform +create +-> acme/platform-services$`,
		`(?m)^  \+ sandbox +create +-> acme/sandbox$`,
		`(?m)^  \+ runner_images +create +-> acme/ci/runner-images$`,
		`(?m)^Plan: .* 0 orphan, 0 error\.$`,
	} {
		if !regexp.MustCompile(want).MatchString(plan) {
			t.Errorf("the plan lacks %s", want)
		}
	}
	later := run("plan", "--set", handbook, "--var", "wave=2")
	if !strings.Contains(later, "acme/web/site-www") || strings.Contains(plan, "acme/web/site-www") {
		t.Errorf("site-www is of the second wave; its plan says:\n%s", later)
	}
	if t.Failed() {
		t.Log(plan)
	}
	applied := run("apply", "--yes", "--set", handbook)
	if !strings.Contains(applied, "\nApplied: 8 created, 2 adopted.") {
		t.Errorf("the first apply says:\n%s", applied)
	}
	if again := run("apply", "--yes", "--set", handbook); !strings.Contains(again, "\nNo changes.") {
		t.Errorf("the second apply says:\n%s", again)
	}
	run("verify", "--deep")
	run("state", "check")
	redirects, err := os.ReadFile(filepath.Join(dir, "out", "redirects.csv"))
	if want := "key,value\nhttps://github.com/acme/api,https://gitlab.acme.example/acme/platform/api\n"; err != nil || !strings.HasPrefix(string(redirects), want) {
		t.Errorf("the redirects are, %v:\n%s", err, redirects)
	}
}

// company has the servers of the example.
type company struct {
	internet *internet
	secrets  map[string]string // by the name of a secret of the plan
	handbook *githubtest.Repository
}

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{internet: newInternet(t), secrets: map[string]string{}}
	c.gitHub(t)
	c.enterprise(t)
	c.dataCenter(t)
	c.cloud(t)
	c.oldGitLab(t)
	c.newGitLab(t)
	return c
}

// must is what was made, or the end of the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(made T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
}

// gitHub has the organisation acme with some of its repositories in waves.csv, and
// with so many that the discovery believes in the listing.
func (c *company) gitHub(t *testing.T) {
	s := newGitHub(t, githubtest.Options{})
	hubot := s.Model.AddUser(githubtest.User{Login: "hubot", Name: "Hubot"})
	acme := s.Model.AddOrg("acme", "Acme", hubot)
	names := []string{"api", "cli", "site", "site-www", "site-blog", "prototype", "load-sandbox"}
	for n := len(names); n < 210; n++ {
		names = append(names, fmt.Sprintf("service-%03d", n))
	}
	for _, name := range names {
		r := must[*githubtest.Repository](t)(s.Model.AddRepository(acme.User, &githubtest.Repository{Name: name, Visibility: "private"}))
		if slices.Contains(names[:5], name) {
			if err := s.Model.Import(r, organisationHistory(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	must[*githubtest.Gist](t)(s.Model.AddGist(hubot, "How to say hello", false, []githubtest.GistFile{{Name: "hello.md", Content: "Hello.\n"}}))
	c.internet.add("api.github.com", s.URL, "")
	c.internet.add("github.com", s.URL, "")
	c.internet.add("gist.github.com", s.URL, "/gist")
	c.secrets["github"] = s.Token(hubot)
}

// enterprise has the handbook.
func (c *company) enterprise(t *testing.T) {
	s := newGitHub(t, githubtest.Options{})
	owner := s.Model.AddUser(githubtest.User{Login: "docs"})
	c.handbook = must[*githubtest.Repository](t)(s.Model.AddRepository(owner, &githubtest.Repository{Name: "handbook", Visibility: "private"}))
	if err := s.Model.Import(c.handbook, organisationHistory("handbook")); err != nil {
		t.Fatal(err)
	}
	c.internet.add("github.acme.example", s.URL, "")
	c.secrets["ghes"] = s.Token(owner)
}

// dataCenter has the project NEW.
func (c *company) dataCenter(t *testing.T) {
	s := must[*bitbucketservertest.Server](t)(bitbucketservertest.New(bitbucketservertest.Options{Root: volatileDir(t)}))
	t.Cleanup(func() { s.Close(); reportViolations(t, s.Violations()) })
	user := s.Model.AddUser("svc-migrate", "Migration")
	project := s.Model.AddProject("NEW", "New")
	s.Model.View(func() {
		project.Access = bitbucketservertest.Access{Users: []bitbucketservertest.UserGrant{{User: user, Permission: "PROJECT_ADMIN"}}}
	})
	r := must[*bitbucketservertest.Repository](t)(s.Model.AddRepository(project, bitbucketservertest.Repository{Slug: "gateway"}))
	if err := s.Model.Import(r, organisationHistory("gateway")); err != nil {
		t.Fatal(err)
	}
	c.internet.add("bitbucket.acme.example", s.URL, "")
	c.secrets["bitbucket_dc"] = s.Token(user)
}

// cloud has the workspace acme with mobile.
func (c *company) cloud(t *testing.T) {
	s := must[*bitbucketcloudtest.Server](t)(bitbucketcloudtest.New(bitbucketcloudtest.Options{Root: volatileDir(t)}))
	t.Cleanup(func() { s.Close(); reportViolations(t, s.Violations()) })
	user := s.Model.AddUser(bitbucketcloudtest.User{Nickname: "svc-migrate", Email: "svc-migrate@acme.example"})
	r := must[*bitbucketcloudtest.Repository](t)(s.Model.AddRepository(s.Model.AddWorkspace("acme", user), bitbucketcloudtest.Repository{Slug: "mobile", Private: true}))
	if err := s.Model.Import(r, organisationHistory("mobile")); err != nil {
		t.Fatal(err)
	}
	c.internet.add("api.bitbucket.org", s.URL, "")
	c.internet.add("bitbucket.org", s.URL, "")
	c.secrets["bitbucket_cloud"] = s.Token(user)
}

// oldGitLab has the group infra with what leaves it.
func (c *company) oldGitLab(t *testing.T) {
	s := newGitLab(t)
	root := s.Model.User("root")
	for _, path := range []string{"infra", "infra/platform", "infra/sandbox", "infra/ci"} {
		s.Model.AddGroup(path, "private", root)
	}
	for path, name := range map[string]string{"infra/platform": "terraform", "infra/ci": "runner-images"} {
		p := must[*gitlabtest.Project](t)(s.Model.AddProject(gitlabtest.Project{Namespace: s.Model.Group(path), Path: name, Creator: root}))
		must[string](t)(s.Model.PushFiles(p, "main", root, "Begin", map[string]string{"README.md": "# " + name + "\n"}))
	}
	c.internet.add("gitlab-old.acme.example", s.URL, "")
	c.secrets["gitlab_old"] = s.AdminToken()
}

// newGitLab has the groups, and two projects that somebody has made already.
func (c *company) newGitLab(t *testing.T) {
	s := newGitLab(t)
	root := s.Model.User("root")
	for _, path := range []string{"acme", "acme/platform", "acme/web", "acme/docs", "acme/dc", "acme/apps", "acme/ci"} {
		s.Model.AddGroup(path, "private", root)
	}
	s.Model.AddUser(gitlabtest.User{Username: "hubot"})
	s.Model.AddUser(gitlabtest.User{Username: "mona"})
	for _, name := range []string{"api", "cli"} {
		must[*gitlabtest.Project](t)(s.Model.AddProject(gitlabtest.Project{Namespace: s.Model.Group("acme/platform"), Path: name, Creator: root}))
	}
	c.internet.add("gitlab.acme.example", s.URL, "")
	c.secrets["gitlab_new"] = s.AdminToken()
}

func newGitLab(t *testing.T) *gitlabtest.Server {
	t.Helper()
	s := must[*gitlabtest.Server](t)(gitlabtest.New(gitlabtest.Options{Dir: volatileDir(t)}))
	t.Cleanup(func() { s.Close(); reportViolations(t, s.Violations()) })
	return s
}

func reportViolations(t *testing.T, all []string) {
	for _, v := range all {
		t.Error("a stand-in's description says otherwise:", v)
	}
}

// organisationHistory is one commit, as git fast-import takes it.
func organisationHistory(name string) string {
	text := "# " + name + "\n"
	return fmt.Sprintf("commit refs/heads/main\ncommitter Mona Octocat <mona@laptop.local> 1700000000 +0000\ndata 5\nBegin\nM 100644 inline README.md\ndata %d\n%s\n", len(text), text)
}

// environ is what the operator of the example has: the secrets where the plan looks
// for them, and a way to the servers.
func (c *company) environ(t *testing.T, dir string) []string {
	t.Helper()
	write := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "secrets", "ghes-token"), c.secrets["ghes"]+"\n", 0o600)
	tools := t.TempDir()
	write(filepath.Join(tools, "sops"), secretProgram(`decrypt --extract ["bitbucket_dc"] secrets/tokens.sops.yaml`, c.secrets["bitbucket_dc"]), 0o700)
	write(filepath.Join(tools, "vault"), secretProgram("kv get -field=token kv/migrations/bitbucket", c.secrets["bitbucket_cloud"]), 0o700)
	return append(c.internet.environ(),
		"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "DROVER_ALLOWED_SECRET_COMMANDS=sops,vault",
		"ACME_GITHUB_TOKEN="+c.secrets["github"], "OLD_GITLAB_TOKEN="+c.secrets["gitlab_old"], "NEW_GITLAB_TOKEN="+c.secrets["gitlab_new"])
}

// secretProgram is a script that tells a secret to who asks for it in these words.
func secretProgram(words, secret string) string {
	var script bytes.Buffer
	fmt.Fprintf(&script, "#!/bin/sh\ntest \"$*\" = '%s' || { echo \"asked for $*\" >&2; exit 1; }\necho '%s'\n", words, secret)
	return script.String()
}
