package bitbucketserver

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// source reads one server with the credentials of one source block.
type source struct {
	providers.UnimplementedSource

	connection
	api     *api.Client
	gitUser string
	large   *http.Transport // for Git LFS
}

func openSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	return openWith(ctx, config, nil)
}

// openWith is openSource with a clock.
func openWith(ctx context.Context, config providers.Config, clock forgehttp.Clock) (providers.Source, error) {
	s, err := newSource(config, clock)
	if err == nil {
		err = s.signIn(ctx)
	}
	if err != nil {
		return nil, forgegit.Failure("open", "the server", err)
	}
	return s, nil
}

// newSource makes a source that has asked nothing yet.
func newSource(config providers.Config, clock forgehttp.Clock) (*source, error) {
	c, err := readConnection(config)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{URL: c.url, Username: c.username, Token: c.token, CAFile: c.caFile, UserAgent: "drover/" + Version, Clock: clock})
	if err != nil {
		return nil, err
	}
	large, err := forgegit.NewTransport(c.caFile)
	if err != nil {
		return nil, err
	}
	return &source{connection: c, api: client, large: large}, nil
}

// tokenUser is the name that git sends with the token of a project or repository,
// which belongs to nobody.
const tokenUser = "x-token-auth"

// signIn makes sure that the server is one that can be read and takes the
// credentials.
func (s *source) signIn(ctx context.Context) error {
	if err := forgegit.FindGit(ctx); err != nil {
		return err
	}
	server, err := s.api.Server(ctx)
	if err != nil {
		return err
	}
	if !atLeast(server.Version, 5, 5) {
		return &providers.Error{Code: providers.CodeUnsupported, Subject: s.url, Attribute: "bitbucket_server_url",
			Message: fmt.Sprintf("the server is version %s; 5.5 is the oldest that can be read", schema.Printable(server.Version)), Hint: "upgrade the server"}
	}
	if server.User == "" { // it says nothing of who asks, so ask for what nobody gets who is not signed in
		if err := s.api.SignedIn(ctx); err != nil {
			return err
		}
	}
	s.gitUser = tokenUser
	for _, name := range []string{s.username, server.User} {
		if name != "" {
			s.gitUser = name
			break
		}
	}
	return nil
}

// atLeast compares a version such as "8.14.2".
func atLeast(version string, major, minor int) bool {
	var have [2]int
	if n, err := fmt.Sscanf(version, "%d.%d", &have[0], &have[1]); err != nil || n != 2 {
		return false
	}
	return have[0] > major || have[0] == major && have[1] >= minor
}

// maxBlob bounds one file.
const maxBlob = 4 << 30

// OpenBlob opens a file that was uploaded into a text.
func (s *source) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	if !body.IsFileID(blob.ID) {
		return nil, providers.Errorf(providers.CodeInvalid, "%q is not the id of a file of this server", schema.Printable(blob.ID))
	}
	p, err := s.find(ctx, repo)
	if err != nil {
		return nil, err
	}
	return s.api.Attachment(ctx, p.name, blob.ID, maxBlob)
}

// Close implements providers.Source.
func (s *source) Close() error {
	s.large.CloseIdleConnections()
	return nil
}
