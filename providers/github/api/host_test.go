package api

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestParseHost(t *testing.T) {
	tests := []struct{ raw, web, rest, graphql string }{
		{"", "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		{"github.com", "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		{"https://www.github.com/", "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		{"https://api.github.com", "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		{" GitHub.com ", "https://github.com", "https://api.github.com", "https://api.github.com/graphql"},
		{"octo.ghe.com", "https://octo.ghe.com", "https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql"},
		{"github.example.org", "https://github.example.org", "https://github.example.org/api/v3", "https://github.example.org/api/graphql"},
		{"https://github.example.org:8443/api/v3/", "https://github.example.org:8443", "https://github.example.org:8443/api/v3", "https://github.example.org:8443/api/graphql"},
		{"https://github.example.org/api/graphql", "https://github.example.org", "https://github.example.org/api/v3", "https://github.example.org/api/graphql"},
		{"http://127.0.0.1:3000", "http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v3", "http://127.0.0.1:3000/api/graphql"},
		{"http://[::1]:3000", "http://[::1]:3000", "http://[::1]:3000/api/v3", "http://[::1]:3000/api/graphql"},
		{"notgithub.com", "https://notgithub.com", "https://notgithub.com/api/v3", "https://notgithub.com/api/graphql"},
	}
	for _, test := range tests {
		h, err := ParseHost(test.raw)
		if err != nil {
			t.Errorf("%q: %v", test.raw, err)
			continue
		}
		if h.Web != test.web || h.base+h.rest != test.rest || h.base+h.graphql != test.graphql {
			t.Errorf("%q: web %s, REST %s, GraphQL %s", test.raw, h.Web, h.base+h.rest, h.base+h.graphql)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	for _, raw := range []string{"ftp://github.com", "https://", "https://me:hunter2@github.com", "github.com/octocat", "https://github.com?x=1", "https://github.com/#x", "-host", "a b", "ho\nst", "https://h/../x", "ext::sh"} {
		_, err := ParseHost(raw)
		if providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%q: error %v, want an invalid one", raw, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: the error repeats what it must not: %v", raw, err)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, raw := range []string{"github.com", "https://api.github.com/graphql", "http://[::1]:1/api/v3", "octo.ghe.com", "://", "https://a@b"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		h, err := ParseHost(raw)
		if err != nil {
			return
		}
		again, err := ParseHost(h.Web)
		if err != nil || again != h {
			t.Errorf("%q became %+v, and that %+v (%v)", raw, h, again, err)
		}
		if strings.ContainsAny(h.Web, " @?#\n") {
			t.Errorf("%q became the address %q", raw, h.Web)
		}
	})
}
