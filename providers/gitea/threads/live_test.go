package threads

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/providers/gitea/livetest"
	"github.com/drover-migrate/drover/schema"
)

// live is a server of the test's own: a real one, whose mail goes to a log, or
// the stand-in.
type live struct {
	url, token string
	api        *api.Client
	mail       func() string // what was sent
	forgejo    bool
	standIn    *giteatest.Server // nil: a real one
}

var accounts = []string{"boss", "alice", "bob", "carol", "eve"}

func startStandIn(t *testing.T) *live {
	t.Helper()
	server, err := giteatest.New(giteatest.Options{Dir: t.TempDir(), Admin: accounts[0]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		for _, v := range server.Violations() {
			t.Errorf("not as Gitea describes it: %s", v)
		}
	})
	for _, name := range accounts[1:] {
		server.Model.AddUser(giteatest.User{Login: name})
	}
	l := &live{url: server.URL, token: server.Token(accounts[0]), standIn: server}
	l.mail = func() string {
		var sent strings.Builder
		for _, n := range server.Model.Notified() {
			if n.Mail {
				fmt.Fprintf(&sent, "/%s/ %+v\n", path.Base(n.Repo), n)
			}
		}
		return sent.String()
	}
	if l.api, err = api.New(api.Options{URL: l.url, Token: l.token}); err != nil {
		t.Fatal(err)
	}
	return l
}

// mailSettings make a server send mail to a program.
const mailSettings = `
[mailer]
ENABLED = true
PROTOCOL = sendmail
SENDMAIL_PATH = DIR/mail.sh
FROM = server@example.org
`

func startLive(t *testing.T) *live {
	t.Helper()
	server := livetest.Start(t, livetest.Options{Users: accounts, Settings: mailSettings})
	log := filepath.Join(server.Dir, "mail.log")
	if err := os.WriteFile(filepath.Join(server.Dir, "mail.sh"), []byte("#!/bin/sh\ncat >> "+log+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := &live{url: server.URL, token: server.Token(accounts[0]), mail: func() string {
		sent, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		return string(sent)
	}}
	var err error
	if l.api, err = api.New(api.Options{URL: l.url, Token: l.token}); err != nil {
		t.Fatal(err)
	}
	said, err := l.api.Server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.forgejo = said.Forgejo
	return l
}

// ask makes a request of the server's own API.
func (l *live) ask(t *testing.T, as, method, path string, body, into any) int {
	t.Helper()
	var data bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&data).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, l.url+"/api/v1/"+path, &data)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+l.token)
	r.Header.Set("Content-Type", "application/json")
	if as != "" {
		r.Header.Set("Sudo", as)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s %s: %d %s: %v", method, path, answer.StatusCode, text, err)
		}
	}
	return answer.StatusCode
}

func (l *live) writer() *Writer { return New(Options{API: l.api, User: "boss", Admin: true}) }

// repo makes a repository that alice and bob may write to and nobody watches.
// Eve may read it.
func (l *live) repo(t *testing.T, name string) Repo {
	t.Helper()
	repo := Repo{Repo: api.Repo{Owner: "boss", Name: name}}
	at := "repos/" + repo.Repo.String()
	if code := l.ask(t, "", "POST", "user/repos", map[string]any{"name": name, "default_branch": "main"}, nil); code != http.StatusCreated {
		t.Fatalf("create repository: %d", code)
	}
	l.ask(t, "", "PATCH", at, map[string]any{"has_pull_requests": true, "allow_manual_merge": true, "autodetect_manual_merge": false}, nil)
	for _, user := range []string{"alice", "bob"} {
		l.ask(t, "", "PUT", at+"/collaborators/"+user, map[string]any{"permission": "write"}, nil)
	}
	for _, user := range []string{"", "alice", "bob"} {
		l.ask(t, user, "DELETE", at+"/subscription", nil, nil)
	}
	return repo
}

// timeline lists the types of what stands under an issue.
func (l *live) timeline(t *testing.T, repo Repo, number int64) []string {
	t.Helper()
	var events []struct{ Type string }
	l.ask(t, "", "GET", fmt.Sprintf("repos/%s/issues/%d/timeline?limit=50", repo.Repo, number), nil, &events)
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func record(t *testing.T, kind schema.Kind, id string, parent *schema.Key, body any) schema.Record {
	t.Helper()
	r := targettest.Record(t, kind, id, body)
	r.Parent = parent
	return r
}

// store writes records of one lane as the engine does, and fails when one is not
// stored.
func store(t *testing.T, w *Writer, repo Repo, writes ...providers.Write) []providers.Written {
	t.Helper()
	answers := w.Write(t.Context(), repo, writes)
	for i := range answers {
		for try := 0; answers[i].Problem != nil && answers[i].Problem.Code == providers.CodeUnavailable && try < 3; try++ {
			t.Logf("%s: %v", writes[i].Record.ID, answers[i].Problem)
			again := writes[i]
			if again.Ref.ID == "" {
				wanted := providers.Wanted{Key: again.Record.Key()}
				if len(again.Related) > 0 {
					wanted.Parent = &again.Related[0]
				}
				found, err := w.Find(t.Context(), repo, []providers.Wanted{wanted})
				if err != nil {
					t.Fatal(err)
				}
				again.Ref = found[0]
			}
			answers[i] = w.Write(t.Context(), repo, []providers.Write{again})[0]
		}
		if answers[i].Problem != nil {
			t.Fatalf("%s: %v", writes[i].Record.ID, answers[i].Problem)
		}
	}
	return answers
}

func person(name string) schema.Person { return targettest.Person(name) }

func stranger(name string) schema.Person { return targettest.Stranger(name) }

var at = time.Date(2021, 3, 4, 10, 0, 0, 0, time.UTC)

// push sends refs and waits until the server knows that it is not empty.
func (h *history) push(l *live, repo Repo, refs ...string) {
	h.t.Helper()
	address := strings.Replace(l.url, "://", "://boss:"+l.token+"@", 1) + "/" + repo.Repo.String() + ".git"
	h.Git(append([]string{"push", "--quiet", address}, refs...)...)
	livetest.Await(h.t, "the repository's contents", func() bool {
		var r struct{ Empty bool }
		l.ask(h.t, "", "GET", "repos/"+repo.Repo.String(), nil, &r)
		return !r.Empty
	})
}

// shown is what a pull request shows.
type shown struct {
	State, Base, Head, Merge string
	Merged                   bool
	Commits, Files           []string
}

func (l *live) shown(t *testing.T, repo Repo, number int64) shown {
	t.Helper()
	p, err := l.api.Pull(t.Context(), repo.Repo, number)
	if err != nil {
		t.Fatal(err)
	}
	s := shown{State: p.State, Base: p.Base.Ref, Head: p.Head.Label, Merged: p.Merged, Merge: p.MergeCommit}
	path := fmt.Sprintf("repos/%s/pulls/%d", repo.Repo, number)
	var commits []struct {
		Commit struct{ Message string }
	}
	l.ask(t, "", "GET", path+"/commits?limit=50", nil, &commits)
	for _, c := range commits {
		s.Commits = append(s.Commits, strings.TrimSpace(c.Commit.Message))
	}
	var files []struct{ Filename string }
	l.ask(t, "", "GET", path+"/files?limit=50", nil, &files)
	for _, f := range files {
		s.Files = append(s.Files, f.Filename)
	}
	slices.Sort(s.Commits)
	slices.Sort(s.Files)
	return s
}

func (l *live) branches(t *testing.T, repo Repo) []string {
	t.Helper()
	var all []struct{ Name string }
	l.ask(t, "", "GET", "repos/"+repo.Repo.String()+"/branches?limit=50", nil, &all)
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	return names
}

func TestLive(t *testing.T) { testServer(t, startLive(t)) }

func TestStandIn(t *testing.T) { testServer(t, startStandIn(t)) }

func testServer(t *testing.T, l *live) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *live)
	}{
		{"Issues", testIssues},
		{"Locks", testLocks},
		{"Numbers", testNumbers},
		{"Attachments", testAttachments},
		{"Pulls", testPulls},
		{"Later", testMergedLater},
		{"Unplanned", testUnplanned},
		{"Reviews", testReviews},
		{"Nobody", testNobodyIsTold}, // tells somebody something at last
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, l) })
	}
}

// history is a repository with all ways of merging.
type history struct {
	*targettest.Work
	t       *testing.T
	changes map[string]schema.Change
	want    map[string]shown
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{Work: targettest.NewWork(t), t: t, changes: map[string]schema.Change{}, want: map[string]shown{}}
	h.Commit("a", "a\n")
	return h
}

func (h *history) add(number int64, name, state, merge string, c schema.Change) {
	c.Number, c.Title, c.State, c.MergeCommit = number, name, state, merge
	c.Author, c.CreatedAt, c.URL = person("alice"), at, fmt.Sprintf("https://example.org/o/r/pull/%d", number)
	if c.Head.Branch == "" {
		c.Head.Branch = name
	}
	if c.Base.Branch == "" {
		c.Base.Branch = "main"
	}
	if state == stateMerged {
		by := person("bob")
		c.MergedBy, c.MergedAt = &by, at
	}
	h.changes[name] = c
	want := shown{State: state, Base: c.Base.Branch, Head: (&change{Change: &c}).headName(), Commits: []string{name + "1", name + "2"}, Files: []string{name + "1", name + "2"}}
	if state == stateMerged {
		want.State, want.Merged, want.Merge = stateClosed, true, merge
	}
	h.want[name] = want
	h.Git("update-ref", fmt.Sprintf("refs/drover/pull/%d/head", number), c.Head.Commit)
}

func testPulls(t *testing.T, l *live) {
	h := newHistory(t)
	main := func() string { return h.Git("rev-parse", "main") }
	number := int64(0)
	add := func(name, state, merge string, c schema.Change) {
		number++
		h.add(number, name, state, merge, c)
	}
	gone := schema.Tip{Gone: true}

	base, head := main(), h.Branch("merge")
	h.Git("merge", "-q", "--no-ff", "-m", "merge it", "merge")
	gone.Commit = head
	add("merge", stateMerged, main(), schema.Change{Head: gone, Base: schema.Tip{Commit: base}, Text: "Fixes #1"})

	base, head = main(), h.Branch("squash")
	h.Git("merge", "-q", "--squash", "squash")
	h.Git("commit", "-q", "-m", "squashed")
	gone.Commit = head
	add("squash", stateMerged, main(), schema.Change{Head: gone, Base: schema.Tip{Commit: base}})

	base = main()
	head = h.Branch("rebased")
	h.Commit("between", "b\n")
	h.Git("cherry-pick", "rebased~1", "rebased")
	gone.Commit = head
	add("rebased", stateMerged, main(), schema.Change{Head: gone, Base: schema.Tip{Commit: base}})

	base, head = main(), h.Branch("forward")
	h.Git("merge", "-q", "--ff-only", "forward")
	gone.Commit = head
	add("forward", stateMerged, head, schema.Change{Head: gone, Base: schema.Tip{Commit: base}})

	base, head = main(), h.Branch("forked")
	h.Git("merge", "-q", "--no-ff", "-m", "from a fork", "forked")
	add("forked", stateMerged, main(), schema.Change{Head: schema.Tip{Commit: head, Repository: "octo/fork"}, Base: schema.Tip{Commit: base}})

	base, head = main(), h.Branch("living")
	h.Git("merge", "-q", "--no-ff", "-m", "living stays", "living")
	add("living", stateMerged, main(), schema.Change{Head: schema.Tip{Commit: head}, Base: schema.Tip{Commit: base}})

	base, head = main(), h.Branch("closed")
	gone.Commit = head
	add("closed", stateClosed, "", schema.Change{Head: gone, Base: schema.Tip{Commit: base}})

	head = h.Branch("open")
	add("open", stateOpen, "", schema.Change{Head: schema.Tip{Commit: head}, Base: schema.Tip{Commit: main()}})

	head = h.Branch("draft")
	add("draft", stateOpen, "", schema.Change{Draft: true, Head: schema.Tip{Commit: head, Repository: "octo/fork"}, Base: schema.Tip{Commit: main()}})

	// Into a branch that is gone.
	base = main()
	h.Git("branch", "release", "main")
	head = h.Branch("old")
	h.Git("checkout", "-q", "release")
	h.Git("merge", "-q", "--no-ff", "-m", "into release", "old")
	merge := h.Git("rev-parse", "release")
	h.Git("checkout", "-q", "main")
	gone.Commit = head
	add("old", stateMerged, merge, schema.Change{Head: gone, Base: schema.Tip{Commit: base, Branch: "release", Gone: true}})
	h.Git("update-ref", "refs/drover/pull/99/merge", merge)
	h.Commit("end", "end\n")

	living := h.want["living"]
	living.Head = temporaryHead(6)
	h.want["living"] = living

	for name, owners := range map[string]bool{"pulls": false, "owned": true} {
		t.Run(name, func(t *testing.T) {
			repo := l.repo(t, name)
			if owners {
				h.Git("checkout", "-q", "main")
				h.Commit("CODEOWNERS", ".* @carol\n")
			}
			h.push(l, repo, "main", "living", "open", "refs/drover/*:refs/drover/*")
			tip := h.Git("rev-parse", "main")
			w := l.writer()
			for n := range number {
				for name, c := range h.changes {
					if c.Number == n+1 {
						checkPull(t, l, w, repo, name, c, h.want[name])
					}
				}
			}
			want := []string{"living", "main", "octo/draft", "open"}
			if diff := cmp.Diff(want, l.branches(t, repo)); diff != "" {
				t.Errorf("branches (-want +got):\n%s", diff)
			}
			var branch struct{ Commit struct{ ID string } }
			l.ask(t, "", "GET", "repos/"+repo.Repo.String()+"/branches/main", nil, &branch)
			if branch.Commit.ID != tip {
				t.Errorf("main is at %s, not at %s", branch.Commit.ID, tip)
			}
			l.quiet(t, w, repo)
		})
	}
}

func checkPull(t *testing.T, l *live, w *Writer, repo Repo, name string, c schema.Change, want shown) {
	t.Helper()
	one := providers.Write{Record: record(t, schema.KindChange, "c-"+name, nil, c)}
	answer := store(t, w, repo, one)[0]
	if diff := cmp.Diff(want, l.shown(t, repo, c.Number)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	if name != "living" && name != "draft" && answer.Degraded != "" {
		t.Errorf("%s: degraded: %s", name, answer.Degraded)
	}
	found, err := w.Find(t.Context(), repo, []providers.Wanted{{Key: one.Record.Key(), Ref: answer.Ref}, {Key: one.Record.Key(), Number: c.Number}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schema.Ref{answer.Ref, answer.Ref}, found); diff != "" {
		t.Errorf("%s: found otherwise than written (-want +got):\n%s", name, diff)
	}
	one.Ref = answer.Ref
	before := l.timeline(t, repo, c.Number)
	again := store(t, w, repo, one)[0]
	if diff := cmp.Diff(answer, again); diff != "" {
		t.Errorf("%s: written again (-first +second):\n%s", name, diff)
	}
	if diff := cmp.Diff(before, l.timeline(t, repo, c.Number)); diff != "" {
		t.Errorf("%s: writing again left traces (-before +after):\n%s", name, diff)
	}
}

// quiet asserts that nobody was told anything.
func (l *live) quiet(t *testing.T, w *Writer, repo Repo) {
	t.Helper()
	if err := w.Finish(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	for _, user := range accounts {
		var all []struct {
			Subject struct{ Title, URL string }
		}
		l.ask(t, user, "GET", "notifications", nil, &all)
		if len(all) > 0 {
			t.Errorf("%s was told of %v", user, all)
		}
	}
	if sent := l.mail(); sent != "" {
		t.Errorf("mail was sent:\n%.2000s", sent)
	}
}

// testMergedLater merges pull requests at the source that are open at the target.
func testMergedLater(t *testing.T, l *live) {
	h := newHistory(t)
	base := h.Git("rev-parse", "main")
	for i, name := range []string{"kept", "fork"} {
		tip := schema.Tip{Commit: h.Branch(name)}
		if name == "fork" {
			tip.Repository = "octo/fork"
		}
		h.add(int64(i+1), name, stateOpen, "", schema.Change{Head: tip, Base: schema.Tip{Commit: base}})
	}
	repo, w := l.repo(t, "later"), l.writer()
	h.push(l, repo, "main", "kept", "refs/drover/*:refs/drover/*")
	writes := map[string]providers.Write{}
	for _, name := range []string{"kept", "fork"} {
		one := providers.Write{Record: record(t, schema.KindChange, name, nil, h.changes[name])}
		one.Ref = store(t, w, repo, one)[0].Ref
		writes[name] = one
		if diff := cmp.Diff(h.want[name], l.shown(t, repo, h.changes[name].Number)); diff != "" {
			t.Errorf("%s, open (-want +got):\n%s", name, diff)
		}
	}
	for i, name := range []string{"kept", "fork"} {
		h.Git("merge", "-q", "--no-ff", "-m", "merge "+name, name)
		c := h.changes[name]
		h.add(int64(i+1), name, stateMerged, h.Git("rev-parse", "main"), c)
	}
	h.push(l, repo, "main")
	for _, name := range []string{"kept", "fork"} {
		one := writes[name]
		one.Record = record(t, schema.KindChange, name, nil, h.changes[name])
		store(t, w, repo, one)
		want := h.want[name]
		if name == "kept" {
			want.Head = temporaryHead(1)
		}
		if diff := cmp.Diff(want, l.shown(t, repo, h.changes[name].Number)); diff != "" {
			t.Errorf("%s, merged (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]string{"kept", "main"}, l.branches(t, repo)); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
	kept, err := l.api.Branch(t.Context(), repo.Repo, "kept")
	if err != nil || kept.Commit.ID != h.Git("rev-parse", "kept") {
		t.Errorf("kept is at %s, %v", kept.Commit.ID, err)
	}
	l.quiet(t, w, repo)
}
