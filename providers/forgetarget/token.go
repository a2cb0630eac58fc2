package forgetarget

import (
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// TokenAttribute is the setting that holds the credential of a target.
const TokenAttribute = "access_token"

// Token is the credential of a target.
func Token(config providers.Config) (string, error) {
	token := strings.TrimSpace(config.Secrets[TokenAttribute])
	if token == "" {
		return "", &providers.Error{Code: providers.CodeAuth, Message: "there is no access token", Hint: "set access_token to a secret", Attribute: TokenAttribute}
	}
	return token, nil
}

// SignIn classifies why signing in with the setting access_token failed. Hint says
// what a token must be.
func SignIn(err error, hint string) error {
	e := Failure("sign in", "", err)
	if e.Code == providers.CodeAuth || e.Code == providers.CodeDenied {
		e.Attribute, e.Hint = TokenAttribute, hint
	}
	return e
}
