package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"google.golang.org/grpc"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// source is the engine's end of a source.
type source struct{ *session }

var _ providers.Source = (*source)(nil)

// receive calls take for every message of a stream until it ends, fails, or
// take reports false.
func receive[M any](stream grpc.ServerStreamingClient[M], take func(*M) (more bool, err error)) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err := take(m); err != nil || !more {
			return err
		}
	}
}

func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(providers.Discovered) bool) error {
		results, err := pb.NewSourceClient(conn).Discover(ctx, &pb.DiscoverRequest{
			Session: session, Kind: query.Kind, Settings: query.Settings,
		})
		if err != nil {
			return err
		}
		return receive(results, func(m *pb.Discovered) (bool, error) {
			found, err := wire.DecodeDiscovered(m)
			if err != nil {
				return false, s.client.violation(err)
			}
			return yield(found), nil
		})
	})
}

func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(providers.Inspection) bool) error {
		lookups := make([]*pb.Lookup, len(queries))
		for i, q := range queries {
			lookups[i] = wire.EncodeLookup(q)
		}
		for _, run := range wire.Split(lookups) {
			answers, err := pb.NewSourceClient(conn).Inspect(ctx, &pb.InspectRequest{Session: session, Lookups: run})
			if err != nil {
				return err
			}
			open, more := expect(run), true
			var parts wire.Inspections
			err = receive(answers, func(m *pb.Inspection) (bool, error) {
				inspection, done, err := parts.Add(m)
				if err == nil && done {
					err = open.answered(inspection.ID)
				}
				if err != nil {
					return false, s.client.violation(err)
				}
				more = !done || yield(inspection)
				return more, nil
			})
			if err != nil || !more {
				return err
			}
			if err := open.all(); err != nil {
				return s.client.violation(err)
			}
		}
		return nil
	})
}

// questions counts what is still to be answered, by id.
type questions map[int64]int

func expect[Q interface{ GetId() int64 }](run []Q) questions {
	open := make(questions, len(run))
	for _, q := range run {
		open[q.GetId()]++
	}
	return open
}

func (q questions) answered(id int) error {
	if q[int64(id)] == 0 {
		return fmt.Errorf("answer %d, which nothing asked for", id)
	}
	if q[int64(id)]--; q[int64(id)] == 0 {
		delete(q, int64(id))
	}
	return nil
}

func (q questions) all() error {
	for id := range q {
		return fmt.Errorf("no answer to question %d, and to %d questions in all", id, len(q))
	}
	return nil
}

func (s *source) ExportGit(ctx context.Context, request providers.ExportRequest, observe func(providers.Progress)) (export providers.Export, err error) {
	err = s.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		steps, err := pb.NewSourceClient(conn).ExportGit(ctx, &pb.ExportGitRequest{
			Session: session, Repo: wire.EncodeRepo(request.Repo), Part: string(request.Part), Dir: []byte(request.Dir),
		})
		if err != nil {
			return err
		}
		var parts wire.Exports
		complete := false
		err = receive(steps, func(m *pb.ExportGitResponse) (bool, error) {
			switch step := m.GetStep().(type) {
			case *pb.ExportGitResponse_Progress:
				report(observe, step.Progress)
			case *pb.ExportGitResponse_Export:
				var err error
				if export, complete, err = parts.Add(step.Export); err != nil {
					return false, s.client.violation(err)
				}
			}
			return !complete, nil
		})
		if err == nil && !complete {
			err = s.client.violation(errors.New("no result"))
		}
		return err
	})
	return export, err
}

func (s *source) Detect(ctx context.Context, url string) (found providers.Detection, err error) {
	err = s.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		m, err := pb.NewSourceClient(conn).Detect(ctx, &pb.DetectRequest{Session: session, Url: []byte(url)})
		if err != nil {
			return err
		}
		if found, err = wire.DecodeDetection(m); err != nil {
			return s.client.violation(err)
		}
		return nil
	})
	return found, err
}

func (s *source) VerifyGit(ctx context.Context, request providers.VerifyRequest, observe func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	return stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(providers.Verified) bool) error {
		steps, err := pb.NewSourceClient(conn).VerifyGit(ctx, &pb.VerifyGitRequest{
			Session: session, Repo: wire.EncodeRepo(request.Repo), Part: string(request.Part), Dir: []byte(request.Dir), Every: request.Every,
		})
		if err != nil {
			return err
		}
		var parts wire.Verifieds
		return receive(steps, func(m *pb.VerifyGitResponse) (bool, error) {
			if progress := m.GetProgress(); progress != nil {
				report(observe, progress)
				return true, nil
			}
			verified, done, err := parts.Add(m.GetVerified())
			if err != nil {
				return false, s.client.violation(err)
			}
			return !done || yield(verified), nil
		})
	})
}

func report(observe func(providers.Progress), m *pb.Progress) {
	if observe != nil {
		observe(wire.DecodeProgress(m))
	}
}

func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(schema.Author) bool) error {
		batches, err := pb.NewSourceClient(conn).Authors(ctx, &pb.AuthorsRequest{
			Session: session, Repo: wire.EncodeRepo(repo), Cache: []byte(cache),
		})
		if err != nil {
			return err
		}
		return receive(batches, func(m *pb.AuthorsResponse) (bool, error) {
			for _, a := range m.GetAuthors() {
				author, err := wire.DecodeAuthor(a)
				if err != nil {
					return false, s.client.violation(err)
				}
				if !yield(author) {
					return false, nil
				}
			}
			return true, nil
		})
	})
}

func (s *source) Read(ctx context.Context, request providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(providers.Message) bool) error {
		batches, err := pb.NewSourceClient(conn).Read(ctx, wire.EncodeRead(session, request))
		if err != nil {
			return err
		}
		return receive(batches, func(m *pb.ReadResponse) (bool, error) {
			for _, message := range m.GetMessages() {
				decoded, err := wire.DecodeMessage(message)
				if err != nil {
					return false, s.client.violation(err)
				}
				if !yield(decoded) {
					return false, nil
				}
			}
			return true, nil
		})
	})
}

func (s *source) Budget(ctx context.Context) (budget providers.Budget, err error) {
	err = s.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		m, err := pb.NewSourceClient(conn).Budget(ctx, &pb.BudgetRequest{Session: session})
		if err != nil {
			return err
		}
		if budget, err = wire.DecodeBudget(m); err != nil {
			return s.client.violation(err)
		}
		return nil
	})
	return budget, err
}

// OpenBlob makes a call that lasts until the content is closed; ctx covers the
// reading too.
func (s *source) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	chunks := stream(ctx, s.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func([]byte) bool) error {
		chunks, err := pb.NewSourceClient(conn).OpenBlob(ctx, &pb.OpenBlobRequest{
			Session: session, Repo: wire.EncodeRepo(repo), Blob: wire.EncodeBlob(blob),
		})
		if err != nil {
			return err
		}
		return receive(chunks, func(m *pb.BlobChunk) (bool, error) { return yield(m.GetData()), nil })
	})
	c := &content{cancel: cancel}
	c.next, c.stop = iter.Pull2(chunks)
	// The first chunk says that the content is open.
	if err := c.fetch(); err != nil && err != io.EOF {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// content reads a blob. Close may be called while Read waits, and ends it.
type content struct {
	cancel context.CancelFunc

	mu   sync.Mutex
	next func() ([]byte, error, bool)
	stop func()
	rest []byte
	err  error // what Read returns when rest is empty
}

func (c *content) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.rest) == 0 {
		if err := c.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// fetch waits for the next chunk.
func (c *content) fetch() error {
	if c.err != nil {
		return c.err
	}
	chunk, err, ok := c.next()
	if !ok {
		err = io.EOF
	}
	c.rest, c.err = chunk, err
	return err
}

func (c *content) Close() error {
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.rest, c.err = nil, os.ErrClosed
	return nil
}
