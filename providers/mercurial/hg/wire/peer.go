package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// Options are for Dial.
type Options struct {
	Username string // for addresses without one
	Password string

	// Transport carries http requests; nil is the default one. It decides which
	// certificates are trusted.
	Transport http.RoundTripper
}

// Peer is a repository on a server. Its methods are called one after the other.
// Errors are of type *providers.Error.
type Peer struct {
	conn  conn
	caps  map[string]string // what the server can do, with what it says about it
	slice int               // how many changesets are asked for at once
}

// conn carries requests to a server.
type conn interface {
	// call returns a short answer.
	call(ctx context.Context, r request) ([]byte, error)

	// stream returns an answer of any size. Its errors are those of the
	// contract, except io.EOF. It is closed before the next request.
	stream(ctx context.Context, r request) (io.ReadCloser, error)

	close() error
}

// request is a command with its arguments.
type request struct {
	command string
	args    []arg
	options []arg // arguments that a server may not know
	open    bool  // the command takes options, even if there are none
}

type arg struct{ name, value string }

// maxAnswer bounds the answers that are read whole.
const maxAnswer = 256 << 20

// Dial reaches the repository at an http, https or ssh address. An ssh
// connection ends with ctx at the latest.
func Dial(ctx context.Context, u *url.URL, opts Options) (*Peer, error) {
	var c conn
	var hello string
	var err error
	switch u.Scheme {
	case "http", "https":
		c, hello, err = dialHTTP(ctx, u, opts)
	case "ssh":
		c, hello, err = dialSSH(ctx, u, opts)
	default:
		err = &providers.Error{Code: providers.CodeInvalid, Message: "a Mercurial server is reached over http, https or ssh"}
	}
	if err != nil {
		return nil, err
	}
	p := &Peer{conn: c, caps: map[string]string{}, slice: slice}
	for word := range strings.FieldsSeq(hello) {
		name, value, _ := strings.Cut(word, "=")
		p.caps[name] = value
	}
	if !p.can("getbundle") {
		p.Close()
		return nil, &providers.Error{Code: providers.CodeUnsupported, Message: "the server is older than Mercurial 1.9 and cannot send bundles",
			Hint: "make a bundle on the server with hg bundle --all FILE and name that file"}
	}
	return p, nil
}

func username(u *url.URL, opts Options) string {
	if name := u.User.Username(); name != "" {
		return name
	}
	return opts.Username
}

// can reports whether the server has a capability.
func (p *Peer) can(name string) bool {
	_, ok := p.caps[name]
	return ok
}

// Close ends the connection.
func (p *Peer) Close() error { return p.conn.close() }

// State is what a server has, without its history. Equal states mean that there
// is nothing new.
type State struct {
	Heads      []hg.Node // sorted; of everything that the server shows
	Bookmarks  map[string]hg.Node
	DraftRoots []hg.Node // sorted; what descends from them is not public
}

// State asks for the state in one request.
func (p *Peer) State(ctx context.Context) (State, error) {
	heads := request{command: "heads"}
	if p.can("largefiles") { // such servers answer heads with an advice for people
		heads.command = "lheads"
	}
	list := func(namespace string) request {
		return request{command: "listkeys", args: []arg{{"namespace", namespace}}}
	}
	answers, err := p.batch(ctx, heads, list("bookmarks"), list("phases"))
	if err != nil {
		return State{}, err
	}
	var s State
	if s.Heads, err = parseNodes(answers[0]); err != nil {
		return State{}, wrong("heads", err)
	}
	bookmarks, err := parseKeys(answers[1])
	if err != nil {
		return State{}, wrong("bookmarks", err)
	}
	s.Bookmarks = map[string]hg.Node{}
	for name, value := range bookmarks {
		if s.Bookmarks[name], err = hg.ParseNode(value); err != nil {
			return State{}, wrong("bookmarks", err)
		}
	}
	phases, err := parseKeys(answers[2])
	if err != nil {
		return State{}, wrong("phases", err)
	}
	if phases["publishing"] != "True" {
		for key := range phases {
			if key == "publishing" {
				continue
			}
			n, err := hg.ParseNode(key)
			if err != nil {
				return State{}, wrong("phases", err)
			}
			s.DraftRoots = append(s.DraftRoots, n)
		}
	}
	slices.SortFunc(s.DraftRoots, hg.Node.Compare)
	return s, nil
}

// Known reports for each changeset whether the server has it.
func (p *Peer) Known(ctx context.Context, nodes []hg.Node) ([]bool, error) {
	const perRequest = 200
	var known []bool
	for part := range slices.Chunk(nodes, perRequest) {
		answer, err := p.conn.call(ctx, request{command: "known", args: []arg{{"nodes", joinNodes(part)}}, open: true})
		if err != nil {
			return nil, err
		}
		digits := strings.TrimSpace(string(answer))
		if len(digits) != len(part) || strings.Trim(digits, "01") != "" {
			return nil, wrong("known", fmt.Errorf("%d digits for %d changesets", len(digits), len(part)))
		}
		for _, d := range []byte(digits) {
			known = append(known, d == '1')
		}
	}
	return known, nil
}

// lookup returns the changeset that a name or number stands for on the server.
func (p *Peer) lookup(ctx context.Context, key string) (hg.Node, bool, error) {
	answer, err := p.conn.call(ctx, request{command: "lookup", args: []arg{{"key", key}}})
	if err != nil {
		return hg.Node{}, false, err
	}
	found, digits, _ := strings.Cut(strings.TrimSpace(string(answer)), " ")
	if found != "1" {
		return hg.Node{}, false, nil
	}
	n, err := hg.ParseNode(digits)
	if err != nil {
		return hg.Node{}, false, wrong("lookup", err)
	}
	return n, true, nil
}

// LargeFile opens the content of a file of the largefiles extension by its
// SHA-1. The code of the error is CodeNotFound when the server has none.
func (p *Peer) LargeFile(ctx context.Context, sha1 string) (io.ReadCloser, error) {
	missing := &providers.Error{Code: providers.CodeNotFound, Message: "the server does not have the large file " + schema.Printable(sha1)}
	if !p.can("largefiles") {
		return nil, missing
	}
	sha := []arg{{"sha", sha1}}
	answer, err := p.conn.call(ctx, request{command: "statlfile", args: sha})
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(answer)) != "0" {
		return nil, missing
	}
	body, err := p.conn.stream(ctx, request{command: "getlfile", args: sha})
	if err != nil {
		return nil, err
	}
	size, err := readSize(body)
	if err != nil {
		body.Close()
		return nil, wrong("getlfile", err)
	}
	return &exactly{body: body, left: size}, nil
}

// readSize reads a number and a line feed, byte by byte: what follows belongs
// to the caller.
func readSize(r io.Reader) (int64, error) {
	var line []byte
	for len(line) < 20 {
		var b [1]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 0, err
		}
		if b[0] == '\n' {
			size, err := strconv.ParseInt(string(line), 10, 64)
			if err == nil && size < 0 {
				err = fmt.Errorf("a size of %d", size)
			}
			return size, err
		}
		line = append(line, b[0])
	}
	return 0, fmt.Errorf("no size before the content")
}

// exactly reads as many bytes as were promised.
type exactly struct {
	body io.ReadCloser
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.body.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = broken(io.ErrUnexpectedEOF)
	}
	return n, err
}

func (e *exactly) Close() error { return e.body.Close() }

// batch carries out requests with short answers, in one if the server can.
func (p *Peer) batch(ctx context.Context, requests ...request) ([]string, error) {
	var answers []string
	if !p.can("batch") {
		for _, r := range requests {
			answer, err := p.conn.call(ctx, r)
			if err != nil {
				return nil, err
			}
			answers = append(answers, string(answer))
		}
		return answers, nil
	}
	var commands []string
	for _, r := range requests {
		var args []string
		for _, a := range r.args {
			args = append(args, escape(a.name)+"="+escape(a.value))
		}
		commands = append(commands, r.command+" "+strings.Join(args, ","))
	}
	all, err := p.conn.call(ctx, request{command: "batch", args: []arg{{"cmds", strings.Join(commands, ";")}}, open: true})
	if err != nil {
		return nil, err
	}
	for answer := range strings.SplitSeq(string(all), ";") {
		answers = append(answers, unescape(answer))
	}
	if len(answers) != len(requests) {
		return nil, wrong("batch", fmt.Errorf("%d answers to %d questions", len(answers), len(requests)))
	}
	return answers, nil
}

// escape and unescape keep the characters of a batch apart from its contents.
func escape(s string) string {
	return strings.NewReplacer(":", ":c", ",", ":o", ";", ":s", "=", ":e").Replace(s)
}

func unescape(s string) string {
	return strings.NewReplacer(":e", "=", ":s", ";", ":o", ",", ":c", ":").Replace(s)
}

// parseNodes reads nodes with blanks between them. The null node, which is the
// head of an empty repository, is left out.
func parseNodes(s string) ([]hg.Node, error) {
	var nodes []hg.Node
	for digits := range strings.FieldsSeq(s) {
		n, err := hg.ParseNode(digits)
		if err != nil {
			return nil, err
		}
		if !n.IsNull() {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, hg.Node.Compare)
	return slices.Compact(nodes), nil
}

// parseKeys reads lines of KEY TAB VALUE.
func parseKeys(s string) (map[string]string, error) {
	keys := map[string]string{}
	for line := range strings.Lines(s) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			return nil, fmt.Errorf("a line without a tab")
		}
		keys[key] = value
	}
	return keys, nil
}

func joinNodes(nodes []hg.Node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.String()
	}
	return strings.Join(words, " ")
}

// wrong is the error of an answer that makes no sense. That of a connection
// that broke stays what it is.
func wrong(command string, err error) error {
	var known *providers.Error
	if errors.As(err, &known) {
		return err
	}
	return &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the server's answer to %s cannot be read: %s", command, schema.Printable(err.Error())), Err: err,
		Hint: "check that the address is that of a Mercurial repository"}
}

// broken is the error of a connection that ended in the middle.
func broken(err error) error {
	return &providers.Error{Code: providers.CodeUnavailable, Message: "the connection to the server broke off", Err: err, Hint: "run the command again; what was received completely is kept"}
}
