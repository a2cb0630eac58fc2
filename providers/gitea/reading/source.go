package reading

import (
	"context"
	"fmt"
	"net/http"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// source reads one server with the token of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	api   *api.Client
	user  api.User        // whose token it is
	large *http.Transport // for Git LFS

	packages forgesource.Once[string, []api.Package] // by owner: they are not listed by repository
}

// Open returns what opens a source. Version is that of the provider.
func Open(version string) func(ctx context.Context, config providers.Config) (providers.Source, error) {
	return func(ctx context.Context, config providers.Config) (providers.Source, error) {
		s, err := newSource(config, version)
		if err == nil {
			err = s.signIn(ctx)
		}
		if err != nil {
			return nil, forgegit.Failure("open", "the server", err)
		}
		return s, nil
	}
}

// newSource makes a source that has asked nothing yet.
func newSource(config providers.Config, version string) (*source, error) {
	c, err := readConnection(config)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{URL: c.url, Token: c.token, CAFile: c.caFile, UserAgent: "drover/" + version})
	if err != nil {
		return nil, err
	}
	large, err := forgegit.NewTransport(c.caFile)
	if err != nil {
		return nil, err
	}
	return &source{connection: c, api: client, large: large}, nil
}

// signIn finds out who the token's owner is and what the server is like.
func (s *source) signIn(ctx context.Context) error {
	if err := forgegit.FindGit(ctx); err != nil {
		return err
	}
	server, err := s.api.Server(ctx)
	if err != nil {
		return err
	}
	if !server.Gitea.AtLeast(1, 20) {
		return &providers.Error{Code: providers.CodeUnsupported, Subject: s.url, Attribute: "url",
			Message: fmt.Sprintf("the server is version %s; Gitea 1.20 is the oldest that can be read", schema.Printable(server.Version)),
			Hint:    "upgrade the server"}
	}
	if s.user, err = s.api.Whoami(ctx); err != nil {
		return err
	}
	most, err := s.api.MostItems(ctx)
	if err != nil {
		return err
	}
	if most <= 0 || most > mostItems {
		most = mostItems
	}
	if s.pageSize <= 0 || s.pageSize > most {
		s.pageSize = most
	}
	s.api = s.api.Paged(s.pageSize)
	return nil
}

func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
