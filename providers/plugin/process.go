package plugin

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drover-migrate/drover/providers/plugin/internal/wire"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second // for calls to come to an end, when the caller sets no limit
	exitTimeout  = 3 * time.Second  // from the end of the calls to that of the process
	lossTimeout  = 2 * time.Second  // from the loss of a connection to the end of the process

	// window is how far a sender may be ahead of a reader that has stalled.
	// Left to itself, gRPC lets it grow to 16 MiB.
	window = 1 << 20
)

// process is a provider that is running, and the connection to it.
type process struct {
	program *program
	journal *journal
	plugin  *goplugin.Client
	conn    *grpc.ClientConn

	calls calls
	life  context.Context // ends with the process; no call outlives it
	end   context.CancelFunc

	// retire ends the process, if it has not ended, and returns when all it
	// had to say was read.
	retire func()
}

// start runs the executable at path and connects to it. Its errors are
// *StartErrors.
func start(ctx context.Context, o *Options, path string, j *journal) (*process, error) {
	if failed := examine(o.Name, path, o.Digest); failed != nil {
		return nil, failed
	}
	prog := newProgram(path, environment(o), o.Inherit, j.stdout)
	plugin := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake(),
		VersionedPlugins: pluginSets(nil),
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, socketDir string) (runner.Runner, error) {
			prog.cmd.Env = append(prog.cmd.Env, spec.Env...)
			prog.socketDir = socketDir
			return prog, nil
		},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     startTimeout,
		Logger:           newChatter(o.Log),
		Stderr:           &lineWriter{line: j.stderr},
		// What Go code prints after the handshake arrives here.
		SyncStdout: &lineWriter{line: j.stdout},
		SyncStderr: &lineWriter{line: j.stderr},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(
				grpc.MaxCallRecvMsgSize(wire.MaxMessage),
				grpc.MaxCallSendMsgSize(wire.MaxMessage),
			),
			grpc.WithInitialWindowSize(window),
			grpc.WithInitialConnWindowSize(4 * window),
		},
	})
	began := time.Now()
	unhook := context.AfterFunc(ctx, func() { _ = prog.Kill(context.Background()) })
	conn, err := connect(plugin)
	unhook()
	if err != nil {
		timedOut := time.Since(began) >= startTimeout
		prog.abandon()
		plugin.Kill() // reads what is left of the logs
		return nil, diagnose(o.Name, prog, j.lines(), err, timedOut)
	}
	p := &process{program: prog, journal: j, plugin: plugin, conn: conn}
	p.life, p.end = context.WithCancel(context.Background())
	p.retire = sync.OnceFunc(func() {
		// go-plugin asks the provider to shut down, and would wait for ever
		// for one that does not answer.
		guard := time.AfterFunc(exitTimeout, func() { _ = prog.Kill(context.Background()) })
		defer guard.Stop()
		p.plugin.Kill()
		p.end()
	})
	return p, nil
}

func connect(plugin *goplugin.Client) (*grpc.ClientConn, error) {
	client, err := plugin.Client()
	if err != nil {
		return nil, err
	}
	conn, err := client.Dispense(service)
	if err != nil {
		return nil, err
	}
	return conn.(*grpc.ClientConn), nil
}

// stop ends the process: first the calls by the provider's own will, then those
// that are left by cancelling them, then the process, then whatever it has left
// running. Asking first matters, because go-plugin's way of stopping cuts off
// what a call was about to send.
func (p *process) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	p.calls.stop()
	_, err := pb.NewProviderClient(p.conn).Stop(ctx, &pb.StopRequest{})
	fault := wire.FromStatus(err) // of what the provider did at its end
	if err == nil || fault != nil {
		err = p.calls.wait(ctx)
	}
	// A provider that cannot be asked is one that is ending already.
	late := err != nil && !p.lost(err)
	if late {
		_ = p.program.Kill(ctx)
	}
	p.end()
	p.retire()
	switch {
	case late:
		return errors.New("its calls did not come to an end in time, and it was killed")
	case fault != nil:
		return fault
	}
	return nil
}

// lost reports whether err is that of a connection whose other end has died,
// or is as good as dead; then it makes sure that it is.
func (p *process) lost(err error) bool {
	if status.Code(err) != codes.Unavailable {
		return p.program.hasEnded()
	}
	// The connection breaks a moment before the process can be seen to end.
	moment := time.NewTimer(lossTimeout)
	defer moment.Stop()
	select {
	case <-p.program.ended:
	case <-moment.C:
		_ = p.program.Kill(context.Background())
		<-p.program.ended
	}
	return true
}
