package dav

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxDepth      = 64
	maxName       = 1 << 10  // bytes of an element's or attribute's name
	maxAttributes = 64       // of one element
	maxAttribute  = 64 << 10 // bytes of an attribute's value: a path, or a name
	maxReference  = 16       // bytes between & and ;
)

// errXML is what malformed answers wrap.
var errXML = errors.New("it is not the XML of a Subversion server")

// parser reads XML from its beginning to its end. After an error its methods
// do nothing and return zero values; the first error is err. Errors of the
// connection are returned as they are; all others wrap errXML.
//
// The caller is always inside of an element, at first of the document itself.
// It enters a child with child and has to leave it: with text, skip, or when
// child returns false.
type parser struct {
	r       *bufio.Reader
	err     error
	open    []string  // names of the elements that we are in, as written
	spaces  []binding // of namespaces
	empty   bool      // the element that was entered last ends where it begins
	element element
	buf     []byte
}

// binding is a prefix that an element declares.
type binding struct {
	prefix, uri string
	depth       int
}

// element is the element that was entered last.
type element struct {
	space, name string
	attributes  []attribute
}

type attribute struct{ name, value string } // the name as written

// attribute returns the value of an attribute, with whatever prefix.
func (e *element) attribute(name string) string {
	value, _ := e.lookup(name)
	return value
}

func (e *element) lookup(name string) (string, bool) {
	for _, a := range e.attributes {
		if a.name == name {
			return a.value, true
		}
	}
	for _, a := range e.attributes {
		if _, local, ok := strings.Cut(a.name, ":"); ok && local == name {
			return a.value, true
		}
	}
	return "", false
}

func newParser(r io.Reader) *parser { return &parser{r: bufio.NewReaderSize(r, 64<<10)} }

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", errXML, fmt.Sprintf(format, args...))
	}
}

// broken keeps an error of the connection.
func (p *parser) broken(err error) {
	if p.err == nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		p.err = err
	}
}

func (p *parser) byte() byte {
	if p.err != nil {
		return 0
	}
	c, err := p.r.ReadByte()
	if err != nil {
		p.broken(err)
	}
	return c
}

func (p *parser) peek() byte {
	c := p.byte()
	if p.err == nil {
		_ = p.r.UnreadByte() // cannot fail after ReadByte
	}
	return c
}

// is reports whether the element that was entered last has this name.
func (p *parser) is(space, name string) bool {
	return p.err == nil && p.element.name == name && p.element.space == space
}

// child enters the next child element, or leaves the current element when it
// has no more. Text between the children is skipped.
func (p *parser) child() bool {
	for {
		if p.err != nil {
			return false
		}
		if p.empty {
			p.empty = false
			p.pop()
			return false
		}
		if !p.skipTo('<') {
			return false
		}
		switch p.peek() {
		case '/':
			p.end()
			return false
		case '!', '?':
			p.aside(nil)
		default:
			p.start()
			return p.err == nil
		}
	}
}

// skip leaves the current element.
func (p *parser) skip() {
	for p.child() {
		p.skip()
	}
}

// text writes the text of the current element to w and leaves the element.
// Text inside of child elements is not part of it. An error of w is returned
// and makes the parser useless.
func (p *parser) text(w io.Writer) error { return p.mixed(w, p.skip) }

// mixed is text that calls child where it has entered a child element. Child
// has to leave it.
func (p *parser) mixed(w io.Writer, child func()) error {
	for p.err == nil {
		if p.empty {
			p.empty = false
			p.pop()
			return nil
		}
		if _, err := p.r.Peek(1); err != nil {
			p.broken(err)
			return nil
		}
		b, _ := p.r.Peek(p.r.Buffered()) // no more than is there
		n := len(b)
		if i := bytes.IndexByte(b, '<'); i >= 0 {
			n = i
		}
		if i := bytes.IndexByte(b[:n], '&'); i >= 0 {
			n = i
		}
		if n > 0 {
			_, err := w.Write(b[:n])
			if err != nil {
				return err
			}
			_, _ = p.r.Discard(n) // was peeked
			continue
		}
		if p.byte() == '&' {
			if _, err := w.Write(p.reference()); err != nil {
				return err
			}
			continue
		}
		switch p.peek() {
		case '/':
			p.end()
			return nil
		case '!', '?':
			if err := p.aside(w); err != nil {
				return err
			}
		default:
			p.start()
			child()
		}
	}
	return nil
}

// value returns the text of the current element, of at most limit bytes, and
// leaves the element.
func (p *parser) value(limit int) []byte {
	w := limited{limit: limit, data: []byte{}}
	if err := p.text(&w); err != nil {
		p.fail("%v", err)
	}
	if p.err != nil {
		return nil
	}
	return w.data
}

// limited keeps what is written to it, up to a limit.
type limited struct {
	limit int
	data  []byte
}

func (l *limited) Write(b []byte) (int, error) {
	if len(l.data)+len(b) > l.limit {
		return 0, fmt.Errorf("a text of more than %d bytes", l.limit)
	}
	l.data = append(l.data, b...)
	return len(b), nil
}
