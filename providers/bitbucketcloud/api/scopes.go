package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// scope is one thing to be allowed, as API tokens and as app passwords call it.
type scope struct{ token, password string }

// scopes are what a migration must be allowed to read.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication
func scopes() []scope {
	return []scope{
		{"read:repository:bitbucket", "repository"},
		{"read:pullrequest:bitbucket", "pullrequest"},
		{"read:issue:bitbucket", "issue"},
		{"read:wiki:bitbucket", "wiki"},
	}
}

// Scopes are the scopes that an API token needs.
func Scopes() []string {
	var all []string
	for _, s := range scopes() {
		all = append(all, s.token)
	}
	return all
}

// SignIn finds out whether the credentials are accepted and whether they may read
// what a migration reads. What they may do stands in the header of every answer,
// also of a refusal: who the account is may be hidden from a token that may read all
// else.
func (c *Client) SignIn(ctx context.Context) error {
	answer, err := c.http.Do(ctx, forgehttp.Request{Path: "/user", Query: url.Values{"fields": {"type,uuid"}}, Op: "check the credentials", Subject: c.host.Name()})
	told, known := answer.Header[http.CanonicalHeaderKey("X-Oauth-Scopes")]
	if err != nil && !(known && providers.CodeOf(err) == providers.CodeDenied) {
		return err
	}
	missing := missingScopes(scopeList(strings.Join(told, ",")))
	if !known || len(missing) == 0 {
		return nil // who tells nothing refuses later, and says why
	}
	return &providers.Error{Code: providers.CodeAuth, Op: "check the credentials", Subject: c.host.Name(), Attribute: c.attribute,
		Message: "the credentials lack the scope " + strings.Join(missing, " and the scope "),
		Hint:    "make a new API token with the scopes " + strings.Join(Scopes(), ", ")}
}

// missingScopes names the scopes that are needed and not granted, in the words of
// those that are.
func missingScopes(granted []string) []string {
	token := slices.ContainsFunc(granted, func(s string) bool { return strings.HasSuffix(s, ":bitbucket") })
	var missing []string
	for _, s := range scopes() {
		switch {
		case token && !grants(granted, s.token):
			missing = append(missing, s.token)
		case !token && !grants(granted, s.password):
			missing = append(missing, s.password)
		}
	}
	return missing
}

// grants reports whether a scope is among those that are granted, or comes with one
// of them: who may write may read, and who may see pull requests may see the
// repository.
func grants(granted []string, scope string) bool {
	parts := strings.Split(scope, ":")
	return slices.ContainsFunc(granted, func(s string) bool {
		have := strings.Split(s, ":")
		switch {
		case s == scope:
			return true
		case len(parts) == 3 && parts[0] == "read":
			return len(have) == 3 && have[1] == parts[1] && have[2] == parts[2] && (have[0] == "write" || have[0] == "admin")
		case len(parts) == 1:
			return have[0] == scope && len(have) == 2 && have[1] != "delete" || have[0] == "pullrequest" && scope == "repository"
		}
		return false
	})
}

// scopeList splits a list with commas.
func scopeList(list string) []string {
	all := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	for i := range all {
		all[i] = schema.Printable(all[i])
	}
	return all
}
