package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

// recording is a request that was made of a real Gitea 1.26.0, and its answer.
type recording struct {
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

func readRecording(t *testing.T, name string) recording {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "recorded", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// replay is a client of a server that gives the recorded answer to the recorded
// request and to nothing else.
func replay(t *testing.T, r recording) *Client {
	t.Helper()
	path, _, _ := strings.Cut(r.Request.Path, "?")
	return serve(t, func(w http.ResponseWriter, got *http.Request) {
		if got.Method != r.Request.Method || got.URL.Path != path {
			t.Errorf("the request is %s %s; it was to be %s %s", got.Method, got.URL.Path, r.Request.Method, path)
		}
		for name, value := range r.Response.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(r.Response.Status)
		_, _ = w.Write(r.Response.Body)
	})
}

func serve(t *testing.T, handle http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c, err := New(Options{URL: server.URL, Token: "canary-token", Clock: instant{}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// instant is a clock on which no wait takes long.
type instant struct{}

func (instant) Now() time.Time { return time.Now() }

func (instant) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestRecordedAnswers(t *testing.T) {
	widget := Repo{"acme", "widget"}
	moment := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	due := moment("2027-01-31T00:00:00Z")
	made := moment("2026-11-21T19:18:37Z")
	tests := []struct {
		file string
		ask  func(context.Context, *Client) (any, error)
		want any
	}{
		{"001-version", func(ctx context.Context, c *Client) (any, error) { return c.Server(ctx) }, Server{Version: "1.26.0", Gitea: Version{1, 26}}},
		{"016-collab-perm", func(ctx context.Context, c *Client) (any, error) { return c.Permission(ctx, widget, "dev2") }, "write"},
		{
			"017-label-create-ee0701",
			func(ctx context.Context, c *Client) (any, error) {
				return c.CreateLabel(ctx, widget, EditLabel{Name: new("bug")})
			},
			Label{ID: 1, Name: "bug", Color: "ee0701", Description: "Something broken", URL: "http://127.0.0.1:13117/api/v1/repos/acme/widget/labels/1"},
		},
		{
			"022-milestone-create-0",
			func(ctx context.Context, c *Client) (any, error) {
				return c.CreateMilestone(ctx, widget, EditMilestone{Title: "v1.0"})
			},
			Milestone{ID: 1, Title: "v1.0", Description: "First", State: "open", DueOn: &due, CreatedAt: made, UpdatedAt: &made},
		},
		{
			"084-tagprotect-create",
			func(ctx context.Context, c *Client) (any, error) {
				return c.CreateTagProtection(ctx, widget, EditTagProtection{Pattern: "v*"})
			},
			TagProtection{ID: 1, Pattern: "v*", Usernames: []string{"root1"}, Teams: []string{}},
		},
		{
			"015-collab-list",
			func(ctx context.Context, c *Client) (any, error) {
				all, err := Collect(c.Collaborators(ctx, widget))
				var names []string
				for _, u := range all {
					names = append(names, u.Login)
				}
				return names, err
			},
			[]string{"dev2"},
		},
		{"015-collab-list", func(ctx context.Context, c *Client) (any, error) { return c.Count(ctx, widget, ListCollaborators) }, int64(1)},
		{
			"010-get-repo",
			func(ctx context.Context, c *Client) (any, error) {
				r, err := c.Repository(ctx, widget)
				return []any{r.Repo(), r.ObjectFormat, r.HasIssues, r.AllowSquash, r.DefaultMergeStyle, r.Private}, err
			},
			[]any{widget, "sha1", true, true, "merge", false},
		},
		{
			"082-protect-create",
			func(ctx context.Context, c *Client) (any, error) {
				p, err := c.CreateBranchProtection(ctx, widget, BranchProtection{RuleName: "release/*"})
				return []any{p.RuleName, p.EnablePushWhitelist, p.PushWhitelistUsernames, p.RequiredApprovals}, err
			},
			[]any{"release/*", true, []string{"root1"}, int64(1)},
		},
		{
			"075-release-create",
			func(ctx context.Context, c *Client) (any, error) {
				r, err := c.CreateRelease(ctx, widget, EditRelease{Tag: "v1.0"})
				return []any{r.ID, r.Tag, r.Name, r.Body, r.Author.Login, r.HTMLURL}, err
			},
			[]any{int64(2), "v1.0", "One", "notes", "root1", "http://127.0.0.1:13117/acme/widget/releases/tag/v1.0"},
		},
		{
			"081-release-assets",
			func(ctx context.Context, c *Client) (any, error) {
				all, err := c.ReleaseAssets(ctx, widget, 2)
				return []any{len(all), all[0].Name, all[0].Size}, err
			},
			[]any{1, "w.bin", int64(6)},
		},
		{
			"087-wiki-pages",
			func(ctx context.Context, c *Client) (any, error) {
				some, err := c.WikiPages(ctx, widget, "2")
				return []string{some[0].Title, some[1].Title}, err
			},
			[]string{"Home", "Sub/Page with space"},
		},
		{
			"095-git-refs",
			func(ctx context.Context, c *Client) (any, error) {
				refs, err := c.Refs(ctx, widget)
				return refs["refs/heads/feature/x"], err
			},
			"9a20da9a3b6d397e2da97d3be0309c873e57d0f6",
		},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			got, err := test.ask(t.Context(), replay(t, readRecording(t, test.file)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the answer was read as (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordedRefusals(t *testing.T) {
	tests := []struct {
		file string
		ask  func(context.Context, *Client) error
		want providers.Code
	}{
		{"107-repo-404", func(ctx context.Context, c *Client) error {
			_, err := c.Repository(ctx, Repo{"acme", "none"})
			return err
		}, providers.CodeNotFound},
		{"108-unauth", func(ctx context.Context, c *Client) error { _, err := c.Whoami(ctx); return err }, providers.CodeAuth},
		{"109-dup-repo", func(ctx context.Context, c *Client) error {
			_, err := c.CreateInOrganization(ctx, "acme", NewRepository{Name: "widget"})
			return err
		}, providers.CodeConflict},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			err := test.ask(t.Context(), replay(t, readRecording(t, test.file)))
			if got := providers.CodeOf(err); got != test.want {
				t.Errorf("the code is %q; want %q: %v", got, test.want, err)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestParseServer(t *testing.T) {
	tests := []struct {
		version string
		forgejo bool
		gitea   Version
	}{
		{"1.26.0", false, Version{1, 26}},
		{"1.27.0+dev-12-gabc", false, Version{1, 27}},
		{"12.0.1+gitea-1.22.0", true, Version{1, 22}},
		{"9.0.0-dev-3-g1+gitea-1.22.0", true, Version{1, 22}},
		{"main", false, Version{}},
		{"", false, Version{}},
		{"1.x.0", false, Version{}},
	}
	for _, test := range tests {
		got := parseServer(test.version)
		if got.Forgejo != test.forgejo || got.Gitea != test.gitea {
			t.Errorf("%q is read as %+v", test.version, got)
		}
	}
	if (Version{1, 22}).AtLeast(1, 23) || !(Version{2, 0}).AtLeast(1, 23) || !(Version{1, 23}).AtLeast(1, 23) {
		t.Error("versions are compared wrongly")
	}
}

func TestCheckURL(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"https://gitea.example.com", "https://gitea.example.com"},
		{"https://gitea.example.com/", "https://gitea.example.com"},
		{"http://host:3000/git/", "http://host:3000/git"},
		{"https://host/git/api/v1", "https://host/git"},
		{"https://host/api/v1/", "https://host"},
	}
	for _, test := range tests {
		if got, err := CheckURL(test.raw); err != nil || got != test.want {
			t.Errorf("%q becomes %q, %v; want %q", test.raw, got, err, test.want)
		}
	}
	for _, raw := range []string{"", "gitea.example.com", "ftp://host", "https://", "https://u:canary@host", "https://host?x=1", "https://host#x", "https://ho st", "file:///x"} {
		if got, err := CheckURL(raw); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%q becomes %q, %v; want a refusal", raw, got, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
}

// What is named in a path stays one part of it.
func TestNamesDoNotLeadElsewhere(t *testing.T) {
	var asked atomic.Value
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.EscapedPath())
		_, _ = io.WriteString(w, "{}")
	})
	if _, err := c.BranchProtection(t.Context(), Repo{"acme", "api"}, "../../x?y#z%2f/*"); err != nil {
		t.Fatal(err)
	}
	if want := "/api/v1/repos/acme/api/branch_protections/..%2F..%2Fx%3Fy%23z%252f%2F%2A"; asked.Load() != want {
		t.Errorf("the path is %v; want %s", asked.Load(), want)
	}
	for _, name := range []string{"", ".", ".."} {
		if _, err := c.Repository(t.Context(), Repo{"acme", name}); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("a repository called %q: %v", name, err)
		}
	}
}

func TestAs(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"login": r.Header.Get("Sudo") + "/" + r.Header.Get("Authorization")})
	})
	for _, test := range []struct {
		c    *Client
		want string
	}{{c, "/token canary-token"}, {c.As("bob"), "bob/token canary-token"}} {
		if u, err := test.c.Whoami(t.Context()); err != nil || u.Login != test.want {
			t.Errorf("the request was made as %q, %v; want %q", u.Login, err, test.want)
		}
	}
}

// A write whose outcome is open is not sent again; a read is.
func TestWritesAreSentOnce(t *testing.T) {
	var sent atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	})
	_, err := c.CreateLabel(t.Context(), Repo{"acme", "api"}, EditLabel{Name: new("x")})
	if providers.CodeOf(err) != providers.CodeUnavailable || sent.Load() != 1 {
		t.Errorf("after %d requests: %v; want one, and an open outcome", sent.Load(), err)
	}
	sent.Store(0)
	if _, err := c.Repository(t.Context(), Repo{"acme", "api"}); err == nil || sent.Load() < 2 {
		t.Errorf("a read was sent %d times: %v", sent.Load(), err)
	}
}

func TestArchivedIsDenied(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusLocked) })
	_, err := c.CreateLabel(t.Context(), Repo{"acme", "api"}, EditLabel{Name: new("x")})
	if providers.CodeOf(err) != providers.CodeDenied {
		t.Errorf("writing to an archived repository: %v", err)
	}
}
