package bitbucketcloud

import (
	"context"
	"net/http"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// patience is how long a server that does nothing but fail is asked again while
// somebody waits for a plan.
const patience = 15 * time.Second

// source reads Bitbucket Cloud with the credentials of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	client *api.Client
	people *threads.People
	large  *http.Transport // for Git LFS
}

func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	return openWith(ctx, config, nil)
}

// openWith is openSource with another clock; nil is the real one.
func openWith(ctx context.Context, config providers.Config, clock forgehttp.Clock) (providers.Source, error) {
	c, err := readConnection(config)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{
		Host: c.host, Username: c.username, Secret: c.secret, Attribute: c.attribute, Hourly: c.hourly, CAFile: c.caFile,
		UserAgent: "drover/" + Version, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	large, err := forgegit.NewTransport(c.caFile)
	if err != nil {
		return nil, err
	}
	if err := forgegit.FindGit(ctx); err != nil {
		return nil, err
	}
	if err := client.SignIn(forgehttp.Patience(ctx, patience)); err != nil {
		return nil, err
	}
	return &source{connection: c, client: client, people: threads.NewPeople(client), large: large}, nil
}

// Budget is what is left of the hour. It asks nothing.
func (s *source) Budget(context.Context) (providers.Budget, error) {
	return s.client.Budget(time.Now()), nil
}

func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
