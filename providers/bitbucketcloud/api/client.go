package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// Options say how a Client reaches Bitbucket.
type Options struct {
	Host      Host
	Username  string // or the e-mail address that belongs to an API token
	Secret    string // API token or app password
	Attribute string // the setting that holds the secret, for errors
	Hourly    int64  // most requests an hour; 0: as many as the server allows
	CAFile    string // certificates to trust instead of the system's
	UserAgent string
	Parallel  int             // requests at once; 0: the default of forgehttp
	Clock     forgehttp.Clock // nil: the real one
}

// Client asks Bitbucket. It is safe for concurrent use.
type Client struct {
	host      Host
	attribute string
	http      *forgehttp.Client
	allowance *allowance
}

// New returns a client. It sends nothing.
func New(o Options) (*Client, error) {
	c := &Client{host: o.Host, attribute: o.Attribute, allowance: &allowance{share: o.Hourly}}
	credential := "Basic " + base64.StdEncoding.EncodeToString([]byte(o.Username+":"+o.Secret))
	var err error
	c.http, err = forgehttp.New(forgehttp.Options{
		Base: o.Host.API,
		// The secret alone, which is what no error may repeat.
		Tokens:    []string{o.Secret},
		Authorize: func(h http.Header, _ string) { h.Set("Authorization", credential) },
		Header:    http.Header{"Accept": {"application/json"}, "User-Agent": {o.UserAgent}},
		Limit:     c.allowance.limit,
		Classify:  c.classify,
		Parallel:  o.Parallel,
		Clock:     o.Clock,
		CAFile:    o.CAFile,
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// HTTP is the client below c, for downloads.
func (c *Client) HTTP() *forgehttp.Client { return c.http }

// Host is the Bitbucket that c asks.
func (c *Client) Host() Host { return c.host }

// Repo names a repository: by workspace and slug, or by its UUID alone.
type Repo struct {
	Workspace, Slug string
	UUID            string
}

func (r Repo) String() string {
	if r.Slug == "" {
		return r.UUID
	}
	return r.Workspace + "/" + r.Slug
}

// Path is the path of a repository, with rest below it. A UUID is found whatever
// workspace is named, also none.
func (r Repo) Path(rest string) string {
	workspace, slug := r.Workspace, r.Slug
	if r.UUID != "" {
		workspace, slug = "{}", r.UUID
	}
	return "/repositories/" + url.PathEscape(workspace) + "/" + url.PathEscape(slug) + rest
}

// get reads one object.
func get[T any](ctx context.Context, c *Client, path, fields, op, subject string) (T, error) {
	return forgehttp.Ask[T](ctx, c.http, forgehttp.Request{Path: path, Query: url.Values{"fields": {fields}}, Op: op, Subject: subject})
}

// IsNotFound reports whether err says that there is no such thing, or that it is
// hidden.
func IsNotFound(err error) bool { return providers.CodeOf(err) == providers.CodeNotFound }
