package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
)

// giteaStandIn is a stand-in for Gitea as a destination.
type giteaStandIn struct {
	*giteatest.Server
	token string
}

// newGitea starts a stand-in with an administrator, whose token is used, and the
// users ada.l and grace.
func newGitea(t testing.TB) *giteaStandIn {
	t.Helper()
	s, err := giteatest.New(giteatest.Options{Dir: volatileDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range s.Violations() {
			t.Error("Gitea's description says otherwise:", v)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, login := range []string{"ada.l", "grace"} {
		s.Model.AddUser(giteatest.User{Login: login, Email: login + "@new.example"})
	}
	return &giteaStandIn{Server: s, token: s.Token("root")}
}

func (g *giteaStandIn) provider() *providers.Provider { return gitea.New() }

func (g *giteaStandIn) settings() (json.RawMessage, map[string]string) {
	return asJSON(map[string]string{"url": g.URL}), map[string]string{"access_token": g.token}
}

func (g *giteaStandIn) killAt(n int, reads, after bool, end func()) {
	g.Faults(giteatest.Fault{From: n, Writes: !reads, After: after, Then: func() {
		g.Faults(giteatest.Fault{Times: -1}) // nothing arrives from a program that is dead
		end()
	}})
}

func (g *giteaStandIn) heal() { g.ClearFaults() }

func (g *giteaStandIn) asked() (all, writes int) {
	for _, r := range g.Requests() {
		if all++; r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.Path, "/git-upload-pack") {
			writes++
		}
	}
	return all, writes
}

func (g *giteaStandIn) contents(t testing.TB) map[string]string {
	t.Helper()
	return giteaReader{t, g.URL, g.token}.contents("acme")
}

// giteaReader reads everything that a Gitea shows of an organization.
type giteaReader struct {
	testing.TB
	url, token string
}

// answer is an object that the API answers with.
type answer map[string]any

func (o answer) text(name string) string { s, _ := o[name].(string); return s }

func (o answer) number(name string) int64 { n, _ := o[name].(float64); return int64(n) }

func (o answer) object(name string) answer { m, _ := o[name].(map[string]any); return m }

func (o answer) list(name string) []answer {
	var list []answer
	all, _ := o[name].([]any)
	for _, one := range all {
		m, _ := one.(map[string]any)
		list = append(list, m)
	}
	return list
}

// whole reads a list that has no pages.
func (g giteaReader) whole(path string) []answer {
	g.Helper()
	status, _, data := g.do(http.MethodGet, path)
	var list []answer
	if err := json.Unmarshal(data, &list); status != http.StatusOK || err != nil {
		g.Fatalf("GET %s: status %d: %v: %s", path, status, err, data)
	}
	return list
}

func (g giteaReader) do(method, path string) (int, http.Header, []byte) {
	g.Helper()
	if !strings.HasPrefix(path, "http") {
		path = g.url + "/api/v1" + path
	}
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+g.token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		g.Fatal(err)
	}
	return response.StatusCode, response.Header, data
}

func (g giteaReader) get(path string) answer {
	g.Helper()
	status, _, data := g.do(http.MethodGet, path)
	var o answer
	if status != http.StatusOK {
		g.Fatalf("GET %s: status %d: %s", path, status, data)
	}
	if err := json.Unmarshal(data, &o); err != nil {
		g.Fatalf("GET %s: %v", path, err)
	}
	return o
}

// all reads a list to its end.
func (g giteaReader) all(path string) []answer {
	g.Helper()
	var list []answer
	for page := 1; ; page++ {
		join := "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		some := g.whole(fmt.Sprintf("%s%slimit=50&page=%d", path, join, page))
		list = append(list, some...)
		if len(some) < 50 {
			return list
		}
	}
}

func (g giteaReader) contents(org string) map[string]string {
	g.Helper()
	all := map[string]string{}
	for _, r := range g.all("/orgs/" + org + "/repos") {
		g.repository(r, all)
	}
	return all
}

func (g giteaReader) repository(r answer, all map[string]string) {
	full := r.text("full_name")
	put := func(name, form string, args ...any) {
		name = full + " " + name
		if _, twice := all[name]; twice {
			g.Errorf("%s is there twice", name)
		}
		all[name] = g.same(fmt.Sprintf(form, args...))
	}
	at := "/repos/" + full
	put("repository", "%q %q private=%v archived=%v branch=%s issues=%v wiki=%v topics=%v", r["description"], r["website"], r["private"], r["archived"],
		r["default_branch"], r["has_issues"], r["has_wiki"], r["topics"])
	for _, l := range g.all(at + "/labels") {
		put("label "+l.text("name"), "%v %q", l["color"], l["description"])
	}
	for _, m := range g.all(at + "/milestones?state=all") {
		put("milestone "+m.text("title"), "%s %q due=%v", m["state"], m["description"], m["due_on"])
	}
	for _, c := range g.all(at + "/collaborators") {
		put("collaborator "+c.text("login"), "%s", g.get(at+"/collaborators/"+c.text("login")+"/permission").text("permission"))
	}
	for _, p := range g.whole(at + "/branch_protections") {
		put("protection "+p.text("rule_name"), "%v %v", p["required_approvals"], p["enable_force_push"])
	}
	for _, i := range g.all(at + "/issues?state=all") {
		g.thread(at, i, put)
	}
	for _, e := range g.all(at + "/releases") {
		put("release "+e.text("tag_name"), "%q %s draft=%v prerelease=%v\n%s", e["name"], e.object("author").text("login"), e["draft"], e["prerelease"], g.attached(e.text("body"), e.list("assets")))
		g.assets("of release "+e.text("tag_name"), e.list("assets"), put)
	}
	for _, part := range []string{"", ".wiki"} {
		for ref, oid := range g.refs(full + part) {
			put("ref"+part+" "+ref, "%s", oid)
		}
	}
}

// thread notes an issue or pull request, and all that stands under it.
func (g giteaReader) thread(at string, i answer, put func(string, string, ...any)) {
	n := i.number("number")
	name := fmt.Sprint("thread ", n)
	assets := i.list("assets")
	put(name, "%q by %s: %s locked=%v labels=%v milestone=%v assignees=%v due=%v %s\n%s", i["title"], i.object("user").text("login"), i["state"], i["is_locked"],
		names(i.list("labels"), "name"), i.object("milestone").text("title"), names(i.list("assignees"), "login"), i["due_date"],
		g.reactions(fmt.Sprintf("%s/issues/%d/reactions", at, n)), g.attached(i.text("body"), assets))
	g.assets(fmt.Sprint("of thread ", n), assets, put)
	var order []string
	for _, c := range g.whole(fmt.Sprintf("%s/issues/%d/comments", at, n)) {
		key, known := attribution.ParseMarker(c.text("body"))
		if !known {
			continue // made by the server itself, such as when a branch was deleted
		}
		order = append(order, key.String())
		put("comment "+key.String(), "in %d by %s: %s\n%s", n, c.object("user").text("login"),
			g.reactions(fmt.Sprintf("%s/issues/comments/%d/reactions", at, c.number("id"))), g.attached(c.text("body"), append(assets, c.list("assets")...)))
		g.assets("of comment "+key.String(), c.list("assets"), put)
	}
	put(fmt.Sprint("order in thread ", n), "%s", strings.Join(order, "\n"))
	if i["pull_request"] != nil {
		g.pull(at, n, assets, put)
	}
}

func (g giteaReader) pull(at string, n int64, assets []answer, put func(string, string, ...any)) {
	p := g.get(fmt.Sprintf("%s/pulls/%d", at, n))
	put(fmt.Sprint("pull ", n), "draft=%v merged=%v %v base=%s head=%s", p["draft"], p["merged"], p["merge_commit_sha"], p.object("base").text("ref"), p.object("head").text("sha"))
	texts := map[int64]string{} // of reviews, as people see them: the API shows what they were at first
	for page := 1; ; page++ {
		some := g.whole(fmt.Sprintf("%s/issues/%d/timeline?limit=50&page=%d", at, n, page))
		for _, e := range some {
			if e.text("type") == "review" {
				texts[e.number("review_id")] = e.text("body")
			}
		}
		if len(some) == 0 {
			break
		}
	}
	var order []string
	for _, r := range g.all(fmt.Sprintf("%s/pulls/%d/reviews", at, n)) {
		body := texts[r.number("id")]
		key, known := attribution.ParseMarker(body)
		if !known {
			key.ID = fmt.Sprintf("%d#%s %s", n, r.text("state"), r.object("user").text("login"))
		}
		order = append(order, key.String())
		verdict, body := verdictOf(r.text("state"), body)
		if strings.Contains(body, "**gave a review that was dismissed**") && (r.text("state") == "COMMENT" || r["dismissed"] == true || p.text("state") != "open") {
			// As a comment, or as a verdict that was taken back, or as one that
			// counts for nothing any more and that the server keeps.
			verdict = "DISMISSED"
		}
		put("review "+key.String(), "of %d by %s: %s\n%s", n, r.object("user").text("login"), verdict, g.attached(body, assets))
		if r.number("comments_count") == 0 {
			continue
		}
		for _, c := range g.whole(fmt.Sprintf("%s/pulls/%d/reviews/%d/comments", at, n, r.number("id"))) {
			remark, _ := attribution.ParseMarker(c.text("body"))
			put("remark "+remark.String(), "of %s by %s at %s:%v:%v resolved=%v\n%s", key, c.object("user").text("login"), c["path"], c["position"], c["original_position"], c["resolver"] != nil, g.attached(c.text("body"), assets))
		}
	}
	put(fmt.Sprint("order in reviews ", n), "%s", strings.Join(order, "\n"))
}

// verdictOf takes the verdict of a review out of its line, where it stands when
// the pull request was not open when the review was written.
func verdictOf(state, body string) (verdict, rest string) {
	for told, means := range map[string]string{"approved these changes": "APPROVED", "requested changes": "REQUEST_CHANGES"} {
		if rest, ok := strings.CutPrefix(body, "> "); ok {
			line, text, _ := strings.Cut(rest, "\n")
			if strings.Contains(line, " · **"+told+"**") {
				return means, "> " + strings.Replace(line, " · **"+told+"**", "", 1) + "\n" + text
			}
			if means == state && strings.Contains(line, " "+told+" on ") {
				return state, "> " + strings.Replace(line, " "+told+" on ", " reviewed on ", 1) + "\n" + text
			}
		}
	}
	return state, body
}

func (g giteaReader) assets(of string, assets []answer, put func(string, string, ...any)) {
	for _, a := range assets {
		_, _, data := g.do(http.MethodGet, a.text("browser_download_url"))
		put("asset "+of+" "+a.text("name"), "%q", data)
	}
}

// attached replaces the ids of files, which differ from server to server, by
// their names.
func (g giteaReader) attached(text string, assets []answer) string {
	for _, a := range assets {
		text = strings.ReplaceAll(text, a.text("uuid"), a.text("name"))
	}
	return text
}

// same takes out of a text what differs from server to server.
func (g giteaReader) same(text string) string {
	return strings.ReplaceAll(text, g.url, "https://gitea.example")
}

func (g giteaReader) reactions(path string) string {
	var list []string
	for _, r := range g.whole(path) {
		list = append(list, r.text("content")+" "+r.object("user").text("login"))
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

func names(list []answer, field string) []string {
	var all []string
	for _, o := range list {
		all = append(all, o.text(field))
	}
	slices.Sort(all)
	return all
}

var serverRef = regexp.MustCompile(`^refs/pull/\d+/merge$`)

// refs lists the refs of a repository over HTTP, those of the server's own
// making excepted.
func (g giteaReader) refs(full string) map[string]string {
	cmd := exec.Command("git", "-c", "http.extraHeader=Authorization: token "+g.token, "ls-remote", "--symref", g.url+"/"+full+".git")
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
		if !serverRef.MatchString(name) {
			refs[name] = cmp.Or(refs[name], oid) // of HEAD the branch, which comes first
		}
	}
	return refs
}
