package plugin

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// targetServer serves the targets of a provider.
type targetServer struct {
	pb.UnimplementedTargetServer
	*server
}

// malformed is the answer to a request that does not decode.
func malformed(err error) error {
	return providers.Errorf(providers.CodeInvalid, "malformed request: %w", err)
}

func (t *targetServer) Inspect(r *pb.InspectPlacesRequest, stream grpc.ServerStreamingServer[pb.Standing]) error {
	target, err := t.targets.get(r.GetSession())
	if err != nil {
		return err
	}
	places := make([]providers.Place, len(r.GetPlaces()))
	for i, m := range r.GetPlaces() {
		if places[i], err = wire.DecodePlace(m); err != nil {
			return malformed(err)
		}
	}
	for standing, err := range target.Inspect(stream.Context(), places) {
		if err != nil {
			return err
		}
		if err := wire.EncodeStanding(standing, stream.Send); err != nil {
			return err
		}
	}
	return nil
}

func (t *targetServer) Create(ctx context.Context, r *pb.CreateRequest) (*pb.CreateResponse, error) {
	target, err := t.targets.get(r.GetSession())
	if err != nil {
		return nil, err
	}
	request, err := wire.DecodeCreate(r)
	if err != nil {
		return nil, malformed(err)
	}
	ref, err := target.Create(ctx, request)
	if err != nil {
		return nil, err
	}
	return &pb.CreateResponse{Ref: wire.EncodeRef(ref)}, nil
}

func (t *targetServer) Move(ctx context.Context, r *pb.MoveRequest) (*pb.MoveResponse, error) {
	target, repo, err := t.at(r.GetSession(), r.GetRepo())
	if err != nil {
		return nil, err
	}
	to, err := wire.DecodePlace(r.GetTo())
	if err != nil {
		return nil, malformed(err)
	}
	ref, err := target.Move(ctx, repo, to)
	if err != nil {
		return nil, err
	}
	return &pb.MoveResponse{Ref: wire.EncodeRef(ref)}, nil
}

func (t *targetServer) Push(stream grpc.BidiStreamingServer[pb.PushRequest, pb.PushResponse]) error {
	var parts wire.PushRequests
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := parts.Add(m); err != nil {
			return malformed(err)
		}
	}
	session, request, err := parts.Request()
	if err != nil {
		return malformed(err)
	}
	target, err := t.targets.get(session)
	if err != nil {
		return err
	}
	observe, done := observer(func(p *pb.Progress) error {
		return stream.Send(&pb.PushResponse{Step: &pb.PushResponse_Progress{Progress: p}})
	})
	defer done()
	pushed, err := target.Push(stream.Context(), request, observe)
	done()
	if err != nil {
		return err
	}
	return wire.EncodePushed(pushed, func(m *pb.Pushed) error {
		return stream.Send(&pb.PushResponse{Step: &pb.PushResponse_Pushed{Pushed: m}})
	})
}

func (t *targetServer) Write(ctx context.Context, r *pb.WriteRequest) (*pb.WriteResponse, error) {
	target, repo, err := t.at(r.GetSession(), r.GetRepo())
	if err != nil {
		return nil, err
	}
	request := providers.WriteRequest{Repo: repo, Placement: r.GetPlacement(), Writes: make([]providers.Write, len(r.GetWrites()))}
	for i, m := range r.GetWrites() {
		if request.Writes[i], err = wire.DecodeWrite(m); err != nil {
			return nil, malformed(err)
		}
	}
	written, err := target.Write(ctx, request)
	if err != nil {
		return nil, err
	}
	answer := &pb.WriteResponse{Written: make([]*pb.Written, len(written))}
	for i, w := range written {
		answer.Written[i] = wire.EncodeWritten(w)
	}
	return answer, nil
}

func (t *targetServer) Find(ctx context.Context, r *pb.FindRequest) (*pb.FindResponse, error) {
	target, repo, err := t.at(r.GetSession(), r.GetRepo())
	if err != nil {
		return nil, err
	}
	wanted := make([]providers.Wanted, len(r.GetWanted()))
	for i, m := range r.GetWanted() {
		if wanted[i], err = wire.DecodeWanted(m); err != nil {
			return nil, malformed(err)
		}
	}
	refs, err := target.Find(ctx, repo, wanted)
	if err != nil {
		return nil, err
	}
	answer := &pb.FindResponse{Refs: make([]*pb.Ref, len(refs))}
	for i, ref := range refs {
		answer.Refs[i] = wire.EncodeListedRef(ref)
	}
	return answer, nil
}

func (t *targetServer) Finish(ctx context.Context, r *pb.FinishRequest) (*pb.FinishResponse, error) {
	target, repo, err := t.at(r.GetSession(), r.GetRepo())
	if err != nil {
		return nil, err
	}
	counts, err := target.Finish(ctx, providers.FinishRequest{Repo: repo, Placement: r.GetPlacement()})
	if err != nil {
		return nil, err
	}
	return &pb.FinishResponse{Counts: wire.EncodeCounts(counts)}, nil
}

func (t *targetServer) StartImport(ctx context.Context, r *pb.ImportRequest) (*pb.ImportResponse, error) {
	return t.imports(ctx, r, providers.Target.StartImport)
}

func (t *targetServer) FindImport(ctx context.Context, r *pb.ImportRequest) (*pb.ImportResponse, error) {
	return t.imports(ctx, r, providers.Target.FindImport)
}

func (t *targetServer) imports(ctx context.Context, r *pb.ImportRequest, do func(providers.Target, context.Context, providers.ImportRequest) (schema.Job, error)) (*pb.ImportResponse, error) {
	target, err := t.targets.get(r.GetSession())
	if err != nil {
		return nil, err
	}
	request, err := wire.DecodeImport(r)
	if err != nil {
		return nil, malformed(err)
	}
	return jobAnswer(do(target, ctx, request))
}

func jobAnswer(job schema.Job, err error) (*pb.ImportResponse, error) {
	if err != nil {
		return nil, err
	}
	encoded, err := wire.EncodeJob(job)
	return &pb.ImportResponse{Job: encoded}, err
}

func (t *targetServer) PollImport(r *pb.JobRequest, stream grpc.ServerStreamingServer[pb.JobStatus]) error {
	target, job, err := t.job(r)
	if err != nil {
		return err
	}
	status, err := target.PollImport(stream.Context(), job)
	if err != nil {
		return err
	}
	return wire.EncodeStatus(status, stream.Send)
}

func (t *targetServer) CancelImport(ctx context.Context, r *pb.JobRequest) (*pb.ImportResponse, error) {
	target, job, err := t.job(r)
	if err != nil {
		return nil, err
	}
	return jobAnswer(target.CancelImport(ctx, job))
}

func (t *targetServer) job(r *pb.JobRequest) (providers.Target, schema.Job, error) {
	target, err := t.targets.get(r.GetSession())
	if err != nil {
		return nil, schema.Job{}, err
	}
	job, err := wire.DecodeJob(r.GetJob())
	if err == nil && job.ID == "" {
		err = errors.New("a job without an id")
	}
	if err != nil {
		return nil, schema.Job{}, malformed(err)
	}
	return target, job, nil
}

// at returns the target of a session and the repository that a request is
// about.
func (t *targetServer) at(session string, repo *pb.Ref) (providers.Target, schema.Ref, error) {
	target, err := t.targets.get(session)
	if err != nil {
		return nil, schema.Ref{}, err
	}
	ref, err := wire.DecodeRef(repo)
	if err != nil {
		return nil, schema.Ref{}, malformed(err)
	}
	return target, ref, nil
}
