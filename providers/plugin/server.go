package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// server is the provider's end: it holds the sessions and brings calls to an
// end. sourceServer and targetServer serve the two parts with it.
type server struct {
	pb.UnimplementedProviderServer

	provider *providers.Provider
	log      *slog.Logger
	sources  sessions[providers.Source]
	targets  sessions[providers.Target]

	folders folders

	calls calls
	life  context.Context // ends when the calls are to end; no call outlives it
	end   context.CancelCauseFunc

	grpc    atomic.Pointer[grpc.Server]
	prepare func() // runs before the first call does
}

// drainTime bounds drain.
const drainTime = 500 * time.Millisecond

// errStopping is the cause of the contexts that a stop cancels. It is a
// cancellation, so that a method may return it as it is.
var errStopping = fmt.Errorf("the provider is stopping: %w", context.Canceled)

func newServer(p *providers.Provider, log *slog.Logger) *server {
	life, end := context.WithCancelCause(context.Background())
	return &server{
		provider: p, log: log, life: life, end: end, prepare: func() {},
		sources: sessions[providers.Source]{prefix: "source"},
		targets: sessions[providers.Target]{prefix: "target"},
	}
}

// grpcServer is the factory that go-plugin wants.
func (s *server) grpcServer(options []grpc.ServerOption) *grpc.Server {
	g := grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(wire.MaxMessage),
		grpc.MaxSendMsgSize(wire.MaxMessage),
		grpc.InitialWindowSize(window),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
	)...)
	s.grpc.Store(g)
	return g
}

// drain gives gRPC a moment to send what the calls have left, while the engine
// is still there to read it.
func (s *server) drain() {
	g := s.grpc.Load()
	if g == nil {
		return
	}
	// The services of go-plugin never end by themselves, nor does a call that
	// is deaf to its context, and a graceful stop waits for them.
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		g.GracefulStop()
	}()
	moment := time.NewTimer(drainTime)
	defer moment.Stop()
	select {
	case <-drained:
	case <-moment.C:
	}
}

// shutdown brings all calls to an end, then closes the sessions. It returns
// early, with an error, when ctx ends first.
func (s *server) shutdown(ctx context.Context) error {
	s.calls.stop()
	s.end(errStopping)
	if err := s.calls.wait(ctx); err != nil {
		return err
	}
	return errors.Join(s.sources.closeAll(), s.targets.closeAll())
}

func (s *server) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	description, err := json.Marshal(s.provider.Description)
	if err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	return &pb.DescribeResponse{Description: description}, nil
}

func (s *server) CheckPlaces(_ context.Context, r *pb.CheckPlacesRequest) (*pb.CheckPlacesResponse, error) {
	places := make([]providers.Place, len(r.GetPlaces()))
	for i, m := range r.GetPlaces() {
		var err error
		if places[i], err = wire.DecodePlace(m); err != nil {
			return nil, malformed(err)
		}
	}
	answer := &pb.CheckPlacesResponse{Verdicts: make([]*pb.PlaceVerdict, len(places))}
	var problems []*providers.Error
	if s.provider.CheckPlaces != nil {
		problems = s.provider.CheckPlaces(places)
	}
	for i := range answer.Verdicts {
		answer.Verdicts[i] = &pb.PlaceVerdict{}
		if i < len(problems) {
			answer.Verdicts[i].Problem = wire.EncodeError(problems[i])
		}
	}
	return answer, nil
}

func (s *server) Configure(ctx context.Context, r *pb.ConfigureRequest) (*pb.ConfigureResponse, error) {
	config := providers.Config{Settings: r.GetSettings(), Dir: string(r.GetDir()), Scratch: string(r.GetScratch())}
	if len(r.GetSecrets()) > 0 {
		config.Secrets = make(map[string]string, len(r.Secrets))
	}
	for name, secret := range r.GetSecrets() {
		config.Secrets[name] = string(secret)
	}
	switch {
	case r.GetRole() == pb.ConfigureRequest_ROLE_SOURCE && s.provider.OpenSource != nil:
		source, err := s.provider.OpenSource(ctx, config)
		if err != nil {
			return nil, err
		}
		return &pb.ConfigureResponse{Session: s.sources.add(source)}, nil
	case r.GetRole() == pb.ConfigureRequest_ROLE_TARGET && s.provider.OpenTarget != nil:
		target, err := s.provider.OpenTarget(ctx, config)
		if err != nil {
			return nil, err
		}
		return &pb.ConfigureResponse{Session: s.targets.add(target)}, nil
	}
	return nil, providers.Unsupported("sign in as " + strings.ToLower(strings.TrimPrefix(r.GetRole().String(), "ROLE_")))
}

func (s *server) CloseSession(_ context.Context, r *pb.CloseSessionRequest) (*pb.CloseSessionResponse, error) {
	return &pb.CloseSessionResponse{}, errors.Join(s.sources.close(r.GetSession()), s.targets.close(r.GetSession()))
}

func (s *server) Stop(ctx context.Context, _ *pb.StopRequest) (*pb.StopResponse, error) {
	return &pb.StopResponse{}, s.shutdown(ctx)
}

// ours reports whether a method is one of our protocol. The services of
// go-plugin are served by the same server.
func ours(method string) bool { return strings.HasPrefix(method, "/drover.provider.v1.") }

// begin enters a call. Its context ends with the caller's, or when the server
// is to stop. Stop itself is not counted, for it waits for the others.
func (s *server) begin(ctx context.Context, method string) (context.Context, func(), error) {
	if !ours(method) || method == pb.Provider_Stop_FullMethodName {
		return ctx, func() {}, nil
	}
	s.prepare()
	done, ok := s.calls.begin()
	if !ok {
		return nil, nil, wire.Status(&providers.Error{Code: providers.CodeUnavailable, Message: "the provider is stopping"})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(s.life, func() { cancel(errStopping) })
	return ctx, func() { unhook(); cancel(nil); done() }, nil
}

func (s *server) unary(ctx context.Context, r any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	ctx, done, err := s.begin(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	defer done()
	err = s.protect(info.FullMethod, func() error {
		answer, err = handle(ctx, r)
		return err
	})
	return answer, err
}

func (s *server) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, done, err := s.begin(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	defer done()
	return s.protect(info.FullMethod, func() error { return handle(srv, withContext{stream, ctx}) })
}

type withContext struct {
	grpc.ServerStream
	ctx context.Context
}

func (s withContext) Context() context.Context { return s.ctx }

// protect runs a handler. Its error becomes the status that carries it, and so
// does a panic: one bad object must not end a process in which other calls are
// at work. The stack, and the cause of an error, go to the log only, because
// an error is shown to people and either may hold anything.
func (s *server) protect(method string, handle func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic", "method", method, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = wire.Status(panicError(method, p))
		}
	}()
	err = handle()
	if err == nil || !ours(method) {
		return err
	}
	if e := providers.AsError(err); e.Err != nil {
		s.log.Debug("call failed", "method", method, "error", err, "cause", e.Err)
	}
	return wire.Status(err)
}

func panicError(method string, p any) *providers.Error {
	e := &providers.Error{
		Code: providers.CodeInternal, Op: method[strings.LastIndexByte(method, '/')+1:],
		Message: "the provider panicked", Hint: "report it to the provider's author with the stack from the log",
	}
	if fault, ok := p.(runtime.Error); ok {
		e.Message += ": " + fault.Error()
	}
	return e
}

// sessions are the open parts of one role, by id.
type sessions[T io.Closer] struct {
	prefix string

	mu   sync.Mutex
	open map[string]T
	made int
}

func (s *sessions[T]) add(part T) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[string]T)
	}
	s.made++
	id := fmt.Sprintf("%s-%d", s.prefix, s.made)
	s.open[id] = part
	return id
}

func (s *sessions[T]) get(id string) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	part, ok := s.open[id]
	if !ok {
		return part, providers.Errorf(providers.CodeInvalid, "there is no %s session %q", s.prefix, id)
	}
	return part, nil
}

func (s *sessions[T]) close(id string) error {
	s.mu.Lock()
	part, ok := s.open[id]
	delete(s.open, id)
	s.mu.Unlock()
	if !ok {
		return nil
	}
	return part.Close()
}

func (s *sessions[T]) closeAll() error {
	s.mu.Lock()
	open := s.open
	s.open = nil
	s.mu.Unlock()
	var errs []error
	for _, part := range open {
		errs = append(errs, part.Close())
	}
	return errors.Join(errs...)
}
