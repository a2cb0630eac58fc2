package azure

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Address is where a collection of projects is, and perhaps a project in it.
type Address struct {
	collection url.URL // without user and trailing slash

	Username string // from the URL, or ""
	Project  string // when the URL names one, or ""
	Git      bool   // the URL is that of a git repository in a project
}

const (
	cloudHost   = "dev.azure.com"
	cloudSuffix = ".visualstudio.com"
	firstName   = "DefaultCollection"
)

// ParseAddress reads the URL of a collection, or of a project or page in one
// where the form of the URL tells the two apart:
//
//	https://dev.azure.com/ORG[/PROJECT[/_...]]
//	https://ORG.visualstudio.com[/DefaultCollection][/PROJECT[/_...]]
//	https://SERVER/tfs/COLLECTION
//
// Errors are of CodeInvalid and do not show the URL, which may hold a password.
func ParseAddress(raw string) (Address, error) {
	a, err := parse(raw)
	if err != nil {
		return Address{}, &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Attribute: "vcs_url", Message: err.Error(),
			Hint: "write https://dev.azure.com/ORGANIZATION or https://SERVER/tfs/COLLECTION, without a password", Err: err}
	}
	return a, nil
}

func parse(raw string) (Address, error) {
	if strings.ContainsFunc(raw, unicode.IsControl) {
		return Address{}, errors.New("the address contains a control character")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return Address{}, errors.New("the address is not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return Address{}, errors.New("the address begins with neither http:// nor https://")
	case u.Hostname() == "":
		return Address{}, errors.New("the address names no host")
	}
	if _, has := u.User.Password(); has {
		return Address{}, errors.New("the address holds a password, and addresses are stored and shown")
	}
	var parts []string
	for part := range strings.SplitSeq(u.Path, "/") {
		switch {
		case part == "":
			continue
		case part == "." || part == "..", strings.ContainsFunc(part, unicode.IsControl), strings.Contains(part, `\`):
			return Address{}, errors.New("the path of the address holds a part that no server has")
		}
		parts = append(parts, part)
	}
	return address(u, parts)
}

func address(u *url.URL, parts []string) (Address, error) {
	a := Address{Username: u.User.Username()}
	page := false
	for i, part := range parts {
		if strings.HasPrefix(part, "_") { // a page of the web interface
			a.Git = part == "_git"
			parts, page = parts[:i], true
			break
		}
	}
	host := strings.ToLower(u.Hostname())
	most := len(parts) // how many parts the collection may take
	switch {
	case host == cloudHost:
		if len(parts) == 0 {
			return Address{}, errors.New("the address names no organization")
		}
		most = 1
	case strings.HasSuffix(host, cloudSuffix):
		most = 0
		if len(parts) > 0 && strings.EqualFold(parts[0], firstName) {
			most = 1
		}
	case page:
		return Address{}, errors.New("the address is that of a page")
	}
	if most < len(parts) {
		a.Project = parts[most]
		if len(parts) > most+1 {
			return Address{}, errors.New("the address names more than an organization and a project")
		}
	}
	if (u.RawQuery != "" || u.Fragment != "") && !page {
		return Address{}, errors.New(`the address contains "?" or "#"`)
	}
	a.collection = url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	for _, part := range parts[:min(most, len(parts))] {
		a.collection = *a.collection.JoinPath(url.PathEscape(part))
	}
	return a, nil
}

// Host is the name of the server, without a port.
func (a Address) Host() string { return a.collection.Hostname() }

// Known reports whether the name of the host alone says that it is one of
// Azure DevOps Services.
func (a Address) Known() bool {
	return a.Host() == cloudHost || strings.HasSuffix(a.Host(), cloudSuffix)
}

// Name is what people call the collection: the organization, or the last part
// of the path.
func (a Address) Name() string {
	if org, ok := strings.CutSuffix(a.Host(), cloudSuffix); ok {
		return org
	}
	path := a.collection.Path
	return path[strings.LastIndexByte(path, '/')+1:]
}

// String is the address of the collection as it can be shown.
func (a Address) String() string { return schema.Printable(a.collection.String()) }

// local reports whether the server is on this machine.
func (a Address) local() bool {
	switch a.Host() {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}
