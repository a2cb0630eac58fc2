package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/drover-migrate/drover/providers"
)

// grace is how long calls have to come to their end when the provider is told
// to terminate, or finds that the engine is gone.
const grace = 5 * time.Second

// Serve is everything that a provider's main function does. It does not
// return.
//
// Started by Drover, it serves p until Drover stops it, a SIGTERM arrives, or
// Drover is gone. Calls in progress then get their contexts cancelled and some
// seconds to send what they have. SIGINT is ignored: a Ctrl-C in a terminal is
// for Drover to act on. The default logger of log/slog, and of log, is set to
// one whose records arrive in Drover's log. What is printed to standard output
// or standard error arrives there as well.
//
// The context given to OpenSource or OpenTarget is that of one call, and ends
// with it.
//
// Started by a person, it says what it is; --describe, --docs and --version
// say more.
func Serve(p *providers.Provider) {
	if os.Getenv(cookieKey) != cookieValue {
		os.Exit(byHand(p, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(serve(p))
}

func serve(p *providers.Provider) int {
	if err := check(p); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	stderr := os.Stderr
	log := newProviderLog(stderr, os.Getenv(logLevelKey))
	slog.SetDefault(log)
	keepFromChildren(os.Getenv(inheritKey))

	parent := os.Getppid()
	gone := watchParent(parent)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	// A write to the pipe of an engine that is gone would otherwise end the
	// process before its calls came to an end.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	s := newServer(p, log)
	// After the handshake go-plugin sends what is printed over the connection.
	// Standard error does as well, and still works when the connection does
	// not, so that the last words of a provider that dies are heard.
	s.prepare = sync.OnceFunc(func() { os.Stdout, os.Stderr = stderr, stderr })
	served := make(chan struct{})
	go func() {
		defer close(served)
		goplugin.Serve(&goplugin.ServeConfig{
			HandshakeConfig:  handshake(),
			VersionedPlugins: pluginSets(s),
			GRPCServer:       s.grpcServer,
			Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: stderr, JSONFormat: true}),
		})
	}()

	code, orphan := 0, false
	select {
	case <-served:
	case <-gone:
		orphan = true
	case <-term:
		code = 128 + int(syscall.SIGTERM)
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.shutdown(ctx); err != nil {
		log.Warn("stopped before everything was finished", "error", err)
	}
	if code != 0 {
		s.drain()
	}
	// Perhaps nobody else is left to clear away the socket, and the git
	// commands that calls have left running.
	_ = os.RemoveAll(os.Getenv(socketDirKey))
	signal.Ignore(syscall.SIGTERM)
	endOwnGroup(orphan)
	return code
}

// check reports a provider that contradicts itself.
func check(p *providers.Provider) error {
	d := &p.Description
	switch {
	case d.Name == "":
		return errors.New("the provider's description has no name")
	case (d.Source != nil) != (p.OpenSource != nil):
		return fmt.Errorf("provider %s: Description.Source and OpenSource go together; one of them is missing", d.Name)
	case (d.Target != nil) != (p.OpenTarget != nil):
		return fmt.Errorf("provider %s: Description.Target and OpenTarget go together; one of them is missing", d.Name)
	case d.Target != nil && d.Target.Batch < 1:
		return fmt.Errorf("provider %s: Description.Target.Batch is %d; it must be at least 1", d.Name, d.Target.Batch)
	}
	return nil
}

// watchParent returns a channel that is closed when the process that started
// this one is gone.
//
// The end of standard input is the sign that works everywhere and at once:
// Drover holds the other end of that pipe and never writes. A parent of another
// kind may have given another input, so the parent's id is looked at as well.
func watchParent(parent int) <-chan struct{} {
	gone := make(chan struct{})
	ended := make(chan struct{})
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(ended)
		}()
	}
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for os.Getppid() == parent {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	return gone
}

// keepFromChildren keeps the descriptors that the engine passed on from the
// provider's own children. They stand for "the provider is at work", and a
// daemon that git or ssh leaves behind must not hold the state's lock.
func keepFromChildren(count string) {
	n, _ := strconv.Atoi(count) // absent: none
	for i := range n {
		closeOnExec(3 + i)
	}
}
