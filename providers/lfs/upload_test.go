package lfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/schema"
)

// filled is a store with objects.
func filled(t testing.TB, contents ...string) *Store {
	t.Helper()
	s := openStore(t)
	for _, content := range contents {
		must(t, s.receive(pointer(content), strings.NewReader(content)))
	}
	return s
}

// upload uploads objects with waits that pass at once, and wants the account to
// add up.
func upload(t testing.TB, s *Store, to Server, pointers ...gitrepo.Pointer) (result, []providers.ItemFailed, []time.Duration) {
	t.Helper()
	slices.SortFunc(pointers, func(a, b gitrepo.Pointer) int { return strings.Compare(a.OID, b.OID) })
	var mu sync.Mutex
	var waits []time.Duration
	work := &sending{store: s, tally: newTally("sending", nil, sendProblem)}
	c, problem := newClient(to, opUpload, work.throttled)
	if problem != nil {
		t.Fatal(problem)
	}
	c.pause = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		return ctx.Err()
	}
	objects := one(s, pointers)
	must(t, c.upload(t.Context(), work, objects))
	count, failed := work.account(objects)
	r := result{Count: count}
	for _, f := range failed {
		if r.Codes == nil {
			r.Codes = map[string]providers.Code{}
		}
		if f.Key.Kind != schema.KindLFSObject || f.Problem == nil || !strings.Contains(f.Problem.Subject, f.Key.ID) || strings.Contains(f.Problem.Error(), "s3cret") {
			t.Errorf("failure = %+v", f)
		}
		r.Codes[f.Key.ID] = f.Problem.Code
	}
	if !count.AddsUp() {
		t.Errorf("%+v does not add up", count)
	}
	return r, failed, waits
}

// takes makes the API answer each object of an upload with what say returns for
// it.
func (h *host) takes(t testing.TB, say func(oid string, size int64) any) {
	h.mux.HandleFunc("POST /lfs/objects/batch", func(w http.ResponseWriter, r *http.Request) {
		var question asked
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
			t.Errorf("question: %v", err)
		}
		if question.Operation != "upload" || len(question.Objects) > batchSize {
			t.Errorf("question = %+v", question)
		}
		var objects []any
		for _, o := range question.Objects {
			objects = append(objects, say(o.OID, o.Size))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"objects": objects})
	})
}

func into(oid, href string, header map[string]string) said {
	return said{"oid": oid, "actions": said{"upload": said{"href": href, "header": header}}}
}

// stores notes what is put below /o.
func (h *host) stores() map[string]string {
	stored := map[string]string{}
	var mu sync.Mutex
	h.mux.HandleFunc("PUT /o/{oid}", func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		stored[r.PathValue("oid")] = string(data)
	})
	return stored
}

func TestUploadToAForge(t *testing.T) {
	forge := gitserver.New(t.TempDir(), func(r *http.Request, _ string, write bool) int {
		if _, password, _ := r.BasicAuth(); password != "s3cret" || !write {
			return http.StatusUnauthorized
		}
		return 0
	})
	dir, err := forge.Create("acme/api")
	must(t, err)
	var mu sync.Mutex
	requests := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests++
		mu.Unlock()
		forge.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	to := Server{URL: Endpoint(web.URL + "/acme/api"), Username: "me", Password: "s3cret", Transport: NewTransport(nil)}
	t.Cleanup(to.Transport.(*http.Transport).CloseIdleConnections)

	_, err = gitserver.PutLFS(dir, []byte("at the target only"))
	must(t, err)
	s := filled(t, "one", "two", "", strings.Repeat("large ", 1<<18))
	pointers := []gitrepo.Pointer{pointer("one"), pointer("two"), pointer(""), pointer(strings.Repeat("large ", 1<<18)),
		pointer("at the target only"), pointer("nowhere"), {OID: pointer("two").OID, Size: 99}}
	slices.SortFunc(pointers, func(a, b gitrepo.Pointer) int { return strings.Compare(a.OID, b.OID) })
	want := schema.Count{Source: 6, Fetched: 4, Imported: 5, Failed: 1}
	var seen []providers.Progress
	count, failed, err := Upload(t.Context(), s, pointers, to, func(p providers.Progress) { seen = append(seen, p) })
	must(t, err)
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
	if len(failed) != 1 || failed[0].Key.ID != pointer("nowhere").OID || failed[0].Problem.Code != providers.CodeNotFound {
		t.Errorf("failed = %+v", failed)
	}
	for _, content := range []string{"one", "two", "", strings.Repeat("large ", 1<<18)} {
		stored, err := os.ReadFile(object(filepath.Join(dir, "lfs", "objects"), pointer(content).OID))
		if err != nil || string(stored) != content {
			t.Errorf("the forge has %d bytes of %d, %v", len(stored), len(content), err)
		}
	}
	for i, p := range seen {
		if p.Unit != "bytes" || i > 0 && p.Done < seen[i-1].Done || p.Done > p.Total {
			t.Errorf("report %d = %+v", i, p)
		}
	}
	if len(seen) == 0 {
		t.Error("nothing was reported")
	}

	before := requests
	count, _, err = Upload(t.Context(), s, pointers, to, nil)
	must(t, err)
	if diff := cmp.Diff(want, count); diff != "" || requests != before+1 {
		t.Errorf("again with %d requests, want one; count (-want +got):\n%s", requests-before, diff)
	}

	to.Password = "wrong"
	to.Attribute = "token"
	_, failed, err = Upload(t.Context(), s, pointers[:1], to, nil)
	must(t, err)
	if len(failed) != 1 || failed[0].Problem.Code != providers.CodeAuth || failed[0].Problem.Attribute != "token" || !strings.Contains(failed[0].Problem.Hint, "target block") {
		t.Errorf("with a wrong password: %+v", failed[0].Problem)
	}
}

func TestUploadFailures(t *testing.T) {
	h := newHost(t)
	stored := h.stores()
	good, has, large, full, wrong, denied, odd, silent, down, unverified, gone := pointer("good"), pointer("has"), pointer("large"), pointer("full"),
		pointer("wrong"), pointer("denied"), pointer("odd"), pointer("silent"), pointer("down"), pointer("unverified"), pointer("gone")
	code := func(oid string, code int) said {
		return said{"oid": oid, "error": said{"code": code, "message": "\x1b[2J"}}
	}
	h.takes(t, func(oid string, size int64) any {
		switch oid {
		case has.OID:
			return said{"oid": oid, "size": size}
		case large.OID:
			return code(oid, 413)
		case full.OID:
			return code(oid, 507)
		case wrong.OID:
			return code(oid, 422)
		case denied.OID:
			return code(oid, 403)
		case odd.OID:
			return into(oid, "file:///etc/passwd", nil)
		case silent.OID:
			return said{"oid": "another"}
		case down.OID:
			return into(oid, h.URL+"/down", nil)
		case unverified.OID:
			o := into(oid, h.URL+"/o/"+oid, nil)
			o["actions"].(said)["verify"] = said{"href": h.URL + "/verify"}
			return o
		}
		return into(oid, h.URL+"/o/"+oid, nil)
	})
	h.mux.HandleFunc("PUT /down", status500)
	h.mux.HandleFunc("POST /verify", func(w http.ResponseWriter, r *http.Request) {
		var p struct {
			OID  string
			Size int64
		}
		must(t, json.NewDecoder(r.Body).Decode(&p))
		if p.OID != unverified.OID || p.Size != unverified.Size || r.Header.Get("Content-Type") != mediaType {
			t.Errorf("verify %+v with %v", p, r.Header)
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
	})
	s := filled(t, "good", "large", "full", "wrong", "denied", "odd", "silent", "down", "unverified")
	got, _, _ := upload(t, s, h.server(t), good, has, large, full, wrong, denied, odd, silent, down, unverified, gone)
	want := result{Count: schema.Count{Source: 11, Fetched: 9, Imported: 2, Failed: 9}, Codes: map[string]providers.Code{
		large.OID: providers.CodeDenied, full.OID: providers.CodeDenied, wrong.OID: providers.CodeInvalid, denied.OID: providers.CodeDenied,
		odd.OID: providers.CodeInvalid, silent.OID: providers.CodeUnavailable, down.OID: providers.CodeUnavailable,
		unverified.OID: providers.CodeInvalid, gone.OID: providers.CodeNotFound,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{good.OID: "good", unverified.OID: "unverified"}, stored); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if n := h.seen("/down"); n != maxTries {
		t.Errorf("a server that is down was asked %d times", n)
	}
}

func status500(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusInternalServerError)
}

func TestUploadRetries(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 3<<16)
	for _, test := range []struct {
		name  string
		fail  http.HandlerFunc
		waits []time.Duration
	}{
		{"500", status500, []time.Duration{time.Second}},
		{"429", func(w http.ResponseWriter, _ *http.Request) { status(429, "7")(w) }, []time.Duration{7 * time.Second}},
		{"an answer in the middle", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<16)
			status(503, "2")(w)
		}, []time.Duration{2 * time.Second}},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}, nil},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []time.Duration{time.Second}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			h.takes(t, func(oid string, _ int64) any { return into(oid, h.URL+"/o", nil) })
			var stored string
			n := 0
			h.mux.HandleFunc("PUT /o", func(w http.ResponseWriter, r *http.Request) {
				if n++; n == 1 {
					test.fail(w, r)
					return
				}
				data, _ := io.ReadAll(r.Body)
				stored = string(data)
			})
			got, failed, waits := upload(t, filled(t, content), h.server(t), pointer(content))
			if got.Count.Imported != 1 || stored != content || n != 2 {
				t.Errorf("failed = %+v, %d bytes stored after %d requests", failed, len(stored), n)
			}
			if diff := cmp.Diff(test.waits, waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUploadCredentials(t *testing.T) {
	p := pointer("content")
	verified := func(o said, at string, header map[string]string) said {
		o["actions"].(said)["verify"] = said{"href": at, "header": header}
		return o
	}
	for _, test := range []struct {
		name string
		set  func(first, other *host)
	}{
		{"addresses on another host", func(first, other *host) {
			first.takes(t, func(oid string, _ int64) any { return verified(into(oid, other.URL+"/o", nil), other.URL+"/v", nil) })
			other.mux.HandleFunc("PUT /o", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
			other.mux.HandleFunc("POST /v", func(http.ResponseWriter, *http.Request) {})
		}},
		{"redirects", func(first, other *host) {
			secret := map[string]string{"X-Token": "s3cret"}
			first.takes(t, func(oid string, _ int64) any {
				return verified(into(oid, first.URL+"/o", secret), first.URL+"/v", secret)
			})
			first.mux.Handle("/o", http.RedirectHandler(other.URL+"/o", http.StatusTemporaryRedirect))
			first.mux.Handle("/v", http.RedirectHandler(other.URL+"/v", http.StatusFound))
			other.mux.HandleFunc("PUT /o", func(_ http.ResponseWriter, r *http.Request) {
				if data, _ := io.ReadAll(r.Body); string(data) != "content" {
					t.Errorf("the redirected upload holds %q", data)
				}
			})
			other.mux.HandleFunc("POST /v", func(http.ResponseWriter, *http.Request) {})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, other := newHost(t), newHost(t)
			test.set(first, other)
			got, failed, _ := upload(t, filled(t, "content"), first.server(t), p)
			if got.Count.Imported != 1 {
				t.Errorf("failed = %+v", failed)
			}
			if found := other.leaked(); len(other.requests) != 2 || len(found) > 0 {
				t.Errorf("the other host got %d requests and the secrets %q", len(other.requests), found)
			}
		})
	}
	first, other := newHost(t), newHost(t)
	first.takes(t, func(oid string, _ int64) any {
		return into(oid, other.URL+"/o", map[string]string{"Authorization": "Bearer of the upload", "Content-Type": "application/x", "Content-Length": "3"})
	})
	other.mux.HandleFunc("PUT /o", func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer of the upload" || r.Header.Get("Content-Type") != "application/x" || r.ContentLength != p.Size {
			t.Errorf("upload of %d bytes with %v", r.ContentLength, r.Header)
		}
	})
	if got, failed, _ := upload(t, filled(t, "content"), first.server(t), p); got.Count.Imported != 1 {
		t.Errorf("failed = %+v", failed)
	}
}

func TestUploadAsksAgainForExpiredAddresses(t *testing.T) {
	h := newHost(t)
	stored := h.stores()
	h.takes(t, func(oid string, _ int64) any {
		return said{"oid": oid, "actions": said{"upload": said{"href": h.URL + "/o/" + oid, "expires_at": "2001-01-01T00:00:00Z"}}}
	})
	if got, failed, _ := upload(t, filled(t, "content"), h.server(t), pointer("content")); got.Count.Imported != 1 || len(stored) != 1 {
		t.Errorf("failed = %+v", failed)
	}
	if n := h.seen("/lfs/objects/batch"); n != 2 {
		t.Errorf("the server was asked %d times, want twice, and then the clock is not believed", n)
	}
}

func TestUploadBatches(t *testing.T) {
	h := newHost(t)
	stored := h.stores()
	var contents []string
	var pointers []gitrepo.Pointer
	for i := range batchSize + 5 {
		contents = append(contents, fmt.Sprint("object ", i))
		pointers = append(pointers, pointer(contents[i]))
	}
	h.takes(t, func(oid string, _ int64) any { return into(oid, h.URL+"/o/"+oid, nil) })
	got, failed, _ := upload(t, filled(t, contents...), h.server(t), pointers...)
	if got.Count.Imported != int64(len(contents)) || len(stored) != len(contents) || h.seen("/lfs/objects/batch") != 2 {
		t.Errorf("failed = %+v, %d stored", failed, len(stored))
	}
}

func TestUploadBatchRefused(t *testing.T) {
	for name, test := range map[string]struct {
		fail func(w http.ResponseWriter)
		code providers.Code
	}{
		"no LFS":      {status(404, ""), providers.CodeNotFound},
		"not allowed": {status(403, ""), providers.CodeDenied},
		"a web page":  {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, providers.CodeUnsupported},
	} {
		h := newHost(t)
		h.mux.HandleFunc("/lfs/objects/batch", func(w http.ResponseWriter, _ *http.Request) { test.fail(w) })
		got, failed, _ := upload(t, filled(t, "1", "2"), h.server(t), pointer("1"), pointer("2"))
		if got.Count.Failed != 2 || got.Codes[pointer("1").OID] != test.code || strings.Contains(failed[0].Problem.Message, "the source") {
			t.Errorf("%s: %+v", name, failed)
		}
	}
}

func TestUploadStops(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.takes(t, func(oid string, _ int64) any { return into(oid, h.URL+"/o", nil) })
	h.mux.HandleFunc("PUT /o", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, _, err := Upload(ctx, filled(t, "content"), []gitrepo.Pointer{pointer("content")}, h.server(t), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
}

func TestUploadOfNothing(t *testing.T) {
	count, failed, err := Upload(t.Context(), openStore(t), nil, Server{URL: "https://lfs.invalid"}, nil)
	if err != nil || len(failed) > 0 || count != (schema.Count{}) {
		t.Errorf("%+v, %v, %v", count, failed, err)
	}
	count, failed, err = Upload(t.Context(), openStore(t), []gitrepo.Pointer{pointer("x")}, Server{URL: "file:///etc"}, nil)
	if err != nil || len(failed) != 1 || failed[0].Problem.Code != providers.CodeInvalid || count.Failed != 1 {
		t.Errorf("%+v, %v, %v", count, failed, err)
	}
}
