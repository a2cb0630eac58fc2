package tfvc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/providers/tfvc/tfvctest"
	"github.com/drover-migrate/drover/schema"
)

func TestCommits(t *testing.T) {
	bob := tfvctest.Person{Display: "Bob Builder", Unique: `CORP\bob`}
	long := strings.Repeat("long ", 1000) + "end"
	c := convert(t, nil, one(add("a.txt", "a\n"), tfvctest.By(bob), tfvctest.WorkItems(12, 7), tfvctest.On(time.Date(2012, 2, 3, 4, 5, 6, 789_000_000, time.UTC))),
		func(c *tfvctest.Collection) { c.Commit(long, edit("a.txt", "b\n"), tfvctest.CheckedInBy(bob)) },
		func(c *tfvctest.Collection) { c.Commit("", edit("a.txt", "c\n"), tfvctest.By(tfvctest.Person{})) })
	header := func(n int) string {
		_, text, _ := strings.Cut(c.git("cat-file", "commit", fmt.Sprintf("refs/heads/main~%d", n)), "author ")
		return "author " + text
	}
	want := "author Bob Builder <CORP\\bob@127.0.0.1> 1328241906 +0000\ncommitter Bob Builder <CORP\\bob@127.0.0.1> 1328241906 +0000\n\na change\n\nWork-Item: AB#7\nWork-Item: AB#12\n"
	if diff := cmp.Diff(want, header(2)); diff != "" {
		t.Errorf("first commit (-want +got):\n%s", diff)
	}
	want = "author Ann Other <ann@example.com> 1393675380 +0000\ncommitter Bob Builder <CORP\\bob@127.0.0.1> 1393675380 +0000\n\n" + long + "\n"
	if diff := cmp.Diff(want, header(1)); diff != "" {
		t.Errorf("second commit (-want +got):\n%s", diff)
	}
	if got := header(0); !strings.HasPrefix(got, "author (no author) <(no author)@127.0.0.1> ") {
		t.Errorf("commit without an author:\n%s", got)
	}
	c.wantLosses("tfvc.author  C4")
	var people []schema.Author
	for a, err := range c.source.Authors(t.Context(), c.repo, "") {
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, a)
	}
	wantPeople := []schema.Author{
		{RemoteID: "(no author)@127.0.0.1", RemoteName: "(no author)", Name: "(no author)", Email: "(no author)@127.0.0.1", Commits: 1},
		{RemoteID: `CORP\bob@127.0.0.1`, RemoteName: "Bob Builder", Name: "Bob Builder", Email: `CORP\bob@127.0.0.1`, Commits: 1},
		{RemoteID: "ann@example.com", RemoteName: "Ann Other", Name: "Ann Other", Email: "ann@example.com", Commits: 2},
	}
	if diff := cmp.Diff(wantPeople, people); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}

// TestPaths drops what git must not hold, and says so.
func TestPaths(t *testing.T) {
	c := convert(t, nil, one(add("a.txt", "a\n"), add(".git/config", "evil\n"), add("sub/.GIT/hooks/x", "evil\n"), add("sub/b.txt", "b\n"), add(".gitmodules", "fine\n")),
		one(edit("sub/.GIT/hooks/x", "more\n")), one(remove(".git"), add("git~1/x", "evil\n")))
	if diff := cmp.Diff(map[string]string{"a.txt": "a\n", "sub/b.txt": "b\n", ".gitmodules": "fine\n"}, c.files("refs/heads/main")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	c.wantLosses("tfvc.path .git/config C2", "tfvc.path git~1/x C4", "tfvc.path sub/.GIT/hooks/x C2")
}

// TestHostilePaths refuses paths that no server has.
func TestHostilePaths(t *testing.T) {
	for _, path := range []string{"$/P/../Q/x", "$/P//x", "$/P/./x", "/etc/passwd", "$/P/a\x00b", "$/P/" + strings.Repeat("d/", 2000) + "x"} {
		t.Run(path[:min(len(path), 12)], func(t *testing.T) {
			c := tfvctest.New(t)
			c.Project("P")
			c.Commit("evil", add("ok.txt", "x\n"))
			c.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/2/changes") {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"count":1,"value":[{"changeType":"add","item":{"path":%q,"version":2,"size":2,"hashValue":"QBtwTnZd9CqeQgDNm9xdEQ=="}}]}`, path)
				return true
			})
			_, err := newSource(t, nil).ExportGit(t.Context(), providers.ExportRequest{Repo: repoOf(t, c, nil), Part: providers.PartCode, Dir: rawDir(t)}, nil)
			if err == nil || !strings.Contains(err.Error(), "changeset 2") {
				t.Errorf("error %v; want one that names changeset 2", err)
			}
		})
	}
}

// TestPages reads lists that are longer than a page, however the server cuts
// them.
func TestPages(t *testing.T) {
	servers := map[string]func(c *tfvctest.Collection){
		"no limits":    func(c *tfvctest.Collection) {},
		"pages of 100": func(c *tfvctest.Collection) { c.PageCap = 100 },
		"tokens":       func(c *tfvctest.Collection) { c.PageCap, c.Tokens = 100, true },
		"exclusive":    func(c *tfvctest.Collection) { c.PageCap, c.ExclusiveFrom = 100, true },
	}
	refs := map[string]string{}
	for name, set := range servers {
		c := tfvctest.New(t)
		set(c)
		c.Project("P")
		var ops []tfvctest.Op
		for i := range 250 {
			ops = append(ops, add(fmt.Sprintf("d%d/f%d.txt", i%7, i), fmt.Sprintln(i)))
		}
		c.Commit("many", ops...)
		c.Skip(5)
		for i := range 270 {
			c.Commit("one more", edit(fmt.Sprintf("d%d/f%d.txt", i%250%7, i%250), fmt.Sprintln("changed", i)))
		}
		out := into(t, rawDir(t), c, nil)
		out.verify(false)
		if got := len(strings.Fields(out.git("rev-list", "--all"))); got != 271 {
			t.Errorf("%s: %d commits, want 271", name, got)
		}
		refs[out.export.Refs["refs/heads/main"]] = name
	}
	if len(refs) != 1 {
		t.Errorf("servers give different histories: %v", refs)
	}
}

// TestIncremental counts the requests of runs that have little to do.
func TestIncremental(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	for i := range 50 {
		c.Commit("a change", add(fmt.Sprintf("f%d.txt", i), fmt.Sprintln(i)))
	}
	dir := rawDir(t)
	into(t, dir, c, nil)
	count := func() (n int) {
		before := c.Requests()
		into(t, dir, c, nil)
		for what, k := range c.Requests() {
			n += k - before[what]
		}
		return n
	}
	if got := count(); got > 6 {
		t.Errorf("a run with nothing to do made %d requests", got)
	}
	c.Commit("new", edit("f1.txt", "new\n"))
	if got := count(); got > 11 {
		t.Errorf("a run with one changeset to do made %d requests", got)
	}
}

// TestEachContentOnce brings contents once, whatever they are called.
func TestEachContentOnce(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	big := strings.Repeat("0123456789abcdef", 1<<18) + "the end" // more than is held in memory
	c.Commit("begin", add("a.txt", "same\n"), add("b.txt", "same\n"), add("big.bin", big))
	c.Commit("copy", tfvctest.Branch("$/P/a.txt", "$/P/c.txt"), rename("big.bin", "large.bin"))
	c.Commit("back", edit("a.txt", "other\n"))
	c.Commit("and forth", edit("a.txt", "same\n"))
	out := into(t, rawDir(t), c, nil)
	out.verify(true)
	if n := c.Requests(); n["items"] != 3+4 || n["itembatch"] != 0 {
		t.Errorf("%d items and %d batches were asked for, want 3 files and 4 listings to compare with", n["items"], n["itembatch"])
	}
	if diff := cmp.Diff(c.Files("$/P", c.Latest()), out.files("refs/heads/main")); diff != "" {
		t.Error("the files are not those of the server")
	}
}

// TestDestroyed leaves out contents that the server no longer has, and says so
// in every run.
func TestDestroyed(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	c.Commit("begin", add("a.txt", "a\n"), add("gone.txt", "gone\n"), add("b.txt", "b\n"))
	c.Commit("later", edit("a.txt", "2\n"))
	c.Destroy("$/P/gone.txt", 2)
	dir := rawDir(t)
	for range 2 {
		out := into(t, dir, c, nil)
		if diff := cmp.Diff(map[string]string{"a.txt": "2\n", "b.txt": "b\n"}, out.files("refs/heads/main")); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		if f := out.export.Failed; len(f) != 1 || f[0].Title != "gone.txt" || f[0].Problem.Code != providers.CodeNotFound {
			t.Errorf("failed: %+v", f)
		}
		out.wantLosses("tfvc.contents gone.txt C2")
	}
	c.Commit("again", tfvctest.Note("lock", "$/P/a.txt"))
	out := into(t, dir, c, nil)
	found := ""
	for v, err := range out.source.VerifyGit(t.Context(), providers.VerifyRequest{Repo: out.repo, Part: providers.PartCode, Dir: dir}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range v.Differences {
			found += d.Path + " " + d.Problem
		}
	}
	if found != "gone.txt is missing" {
		t.Errorf("the comparison says %q", found)
	}
}

// TestWrongContents stops when contents are not what their hash says.
func TestWrongContents(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	c.Commit("begin", add("a.txt", "a\n"))
	c.NoBatch = true
	c.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("download") == "" {
			return false
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		fmt.Fprint(w, "other")
		return true
	})
	_, err := newSource(t, nil).ExportGit(t.Context(), providers.ExportRequest{Repo: repoOf(t, c, nil), Part: providers.PartCode, Dir: rawDir(t)}, nil)
	if providers.CodeOf(err) != providers.CodeUnavailable || !strings.Contains(fmt.Sprint(err), "$/P/a.txt") {
		t.Errorf("error %v", err)
	}
}

// TestResume stops a conversion at every request and goes on.
func TestResume(t *testing.T) {
	build := func() *tfvctest.Collection {
		c := tfvctest.New(t)
		c.Project("P")
		mainAndDev(c)
		for i := range 6 {
			c.Commit("a change", edit("Dev/a.txt", fmt.Sprintln(i)), add(fmt.Sprintf("Dev/f%d", i), fmt.Sprintln("f", i)))
		}
		c.Commit("merge", merge("Dev", "Main", 4, 9))
		c.Label("v1", "$/P", "$/P/Main", 10)
		return c
	}
	want := into(t, rawDir(t), build(), nil).export.Refs
	c := build()
	dir := rawDir(t)
	request := repoOf(t, c, nil)
	for at := 1; ; at++ {
		ctx, stop := context.WithCancel(t.Context())
		var n atomic.Int64
		c.Intercept(func(http.ResponseWriter, *http.Request) bool {
			if n.Add(1) == int64(at) {
				stop()
			}
			return false
		})
		export, err := newSource(t, nil).ExportGit(ctx, providers.ExportRequest{Repo: request, Part: providers.PartCode, Dir: dir}, nil)
		stop()
		if err == nil {
			if diff := cmp.Diff(want, export.Refs); diff != "" {
				t.Errorf("refs (-want +got):\n%s", diff)
			}
			return
		}
		if code := providers.CodeOf(err); code != providers.CodeUnavailable {
			t.Fatalf("stopped at request %d: %v", at, err)
		}
	}
}

func TestDetect(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	c.Project("Empty")
	c.Commit("begin", add("a.txt", "a\n"))
	url := c.Serve()
	detect := func(url string, secrets map[string]string) (providers.Detection, error) {
		return newSource(t, secrets).Detect(t.Context(), url)
	}
	if d, err := detect(url, nil); err != nil || !d.Found || d.Choices != nil {
		t.Errorf("one project: %+v, %v", d, err)
	}
	c.Project("Q")
	c.Commit("begin", tfvctest.Add("$/Q/q.txt", "q\n"))
	d, err := detect(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []providers.ProjectChoice{{Label: "$/P", Settings: []byte(`{"tfvc_project":"P"}`)}, {Label: "$/Q", Settings: []byte(`{"tfvc_project":"Q"}`)}}
	if diff := cmp.Diff(want, d.Choices); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	_, err = newSource(t, nil).ExportGit(t.Context(), providers.ExportRequest{Repo: providers.Repo{Settings: fmt.Appendf(nil, `{"vcs_url":%q}`, url)}, Part: providers.PartCode, Dir: rawDir(t)}, nil)
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || e.Attribute != "tfvc_project" {
		t.Errorf("without a choice: %v", err)
	}
	c.Password = "pat"
	if _, err := detect(url, nil); providers.CodeOf(err) != providers.CodeAuth {
		t.Errorf("without a password: %v", err)
	}
	if _, err := detect(url, map[string]string{"password": "wrong"}); providers.CodeOf(err) != providers.CodeAuth || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong password: %v", err)
	}
	if d, err := detect(url, map[string]string{"password": "pat"}); err != nil || !d.Found {
		t.Errorf("with the password: %+v, %v", d, err)
	}
	for _, status := range []int{http.StatusNotFound, http.StatusUnauthorized, http.StatusOK, http.StatusForbidden} {
		c.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("WWW-Authenticate", `Basic realm="something else"`)
			w.WriteHeader(status)
			fmt.Fprint(w, "<html>")
			return true
		})
		if d, err := detect(url, nil); err != nil || d.Found {
			t.Errorf("another server, %d: %+v, %v", status, d, err)
		}
	}
	for _, url := range []string{"svn://example.com/x", "/a/path", "https://dev.azure.com/org/project/_git/repo"} {
		if d, err := detect(url, nil); err != nil || d.Found {
			t.Errorf("%s: %+v, %v", url, d, err)
		}
	}
}

func TestInspect(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	c.Commit("begin", add("a.txt", "a\n"))
	s, repo := newSource(t, nil), repoOf(t, c, nil)
	ask := func(etag string) providers.Inspection {
		for i, err := range s.Inspect(t.Context(), []providers.Lookup{{ID: 7, Repo: repo, ETag: etag}}) {
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		t.Fatal("no answer")
		return providers.Inspection{}
	}
	first := ask("")
	want := &providers.Facts{Identity: "tfvc:00000000-0000-0000-0000-000000000001", FullName: "DefaultCollection/P", Name: "P", URL: c.Serve(),
		Parts: []providers.Part{"code"}, DefaultBranch: "refs/heads/main", ObjectFormat: "sha1", ETag: first.Facts.ETag}
	if diff := cmp.Diff(want, first.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if i := ask(first.Facts.ETag); !i.Unchanged {
		t.Errorf("nothing changed: %+v", i)
	}
	c.Label("v1", "$/P", "$/P", 2)
	labelled := ask(first.Facts.ETag)
	if labelled.Unchanged {
		t.Fatal("a label was made, and nothing is said to have changed")
	}
	c.Commit("more", edit("a.txt", "b\n"))
	if ask(labelled.Facts.ETag).Unchanged {
		t.Error("a changeset was made, and nothing is said to have changed")
	}
	repo = repoOf(t, c, with{"tfvc_project": "Before"})
	repo.Identity = first.Facts.Identity
	if i := ask(""); i.Facts == nil || i.Facts.Name != "P" {
		t.Errorf("a project that was renamed: %+v", i)
	}
	repo = repoOf(t, c, with{"tfvc_project": "None"})
	if i := ask(""); i.Problem == nil || i.Problem.Code != providers.CodeNotFound {
		t.Errorf("a project that is not there: %+v", i)
	}
}

// TestKilled kills a process that converts, and goes on in another one.
func TestKilled(t *testing.T) {
	if url := os.Getenv("TFVC_TEST_KILLED"); url != "" {
		_, err := newSource(t, nil).ExportGit(context.Background(), providers.ExportRequest{
			Repo: providers.Repo{Settings: fmt.Appendf(nil, `{"vcs_url":%q,"tfvc_project":"P"}`, url)}, Part: providers.PartCode, Dir: os.Getenv("TFVC_TEST_DIR"),
		}, nil)
		t.Fatal("this process should be gone:", err)
	}
	c := tfvctest.New(t)
	c.Project("P")
	for i := range 20 {
		c.Commit("a change", add(fmt.Sprintf("f%d.txt", i), fmt.Sprintln(i)))
	}
	want := into(t, rawDir(t), c, nil).export.Refs
	dir := rawDir(t)
	for _, at := range []string{"/5/changes", "/20/changes", "/labels"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), "TFVC_TEST_KILLED="+c.Serve(), "TFVC_TEST_DIR="+dir)
		var out bytes.Buffer
		child.Stdout, child.Stderr = &out, &out
		started := make(chan struct{})
		c.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
			<-started
			if strings.HasSuffix(r.URL.Path, at) {
				_ = child.Process.Kill() // or it is gone already
			}
			return false
		})
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		var ended *exec.ExitError
		if err := child.Wait(); !errors.As(err, &ended) || ended.ExitCode() != -1 {
			t.Fatalf("%s: %v\n%s", at, err, out.String())
		}
	}
	c.Intercept(nil)
	if diff := cmp.Diff(want, into(t, dir, c, nil).export.Refs); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
}

func conformanceFixture(t *testing.T) providertest.Fixture {
	t.Helper()
	c := tfvctest.New(t)
	c.Project("P")
	mainAndDev(c)
	c.Commit("more", edit("Main/a.txt", "2\n"))
	return providertest.Fixture{Dir: t.TempDir(), Source: &providertest.SourceFixture{
		Repositories: []providertest.RepositoryFixture{{Settings: repoOf(t, c, nil).Settings}},
		Vanished:     repoOf(t, c, with{"tfvc_project": "None"}).Settings,
	}}
}

func TestConformance(t *testing.T) { providertest.Test(t, New(), conformanceFixture(t)) }

// TestConformanceBinary puts the program through the suite.
func TestConformanceBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	program := filepath.Join(t.TempDir(), "drover-provider-tfvc")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/drover-provider-tfvc")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	providertest.TestBinary(t, program, conformanceFixture(t))
}
