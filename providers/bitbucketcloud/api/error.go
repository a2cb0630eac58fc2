package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// classify says what a refusal of Bitbucket's means, and what to do about it. It
// leaves to forgehttp what needs no knowledge of Bitbucket.
func (c *Client) classify(r forgehttp.Response) *providers.Error {
	message := forgehttp.Message(r.Body)
	switch r.Status {
	case http.StatusUnauthorized:
		return &providers.Error{Code: providers.CodeAuth, Attribute: c.attribute, Message: "Bitbucket does not accept the credentials: " + cmp.Or(message, "unauthorized"),
			Hint: "an API token goes with the e-mail address of the account, an app password with its user name; either may be mistyped, revoked or expired"}
	case http.StatusForbidden:
		e := &providers.Error{Code: providers.CodeDenied, Attribute: c.attribute, Message: "Bitbucket refuses it to this account: " + cmp.Or(message, "forbidden")}
		if lacking := lackingScopes(r); lacking != "" {
			e.Hint = "give the token the scope " + lacking
		}
		return e
	case http.StatusNotFound:
		return &providers.Error{Code: providers.CodeNotFound, Message: "there is no such thing, or the account may not see it: " + cmp.Or(message, "not found"),
			Hint: "correct the name, or give the account access"}
	}
	return nil
}

// lackingScopes names the scopes that a refused request needs, of which the
// credential has none.
func lackingScopes(r forgehttp.Response) string {
	var said struct {
		Error struct {
			Detail struct {
				Required []string `json:"required"`
			} `json:"detail"`
		} `json:"error"`
	}
	required := scopeList(r.Header.Get("X-Accepted-Oauth-Scopes"))
	if json.Unmarshal(r.Body, &said) == nil && len(said.Error.Detail.Required) > 0 {
		required = said.Error.Detail.Required
	}
	granted := scopeList(r.Header.Get("X-Oauth-Scopes"))
	var lacking []string
	for _, scope := range required {
		if !grants(granted, scope) {
			lacking = append(lacking, scope)
		}
	}
	if len(lacking) < len(required) { // one of them is enough
		return ""
	}
	return schema.Printable(strings.Join(lacking, " or "))
}
