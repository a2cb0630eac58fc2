package ra

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	// maxDepth is how deep lists may lie within lists. Real ones reach six.
	maxDepth = 32

	// maxWord is the longest word. The longest of the protocol has 26 letters.
	maxWord = 64

	// maxNumber is how many digits a number may have.
	maxNumber = 19
)

// errSyntax is what malformed answers wrap.
var errSyntax = errors.New("it is not the svn protocol")

// decoder reads items of the protocol: words, numbers, strings and lists.
// After an error its methods do nothing and return zero values; the first
// error is err. That of the connection is io.EOF or io.ErrUnexpectedEOF or
// what the connection says; all others wrap errSyntax.
//
// Whoever opens a list closes it. Items that are not asked for are skipped at
// the close, because newer servers add some.
type decoder struct {
	r     *bufio.Reader
	depth int
	err   error
	buf   []byte
	words map[string]string
}

func newDecoder(r io.Reader) *decoder {
	return &decoder{r: bufio.NewReaderSize(r, 64<<10), words: map[string]string{}}
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", errSyntax, fmt.Sprintf(format, args...))
	}
}

// broken keeps an error of the connection.
func (d *decoder) broken(err error) {
	if d.err == nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		d.err = err
	}
}

// peek returns the first byte of the next item, or ')'. It is 0 after an error.
func (d *decoder) peek() byte {
	if d.err != nil {
		return 0
	}
	for {
		c, err := d.r.ReadByte()
		if err != nil {
			d.broken(err)
			return 0
		}
		if c != ' ' && c != '\n' {
			_ = d.r.UnreadByte() // cannot fail after ReadByte
			return c
		}
	}
}

// end reads the white space that must follow an item.
func (d *decoder) end() {
	if d.err != nil {
		return
	}
	c, err := d.r.ReadByte()
	switch {
	case err != nil:
		d.broken(err)
	case c != ' ' && c != '\n':
		d.fail("%q follows an item", c)
	}
}

// open begins a list.
func (d *decoder) open() {
	if c := d.peek(); d.err == nil && c != '(' {
		d.fail("%q instead of a list", c)
	}
	if d.err != nil {
		return
	}
	_, _ = d.r.ReadByte() // was peeked
	d.end()
	d.depth++
	if d.depth > maxDepth {
		d.fail("lists are nested too deep")
	}
}

// more reports whether the list has another item.
func (d *decoder) more() bool {
	c := d.peek()
	return d.err == nil && c != ')'
}

// close ends a list and skips what is left of it.
func (d *decoder) close() {
	for d.more() {
		d.skip()
	}
	if d.err != nil {
		return
	}
	_, _ = d.r.ReadByte() // was peeked
	d.end()
	d.depth--
}

// skip reads an item of any kind.
func (d *decoder) skip() {
	switch c := d.peek(); {
	case d.err != nil:
	case c == '(':
		d.open()
		d.close()
	case isDigit(c):
		n := d.digits()
		if d.err != nil {
			return
		}
		if c, err := d.r.ReadByte(); err != nil {
			d.broken(err)
		} else if c != ':' {
			_ = d.r.UnreadByte() // cannot fail after ReadByte
		} else if _, err := io.CopyN(io.Discard, d.r, n); err != nil {
			d.broken(err)
		}
		d.end()
	default:
		d.word()
	}
}

// word reads a word.
func (d *decoder) word() string {
	c := d.peek()
	if d.err == nil && !isLetter(c) {
		d.fail("%q instead of a word", c)
	}
	d.buf = d.buf[:0]
	for d.err == nil {
		c, err := d.r.ReadByte()
		switch {
		case err != nil:
			d.broken(err)
		case isLetter(c) || isDigit(c) || c == '-':
			d.buf = append(d.buf, c)
			if len(d.buf) > maxWord {
				d.fail("a word is too long")
			}
		default:
			_ = d.r.UnreadByte() // cannot fail after ReadByte
			d.end()
			if d.err != nil {
				return ""
			}
			return d.intern()
		}
	}
	return ""
}

// intern returns the word that is in buf. The same few come again and again.
func (d *decoder) intern() string {
	if w, ok := d.words[string(d.buf)]; ok {
		return w
	}
	w := string(d.buf)
	if len(d.words) < 256 {
		d.words[w] = w
	}
	return w
}

// digits reads the digits of a number or of the length of a string.
func (d *decoder) digits() int64 {
	if c := d.peek(); d.err == nil && !isDigit(c) {
		d.fail("%q instead of a number or string", c)
	}
	var n int64
	for i := 0; d.err == nil; i++ {
		c, err := d.r.ReadByte()
		switch {
		case err != nil:
			d.broken(err)
		case !isDigit(c):
			_ = d.r.UnreadByte() // cannot fail after ReadByte
			return n
		case i == maxNumber || n > (math.MaxInt64-int64(c-'0'))/10:
			d.fail("a number is too large")
		default:
			n = 10*n + int64(c-'0')
		}
	}
	return 0
}

// number reads a number.
func (d *decoder) number() int64 {
	n := d.digits()
	d.end()
	if d.err != nil {
		return 0
	}
	return n
}

// length reads what precedes the bytes of a string.
func (d *decoder) length(limit int64) int64 {
	n := d.digits()
	if d.err != nil {
		return 0
	}
	switch c, err := d.r.ReadByte(); {
	case err != nil:
		d.broken(err)
	case c != ':':
		d.fail("%q after the length of a string", c)
	case n > limit:
		d.fail("a string of %d bytes, where %d are the most", n, limit)
	default:
		return n
	}
	return 0
}

// bytes reads a string of at most limit bytes. The result is new.
func (d *decoder) bytes(limit int64) []byte {
	n := d.length(limit)
	if d.err != nil {
		return nil
	}
	// The length is a claim: memory grows with what arrives.
	b := make([]byte, 0, min(n, 64<<10))
	for int64(len(b)) < n {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		m, err := io.ReadFull(d.r, b[len(b):min(int64(cap(b)), n)])
		b = b[:len(b)+m]
		if err != nil {
			d.broken(err)
			return nil
		}
	}
	d.end()
	if d.err != nil {
		return nil
	}
	return b
}

// text reads a string of at most limit bytes.
func (d *decoder) text(limit int64) string { return string(d.bytes(limit)) }

// token reads a short string, which is valid until the next call.
func (d *decoder) token() []byte {
	n := d.length(maxToken)
	if d.err != nil {
		return nil
	}
	if cap(d.buf) < int(n) {
		d.buf = make([]byte, maxToken)
	}
	d.buf = d.buf[:n]
	if _, err := io.ReadFull(d.r, d.buf); err != nil {
		d.broken(err)
		return nil
	}
	d.end()
	return d.buf
}

// maxToken is the longest name for an open file or directory.
const maxToken = 256

// copyTo reads a string of any length and writes it to w. An error of w is
// returned, and the rest of the string is not read.
func (d *decoder) copyTo(w io.Writer) error {
	n := d.length(math.MaxInt64)
	for n > 0 && d.err == nil {
		if _, err := d.r.Peek(1); err != nil {
			d.broken(err)
			return nil
		}
		b, _ := d.r.Peek(int(min(n, int64(d.r.Buffered())))) // no more than is there
		if _, err := w.Write(b); err != nil {
			return err
		}
		_, _ = d.r.Discard(len(b)) // was peeked
		n -= int64(len(b))
	}
	d.end()
	return nil
}

// bool reads the word true or false.
func (d *decoder) bool() bool {
	switch w := d.word(); {
	case d.err != nil:
	case w == "true":
		return true
	case w != "false":
		d.fail("%q instead of true or false", w)
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
