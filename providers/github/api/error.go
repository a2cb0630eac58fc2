package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// tokenAttribute is the setting that most refusals are about.
const tokenAttribute = "personal_access_token"

// classify says what a refusal of GitHub's means, and what to do about it. It
// leaves to forgehttp what needs no knowledge of GitHub.
func classify(r forgehttp.Response) *providers.Error {
	message := forgehttp.Message(r.Body)
	switch r.Status {
	case http.StatusUnauthorized:
		return &providers.Error{Code: providers.CodeAuth, Attribute: tokenAttribute, Message: "GitHub does not accept the token: " + orElse(message, "bad credentials"),
			Hint: "the token was mistyped, revoked or has expired; make a new one and put it into the secret"}
	case http.StatusForbidden:
		if isThrottle(r.Header, message) {
			return nil
		}
		return forbidden(r.Header, message)
	case http.StatusNotFound:
		if missing := missingScopes(r.Header); missing != "" {
			return &providers.Error{Code: providers.CodeNotFound, Attribute: tokenAttribute, Message: "there is no such thing, or the token may not see it",
				Hint: "correct the name, or give the token the scope " + missing + ", without which GitHub hides private repositories"}
		}
	}
	return nil
}

func forbidden(h http.Header, message string) *providers.Error {
	e := &providers.Error{Code: providers.CodeDenied, Attribute: tokenAttribute, Message: "GitHub refuses it to this token: " + orElse(message, "forbidden")}
	// "required; url=https://github.com/orgs/NAME/sso?authorization_request=…";
	// what follows the question mark signs somebody in.
	if required, sso, _ := strings.Cut(h.Get("X-Github-Sso"), ";"); strings.TrimSpace(required) == "required" {
		_, where, _ := strings.Cut(sso, "url=")
		where, _, _ = strings.Cut(strings.TrimSpace(where), "?")
		e.Message = "the organisation asks for single sign-on, and the token was not authorised for it"
		e.Hint = "authorise the token for the organisation in the settings of GitHub, under the token's \"Configure SSO\" (" + schema.Printable(orElse(where, "https://github.com/settings/tokens")) + ")"
		return e
	}
	if permissions := h.Get("X-Accepted-Github-Permissions"); permissions != "" && strings.HasPrefix(message, "Resource not accessible") {
		e.Hint = "give the fine-grained token the permission " + schema.Printable(permissions) + ", or use a classic token"
		return e
	}
	if missing := missingScopes(h); missing != "" {
		e.Hint = "give the token the scope " + missing
		return e
	}
	if strings.Contains(message, "Must have ") || strings.Contains(message, "Resource not accessible") {
		e.Hint = "use the token of somebody with more rights in the repository"
	}
	return e
}

// isThrottle reports whether a 403 says to wait; forgehttp then knows what to
// do.
func isThrottle(h http.Header, message string) bool {
	message = strings.ToLower(message)
	return h.Get("Retry-After") != "" || h.Get("X-Ratelimit-Remaining") == "0" ||
		strings.Contains(message, "rate limit") || strings.Contains(message, "abuse detection")
}

// missingScopes names the scopes of which a classic token would need one and
// has none, or "".
func missingScopes(h http.Header) string {
	if _, classic := h[http.CanonicalHeaderKey("X-Oauth-Scopes")]; !classic {
		return ""
	}
	has, accepted := words(h.Get("X-Oauth-Scopes")), words(h.Get("X-Accepted-Oauth-Scopes"))
	for _, scope := range accepted {
		if slices.Contains(has, scope) {
			return ""
		}
	}
	return schema.Printable(strings.Join(accepted, " or "))
}

// words splits a list with commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
