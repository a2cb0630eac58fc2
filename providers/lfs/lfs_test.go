package lfs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pointer(content string) gitrepo.Pointer {
	sum := sha256.Sum256([]byte(content))
	return gitrepo.Pointer{OID: hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

func openStore(t testing.TB) *Store {
	t.Helper()
	s, err := OpenStore(t.TempDir())
	must(t, err)
	return s
}

// result is what a fetch of objects came to.
type result struct {
	Count schema.Count
	Codes map[string]providers.Code // by OID
}

// fetch fetches the objects, and wants the files of a store to be right.
func fetch(t testing.TB, s *Store, from Origin, pointers ...gitrepo.Pointer) (result, []providers.ItemFailed) {
	t.Helper()
	count, failed, err := Fetch(t.Context(), s, pointers, func() Origin { return from }, nil)
	must(t, err)
	r := result{Count: count}
	for _, f := range failed {
		if r.Codes == nil {
			r.Codes = map[string]providers.Code{}
		}
		if f.Key.Kind != schema.KindLFSObject || f.Problem == nil || !strings.Contains(f.Problem.Subject, f.Key.ID) {
			t.Errorf("failure = %+v", f)
			continue
		}
		r.Codes[f.Key.ID] = f.Problem.Code
	}
	checkFiles(t, s, count.Fetched)
	return r, failed
}

// checkFiles wants n objects with the right content, and nothing else.
func checkFiles(t testing.TB, s *Store, n int64) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == s.dir {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		n--
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if s.path(pointer(string(content)).OID) != path {
			t.Errorf("%s holds %q", path, content)
		}
		return nil
	})
	must(t, err)
	if n != 0 {
		t.Errorf("there are %d objects too few", n)
	}
}

// host is a server with a Git LFS API at /lfs.
type host struct {
	*httptest.Server
	mux *http.ServeMux

	mu       sync.Mutex
	requests []*http.Request
}

func newHost(t testing.TB) *host {
	h := &host{mux: http.NewServeMux()}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.requests = append(h.requests, r)
		h.mu.Unlock()
		h.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

// seen counts the requests for a path.
func (h *host) seen(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.requests {
		if r.URL.Path == path {
			n++
		}
	}
	return n
}

// leaked returns the secrets that reached the host.
func (h *host) leaked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []string
	for _, r := range h.requests {
		for name, values := range r.Header {
			if name == "Authorization" || strings.HasPrefix(name, "X-") || strings.Contains(strings.Join(values, ""), "s3cret") {
				found = append(found, r.URL.Path+" "+name)
			}
		}
	}
	return found
}

type asked struct {
	Operation string   `json:"operation"`
	Transfers []string `json:"transfers"`
	Objects   []struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"objects"`
}

// answers makes the API answer each object with what say returns for it.
func (h *host) answers(t testing.TB, say func(oid string) any) {
	h.mux.HandleFunc("POST /lfs/objects/batch", func(w http.ResponseWriter, r *http.Request) {
		var question asked
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
			t.Errorf("question: %v", err)
		}
		if question.Operation != "download" || len(question.Objects) > batchSize || r.Header.Get("Accept") != mediaType || r.Header.Get("Content-Type") != mediaType {
			t.Errorf("question = %+v with headers %v", question, r.Header)
		}
		var objects []any
		for _, o := range question.Objects {
			objects = append(objects, say(o.OID))
		}
		w.Header().Set("Content-Type", mediaType)
		_ = json.NewEncoder(w).Encode(map[string]any{"transfer": "basic", "objects": objects})
	})
}

type said = map[string]any

func at(oid, href string, header map[string]string) any {
	return said{"oid": oid, "actions": said{"download": said{"href": href, "header": header}}}
}

func (h *host) gives(path, content string) {
	h.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(content)) })
}

func (h *host) server(t testing.TB) Server {
	transport := NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	return Server{URL: h.URL + "/lfs", Username: "me", Password: "s3cret", Transport: transport}
}

// patient makes waits pass at once and notes them.
type patient struct {
	Server
	mu    sync.Mutex
	waits []time.Duration
}

func (p *patient) fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error {
	c, err := newClient(p.Server, opDownload, f.throttled)
	if err != nil {
		return err
	}
	c.pause = func(ctx context.Context, d time.Duration) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waits = append(p.waits, d)
		return ctx.Err()
	}
	return c.fetch(ctx, f, want)
}

func TestFetchFromServer(t *testing.T) {
	h := newHost(t)
	good, gone, wrong, long, short, silent := pointer("good"), pointer("gone"), pointer("wrong"), pointer("long"), pointer("short"), pointer("silent")
	h.answers(t, func(oid string) any {
		switch oid {
		case gone.OID:
			return said{"oid": oid, "error": said{"code": 404, "message": "\x1b[2Jgone"}}
		case silent.OID:
			return said{"oid": "another"}
		}
		return at(oid, h.URL+"/o/"+oid, nil)
	})
	h.gives("/o/"+good.OID, "good")
	h.gives("/o/"+wrong.OID, "WRONG")
	h.gives("/o/"+long.OID, "long and longer")
	h.gives("/o/"+short.OID, "sh")
	got, _ := fetch(t, openStore(t), h.server(t), good, gone, wrong, long, short, silent)
	want := result{Count: schema.Count{Source: 6, Fetched: 1}, Codes: map[string]providers.Code{
		gone.OID: providers.CodeNotFound, wrong.OID: providers.CodeInvalid, long.OID: providers.CodeInvalid,
		short.OID: providers.CodeInvalid, silent.OID: providers.CodeUnavailable,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestBatches(t *testing.T) {
	h := newHost(t)
	var pointers []gitrepo.Pointer
	for i := range 2*batchSize + 1 {
		content := fmt.Sprint("object ", i)
		pointers = append(pointers, pointer(content))
		h.gives("/o/"+pointer(content).OID, content)
	}
	h.answers(t, func(oid string) any { return at(oid, h.URL+"/o/"+oid, nil) })
	s := openStore(t)
	want := result{Count: schema.Count{Source: 2*batchSize + 1, Fetched: 2*batchSize + 1}}
	for range 2 {
		got, _ := fetch(t, s, h.server(t), pointers...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
	}
	if n := h.seen("/lfs/objects/batch"); n != 3 {
		t.Errorf("the server was asked %d times, want 3", n)
	}
}

func TestCredentials(t *testing.T) {
	p := pointer("content")
	for _, test := range []struct {
		name string
		set  func(first, other *host)
	}{
		{"an address on another host", func(first, other *host) {
			first.answers(t, func(oid string) any { return at(oid, other.URL+"/o", nil) })
			other.gives("/o", "content")
		}},
		{"a redirect of the batch", func(first, other *host) {
			first.mux.Handle("/lfs/objects/batch", http.RedirectHandler(other.URL+"/lfs/objects/batch", http.StatusFound))
			other.answers(t, func(oid string) any { return at(oid, other.URL+"/o", nil) })
			other.gives("/o", "content")
		}},
		{"a redirect of the download", func(first, other *host) {
			first.answers(t, func(oid string) any { return at(oid, first.URL+"/o", map[string]string{"X-Token": "s3cret"}) })
			first.mux.Handle("/o", http.RedirectHandler(other.URL+"/o", http.StatusTemporaryRedirect))
			other.gives("/o", "content")
		}},
		{"a redirect to and fro", func(first, other *host) {
			first.answers(t, func(oid string) any { return at(oid, first.URL+"/o", nil) })
			first.mux.Handle("/o", http.RedirectHandler(other.URL+"/o", http.StatusTemporaryRedirect))
			other.mux.Handle("/o", http.RedirectHandler(first.URL+"/back", http.StatusTemporaryRedirect))
			first.mux.HandleFunc("/back", func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					t.Error("the credential was sent where another host led to")
				}
				_, _ = w.Write([]byte("content"))
			})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, other := newHost(t), newHost(t) // differ by port
			test.set(first, other)
			got, failed := fetch(t, openStore(t), first.server(t), p)
			if got.Count.Fetched != 1 {
				t.Errorf("failed = %+v, want the object", failed)
			}
			if found := other.leaked(); len(other.requests) == 0 || len(found) > 0 {
				t.Errorf("the other host got %d requests and the secrets %q", len(other.requests), found)
			}
			if _, _, ok := first.requests[0].BasicAuth(); !ok {
				t.Error("the server itself did not get the credential, so nothing was tested")
			}
		})
	}
}

func TestHeadersOfADownload(t *testing.T) {
	first, other := newHost(t), newHost(t)
	here, there := pointer("here"), pointer("there")
	first.answers(t, func(oid string) any {
		if oid == here.OID {
			return at(oid, first.URL+"/o", nil)
		}
		return at(oid, other.URL+"/o", map[string]string{"Authorization": "Bearer of the download", "Host": "evil.example.org", "content-length": "7"})
	})
	first.gives("/o", "here")
	other.gives("/o", "there")
	if got, failed := fetch(t, openStore(t), first.server(t), here, there); got.Count.Fetched != 2 {
		t.Fatalf("failed = %+v, want both objects", failed)
	}
	if got := other.requests[0]; got.Header.Get("Authorization") != "Bearer of the download" || got.Host != strings.TrimPrefix(other.URL, "http://") {
		t.Errorf("the other host got %v for %s", got.Header, got.Host)
	}
	for _, r := range first.requests {
		if u, p, _ := r.BasicAuth(); u != "me" || p != "s3cret" {
			t.Errorf("%s came without the credential", r.URL.Path)
		}
	}
}

func TestRetry(t *testing.T) {
	p := pointer("content")
	for _, test := range []struct {
		name  string
		fail  func(w http.ResponseWriter)
		times int // the first answers that fail
		waits []time.Duration
		code  providers.Code
	}{
		{"429, then well", status(429, "7"), 1, []time.Duration{7 * time.Second}, ""},
		{"429 without a time", status(429, ""), 2, []time.Duration{time.Second, 2 * time.Second}, ""},
		{"503, then well", status(503, "0"), 1, []time.Duration{0}, ""},
		{"500 for ever", status(500, ""), 9, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, providers.CodeUnavailable},
		{"429 for ever", status(429, "1"), 9, []time.Duration{time.Second, time.Second, time.Second}, providers.CodeRateLimited},
		{"429 for too long", status(429, "3600"), 9, nil, providers.CodeRateLimited},
		{"401", status(401, ""), 9, nil, providers.CodeAuth},
		{"403", status(403, ""), 9, nil, providers.CodeDenied},
		{"404", status(404, ""), 9, nil, providers.CodeNotFound},
		{"501", status(501, ""), 9, nil, providers.CodeUnsupported},
		{"422", status(422, ""), 9, nil, providers.CodeInvalid},
		{"cut off, then well", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "7")
			_, _ = w.Write([]byte("con"))
		}, 1, []time.Duration{time.Second}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			h.answers(t, func(oid string) any { return at(oid, h.URL+"/o", nil) })
			n := 0
			h.mux.HandleFunc("/o", func(w http.ResponseWriter, _ *http.Request) {
				if n++; n <= test.times {
					test.fail(w)
					return
				}
				_, _ = w.Write([]byte("content"))
			})
			from := &patient{Server: h.server(t)}
			got, failed := fetch(t, openStore(t), from, p)
			if diff := cmp.Diff(test.waits, from.waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if got.Codes[p.OID] != test.code {
				t.Errorf("failed = %+v, want %q", failed, test.code)
			}
			if test.code == providers.CodeRateLimited && failed[0].Problem.Until.IsZero() {
				t.Error("it is not said until when")
			}
		})
	}
}

func status(code int, after string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(code)
	}
}

func TestBatchRefused(t *testing.T) {
	first, second := pointer("1"), pointer("2")
	for _, test := range []struct {
		name string
		fail func(w http.ResponseWriter)
		code providers.Code
		asks int
	}{
		{"no LFS", status(404, ""), providers.CodeNotFound, 1},
		{"not allowed", status(401, ""), providers.CodeAuth, 1},
		{"down", status(502, ""), providers.CodeUnavailable, maxTries},
		{"a web page", func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, providers.CodeUnsupported, 1},
		{"another transfer", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"transfer":"tus","objects":[]}`)) }, providers.CodeUnsupported, 1},
		{"an endless answer", func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, maxAnswer+1)) }, providers.CodeInvalid, 1},
		{"a redirect to a file", func(w http.ResponseWriter) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}, providers.CodeInvalid, 1},
		{"a redirect to itself", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/lfs/objects/batch")
			w.WriteHeader(http.StatusFound)
		}, providers.CodeInvalid, maxRedirects + 1},
		{"an address of another protocol", func(w http.ResponseWriter) {
			_ = json.NewEncoder(w).Encode(said{"objects": []any{at(first.OID, "file:///etc/passwd", nil), at(second.OID, "//[", nil)}})
		}, providers.CodeInvalid, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			h.mux.HandleFunc("/lfs/objects/batch", func(w http.ResponseWriter, _ *http.Request) { test.fail(w) })
			got, failed := fetch(t, openStore(t), &patient{Server: h.server(t)}, first, second)
			want := result{Count: schema.Count{Source: 2}, Codes: map[string]providers.Code{first.OID: test.code, second.OID: test.code}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if n := h.seen("/lfs/objects/batch"); n != test.asks {
				t.Errorf("the server was asked %d times, want %d", n, test.asks)
			}
			for _, f := range failed {
				if strings.Contains(f.Problem.Error()+f.Problem.Hint, "s3cret") {
					t.Errorf("the password is shown: %v", f.Problem)
				}
			}
		})
	}
}

func TestExpiredAddresses(t *testing.T) {
	h := newHost(t)
	p := pointer("content")
	h.answers(t, func(oid string) any {
		return said{"oid": oid, "actions": said{"download": said{"href": h.URL + "/o", "expires_at": "2001-01-01T00:00:00Z"}}}
	})
	h.gives("/o", "content")
	if got, failed := fetch(t, openStore(t), h.server(t), p); got.Count.Fetched != 1 {
		t.Errorf("failed = %+v, want the object", failed)
	}
	if n := h.seen("/lfs/objects/batch"); n != 2 {
		t.Errorf("the server was asked %d times, want twice, and then the clock is not believed", n)
	}
}

func TestNoInsecureRedirect(t *testing.T) {
	plain := newHost(t)
	plain.gives("/o", "content")
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/o", http.StatusFound))
	t.Cleanup(secure.Close)
	server := Server{URL: secure.URL + "/lfs", Transport: secure.Client().Transport}
	got, _ := fetch(t, openStore(t), server, pointer("content"))
	if got.Codes[pointer("content").OID] != providers.CodeInvalid || len(plain.requests) > 0 {
		t.Errorf("result = %+v after %d requests without TLS, want none", got, len(plain.requests))
	}

	server.Transport = NewTransport(nil)
	_, failed := fetch(t, openStore(t), server, pointer("content"))
	if p := failed[0].Problem; p.Attribute != "ca_file" {
		t.Errorf("problem with an unknown certificate = %+v, want it to name ca_file", p)
	}
}

func TestFolderIsNotTrusted(t *testing.T) {
	dir := t.TempDir()
	put := func(p gitrepo.Pointer, content string) string {
		to := object(dir, p.OID)
		must(t, os.MkdirAll(filepath.Dir(to), 0o777))
		if content != "" {
			must(t, os.WriteFile(to, []byte(content), 0o666))
		}
		return to
	}
	good, wrong, long, link, folder, none := pointer("good"), pointer("wrong"), pointer("long"), pointer("link"), pointer("folder"), pointer("none")
	put(good, "good")
	put(wrong, "WRONG")
	put(long, "longer")
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("link"), 0o666))
	must(t, os.Symlink(secret, put(link, "")))
	must(t, os.Mkdir(put(folder, ""), 0o777))
	got, _ := fetch(t, openStore(t), Folder{filepath.Join(dir, "nope"), dir}, good, wrong, long, link, folder, none)
	want := result{Count: schema.Count{Source: 6, Fetched: 1}, Codes: map[string]providers.Code{
		wrong.OID: providers.CodeInvalid, long.OID: providers.CodeInvalid, link.OID: providers.CodeInvalid,
		folder.OID: providers.CodeInvalid, none.OID: providers.CodeNotFound,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestStore(t *testing.T) {
	s := openStore(t)
	p := pointer("content")
	must(t, s.receive(p, strings.NewReader("content")))
	if !s.Has(p) {
		t.Error("a received object is not there")
	}
	must(t, os.Truncate(s.path(p.OID), 3))
	if s.Has(p) {
		t.Error("half an object is there")
	}
	must(t, s.receive(p, strings.NewReader("content"))) // heals it
	checkFiles(t, s, 1)

	// What a killed fetch left is removed.
	left := filepath.Join(s.temp(), "object-1")
	must(t, os.WriteFile(left, []byte("con"), 0o666))
	again, err := OpenStore(filepath.Dir(s.dir))
	must(t, err)
	checkFiles(t, again, 1)

	// A folder in the place of a file is a fault of ours, and ends the fetch.
	other := pointer("other")
	must(t, os.MkdirAll(filepath.Join(s.path(other.OID), "x"), 0o777))
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Dir(object(dir, other.OID)), 0o777))
	must(t, os.WriteFile(object(dir, other.OID), []byte("other"), 0o666))
	_, _, err = Fetch(t.Context(), s, []gitrepo.Pointer{other}, func() Origin { return Folder{dir} }, nil)
	if !isOurs(err) {
		t.Errorf("error = %v, want a failure of the store", err)
	}
}

func TestOneObjectWithTwoSizes(t *testing.T) {
	h := newHost(t)
	p := pointer("content")
	h.answers(t, func(oid string) any { return at(oid, h.URL+"/o", nil) })
	h.gives("/o", "content")
	lie := gitrepo.Pointer{OID: p.OID, Size: 3}
	got, _ := fetch(t, openStore(t), h.server(t), lie, p)
	if diff := cmp.Diff(result{Count: schema.Count{Source: 1, Fetched: 1}}, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	got, _ = fetch(t, openStore(t), h.server(t), lie)
	if got.Codes[p.OID] != providers.CodeInvalid {
		t.Errorf("result with a wrong size only = %+v", got)
	}
}

func TestFetchStops(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.answers(t, func(oid string) any { return at(oid, h.URL+"/o", nil) })
	h.mux.HandleFunc("/o", func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	s := openStore(t)
	_, _, err := Fetch(ctx, s, []gitrepo.Pointer{pointer("content")}, func() Origin { return h.server(t) }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
	checkFiles(t, s, 0)
}

func TestProgress(t *testing.T) {
	h := newHost(t)
	big, small := strings.Repeat("0123456789abcdef", 3<<16), "small"
	h.answers(t, func(oid string) any { return at(oid, h.URL+"/o/"+oid, nil) })
	h.gives("/o/"+pointer(small).OID, small)
	n := 0
	h.mux.HandleFunc("/o/"+pointer(big).OID, func(w http.ResponseWriter, _ *http.Request) {
		switch n++; n {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case 2: // cut off; what came does not count
			w.Header().Set("Content-Length", fmt.Sprint(len(big)))
			_, _ = w.Write([]byte(big[:2*step]))
			return
		}
		_, _ = w.Write([]byte(big))
	})
	var seen []providers.Progress
	from := &patient{Server: h.server(t)}
	_, failed, err := Fetch(t.Context(), openStore(t), []gitrepo.Pointer{pointer(big), pointer(small)}, func() Origin { return from },
		func(p providers.Progress) { seen = append(seen, p) })
	must(t, err)
	total := int64(len(big) + len(small))
	throttled := false
	for i, p := range seen {
		throttled = throttled || p.Throttled != nil
		if p.Total != total || p.Unit != "bytes" || i > 0 && p.Done < seen[i-1].Done {
			t.Errorf("report %d = %+v after %+v", i, p, seen[max(0, i-1)])
		}
	}
	if len(failed) > 0 || len(seen) < 3 || len(seen) > 10 || seen[len(seen)-1].Done != total || !throttled {
		t.Errorf("failed = %+v, reports = %+v", failed, seen)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": -1, "x": -1, "-5": -1, "0": 0, "7": 7 * time.Second, "99999999999999999999": -1,
		"Fri, 02 Jan 2026 03:04:15 GMT": 10 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for repository, want := range map[string]string{
		"https://example.org/a":      "https://example.org/a.git/info/lfs",
		"https://example.org/a.git":  "https://example.org/a.git/info/lfs",
		"https://example.org/a.git/": "https://example.org/a.git/info/lfs",
	} {
		if got := Endpoint(repository); got != want {
			t.Errorf("Endpoint(%q) = %q, want %q", repository, got, want)
		}
	}
}
