package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

func TestCheckURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://git.example":                        "https://git.example",
		"https://git.example/":                       "https://git.example",
		"http://git.example:7990/bitbucket/":         "http://git.example:7990/bitbucket",
		"https://git.example/bitbucket/rest/api/1.0": "https://git.example/bitbucket",
		"https://git.example/rest/api/latest/":       "https://git.example",
		"git.example":                                "",
		"ssh://git.example":                          "",
		"https://ada:secret@git.example":             "",
		"https://git.example?x=1":                    "",
		"https://bitbucket.org/acme":                 "",
		"https://git.example/\x7f":                   "",
	} {
		got, err := CheckURL(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("CheckURL(%q) = %q, %v, want %q", raw, got, err, want)
		}
		if err != nil && providers.AsError(err).Attribute != "bitbucket_server_url" {
			t.Errorf("CheckURL(%q): %v names the setting %q", raw, err, providers.AsError(err).Attribute)
		}
	}
}

// client speaks to a handler.
func client(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := New(Options{URL: server.URL, Token: "secret", UserAgent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRefusals tells who is not signed in from who lacks a permission, and both from
// what does not exist.
func TestRefusals(t *testing.T) {
	const body = `{"errors":[{"context":null,"message":"No.","exceptionName":"com.atlassian.bitbucket.%s"}]}`
	for name, test := range map[string]struct {
		status    int
		exception string
		header    map[string]string
		want      providers.Code
	}{
		"wrong token":               {401, "auth.IncorrectPasswordAuthenticationException", nil, providers.CodeAuth},
		"expired token":             {401, "", nil, providers.CodeAuth},
		"no permission":             {401, "AuthorisationException", nil, providers.CodeDenied},
		"no license":                {401, "auth.NoAccessAuthenticationException", nil, providers.CodeDenied},
		"no permission, signed in":  {401, "", map[string]string{"X-AUSERNAME": "ada"}, providers.CodeDenied},
		"not signed in":             {401, "", map[string]string{"X-AUSERNAME": "anonymous"}, providers.CodeAuth},
		"captcha":                   {401, "AuthorisationException", map[string]string{"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=http://x"}, providers.CodeAuth},
		"captcha of newer versions": {403, "", map[string]string{"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE"}, providers.CodeAuth},
		"missing":                   {404, "repository.NoSuchRepositoryException", nil, providers.CodeNotFound},
		"being made":                {409, "repository.RepositoryNotAvailableException", nil, providers.CodeConflict},
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range test.header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(test.status)
			fmt.Fprintf(w, body, test.exception)
		})
		_, err := c.Repository(t.Context(), Repo{"LAMP", "beacon"})
		if got := providers.CodeOf(err); got != test.want {
			t.Errorf("%s: the code is %s, want %s: %v", name, got, test.want, err)
		}
		if e := providers.AsError(err); e.Hint == "" {
			t.Errorf("%s: %v has no hint", name, err)
		}
	}
}

// TestPages turns pages as the server says, not by counting, and stops at one that
// comes again.
func TestPages(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		switch start := r.URL.Query().Get("start"); start {
		case "0":
			fmt.Fprint(w, `{"values":[{"name":"a"}],"isLastPage":false,"nextPageStart":7}`)
		case "7":
			fmt.Fprint(w, `{"values":[],"isLastPage":false,"nextPageStart":9}`)
		case "9":
			fmt.Fprint(w, `{"values":[{"name":"b"}],"isLastPage":true,"nextPageStart":null}`)
		default:
			t.Errorf("the page at %s was asked for", start)
		}
	})
	got, err := Collect(c.Labels(t.Context(), Repo{"LAMP", "beacon"}))
	if diff := cmp.Diff([]Label{{"a"}, {"b"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	loops := client(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"values":[{"name":"a"}],"isLastPage":false,"nextPageStart":0}`)
	})
	if _, err := Collect(loops.Labels(t.Context(), Repo{"LAMP", "beacon"})); providers.CodeOf(err) != providers.CodeInvalid {
		t.Errorf("a page after itself: %v", err)
	}
}

// TestRequests looks at how requests are made.
func TestRequests(t *testing.T) {
	var asked []string
	answers := func(w http.ResponseWriter, r *http.Request) {
		name, token, _ := r.BasicAuth()
		asked = append(asked, r.URL.EscapedPath()+" "+r.Header.Get("Authorization")[:6]+" "+name+" "+token)
		fmt.Fprint(w, `{"values":[],"isLastPage":true}`)
	}
	c := client(t, answers)
	if _, err := c.Repository(t.Context(), Repo{"~ada", "a.b"}); err != nil {
		t.Error(err)
	}
	content, err := c.Attachment(t.Context(), Repo{"LAMP", "beacon"}, "1f%2Fa%20b.png", 100)
	if err != nil {
		t.Fatal(err)
	}
	content.Close()
	if _, err := c.Repository(t.Context(), Repo{"..", "beacon"}); providers.CodeOf(err) != providers.CodeInvalid {
		t.Errorf("a path that leads elsewhere: %v", err)
	}
	named, err := New(Options{URL: c.Base(), Username: "ada", Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := named.Server(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{
		"/rest/api/latest/projects/~ada/repos/a.b Bearer  ",
		"/rest/api/latest/projects/LAMP/repos/beacon/attachments/1f%2Fa%20b.png Bearer  ",
		"/rest/api/latest/application-properties Basic  ada secret",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestLimit(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	header := func(size, left, every string) http.Header {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", size)
		h.Set("X-RateLimit-Remaining", left)
		h.Set("X-RateLimit-Interval-Seconds", every)
		return h
	}
	got, ok := limit(header("60", "4", "2"), now)
	if want := (forgehttp.Limit{Limit: 60, Remaining: 4, Resets: now.Add(2 * time.Second)}); !ok || got != want {
		t.Errorf("limit = %+v, %t, want %+v", got, ok, want)
	}
	for _, h := range []http.Header{{}, header("0", "0", "1"), header("60", "-1", "1"), header("60", "1", "9223372036854775807")} {
		if got, ok := limit(h, now); ok {
			t.Errorf("%v is the limit %+v", h, got)
		}
	}
}

func TestPath(t *testing.T) {
	for text, want := range map[string]Path{
		`"a/b.txt"`: "a/b.txt",
		`{"components":["a","b.txt"],"parent":"a","name":"b.txt","extension":"txt","toString":"a/b.txt"}`: "a/b.txt",
		`{"parent":"a","name":"b.txt"}`: "a/b.txt",
		`{"name":"b.txt"}`:              "b.txt",
	} {
		var got Path
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
	var got Path
	if err := json.Unmarshal([]byte(`12`), &got); err == nil {
		t.Error("a number is a path")
	}
}
