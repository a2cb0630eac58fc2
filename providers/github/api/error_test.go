package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		name   string
		status int
		header map[string]string
		body   string
		code   providers.Code // "": left to forgehttp
		says   string         // in the message or the hint
	}{
		{"wrong token", 401, nil, `{"message":"Bad credentials"}`, providers.CodeAuth, "make a new one"},
		{"single sign-on", 403, map[string]string{"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=SECRET"},
			`{"message":"Resource protected by organization SAML enforcement."}`, providers.CodeDenied, "https://github.com/orgs/acme/sso)"},
		{"partial results are no refusal", 404, map[string]string{"X-GitHub-SSO": "partial-results; organizations=1"}, `{}`, "", ""},
		{"missing scope", 403, map[string]string{"X-OAuth-Scopes": "gist, user", "X-Accepted-OAuth-Scopes": "admin:repo_hook, repo"}, `{"message":"Not Found"}`, providers.CodeDenied, "admin:repo_hook or repo"},
		{"hidden for a missing scope", 404, map[string]string{"X-OAuth-Scopes": "", "X-Accepted-OAuth-Scopes": "repo"}, `{"message":"Not Found"}`, providers.CodeNotFound, "the scope repo"},
		{"not there", 404, map[string]string{"X-OAuth-Scopes": "repo", "X-Accepted-OAuth-Scopes": "repo"}, `{"message":"Not Found"}`, "", ""},
		{"fine-grained token", 403, map[string]string{"X-Accepted-GitHub-Permissions": "administration=read"}, `{"message":"Resource not accessible by personal access token"}`, providers.CodeDenied, "administration=read"},
		{"rights", 403, nil, `{"message":"Must have admin rights to Repository."}`, providers.CodeDenied, "more rights"},
		{"primary limit", 403, map[string]string{"X-RateLimit-Remaining": "0"}, `{"message":"API rate limit exceeded for user ID 1."}`, "", ""},
		{"secondary limit", 403, nil, `{"message":"You have exceeded a secondary rate limit."}`, "", ""},
		{"abuse detection", 403, nil, `{"message":"You have triggered an abuse detection mechanism."}`, "", ""},
		{"pause", 403, map[string]string{"Retry-After": "60"}, `{"message":"slow down"}`, "", ""},
		{"server", 502, nil, `<html>`, "", ""},
		{"hostile text", 403, nil, "{\"message\":\"\\u001b[31mMust have \u202erights\"}", providers.CodeDenied, "Must have"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range test.header {
				h.Set(name, value)
			}
			e := classify(forgehttp.Response{Status: test.status, Header: h, Body: []byte(test.body)})
			if e == nil {
				if test.code != "" {
					t.Fatalf("left to forgehttp, want %s", test.code)
				}
				return
			}
			if e.Code != test.code || !strings.Contains(e.Message+" "+e.Hint, test.says) {
				t.Errorf("%s: %s; %s", e.Code, e.Message, e.Hint)
			}
			if strings.Contains(e.Message+e.Hint, "SECRET") || strings.ContainsAny(e.Message+e.Hint, "\x1b\u202e") {
				t.Errorf("it repeats what it must not: %q %q", e.Message, e.Hint)
			}
		})
	}
}
