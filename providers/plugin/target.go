package plugin

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"google.golang.org/grpc"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// target is the engine's end of a target.
type target struct{ *session }

var _ providers.Target = (*target)(nil)

func (t *target) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return stream(ctx, t.session, func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(providers.Standing) bool) error {
		questions := make([]*pb.Place, len(places))
		for i, place := range places {
			questions[i] = wire.EncodePlace(place)
		}
		for _, run := range wire.Split(questions) {
			answers, err := pb.NewTargetClient(conn).Inspect(ctx, &pb.InspectPlacesRequest{Session: session, Places: run})
			if err != nil {
				return err
			}
			open, more := expect(run), true
			var parts wire.Standings
			err = receive(answers, func(m *pb.Standing) (bool, error) {
				standing, done, err := parts.Add(m)
				if err == nil && done {
					err = open.answered(standing.ID)
				}
				if err != nil {
					return false, t.client.violation(err)
				}
				more = !done || yield(standing)
				return more, nil
			})
			if err != nil || !more {
				return err
			}
			if err := open.all(); err != nil {
				return t.client.violation(err)
			}
		}
		return nil
	})
}

func (t *target) Create(ctx context.Context, request providers.CreateRequest) (ref schema.Ref, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		r, err := wire.EncodeCreate(session, request)
		if err != nil {
			return providers.Errorf(providers.CodeInvalid, "settings of %s: %w", request.Place.Path(), err)
		}
		m, err := pb.NewTargetClient(conn).Create(ctx, r)
		if err != nil {
			return err
		}
		ref, err = t.made(m.GetRef())
		return err
	})
	return ref, err
}

func (t *target) Move(ctx context.Context, repo schema.Ref, to providers.Place) (ref schema.Ref, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		m, err := pb.NewTargetClient(conn).Move(ctx, &pb.MoveRequest{
			Session: session, Repo: wire.EncodeRef(repo), To: wire.EncodePlace(to),
		})
		if err != nil {
			return err
		}
		ref, err = t.made(m.GetRef())
		return err
	})
	return ref, err
}

// made reads the ref of a repository that must be there now.
func (t *target) made(m *pb.Ref) (schema.Ref, error) {
	ref, err := wire.DecodeRef(m)
	if err == nil && ref.ID == "" {
		err = errors.New("a repository without an id")
	}
	if err != nil {
		return schema.Ref{}, t.client.violation(err)
	}
	return ref, nil
}

func (t *target) Push(ctx context.Context, request providers.PushRequest, observe func(providers.Progress)) (pushed providers.Pushed, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		steps, err := pb.NewTargetClient(conn).Push(ctx)
		if err != nil {
			return err
		}
		// A send that fails says only that the call has ended; why it has is
		// what the receiving side returns.
		if err := wire.EncodePush(session, request, steps.Send); err == nil {
			_ = steps.CloseSend()
		}
		var parts wire.Pushes
		complete := false
		err = receive(steps, func(m *pb.PushResponse) (bool, error) {
			switch step := m.GetStep().(type) {
			case *pb.PushResponse_Progress:
				report(observe, step.Progress)
			case *pb.PushResponse_Pushed:
				var err error
				if pushed, complete, err = parts.Add(step.Pushed); err != nil {
					return false, t.client.violation(err)
				}
			}
			return !complete, nil
		})
		if err == nil && !complete {
			err = t.client.violation(errors.New("no result"))
		}
		return err
	})
	return pushed, err
}

// Write makes one call, or several when the records are too many bytes for one
// message. An error of any leaves it open which records were stored, as that
// of a single call does.
func (t *target) Write(ctx context.Context, request providers.WriteRequest) (written []providers.Written, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		writes := make([]*pb.Write, len(request.Writes))
		for i, w := range request.Writes {
			writes[i] = wire.EncodeWrite(w)
		}
		for _, run := range wire.Split(writes) {
			m, err := pb.NewTargetClient(conn).Write(ctx, &pb.WriteRequest{
				Session: session, Repo: wire.EncodeRef(request.Repo), Writes: run, Placement: request.Placement,
			})
			if err != nil {
				return err
			}
			if len(m.GetWritten()) != len(run) {
				return t.client.violation(fmt.Errorf("%d answers to %d writes", len(m.GetWritten()), len(run)))
			}
			for _, answer := range m.GetWritten() {
				w, err := wire.DecodeWritten(answer)
				if err != nil {
					return t.client.violation(err)
				}
				written = append(written, w)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return written, nil
}

func (t *target) Find(ctx context.Context, repo schema.Ref, wanted []providers.Wanted) (refs []schema.Ref, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		questions := make([]*pb.Wanted, len(wanted))
		for i, w := range wanted {
			questions[i] = wire.EncodeWanted(w)
		}
		for _, run := range wire.Split(questions) {
			m, err := pb.NewTargetClient(conn).Find(ctx, &pb.FindRequest{
				Session: session, Repo: wire.EncodeRef(repo), Wanted: run,
			})
			if err != nil {
				return err
			}
			if len(m.GetRefs()) != len(run) {
				return t.client.violation(fmt.Errorf("%d answers to %d keys", len(m.GetRefs()), len(run)))
			}
			for _, answer := range m.GetRefs() {
				ref, err := wire.DecodeRef(answer)
				if err != nil {
					return t.client.violation(err)
				}
				refs = append(refs, ref)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return refs, nil
}

func (t *target) Finish(ctx context.Context, request providers.FinishRequest) (counts map[schema.Kind]int64, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		m, err := pb.NewTargetClient(conn).Finish(ctx, &pb.FinishRequest{
			Session: session, Repo: wire.EncodeRef(request.Repo), Placement: request.Placement,
		})
		if err != nil {
			return err
		}
		if counts, err = wire.DecodeCounts(m.GetCounts()); err != nil {
			return t.client.violation(err)
		}
		return nil
	})
	return counts, err
}

func (t *target) StartImport(ctx context.Context, request providers.ImportRequest) (schema.Job, error) {
	return t.imports(ctx, request, pb.TargetClient.StartImport)
}

func (t *target) FindImport(ctx context.Context, request providers.ImportRequest) (schema.Job, error) {
	return t.imports(ctx, request, pb.TargetClient.FindImport)
}

func (t *target) imports(ctx context.Context, request providers.ImportRequest, call func(pb.TargetClient, context.Context, *pb.ImportRequest, ...grpc.CallOption) (*pb.ImportResponse, error)) (job schema.Job, err error) {
	t.client.keep(request.Secrets)
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		m, err := call(pb.NewTargetClient(conn), ctx, wire.EncodeImport(session, request))
		if err != nil {
			return err
		}
		job, err = t.decodeJob(m)
		return err
	})
	return job, err
}

func (t *target) decodeJob(m *pb.ImportResponse) (schema.Job, error) {
	job, err := wire.DecodeJob(m.GetJob())
	if err != nil {
		return schema.Job{}, t.client.violation(err)
	}
	return job, nil
}

func (t *target) PollImport(ctx context.Context, job schema.Job) (providers.ImportStatus, error) {
	var parts wire.Statuses
	err := t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		encoded, err := wire.EncodeJob(job)
		if err != nil {
			return err
		}
		answers, err := pb.NewTargetClient(conn).PollImport(ctx, &pb.JobRequest{Session: session, Job: encoded})
		if err != nil {
			return err
		}
		parts = wire.Statuses{}
		return receive(answers, func(m *pb.JobStatus) (bool, error) {
			if err := parts.Add(m); err != nil {
				return false, t.client.violation(err)
			}
			return true, nil
		})
	})
	return parts.Status, err
}

func (t *target) CancelImport(ctx context.Context, job schema.Job) (ended schema.Job, err error) {
	err = t.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
		encoded, err := wire.EncodeJob(job)
		if err != nil {
			return err
		}
		m, err := pb.NewTargetClient(conn).CancelImport(ctx, &pb.JobRequest{Session: session, Job: encoded})
		if err != nil {
			return err
		}
		ended, err = t.decodeJob(m)
		return err
	})
	return ended, err
}
