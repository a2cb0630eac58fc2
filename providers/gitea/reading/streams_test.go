package reading_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitea/livetest"
	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/schema"
)

var update = flag.Bool("update", false, "record the answers of a real server anew; see "+livetest.Variable)

// recordedFile holds what a real Gitea answered to the tests of the streams.
const recordedFile = "testdata/gitea-1.26.0.json"

// recording is what a server answered, and the repository that it was asked about.
type recording struct {
	Repository full
	Answers    map[string]recorded // by user and address
}

// recorded is one answer. HOST in it stands for the address of the server.
type recorded struct {
	Status int               `json:",omitempty"`
	Header map[string]string `json:",omitempty"`
	Body   string
}

// streamTests are made on a real server, and on what one answered.
func streamTests() map[string]func(*testing.T, *world, full) {
	return map[string]func(*testing.T, *world, full){"Base": testBase, "Releases": testReleases, "Threads": testThreads}
}

// TestStreams makes the tests of the streams without a server.
func TestStreams(t *testing.T) {
	data, err := os.ReadFile(recordedFile)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	w := &world{tokens: map[string]string{"admin1": "token-of-admin1", "alice": "token-of-alice"}}
	root := t.TempDir()
	code := gitserver.New(root, func(*http.Request, string, bool) int { return 0 })
	dir, err := code.Create("acme/full")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	sourcetest.Git(t, work, "init", "--quiet", "--initial-branch=main")
	if head := sourcetest.Commit(t, work, "a.txt", firstText); head != r.Repository.Base {
		t.Fatalf("the first commit is %s", head)
	}
	sourcetest.Commit(t, work, "a.txt", secondText)
	sourcetest.Git(t, work, "push", "--quiet", dir, "HEAD:refs/heads/main", "HEAD:refs/pull/2/head")
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if gitserver.Serves(req) {
			code.ServeHTTP(rw, req)
			return
		}
		a, ok := r.Answers[w.keyOf(req)]
		if !ok {
			t.Errorf("nothing was recorded for %s", w.keyOf(req))
			a.Status = http.StatusTeapot
		}
		for name, value := range a.Header {
			rw.Header().Set(name, strings.ReplaceAll(value, "HOST", w.url))
		}
		rw.WriteHeader(cmp.Or(a.Status, http.StatusOK))
		_, _ = io.WriteString(rw, strings.ReplaceAll(a.Body, "HOST", w.url))
	}))
	defer server.Close()
	w.url = server.URL
	for name, test := range streamTests() {
		t.Run(name, func(t *testing.T) { test(t, w, r.Repository) })
	}
}

// keyOf is what an answer is found by.
func (w *world) keyOf(r *http.Request) string {
	for user, token := range w.tokens {
		if r.Header.Get("Authorization") == "token "+token {
			return user + " " + r.URL.RequestURI()
		}
	}
	return r.URL.RequestURI()
}

// recordStreams makes the tests of the streams on a real server, and notes what it
// answers.
func recordStreams(t *testing.T, w *world) {
	r := recording{Repository: w.full(t, "full"), Answers: map[string]recorded{}}
	to, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	through := &world{tokens: w.tokens}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(answer *http.Response) error {
		if gitserver.Serves(answer.Request) {
			return nil
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return err
		}
		answer.Body = io.NopCloser(strings.NewReader(string(body)))
		a := recorded{Status: answer.StatusCode, Header: map[string]string{}, Body: bare(string(body), through.url)}
		for _, name := range []string{"X-Total-Count", "Link", "Content-Type"} {
			if value := answer.Header.Get(name); value != "" {
				a.Header[name] = bare(value, through.url)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		r.Answers[w.keyOf(answer.Request)] = a
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		req.Host = req.URL.Host // as the client named it
		req.Header.Del("Accept-Encoding")
		proxy.ServeHTTP(rw, req)
	}))
	defer server.Close()
	through.url = server.URL
	for name, test := range streamTests() {
		t.Run(name, func(t *testing.T) { test(t, through, r.Repository) })
	}
	if !*update || t.Failed() {
		return
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.FromSlash(recordedFile), append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bare is a text without the address of the server and without what no test looks
// at.
func bare(text, address string) string {
	for _, noise := range []string{"avatar_url", "last_login", "login_name", "language", "location", "languages_url", "ssh_url", "source_id", "followers_count", "following_count", "starred_repos_count"} {
		for {
			at := strings.Index(text, `"`+noise+`":`)
			if at < 0 {
				break
			}
			end := at + strings.IndexAny(text[at:], ",}")
			text = text[:at] + strings.TrimPrefix(text[end:], ",")
		}
	}
	return strings.ReplaceAll(text, address, "HOST")
}

func testBase(t *testing.T, w *world, _ full) {
	s := w.open(t, "admin1", nil)
	g := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "base"})

	repositories := sourcetest.Bodies[schema.Repository](t, g, schema.KindRepository)
	sourcetest.Same(t, "repository", []schema.Repository{{
		Name: "full", FullName: "acme/full", Description: "A lamp 💡", Homepage: "https://example.org", Visibility: "private", DefaultBranch: "main",
		Topics: []string{"light", "oil"}, URL: repositories[0].URL, CreatedAt: repositories[0].CreatedAt,
		Features: map[string]bool{"issues": true, "wiki": true, "projects": true, "changes": true},
		Merge:    map[string]bool{"merge": true, "squash": false, "rebase": true, "fast_forward": true, "delete_branch": false},
	}}, repositories)
	labels := sourcetest.Bodies[schema.Label](t, g, schema.KindLabel)
	slices.SortFunc(labels, func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) })
	labels = slices.DeleteFunc(labels, func(l schema.Label) bool { return strings.HasPrefix(l.Name, "org ") && l.Name != "org full" })
	sourcetest.Same(t, "labels", []schema.Label{
		{Name: "bug", Color: "ff0000", Description: "not right"}, {Name: "org full", Color: "0000ff"}, {Name: "prio/high", Color: "00ff00", Exclusive: true},
	}, labels)
	milestones := sourcetest.Bodies[schema.Milestone](t, g, schema.KindMilestone)
	if len(milestones) != 1 || milestones[0].Title != "1.0" || milestones[0].State != "closed" || milestones[0].DueOn != "2027-03-01" || milestones[0].ClosedAt.IsZero() {
		t.Errorf("milestones: %+v", milestones)
	}
	var members []string
	for _, m := range sourcetest.Bodies[schema.Member](t, g, schema.KindMember) {
		members = append(members, m.Person.Login+" "+m.Access)
	}
	slices.Sort(members)
	sourcetest.Same(t, "members", []string{"alice write", "bob write"}, members)
	sourcetest.Same(t, "protections", []schema.Protection{
		{Ref: "branch", Pattern: "release/*", Push: "nobody", Merge: "write", PushPeople: []schema.Person{{Login: "alice"}}, Approvals: 2, Signed: true, RequiredChecks: []string{"ci"}},
		{Ref: "tag", Pattern: "v*", Push: "nobody", Merge: "nobody", PushPeople: []schema.Person{{Login: "bob"}}},
	}, sourcetest.Bodies[schema.Protection](t, g, schema.KindProtection))
	sourcetest.Same(t, "losses", map[string]int64{"gitea.secrets": 1, "gitea.variables": 1, "gitea.webhooks": 1}, g.Codes())
	for _, l := range g.Losses {
		if strings.Contains(l.Message, "pw") || strings.Contains(l.Message, "=y") {
			t.Errorf("a loss repeats a secret: %s", l.Message)
		}
	}
	// Begun again after each checkpoint, it yields the rest and ends the same.
	for i, c := range g.Checkpoints {
		again := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "base", Cursor: c})
		sourcetest.Same(t, fmt.Sprintf("records after checkpoint %d", i), g.Keys()[g.After[i]:], append([]string{}, again.Keys()...))
		sourcetest.Same(t, "counts", g.End.Counts, again.End.Counts)
	}
	// What somebody who may only write sees.
	limited := read(t, w.open(t, "alice", nil), providers.ReadRequest{Repo: named(t, "full"), Stream: "base"})
	if codes := limited.Codes(); codes["gitea.protections"] != 1 || codes["gitea.secrets"] != 1 {
		t.Errorf("losses with the token of one who may only write: %v", codes)
	}
}

func testReleases(t *testing.T, w *world, f full) {
	s := w.open(t, "admin1", map[string]any{"pagination_limit": 1})
	g := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "releases"})
	var releases []string
	for _, r := range sourcetest.Bodies[schema.Release](t, g, schema.KindRelease) {
		releases = append(releases, fmt.Sprintf("%s|%s|%t|%t|%s|%t", r.Tag, r.Name, r.Draft, r.Prerelease, r.Author.Login, r.PublishedAt.IsZero()))
	}
	slices.Sort(releases)
	sourcetest.Same(t, "releases", []string{"v1|One|false|false|bob|false", "v2||true|true|bob|true"}, releases)
	files := sourcetest.Bodies[schema.Attachment](t, g, schema.KindAttachment)
	if len(files) != 2 || files[0].Name != "lamp.tar.gz" || files[0].Role != "asset" || files[1].URL != "/attachments/"+f.Note || files[1].Name != "the note" {
		t.Fatalf("files: %+v", files)
	}
	for _, r := range g.Records {
		if r.Blob == nil {
			continue
		}
		content, err := s.OpenBlob(t.Context(), named(t, "full"), *r.Blob)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		content.Close()
		if want := map[string]string{"lamp.tar.gz": "tar", "the note": "a note"}[nameOf(t, r)]; err != nil || string(data) != want {
			t.Errorf("%s is %q, %v; want %q", nameOf(t, r), data, err, want)
		}
	}
}

func nameOf(t *testing.T, r schema.Record) string {
	t.Helper()
	return sourcetest.Bodies[schema.Attachment](t, sourcetest.Reading{Records: []schema.Record{r}}, schema.KindAttachment)[0].Name
}

func testThreads(t *testing.T, w *world, f full) {
	s := w.open(t, "admin1", map[string]any{"pagination_limit": 2})
	g := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "threads"})

	issues := sourcetest.Bodies[schema.Issue](t, g, schema.KindIssue)
	if len(issues) != 2 {
		t.Fatalf("%d issues", len(issues))
	}
	one := issues[0]
	sourcetest.Same(t, "issue", schema.Issue{
		Number: 1, Title: "Too dark", Text: "It is *dark*.\n\nSee #3 and @bob.", State: "closed", Author: one.Author, Assignees: one.Assignees,
		Labels: []string{"bug"}, Milestone: one.Milestone, Locked: true, Pinned: true, DueOn: "2027-02-03", Reactions: one.Reactions, URL: one.URL,
		CreatedAt: one.CreatedAt, ClosedAt: one.ClosedAt, ClosedBy: one.ClosedBy,
	}, one)
	if one.Author.Login != "alice" || len(one.Assignees) != 1 || one.Assignees[0].Login != "bob" || one.ClosedBy.Login != "bob" || len(one.Reactions) != 1 ||
		one.Reactions[0].Name != "heart" || one.Reactions[0].Person.Login != "bob" || one.Reactions[0].At.IsZero() || one.Milestone == "" || one.ClosedAt.IsZero() {
		t.Errorf("issue: %+v", one)
	}
	change := sourcetest.Bodies[schema.Change](t, g, schema.KindChange)[0]
	if change.State != "merged" || change.Head.Commit != f.Head || change.Head.Branch != "light" || !change.Head.Gone || change.Head.Ref != "refs/pull/2/head" ||
		change.Base.Branch != "main" || change.MergeCommit == "" || change.MergedBy == nil || change.MergedBy.Login != "admin1" || change.MergedAt.IsZero() || change.Text != "Closes #1" {
		t.Errorf("change: %+v", change)
	}
	var reviews []string
	for _, r := range sourcetest.Bodies[schema.Review](t, g, schema.KindReview) {
		reviews = append(reviews, r.State+" "+r.Text)
		if r.Commit != f.Head {
			t.Errorf("review of %s", r.Commit)
		}
	}
	sourcetest.Same(t, "reviews", []string{"dismissed Not yet.", "approved Well."}, reviews)
	var comments []string
	for _, c := range sourcetest.Bodies[schema.Comment](t, g, schema.KindComment) {
		place := ""
		if p := c.Position; p != nil {
			place = fmt.Sprintf(" at %s:%d %s", p.Path, p.Line, p.Side)
		}
		comments = append(comments, c.Author.Login+": "+c.Text+place)
	}
	sourcetest.Same(t, "comments", []string{"bob: Why? ![lamp](/attachments/" + f.Picture + ")", "bob: Louder? at a.txt:2 new", "bob: Why not? at a.txt:2 old", "bob: Thanks"}, comments)
	var events []string
	for _, e := range sourcetest.Bodies[schema.Event](t, g, schema.KindEvent) {
		events = append(events, e.Name)
	}
	sourcetest.Same(t, "events", []string{
		"milestoned", "labeled", "assigned", "renamed", "closed", "locked", "pinned", "referenced", "dependency_added",
		"pushed", "review_requested", "review_dismissed", "merged", "head_ref_deleted", "dependency_added", "add_time_manual",
	}, events)
	var files []string
	for _, a := range sourcetest.Bodies[schema.Attachment](t, g, schema.KindAttachment) {
		files = append(files, a.Name)
	}
	sourcetest.Same(t, "files", []string{"lamp.png", "note.txt"}, files)
	sourcetest.Same(t, "whole", []string{"issue 1", "change 2", "issue 3"}, sourcetest.Strings(g.Whole))
	sourcetest.Same(t, "counts", map[schema.Kind]int64{"issue": 2, "change": 1, "review": 2, "comment": 4, "event": 16, "attachment": 2}, g.End.Counts)

	// Twice the same.
	again := read(t, w.open(t, "admin1", nil), providers.ReadRequest{Repo: named(t, "full"), Stream: "threads"})
	sourcetest.Same(t, "a second reading, in larger pages", g.Records, again.Records)
	// Begun again after each checkpoint.
	for i, c := range g.Checkpoints {
		rest := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "threads", Cursor: c})
		sourcetest.Same(t, fmt.Sprintf("records after checkpoint %d", i), g.Keys()[g.After[i]:], append([]string{}, rest.Keys()...))
		sourcetest.Same(t, "counts", g.End.Counts, rest.End.Counts)
	}
	// Picked.
	wanted := []schema.Key{g.Records[len(g.Records)-1].Key(), g.Records[1].Key(), {Kind: schema.KindIssue, ID: "99"}, {Kind: schema.KindComment, ID: "x"}}
	picked := read(t, s, providers.ReadRequest{Repo: named(t, "full"), Stream: "threads", Keys: wanted})
	sourcetest.Same(t, "picked", []schema.Record{g.Records[1], g.Records[len(g.Records)-1]}, picked.Records)
	// Without files.
	without := read(t, s, providers.ReadRequest{Repo: providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"repository": "acme/full"})}, Stream: "threads"})
	if n := without.Codes()["gitea.attachments"]; n != 2 || len(without.IDs(schema.KindAttachment)) != 0 {
		t.Errorf("%d files are told as left out", n)
	}
}
