package plugin

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// Options says which provider to launch, and how.
type Options struct {
	Name string // NAME of drover-provider-NAME; the description must say the same
	Path string // of the executable

	// Digest is what the executable must have, as "sha256:HEX". Empty: any.
	Digest string

	// Env holds further variables, as "NAME=VALUE". Of Drover's own
	// environment a provider sees the home, the paths, the language, and what
	// it takes to reach the network; nothing else.
	Env []string

	// Log takes what the provider logs and prints, with provider=NAME.
	// Whoever gives it sees to it that secrets are taken out. Nil: nowhere.
	Log *slog.Logger

	// Inherit are descriptors that the provider holds open as long as it
	// lives, such as that of a lock.
	Inherit []*os.File

	// Scratch is where sessions without a scratch folder of their own get one.
	Scratch string

	// Restarts is how many times in a row a provider that crashes is started
	// again, without a call that succeeds in between. 0: three times;
	// negative: never.
	Restarts int
}

// Client is the engine's end of one provider. It may be used by several
// goroutines at once.
//
// Errors are *providers.Error, and have a *StartError in their chain when the
// provider did not start.
type Client struct {
	options  Options
	path     string
	failures atomic.Int32 // crashes in a row

	closing context.Context // ends when Close begins
	close   context.CancelFunc
	turn    chan struct{} // held by who starts, restarts or stops the process

	mu          sync.Mutex
	process     *process
	description *providers.Description
	secrets     []string // of the sessions, to keep them out of crash reports
}

const (
	defaultRestarts = 3
	firstBackoff    = 200 * time.Millisecond // before the first restart; doubled each time
)

// Launch prepares the provider that o describes. Its process starts with the
// first call that needs it, and starts again with the first call after a
// crash.
func Launch(o Options) *Client {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("provider", o.Name)
	if o.Restarts == 0 {
		o.Restarts = defaultRestarts
	}
	path, err := filepath.Abs(o.Path) // a bare name would be looked for in PATH
	if err != nil {
		path = o.Path
	}
	c := &Client{options: o, path: path, turn: make(chan struct{}, 1)}
	c.closing, c.close = context.WithCancel(context.Background())
	return c
}

// Describe returns what the provider says of itself.
func (c *Client) Describe(ctx context.Context) (providers.Description, error) {
	c.mu.Lock()
	known := c.description
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	p, err := c.running(ctx)
	if err != nil {
		return providers.Description{}, err
	}
	var d providers.Description
	err = c.call(ctx, p, func(ctx context.Context) error {
		m, err := pb.NewProviderClient(p.conn).Describe(ctx, &pb.DescribeRequest{})
		if err != nil {
			return err
		}
		if err := wire.DecodeJSON("a description", m.GetDescription(), &d); err != nil {
			return c.violation(err)
		}
		return c.checkDescription(&d)
	})
	if err != nil {
		return providers.Description{}, err
	}
	c.failures.Store(0)
	c.mu.Lock()
	c.description = &d
	c.mu.Unlock()
	return d, nil
}

// CheckPlaces judges names by the target's rules alone; see
// providers.Provider.
func (c *Client) CheckPlaces(ctx context.Context, places []providers.Place) ([]*providers.Error, error) {
	p, err := c.running(ctx)
	if err != nil {
		return nil, err
	}
	questions := make([]*pb.Place, len(places))
	for i, place := range places {
		questions[i] = wire.EncodePlace(place)
	}
	var problems []*providers.Error
	for _, run := range wire.Split(questions) {
		err := c.call(ctx, p, func(ctx context.Context) error {
			m, err := pb.NewProviderClient(p.conn).CheckPlaces(ctx, &pb.CheckPlacesRequest{Places: run})
			if err != nil {
				return err
			}
			if len(m.GetVerdicts()) != len(run) {
				return c.violation(fmt.Errorf("%d answers about %d places", len(m.GetVerdicts()), len(run)))
			}
			for _, verdict := range m.GetVerdicts() {
				problems = append(problems, wire.DecodeError(verdict.GetProblem()))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return problems, nil
}

func (c *Client) checkDescription(d *providers.Description) error {
	switch {
	case d.Name != c.options.Name:
		return &providers.Error{
			Code: providers.CodeInvalid, Op: "describe", Subject: c.path,
			Message: fmt.Sprintf("this is the provider %q, and %q was asked for", d.Name, c.options.Name),
			Hint:    "name the path of the right executable",
		}
	case d.Source == nil && d.Target == nil:
		return c.violation(fmt.Errorf("a description of neither a source nor a target"))
	case d.Target != nil && d.Target.Batch < 1:
		return c.violation(fmt.Errorf("a description with batches of %d records", d.Target.Batch))
	}
	return nil
}

// OpenSource signs in to a source. The Source stays valid, whatever becomes of
// the process, until it or the Client is closed; its secrets stay in memory
// for as long.
func (c *Client) OpenSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	s, err := c.open(ctx, pb.ConfigureRequest_ROLE_SOURCE, config)
	if err != nil {
		return nil, err
	}
	return &source{s}, nil
}

// OpenTarget signs in to a target, as OpenSource does to a source.
func (c *Client) OpenTarget(ctx context.Context, config providers.Config) (providers.Target, error) {
	s, err := c.open(ctx, pb.ConfigureRequest_ROLE_TARGET, config)
	if err != nil {
		return nil, err
	}
	return &target{s}, nil
}

// PID returns the id of the process, or 0 when none is running.
func (c *Client) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil || c.process.program.hasEnded() {
		return 0
	}
	return c.process.program.cmd.Process.Pid
}

// Close stops the provider. Calls in progress are asked to come to an end, and
// streams may be read to theirs, until ctx ends or half a minute is over. Then
// they are cancelled, and the process and what it started are killed. Further
// calls fail. Closing a closed Client does nothing.
func (c *Client) Close(ctx context.Context) error {
	c.close()
	c.turn <- struct{}{} // a start in progress has been abandoned
	defer func() { <-c.turn }()
	p := c.swap(nil)
	if p == nil {
		return nil
	}
	if err := p.stop(ctx); err != nil {
		return fmt.Errorf("stop provider %s: %w", c.options.Name, err)
	}
	return nil
}

// running returns the process, which it starts when there is none. Calls that
// come together share one start.
func (c *Client) running(ctx context.Context) (*process, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, interrupted(ctx)
	}
	if c.closing.Err() != nil {
		return nil, c.closedError()
	}
	p := c.now()
	if p != nil && !p.program.hasEnded() {
		return p, nil
	}
	if p != nil {
		p.retire()
		c.swap(nil)
		c.failures.Add(1)
	}
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()

	if err := c.backOff(starting, p); err != nil {
		return nil, c.startFailed(ctx, err)
	}
	next, err := start(starting, &c.options, c.path, &journal{log: c.options.Log, redact: c.redact})
	if err != nil {
		return nil, c.startFailed(ctx, err)
	}
	c.swap(next)
	return next, nil
}

// backOff waits as befits the number of crashes. It fails when there were too
// many.
func (c *Client) backOff(ctx context.Context, last *process) error {
	crashes := int(c.failures.Load())
	if crashes == 0 {
		return nil
	}
	if crashes > max(c.options.Restarts, 0) {
		hint := "see its log, and run drover again when the cause is gone"
		if last != nil {
			hint = lastWord(last.journal.lines(), hint)
		}
		return &providers.Error{
			Code: providers.CodeUnavailable, Hint: hint,
			Message: fmt.Sprintf("provider %s crashed %d times in a row and is not started again", c.options.Name, crashes),
		}
	}
	wait := time.NewTimer(firstBackoff << min(crashes-1, 8))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startFailed returns the error of a call whose process did not start.
func (c *Client) startFailed(ctx context.Context, err error) error {
	failed, ok := err.(*StartError)
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case c.closing.Err() != nil:
		return c.closedError()
	case !ok:
		return err
	}
	e := &providers.Error{Code: providers.CodeInvalid, Message: failed.Error(), Hint: failed.Hint, Err: failed}
	if failed.passing() {
		c.failures.Add(1)
		e.Code = providers.CodeUnavailable
	}
	return e
}

func (c *Client) now() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.process
}

// swap makes p the process and returns the one before it.
func (c *Client) swap(p *process) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.process
	c.process = p
	return last
}

// keep remembers the secrets of a session, so that redact finds them.
func (c *Client) keep(secrets map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range secrets {
		// Taking out very short ones would only show where they stand.
		if len(secret) >= 6 && !slices.Contains(c.secrets, secret) {
			c.secrets = append(c.secrets, secret)
		}
	}
}

// redact takes the secrets out of a line that the provider has printed.
func (c *Client) redact(line string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range c.secrets {
		line = strings.ReplaceAll(line, secret, "(sensitive)")
	}
	return line
}
