package ra

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
)

const (
	dialTimeout = 30 * time.Second

	// idleTimeout is how long a server may say nothing. It is long because a
	// server can be busy with one large file for minutes.
	idleTimeout = 5 * time.Minute

	maxURL   = 64 << 10 // of URLs, paths and names
	maxSaid  = 64 << 10 // of messages, realms and challenges
	protocol = 2
)

// conn is a connection on which we are signed in. It is used by one goroutine
// at a time.
type conn struct {
	*decoder
	w        *bufio.Writer
	line     io.ReadWriteCloser
	tunnel   *tunnel // that line is, or nil
	options  *remote.Options
	private  bool // nobody else can listen
	signedIn bool // as the user of the options

	uuid string
	root string // URL
}

// dial connects to the server of a and signs in for the URL.
func dial(ctx context.Context, a address, options *remote.Options, meter *remote.Meter) (*conn, error) {
	c := &conn{options: options}
	if a.tunnel {
		t, err := openTunnel(a)
		if err != nil {
			return nil, err
		}
		c.tunnel, c.line, c.private = t, t, true
		if pipe, ok := t.Reader.(*os.File); ok {
			c.line = &patient{t, pipe.SetReadDeadline}
		}
	} else {
		d := net.Dialer{Timeout: dialTimeout}
		tcp, err := d.DialContext(ctx, "tcp", a.dialed())
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, cause
			}
			return nil, &remote.Lost{Problem: remote.Broken(err), After: -1}
		}
		addr, ok := tcp.RemoteAddr().(*net.TCPAddr)
		c.private = ok && addr.IP.IsLoopback()
		c.line = &patient{tcp, tcp.SetReadDeadline}
	}
	c.decoder = newDecoder(&metered{c.line, meter})
	c.w = bufio.NewWriter(c.line)
	err := c.guard(ctx, func() error { return c.greet(a) })
	if err != nil {
		c.hangUp()
		if c.tunnel != nil && errors.As(err, new(*remote.Lost)) {
			return nil, c.tunnel.failure()
		}
		return nil, err
	}
	return c, nil
}

// hangUp ends the connection.
func (c *conn) hangUp() {
	_ = c.line.Close() // nothing of ours waits to be written
}

// guard runs f, which talks to the server, and ends it when ctx ends. It says
// what errors of the connection mean.
func (c *conn) guard(ctx context.Context, f func() error) error {
	released := context.AfterFunc(ctx, c.hangUp)
	err := f()
	if !released() {
		return context.Cause(ctx)
	}
	if c.err == nil || err != nil && !errors.Is(err, c.err) {
		return err
	}
	if errors.Is(c.err, errSyntax) {
		return remote.Garbled(c.err)
	}
	return &remote.Lost{Problem: remote.Broken(c.err), After: -1}
}

// greet opens the session.
//
// https://svn.apache.org/repos/asf/subversion/trunk/subversion/libsvn_ra_svn/protocol
func (c *conn) greet(a address) error {
	err := c.response(func() {
		lowest, highest := c.number(), c.number()
		if c.err == nil && (lowest > protocol || highest < protocol) {
			c.fail("the server speaks versions %d to %d of it, and not %d", lowest, highest, protocol)
		}
	})
	if err != nil {
		return err
	}
	capabilities := "edit-pipeline absent-entries depth mergeinfo log-revprops"
	if !c.private || a.tunnel {
		capabilities += " svndiff1"
	}
	c.send("( %d ( %s ) %s 6:drover ( ) )", protocol, capabilities, quote(a.String()))
	if err := c.authorize(); err != nil {
		return err
	}
	err = c.response(func() {
		c.uuid = c.text(maxURL)
		c.root = c.text(maxURL)
	})
	if err != nil {
		return err
	}
	if _, ok := below(c.root, a.String()); !ok {
		return &providers.Error{Code: providers.CodeInvalid, Attribute: "vcs_url",
			Message: fmt.Sprintf("the server says that the repository is at %q, which is not where it was asked for", c.root),
			Hint:    "set vcs_url to the address of the repository itself"}
	}
	return nil
}

// send writes an item. An error shows when the answer is read.
func (c *conn) send(format string, args ...any) {
	fmt.Fprintf(c.w, format+" ", args...)
	if err := c.w.Flush(); err != nil {
		c.broken(err)
	}
}

// quote writes a string of the protocol.
func quote(s string) string { return strconv.Itoa(len(s)) + ":" + s }

// command sends a command of the main set and answers if the server wants to
// know who we are.
func (c *conn) command(format string, args ...any) error {
	c.send(format, args...)
	return c.authorize()
}

// response reads a command response and calls params where its parameters
// begin.
func (c *conn) response(params func()) error {
	c.open()
	switch status := c.word(); {
	case c.err != nil:
		return c.err
	case status == "failure":
		return c.failure()
	case status != "success":
		c.fail("%q instead of success or failure", status)
		return c.err
	}
	c.open()
	params()
	c.closeBoth()
	return c.err
}

// closeBoth ends a list and the one around it.
func (c *conn) closeBoth() {
	c.close()
	c.close()
}

// failure reads the errors that follow the word failure. The first is the
// outermost; the first that tells more than that something failed counts.
func (c *conn) failure() error {
	var problem *providers.Error
	c.open()
	for c.more() {
		c.open()
		code := c.number()
		message := c.text(maxSaid)
		c.close()
		if problem == nil || problem.Code == providers.CodeUnavailable {
			if e := remote.ServerError(code, message); problem == nil || e.Code != providers.CodeUnavailable {
				problem = e
			}
		}
	}
	c.closeBoth()
	switch {
	case c.err != nil:
		return c.err
	case problem == nil:
		return remote.ServerError(0, "")
	case problem.Code == providers.CodeAuth && c.signedIn:
		problem.Code, problem.Attribute = providers.CodeDenied, ""
		problem.Hint = "give the user " + strconv.Quote(c.options.Username) + " the right to read it"
	}
	return problem
}

// patient is a connection that waits for an answer, but not for ever.
type patient struct {
	io.ReadWriteCloser
	deadline func(time.Time) error // for reading
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.deadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return p.ReadWriteCloser.Read(b)
}

// metered counts what is read.
type metered struct {
	io.Reader
	meter *remote.Meter
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.meter.Add(n)
	return n, err
}
