package github

import (
	"context"
	"crypto/x509"
	"net/http"
	"os"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/lfs"
	"github.com/drover-migrate/drover/schema"
)

// source reads one GitHub with the tokens of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	client *api.Client
	large  *http.Transport // for Git LFS
	me     string          // login of the token's owner; empty for the token of an app

	mu       sync.Mutex
	known    map[int64]place        // repositories as they were seen last
	packages map[string]packageList // by owner
}

func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	return openWith(ctx, config, nil)
}

// openWith is openSource with another clock; nil is the real one.
func openWith(ctx context.Context, config providers.Config, clock forgehttp.Clock) (providers.Source, error) {
	s, err := newSource(config, clock)
	if err != nil {
		return nil, err
	}
	if _, err := gitrepo.Version(ctx); err != nil {
		e := forgegit.Failure("find git", "", err)
		e.Hint = "install git and make sure that it is in PATH"
		return nil, e
	}
	me, _, err := s.client.Me(forgehttp.Patience(ctx, patience))
	switch {
	case err == nil:
		s.me = me.Login
	case providers.CodeOf(err) == providers.CodeDenied: // the token of an app stands for no user
	default:
		return nil, err
	}
	return s, nil
}

// newSource makes a source that has asked nothing yet.
func newSource(config providers.Config, clock forgehttp.Clock) (*source, error) {
	c, err := readConnection(config)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{Host: c.host, Tokens: c.tokens, PageSize: c.pageSize, Hourly: c.hourly, CAFile: c.caFile, UserAgent: "drover/" + Version, Clock: clock})
	if err != nil {
		return nil, err
	}
	roots, err := readRoots(c.caFile)
	if err != nil {
		return nil, err
	}
	return &source{connection: c, client: client, large: lfs.NewTransport(roots), known: map[int64]place{}, packages: map[string]packageList{}}, nil
}

// readRoots reads the certificates to trust; nil are the system's.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(data) {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "read ca_file", Subject: schema.Printable(file), Attribute: "ca_file", Err: err,
			Message: "it cannot be read as certificates", Hint: "name a file with certificates in PEM; a relative path starts at the folder of the plan"}
	}
	return roots, nil
}

func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
