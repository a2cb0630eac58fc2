package forgehttp

import (
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// Address is a setting that holds the address of a server.
type Address struct {
	Attribute string // its name: "url"
	Example   string // what it may be: "https://git.example.org"
	Secret    string // the setting that credentials belong into instead
	API       string // where the server's interface is, which people copy too: "/api/v1"
}

// Check returns the address in the form in which others are built upon it:
// without a slash at its end, and without the path of the interface.
func (a Address) Check(raw string) (string, error) {
	refuse := func(message string) error {
		return &providers.Error{Code: providers.CodeInvalid, Op: "read the server's address", Message: message,
			Hint: "write the address that a browser shows, such as " + a.Example, Attribute: a.Attribute}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // err quotes the address, and with it a password
		return "", refuse("it is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", refuse("it does not begin with https:// or http:// and a host")
	case u.User != nil:
		return "", refuse("it holds credentials; they belong into " + a.Secret)
	case u.RawQuery != "" || u.Fragment != "":
		return "", refuse("it has a query or a fragment")
	}
	path := u.Path + "/"
	if a.API != "" {
		path, _, _ = strings.Cut(path, a.API+"/")
	}
	u.Path, u.RawPath = strings.TrimRight(path, "/"), ""
	return u.String(), nil
}
