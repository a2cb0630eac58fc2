package azure

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestParseAddress(t *testing.T) {
	tests := []struct {
		raw, collection, project, name string
		git, bad                       bool
	}{
		{raw: "https://dev.azure.com/acme", collection: "https://dev.azure.com/acme", name: "acme"},
		{raw: "https://ann@DEV.azure.com/acme/ERP", collection: "https://dev.azure.com/acme", project: "ERP", name: "acme"},
		{raw: "https://dev.azure.com/acme/My%20ERP/_versionControl?path=%24%2FMy%20ERP", collection: "https://dev.azure.com/acme", project: "My ERP", name: "acme"},
		{raw: "https://dev.azure.com/acme/ERP/_git/erp", collection: "https://dev.azure.com/acme", project: "ERP", name: "acme", git: true},
		{raw: "https://acme.visualstudio.com", collection: "https://acme.visualstudio.com", name: "acme"},
		{raw: "https://acme.visualstudio.com/DefaultCollection/ERP", collection: "https://acme.visualstudio.com/DefaultCollection", project: "ERP", name: "acme"},
		{raw: "https://tfs.example.com:8443/tfs/Main%20Collection/", collection: "https://tfs.example.com:8443/tfs/Main%20Collection", name: "Main Collection"},
		{raw: "https://dev.azure.com/", bad: true},
		{raw: "https://dev.azure.com/a/b/c", bad: true},
		{raw: "https://ann:secret@tfs.example.com/tfs/A", bad: true},
		{raw: "https://tfs.example.com/tfs/A/ERP/_home", bad: true},
		{raw: "https://tfs.example.com/tfs/../A", bad: true},
		{raw: "https://tfs.example.com/tfs/A?x=1", bad: true},
		{raw: "svn://example.com/A", bad: true},
		{raw: "C:\\tfs", bad: true},
		{raw: "https://tfs.example.com/a\nb", bad: true},
		{raw: "https:///x", bad: true},
	}
	for _, tt := range tests {
		a, err := ParseAddress(tt.raw)
		if (err != nil) != tt.bad {
			t.Errorf("%s: error %v", tt.raw, err)
			continue
		}
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the error shows the password: %v", tt.raw, err)
			}
			continue
		}
		if a.String() != tt.collection || a.Project != tt.project || a.Name() != tt.name || a.Git != tt.git {
			t.Errorf("%s: %q, project %q, name %q, git %v", tt.raw, a, a.Project, a.Name(), a.Git)
		}
	}
}

// TestRecorded decodes what a real server answered.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var recorded struct {
				Responses map[string]struct {
					Body json.RawMessage `json:"body"`
				} `json:"responses"`
			}
			if err := json.Unmarshal(data, &recorded); err != nil {
				t.Fatal(err)
			}
			body := recorded.Responses["200"].Body
			kind, _, _ := strings.Cut(filepath.Base(file), ".")
			if !bytes.Contains(body, []byte(`"value"`)) {
				body = fmt.Appendf(nil, `{"count":1,"value":[%s]}`, body)
			}
			n := 0
			switch kind {
			case "changesets", "changesetsBatch":
				n = decodeAll(t, body, func(c Changeset) bool { return c.Number > 0 && !c.Created.IsZero() && c.Author.UniqueName != "" })
			case "branches":
				n = decodeAll(t, body, func(b BranchRef) bool { return strings.HasPrefix(b.Path, "$/") })
			case "labels":
				n = decodeAll(t, body, func(l Label) bool { return l.ID > 0 && l.Name != "" && !l.Modified.IsZero() })
			case "items", "labelItems":
				n = decodeAll(t, body, func(i Item) bool { return strings.HasPrefix(i.Path, "$/") && i.Version > 0 })
			case "shelvesetChanges":
				n = decodeAll(t, body, func(c Change) bool { return c.Type != 0 && !c.Type.Has(Other) && c.Item.Path != "" })
			default:
				t.Fatalf("nothing decodes %s", kind)
			}
			if n == 0 {
				t.Error("the recording holds nothing")
			}
		})
	}
}

func decodeAll[T any](t *testing.T, body []byte, sound func(T) bool) (n int) {
	t.Helper()
	for v, err := range decodeList[T](bytes.NewReader(body)) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; !sound(v) {
			t.Errorf("decoded as %+v", v)
		}
	}
	return n
}

func TestDecodeList(t *testing.T) {
	tests := []struct {
		name, body string
		want       []int
		code       providers.Code // of the error
	}{
		{"empty", `{"count":0,"value":[]}`, nil, ""},
		{"without a count", `{"value":[{"id":1}]}`, []int{1}, ""},
		{"more members", `{"x":{"y":[1]},"value":[{"id":1,"new":2}],"count":1,"z":null}`, []int{1}, ""},
		{"cut off", `{"count":2,"value":[{"id":1},{"id"`, []int{1}, providers.CodeUnavailable},
		{"cut off between elements", `{"count":2,"value":[{"id":1},`, []int{1}, providers.CodeUnavailable},
		{"fewer than it says", `{"count":2,"value":[{"id":1}]}`, []int{1}, providers.CodeInvalid},
		{"no list", `{"count":0}`, nil, providers.CodeInvalid},
		{"a list alone", `[1]`, nil, providers.CodeInvalid},
		{"another type", `{"value":[{"id":"x"}]}`, nil, providers.CodeInvalid},
		{"an element without end", `{"value":[{"id":1,"x":"` + strings.Repeat("x", 2*maxElement) + `"}]}`, nil, providers.CodeInvalid},
		{"nothing", ``, nil, providers.CodeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			var failed error
			for v, err := range decodeList[WorkItem](strings.NewReader(tt.body)) {
				if err != nil {
					failed = err
					break
				}
				got = append(got, v.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("elements (-want +got):\n%s", diff)
			}
			if providers.CodeOf(failed) != tt.code {
				t.Errorf("error %v, want code %q", failed, tt.code)
			}
		})
	}
}

func TestChangeType(t *testing.T) {
	for text, want := range map[string]string{
		"add, edit, encoding": "add, edit, encoding", "none": "none", "": "none", "Delete, SourceRename": "delete, sourceRename",
		"undelete,rename": "rename, undelete", "edit, unheardOf": "edit, other",
	} {
		var got ChangeType
		if err := json.Unmarshal(fmt.Appendf(nil, "%q", text), &got); err != nil || got.String() != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

// server answers requests by a function, and clients of it do not wait.
func server(t *testing.T, password string, answer http.HandlerFunc) (*Client, *[]time.Duration) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	a, err := ParseAddress(s.URL + "/tfs/A")
	if err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	c, err := New(a, Options{Username: "ann", Password: password, Pause: func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d.Round(time.Second))
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, &waits
}

func TestAnswers(t *testing.T) {
	const none = `{"count":0,"value":[]}`
	tests := []struct {
		name     string
		password string
		answer   func(w http.ResponseWriter, n int)
		code     providers.Code
		says     string
		requests int
		waits    []time.Duration
	}{
		{"rate limit", "", func(w http.ResponseWriter, n int) {
			if n < 3 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, none)
		}, "", "", 3, []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second}},
		{"rate limit for hours", "", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Retry-After", "9000")
			w.WriteHeader(http.StatusTooManyRequests)
		}, providers.CodeRateLimited, "429", 1, nil},
		{"a success that asks to wait", "", func(w http.ResponseWriter, n int) {
			w.Header().Set("Retry-After", "1")
			fmt.Fprint(w, none)
		}, "", "", 1, nil},
		{"busy", "", func(w http.ResponseWriter, n int) {
			if n == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, none)
		}, "", "", 2, []time.Duration{time.Second}},
		{"down", "", func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusBadGateway) },
			providers.CodeUnavailable, "502", maxTries, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"breaks off", "", func(w http.ResponseWriter, n int) {
			if n == 1 {
				w.Header().Set("Content-Length", "100")
				fmt.Fprint(w, `{"count":0,"va`)
				return
			}
			fmt.Fprint(w, none)
		}, "", "", 2, []time.Duration{time.Second}},
		{"asks who we are", "", func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusUnauthorized) }, providers.CodeAuth, "asks for", 1, nil},
		{"refuses the password", "s3cret", func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusUnauthorized) }, providers.CodeAuth, "refuses", 1, nil},
		{"sign-in page as a success", "s3cret", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
		}, providers.CodeAuth, "refuses", 1, nil},
		{"sign-in page as a redirect", "s3cret", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", "https://spsprodcus1.vssps.visualstudio.com/_signin?realm=dev.azure.com")
			w.WriteHeader(http.StatusFound)
		}, providers.CodeAuth, "refuses", 1, nil},
		{"NTLM only", "s3cret", func(w http.ResponseWriter, _ int) {
			w.Header().Add("WWW-Authenticate", "Negotiate")
			w.Header().Add("WWW-Authenticate", "NTLM")
			w.WriteHeader(http.StatusUnauthorized)
		}, providers.CodeAuth, "NTLM or Kerberos only", 1, nil},
		{"another host", "s3cret", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", "http://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, providers.CodeInvalid, "another host", 1, nil},
		{"in circles", "", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", "/tfs/B")
			w.WriteHeader(http.StatusFound)
		}, providers.CodeInvalid, "more than 3 redirects", 4, nil},
		{"forbidden", "", func(w http.ResponseWriter, _ int) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message":"TF50309: you \u001b[31mmay\nnot"}`)
		}, providers.CodeDenied, `TF50309: you \x1b[31mmay not`, 1, nil},
		{"not there", "", func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusNotFound) }, providers.CodeNotFound, "404", 1, nil},
		{"a web page", "", func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>")
		}, providers.CodeInvalid, "web page", 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			c, waits := server(t, tt.password, func(w http.ResponseWriter, r *http.Request) {
				if _, password, _ := r.BasicAuth(); password != tt.password {
					t.Errorf("password %q", password)
				}
				n++
				tt.answer(w, n)
			})
			_, err := c.Latest(t.Context(), "$/P")
			if providers.CodeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want code %q and %q", err, tt.code, tt.says)
			}
			if err != nil && tt.password != "" && strings.Contains(fmt.Sprintf("%+v", err), tt.password) {
				t.Errorf("the error shows the password: %v", err)
			}
			if n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			if diff := cmp.Diff(tt.waits, *waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVersions finds the version of the interface that a server knows, once.
func TestVersions(t *testing.T) {
	for known, want := range map[string]string{"7.2": "5.0 5.0", "4.1": "5.0 4.1 4.1", "1.0": "5.0 4.1 3.0 2.0 1.0 1.0"} {
		var asked []string
		c, _ := server(t, "", func(w http.ResponseWriter, r *http.Request) {
			version := r.URL.Query().Get("api-version")
			asked = append(asked, version)
			if version > known {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"typeKey":"VssVersionOutOfRangeException","message":"out of range"}`)
				return
			}
			fmt.Fprint(w, `{"count":0,"value":[]}`)
		})
		for range 2 {
			if _, err := c.Latest(t.Context(), "$/P"); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("a server that knows %s was asked in %s, want %s", known, got, want)
		}
	}
}

// TestPasswordStaysHere sends none to a host that is not this machine without
// encryption.
func TestPasswordStaysHere(t *testing.T) {
	a, err := ParseAddress("http://tfs.example.com/tfs/A")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(a, Options{Password: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the password was sent")
		}
		return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
	})
	if _, err := c.Latest(t.Context(), "$/P"); providers.CodeOf(err) != providers.CodeAuth || !strings.Contains(err.Error(), "not secured") {
		t.Errorf("error %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestBatchBombs reads no more of an archive than was asked for.
func TestBatchBombs(t *testing.T) {
	archive := func(sizes ...int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i, size := range sizes {
			f, err := z.Create(fmt.Sprintf("../../f%d", i))
			if err == nil {
				_, err = io.CopyN(f, zeros{}, int64(size))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	tests := []struct {
		name string
		data []byte
		most int64
		want []int
		bad  bool
	}{
		{"as asked", archive(10, 20), 100, []int{10, 20}, false},
		{"one too large", archive(10, 1<<24, 20), 1 << 20, []int{10, 20}, false},
		{"too many", archive(60, 60, 60), 100, []int{60}, false},
		{"no archive", []byte("<html>"), 100, nil, true},
		{"larger than everything", bytes.Repeat([]byte("x"), 1<<16), 100, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := server(t, "", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(tt.data) })
			var got []int
			var failed error
			for data, err := range c.Batch(t.Context(), []Wanted{{"$/P/a", 1}}, 100, tt.most) {
				if failed = err; err == nil {
					got = append(got, len(data))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || (failed != nil) != tt.bad {
				t.Errorf("sizes (-want +got):\n%s, error %v", diff, failed)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestUnordered refuses a list of changesets that goes back.
func TestUnordered(t *testing.T) {
	c, _ := server(t, "", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"count":2,"value":[{"changesetId":5},{"changesetId":5}]}`)
	})
	var failed error
	for _, err := range c.Changesets(t.Context(), "$/P", 0, 9) {
		failed = err
	}
	if providers.CodeOf(failed) != providers.CodeInvalid {
		t.Errorf("error %v", failed)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/recorded/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"count":1,"value":[{"changeType":"add","item":"$/P/a","mergeSources":[null]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		decoders := []func() error{
			func() error { return drain(decodeList[Change](bytes.NewReader(data))) },
			func() error { return drain(decodeList[Changeset](bytes.NewReader(data))) },
			func() error { return drain(decodeList[BranchRef](bytes.NewReader(data))) },
			func() error { return drain(decodeList[Label](bytes.NewReader(data))) },
		}
		for _, decode := range decoders {
			var known *providers.Error
			if err := decode(); err != nil && !errors.As(err, &known) {
				t.Errorf("an error without a code: %v", err)
			}
		}
	})
}

func drain[T any](list func(func(T, error) bool)) (failed error) {
	list(func(_ T, err error) bool {
		failed = err
		return err == nil
	})
	return failed
}

func FuzzParseAddress(f *testing.F) {
	f.Add("https://dev.azure.com/acme/ERP/_git/x")
	f.Add("https://tfs.example.com:8443/tfs/Main%20Collection/")
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := ParseAddress(raw)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.collection.String())
		if err != nil || again.collection.String() != a.collection.String() {
			t.Errorf("%q is %q, and that is %q, %v", raw, a.collection.String(), again.collection.String(), err)
		}
	})
}
