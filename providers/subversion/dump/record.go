package dump

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// recordKind says what a record is about.
type recordKind byte

const (
	formatRecord recordKind = iota
	uuidRecord
	revisionRecord
	nodeRecord
)

// record is the header of one record. Sizes and revisions are -1 where the
// header does not give them.
type record struct {
	kind recordKind

	format   int64
	uuid     string
	revision int64

	path     string
	nodeKind string
	action   string
	fromPath string
	hasFrom  bool // a path to copy from, which may be the root ""
	fromRev  int64

	offset                   int64 // of the header
	props, text, content     int64 // lengths
	rest                     int64 // of content, after props and text
	joint                    bool  // props is the length of both
	propDelta, textDelta     bool
	baseMD5, md5sum, sha1sum string
}

// readRecord reads the next header with the empty line that ends it. At the
// end of the input it is io.EOF.
func readRecord(in *input) (record, error) {
	r := record{revision: -1, fromRev: -1, props: -1, text: -1, content: -1}
	line, err := in.line()
	for err == nil && len(line) == 0 {
		line, err = in.line()
	}
	if err != nil {
		return r, err
	}
	known := false
	for len(line) > 0 {
		name, value, ok := bytes.Cut(line, []byte(": "))
		if !ok {
			if name, ok = bytes.CutSuffix(line, []byte(":")); !ok { // an empty value, its space stripped
				return r, badLine(line)
			}
			value = nil
		}
		decides, err := r.set(string(name), value)
		if err != nil {
			return r, fmt.Errorf("header %s: %w", svn.Printable(string(name)), err)
		}
		known = known || decides
		if line, err = in.line(); err != nil {
			return r, unexpected(err)
		}
	}
	if !known {
		return r, errors.New("a record is about nothing that is known")
	}
	return r, nil
}

func badLine(line []byte) error {
	if bytes.HasSuffix(line, []byte("\r")) {
		return errors.New("its lines end in CR LF: it was changed by a transfer as text; transfer it in binary mode")
	}
	return fmt.Errorf("a header was expected instead of %s", svn.Printable(string(line)))
}

// set takes in one header line and reports whether it decides what the record
// is about. Unknown headers mean nothing, as for svnadmin.
func (r *record) set(name string, value []byte) (decides bool, err error) {
	switch name {
	case "SVN-fs-dump-format-version":
		r.kind = formatRecord
		r.format, err = number(value)
		return true, err
	case "UUID":
		r.kind, r.uuid = uuidRecord, string(value)
		return true, nil
	case "Revision-number":
		r.kind = revisionRecord
		r.revision, err = number(value)
		return true, err
	case "Node-path":
		r.kind, r.path = nodeRecord, string(value)
		return true, nil
	case "Node-kind":
		r.nodeKind = string(value)
	case "Node-action":
		r.action = string(value)
	case "Node-copyfrom-path":
		r.fromPath, r.hasFrom = string(value), true
	case "Node-copyfrom-rev":
		r.fromRev, err = number(value)
	case "Prop-content-length":
		r.props, err = number(value)
	case "Text-content-length":
		r.text, err = number(value)
	case "Content-length":
		r.content, err = number(value)
	case "Prop-delta":
		r.propDelta = string(value) == "true"
	case "Text-delta":
		r.textDelta = string(value) == "true"
	case "Text-delta-base-md5":
		r.baseMD5, err = checksum(value, 16)
	case "Text-content-md5":
		r.md5sum, err = checksum(value, 16)
	case "Text-content-sha1":
		r.sha1sum, err = checksum(value, 20)
	}
	return false, err
}

func number(value []byte) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	switch {
	case err != nil && bytes.HasSuffix(value, []byte("\r")):
		return 0, badLine(value)
	case err != nil || n < 0:
		return 0, fmt.Errorf("%s is not a number that can be", svn.Printable(string(value)))
	}
	return n, nil
}

func checksum(value []byte, size int) (string, error) {
	s := strings.ToLower(string(value))
	if raw, err := hex.DecodeString(s); err != nil || len(raw) != size {
		return "", fmt.Errorf("%s is no checksum", svn.Printable(string(value)))
	}
	return s, nil
}

// measure settles the lengths of what follows the header: the properties, the
// text, and a rest that means nothing. Format 1 can give just their sum; then
// props is that, and the text is what the properties leave of it.
func (r *record) measure(format int64) error {
	if format == 1 && r.content >= 0 && r.props < 0 && r.text < 0 {
		r.joint, r.props = true, r.content
		return nil
	}
	if r.content < 0 {
		return nil
	}
	props, text := max(r.props, 0), max(r.text, 0)
	if props > r.content || text > r.content-props {
		return errors.New("its parts are longer than the whole")
	}
	r.rest = r.content - props - text
	return nil
}

// maxProps is how large the properties of one node or revision may be.
const maxProps = 64 << 20

// properties is a block of properties.
type properties struct {
	set    map[string][]byte
	remove []string
	size   int64 // bytes of the block
}

var (
	errProps     = errors.New("its properties are damaged")
	errManyProps = fmt.Errorf("its properties exceed %d MiB", maxProps>>20)
)

// readProps reads a block of at most size bytes.
func readProps(in *input, size int64) (properties, error) {
	p := properties{set: map[string][]byte{}}
	start := in.offset
	left := func() int64 { return size - (in.offset - start) }
	if size > maxProps {
		return p, errManyProps
	}
	for left() > 0 {
		line, err := in.line()
		if err != nil {
			return p, unexpected(err)
		}
		if string(line) == "PROPS-END" {
			p.size = in.offset - start
			if left() < 0 {
				return p, errProps
			}
			return p, nil
		}
		verb, name, err := readCounted(in, line, left())
		if err != nil {
			return p, err
		}
		switch verb {
		case 'K':
			if line, err = in.line(); err != nil {
				return p, unexpected(err)
			}
			verb, value, err := readCounted(in, line, left())
			if err != nil {
				return p, err
			}
			if verb != 'V' {
				return p, errProps
			}
			p.set[string(name)] = value
		case 'D':
			p.remove = append(p.remove, string(name))
		default:
			return p, errProps
		}
	}
	return p, errProps
}

// readCounted reads what a line like "K 10" announces.
func readCounted(in *input, line []byte, left int64) (verb byte, value []byte, err error) {
	if len(line) < 3 || line[1] != ' ' {
		return 0, nil, errProps
	}
	verb = line[0]
	n, err := number(line[2:])
	if err != nil || n >= left { // its line end is part of the block
		return 0, nil, errProps
	}
	// The count may be a lie: what is not there must not be allocated.
	b := bytes.NewBuffer(make([]byte, 0, min(n, 4<<10)))
	if err := in.copyTo(b, n); err != nil {
		return 0, nil, err
	}
	end, err := in.r.ReadByte()
	if err != nil {
		return 0, nil, unexpected(err)
	}
	in.offset++
	if end != '\n' {
		return 0, nil, errProps
	}
	return verb, b.Bytes(), nil
}
