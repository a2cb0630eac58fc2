package forgehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestRetry(t *testing.T) {
	good := say(200, `{"ok": true}`)
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"ok": tr`)
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	half := say(200, `{"ok": tr`)
	page := say(200, `<html>sign in</html>`)
	all := func(answers ...http.HandlerFunc) []http.HandlerFunc { return answers }
	for _, test := range []struct {
		name          string
		answers       []http.HandlerFunc
		read, write   providers.Code // what a read, and a write, come to; empty: success
		reads, writes int            // requests
	}{
		{"502, then well", all(say(502, "<html>unicorn"), say(502, ""), good), "", providers.CodeUnavailable, 3, 1},
		{"500, then well", all(say(500, ""), good), "", providers.CodeUnavailable, 2, 1},
		{"503, then well", all(say(503, ""), good), "", providers.CodeUnavailable, 2, 1},
		{"504, then well", all(say(504, ""), good), "", providers.CodeUnavailable, 2, 1},
		{"a storm", all(say(502, "")), providers.CodeUnavailable, providers.CodeUnavailable, 4, 1},
		{"cut off", all(cut, good), "", providers.CodeUnavailable, 2, 1},
		{"half an answer", all(half, good), "", providers.CodeUnavailable, 2, 1},
		{"hung up", all(hangUp, hangUp, good), "", providers.CodeUnavailable, 3, 1},
		{"a page of a proxy", all(page), providers.CodeInvalid, providers.CodeUnavailable, 1, 1},
		{"more than one value", all(say(200, `{"ok": true} {}`)), providers.CodeInvalid, providers.CodeUnavailable, 1, 1},
		{"another type", all(say(200, `{"ok": "yes"}`)), providers.CodeInvalid, providers.CodeUnavailable, 1, 1},
		{"501", all(say(501, "")), providers.CodeUnsupported, providers.CodeUnsupported, 1, 1},
		{"422", all(say(422, "")), providers.CodeInvalid, providers.CodeInvalid, 1, 1},
	} {
		for _, kind := range []struct {
			name string
			r    Request
			code providers.Code
			sent int
		}{
			{"read", Request{Method: "GET"}, test.read, test.reads},
			{"repeatable write", Request{Method: "PUT", Repeatable: true, Body: "x"}, test.read, test.reads},
			{"write", Request{Method: "POST", Body: "x"}, test.write, test.writes},
		} {
			t.Run(test.name+" "+kind.name, func(t *testing.T) {
				h := newHost(t, script(test.answers...))
				c, clock := newClient(t, h.URL, func(o *Options) { o.Retries = 3 })
				var got struct{ OK bool }
				r := kind.r
				r.Path, r.Into = "/", &got
				_, err := c.Do(t.Context(), r)
				switch {
				case kind.code != "":
					asError(t, err, kind.code)
				case err != nil || !got.OK:
					t.Errorf("error = %v, answer = %v", err, got)
				}
				// A transport may send a read once more by itself when a
				// connection that it had in store was closed.
				if n := int(c.Requests()); n != kind.sent {
					t.Errorf("%d requests, want %d", n, kind.sent)
				}
				if len(clock.sleeps) != kind.sent-1 {
					t.Errorf("waits = %v", clock.sleeps)
				}
				for i, d := range clock.sleeps {
					if most := time.Second << i; d < most/2 || d > most {
						t.Errorf("wait %d is %v, want between %v and %v", i, d, most/2, most)
					}
				}
			})
		}
	}
}

func TestRetryAfterOfAServerThatIsDown(t *testing.T) {
	h := newHost(t, script(say(503, "", "Retry-After: 120"), say(200, "{}"), say(503, "", "Retry-After: 3600")))
	c, clock := newClient(t, h.URL, nil)
	var told []providers.Throttle
	ctx := Throttles(t.Context(), func(throttle providers.Throttle) { told = append(told, throttle) })
	if _, err := c.Do(ctx, Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{2 * time.Minute}, clock.sleeps); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if len(told) != 1 || !told[0].Until.Equal(clock.Now()) {
		t.Errorf("told = %v", told)
	}
	_, err := c.Do(ctx, Request{Path: "/"})
	if e := asError(t, err, providers.CodeRateLimited); !e.Until.Equal(clock.Now().Add(time.Hour)) {
		t.Errorf("until = %v", e.Until)
	}
}

// roundTrip is a transport of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhatNeverLeftIsSentAgain(t *testing.T) {
	n := 0
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		if n++; n < 3 {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}
		return &http.Response{StatusCode: 201, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	})
	c, _ := newClient(t, "https://forge.example.org", func(o *Options) { o.Transport = transport })
	if _, err := c.Do(t.Context(), Request{Method: "POST", Path: "/", Body: "x"}); err != nil || n != 3 {
		t.Errorf("error = %v after %d requests", err, n)
	}
	n = 0
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/", Body: io.MultiReader(strings.NewReader("x"))})
	if asError(t, err, providers.CodeUnavailable); n != 1 {
		t.Errorf("a body that can be read once was sent %d times", n)
	}
}

// drip is a body that gives a byte at a time, and then for ever nothing.
type drip struct {
	ctx   context.Context
	every time.Duration
	left  int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		<-d.ctx.Done()
		return 0, d.ctx.Err()
	}
	d.left--
	select {
	case <-time.After(d.every):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (d *drip) Close() error { return nil }

func TestSlowServers(t *testing.T) {
	for _, test := range []struct {
		name  string
		every time.Duration
		bytes int
		want  error
		after time.Duration
	}{
		{"sends nothing", 0, 0, errStalled, stallTimeout},
		{"stops", time.Second, 30, errStalled, 30*time.Second + stallTimeout},
		{"sends a byte now and then", stallTimeout / 2, 1 << 20, errSlow, answerLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := roundTrip(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &drip{r.Context(), test.every, test.bytes}}, nil
				})
				c, _ := newClient(t, "https://forge.example.org", func(o *Options) { o.Transport, o.Retries = transport, -1 })
				start := time.Now()
				_, err := c.Do(t.Context(), Request{Path: "/"})
				if e := asError(t, err, providers.CodeUnavailable); !errors.Is(e, test.want) || time.Since(start) != test.after {
					t.Errorf("error = %v after %v, want %v after %v", e, time.Since(start), test.want, test.after)
				}
			})
		})
	}
}

func TestAServerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			_, _ = r.Body.Read(make([]byte, 1))
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c, _ := newClient(t, "https://forge.example.org", func(o *Options) { o.Transport = transport })
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/", Body: "a long one"})
		if e := asError(t, err, providers.CodeUnavailable); !errors.Is(e, errStalled) {
			t.Errorf("error = %v", e)
		}
	})
}

func TestTheContextEndsEverything(t *testing.T) {
	for _, test := range []struct {
		name  string
		serve func(cancel func()) http.HandlerFunc
	}{
		{"before the header", func(cancel func()) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }
		}},
		{"in the body", func(cancel func()) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "[1,")
				_ = http.NewResponseController(w).Flush()
				cancel()
				<-r.Context().Done()
			}
		}},
		{"in a wait", func(cancel func()) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { cancel(); say(429, "")(w, r) }
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := errors.New("the user has gone")
			h := newHost(t, test.serve(func() { cancel(gone) }))
			c, _ := newClient(t, h.URL, nil)
			_, err := c.Do(ctx, Request{Path: "/"})
			if asError(t, err, providers.CodeUnavailable); !errors.Is(err, gone) || len(h.requests) != 1 {
				t.Errorf("error = %v after %d requests", err, len(h.requests))
			}
			if _, err := c.Do(ctx, Request{Path: "/"}); !errors.Is(err, gone) || len(h.requests) != 1 {
				t.Errorf("after the end: error = %v after %d requests", err, len(h.requests))
			}
		})
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errStalled)
		defer cancel()
		if err := (realClock{}).Sleep(ctx, time.Second); err != nil {
			t.Error(err)
		}
		if err := (realClock{}).Sleep(ctx, time.Hour); !errors.Is(err, errStalled) {
			t.Errorf("error = %v", err)
		}
	})
}
