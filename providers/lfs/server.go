package lfs

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

const (
	// batchSize is how many objects are asked for at once; GitHub and GitLab
	// recommend 100.
	batchSize = 100

	// parallel is how many objects are on their way at a time.
	parallel = 4
)

// Server speaks the Git LFS batch API with the transfer adapter basic. It is an
// origin for [Fetch], and where [Upload] sends objects to.
type Server struct {
	URL string // of the API: "https://host/acme/api.git/info/lfs"

	// What lets us in. It is sent to the scheme, host and port of URL only.
	Username string
	Password string            // sent with the user name "git" when there is none
	Header   map[string]string // instead, as git-lfs-authenticate hands it out

	// Attribute is the setting that holds the password, for errors. Empty:
	// "password".
	Attribute string

	// Transport carries the requests; see [NewTransport].
	Transport http.RoundTripper
}

func (s Server) fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error {
	c, err := newClient(s, opDownload, f.throttled)
	if err != nil {
		return Nowhere(err).fetch(ctx, f, want)
	}
	return c.fetch(ctx, f, want)
}

func (c *client) fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error {
	return c.transfer(ctx, &f.tally, want, func(ctx context.Context, p gitrepo.Pointer, a answer) error {
		return c.download(ctx, f, p, a.to)
	})
}

// transfer asks the server about objects, a batch at a time, moves each as the
// answer says, and tells t what became of it.
func (c *client) transfer(ctx context.Context, t *tally, want []gitrepo.Pointer, move func(context.Context, gitrepo.Pointer, answer) error) error {
	asked := map[gitrepo.Pointer]bool{}
	for len(want) > 0 {
		n := min(batchSize, len(want))
		batch, rest := want[:n], want[n:]
		answers, err := c.batch(ctx, batch)
		if err != nil {
			// It would be the same for the rest: nothing in it is about one object.
			return t.all(ctx, want, providers.AsError(err))
		}
		late, err := c.moveBatch(ctx, t, batch, answers, asked, move)
		if err != nil {
			return err
		}
		want = append(late, rest...)
	}
	return nil
}

// moveBatch moves one batch and returns the objects whose addresses expired
// before their turn came; they are to be asked for again, once.
func (c *client) moveBatch(ctx context.Context, t *tally, batch []gitrepo.Pointer, answers map[string]answer, asked map[gitrepo.Pointer]bool,
	move func(context.Context, gitrepo.Pointer, answer) error) (late []gitrepo.Pointer, err error) {
	group, moving := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, p := range batch {
		a, ok := answers[p.OID]
		switch {
		case !ok:
			a.problem = &providers.Error{Code: providers.CodeUnavailable, Message: "the server did not say where it is"}
		case a.problem == nil && !asked[p] && a.to.expired(time.Now()):
			asked[p] = true
			late = append(late, p)
			continue
		}
		asked[p] = true
		group.Go(func() error {
			if a.problem != nil {
				return t.done(ctx, p, a.problem)
			}
			return t.done(ctx, p, move(moving, p, a))
		})
	}
	return late, group.Wait()
}
