package plugin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// signOutTimeout bounds the Close of a Source or Target.
const signOutTimeout = 10 * time.Second

// session is one opened part of a provider. It outlives the process: when that
// was started again, the next call opens the session there.
type session struct {
	client *Client
	role   pb.ConfigureRequest_Role
	config providers.Config
	ours   string // the scratch folder to remove, if we made it

	turn    chan struct{} // held by who reads or changes what follows
	process *process      // where it is open
	id      string        // its name there
	closed  bool
}

func (c *Client) open(ctx context.Context, role pb.ConfigureRequest_Role, config providers.Config) (*session, error) {
	c.keep(config.Secrets)
	s := &session{client: c, role: role, config: config, turn: make(chan struct{}, 1)}
	if config.Scratch == "" && c.options.Scratch != "" {
		dir, err := makeScratch(c.options.Scratch, c.options.Name)
		if err != nil {
			return nil, providers.Errorf(providers.CodeInternal, "scratch folder of provider %s: %w", c.options.Name, err)
		}
		s.config.Scratch, s.ours = dir, dir
	}
	if _, _, err := s.current(ctx); err != nil {
		s.removeScratch()
		return nil, err
	}
	return s, nil
}

func makeScratch(parent, name string) (string, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, name+"-*")
}

func (s *session) removeScratch() {
	if s.ours != "" {
		_ = os.RemoveAll(s.ours) // what stays is in the engine's own scratch folder
	}
}

// current returns the running process and the session's name there. It starts
// the one and opens the other when need be.
func (s *session) current(ctx context.Context) (*process, string, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, "", interrupted(ctx)
	}
	if s.closed {
		return nil, "", providers.Errorf(providers.CodeInvalid, "the session with provider %s was closed", s.client.options.Name)
	}
	p, err := s.client.running(ctx)
	if err != nil {
		return nil, "", err
	}
	if p == s.process {
		return p, s.id, nil
	}
	secrets := make(map[string][]byte, len(s.config.Secrets))
	for name, secret := range s.config.Secrets {
		secrets[name] = []byte(secret)
	}
	err = s.client.call(ctx, p, func(ctx context.Context) error {
		m, err := pb.NewProviderClient(p.conn).Configure(ctx, &pb.ConfigureRequest{
			Role: s.role, Settings: s.config.Settings, Secrets: secrets,
			Dir: []byte(s.config.Dir), Scratch: []byte(s.config.Scratch),
		})
		s.id = m.GetSession()
		return err
	})
	if err != nil {
		return nil, "", err
	}
	s.process = p
	return p, s.id, nil
}

// do makes one call. The function gets a context that ends with ctx, or with
// the process; an error that it got from gRPC is returned as the one behind it.
func (s *session) do(ctx context.Context, f func(ctx context.Context, conn *grpc.ClientConn, session string) error) error {
	p, id, err := s.current(ctx)
	if err != nil {
		return err
	}
	if err := s.client.call(ctx, p, func(ctx context.Context) error { return f(ctx, p.conn, id) }); err != nil {
		return err
	}
	s.client.failures.Store(0)
	return nil
}

// stream makes a call whose results are yielded. A consumer that breaks off
// cancels the call.
func stream[T any](ctx context.Context, s *session, f func(ctx context.Context, conn *grpc.ClientConn, session string, yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := s.do(ctx, func(ctx context.Context, conn *grpc.ClientConn, session string) error {
			return f(ctx, conn, session, func(v T) bool { return yield(v, nil) })
		})
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// Close signs out. It does so only where the session is open: a process that
// has ended has signed out in its own way.
func (s *session) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), signOutTimeout)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	if s.closed {
		return nil
	}
	s.closed = true
	defer s.removeScratch()
	p := s.process
	if p == nil || p != s.client.now() || p.program.hasEnded() {
		return nil
	}
	return s.client.call(ctx, p, func(ctx context.Context) error {
		_, err := pb.NewProviderClient(p.conn).CloseSession(ctx, &pb.CloseSessionRequest{Session: s.id})
		return err
	})
}

// call runs f, which makes one call to p, under a context that ends when p
// does.
func (c *Client) call(ctx context.Context, p *process, f func(ctx context.Context) error) error {
	done, ok := p.calls.begin()
	if !ok {
		return c.closedError()
	}
	defer done()
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	if err := f(bound); err != nil {
		return c.failure(ctx, p, err)
	}
	return nil
}

// failure returns what is behind the error of a call.
func (c *Client) failure(ctx context.Context, p *process, err error) error {
	var e *providers.Error
	if errors.As(err, &e) {
		return e
	}
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if e := wire.FromStatus(err); e != nil {
		return e
	}
	if c.closing.Err() != nil {
		return c.closedError()
	}
	if p.lost(err) {
		p.retire()
		return &providers.Error{
			Code:    providers.CodeUnavailable,
			Message: fmt.Sprintf("provider %s crashed (%s)", c.options.Name, p.program.verdict()),
			Hint:    lastWord(p.journal.lines(), "it said nothing; its log may tell more"),
			Err:     err,
		}
	}
	return &providers.Error{
		Code:    wire.CodeOfStatus(err),
		Message: fmt.Sprintf("provider %s failed: %s", c.options.Name, status.Convert(err).Message()),
		Hint:    "report it to the provider's author",
		Err:     err,
	}
}

// violation is the error of a provider that does not keep to the protocol.
func (c *Client) violation(err error) error {
	return &providers.Error{
		Code:    providers.CodeInternal,
		Message: fmt.Sprintf("provider %s broke the protocol: it sent %v", c.options.Name, err),
		Hint:    "report it to the provider's author",
		Err:     err,
	}
}

func (c *Client) closedError() error {
	return &providers.Error{
		Code:    providers.CodeUnavailable,
		Message: fmt.Sprintf("provider %s is stopped", c.options.Name),
		Err:     os.ErrClosed,
	}
}

// interrupted is the error of a call whose context has ended.
func interrupted(ctx context.Context) error {
	return &providers.Error{
		Code: providers.CodeUnavailable, Message: "stopped before it was finished", Err: ctx.Err(),
	}
}
