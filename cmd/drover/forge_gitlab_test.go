package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

// gitlabStandIn is a stand-in for GitLab as a destination.
type gitlabStandIn struct {
	*gitlabtest.Server
	token string
}

// newGitLabStandIn starts a stand-in with an administrator, whose token is used, and the
// users ada.l and grace.
func newGitLabStandIn(t testing.TB) *gitlabStandIn {
	t.Helper()
	s, err := gitlabtest.New(gitlabtest.Options{Dir: volatileDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range s.Violations() {
			t.Error("GitLab's description says otherwise:", v)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"ada.l", "grace"} {
		s.Model.AddUser(gitlabtest.User{Username: name, Email: name + "@new.example"})
	}
	return &gitlabStandIn{Server: s, token: s.AdminToken()}
}

func (g *gitlabStandIn) provider() *providers.Provider { return gitlab.New() }

func (g *gitlabStandIn) settings() (json.RawMessage, map[string]string) {
	return asJSON(map[string]string{"url": g.URL}), map[string]string{"access_token": g.token}
}

func (g *gitlabStandIn) killAt(n int, reads, after bool, end func()) {
	g.Faults(gitlabtest.Fault{From: n, Writes: !reads, After: after, Then: func() {
		g.Faults(gitlabtest.Fault{Times: -1}) // nothing arrives from a program that is dead
		end()
	}})
}

func (g *gitlabStandIn) heal() { g.ClearFaults() }

func (g *gitlabStandIn) asked() (all, writes int) {
	for _, r := range g.Requests() {
		if all++; r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.Path, "/git-upload-pack") {
			writes++
		}
	}
	return all, writes
}

func (g *gitlabStandIn) contents(t testing.TB) map[string]string {
	t.Helper()
	return gitlabReader{t, g.URL, g.token}.contents("acme")
}

// gitlabReader reads what a GitLab shows, and makes what a test needs there.
type gitlabReader struct {
	testing.TB
	url, token string
}

// do sends a request; a body is sent as JSON.
func (g gitlabReader) do(method, path string, body any) (int, []byte) {
	g.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			g.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, g.url+"/api/v4"+path, in)
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Private-Token", g.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		g.Fatal(err)
	}
	return response.StatusCode, data
}

func (g gitlabReader) get(path string) answer {
	g.Helper()
	return answered[answer](g, http.MethodGet, path, nil)
}

func (g gitlabReader) post(path string, body any) answer {
	g.Helper()
	return answered[answer](g, http.MethodPost, path, body)
}

// answered sends a request that must succeed.
func answered[T any](g gitlabReader, method, path string, body any) (o T) {
	g.Helper()
	status, data := g.do(method, path, body)
	if err := json.Unmarshal(data, &o); status/100 != 2 || err != nil {
		g.Fatalf("%s %s: status %d: %v: %s", method, path, status, err, data)
	}
	return o
}

// all reads a list to its end.
func (g gitlabReader) all(path string) []answer {
	g.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	var list []answer
	for page := 1; ; page++ {
		some := answered[[]answer](g, http.MethodGet, fmt.Sprintf("%s%sper_page=100&page=%d", path, join, page), nil)
		list = append(list, some...)
		if len(some) < 100 {
			return list
		}
	}
}

func (g gitlabReader) contents(group string) map[string]string {
	g.Helper()
	all := map[string]string{}
	for _, p := range g.all("/groups/" + url.PathEscape(group) + "/projects") {
		g.project(p, all)
	}
	return all
}

func (g gitlabReader) project(p answer, all map[string]string) {
	full := p.text("path_with_namespace")
	put := func(name, form string, args ...any) {
		name = full + " " + name
		if _, twice := all[name]; twice {
			g.Errorf("%s is there twice", name)
		}
		all[name] = g.same(fmt.Sprintf(form, args...))
	}
	at := "/projects/" + url.PathEscape(full)
	put("project", "%q %v archived=%v branch=%s topics=%v", p["description"], p["visibility"], p["archived"], p["default_branch"], p["topics"])
	for _, l := range g.all(at + "/labels") {
		put("label "+l.text("name"), "%v %q", l["color"], l["description"])
	}
	for _, m := range g.all(at + "/milestones") {
		put("milestone "+m.text("title"), "%s %q due=%v", m["state"], m["description"], m["due_date"])
	}
	for _, m := range g.all(at + "/members") {
		put("member "+m.text("username"), "%v", m["access_level"])
	}
	for _, b := range g.all(at + "/protected_branches") {
		put("protection "+b.text("name"), "%v", b["allow_force_push"])
	}
	for _, kind := range []string{"issue", "merge_request"} {
		for _, i := range g.all(at + "/" + kind + "s?state=all&scope=all") {
			g.thread(at, kind, i, put)
		}
	}
	for _, r := range g.all(at + "/releases") {
		put("release "+r.text("tag_name"), "%q\n%s", r["name"], r.text("description"))
		for _, l := range r.object("assets").list("links") {
			put("asset of release "+r.text("tag_name")+" "+l.text("name"), "%s", l.text("link_type"))
		}
	}
	for _, part := range []string{"", ".wiki"} {
		for ref, oid := range g.refs(full + part) {
			put("ref"+part+" "+ref, "%s", oid)
		}
	}
}

// thread notes an issue or merge request, and all that stands under it.
func (g gitlabReader) thread(at, kind string, i answer, put func(string, string, ...any)) {
	name := fmt.Sprint("thread ", i.number("iid"))
	if i["state"] == "merged" {
		i["state"] = "closed" // the server merged what was open when its commits came; what comes merged is closed
	}
	at = fmt.Sprintf("%s/%ss/%d", at, kind, i.number("iid"))
	put(name+" "+kind, "%q by %s: %s draft=%v locked=%v labels=%v milestone=%v assignees=%v branches=%v %v %s\n%s", i["title"], i.object("author").text("username"), i["state"], i["draft"],
		i["discussion_locked"], i["labels"], i.object("milestone").text("title"), names(i.list("assignees"), "username"), i["target_branch"], i["sha"],
		g.awards(at), i.text("description"))
	for _, d := range g.all(at + "/discussions") {
		for n, note := range d.list("notes") {
			key, known := attribution.ParseMarker(note.text("body"))
			if !known {
				continue // made by the server itself
			}
			position := note.object("position")
			put("note "+key.String(), "in %s by %s: answer=%v at %v:%v:%v resolved=%v %s\n%s", name, note.object("author").text("username"), n > 0,
				position["new_path"], position["old_line"], position["new_line"], note["resolved"], g.awards(fmt.Sprintf("%s/notes/%d", at, note.number("id"))), note.text("body"))
		}
	}
}

func (g gitlabReader) awards(at string) string {
	var list []string
	for _, a := range g.all(at + "/award_emoji") {
		list = append(list, a.text("name")+" "+a.object("user").text("username"))
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

var uploadSecret = regexp.MustCompile(`/uploads/[0-9a-f]{32}/`)

// same takes out of a text what differs from server to server.
func (g gitlabReader) same(text string) string {
	return uploadSecret.ReplaceAllString(strings.ReplaceAll(text, g.url, "https://gitlab.example"), "/uploads/x/")
}

// refs lists the refs of a repository over HTTP, those of the server's own making
// excepted.
func (g gitlabReader) refs(full string) map[string]string {
	address := strings.Replace(g.url, "://", "://oauth2:"+g.token+"@", 1)
	cmd := exec.Command("git", "ls-remote", "--symref", address+"/"+full+".git")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil && !strings.Contains(errs.String(), "not found") {
		g.Fatalf("list the refs of %s: %v: %s", full, err, errs.String())
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		oid, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(name, "refs/heads/") || strings.HasPrefix(name, "refs/tags/") || name == "HEAD" {
			refs[name] = cmp.Or(refs[name], oid) // of HEAD the branch, which comes first
		}
	}
	return refs
}

// TestFaultsAtGitLab disturbs a migration to GitLab by its own interface: what
// arrives is what an undisturbed one brings, each object once.
func TestFaultsAtGitLab(t *testing.T) {
	for name, disturb := range map[string]func(*gitlabStandIn){
		"it asks to slow down": func(g *gitlabStandIn) {
			g.Limits(gitlabtest.Limits{Requests: 60, Window: time.Second})
		},
		"it answers 502 to readers": func(g *gitlabStandIn) {
			g.Faults(gitlabtest.Fault{Method: http.MethodGet, Path: "/api/*", From: 9, Times: 2, Status: http.StatusBadGateway})
		},
		"its answers are lost": func(g *gitlabStandIn) {
			g.Faults(gitlabtest.Fault{Method: http.MethodPost, Path: "/api/v4/projects/*", From: 3, After: true},
				gitlabtest.Fault{Method: http.MethodPost, Path: "/api/v4/projects/*", From: 9, After: true})
		},
		"it fails after it wrote": func(g *gitlabStandIn) {
			g.Faults(gitlabtest.Fault{Method: http.MethodPost, Path: "*/notes", After: true, Status: http.StatusBadGateway},
				gitlabtest.Fault{Method: http.MethodPost, Path: "*/merge_requests", After: true, Status: http.StatusGatewayTimeout})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newGitHub(t, githubtest.Options{})
			e := newEditor(t, server.Model, 1)
			to := newGitLabStandIn(t)
			w := newForgeWorld(t, server, to, "acme/api")
			disturb(to)
			w.apply(t).whole(t)
			to.heal()
			to.Limits(gitlabtest.Limits{})
			once := newForgeWorld(t, server, newGitLabStandIn(t), "acme/api")
			once.apply(t).whole(t)
			same(t, once.to.contents(t), to.contents(t), e.left)
			w.idle(t)
		})
	}
}
