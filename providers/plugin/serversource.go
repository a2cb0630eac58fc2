package plugin

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// sourceServer serves the sources of a provider.
type sourceServer struct {
	pb.UnimplementedSourceServer
	*server
}

func (s *sourceServer) Discover(r *pb.DiscoverRequest, stream grpc.ServerStreamingServer[pb.Discovered]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	query := providers.Query{Kind: r.GetKind(), Settings: r.GetSettings()}
	for found, err := range source.Discover(stream.Context(), query) {
		if err != nil {
			return err
		}
		m, err := wire.EncodeDiscovered(found)
		if err != nil {
			return err
		}
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *sourceServer) Inspect(r *pb.InspectRequest, stream grpc.ServerStreamingServer[pb.Inspection]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	lookups := make([]providers.Lookup, len(r.GetLookups()))
	for i, l := range r.GetLookups() {
		lookups[i] = wire.DecodeLookup(l)
	}
	for inspection, err := range source.Inspect(stream.Context(), lookups) {
		if err != nil {
			return err
		}
		if err := wire.EncodeInspection(inspection, stream.Send); err != nil {
			return err
		}
	}
	return nil
}

func (s *sourceServer) ExportGit(r *pb.ExportGitRequest, stream grpc.ServerStreamingServer[pb.ExportGitResponse]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	release, err := s.folders.take(stream.Context(), string(r.GetDir()))
	if err != nil {
		return err
	}
	defer release()
	observe, done := observer(func(p *pb.Progress) error {
		return stream.Send(&pb.ExportGitResponse{Step: &pb.ExportGitResponse_Progress{Progress: p}})
	})
	defer done()
	export, err := source.ExportGit(stream.Context(), providers.ExportRequest{
		Repo: wire.DecodeRepo(r.GetRepo()), Part: providers.Part(r.GetPart()), Dir: string(r.GetDir()),
	}, observe)
	done()
	if err != nil {
		return err
	}
	return wire.EncodeExport(export, func(m *pb.Export) error {
		return stream.Send(&pb.ExportGitResponse{Step: &pb.ExportGitResponse_Export{Export: m}})
	})
}

func (s *sourceServer) Detect(ctx context.Context, r *pb.DetectRequest) (*pb.DetectResponse, error) {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return nil, err
	}
	found, err := source.Detect(ctx, string(r.GetUrl()))
	if err != nil {
		return nil, err
	}
	return wire.EncodeDetection(found), nil
}

func (s *sourceServer) VerifyGit(r *pb.VerifyGitRequest, stream grpc.ServerStreamingServer[pb.VerifyGitResponse]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	release, err := s.folders.take(stream.Context(), string(r.GetDir()))
	if err != nil {
		return err
	}
	defer release()
	var sending sync.Mutex // progress comes from any goroutine
	send := func(m *pb.VerifyGitResponse) error {
		sending.Lock()
		defer sending.Unlock()
		return stream.Send(m)
	}
	observe, done := observer(func(p *pb.Progress) error {
		return send(&pb.VerifyGitResponse{Step: &pb.VerifyGitResponse_Progress{Progress: p}})
	})
	defer done()
	request := providers.VerifyRequest{
		Repo: wire.DecodeRepo(r.GetRepo()), Part: providers.Part(r.GetPart()), Dir: string(r.GetDir()), Every: r.GetEvery(),
	}
	for verified, err := range source.VerifyGit(stream.Context(), request, observe) {
		if err != nil {
			return err
		}
		err := wire.EncodeVerified(verified, func(m *pb.Verified) error {
			return send(&pb.VerifyGitResponse{Step: &pb.VerifyGitResponse_Verified{Verified: m}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// observer returns a function that sends progress, from any goroutine, until
// done is called. It drops what cannot be sent: the call itself will fail.
func observer(send func(*pb.Progress) error) (observe func(providers.Progress), done func()) {
	var mu sync.Mutex
	ended := false
	observe = func(p providers.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			_ = send(wire.EncodeProgress(p))
		}
	}
	return observe, func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
	}
}

func (s *sourceServer) Authors(r *pb.AuthorsRequest, stream grpc.ServerStreamingServer[pb.AuthorsResponse]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	if len(r.GetCache()) > 0 {
		release, err := s.folders.take(stream.Context(), string(r.GetCache()))
		if err != nil {
			return err
		}
		defer release()
	}
	out := &batch[*pb.Author]{send: func(authors []*pb.Author) error {
		return stream.Send(&pb.AuthorsResponse{Authors: authors})
	}}
	defer out.close()
	for author, err := range source.Authors(stream.Context(), wire.DecodeRepo(r.GetRepo()), string(r.GetCache())) {
		if err != nil {
			return errors.Join(err, out.close())
		}
		m := wire.EncodeAuthor(author)
		if err := out.add(m, proto.Size(m)); err != nil {
			return err
		}
	}
	return out.close()
}

func (s *sourceServer) Read(r *pb.ReadRequest, stream grpc.ServerStreamingServer[pb.ReadResponse]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	request, err := wire.DecodeRead(r)
	if err != nil {
		return malformed(err)
	}
	out := &batch[*pb.Message]{send: func(messages []*pb.Message) error {
		return stream.Send(&pb.ReadResponse{Messages: messages})
	}}
	defer out.close()
	for message, err := range source.Read(stream.Context(), request) {
		if err != nil {
			// What came before the error was read well, and a last
			// checkpoint may be in it.
			return errors.Join(err, out.close())
		}
		m, err := wire.EncodeMessage(message)
		if err != nil {
			return err
		}
		if err := out.add(m, proto.Size(m)); err != nil {
			return err
		}
	}
	return out.close()
}

func (s *sourceServer) OpenBlob(r *pb.OpenBlobRequest, stream grpc.ServerStreamingServer[pb.BlobChunk]) error {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return err
	}
	ctx := stream.Context()
	content, err := source.OpenBlob(ctx, wire.DecodeRepo(r.GetRepo()), wire.DecodeBlob(r.GetBlob()))
	if err != nil {
		return err
	}
	closeOnce := sync.OnceValue(content.Close)
	defer closeOnce()
	// A Read that waits for its forge ends when the content is closed.
	defer context.AfterFunc(ctx, func() { _ = closeOnce() })()

	if err := stream.Send(&pb.BlobChunk{}); err != nil {
		return err
	}
	for {
		// A new buffer each time: gRPC may still be reading the old one.
		buffer := make([]byte, wire.Chunk)
		n, readErr := fill(content, buffer)
		if n > 0 {
			if err := stream.Send(&pb.BlobChunk{Data: buffer[:n]}); err != nil {
				return err
			}
		}
		if readErr == io.EOF {
			return closeOnce()
		}
		if readErr != nil {
			return readErr
		}
	}
}

// fill reads until buffer is full. Unlike io.ReadFull it returns the reader's
// error as it is: io.ErrUnexpectedEOF from a forge means a cut-off download,
// and must not pass for the end.
func fill(r io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var read int
		read, err = r.Read(buffer[n:])
		n += read
	}
	return n, err
}

func (s *sourceServer) Budget(ctx context.Context, r *pb.BudgetRequest) (*pb.BudgetResponse, error) {
	source, err := s.sources.get(r.GetSession())
	if err != nil {
		return nil, err
	}
	budget, err := source.Budget(ctx)
	if err != nil {
		return nil, err
	}
	return wire.EncodeBudget(budget), nil
}
