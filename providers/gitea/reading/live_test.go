package reading_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitea/reading"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/schema"
)

func TestLive(t *testing.T) {
	w := startLive(t)
	t.Run("Streams", func(t *testing.T) { recordStreams(t, w) })
	for name, test := range map[string]func(*testing.T, *world){
		"Changed":     testChanged,
		"Inspect":     testInspect,
		"Git":         testGit,
		"Discover":    testDiscover,
		"Conformance": testConformance,
		"RoundTrip":   testRoundTrip,
	} {
		t.Run(name, func(t *testing.T) { test(t, w) })
	}
}

// testChanged reads what changed, and all when that cannot be told.
func testChanged(t *testing.T, w *world) {
	w.repository(t, "changed")
	at := "repos/acme/changed"
	for n := range 4 {
		w.send(t, "alice", "POST", "repos/acme/changed/issues", fmt.Sprintf(`{"title": "issue %d"}`, n+1))
	}
	first := w.send(t, "bob", "POST", at+"/issues/1/comments", `{"body": "one"}`)
	s := w.open(t, "admin1", nil)
	reading := func(since schema.Cursor) sourcetest.Reading {
		t.Helper()
		pause()
		return read(t, s, providers.ReadRequest{Repo: named(t, "changed"), Stream: "threads", Since: since})
	}
	whole := reading("")
	sourcetest.Same(t, "all", []string{"1", "2", "3", "4"}, whole.IDs(schema.KindIssue))
	// As if the readings were further apart than the margin.
	next := func(g sourcetest.Reading) schema.Cursor { return later(t, g.End.Next) }

	w.send(t, "bob", "PATCH", at+"/issues/comments/"+fmt.Sprint(first.ID()), `{"body": "edited"}`)
	w.send(t, "alice", "POST", at+"/issues", `{"title": "issue 5"}`)
	w.send(t, "admin1", "POST", at+"/issues/3/pin", ``)
	g := reading(next(whole))
	sourcetest.Same(t, "after an edited comment, a pin and a new issue", []string{"1", "3", "5"}, g.IDs(schema.KindIssue))
	sourcetest.Same(t, "kept", []string(nil), sourcetest.Strings(g.Kept))
	if g.End.Complete {
		t.Error("it is said to be complete")
	}
	w.send(t, "admin1", "DELETE", at+"/issues/2", ``)
	g = reading(next(g))
	sourcetest.Same(t, "after an issue was deleted", []string(nil), g.IDs(schema.KindIssue))
	sourcetest.Same(t, "kept", []string{"issue 1", "issue 3", "issue 4", "issue 5"}, sourcetest.Strings(g.Kept))
	if !g.End.Complete {
		t.Error("it is not said to be complete")
	}
	w.send(t, "bob", "DELETE", at+"/issues/comments/"+fmt.Sprint(first.ID()), ``)
	g = reading(next(g))
	sourcetest.Same(t, "after a comment was deleted", []string{"1", "3", "4", "5"}, g.IDs(schema.KindIssue))
	sourcetest.Same(t, "comments", []string(nil), g.IDs(schema.KindComment))
	g = reading(next(g))
	sourcetest.Same(t, "after nothing", []string{}, g.Keys())
}

// testInspect counts what an unchanged repository costs, and looks for what
// changes which validator.
func testInspect(t *testing.T, w *world) {
	w.full(t, "inspected")
	target, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	counting := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		proxy.ServeHTTP(rw, r)
	}))
	defer counting.Close()
	through := &world{url: counting.URL, tokens: w.tokens}
	s := through.open(t, "admin1", nil)
	etag := ""
	look := func() *providers.Facts {
		t.Helper()
		var found *providers.Facts
		for i, err := range s.Inspect(t.Context(), []providers.Lookup{{ID: 7, Repo: named(t, "inspected"), ETag: etag}}) {
			if err != nil || i.Problem != nil || i.ID != 7 {
				t.Fatalf("%v, %+v", err, i)
			}
			found = i.Facts
		}
		if found != nil {
			etag = found.ETag
		}
		return found
	}
	before := look()
	if before == nil || before.LastNumber != 3 || len(before.Parts) != 2 || before.DefaultBranch != "refs/heads/main" || before.Refs["refs/pull/2/head"] == "" || before.Requests < 20 {
		t.Fatalf("facts: %+v", before)
	}
	sourcetest.Same(t, "counts", map[schema.Kind]int64{"repository": 1, "label": before.Counts["label"], "milestone": 1, "member": 2, "protection": 2, "release": 2, "issue": 2, "change": 1}, before.Counts)
	sent.Store(0)
	if again := look(); again != nil {
		t.Errorf("it changed by itself: %s", gocmp.Diff(before, again))
	}
	if n := sent.Load(); n > 25 {
		t.Errorf("an unchanged repository costs %d requests", n)
	}
	at := "repos/acme/inspected"
	for _, c := range []struct {
		what, stream string
		do           func()
	}{
		{"a label", "base", func() { w.send(t, "admin1", "POST", at+"/labels", `{"name": "new", "color": "#000000"}`) }},
		{"an edited release", "releases", func() {
			for _, r := range read(t, s, providers.ReadRequest{Repo: named(t, "inspected"), Stream: "releases"}).IDs(schema.KindRelease) {
				w.send(t, "admin1", "PATCH", at+"/releases/"+r, `{"body": "changed"}`)
			}
		}},
		{"an edited comment", "threads", func() {
			c := w.send(t, "bob", "POST", at+"/issues/3/comments", `{"body": "x"}`)
			look()
			look()
			pause()
			w.send(t, "bob", "PATCH", at+"/issues/comments/"+fmt.Sprint(c.ID()), `{"body": "y"}`)
		}},
		{"a title", "threads", func() { pause(); w.send(t, "alice", "PATCH", at+"/issues/3", `{"title": "Much later"}`) }},
	} {
		if now := look(); now != nil {
			before = now
		}
		c.do()
		after := look()
		if after == nil {
			t.Errorf("%s leaves the facts as they were", c.what)
			continue
		}
		for stream := range after.Streams {
			if changed := after.Streams[stream] != before.Streams[stream]; changed != (stream == c.stream) {
				t.Errorf("%s: the validator of %s changed: %t", c.what, stream, changed)
			}
		}
		before = after
	}
	// Found without knowing where to look, the validators are the same.
	etag = ""
	sourcetest.Same(t, "validators", before.Streams, look().Streams)
	// It is followed under another name, and a stranger in its place is not it.
	w.send(t, "admin1", "PATCH", at, `{"name": "renamed"}`)
	w.repository(t, "inspected")
	known := named(t, "inspected")
	known.Identity = before.Identity
	for i, err := range s.Inspect(t.Context(), []providers.Lookup{{Repo: known}, {ID: 1, Repo: named(t, "vanished")}}) {
		switch {
		case err != nil:
			t.Fatal(err)
		case i.ID == 0 && (i.Facts == nil || i.Facts.FullName != "acme/renamed"):
			t.Errorf("after it was renamed: %+v", i)
		case i.ID == 1 && (i.Problem == nil || i.Problem.Code != providers.CodeNotFound):
			t.Errorf("one that does not exist: %+v", i)
		}
	}
}

func testGit(t *testing.T, w *world) {
	f := w.full(t, "history")
	sourcetest.Git(t, f.dir, "lfs", "install", "--local", "--skip-smudge")
	sourcetest.Git(t, f.dir, "checkout", "--quiet", "main")
	sourcetest.Git(t, f.dir, "lfs", "track", "*.bin")
	sourcetest.Commit(t, f.dir, "large.bin", "large content")
	w.push(t, f.dir, "acme/history", "+refs/heads/main:refs/heads/large")
	s := w.open(t, "admin1", nil)
	dir := filepath.Join(t.TempDir(), "code")
	export, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "history"), Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for name := range export.Refs {
		names = append(names, name)
	}
	slices.Sort(names)
	sourcetest.Same(t, "refs", []string{"refs/heads/large", "refs/heads/main", "refs/pull/2/head", "refs/tags/v1"}, names)
	sourcetest.Same(t, "large files", schema.Count{Source: 1, Fetched: 1}, export.LFS)
	sum := sha256.Sum256([]byte("large content"))
	oid := hex.EncodeToString(sum[:])
	if data, err := os.ReadFile(filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)); err != nil || string(data) != "large content" {
		t.Errorf("the large file: %q, %v", data, err)
	}
	wiki, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "history"), Part: providers.PartWiki, Dir: filepath.Join(t.TempDir(), "wiki")}, nil)
	if err != nil || len(wiki.Refs) != 1 {
		t.Errorf("wiki: %v, %v", wiki.Refs, err)
	}
	var authors []string
	for a, err := range s.Authors(t.Context(), named(t, "history"), t.TempDir()) {
		if err != nil {
			t.Fatal(err)
		}
		authors = append(authors, a.RemoteID)
	}
	if !slices.Contains(authors, "ada@example.org") {
		t.Errorf("authors: %v", authors)
	}
}

func testDiscover(t *testing.T, w *world) {
	w.send(t, "alice", "POST", "user/repos", `{"name": "own", "private": false, "auto_init": true}`)
	w.send(t, "alice", "POST", "user/repos", `{"name": "secret", "private": true}`)
	w.send(t, "alice", "PATCH", "repos/alice/own", `{"archived": true}`)
	s := w.open(t, "alice", map[string]any{"pagination_limit": 1})
	find := func(of map[string]any) []string {
		t.Helper()
		var all []string
		complete := false
		for d, err := range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: sourcetest.JSON(t, of)}) {
			switch {
			case err != nil:
				t.Fatal(err)
			case d.Item != nil:
				all = append(all, d.Item.FullName)
			case d.End != nil:
				complete = d.End.Complete
			}
		}
		if !complete {
			t.Error("the listing is not complete")
		}
		return all
	}
	sourcetest.Same(t, "of alice", []string{"alice/own", "alice/secret"}, find(map[string]any{"owner": "alice"}))
	sourcetest.Same(t, "private ones", []string{"alice/secret"}, find(map[string]any{"owner": "alice", "visibility": "private"}))
	sourcetest.Same(t, "archived ones", []string{"alice/own"}, find(map[string]any{"owner": "alice", "archived": "only"}))
	sourcetest.Same(t, "those of the future", []string(nil), find(map[string]any{"owner": "alice", "pushed_since": "2999-01-01"}))
	if all := find(map[string]any{"topics": []string{"Light"}}); slices.Contains(all, "alice/own") {
		t.Errorf("with the topic light: %v", all)
	}
	if all := find(nil); !slices.Contains(all, "alice/own") || !slices.Contains(all, "alice/secret") {
		t.Errorf("all: %v", all)
	}
	for d, err := range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: sourcetest.JSON(t, map[string]any{"owner": "nobody"})}) {
		if providers.CodeOf(err) != providers.CodeNotFound {
			t.Errorf("of nobody: %+v, %v", d, err)
		}
	}
}

// testConformance puts the source through the suite of all providers.
func testConformance(t *testing.T, w *world) {
	w.full(t, "conforming")
	w.send(t, "admin1", "POST", "orgs/acme/repos", `{"name": "empty"}`)
	provider := &providers.Provider{
		Description: providers.Description{Name: "reading", Version: "0.0.1", Doc: "The source part alone.", Source: reading.Description(schema.Pages{schema.PageHome: {"/"}})},
		OpenSource:  reading.Open("0.0.1"),
	}
	providertest.Test(t, provider, providertest.Fixture{
		Dir:    t.TempDir(),
		Getenv: func(string) (string, bool) { return w.tokens["admin1"], true },
		Source: &providertest.SourceFixture{
			Connection: providertest.Connection{Settings: sourcetest.JSON(t, map[string]any{"url": w.url}), Secrets: map[string]string{"access_token": "TOKEN"}},
			Repositories: []providertest.RepositoryFixture{
				{Settings: named(t, "conforming").Settings, Counts: map[schema.Kind]int64{"issue": 2, "change": 1, "comment": 4, "release": 2}},
				{Settings: named(t, "empty").Settings, Refs: map[string]string{}},
			},
			Vanished:     sourcetest.JSON(t, map[string]any{"repository": "acme/vanished"}),
			Discover:     []providertest.Discover{{Kind: "repositories", Settings: sourcetest.JSON(t, map[string]any{"owner": "acme"})}},
			WrongSecrets: map[string]string{"access_token": "0123456789012345678901234567890123456789"},
		},
	})
}
