package bitbucketcloud_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestOpen(t *testing.T) {
	w := newWorld(t)
	scopes := bitbucketcloudtest.ReaderScopes()
	w.AddToken("all", bitbucketcloudtest.Token{User: w.Ada, Scopes: scopes})
	w.AddToken("four", bitbucketcloudtest.Token{User: w.Ada, Scopes: scopes[:4]})
	w.AddToken("noissue", bitbucketcloudtest.Token{User: w.Ada, Scopes: []string{scopes[0], scopes[1], scopes[3], scopes[4]}})
	w.AddToken("onlyuser", bitbucketcloudtest.Token{User: w.Ada, Scopes: scopes[4:5]})
	w.AddToken("writer", bitbucketcloudtest.Token{User: w.Ada, Scopes: []string{"admin:repository:bitbucket", "write:pullrequest:bitbucket", "read:issue:bitbucket", "write:wiki:bitbucket"}})
	w.AddToken("silent", bitbucketcloudtest.Token{User: w.Ada, Scopes: scopes, Silent: true})
	w.AddToken("hunter2", bitbucketcloudtest.Token{User: w.Ada, Password: true, Scopes: bitbucketcloudtest.PasswordScopes()})
	w.AddToken("nowiki", bitbucketcloudtest.Token{User: w.Ada, Password: true, Scopes: []string{"account", "pullrequest:write", "issue"}})
	for _, test := range []struct {
		name     string
		settings map[string]any
		secrets  map[string]string
		code     providers.Code
		says     string
	}{
		{"a token", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "all"}, "", ""},
		{"a token with the four scopes", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "four\n"}, "", ""},
		{"a token that may more", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "writer"}, "", ""},
		{"nothing is told", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "silent"}, "", ""},
		{"an app password", map[string]any{"bitbucket_username": "ada"}, map[string]string{"bitbucket_app_password": "hunter2"}, "", ""},
		{"no issues", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "noissue"}, providers.CodeAuth, "lack the scope read:issue:bitbucket"},
		{"nothing but the user", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "onlyuser"}, providers.CodeAuth, "read:repository:bitbucket and the scope read:pullrequest:bitbucket and"},
		{"no wiki", map[string]any{"bitbucket_username": "ada"}, map[string]string{"bitbucket_app_password": "nowiki"}, providers.CodeAuth, "lack the scope wiki"},
		{"a wrong token", map[string]any{"bitbucket_email": w.Ada.Email}, map[string]string{"bitbucket_api_token": "wrong"}, providers.CodeAuth, "does not accept"},
		{"a wrong address", map[string]any{"bitbucket_email": "bob@example.org"}, map[string]string{"bitbucket_api_token": "all"}, providers.CodeAuth, "does not accept"},
		{"both pairs", map[string]any{"bitbucket_email": w.Ada.Email, "bitbucket_username": "ada"}, map[string]string{"bitbucket_api_token": "all", "bitbucket_app_password": "hunter2"}, providers.CodeInvalid, "are set"},
		{"half a pair", map[string]any{"bitbucket_username": "ada"}, nil, providers.CodeInvalid, "it is empty"},
		{"a half of each", map[string]any{"bitbucket_username": "ada"}, map[string]string{"bitbucket_api_token": "all"}, providers.CodeInvalid, "are set"},
		{"no pair", nil, nil, providers.CodeInvalid, "it is empty"},
		{"a name with a colon", map[string]any{"bitbucket_email": "a:b"}, map[string]string{"bitbucket_api_token": "all"}, providers.CodeInvalid, "cannot have"},
		{"another address", map[string]any{"bitbucket_email": "a", "bitbucket_api_url": "ssh://x"}, map[string]string{"bitbucket_api_token": "all"}, providers.CodeInvalid, "not the address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := map[string]any{"bitbucket_api_url": w.APIURL()}
			for k, v := range test.settings {
				all[k] = v
			}
			config := providers.Config{Settings: sourcetest.JSON(t, all), Secrets: test.secrets, Dir: t.TempDir(), Scratch: t.TempDir()}
			s, err := bitbucketcloud.OpenWith(t.Context(), config, w.clock)
			if err == nil {
				s.Close()
			}
			if providers.CodeOf(err) != test.code || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %q (%s), want %q and %q", providers.CodeOf(err), err, test.code, test.says)
			}
			for _, secret := range test.secrets {
				if err != nil && len(secret) > 4 && strings.Contains(err.Error(), secret) {
					t.Errorf("the secret is in the error: %s", err)
				}
			}
		})
	}
}

// TestAppPassword reads with an app password, for which git has another user name.
func TestAppPassword(t *testing.T) {
	w := newWorld(t)
	w.AddToken("hunter2", bitbucketcloudtest.Token{User: w.Ada, Password: true, Scopes: bitbucketcloudtest.PasswordScopes()})
	config := providers.Config{
		Settings: sourcetest.JSON(t, map[string]any{"bitbucket_api_url": w.APIURL(), "bitbucket_username": "ada"}),
		Secrets:  map[string]string{"bitbucket_app_password": "hunter2"}, Dir: t.TempDir(), Scratch: t.TempDir(),
	}
	s, err := bitbucketcloud.OpenWith(t.Context(), config, w.clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if in := sourcetest.Inspect(t, s, providers.Lookup{Repo: named(t, "lantern/beacon")}); in.Problem != nil {
		t.Error(in.Problem)
	}
}

// TestDescription holds that both pairs are a group, and that the old one says what
// to do instead.
func TestDescription(t *testing.T) {
	d := bitbucketcloud.New().Description
	groups := map[string]string{}
	for _, a := range d.Source.Settings {
		if a.Group != "" {
			groups[a.Name] = a.Group
		}
		if old := strings.Contains(a.Group, "password"); old != (a.Deprecated != "") {
			t.Errorf("%s is deprecated: %q", a.Name, a.Deprecated)
		}
		if secret := strings.HasSuffix(a.Name, "token") || strings.HasSuffix(a.Name, "_password"); secret != a.Secret {
			t.Errorf("%s is a secret: %v", a.Name, a.Secret)
		}
	}
	want := map[string]string{"bitbucket_email": "by API token", "bitbucket_api_token": "by API token", "bitbucket_username": "by app password", "bitbucket_app_password": "by app password"}
	if diff := cmp.Diff(want, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestDiscover(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	find := func(settings string) (names []string, end *providers.ListingEnd, err error) {
		for d, err := range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: json.RawMessage(settings)}) {
			if err != nil {
				return nil, nil, err
			}
			if d.Item != nil {
				names = append(names, d.Item.FullName)
			}
			if d.End != nil {
				end = d.End
			}
		}
		return names, end, nil
	}
	for _, test := range []struct {
		settings string
		want     []string
		code     providers.Code
	}{
		{`{"owner":"lantern"}`, []string{"lantern/beacon", "lantern/plain", "lantern/empty"}, ""},
		{`{"owner":"lantern","visibility":"public"}`, []string{"lantern/plain"}, ""},
		{`{"owner":"grace","forks":"only"}`, []string{"grace/beacon"}, ""},
		{`{"owner":"grace","forks":"exclude"}`, nil, ""},
		{`{"owner":"lantern","pushed_since":"2031-01-01"}`, nil, ""},
		{`{"owner":"nobody"}`, nil, providers.CodeNotFound},
		{`{"owner":"../x"}`, nil, providers.CodeInvalid},
		{`{"owner":"lantern","pushed_since":"soon"}`, nil, providers.CodeInvalid},
		{`{}`, nil, providers.CodeInvalid},
	} {
		names, end, err := find(test.settings)
		if providers.CodeOf(err) != test.code {
			t.Errorf("%s: got the error %v, want %q", test.settings, err, test.code)
			continue
		}
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.settings, diff)
		}
		if err == nil && (end == nil || !end.Complete) {
			t.Errorf("%s: the end is %+v", test.settings, end)
		}
	}
}

// TestRateLimits waits out what is told by a header, and what nothing tells of.
func TestRateLimits(t *testing.T) {
	for _, told := range []bool{false, true} {
		w := newWorld(t)
		s := w.open(nil)
		w.Limits(bitbucketcloudtest.Limits{Requests: 20, Anonymous: 60, Window: 5 * time.Minute, Told: told})
		g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
		if len(bodies[struct{}](t, g, "change")) != 6 || len(g.Failed) > 0 {
			t.Errorf("told %v: %d pull requests, failed %v", told, len(bodies[struct{}](t, g, "change")), g.Failed)
		}
		if time.Until(w.clock.Now()) < time.Minute {
			t.Errorf("told %v: nothing was waited", told)
		}
	}
}

// TestBudget counts what nobody tells.
func TestBudget(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lantern/plain"), Stream: "base"})
	before := w.Requests()
	b, err := s.Budget(t.Context())
	if err != nil || b.Limit != 1000 || b.Remaining != 1000-before || b.Window != "1h0m0s" || w.Requests() != before {
		t.Errorf("after %d requests the budget is %+v, %v", before, b, err)
	}
	few := w.open(map[string]any{"max_requests_per_hour": 5})
	if b, err = few.Budget(t.Context()); err != nil || b.Limit != 5 || b.Remaining != 4 {
		t.Errorf("with five an hour the budget is %+v, %v", b, err)
	}
	if _, err := sourcetest.Gather(few.Read(t.Context(), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "base"})); providers.CodeOf(err) != providers.CodeRateLimited {
		t.Errorf("a long reading with five an hour ends with %v", err)
	}
}
