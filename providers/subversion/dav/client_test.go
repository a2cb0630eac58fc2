package dav

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
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
	"github.com/drover-migrate/drover/providers/subversion/remote"
)

const (
	document  = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
	folder    = document + `<D:multistatus xmlns:D="DAV:"><D:response><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`
	logReport = document + `<S:log-report xmlns:S="svn:" xmlns:D="DAV:"><S:log-item><D:version-name>1</D:version-name><D:comment>hi</D:comment></S:log-item></S:log-report>`
	replay1   = document + `<S:editor-report xmlns:S="svn:"><S:target-revision rev="1"/><S:open-root rev="0"/><S:add-file name="a"/><S:apply-textdelta>U1ZOAA==</S:apply-textdelta><S:close-file/><S:close-directory/></S:editor-report>`
)

// fake is a server with one revision, as long as override does not answer.
func fake(t *testing.T, override func(w http.ResponseWriter, r *http.Request) bool) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if override != nil && override(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch {
		case r.Method == "OPTIONS":
			for header, value := range map[string]string{"DAV": davSvn + "depth, " + davSvn + "replay-rev-resource", "SVN-Repository-UUID": "uuid", "SVN-Youngest-Rev": "1",
				"SVN-Repository-Root": "/r", "SVN-Rev-Stub": "/r/!svn/rev", "SVN-Rev-Root-Stub": "/r/!svn/rvr"} {
				w.Header().Set(header, value)
			}
		case r.Method == "PROPFIND":
			w.WriteHeader(http.StatusMultiStatus)
			io.WriteString(w, folder)
		case strings.Contains(string(body), "log-report"):
			io.WriteString(w, logReport)
		case strings.Contains(string(body), "replay-report"):
			io.WriteString(w, replay1)
		}
	})
}

// read returns what the first revision of a server does.
func read(t *testing.T, options remote.Options) (string, error) {
	t.Helper()
	r, err := impatient(t, options)
	if err != nil {
		return "", err
	}
	var got string
	for revision, err := range r.Revisions(t.Context(), 1, 1) {
		if err != nil {
			return "", err
		}
		for _, n := range revision.Nodes {
			got += fmt.Sprintf("%s %s %s;", revision.Props["svn:log"], n.Action, n.Path)
		}
		revision.Close()
	}
	return got, nil
}

const wantFirst = "hi add a;"

func TestRetries(t *testing.T) {
	for name, fail := range map[string]func(w http.ResponseWriter){
		"busy": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"too many requests": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"gateway":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"hangs up":  func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"truncated": func(w http.ResponseWriter) { io.WriteString(w, replay1[:len(replay1)-20]) },
	} {
		t.Run(name, func(t *testing.T) {
			var failed atomic.Int32
			server := httptest.NewServer(fake(t, func(w http.ResponseWriter, r *http.Request) bool {
				if name == "truncated" && !strings.HasPrefix(r.URL.Path, "/r/!svn/rev/") || failed.Add(1) > 2 {
					return false
				}
				fail(w)
				return true
			}))
			defer server.Close()
			got, err := read(t, remote.Options{URL: server.URL + "/r"})
			if err != nil || got != wantFirst {
				t.Errorf("read %q, %v, want %q", got, err, wantFirst)
			}
		})
	}
}

func TestGivesUp(t *testing.T) {
	var asked atomic.Int32
	var waits []providers.Progress
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	_, err := read(t, remote.Options{URL: server.URL + "/r", Observe: func(p providers.Progress) { waits = append(waits, p) }})
	if e := providers.AsError(err); e.Code != providers.CodeRateLimited || e.Until.IsZero() {
		t.Errorf("error = %#v, want one that says how long to wait", e)
	}
	if asked.Load() != 4 || len(waits) != 3 || waits[0].Throttled == nil {
		t.Errorf("asked %d times, waits %+v", asked.Load(), waits)
	}
}

func TestRedirects(t *testing.T) {
	var heard []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Method+" "+r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	for _, test := range []struct{ name, to, message string }{
		{"within the server", "/r/", ""},
		{"in a circle", "/old/", "more than 5 redirects"},
		{"to another host", other, "another host"},
		{"to another port", elsewhere.URL, "another port"},
		{"to a file", "file:///etc/passwd", "not one of http or https"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(fake(t, func(w http.ResponseWriter, r *http.Request) bool {
				if _, _, ok := r.BasicAuth(); !ok {
					w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
					w.WriteHeader(http.StatusUnauthorized)
					return true
				}
				if !strings.HasPrefix(r.URL.Path, "/old") {
					return false
				}
				w.Header().Set("Location", test.to)
				w.WriteHeader(http.StatusMovedPermanently)
				return true
			}))
			defer server.Close()
			got, err := read(t, remote.Options{URL: server.URL + "/old", Username: "me", Password: "s3cret"})
			if test.message == "" {
				if err != nil || got != wantFirst {
					t.Errorf("read %q, %v, want %q", got, err, wantFirst)
				}
				return
			}
			if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || !strings.Contains(e.Message, test.message) {
				t.Errorf("got %#v, want %s", e, test.message)
			}
		})
	}
	if len(heard) > 0 {
		t.Errorf("another server was asked %q", heard)
	}
}

func TestTLS(t *testing.T) {
	var unasked atomic.Bool
	server := httptest.NewUnstartedServer(fake(t, func(w http.ResponseWriter, r *http.Request) bool {
		_, _, ok := r.BasicAuth()
		unasked.Store(ok)
		return false
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust it hangs up
	server.StartTLS()
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := read(t, remote.Options{URL: server.URL + "/r", CAFile: ca, Username: "me", Password: "s3cret"})
	if err != nil || got != wantFirst || !unasked.Load() {
		t.Errorf("read %q, %v, want %q; credentials were sent unasked: %t", got, err, wantFirst, unasked.Load())
	}
	for caFile, attribute := range map[string]string{"": "ca_file", filepath.Join(t.TempDir(), "nope"): "ca_file", os.Args[0]: "ca_file"} {
		_, err := read(t, remote.Options{URL: server.URL + "/r", CAFile: caFile})
		if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || e.Attribute != attribute {
			t.Errorf("with ca_file %q: %#v", caFile, err)
		}
	}
	insecure := httptest.NewTLSServer(http.RedirectHandler("http://"+strings.TrimPrefix(server.URL, "https://")+"/r", http.StatusMovedPermanently))
	defer insecure.Close()
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: insecure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, remote.Options{URL: insecure.URL + "/r", CAFile: ca}); err == nil || !strings.Contains(err.Error(), "not secured") {
		t.Errorf("a redirect from https to http gives %v", err)
	}
}

func TestHostileAnswers(t *testing.T) {
	editor := func(commands string) string {
		return document + `<S:editor-report xmlns:S="svn:"><S:open-root rev="0"/>` + commands + `</S:editor-report>`
	}
	for _, test := range []struct{ name, say, message string }{
		{"nothing", "", "unexpected EOF"},
		{"page", "<html><body>Welcome</body></html>", "not <editor-report>"},
		{"document type", `<!DOCTYPE a [<!ENTITY b "c">]>`, "document type"},
		{"entity", editor(`<S:add-file name="&b;"/>`), "character reference"},
		{"depth", document + strings.Repeat("<a>", 1000), "<a>, not"},
		{"depth inside", editor(strings.Repeat("<a>", 1000)), "too deep"},
		{"attributes", editor("<a " + strings.Repeat(`b="c" `, 1000) + "/>"), "too many attributes"},
		{"attribute", editor(`<S:add-file name="` + strings.Repeat("b", 1<<20) + `"/>`), "too long"},
		{"name", editor(`<` + strings.Repeat("b", 1<<20) + `/>`), "name that cannot be"},
		{"encoding", `<?xml version="1.0" encoding="UTF-16"?><a/>`, "not UTF-8"},
		{"path upwards", editor(`<S:add-directory name="../evil"/>`), `r1: ../evil: the path has a part ".."`},
		{"copy from the future", editor(`<S:add-file name="a" copyfrom-path="/b" copyfrom-rev="1"/>`), "does not come before"},
		{"copy from nowhere", editor(`<S:add-file name="a" copyfrom-path="/b" copyfrom-rev="-5"/>`), "no revision"},
		{"not base64", editor(`<S:add-file name="a"/><S:apply-textdelta>!!!!</S:apply-textdelta>`), "not base64"},
		{"half of base64", editor(`<S:add-file name="a"/><S:apply-textdelta>U1Z</S:apply-textdelta>`), "not base64"},
		{"base64 after its end", editor(`<S:add-file name="a"/><S:apply-textdelta>U1Y=U1Y=</S:apply-textdelta>`), "not base64"},
		{"property not base64", editor(`<S:change-dir-prop name="p">?</S:change-dir-prop>`), "not base64"},
		{"text of a folder", editor(`<S:apply-textdelta/>`), "a directory is given a text"},
		{"nothing open", editor(`<S:close-directory/><S:close-directory/>`), "not open"},
		{"late error", editor(`<D:error xmlns:D="DAV:"><m:human-readable xmlns:m="http://apache.org/dav/xmlns" errcode="160004">` + "\ncorrupt\x1b[1m\n" + `</m:human-readable></D:error>`), `the server says: corrupt\x1b[1m`},
		{"error instead", `<D:error xmlns:D="DAV:"><m:human-readable xmlns:m="http://apache.org/dav/xmlns" errcode="160004">broken</m:human-readable></D:error>`, `the server says: broken`},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(fake(t, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != "REPORT" || !strings.HasPrefix(r.URL.Path, "/r/!svn/rev/") {
					return false
				}
				io.WriteString(w, test.say)
				return true
			}))
			defer server.Close()
			_, err := read(t, remote.Options{URL: server.URL + "/r"})
			if e := providers.AsError(err); e == nil || !strings.Contains(e.Message, test.message) || e.Code == providers.CodeInternal || e.Op != "read revisions" {
				t.Errorf("got %#v, want %s", e, test.message)
			}
		})
	}
}

func TestDetectOthers(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"a page":     func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") },
		"no methods": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) },
		"other dav": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("DAV", "1, 2")
			io.WriteString(w, "<a/>")
		},
	} {
		server := httptest.NewServer(h)
		if found, err := Detect(t.Context(), remote.Options{URL: server.URL}); found || err != nil {
			t.Errorf("%s: Detect = %t, %v", name, found, err)
		}
		server.Close()
	}
	server := httptest.NewServer(fake(t, nil))
	defer server.Close()
	if found, err := Detect(t.Context(), remote.Options{URL: server.URL + "/r"}); !found || err != nil {
		t.Errorf("Detect = %t, %v", found, err)
	}
}

// A server that says where things are says so of itself only.
func TestRootElsewhere(t *testing.T) {
	for header, value := range map[string]string{"SVN-Repository-Root": "/other", "SVN-Rev-Stub": "/r/../../!svn/rev", "SVN-Youngest-Rev": "-1"} {
		server := httptest.NewServer(fake(t, func(w http.ResponseWriter, r *http.Request) bool {
			fake(t, nil).ServeHTTP(w, r)
			w.Header().Set(header, value) // an answer to OPTIONS was not sent yet
			return true
		}))
		if _, err := read(t, remote.Options{URL: server.URL + "/r"}); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%s: %s gives %v", header, value, err)
		}
		server.Close()
	}
}

// https://www.rfc-editor.org/rfc/rfc7616#section-3.9.1
func TestDigest(t *testing.T) {
	const header = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%s, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		c := strongest(http.Header{"Www-Authenticate": {`Basic realm="x"`, fmt.Sprintf(header, algorithm)}})
		if got := c.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", 1, cnonce); !strings.Contains(got, `response="`+want+`"`) {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

func TestChallenges(t *testing.T) {
	got := splitChallenges(`Negotiate, Basic realm="a \"quoted\", b" , charset=UTF-8,Digest nonce=abc, stale=TRUE,  , X`)
	want := []scheme{
		{"Negotiate", map[string]string{}},
		{"Basic", map[string]string{"realm": `a "quoted", b`, "charset": "UTF-8"}},
		{"Digest", map[string]string{"nonce": "abc", "stale": "TRUE"}},
		{"X", map[string]string{}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scheme{})); diff != "" {
		t.Errorf("challenges (-want +got):\n%s", diff)
	}
	for value, want := range map[string]bool{`Negotiate`: false, `Digest nonce="x", qop="auth-int"`: false, `Digest nonce="x", algorithm=SHA-512-256`: false, `Digest nonce="x"`: true, `basic`: true} {
		if got := strongest(http.Header{"Www-Authenticate": {value}}); (got != nil) != want {
			t.Errorf("%s is known: %t, want %t", value, got != nil, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{"": -1, "x": -1, "5": 5 * time.Second, "Sun, 22 Nov 2026 10:00:09 GMT": 9 * time.Second, "Sun, 22 Nov 2026 09:00:00 GMT": 0} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q means %v, want %v", value, got, want)
		}
	}
}
