package bundle

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

const (
	// maxParams bounds the parameters of a bundle and the header of a part.
	maxParams = 1 << 20

	// maxPart bounds the parts that are read whole; none of them is the
	// changegroup.
	maxPart = 256 << 20

	// interrupt is a chunk size that says: another part comes first.
	interrupt = -1
)

// readTwo reads a bundle of version 2 after its first word.
//
// https://www.mercurial-scm.org/wiki/BundleFormat2, and hg help internals.bundle2
func readTwo(r *bufio.Reader, to Sink) error {
	params, err := readSized(r)
	if err != nil {
		return err
	}
	compression, err := streamParams(string(params))
	if err != nil {
		return err
	}
	if compression == "UN" { // nothing may be read ahead of the last part
		return (&parts{r: r, to: to}).read()
	}
	plain, err := decompress(compression, r)
	if err != nil {
		return err
	}
	defer plain.Close()
	return (&parts{r: bufio.NewReaderSize(plain, 64<<10), to: to}).read()
}

// readSized reads a 32-bit size and as many bytes.
func readSized(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, early(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxParams {
		return nil, fmt.Errorf("%w: a header of %d bytes", hg.ErrCorrupt, n)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, early(err)
	}
	return data, nil
}

// streamParams returns the compression. Names that begin with a capital must
// be understood.
func streamParams(params string) (compression string, err error) {
	compression = "UN"
	if params == "" {
		return compression, nil
	}
	for param := range strings.SplitSeq(params, " ") {
		name, value, _ := strings.Cut(param, "=")
		if name, err = url.PathUnescape(name); err == nil {
			value, err = url.PathUnescape(value)
		}
		switch {
		case err != nil || name == "":
			return "", fmt.Errorf("%w: a bundle parameter that cannot be read", hg.ErrCorrupt)
		case name == "Compression":
			compression = value
		case name[0] >= 'A' && name[0] <= 'Z':
			return "", unsupported(fmt.Sprintf("the bundle parameter %q", schema.Printable(name)))
		}
	}
	return compression, nil
}

// parts reads the parts of a bundle.
type parts struct {
	r  io.Reader
	to Sink
}

func (p *parts) read() error {
	for {
		header, err := readSized(p.r)
		if err != nil || len(header) == 0 {
			return err
		}
		if err := p.part(header, false); err != nil {
			return err
		}
	}
}

// part reads one part. An interrupting part must not hold a changegroup, for
// one is being read.
func (p *parts) part(header []byte, interrupting bool) error {
	h, err := parseHeader(header)
	if err != nil {
		return err
	}
	body := &payload{parts: p, interrupting: interrupting}
	if err := p.handle(h, body); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	return nil
}

func (p *parts) handle(h partHeader, body *payload) error {
	if body.interrupting && h.name == "changegroup" {
		return fmt.Errorf("%w: a changegroup inside another part", hg.ErrCorrupt)
	}
	switch h.name {
	case "changegroup":
		return p.changegroup(h, body)
	case "phase-heads":
		return p.phaseHeads(body)
	case "bookmarks":
		return p.bookmarks(body)
	case "listkeys":
		return p.listKeys(h, body)
	case "obsmarkers":
		markers, err := readPart(body)
		if err != nil {
			return err
		}
		return p.to.Obsolete(markers)
	case "hgtagsfnodes", "cache:rev-branch-cache", "output":
		return nil // what it says can be worked out, or is for people
	case "error:abort", "error:unsupportedcontent", "error:pushraced", "error:pushkey":
		return refusal(h)
	case "stream", "stream2", "stream3-exp":
		return unsupported("a stream clone (" + h.name + ")")
	}
	if h.mandatory {
		return unsupported(fmt.Sprintf("the part %q", schema.Printable(h.name)))
	}
	return nil
}

// refusal is the error of a server that says so inside a bundle.
func refusal(h partHeader) error {
	message := "the server stopped: " + schema.Printable(h.params["message"])
	if reason := h.params["parttype"]; reason != "" {
		message = "the server does not support " + schema.Printable(reason)
	}
	return &providers.Error{Code: providers.CodeUnavailable, Message: message, Hint: schema.Printable(h.params["hint"])}
}

func (p *parts) changegroup(h partHeader, body io.Reader) error {
	version := 1
	for name, value := range h.params {
		switch name {
		case "version":
			number, ok := map[string]int{"01": 1, "02": 2, "03": 3}[value]
			if !ok {
				return unsupported(fmt.Sprintf("a changegroup of version %q", schema.Printable(value)))
			}
			version = number
		case "nbchanges":
		case "targetphase":
			phase, err := strconv.ParseUint(value, 10, 8)
			if err != nil {
				return fmt.Errorf("%w: the phase %q", hg.ErrCorrupt, schema.Printable(value))
			}
			if err := p.to.TargetPhase(hg.Phase(phase)); err != nil {
				return err
			}
		default:
			if h.mandatoryParams[name] {
				return unsupported(fmt.Sprintf("the changegroup parameter %q", schema.Printable(name)))
			}
		}
	}
	return readChangegroup(bufio.NewReaderSize(body, 64<<10), version, p.to)
}

// phaseHeads reads entries of a phase (4 bytes) and a node.
func (p *parts) phaseHeads(body io.Reader) error {
	data, err := readPart(body)
	if err != nil {
		return err
	}
	const size = 4 + 20
	if len(data)%size != 0 {
		return fmt.Errorf("%w: phases that end too early", hg.ErrCorrupt)
	}
	for ; len(data) > 0; data = data[size:] {
		phase := binary.BigEndian.Uint32(data)
		if phase > uint32(hg.Internal) {
			return fmt.Errorf("%w: the phase %d", hg.ErrCorrupt, phase)
		}
		if err := p.to.PhaseHeads(hg.Phase(phase), []hg.Node{hg.Node(data[4:size])}); err != nil {
			return err
		}
	}
	return nil
}

// bookmarks reads entries of a node, the size of a name (2 bytes) and a name.
func (p *parts) bookmarks(body io.Reader) error {
	data, err := readPart(body)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		if len(data) < 22 || len(data) < 22+int(binary.BigEndian.Uint16(data[20:])) {
			return fmt.Errorf("%w: bookmarks that end too early", hg.ErrCorrupt)
		}
		end := 22 + int(binary.BigEndian.Uint16(data[20:]))
		if err := p.to.Bookmark(string(data[22:end]), hg.Node(data[:20])); err != nil {
			return err
		}
		data = data[end:]
	}
	return nil
}

// listKeys reads lines of KEY TAB VALUE. Those of the namespace "phases" only
// say what the phase heads say as well.
func (p *parts) listKeys(h partHeader, body io.Reader) error {
	data, err := readPart(body)
	if err != nil || h.params["namespace"] != "bookmarks" {
		return err
	}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			return fmt.Errorf("%w: a bookmark without a changeset", hg.ErrCorrupt)
		}
		node, err := hg.ParseNode(value)
		if err != nil {
			return err
		}
		if err := p.to.Bookmark(name, node); err != nil {
			return err
		}
	}
	return nil
}

func readPart(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxPart+1))
	if err == nil && len(data) > maxPart {
		err = fmt.Errorf("%w: a part of more than %d bytes", hg.ErrCorrupt, maxPart)
	}
	return data, err
}

// partHeader is what precedes the payload of a part.
type partHeader struct {
	name            string // in lower case
	mandatory       bool
	params          map[string]string
	mandatoryParams map[string]bool
}

// parseHeader reads: size and type, id (4 bytes), numbers of mandatory and
// advisory parameters, their sizes, and they themselves.
func parseHeader(data []byte) (partHeader, error) {
	broken := fmt.Errorf("%w: the header of a part ends too early", hg.ErrCorrupt)
	take := func(n int) (piece []byte, ok bool) {
		if n > len(data) {
			return nil, false
		}
		piece, data = data[:n], data[n:]
		return piece, true
	}
	size, ok := take(1)
	if !ok {
		return partHeader{}, broken
	}
	name, ok := take(int(size[0]))
	if !ok {
		return partHeader{}, broken
	}
	fixed, ok := take(4 + 2)
	if !ok {
		return partHeader{}, broken
	}
	h := partHeader{name: strings.ToLower(string(name)), params: map[string]string{}, mandatoryParams: map[string]bool{}}
	h.mandatory = h.name != string(name)
	mandatory := int(fixed[4])
	count := mandatory + int(fixed[5])
	sizes, ok := take(2 * count)
	if !ok {
		return partHeader{}, broken
	}
	for i := range count {
		key, ok1 := take(int(sizes[2*i]))
		value, ok2 := take(int(sizes[2*i+1]))
		if !ok1 || !ok2 {
			return partHeader{}, broken
		}
		h.params[string(key)] = string(value)
		h.mandatoryParams[string(key)] = i < mandatory
	}
	return h, nil
}

// payload reads what a part holds: chunks with their sizes, up to an empty one.
type payload struct {
	parts        *parts
	interrupting bool
	left         int64 // of the current chunk
	ended        bool
}

func (b *payload) Read(p []byte) (int, error) {
	for b.left == 0 {
		if b.ended {
			return 0, io.EOF
		}
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n, err := b.parts.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && (b.left > 0 || n == 0) {
		err = early(err)
	} else if err == io.EOF {
		err = nil // the reader says so again if more is asked for
	}
	return n, err
}

func (b *payload) next() error {
	var size [4]byte
	if _, err := io.ReadFull(b.parts.r, size[:]); err != nil {
		return early(err)
	}
	switch n := int32(binary.BigEndian.Uint32(size[:])); {
	case n == 0:
		b.ended = true
	case n > 0:
		b.left = int64(n)
	case n != interrupt || b.interrupting:
		return fmt.Errorf("%w: a chunk of %d bytes", hg.ErrCorrupt, n)
	default:
		header, err := readSized(b.parts.r)
		if err != nil || len(header) == 0 {
			return err
		}
		return b.parts.part(header, true)
	}
	return nil
}
