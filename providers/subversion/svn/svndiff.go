package svn

import (
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// ErrCorrupt says that a difference is damaged or does not fit its base.
var ErrCorrupt = errors.New("the difference to the earlier text is damaged")

func corrupt(what string) error { return fmt.Errorf("%w: %s", ErrCorrupt, what) }

// The limits of Subversion's own reader (subversion/libsvn_delta/svndiff.c).
const (
	maxWindow       = 100 << 10
	maxNumber       = 10 // bytes of an integer
	maxInstructions = maxWindow * (2*maxNumber + 1)
	maxHeader       = 5 * maxNumber
)

// diffHeader is the length of the magic and version that a svndiff starts with.
const diffHeader = 4

// window makes one stretch of the target out of one stretch of the source.
type window struct {
	sourceOffset, sourceLen int64
	targetLen               int64

	bodyLen  int    // of what follows the header
	codeLen  int    // the first part of the body, as it is stored
	code     []byte // instructions
	literals []byte // bytes that are in no source
}

func diffVersion(header []byte) (byte, error) {
	if len(header) < diffHeader || string(header[:3]) != "SVN" {
		return 0, corrupt("it does not begin like a svndiff")
	}
	if header[3] > 2 {
		return 0, corrupt(fmt.Sprintf("svndiff version %d is not known", header[3]))
	}
	return header[3], nil
}

// parseHeader reads the numbers a window starts with and returns how many
// bytes they took.
func (w *window) parseHeader(data []byte) (int, error) {
	var numbers [5]int64
	rest := data
	for i := range numbers {
		n, size := parseNumber(rest)
		if size == 0 {
			return 0, corrupt("it ends in the header of a window")
		}
		numbers[i], rest = n, rest[size:]
	}
	w.sourceOffset, w.sourceLen, w.targetLen = numbers[0], numbers[1], numbers[2]
	code, literals := numbers[3], numbers[4]
	if w.sourceLen > maxWindow || w.targetLen > maxWindow || code > maxInstructions || literals > maxWindow+maxNumber {
		return 0, corrupt("a window is larger than Subversion makes them")
	}
	if w.sourceOffset+w.sourceLen < 0 {
		return 0, corrupt("a window lies outside of its base")
	}
	w.codeLen, w.bodyLen = int(code), int(code+literals)
	return len(data) - len(rest), nil
}

// parseNumber reads an integer, seven bits a byte with the highest first. The
// size is 0 when data ends within it or it is too large.
func parseNumber(data []byte) (n int64, size int) {
	for i, b := range data {
		if i == maxNumber || n >= 1<<(63-7) {
			return 0, 0
		}
		n = n<<7 | int64(b&0x7f)
		if b < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}

// follows checks that the source views of a stream never slide backwards,
// which makes it readable in one pass.
func (w *window) follows(last *window) error {
	if w.sourceLen > 0 && (w.sourceOffset < last.sourceOffset || w.sourceOffset+w.sourceLen < last.sourceOffset+last.sourceLen) {
		return corrupt("its windows go backwards")
	}
	return nil
}

// decoder unpacks the bodies of windows into buffers of its own.
type decoder struct {
	version        byte
	code, literals section
}

func (d *decoder) unpack(w *window, body []byte) (err error) {
	w.code, w.literals = body[:w.codeLen], body[w.codeLen:]
	if d.version == 0 {
		return nil
	}
	if w.code, err = d.code.unpack(d.version, w.code, maxInstructions); err != nil {
		return err
	}
	w.literals, err = d.literals.unpack(d.version, w.literals, maxWindow)
	return err
}

// The kinds of instructions, in their two highest bits.
const (
	copySource = iota
	copyTarget
	copyLiteral
)

// expand appends what w makes of source to target and describes it to delta,
// unless that is nil. Source is the source view of w.
func (w *window) expand(target, source []byte, delta *gitpack.Delta) ([]byte, error) {
	start := len(target)
	end := start + int(w.targetLen)
	literals, code := w.literals, w.code
	for len(code) > 0 {
		kind, n := code[0]>>6, int64(code[0]&0x3f)
		code = code[1:]
		if n == 0 {
			size := 0
			if n, size = parseNumber(code); size == 0 {
				return nil, corrupt("an instruction has no length")
			}
			code = code[size:]
		}
		if n == 0 || n > int64(end-len(target)) {
			return nil, corrupt("an instruction exceeds its window")
		}
		var offset int64
		if kind == copySource || kind == copyTarget {
			size := 0
			if offset, size = parseNumber(code); size == 0 {
				return nil, corrupt("an instruction has no offset")
			}
			code = code[size:]
		}
		switch kind {
		case copySource:
			if offset > int64(len(source))-n {
				return nil, corrupt("an instruction copies from outside of its window")
			}
			target = append(target, source[offset:offset+n]...)
			if delta != nil {
				delta.Copy(w.sourceOffset+offset, n)
			}
		case copyTarget:
			from := len(target)
			if offset >= int64(from-start) {
				return nil, corrupt("an instruction copies what is not there yet")
			}
			target = appendOverlapping(target, start+int(offset), int(n))
			// Git's deltas cannot copy from the target. What is repeated there
			// has been a literal before, but for contrived streams.
			if delta != nil {
				delta.Insert(target[from:])
			}
		case copyLiteral:
			if n > int64(len(literals)) {
				return nil, corrupt("an instruction wants more new data than there is")
			}
			target = append(target, literals[:n]...)
			if delta != nil {
				delta.Insert(literals[:n])
			}
			literals = literals[n:]
		default:
			return nil, corrupt("an instruction is not known")
		}
	}
	if len(target) != end || len(literals) > 0 {
		return nil, corrupt("the instructions of a window do not fill it")
	}
	return target, nil
}

// appendOverlapping appends n bytes beginning at from, which may run into what
// is being appended: that repeats a pattern.
func appendOverlapping(b []byte, from, n int) []byte {
	for n > 0 {
		chunk := b[from:]
		chunk = chunk[:min(n, len(chunk))]
		b = append(b, chunk...)
		from, n = from+len(chunk), n-len(chunk)
	}
	return b
}

// diffSize returns the size of the text that the svndiff data makes, after a
// check of every window's place and size. It is what makes a size known
// before anything is allocated.
func diffSize(data []byte) (int64, error) {
	if _, err := diffVersion(data); err != nil {
		return 0, err
	}
	data = data[diffHeader:]
	var total int64
	var last window
	for len(data) > 0 {
		var w window
		n, err := w.parseHeader(data)
		if err != nil {
			return 0, err
		}
		if w.bodyLen > len(data)-n {
			return 0, corrupt("it ends in a window")
		}
		if err := w.follows(&last); err != nil {
			return 0, err
		}
		if w.sourceLen > 0 {
			last = w
		}
		data = data[n+w.bodyLen:]
		total += w.targetLen // cannot overflow: each window took some bytes
	}
	return total, nil
}

// applyDiff applies the svndiff data to base, in memory. The delta is made
// only on request, and not to an empty base.
func applyDiff(data, base []byte, wantDelta bool) (text, delta []byte, err error) {
	size, err := diffSize(data)
	if err != nil {
		return nil, nil, err
	}
	if size > MaxText {
		return nil, nil, ErrTooLarge
	}
	var d *gitpack.Delta
	if wantDelta && len(base) > 0 {
		d = gitpack.NewDelta(int64(len(base)), size)
	}
	dec := decoder{version: data[diffHeader-1]}
	text = make([]byte, 0, size)
	for rest := data[diffHeader:]; len(rest) > 0; {
		var w window
		n, err := w.parseHeader(rest)
		if err != nil {
			return nil, nil, err
		}
		if w.sourceOffset+w.sourceLen > int64(len(base)) {
			return nil, nil, corrupt("a window lies outside of its base")
		}
		if err := dec.unpack(&w, rest[n:n+w.bodyLen]); err != nil {
			return nil, nil, err
		}
		text, err = w.expand(text, base[w.sourceOffset:w.sourceOffset+w.sourceLen], d)
		if err != nil {
			return nil, nil, err
		}
		rest = rest[n+w.bodyLen:]
	}
	if d != nil {
		delta = d.Bytes()
	}
	return text, delta, nil
}
