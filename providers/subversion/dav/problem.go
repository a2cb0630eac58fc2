package dav

import (
	"errors"
	"io"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
)

// Namespaces of the XML.
const (
	nsDAV    = "DAV:"
	nsSvn    = "svn:"
	nsApache = "http://apache.org/dav/xmlns"
	nsSvnDAV = "http://subversion.tigris.org/xmlns/dav/"
	nsProp   = "http://subversion.tigris.org/xmlns/svn/"
	nsCustom = "http://subversion.tigris.org/xmlns/custom/"

	// davSvn is what the capabilities of servers and clients begin with.
	davSvn = "http://subversion.tigris.org/xmlns/dav/svn/"
)

// maxSaid is how long a message may be.
const maxSaid = 16 << 10

// readProblem reads the error that a server explains in the body of its
// answer. It returns nil for other bodies.
func readProblem(r io.Reader) *providers.Error {
	p := newParser(r)
	if !p.child() || !p.is(nsDAV, "error") {
		return nil
	}
	return p.problem()
}

// problem reads an error after its element was entered.
func (p *parser) problem() *providers.Error {
	var problem *providers.Error
	for p.child() {
		if !p.is(nsApache, "human-readable") {
			p.skip()
			continue
		}
		code, _ := strconv.ParseInt(p.element.attribute("errcode"), 10, 64) // 0 is a code that says nothing
		message := p.value(maxSaid)
		if p.err == nil {
			problem = remote.ServerError(code, string(message))
		}
	}
	return problem
}

// document enters the root element of an answer, which must have this name. A
// server that fails late sends an error instead.
func (p *parser) document(space, name string) error {
	switch {
	case !p.child():
		return p.err
	case p.is(space, name):
		return nil
	case p.is(nsDAV, "error"):
		if problem := p.problem(); problem != nil {
			return problem
		}
	}
	p.fail("the answer is <%s>, not <%s>", p.element.name, name)
	return p.err
}

// failure says what an error of the parser means for a request.
func failure(p *parser, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errXML):
		return remote.Garbled(err)
	case p.err == nil || !errors.Is(err, p.err):
		return err
	}
	return &remote.Lost{Problem: remote.Broken(err), After: -1}
}
