package dav

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// start reads a start tag after its '<'.
func (p *parser) start() {
	name := p.name()
	e := element{attributes: p.element.attributes[:0]}
	depth := len(p.open) + 1
	if depth > maxDepth {
		p.fail("elements are nested too deep")
	}
	for p.err == nil {
		c := p.space()
		switch {
		case c == '>':
		case c == '/':
			if c := p.byte(); p.err == nil && c != '>' {
				p.fail("%q after a slash in a tag", c)
			}
			p.empty = true
		case len(e.attributes) == maxAttributes:
			p.fail("an element has too many attributes")
			return
		default:
			p.unread()
			a := p.attribute()
			e.attributes = append(e.attributes, a)
			if prefix, ok := strings.CutPrefix(a.name, "xmlns"); ok && (prefix == "" || prefix[0] == ':') {
				p.spaces = append(p.spaces, binding{strings.TrimPrefix(prefix, ":"), a.value, depth})
			}
			continue
		}
		break
	}
	if p.err != nil {
		return
	}
	p.open = append(p.open, name)
	prefix, local, ok := strings.Cut(name, ":")
	if !ok {
		prefix, local = "", name
	}
	e.name = local
	for i := len(p.spaces) - 1; i >= 0; i-- {
		if p.spaces[i].prefix == prefix {
			e.space = p.spaces[i].uri
			break
		}
	}
	p.element = e
}

// end reads an end tag after its '<'.
func (p *parser) end() {
	p.byte() // the slash
	name := p.name()
	c := p.space()
	switch {
	case p.err != nil:
	case c != '>':
		p.fail("%q in an end tag", c)
	case len(p.open) == 0 || p.open[len(p.open)-1] != name:
		p.fail("an element ends that did not begin")
	default:
		p.pop()
	}
}

// pop leaves the current element.
func (p *parser) pop() {
	p.open = p.open[:len(p.open)-1]
	for len(p.spaces) > 0 && p.spaces[len(p.spaces)-1].depth > len(p.open) {
		p.spaces = p.spaces[:len(p.spaces)-1]
	}
}

// attribute reads a name and its value.
func (p *parser) attribute() attribute {
	name := p.name()
	c := p.space()
	if p.err == nil && c != '=' {
		p.fail("an attribute without a value")
	}
	quote := p.space()
	if p.err == nil && quote != '"' && quote != '\'' {
		p.fail("an attribute's value is not quoted")
	}
	p.buf = p.buf[:0]
	for p.err == nil {
		switch c := p.byte(); {
		case p.err != nil:
		case c == quote:
			return attribute{name, string(p.buf)}
		case c == '<':
			p.fail("a tag in an attribute")
		case len(p.buf) >= maxAttribute:
			p.fail("an attribute's value is too long")
		case c == '&':
			p.buf = append(p.buf, p.reference()...)
		default:
			p.buf = append(p.buf, c)
		}
	}
	return attribute{}
}

// name reads the name of an element or attribute.
func (p *parser) name() string {
	p.buf = p.buf[:0]
	for p.err == nil {
		c := p.byte()
		switch {
		case p.err != nil:
		case isSpace(c), c == '>', c == '/', c == '=':
			p.unread()
			if len(p.buf) == 0 {
				p.fail("a tag without a name")
			}
			return string(p.buf)
		case c < ' ', c == '<', c == '"', c == '\'', c == '&', len(p.buf) == maxName:
			p.fail("a tag with a name that cannot be")
		default:
			p.buf = append(p.buf, c)
		}
	}
	return ""
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// space skips white space and returns the byte after it.
func (p *parser) space() byte {
	for {
		if c := p.byte(); p.err != nil || !isSpace(c) {
			return c
		}
	}
}

func (p *parser) unread() {
	if p.err == nil {
		_ = p.r.UnreadByte() // cannot fail after ReadByte
	}
}

// reference reads a character reference after its '&'.
func (p *parser) reference() []byte {
	var b [maxReference]byte
	for i := range b {
		if b[i] = p.byte(); p.err != nil {
			return nil
		}
		if b[i] != ';' {
			continue
		}
		r, ok := character(string(b[:i]))
		if !ok {
			break
		}
		return utf8.AppendRune(nil, r)
	}
	p.fail("a character reference that XML does not have")
	return nil
}

// character returns the character that a reference stands for.
func character(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	number, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(number, "x"); ok {
		number, base = hex, 16
	}
	n, err := strconv.ParseUint(number, base, 31)
	return rune(n), err == nil && n > 0 && utf8.ValidRune(rune(n))
}

// aside reads a comment, processing instruction or CDATA section after its
// '<'. The text of the latter goes to w, if w is not nil.
func (p *parser) aside(w io.Writer) error {
	if p.byte() == '?' {
		p.instruction()
		return nil
	}
	switch c := p.byte(); {
	case c == '-':
		if c := p.byte(); p.err == nil && c != '-' {
			p.fail("a declaration that is not expected")
		}
		return p.until("-->", io.Discard)
	case c == '[':
		for _, want := range []byte("CDATA[") {
			if c := p.byte(); p.err == nil && c != want {
				p.fail("a declaration that is not expected")
			}
		}
		if w == nil {
			w = io.Discard
		}
		return p.until("]]>", w)
	}
	p.fail("a document type, which is not read")
	return nil
}

// instruction reads a processing instruction and looks at what it says of the
// encoding.
func (p *parser) instruction() {
	w := limited{limit: maxName}
	if err := p.until("?>", &w); err != nil {
		p.fail("%v", err)
	}
	if !bytes.HasPrefix(w.data, []byte("xml ")) {
		return
	}
	_, encoding, ok := strings.Cut(strings.ToLower(string(w.data)), "encoding")
	if encoding = strings.Trim(encoding, "= \t\r\n'\""); ok && !strings.HasPrefix(encoding, "utf-8") && !strings.HasPrefix(encoding, "us-ascii") {
		p.fail("the encoding is not UTF-8")
	}
}

// until writes what comes before mark to w, and skips mark.
func (p *parser) until(mark string, w io.Writer) error {
	for p.err == nil {
		if _, err := p.r.Peek(len(mark)); err != nil {
			p.broken(err)
			return nil
		}
		b, _ := p.r.Peek(p.r.Buffered()) // no more than is there
		if i := bytes.Index(b, []byte(mark)); i >= 0 {
			_, err := w.Write(b[:i])
			_, _ = p.r.Discard(i + len(mark)) // was peeked
			return err
		}
		n := len(b) - len(mark) + 1 // the rest may be the beginning of mark
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		_, _ = p.r.Discard(n) // was peeked
	}
	return nil
}

// skipTo skips text up to c, and c.
func (p *parser) skipTo(c byte) bool {
	for p.err == nil {
		_, err := p.r.ReadSlice(c)
		switch {
		case err == nil:
			return true
		case !errors.Is(err, bufio.ErrBufferFull):
			p.broken(err)
		}
	}
	return false
}
