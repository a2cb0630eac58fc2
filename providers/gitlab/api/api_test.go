package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

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

// What the server refuses becomes an error that the engine can decide from, and
// that says what the server said.
func TestRefusals(t *testing.T) {
	tests := []struct {
		status int
		body   string
		code   providers.Code
		says   string
	}{
		{400, `{"message":{"path":["has already been taken"],"name":["is too long"]}}`, providers.CodeConflict, "path has already been taken"},
		{400, `{"message":["Project already exists"]}`, providers.CodeConflict, "already exists"},
		{400, `{"error":"title is missing, visibility does not have a valid value"}`, providers.CodeInvalid, "title is missing"},
		{422, `{"message":{"base":["the group forbids it"]}}`, providers.CodeInvalid, "the group forbids it"},
		{422, `{"errors":"Not a repository"}`, providers.CodeInvalid, "Not a repository"},
		{401, `{"message":"401 Unauthorized"}`, providers.CodeAuth, "401 Unauthorized"},
		{401, `{"error":"invalid_token","error_description":"Token was revoked."}`, providers.CodeAuth, "Token was revoked."},
		{403, `{"message":"403 Forbidden"}`, providers.CodeDenied, "403 Forbidden"},
		{403, `{"error":"insufficient_scope","error_description":"needs more","scope":"api"}`, providers.CodeDenied, "needs more"},
		{404, `{"message":"404 Project Not Found"}`, providers.CodeNotFound, "404 Project Not Found"},
		{405, `{"message":"405 Method Not Allowed"}`, providers.CodeUnsupported, "405"},
		{409, `{"message":"Label already exists"}`, providers.CodeConflict, "Label already exists"},
		{412, `{"message":"412 Precondition Failed"}`, providers.CodeConflict, "412"},
		{413, `<html>too large</html>`, providers.CodeInvalid, "larger than the server allows"},
		{503, `{"message":"maintenance"}`, providers.CodeUnavailable, "maintenance"},
		{400, `{"message":"the token canary-token is wrong"}`, providers.CodeInvalid, "(secret)"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.says), func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			_, err := c.CreateLabel(t.Context(), "acme/x", EditLabel{Name: "bug"})
			e := providers.AsError(err)
			if e == nil || e.Code != test.code || !strings.Contains(e.Message, test.says) || e.Op != "create label" || e.Subject != "acme/x" {
				t.Errorf("%+v; want %s: %s", e, test.code, test.says)
			}
			if strings.Contains(fmt.Sprint(err), "canary") {
				t.Error("the error repeats the token")
			}
		})
	}
}

// Names cannot lead out of their place in an address, and who asks is told.
func TestRequests(t *testing.T) {
	var got *http.Request
	var body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		io.WriteString(w, `{}`)
	})
	tests := []struct {
		ask  func() error
		want string
		body string
	}{
		{func() error { _, err := c.Project(t.Context(), "a/b c/d"); return err }, "GET /api/v4/projects/a%2Fb%20c%2Fd", ""},
		{func() error { _, err := c.Project(t.Context(), Number(7)); return err }, "GET /api/v4/projects/7", ""},
		{func() error { return c.UnprotectBranch(t.Context(), "7", "release/*?x=1#") }, "DELETE /api/v4/projects/7/protected_branches/release%2F%2A%3Fx=1%23", ""},
		{func() error { _, err := c.Release(t.Context(), "7", "v1/../x"); return err }, "GET /api/v4/projects/7/releases/v1%2F..%2Fx", ""},
		{func() error {
			_, err := c.EditMember(t.Context(), "7", 3, EditMember{UserID: 9, AccessLevel: Developer})
			return err
		},
			"PUT /api/v4/projects/7/members/3", `{"access_level":30,"expires_at":null}`},
		{func() error {
			_, err := c.EditRelease(t.Context(), "7", "v1", EditRelease{Tag: "v2", Name: "n"})
			return err
		}, "PUT /api/v4/projects/7/releases/v1", `{"name":"n","description":""}`},
	}
	for _, test := range tests {
		if err := test.ask(); err != nil {
			t.Fatal(err)
		}
		if asked := got.Method + " " + got.URL.EscapedPath(); asked != test.want || body != test.body {
			t.Errorf("%s %s; want %s %s", asked, body, test.want, test.body)
		}
		if got.Header.Get("Authorization") != "Bearer canary-token" || got.Header.Get("Sudo") != "" {
			t.Errorf("%s: the header is %v", test.want, got.Header)
		}
	}
	if _, err := c.As("bob").CurrentUser(t.Context()); err != nil || got.Header.Get("Sudo") != "bob" {
		t.Errorf("for bob: %v, %v", err, got.Header)
	}
	got = nil
	if _, err := c.Project(t.Context(), ".."); providers.CodeOf(err) != providers.CodeInvalid || got != nil {
		t.Errorf("what leads elsewhere: %v", err)
	}
}

// Lists are read to their end by links, whether these name pages or keys, and also
// when they name another host.
func TestLists(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		n := 1
		if s := q.Get("page"); s != "" {
			n, _ = strconv.Atoi(s)
		}
		w.Header().Set("X-Total", "5")
		if n < 3 {
			q.Set("page", strconv.Itoa(n+1))
			w.Header().Set("Link", `<http://inside.example/x?`+q.Encode()+`>; rel="next", <http://inside.example/x?page=1>; rel="first"`)
		}
		labels := []Label{{Name: fmt.Sprint(n, "a")}, {Name: fmt.Sprint(n, "b")}}
		if n == 3 {
			labels = labels[:1]
		}
		if q.Get("per_page") != "2" && q.Get("per_page") != "1" {
			t.Errorf("the page has a size of %s", q.Get("per_page"))
		}
		json.NewEncoder(w).Encode(labels)
	}).Paged(2)
	all, err := Collect(c.Labels(t.Context(), "7", false))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	if diff := cmp.Diff([]string{"1a", "1b", "2a", "2b", "3a"}, names); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if n, err := c.Count(t.Context(), "7", ProjectLabels); n != 5 || err != nil {
		t.Errorf("%d labels, %v", n, err)
	}
	k := call{To: project("7", "labels"), Op: "list labels", Subject: "7"}
	second, err := page[Label](t.Context(), c, k, 2)
	if err != nil || !second.More || second.Total != 5 || len(second.Items) != 2 || !strings.Contains(second.Next, "page=3") {
		t.Errorf("the second page is %+v, %v", second, err)
	}
	third, err := page[Label](t.Context(), c, k, 3)
	if err != nil || third.More || third.Next != "" {
		t.Errorf("the third page is %+v, %v", third, err)
	}
}

// A list of more than ten thousand is not counted.
func TestCountUntold(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[]`) })
	if n, err := c.Count(t.Context(), "7", ProjectIssues); n != -1 || err != nil {
		t.Errorf("%d issues, %v", n, err)
	}
}

// A write that the server refuses for the rate was not carried out, and is sent
// again; one of unknown outcome is not.
func TestRepeats(t *testing.T) {
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case r.URL.Path == "/api/v4/projects/7/labels" && asked == 1:
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, "Retry later\n")
		case r.URL.Path == "/api/v4/projects/7/labels":
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"id":3}`)
		default:
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	if l, err := c.CreateLabel(t.Context(), "7", EditLabel{Name: "bug"}); err != nil || l.ID != 3 || asked != 2 {
		t.Errorf("asked %d times: %+v, %v", asked, l, err)
	}
	asked = 0
	if _, err := c.CreateMilestone(t.Context(), "7", EditMilestone{Title: "1"}); providers.CodeOf(err) != providers.CodeUnavailable || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestLimit(t *testing.T) {
	at := time.Unix(1_700_000_060, 0)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Limit", "2000")
		w.Header().Set("RateLimit-Remaining", "1999")
		w.Header().Set("RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
		io.WriteString(w, `{}`)
	})
	if _, err := c.CurrentUser(t.Context()); err != nil {
		t.Fatal(err)
	}
	limits := c.HTTP().Limits()
	if len(limits) != 1 || limits[0].Limit != 2000 || limits[0].Remaining != 1999 {
		t.Errorf("the limits are %+v", limits)
	}
	l, ok := limit(http.Header{"Ratelimit-Limit": {"10"}, "Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"1700000060"}}, time.Time{})
	if !ok || l.Limit != 10 || l.Remaining != 0 || !l.Resets.Equal(at) {
		t.Errorf("%+v, %v", l, ok)
	}
	if _, ok := limit(http.Header{"Ratelimit-Limit": {"10"}}, time.Time{}); ok {
		t.Error("half a limit is told")
	}
}

func TestVersion(t *testing.T) {
	for text, want := range map[string]Version{"18.9.0": {18, 9}, "17.1.2-ee": {17, 1}, "16.0-pre": {16, 0}, "x": {}, "": {}, "17.x": {}} {
		if got := ParseVersion(text); got != want {
			t.Errorf("%q is %v", text, got)
		}
	}
	if v := (Version{17, 7}); !v.AtLeast(16, 9) || !v.AtLeast(17, 7) || v.AtLeast(17, 8) || v.AtLeast(18, 0) {
		t.Error("17.7 is not where it should be")
	}
	// A server from before the metadata were told.
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v4/version" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, `{"version":"14.10.5-ee","revision":"abc"}`)
	})
	if s, err := c.Metadata(t.Context()); err != nil || s.Version != (Version{14, 10}) || !s.Enterprise {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestCheckURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://gitlab.example.com/":           "https://gitlab.example.com",
		"http://host:8080/gitlab/api/v4/":       "http://host:8080/gitlab",
		"gitlab.example.com":                    "",
		"https://user:pass@gitlab.example.com":  "",
		"https://gitlab.example.com/?private=1": "",
		"ftp://gitlab.example.com":              "",
	} {
		got, err := CheckURL(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

// What gitlab.com once answered is understood, with what it says of its limits.
func TestRecordedUser(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "recorded", "user.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Path     string          `json:"path"`
		Header   []string        `json:"rawHeaders"`
		Response json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for i := 0; i+1 < len(recorded[0].Header); i += 2 {
		header.Add(recorded[0].Header[i], recorded[0].Header[i+1])
	}
	if l, ok := limit(header, time.Time{}); !ok || l.Limit != 600 || l.Remaining != 598 || l.Resets.Unix() != 1558351066 {
		t.Errorf("the limit is %+v, %v", l, ok)
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != recorded[0].Path {
			t.Errorf("asked is %s", r.URL.Path)
		}
		w.Write(recorded[0].Response)
	})
	u, err := c.CurrentUser(t.Context())
	if err != nil || u.ID != 92864 || u.Username != "username" || u.Name != "First Last" || u.State != "active" || u.ProjectsLimit != 100000 || u.IsAdmin {
		t.Errorf("%+v, %v", u, err)
	}
}
