package git

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// run runs the real git as a user would.
func run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return runInput(t, dir, "", args...)
}

func runInput(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Cy", "GIT_COMMITTER_EMAIL=cy@example.org", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// newBare makes an empty bare repository with HEAD at refs/heads/main.
func newBare(t testing.TB, dir string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(dir), 0o777))
	run(t, "", "init", "--quiet", "--bare", "--initial-branch=main", dir)
	return dir
}

// commit adds a commit with the files to the branch and returns its id.
func commit(t testing.TB, dir, branch string, files map[string]string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "commit refs/heads/%s\nauthor Ada <ada@example.org> 1700000000 +0000\ncommitter Cy <cy@example.org> 1700000000 +0000\ndata 2\nm\n", branch)
	if parent, err := exec.Command("git", "--git-dir="+dir, "rev-parse", "--verify", "--quiet", "refs/heads/"+branch).Output(); err == nil {
		fmt.Fprintf(&b, "from %s\n", strings.TrimSpace(string(parent)))
	}
	for name, content := range files {
		fmt.Fprintf(&b, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
	}
	runInput(t, dir, b.String(), "--git-dir="+dir, "fast-import", "--quiet", "--date-format=raw")
	return run(t, dir, "--git-dir="+dir, "rev-parse", "refs/heads/"+branch)
}

// newSourceRepo makes a bare repository with one commit and a tag.
func newSourceRepo(t testing.TB, dir string) string {
	t.Helper()
	newBare(t, dir)
	commit(t, dir, "main", map[string]string{"README": "hello\n"})
	run(t, dir, "tag", "v1", "main")
	return dir
}

func refsOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	refs := map[string]string{}
	for line := range strings.Lines(run(t, dir, "for-each-ref", "--format=%(refname) %(objectname)")) {
		name, oid, _ := strings.Cut(strings.TrimSpace(line), " ")
		refs[name] = oid
	}
	return refs
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError compares what the engine decides by.
func wantError(t testing.TB, err error, code providers.Code, attribute string) *providers.Error {
	t.Helper()
	e := providers.AsError(err)
	if e == nil {
		t.Fatalf("error = nil, want %s", code)
	}
	if e.Code != code || e.Attribute != attribute {
		t.Errorf("error has code %q and attribute %q, want %q and %q: %v", e.Code, e.Attribute, code, attribute, e)
	}
	return e
}

type options struct {
	dir      string
	username string
	password string
	lfs      string
}

func open(t testing.TB, o options) *source {
	t.Helper()
	settings := map[string]string{}
	for name, value := range map[string]string{"username": o.username, "lfs": o.lfs} {
		if value != "" {
			settings[name] = value
		}
	}
	secrets := map[string]string{}
	if o.password != "" {
		secrets["password"] = o.password
	}
	s, err := New().OpenSource(t.Context(), providers.Config{Settings: marshal(t, settings), Secrets: secrets, Dir: o.dir})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s.(*source)
}

func marshal(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return data
}

func repoAt(t testing.TB, url string) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: marshal(t, map[string]string{"vcs_url": url})}
}

func inspect(t testing.TB, s *source, url, etag string) providers.Inspection {
	t.Helper()
	var answers []providers.Inspection
	for answer, err := range s.Inspect(t.Context(), []providers.Lookup{{ID: 7, Repo: repoAt(t, url), ETag: etag}}) {
		must(t, err)
		answers = append(answers, answer)
	}
	if len(answers) != 1 || answers[0].ID != 7 {
		t.Fatalf("answers = %+v, want one with ID 7", answers)
	}
	return answers[0]
}

func export(t testing.TB, s *source, url, dir string) providers.Export {
	t.Helper()
	e, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: repoAt(t, url), Part: providers.PartCode, Dir: dir}, nil)
	must(t, err)
	return e
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		must(t, err)
		all = append(all, v)
	}
	return all
}

// backend offers the repositories below root over HTTP.
func backend(t testing.TB, root string) http.Handler {
	t.Helper()
	return &cgi.Handler{
		Path: filepath.Join(run(t, "", "--exec-path"), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull},
		Stderr: io.Discard,
	}
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// guarded lets requests with the given credentials pass.
func guarded(user, password string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// pointerTo returns content's Git LFS pointer, as committed, and its OID.
func pointerTo(content string) (pointer, oid string) {
	sum := sha256.Sum256([]byte(content))
	oid = hex.EncodeToString(sum[:])
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content)), oid
}

func lfsPath(dir, oid string) string {
	return filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)
}

func TestDescription(t *testing.T) {
	d := New().Description
	if d.Name != "git" || d.Version != Version || d.Target != nil || d.Source == nil || !d.Source.Git || len(d.Source.Streams) != 0 {
		t.Errorf("description = %+v, want a git source without streams", d)
	}
	if !d.Source.Settings.Find("password").Secret {
		t.Error("password is not a secret")
	}
	if a := d.Source.Repository.Find("vcs_url"); !a.Required || a.OnChange != schema.EffectResync {
		t.Errorf("vcs_url = %+v, want it required and resyncing", a)
	}
	for _, list := range []schema.Attributes{d.Source.Settings, d.Source.Repository, d.Source.Discover[kindRepositories]} {
		for _, a := range list {
			if a.Default != "" && !json.Valid([]byte(a.Default)) || !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("attribute %s: default %q, doc %q", a.Name, a.Default, a.Doc)
			}
		}
	}
	if got := d.Source.Discover[kindRepositories].Find("depth").Default; got != fmt.Sprint(defaultDepth) {
		t.Errorf("default of depth = %s, want %d", got, defaultDepth)
	}
}

func TestOpenRefusesBadSettings(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "empty.pem"), []byte("no certificate"), 0o666))
	for _, test := range []struct {
		name, settings, password, attribute string
	}{
		{"no such ca_file", `{"ca_file":"nope.pem"}`, "", "ca_file"},
		{"ca_file without certificates", `{"ca_file":"empty.pem"}`, "", "ca_file"},
		{"password with a line break", `{}`, "s3cret\n", "password"},
		{"username with a line break", `{"username":"a\nb"}`, "", "username"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New().OpenSource(t.Context(), providers.Config{
				Settings: json.RawMessage(test.settings), Secrets: map[string]string{"password": test.password}, Dir: dir})
			e := wantError(t, err, providers.CodeInvalid, test.attribute)
			if strings.Contains(fmt.Sprint(e, e.Hint), "s3cret") {
				t.Errorf("the password is shown: %v", e)
			}
		})
	}
}

func TestOpenWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := New().OpenSource(t.Context(), providers.Config{Dir: t.TempDir()})
	if e := wantError(t, err, providers.CodeInternal, ""); !strings.Contains(e.Hint, "install git") {
		t.Errorf("hint = %q, want it to say that git is to be installed", e.Hint)
	}
}

func TestAuthors(t *testing.T) {
	dir := t.TempDir()
	repo := newBare(t, filepath.Join(dir, "a.git"))
	for _, who := range []string{"Zed <a@example.org>", "Ada <z@example.org>", "Bob <a@example.org>", "Bob <a@example.org>"} {
		stream := "commit refs/heads/main\nauthor " + who + " 1700000000 +0000\ncommitter " + who + " 1700000000 +0000\ndata 2\nm\n"
		if len(refsOf(t, repo)) > 0 {
			stream += "from refs/heads/main^0\n"
		}
		runInput(t, repo, stream, "fast-import", "--quiet")
	}
	want := []schema.Author{
		{RemoteID: "a@example.org", RemoteName: "Bob", Name: "Bob", Email: "a@example.org", Commits: 2},
		{RemoteID: "a@example.org", RemoteName: "Zed", Name: "Zed", Email: "a@example.org", Commits: 1},
		{RemoteID: "z@example.org", RemoteName: "Ada", Name: "Ada", Email: "z@example.org", Commits: 1},
	}
	s := open(t, options{dir: dir})
	for _, url := range []string{"a.git", "file://" + repo} {
		got := collect(t, s.Authors(t.Context(), repoAt(t, url), filepath.Join(t.TempDir(), "cache")))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
	}
	for _, err := range s.Authors(t.Context(), repoAt(t, "nope.git"), t.TempDir()) {
		wantError(t, err, providers.CodeNotFound, "vcs_url")
	}
}

func TestFailureCodes(t *testing.T) {
	web, err := parseAddress("https://me@example.org/a.git")
	must(t, err)
	ssh, err := parseAddress("git@example.org:a.git")
	must(t, err)
	for _, test := range []struct {
		kind      gitrepo.ErrorKind
		at        address
		code      providers.Code
		attribute string
	}{
		{gitrepo.Auth, web, providers.CodeAuth, "password"},
		{gitrepo.Auth, ssh, providers.CodeAuth, "vcs_url"},
		{gitrepo.NotFound, web, providers.CodeNotFound, "vcs_url"},
		{gitrepo.Unreachable, web, providers.CodeUnavailable, ""},
		{gitrepo.Canceled, web, providers.CodeUnavailable, ""},
		{gitrepo.Refused, web, providers.CodeInvalid, ""},
		{gitrepo.Corrupt, web, providers.CodeInvalid, ""},
		{gitrepo.NoSpace, web, providers.CodeUnavailable, ""},
		{gitrepo.Missing, web, providers.CodeInternal, ""},
		{gitrepo.Failed, web, providers.CodeInternal, ""},
	} {
		e := wantError(t, failure("list refs", test.at, &gitrepo.Error{Op: "x", Kind: test.kind, Message: "because"}), test.code, test.attribute)
		if strings.Contains(e.Subject, "me@") || e.Op != "list refs" || e.Message != "because" {
			t.Errorf("%s: error = %+v", test.kind, e)
		}
	}
}
