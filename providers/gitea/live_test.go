package gitea

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/providers/gitea/livetest"
	"github.com/drover-migrate/drover/schema"
)

// live is a server of the test's own, a real one or the stand-in. Its users are
// admin1, alice and bob.
type live struct {
	real    bool
	url     string
	token   string // of admin1, the administrator
	api     *api.Client
	tokenOf func(user string) string
	dir     string // of a real server
}

// startStandIn starts the stand-in, and reports what of the exchange was not as
// the server's description says.
func startStandIn(t *testing.T) *live {
	t.Helper()
	server, err := giteatest.New(giteatest.Options{Dir: t.TempDir(), Admin: "admin1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range server.Violations() {
			// That a watch has no reason, the description does not say.
			if !strings.HasPrefix(v, "PUT /repos/{owner}/{repo}/subscription") {
				t.Error(v)
			}
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"alice", "bob"} {
		server.Model.AddUser(giteatest.User{Login: name, Email: name + "@example.org"})
	}
	l := &live{url: server.URL, token: server.Token("admin1"), tokenOf: server.Token}
	l.api = l.client(t, l.token)
	return l
}

// startLive starts a server with the users alice and bob.
func startLive(t *testing.T) *live {
	t.Helper()
	server := livetest.Start(t, livetest.Options{Users: []string{"admin1", "alice", "bob"}})
	l := &live{real: true, url: server.URL, token: server.Token("admin1"), tokenOf: server.Token, dir: server.Dir}
	l.api = l.client(t, l.token)
	return l
}

func (l *live) client(t *testing.T, token string) *api.Client {
	t.Helper()
	c, err := api.New(api.Options{URL: l.url, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// watch lets a user watch a repository.
func (l *live) watch(t *testing.T, user string, repo api.Repo) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, l.url+"/api/v1/repos/"+repo.String()+"/subscription", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+l.token)
	req.Header.Set("Sudo", user)
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("watch: %s", response.Status)
	}
	return nil
}

// open opens the target as the engine does.
func (l *live) open(t *testing.T) *target {
	t.Helper()
	return l.openWith(t, l.token)
}

func (l *live) openWith(t *testing.T, token string) *target {
	t.Helper()
	return targettest.Open(t, New(), l.url+"/", token).(*target)
}

func (l *live) place(name string) providers.Place {
	return providers.Place{Namespace: "acme", Name: name, CreateNamespace: true}
}

// create makes a repository for a test.
func (l *live) create(t *testing.T, to *target, name string, placement string) schema.Ref {
	t.Helper()
	place := l.place(name)
	if placement != "" {
		place.Placement = json.RawMessage(placement)
	}
	return targettest.Create(t, to, place)
}

func TestStandIn(t *testing.T) { testTarget(t, startStandIn(t)) }

func TestLive(t *testing.T) { testTarget(t, startLive(t)) }

func testTarget(t *testing.T, l *live) {
	for name, test := range map[string]func(*testing.T, *live){
		"Create":       testCreate,
		"Push":         testPush,
		"Unseen":       testUnseen,
		"CreateKilled": testCreateKilled,
		"Actions":      testActions,
		"Wiki":         testWiki,
		"WikiKilled":   testWikiKilled,
		"LargeFiles":   testLargeFiles,
		"Records":      testRecords,
		"Releases":     testReleases,
		"Archive":      testArchive,
		"Move":         testMove,
		"Unprivileged": testUnprivileged,
	} {
		t.Run(name, func(t *testing.T) { test(t, l) })
	}
}
