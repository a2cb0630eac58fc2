package git

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// origin is where the Git LFS objects of the repository at a are; mirror is its
// copy. What git-lfs would find in the configuration of a clone is only
// believed as far as it stays on the host of the address: .lfsconfig is written
// by whoever can push.
func (s *source) origin(ctx context.Context, a address, mirror *gitrepo.Repo) lfs.Origin {
	if a.local() {
		dir := a.absolute(s.dir)
		return lfs.Folder{filepath.Join(dir, ".git", "lfs", "objects"), filepath.Join(dir, "lfs", "objects")}
	}
	configured, err := mirror.ConfigAtHead(ctx, ".lfsconfig", "lfs.url")
	switch {
	case err != nil:
		return lfs.Nowhere(classify(err))
	case configured != "":
		return s.configuredOrigin(ctx, a, configured)
	}
	return s.addressOrigin(ctx, a)
}

// addressOrigin is where git-lfs looks when nothing is configured.
func (s *source) addressOrigin(ctx context.Context, a address) lfs.Origin {
	switch {
	case a.web():
		return s.server(a, lfs.Endpoint(a.scheme+"://"+a.hostPort()+(&url.URL{Path: a.path}).EscapedPath()))
	case a.scheme == "ssh":
		server, err := authenticate(ctx, a)
		if err != nil {
			return lfs.Nowhere(err)
		}
		server.Transport = s.transport
		return server
	}
	return lfs.Nowhere(&providers.Error{Code: providers.CodeUnsupported, Message: "Git LFS objects cannot be had over git://",
		Hint: "set vcs_url to the repository's https or ssh address", Attribute: "vcs_url"})
}

// configuredOrigin is the one that lfs.url in .lfsconfig names.
func (s *source) configuredOrigin(ctx context.Context, a address, configured string) lfs.Origin {
	at, err := parseAddress(configured)
	if err != nil || at.local() || at.scheme == "git" {
		return lfs.Nowhere(refuseConfigured("an address that cannot be used"))
	}
	if !sameHost(a, at) {
		return lfs.Nowhere(refuseConfigured("another host, " + schema.Printable(at.hostPort())))
	}
	if at.web() {
		return s.server(a, strings.TrimRight(at.scheme+"://"+at.hostPort()+(&url.URL{Path: at.path}).EscapedPath(), "/"))
	}
	return s.addressOrigin(ctx, at)
}

func refuseConfigured(what string) *providers.Error {
	return &providers.Error{Code: providers.CodeDenied, Message: "lfs.url in the repository's .lfsconfig names " + what,
		Hint: "fetch the objects in a clone with git lfs fetch --all and use that clone as vcs_url"}
}

// sameHost compares names, and ports where both are those of a web server.
func sameHost(a, b address) bool {
	return a.host == b.host && (a.port == b.port || a.web() != b.web())
}

// server is the LFS server at endpoint for the repository at a. It gets the
// credential only when it has the scheme, host and port of the address.
func (s *source) server(a address, endpoint string) lfs.Origin {
	server := lfs.Server{URL: endpoint, Transport: s.transport}
	if at, err := parseAddress(endpoint); err == nil && a.web() && at.scheme == a.scheme && at.hostPort() == a.hostPort() {
		server.Username, server.Password = s.user(a), s.password
	}
	return server
}
