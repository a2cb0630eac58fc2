package bitbucketserver_test

import (
	"crypto/tls"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func base(t testing.TB) providers.ReadRequest {
	return providers.ReadRequest{Repo: named(t, "LAMP", "beacon"), Stream: "base"}
}

// TestBase reads the settings as an administrator.
func TestBase(t *testing.T) {
	w := newWorld(t, "")
	g := read(t, w.open(nil), base(t))
	want := schema.Repository{
		Name: "Beacon", FullName: "LAMP/beacon", Description: "A lamp 💡", Visibility: "private", DefaultBranch: "main", Topics: []string{"light", "oil"},
		URL:      w.URL + "/projects/LAMP/repos/beacon",
		Features: map[string]bool{"issues": false, "wiki": false, "changes": true},
		Merge:    map[string]bool{"merge": true, "squash": true, "rebase": false, "fast_forward": false},
	}
	if diff := cmp.Diff(want, sourcetest.Body[schema.Repository](t, g.Reading, schema.KindRepository, "repository")); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
	bob := person(w, "bob")
	if diff := cmp.Diff(schema.Member{Person: bob, Access: "write"}, sourcetest.Body[schema.Member](t, g.Reading, schema.KindMember, bob.ID)); diff != "" {
		t.Errorf("member (-want +got):\n%s", diff)
	}
	main := schema.Protection{Ref: "branch", Pattern: "main", Push: "nobody", Merge: "write", PushPeople: []schema.Person{person(w, "ada")}, ForcePush: true}
	if diff := cmp.Diff(main, sourcetest.Body[schema.Protection](t, g.Reading, schema.KindProtection, "branch:refs/heads/main")); diff != "" {
		t.Errorf("protection (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[schema.Kind]int64{schema.KindRepository: 1, schema.KindMember: 2, schema.KindProtection: 2}, g.End.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(g.Codes())) {
		codes = append(codes, strings.TrimPrefix(code, "bitbucket_server."))
		if strings.Contains(g.Loss(code).Message, "secret") && code != "bitbucket_server.webhooks" || strings.Contains(g.Loss(code).Message, "secret-path") {
			t.Errorf("%s tells a secret: %s", code, g.Loss(code).Message)
		}
	}
	wantCodes := []string{"access_keys", "access_tokens", "default_reviewers", "groups", "hooks", "merge_checks", "project_groups", "project_members", "protection_groups", "protection_model", "webhooks"}
	if diff := cmp.Diff(wantCodes, codes); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// TestBaseOfReader reads with less than an administrator may: what cannot be seen is
// told as that.
func TestBaseOfReader(t *testing.T) {
	w := newWorld(t, "")
	w.user = "cy"
	g := read(t, w.open(nil), base(t))
	if g.err != nil || g.End.Counts[schema.KindRepository] != 1 || g.End.Counts[schema.KindMember] != 0 {
		t.Fatalf("%v, %+v", g.err, g.End)
	}
	for _, code := range []string{"members", "protections", "groups", "project_groups", "webhooks", "access_keys", "access_tokens", "hooks"} {
		if l := g.Loss("bitbucket_server." + code); !strings.Contains(l.Message, "list them") {
			t.Errorf("%s: %+v", code, l)
		}
	}
}

// TestOptimistic goes on after a list that the server does not give.
func TestOptimistic(t *testing.T) {
	for strategy, goesOn := range map[string]bool{"optimistic": true, "pessimistic": false} {
		w := newWorld(t, "")
		s := w.open(map[string]any{"timeout_strategy": strategy})
		w.Faults(bitbucketservertest.Fault{Path: "/rest/*/permissions/users", Times: -1, Status: http.StatusGatewayTimeout})
		g := read(t, s, base(t))
		switch {
		case !goesOn:
			if providers.CodeOf(g.err) != providers.CodeUnavailable {
				t.Errorf("%s: %v", strategy, g.err)
			}
		case g.err != nil, len(g.Failed) != 1, g.Failed[0].Key.Kind != schema.KindMember, g.End.Complete, g.End.Counts[schema.KindProtection] != 2:
			t.Errorf("%s: %v, %v, %+v", strategy, g.err, g.Failed, g.End)
		}
	}
}

// TestInspect looks at the facts, and at what changes them.
func TestInspect(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	repo := named(t, "lamp", "beacon")
	f := inspect(t, s, repo, "").Facts
	if f == nil {
		t.Fatal("there are no facts")
	}
	beacon := w.repository("LAMP", "beacon")
	heads := map[string]string{}
	for name, oid := range f.Refs {
		if strings.HasPrefix(name, "refs/pull-requests/") {
			heads[name] = oid
		}
	}
	want := map[string]string{}
	for i, n := range []string{"1", "2", "3", "4"} {
		want["refs/pull-requests/"+n+"/from"] = beacon.Pulls[i].From.Commit
	}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Errorf("heads of pull requests (-want +got):\n%s", diff)
	}
	if len(f.Refs) != 4+3 || f.DefaultBranch != "refs/heads/main" || f.FullName != "LAMP/beacon" || f.Name != "beacon" || f.GitBytes != 4096 || f.LastNumber != 4 ||
		f.Counts[schema.KindChange] != 4 || f.Visibility != "private" || f.URL != w.URL+"/projects/LAMP/repos/beacon" {
		t.Errorf("facts: %+v", f)
	}
	if again := inspect(t, s, repo, f.ETag); !again.Unchanged {
		t.Errorf("they changed: %+v", again)
	}
	for name, change := range map[string]func(){
		"a comment":              func() { w.Model.Comment(beacon.Pulls[0], w.account("ada"), "x", nil) },
		"one that moves no time": func() { w.Model.Quietly(beacon.Pulls[0], w.account("ada"), "x") },
		"an approval":            func() { w.Model.Review(beacon.Pulls[2], w.account("bob"), "APPROVED") },
		"another description":    func() { w.Model.View(func() { beacon.Description += "!" }) },
		"another label":          func() { w.Model.View(func() { beacon.Labels = append(beacon.Labels, "new") }) },
		"a deleted pull request": func() { check(t, w.Model.DeletePull(beacon.Pulls[len(beacon.Pulls)-1])) },
		"a deleted branch":       func() { check(t, w.Model.DeleteBranch(beacon, "steadier")) },
	} {
		before := inspect(t, s, repo, "").Facts
		change()
		if after := inspect(t, s, repo, before.ETag); after.Unchanged || after.Facts == nil {
			t.Errorf("%s changes nothing: %+v", name, after)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestIdentity follows a repository that was moved, and is not misled by one that
// took its name.
func TestIdentity(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	repo := named(t, "LAMP", "beacon")
	repo.Identity = inspect(t, s, repo, "").Facts.Identity
	beacon := w.repository("LAMP", "beacon")
	w.Model.Rename(beacon, beacon.Project, "pharos")
	if f := inspect(t, s, repo, "").Facts; f == nil || f.FullName != "LAMP/pharos" || f.Identity != repo.Identity {
		t.Errorf("after a move: %+v", f)
	}
	if _, err := w.Model.AddRepository(beacon.Project, bitbucketservertest.Repository{Slug: "beacon"}); err != nil {
		t.Fatal(err)
	}
	if f := inspect(t, s, repo, "").Facts; f == nil || f.FullName != "LAMP/pharos" {
		t.Errorf("after somebody took the name: %+v", f)
	}
	w.Model.DeleteRepository(beacon)
	if e := inspect(t, s, repo, "").Problem; providers.CodeOf(e) != providers.CodeNotFound || e.Hint == "" {
		t.Errorf("after it was deleted: %v", e)
	}
}

// TestHidden asks for what the token may not see.
func TestHidden(t *testing.T) {
	w := newWorld(t, "")
	w.user = "cy"
	s := w.open(nil)
	for repo, want := range map[string]providers.Code{
		"LAMP/empty": providers.CodeDenied, "~BOB/beacon": providers.CodeDenied, "LAMP/none": providers.CodeNotFound, "NONE/none": providers.CodeNotFound,
		"LAMP/..": providers.CodeInvalid, "../x": providers.CodeInvalid, "/": providers.CodeInvalid,
	} {
		key, slug, _ := strings.Cut(repo, "/")
		if e := inspect(t, s, named(t, key, slug), "").Problem; providers.CodeOf(e) != want {
			t.Errorf("%s: %v, want %s", repo, e, want)
		}
	}
}

// TestExport mirrors a repository with the heads of what is closed, twice.
func TestExport(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	beacon := w.repository("LAMP", "beacon")
	dir := filepath.Join(t.TempDir(), "raw.git")
	export := func() providers.Export {
		t.Helper()
		e, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "LAMP", "beacon"), Part: providers.PartCode, Dir: dir}, nil)
		if err != nil {
			t.Fatal(err)
		}
		repo, err := gitrepo.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		refs, err := repo.Refs(t.Context())
		if err != nil || !maps.Equal(refs.Names, e.Refs) {
			t.Errorf("%v, the repository has %v", err, refs.Names)
		}
		check(t, repo.CheckConnected(t.Context()))
		if diff := cmp.Diff(inspect(t, s, named(t, "LAMP", "beacon"), "").Facts.Refs, e.Refs); diff != "" {
			t.Errorf("refs (-inspected +exported):\n%s", diff)
		}
		return e
	}
	first := export()
	if first.LFS != (schema.Count{Source: 1, Fetched: 1}) || len(first.Failed) > 0 {
		t.Errorf("large files: %+v, %v", first.LFS, first.Failed)
	}
	if second := export(); !maps.Equal(second.Refs, first.Refs) {
		t.Errorf("the second export has %v", second.Refs)
	}
	check(t, w.Model.Merge(beacon.Pulls[2], w.account("ada")))
	check(t, w.Model.DeleteBranch(beacon, "steadier"))
	check(t, w.Model.DeletePull(beacon.Pulls[1]))
	third := export()
	if third.Refs["refs/pull-requests/3/from"] != beacon.Pulls[1].From.Commit || third.Refs["refs/pull-requests/2/from"] != "" || third.Refs["refs/heads/steadier"] != "" {
		t.Errorf("the third export has %v", third.Refs)
	}
	// A commit that is gone costs itself only.
	lost := strings.Repeat("1", 40)
	w.Model.View(func() { beacon.Pulls[0].From.Commit = lost })
	e, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "LAMP", "beacon"), Part: providers.PartCode, Dir: dir}, nil)
	if err != nil || len(e.Failed) != 1 || e.Failed[0].Key.ID != "refs/pull-requests/1/from" || e.Failed[0].Problem.Code != providers.CodeNotFound {
		t.Errorf("a lost commit: %v, %+v", err, e.Failed)
	}
	if _, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "LAMP", "beacon"), Part: providers.PartWiki, Dir: dir}, nil); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("a wiki: %v", err)
	}
}

// TestDiscover lists repositories.
func TestDiscover(t *testing.T) {
	w := newWorld(t, "")
	w.Model.View(func() { w.repository("LAMP", "beacon").Public = true })
	s := w.open(nil)
	w.user = "bob"
	bob := w.open(nil)
	for _, test := range []struct {
		source   providers.Source
		settings string
		want     []string
	}{
		{s, `{"owner":"lamp"}`, []string{"LAMP/beacon", "LAMP/empty"}},
		{s, `{"owner":"LAMP","archived":"exclude"}`, []string{"LAMP/beacon"}},
		{s, `{"owner":"LAMP","archived":"only"}`, []string{"LAMP/empty"}},
		{s, `{"visibility":"public"}`, []string{"LAMP/beacon"}},
		{bob, `{}`, []string{"LAMP/beacon", "~BOB/beacon", "LAMP/empty"}},
		{bob, `{"archived":"only"}`, []string{"LAMP/empty"}},
		{bob, `{"archived":"exclude"}`, []string{"LAMP/beacon", "~BOB/beacon"}},
		{bob, `{"owner":"~bob"}`, []string{"~BOB/beacon"}},
		{bob, `{"forks":"only"}`, []string{"~BOB/beacon"}},
		{bob, `{"forks":"exclude"}`, []string{"LAMP/beacon", "LAMP/empty"}},
	} {
		var got []string
		complete := false
		for d, err := range test.source.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: []byte(test.settings)}) {
			switch {
			case err != nil:
				t.Errorf("%s: %v", test.settings, err)
			case d.Item != nil:
				got = append(got, d.Item.FullName)
				if d.Item.Owner+"/"+d.Item.Slug != d.Item.FullName || d.Item.Identity == "" {
					t.Errorf("%s: %+v", test.settings, d.Item)
				}
			case d.End != nil:
				complete = d.End.Complete
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" || !complete {
			t.Errorf("%s: complete is %t (-want +got):\n%s", test.settings, complete, diff)
		}
	}
	for settings, want := range map[string]providers.Code{`{"owner":"NONE"}`: providers.CodeNotFound, `{"owner":"../x"}`: providers.CodeInvalid} {
		for _, err := range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: []byte(settings)}) {
			if providers.CodeOf(err) != want {
				t.Errorf("%s: %v, want %s", settings, err, want)
			}
		}
	}
}

// TestSignIn opens sources in all ways.
func TestSignIn(t *testing.T) {
	w := newWorld(t, "")
	w.named = true
	if e := inspect(t, w.open(nil), named(t, "LAMP", "beacon"), "").Problem; e != nil {
		t.Errorf("with a name and a password: %v", e)
	}
	w.named = false
	open := func(change func(*providers.Config)) error {
		c := w.config(nil)
		change(&c)
		s, err := bitbucketserver.OpenWith(t.Context(), c, &sourcetest.Clock{})
		if err == nil {
			s.Close()
		}
		return err
	}
	for name, test := range map[string]struct {
		change func(*providers.Config)
		want   providers.Code
		attr   string
	}{
		"a wrong token": {func(c *providers.Config) { c.Secrets = map[string]string{"personal_access_token": "wrong"} }, providers.CodeAuth, "personal_access_token"},
		"no token":      {func(c *providers.Config) { c.Secrets = nil }, providers.CodeInvalid, "personal_access_token"},
		"a torn token":  {func(c *providers.Config) { c.Secrets = map[string]string{"personal_access_token": "a\x00b"} }, providers.CodeInvalid, "personal_access_token"},
		"the cloud": {func(c *providers.Config) {
			c.Settings = sourcetest.JSON(t, map[string]string{"bitbucket_server_url": "https://bitbucket.org"})
		}, providers.CodeInvalid, "bitbucket_server_url"},
		"a wrong name": {func(c *providers.Config) {
			c.Settings = sourcetest.JSON(t, map[string]string{"bitbucket_server_url": w.URL, "bitbucket_server_username": "eve"})
		}, providers.CodeAuth, "personal_access_token"},
		"a missing file": {func(c *providers.Config) {
			c.Settings = sourcetest.JSON(t, map[string]string{"bitbucket_server_url": w.URL, "ca_file": "none.pem"})
		}, providers.CodeInvalid, "ca_file"},
	} {
		err := open(test.change)
		if e := providers.AsError(err); e == nil || e.Code != test.want || e.Attribute != test.attr || e.Hint == "" {
			t.Errorf("%s: %+v, want %s about %s", name, e, test.want, test.attr)
		} else if strings.Contains(e.Error(), "wrong\"") {
			t.Errorf("%s: the token is shown: %v", name, e)
		}
	}

	old, err := bitbucketservertest.New(bitbucketservertest.Options{Root: t.TempDir(), Version: "5.4.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { old.Close() })
	ada := old.Model.AddUser("ada", "Ada")
	c := providers.Config{Settings: sourcetest.JSON(t, map[string]string{"bitbucket_server_url": old.URL}), Secrets: map[string]string{"personal_access_token": old.Token(ada)}}
	if _, err := bitbucketserver.OpenWith(t.Context(), c, &sourcetest.Clock{}); providers.CodeOf(err) != providers.CodeUnsupported {
		t.Errorf("an old server: %v", err)
	}
}

// TestSilent signs in behind a proxy that takes the name of the account away.
func TestSilent(t *testing.T) {
	s, err := bitbucketservertest.New(bitbucketservertest.Options{Root: t.TempDir(), Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := bitbucketservertest.Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	w := &world{Server: s, t: t, user: "ada"}
	if e := inspect(t, w.open(nil), named(t, "LAMP", "beacon"), "").Problem; e != nil {
		t.Errorf("git does not let in whom nobody names: %v", e)
	}
	if s.Requests()["/rest/api/latest/inbox/pull-requests/count"] != 1 {
		t.Errorf("the credentials were not tried: %v", s.Requests())
	}
}

// TestOwnCertificate reads a server that signed its own certificate, which both the
// interface and git must be told of.
func TestOwnCertificate(t *testing.T) {
	w := newWorld(t, "")
	inner, err := url.Parse(strings.TrimSuffix(w.URL, "/bitbucket"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(inner))
	proxy.Config.ErrorLog = nil
	proxy.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	check(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o600))
	s := w.open(map[string]any{"bitbucket_server_url": proxy.URL + "/bitbucket", "ca_file": file})
	dir := filepath.Join(t.TempDir(), "raw.git")
	if _, err := s.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "LAMP", "empty"), Part: providers.PartCode, Dir: dir}, nil); err != nil {
		t.Error(err)
	}
	if e := inspect(t, s, named(t, "LAMP", "beacon"), "").Problem; e != nil {
		t.Error(e)
	}
}

// TestAuthors lists the people of the history.
func TestAuthors(t *testing.T) {
	w := newWorld(t, "")
	var got []string
	for a, err := range w.open(nil).Authors(t.Context(), named(t, "LAMP", "beacon"), filepath.Join(t.TempDir(), "cache")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.RemoteID)
	}
	if diff := cmp.Diff([]string{"ada@example.org", "bob@example.org", "cy@example.org"}, got); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}
