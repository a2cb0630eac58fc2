package api

import (
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// DefaultURL is where Bitbucket Cloud's interface is.
const DefaultURL = "https://api.bitbucket.org/2.0"

// Host says where the parts of Bitbucket are.
type Host struct {
	API string // https://api.bitbucket.org/2.0
	Web string // pages and git: https://bitbucket.org
}

// ParseHost understands the address of the interface. Pages and git are on the host
// without "api." before its name, which is another one at Bitbucket and the same for
// a stand-in.
func ParseHost(raw string) (Host, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(raw), "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Host{}, &providers.Error{Code: providers.CodeInvalid, Op: "read bitbucket_api_url", Attribute: "bitbucket_api_url",
			Message: "it is not the address of an interface", Hint: "leave it out, which is " + DefaultURL}
	}
	web := url.URL{Scheme: u.Scheme, Host: strings.TrimPrefix(strings.ToLower(u.Host), "api.")}
	return Host{API: u.String(), Web: web.String()}, nil
}

// Name is the host of the pages, for people.
func (h Host) Name() string {
	_, name, _ := strings.Cut(h.Web, "://")
	return schema.Printable(name)
}
