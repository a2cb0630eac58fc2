package lfs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

// stall is how long a server may send nothing.
const stall = time.Minute

var errStalled = errors.New("nothing came for a minute")

// download brings one object into the store.
func (c *client) download(ctx context.Context, f *fetching, p gitrepo.Pointer, from link) error {
	r := request{method: http.MethodGet, url: from.url, plain: http.Header{}, secret: headers(from.header)}
	return c.try(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		return c.send(ctx, r, func(response *http.Response) error {
			if response.StatusCode != http.StatusOK {
				return c.refused(response)
			}
			body := &body{r: response.Body, f: f, stalled: time.AfterFunc(stall, func() { cancel(errStalled) })}
			defer body.stalled.Stop()
			err := f.store.receive(p, body)
			if err != nil {
				f.add(-body.n)
			}
			if body.err != nil {
				if cause := context.Cause(ctx); cause != nil {
					err = cause
				}
				return &transient{problem: broken(err), after: -1}
			}
			return err
		})
	})
}

// body counts what comes and notices when nothing does.
type body struct {
	r       io.Reader
	f       *fetching
	stalled *time.Timer
	n       int64
	err     error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.stalled.Reset(stall)
	b.n += int64(n)
	b.f.add(int64(n))
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}
