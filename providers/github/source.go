package github

import (
	"context"
	"net/http"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
)

// source reads one GitHub with the tokens of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	client *api.Client
	large  *http.Transport // for Git LFS
	me     string          // login of the token's owner; empty for the token of an app

	packages forgesource.Once[string, []api.Package] // by owner: there is a list for each registry, and none by repository

	mu    sync.Mutex
	known map[int64]place // repositories as they were seen last
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
	if err := forgegit.FindGit(ctx); err != nil {
		return nil, err
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
	large, err := forgegit.NewTransport(c.caFile)
	if err != nil {
		return nil, err
	}
	return &source{connection: c, client: client, large: large, known: map[int64]place{}}, nil
}

func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
