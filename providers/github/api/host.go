package api

import (
	"net"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Host says where the parts of one GitHub are.
type Host struct {
	Web string // pages and git: https://github.com

	base    string // of both interfaces: https://api.github.com
	rest    string // path of REST below it: "", or /v3
	graphql string // path of GraphQL below it
}

// DotCom is github.com.
const DotCom = "github.com"

// ParseHost understands what people write for a GitHub: nothing or github.com, a
// bare host, a URL, or the URL of its API.
func ParseHost(raw string) (Host, error) {
	text := strings.TrimSpace(raw)
	if text == "" {
		text = DotCom
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return Host{}, badHost(raw, "it is neither a host nor a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return Host{}, badHost(raw, "it is not an https address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Host{}, badHost(raw, "it holds more than a host")
	case !validHost(u.Hostname()):
		return Host{}, badHost(raw, "its host has unusual characters")
	}
	switch path := strings.Trim(u.Path, "/"); path {
	case "", "api", "api/v3", "api/graphql", "graphql":
	default:
		return Host{}, badHost(raw, "it holds the path /"+schema.Printable(path))
	}
	host := strings.ToLower(u.Host)
	name := strings.TrimPrefix(strings.TrimPrefix(host, "www."), "api.")
	// On github.com, and on the ghe.com of single customers, the API has a host
	// of its own; a server in a customer's hands has it below /api.
	if name == DotCom || strings.HasSuffix(name, ".ghe.com") {
		return Host{Web: u.Scheme + "://" + name, base: u.Scheme + "://api." + name, graphql: "/graphql"}, nil
	}
	return Host{Web: u.Scheme + "://" + host, base: u.Scheme + "://" + host + "/api", rest: "/v3", graphql: "/graphql"}, nil
}

// validHost keeps out what a later use could take for something else.
func validHost(host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	return host != "" && host[0] != '-' && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

func badHost(raw, why string) error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read github_hostname", Attribute: "github_hostname",
		Message: schema.Printable(strings.TrimSpace(hideUser(raw))) + " cannot be used: " + why,
		Hint:    `write a host such as "github.com" or "github.example.com"`}
}

// hideUser takes out what may be a password.
func hideUser(raw string) string {
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		return "…" + raw[at:]
	}
	return raw
}

// Name is the host for people and for fingerprints: github.com.
func (h Host) Name() string {
	_, name, _ := strings.Cut(h.Web, "://")
	return name
}

// Dotcom reports whether h is github.com itself.
func (h Host) Dotcom() bool { return h.Name() == DotCom }
