package standin

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stand is a stand-in of nothing: it answers with ten letters, and notes what is asked.
type stand struct {
	*Server
	Log
	served int
}

func start(t *testing.T, o Options) *stand {
	t.Helper()
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	st := &stand{Server: s}
	who := func(r *http.Request) string { return r.Header.Get("X-User") }
	s.Serve(st.Noted(who, s.Faulty(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st.served++
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Body", string(body))
		_, _ = io.WriteString(w, "0123456789")
	}))))
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return st
}

// ask returns the status and the body of an answer: 0 without one, "…" behind a body
// that was cut off.
func (s *stand) ask(t *testing.T, method, path, body string) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-User", "ada")
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return "0", nil
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		data = append(data, "…"...)
	}
	return fmt.Sprintf("%d %s", answer.StatusCode, data), answer.Header
}

func TestFaults(t *testing.T) {
	const fine = "200 0123456789"
	tests := []struct {
		name   string
		faults []Fault
		want   []string
		served int
	}{
		{"none", nil, []string{fine}, 1},
		{"once", []Fault{{Status: 500, Body: "no"}}, []string{"500 no", fine}, 1},
		{"always", []Fault{{Times: -1, Status: 500}}, []string{"500 ", "500 ", "500 "}, 0},
		{"later", []Fault{{From: 2, Times: 2, Status: 500}}, []string{fine, "500 ", "500 ", fine}, 2},
		{"every second", []Fault{{Times: -1, Every: 2, Status: 503}}, []string{"503 ", fine, "503 ", fine}, 2},
		{"two", []Fault{{Status: 500}, {Times: 2, Status: 503}}, []string{"500 ", "503 ", fine}, 1},
		{"a storm", []Fault{Storm("/a*", 1, 502)}, []string{"502 <html><head><title>502 Bad Gateway</title></head><body>Server Error</body></html>", fine}, 1},
		{"dropped", []Fault{{}}, []string{"0", fine}, 1},
		{"lost", []Fault{{After: true}}, []string{"0", fine}, 2},
		{"carried out and denied", []Fault{{After: true, Status: 502}}, []string{"502 ", fine}, 2},
		{"half", []Fault{{Half: true}}, []string{"200 01234…", fine}, 2},
		{"cut", []Fault{{Cut: 3}}, []string{"200 012…", fine}, 2},
		{"headers only", []Fault{{Cut: -1}}, []string{"200 …", fine}, 2},
		{"passed on", []Fault{{Times: -1, Pass: true}, {From: 2, Status: 500}}, []string{fine, "500 "}, 1},
		{"another method", []Fault{{Method: "GET", Status: 500}}, []string{fine}, 1},
		{"a write", []Fault{{Writes: true, Status: 500}}, []string{"500 "}, 0},
		{"another path", []Fault{{Path: "/a", Status: 500}}, []string{fine}, 1},
		{"a path", []Fault{{Path: "/a/*", Status: 500}}, []string{"500 "}, 0},
		{"a path with its query", []Fault{{Path: "/a/*?*=2", Status: 500}}, []string{"500 "}, 0},
		{"another query", []Fault{{Path: "/a/*?*=3", Status: 500}}, []string{fine}, 1},
		{"a text", []Fault{{Contains: "body", Status: 500}}, []string{"500 "}, 0},
		{"another text", []Fault{{Contains: "soul", Status: 500}}, []string{fine}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, Options{})
			s.Faults(test.faults...)
			for n, want := range test.want {
				got, header := s.ask(t, http.MethodPost, "/a/b?page=2", "the body")
				if got != want {
					t.Errorf("request %d: %q, want %q", n+1, got, want)
				}
				if want == fine && header.Get("X-Body") != "the body" {
					t.Errorf("request %d: its body was %q", n+1, header.Get("X-Body"))
				}
			}
			if s.served != test.served {
				t.Errorf("%d were carried out, want %d", s.served, test.served)
			}
		})
	}
}

func TestFaultTells(t *testing.T) {
	s := start(t, Options{})
	told := false
	s.Faults(Fault{Status: 429, RetryAfter: 7 * time.Second, Header: map[string]string{"X-A": "b"}, Then: func() { told = true }}, Fault{Times: -1})
	if got, h := s.ask(t, "GET", "/", ""); got != "429 " || h.Get("Retry-After") != "7" || h.Get("X-A") != "b" || !told {
		t.Errorf("%s, %v, told %v", got, h, told)
	}
	s.ClearFaults()
	if got, _ := s.ask(t, "GET", "/", ""); got != "200 0123456789" {
		t.Error("faults go on:", got)
	}
}

func TestLog(t *testing.T) {
	s := start(t, Options{})
	s.Faults(Fault{From: 2}, Fault{From: 3, Half: true}, Fault{From: 4, Status: 404})
	for range 4 {
		s.ask(t, "GET", "/a%2Fb?c=d", "")
	}
	var want []Request
	for _, status := range []int{200, 0, 200, 404} {
		want = append(want, Request{"GET", "/a%2Fb?c=d", "ada", status})
	}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestLike(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"/a", "/a", true}, {"/a", "/a/b", false}, {"/a/*", "/a/b/c", true}, {"*/c", "/a/b/c", true}, {"/a/*/c", "/a/c", false},
		{"*b*b*", "abb", true}, {"*b*b*", "ab", false}, {"a*a", "a", false}, {"**", "", true}, {"", "a", false},
	} {
		if got := Like(test.pattern, test.text); got != test.want {
			t.Errorf("%q, %q: %v", test.pattern, test.text, got)
		}
	}
}

func TestViolationsAreBounded(t *testing.T) {
	s := start(t, Options{})
	for n := range 3 * maxViolations {
		s.Violated(fmt.Sprint(n))
	}
	if got := s.Violations(); len(got) != maxViolations || got[0] != "0" {
		t.Errorf("%d are kept: %v", len(got), got)
	}
}

// TestClose waits for a request that is being served, and leaves a folder that was
// given.
func TestClose(t *testing.T) {
	s, err := Listen(Options{})
	if err != nil {
		t.Fatal(err)
	}
	began, served := make(chan bool), false
	s.Serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		served = true
	}))
	go http.Get(s.URL) // is cut off
	<-began
	if err := s.Close(); err != nil || !served {
		t.Errorf("served %v, %v", served, err)
	}
	if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s stays: %v", s.Dir, err)
	}
	given := start(t, Options{Dir: t.TempDir(), Latency: time.Millisecond})
	if got, _ := given.ask(t, "GET", "/", ""); got != "200 0123456789" {
		t.Error(got)
	}
	if err := given.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(given.Dir); err != nil {
		t.Error(err)
	}
	if _, err := Listen(Options{Addr: "nowhere:x"}); err == nil {
		t.Error("it listens nowhere")
	}
}

func TestProgram(t *testing.T) {
	var names Many
	program := func(flags *flag.FlagSet) func(io.Writer) (Running, error) {
		flags.Var(&names, "name", "may be repeated")
		fails := flags.Bool("fails", false, "")
		return func(out io.Writer) (Running, error) {
			s, err := Listen(Options{})
			if err != nil {
				return nil, err
			}
			s.Violated("a violation")
			fmt.Fprintln(out, s.URL, names)
			if *fails {
				return s, errors.New("it fails")
			}
			return s, nil
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	go func() {
		bufio.NewScanner(out).Scan()
		stop()
	}()
	var errs strings.Builder
	if code := Run(ctx, "test", []string{"--name", "a", "--name", "b"}, in, &errs, program); code != 0 || errs.String() != "violation: a violation\n" || names.String() != "a,b" {
		t.Errorf("code %d, names %v, says %q", code, names, errs.String())
	}
	errs.Reset()
	if code := Run(t.Context(), "test", []string{"--fails"}, io.Discard, &errs, program); code != 1 || errs.String() != "error: it fails\n" {
		t.Errorf("code %d, says %q", code, errs.String())
	}
	if code := Run(t.Context(), "test", []string{"--other"}, io.Discard, &errs, program); code != 2 || !strings.Contains(errs.String(), "-other") {
		t.Errorf("code %d, says %q", code, errs.String())
	}
}

func TestPairs(t *testing.T) {
	var p Pairs
	if err := errors.Join(p.Set("a=b=c"), p.Set("d=")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Pairs{{"a", "b=c"}, {"d", ""}}, p); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	if err := p.Set("a"); err == nil {
		t.Error("half a pair is taken")
	}
}

func TestWithoutCode(t *testing.T) {
	for text, want := range map[string]string{
		"a `b` c": "a   c", "a ``b ` c`` d": "a   d", "a\n```\nb\n```\nc": "a\n\n\n\nc", "a\n~~~go\nb": "a\n\n\n", "a\n    b\n\tc\nd": "a\n\n\nd", "a ` b": "a ` b",
	} {
		if got := WithoutCode(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
