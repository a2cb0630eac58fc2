package wire_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hg/wire"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// TestPull pulls from a real server in both ways, and again after it changed.
func TestPull(t *testing.T) {
	r := hgtest.New(t)
	hgtest.Fill(r)
	addresses := map[string]*url.URL{"http": r.Serve(), "ssh": r.FakeSSH(t)}
	spools := map[string]*spool.Spool{"http": openSpool(t), "ssh": openSpool(t)}
	for name, u := range addresses {
		t.Run(name, func(t *testing.T) {
			s := spools[name]
			pull(t, u, s)
			if diff := cmp.Diff(hgtest.Portable(r.Dump()), hgtest.Portable(hgtest.Read(t, s))); diff != "" {
				t.Errorf("texts (-hg +spool):\n%s", diff)
			}
			if got, want := s.Bookmarks()["here"].String(), r.ID("here"); got != want {
				t.Errorf("bookmark: got %s, want %s", got, want)
			}
			if again := pull(t, u, s); again.received != 0 {
				t.Errorf("pulled %d bytes of what was there already", again.received)
			}
		})
	}
	r.Hg("update", "-q", "5")
	r.Write("more", "more\n")
	r.Commit("another head")
	r.Hg("bookmark", "-d", "here")
	for name, u := range addresses {
		t.Run(name+" again", func(t *testing.T) {
			s := spools[name]
			pulled := pull(t, u, s)
			if diff := cmp.Diff(hgtest.Portable(r.Dump()), hgtest.Portable(hgtest.Read(t, s))); diff != "" {
				t.Errorf("texts (-hg +spool):\n%s", diff)
			}
			if len(s.Bookmarks()) != 0 {
				t.Errorf("bookmarks: %v", s.Bookmarks())
			}
			if pulled.received == 0 || pulled.received > 2000 {
				t.Errorf("received %d bytes for one small changeset", pulled.received)
			}
		})
	}
}

type pulled struct {
	state    wire.State
	received int64
}

func pull(t *testing.T, u *url.URL, into *spool.Spool) pulled {
	t.Helper()
	p, err := wire.Dial(t.Context(), u, wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var result pulled
	result.state, err = p.Pull(t.Context(), into, func(n int64) { result.received = n })
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func openSpool(t *testing.T) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.TempDir(), spool.Options{Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestWhatServersHide leaves out what is secret, and hides what the server
// stripped since.
func TestWhatServersHide(t *testing.T) {
	r := hgtest.New(t, "extensions.strip=", "phases.publish=no")
	r.Write("a", "1\n")
	r.Commit("one")
	r.Write("a", "2\n")
	r.Commit("two")
	r.Write("a", "3\n")
	r.Commit("secret", "--secret")
	u := r.FakeSSH(t)
	r.Write(".hg/hgrc", "[phases]\npublish = no\n")
	s := openSpool(t)
	pull(t, u, s)
	log, err := s.Changelog()
	if err != nil {
		t.Fatal(err)
	}
	if log.Len() != 2 {
		t.Fatalf("pulled %d changesets, and 2 are not secret", log.Len())
	}
	if s.Phase(0) != hg.Draft || s.Phase(1) != hg.Draft {
		t.Errorf("phases: %v and %v", s.Phase(0), s.Phase(1))
	}
	r.Hg("strip", "-q", "-r", "1")
	r.Write("b", "other\n")
	r.Commit("two again")
	r.Hg("phase", "--public", ".")
	pull(t, u, s)
	if s.Hidden(0) || !s.Hidden(1) || s.Hidden(2) {
		t.Errorf("hidden: %v, %v, %v", s.Hidden(0), s.Hidden(1), s.Hidden(2))
	}
	if s.Phase(2) != hg.Public {
		t.Errorf("the phase of the public changeset: %v", s.Phase(2))
	}
}

func TestNotARepository(t *testing.T) {
	r := hgtest.New(t)
	served := r.Serve()
	web, missing, none := *served, r.FakeSSH(t), &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	web.Path = "/nothing/here"
	missing.Path += "/nothing"
	option := &url.URL{Scheme: "ssh", Host: "-oProxyCommand=x", Path: "/a"}
	for _, test := range []struct {
		name string
		u    *url.URL
		want providers.Code
	}{
		{"http, another path", &web, providers.CodeNotFound},
		{"ssh, another path", missing, providers.CodeNotFound},
		{"nobody listens", none, providers.CodeUnavailable},
		{"an option", option, providers.CodeInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := wire.Dial(t.Context(), test.u, wire.Options{})
			if code := providers.CodeOf(err); code != test.want {
				t.Errorf("got %s: %v", code, err)
			}
			if p != nil {
				p.Close()
			}
		})
	}
}

func TestStopped(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "1\n")
	r.Commit("one")
	for name, u := range map[string]*url.URL{"http": r.Serve(), "ssh": r.FakeSSH(t)} {
		t.Run(name, func(t *testing.T) {
			p, err := wire.Dial(t.Context(), u, wire.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := p.Pull(ctx, openSpool(t), nil); err == nil {
				t.Error("a stopped pull went on")
			}
		})
	}
}

// TestSlices pulls in slices, over a connection that breaks in the third. What
// came before is not sent again.
func TestSlices(t *testing.T) {
	r := hgtest.New(t)
	hgtest.Fill(r)
	behind := httputil.NewSingleHostReverseProxy(r.Serve())
	bundles := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cmd") == "getbundle" {
			if bundles++; bundles == 3 {
				answer := httptest.NewRecorder()
				behind.ServeHTTP(answer, r)
				maps.Copy(w.Header(), answer.Header())
				w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
		}
		behind.ServeHTTP(w, r)
	}))
	defer server.Close()
	p, err := wire.Dial(t.Context(), parse(t, server.URL), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.SetSlice(4)
	s := openSpool(t)
	if _, err := p.Pull(t.Context(), s, nil); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Errorf("a connection that broke: %v", err)
	}
	log, err := s.Changelog()
	if err != nil {
		t.Fatal(err)
	}
	if log.Len() != 8 {
		t.Errorf("two slices have %d changesets", log.Len())
	}
	if _, err := p.Pull(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hgtest.Portable(r.Dump()), hgtest.Portable(hgtest.Read(t, s))); diff != "" {
		t.Errorf("texts (-hg +spool):\n%s", diff)
	}
}
