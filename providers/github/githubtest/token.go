package githubtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Token is what somebody signs in with.
type Token struct {
	User   *User
	Scopes []string // of a classic token: repo, read:org, admin:repo_hook, gist, ...

	// FineGrained makes it a token that tells no scopes and may read what it can
	// see, except private attachments, which GitHub gives to classic ones only.
	FineGrained bool

	text string
}

// Has reports whether the token was given a scope.
func (t *Token) Has(scope string) bool {
	return t != nil && (t.FineGrained || slices.Contains(t.Scopes, scope))
}

// Token makes a classic token of an account; without scopes, one that has all
// of them that readers need.
func (s *Server) Token(u *User, scopes ...string) string {
	if len(scopes) == 0 {
		scopes = ReaderScopes()
	}
	return s.AddToken("", Token{User: u, Scopes: scopes})
}

// ReaderScopes are what a classic token needs to read everything.
func ReaderScopes() []string {
	return []string{"admin:repo_hook", "gist", "read:org", "read:packages", "read:user", "repo"}
}

// AddToken makes text a token; empty: the stand-in thinks of one.
func (s *Server) AddToken(text string, t Token) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == "" {
		text = fmt.Sprintf("ghp_%036d", len(s.tokens)+1)
	}
	t.text = text
	s.tokens[text] = &t
	return text
}

// RevokeToken makes a token unknown.
func (s *Server) RevokeToken(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, text)
}

// tokenOf returns the token that r is sent with, nil without one, and whether
// it is known.
func (s *Server) tokenOf(r *http.Request) (*Token, bool) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "":
		return nil, true
	case "basic":
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, false
		}
		user, password, _ := strings.Cut(string(decoded), ":")
		if text = password; text == "" || text == "x-oauth-basic" {
			text = user
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[strings.TrimSpace(text)]
	return t, t != nil
}

type callerKey struct{}

// caller is who sends a request, and to which shape of the interfaces.
type caller struct {
	token      *Token
	enterprise bool
}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// tokenFrom returns the token of the request whose context ctx is; nil:
// nobody has signed in.
func tokenFrom(ctx context.Context) *Token { return callerFrom(ctx).token }

// permissionLevels are the permissions of a repository, each including those
// before it.
func permissionLevels() []string { return []string{"", "read", "triage", "write", "maintain", "admin"} }

// Permission is what a token may do in a repository: read, triage, write,
// maintain, admin, or nothing. Organisations let their members read. It is
// called inside Model.View.
func (m *Model) Permission(t *Token, r *Repository) string {
	level, permissions := 0, permissionLevels()
	raise := func(to string) { level = max(level, slices.Index(permissions, to)) }
	if r.Visibility == "public" {
		raise("read")
	}
	if t == nil || t.User == nil || !t.Has("repo") && r.Visibility != "public" {
		return permissions[level]
	}
	if t.User == r.Owner {
		raise("admin")
	}
	if o := m.Org(r.Owner.Login); o != nil {
		if slices.Contains(o.Members, t.User) {
			raise("read")
		}
		if slices.Contains(o.Owners, t.User) {
			raise("admin")
		}
	}
	for _, c := range r.Collaborators {
		if c.User == t.User {
			raise(c.Permission())
		}
	}
	return permissions[level]
}

// May reports whether a token has at least a permission in a repository.
func (m *Model) May(t *Token, r *Repository, permission string) bool {
	levels := permissionLevels()
	return slices.Index(levels, m.Permission(t, r)) >= slices.Index(levels, permission)
}
