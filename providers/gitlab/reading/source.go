package reading

import (
	"context"
	"fmt"
	"net/http"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// source reads one server with the token of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	api    *api.Client
	server api.Server
	user   api.User        // whose token it is
	large  *http.Transport // for Git LFS

	people forgesource.Once[int64, api.User] // whom rules name by their numbers
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
	err := forgegit.FindGit(ctx)
	if err != nil {
		return err
	}
	if s.server, err = s.api.Metadata(ctx); err != nil {
		return err
	}
	if !s.server.Version.AtLeast(14, 0) {
		return &providers.Error{Code: providers.CodeUnsupported, Subject: s.url, Attribute: "url",
			Message: fmt.Sprintf("the server is version %s; GitLab 14.0 is the oldest that can be read", schema.Printable(s.server.Text)),
			Hint:    "upgrade the server"}
	}
	s.user, err = s.api.CurrentUser(ctx)
	return err
}

// window is what the limits of servers count in, whatever their administrators say.
const window = "1m0s"

// Budget is what the server said last. It says so with every answer, or never.
func (s *source) Budget(context.Context) (providers.Budget, error) {
	for _, l := range s.api.HTTP().Limits() {
		return providers.Budget{Limit: l.Limit, Remaining: l.Remaining, Resets: l.Resets.UTC(), Window: window}, nil
	}
	return providers.Budget{}, nil
}

func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
