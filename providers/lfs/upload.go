package lfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Upload gives the server the objects that the pointers name, out of the store,
// and returns how many there are (Source), are in the store (Fetched), and are
// at the server now (Imported), with a failure for each of the others. Objects
// that the server has already are not sent; whether those are in the store does
// not matter. Pointers are sorted by OID. Observe may be nil; it is called by
// one goroutine at a time and no more once Upload returned. The error is one of
// the context.
func Upload(ctx context.Context, store *Store, pointers []gitrepo.Pointer, to Server, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
	objects := one(store, pointers)
	s := &sending{store: store, tally: newTally("sending large files", observe, sendProblem)}
	s.expect(objects)
	if err := s.send(ctx, to, objects); err != nil {
		return schema.Count{}, nil, err
	}
	count, failed := s.account(objects)
	return count, failed, nil
}

// one leaves one pointer to each object: the one whose size is right, if any.
func one(store *Store, pointers []gitrepo.Pointer) []gitrepo.Pointer {
	var objects []gitrepo.Pointer
	for _, p := range pointers {
		last := len(objects) - 1
		switch {
		case last < 0 || objects[last].OID != p.OID:
			objects = append(objects, p)
		case store.Has(p):
			objects[last] = p
		}
	}
	return objects
}

// sending is one call of Upload. Its methods may be called concurrently.
type sending struct {
	store *Store
	tally
}

func (s *sending) send(ctx context.Context, to Server, objects []gitrepo.Pointer) error {
	if len(objects) == 0 {
		return nil
	}
	c, problem := newClient(to, opUpload, s.throttled)
	if problem != nil {
		return s.all(ctx, objects, problem)
	}
	return c.upload(ctx, s, objects)
}

// account counts what became of the objects.
func (s *sending) account(objects []gitrepo.Pointer) (schema.Count, []providers.ItemFailed) {
	count := schema.Count{Source: int64(len(objects))}
	var failed []providers.ItemFailed
	for _, p := range objects {
		if s.store.Has(p) {
			count.Fetched++
		}
		if problem, ok := s.problems[p.OID]; ok {
			count.Failed++
			failed = append(failed, providers.ItemFailed{Key: schema.Key{Kind: schema.KindLFSObject, ID: p.OID}, Problem: problem})
			continue
		}
		count.Imported++
	}
	return count, failed
}

func (c *client) upload(ctx context.Context, s *sending, objects []gitrepo.Pointer) error {
	return c.transfer(ctx, &s.tally, objects, func(ctx context.Context, p gitrepo.Pointer, a answer) error {
		if a.has {
			s.add(p.Size)
			return nil
		}
		if err := c.put(ctx, s, p, a.to); err != nil || a.verify == nil {
			return err
		}
		return c.verify(ctx, p, *a.verify)
	})
}

// put sends one object. An object's id is that of its content, so that sending
// it twice does no harm.
func (c *client) put(ctx context.Context, s *sending, p gitrepo.Pointer, to link) error {
	return c.try(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stalled := time.AfterFunc(stall, func() { cancel(errStalled) })
		defer stalled.Stop()
		var last *outgoing
		r := request{method: http.MethodPut, url: to.url, plain: http.Header{"Content-Type": {"application/octet-stream"}}, secret: headers(to.header)}
		r.body = func() (io.ReadCloser, int64, error) {
			last.takeBack() // a redirect asks for it again
			file, err := s.store.open(p)
			if err != nil {
				return nil, 0, err
			}
			last = &outgoing{ReadCloser: file, tally: &s.tally, stalled: stalled}
			return last, p.Size, nil
		}
		err := c.send(ctx, r, c.wantSuccess)
		if err != nil {
			last.takeBack()
		}
		return err
	})
}

// outgoing counts what is sent and notices when nothing is taken. Once all is,
// the transport watches over the answer.
type outgoing struct {
	io.ReadCloser
	tally   *tally
	stalled *time.Timer

	mu   sync.Mutex
	sent int64
	over bool // what is read from now on does not count
}

func (o *outgoing) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return n, err
	}
	o.stalled.Reset(stall)
	if err != nil {
		o.stalled.Stop()
	}
	o.sent += int64(n)
	o.tally.add(int64(n))
	return n, err
}

// takeBack takes what was sent from the tally again. The transport may still be
// reading: a server can answer before it has everything.
func (o *outgoing) takeBack() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over {
		o.over = true
		o.tally.add(-o.sent)
	}
}

// verify tells the server that an object has been sent, as it asked.
//
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/basic-transfers.md
func (c *client) verify(ctx context.Context, p gitrepo.Pointer, at link) error {
	body, err := json.Marshal(batchObject{OID: p.OID, Size: p.Size})
	if err != nil {
		return fmt.Errorf("write the question whether an object arrived: %w", err)
	}
	r := request{
		method: http.MethodPost, url: at.url, secret: headers(at.header),
		plain: http.Header{"Accept": {mediaType}, "Content-Type": {mediaType}},
		body:  inMemory(body),
	}
	return c.try(ctx, func(ctx context.Context) error { return c.send(ctx, r, c.wantSuccess) })
}

func (c *client) wantSuccess(response *http.Response) error {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return c.refused(response)
	}
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // lets the connection be used again
	return nil
}

// sendProblem says of one object why the server does not have it.
func sendProblem(p gitrepo.Pointer, err error) *providers.Error {
	e := *providers.AsError(err)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errContent) {
		e = providers.Error{Code: providers.CodeNotFound, Message: "it was not fetched from the source, and the target does not have it",
			Hint: "see what the fetch said of it, and apply again when the source has it", Err: err}
	}
	e.Op, e.Subject = "send content", "LFS object "+p.OID
	return &e
}

// open opens an object for reading.
func (s *Store) open(p gitrepo.Pointer) (*os.File, error) {
	if !s.Has(p) {
		return nil, fs.ErrNotExist
	}
	return os.Open(s.path(p.OID))
}
