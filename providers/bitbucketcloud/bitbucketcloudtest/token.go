package bitbucketcloudtest

import (
	"net/http"
	"slices"
	"strings"
)

// Token is an API token or an app password.
type Token struct {
	User     *User
	Password bool     // an app password
	Scopes   []string // as Bitbucket tells them
	Silent   bool     // no header tells what it may do
}

// ReaderScopes are those of an API token that may read what a migration reads, and
// what it can tell besides.
func ReaderScopes() []string {
	return []string{"read:repository:bitbucket", "read:pullrequest:bitbucket", "read:issue:bitbucket", "read:wiki:bitbucket",
		"read:user:bitbucket", "read:permission:bitbucket", "read:webhook:bitbucket", "read:ssh-key:bitbucket"}
}

// PasswordScopes are those of an app password that may do the same.
func PasswordScopes() []string {
	return []string{"account", "repository:admin", "pullrequest", "issue", "wiki", "webhook"}
}

// Token makes an API token that may read everything, and returns its text.
func (s *Server) Token(u *User) string {
	text := "ATATT3x" + strings.Trim(u.UUID, "{}")
	s.AddToken(text, Token{User: u, Scopes: ReaderScopes()})
	return text
}

// AddToken accepts a token.
func (s *Server) AddToken(text string, t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[text] = &t
}

func (s *Server) token(text string) *Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[text]
}

// tokenOf is the token of a request to the interface, which nobody need have. It is
// false for credentials that are wrong.
func (s *Server) tokenOf(r *http.Request) (*Token, bool) {
	username, secret, signed := r.BasicAuth()
	if !signed {
		return nil, r.Header.Get("Authorization") == ""
	}
	t := s.token(secret)
	if t == nil || t.Password && username != t.User.Username || !t.Password && username != t.User.Email {
		return nil, false
	}
	return t, true
}

func (t *Token) gitUser() string {
	if t.Password {
		return t.User.Username
	}
	return "x-bitbucket-api-token-auth"
}

// grants reports whether the token may do what a scope of app passwords allows.
func (t *Token) grants(scope string) bool {
	switch {
	case t == nil || scope == "":
		return true // what everybody may see
	case t.Password:
		family, _, _ := strings.Cut(scope, ":")
		return slices.ContainsFunc(t.Scopes, func(s string) bool {
			return s == scope || scope == family && strings.HasPrefix(s, scope+":") || scope == "repository" && strings.HasPrefix(s, "pullrequest")
		})
	}
	return slices.Contains(t.Scopes, tokenScope(scope))
}

// tokenScope is what API tokens call a scope of app passwords.
func tokenScope(scope string) string {
	switch scope {
	case "account":
		return "read:user:bitbucket"
	case "repository:admin":
		return "read:permission:bitbucket"
	}
	return "read:" + scope + ":bitbucket"
}
