package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// TokenAttribute is the setting that most refusals are about.
const TokenAttribute = "personal_access_token"

// The names of exceptions that say that somebody is signed in and lacks a
// permission, without their packages.
const (
	exceptionDenied   = "AuthorisationException"
	exceptionNoAccess = "NoAccessAuthenticationException"
)

// classify says what a refusal means and what to do about it. It leaves to
// forgehttp what is the same everywhere.
func classify(r forgehttp.Response) *providers.Error {
	said := cmp.Or(forgehttp.Message(r.Body), http.StatusText(r.Status))
	switch {
	case (r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden) && strings.HasPrefix(r.Header.Get("X-Authentication-Denied-Reason"), "CAPTCHA"):
		return &providers.Error{Code: providers.CodeAuth, Attribute: TokenAttribute, Message: "the server wants a CAPTCHA solved after too many failed attempts to sign in",
			Hint: "sign in once in a browser with the same account, or ask an administrator to clear the CAPTCHA"}
	case r.Status == http.StatusUnauthorized && signedIn(r):
		return &providers.Error{Code: providers.CodeDenied, Attribute: TokenAttribute, Message: "the account may not do this: " + said,
			Hint: "give the account of the token the permission, in the settings of the repository or its project"}
	case r.Status == http.StatusUnauthorized:
		return &providers.Error{Code: providers.CodeAuth, Attribute: TokenAttribute, Message: "the server does not accept the credentials: " + said,
			Hint: "make an HTTP access token in the settings of the account; with a password, set bitbucket_server_username too"}
	case r.Status == http.StatusNotFound:
		return &providers.Error{Code: providers.CodeNotFound, Message: "there is no such thing, or the account may not see it: " + said,
			Hint: "correct the key of the project and the slug, or give the account access"}
	case r.Status == http.StatusConflict:
		return &providers.Error{Code: providers.CodeConflict, Message: "the state of the repository stands in the way: " + said,
			Hint: "wait until the repository is available, and run the command again"}
	}
	return nil
}

// signedIn reports whether a 401 comes from a server that knows who asks: it names
// the account, or it names an exception that is about permissions.
func signedIn(r forgehttp.Response) bool {
	if name := r.Header.Get("X-Ausername"); name != "" && name != "anonymous" {
		return true
	}
	var said struct {
		Errors []struct {
			Exception string `json:"exceptionName"`
		} `json:"errors"`
	}
	if json.Unmarshal(r.Body, &said) != nil {
		return false
	}
	for _, e := range said.Errors {
		switch e.Exception[strings.LastIndexByte(e.Exception, '.')+1:] {
		case exceptionDenied, exceptionNoAccess:
			return true
		}
	}
	return false
}

// limit implements forgehttp.Options.Limit. The server has a bucket for each
// account, into which so many tokens fall in each interval; with none left, the
// next request waits for an interval.
func limit(h http.Header, now time.Time) (forgehttp.Limit, bool) {
	size, err1 := strconv.ParseInt(h.Get("X-Ratelimit-Limit"), 10, 64)
	left, err2 := strconv.ParseInt(h.Get("X-Ratelimit-Remaining"), 10, 64)
	every, err3 := strconv.ParseInt(h.Get("X-Ratelimit-Interval-Seconds"), 10, 64)
	const longest = 24 * 60 * 60
	if err1 != nil || err2 != nil || err3 != nil || size <= 0 || left < 0 || every <= 0 || every > longest {
		return forgehttp.Limit{}, false
	}
	return forgehttp.Limit{Limit: size, Remaining: left, Resets: now.Add(time.Duration(every) * time.Second)}, true
}
