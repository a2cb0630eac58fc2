package forgehttp

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	// stallTimeout is how long a server may send, or take, nothing.
	stallTimeout = time.Minute

	// answerLimit is how long the whole of a buffered answer may take: a server
	// that sends a byte now and then does not stall.
	answerLimit = 10 * time.Minute
)

var (
	errStalled = errors.New("nothing came for a minute")
	errSlow    = errors.New("it did not come to its end within ten minutes")
)

// incoming is the body of an answer. It ends the request when nothing comes,
// and when it is closed.
type incoming struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	stall  time.Duration
	timer  *time.Timer
}

func newIncoming(ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser, stall time.Duration) *incoming {
	in := &incoming{ReadCloser: body, ctx: ctx, cancel: cancel, stall: stall}
	in.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	in.timer.Stop()
	return in
}

// within ends the request after d; the function that it returns calls that off.
func (in *incoming) within(d time.Duration) (off func() bool) {
	return time.AfterFunc(d, func() { in.cancel(errSlow) }).Stop
}

// Read watches the clock only while it waits: the reader may take its time.
func (in *incoming) Read(p []byte) (int, error) {
	in.timer.Reset(in.stall)
	n, err := in.ReadCloser.Read(p)
	in.timer.Stop()
	if err != nil && err != io.EOF {
		if cause := context.Cause(in.ctx); cause != nil {
			err = cause
		}
	}
	return n, err
}

func (in *incoming) Close() error {
	in.timer.Stop()
	err := in.ReadCloser.Close()
	in.cancel(nil)
	return err
}

// outgoing is the body of a request. It ends the request when the server takes
// nothing of it.
type outgoing struct {
	io.ReadCloser
	stall time.Duration
	timer *time.Timer
}

func newOutgoing(cancel context.CancelCauseFunc, body io.ReadCloser, stall time.Duration) *outgoing {
	out := &outgoing{ReadCloser: body, stall: stall, timer: time.AfterFunc(stall, func() { cancel(errStalled) })}
	out.timer.Stop() // connecting has a limit of its own
	return out
}

// Read starts the clock again: what was read before has been taken.
func (out *outgoing) Read(p []byte) (int, error) {
	n, err := out.ReadCloser.Read(p)
	out.timer.Reset(out.stall)
	if err != nil {
		out.timer.Stop() // from here on it is the answer that is waited for
	}
	return n, err
}

func (out *outgoing) Close() error {
	out.timer.Stop()
	return out.ReadCloser.Close()
}
