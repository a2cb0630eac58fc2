package dump

import (
	"errors"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

const (
	maxFormat = 3

	// maxRevision and maxGap bound what an invented revision number can cost:
	// everybody keeps a little for each revision.
	maxRevision = 1 << 30
	maxGap      = 4 << 20
)

// parser reads a dump, one revision after the other.
type parser struct {
	in     *input
	format int64
	uuid   string
	last   int64 // the last revision that was read whole, or -1

	ahead *record // read, and not taken yet
}

func newParser(in *input) *parser { return &parser{in: in, last: -1} }

// visit hears of each node of a revision. It must read or skip the content.
type visit func(revision int64, r *record) error

// revision reads the next revision. At the end it is io.EOF.
func (p *parser) revision(visit visit) (number int64, props map[string][]byte, err error) {
	r, err := p.peek()
	if err == io.EOF && p.format > 0 {
		return 0, nil, io.EOF
	}
	if err != nil {
		return 0, nil, p.fault(-1, err)
	}
	if r.kind != revisionRecord {
		return 0, nil, errors.New("a node comes before the first revision")
	}
	if err := p.checkNumber(r.revision); err != nil {
		return 0, nil, err
	}
	p.ahead = nil
	if props, err = p.revisionProps(r); err == nil {
		err = p.readNodes(r.revision, visit)
	}
	if err != nil {
		return 0, nil, p.fault(r.revision, err)
	}
	p.last = r.revision
	return r.revision, props, nil
}

func (p *parser) checkNumber(revision int64) error {
	switch {
	case revision <= p.last:
		return fmt.Errorf("r%d comes after r%d", revision, p.last)
	case revision > maxRevision || p.last >= 0 && revision-p.last > maxGap:
		return fmt.Errorf("r%d is not a number that can be", revision)
	}
	return nil
}

func (p *parser) readNodes(revision int64, visit visit) error {
	for {
		r, err := p.peek()
		if err == io.EOF || err == nil && r.kind == revisionRecord {
			return nil
		}
		if err != nil {
			return err
		}
		p.ahead = nil
		if err := p.readNode(revision, r, visit); err != nil {
			return &svn.Error{Revision: revision, Path: r.path, Err: err}
		}
	}
}

// peek returns the header of the next revision or node, and takes in those of
// other things before it.
func (p *parser) peek() (*record, error) {
	for p.ahead == nil {
		at := p.in.offset
		r, err := readRecord(p.in)
		if err != nil {
			return nil, err
		}
		r.offset = at
		switch {
		case p.format == 0 && r.kind != formatRecord:
			return nil, errNoDump
		case r.kind == formatRecord:
			if r.format < 1 || r.format > maxFormat {
				return nil, fmt.Errorf("dump files of format %d are not known", r.format)
			}
			p.format = r.format
		case r.kind == uuidRecord:
			if p.uuid != "" && p.uuid != r.uuid {
				return nil, errors.New("it holds dumps of two repositories")
			}
			p.uuid = r.uuid
		default:
			p.ahead = &r
		}
	}
	return p.ahead, nil
}

var errNoDump = errors.New("it does not begin like a dump file of Subversion")

// fault adds the place to an error of reading: the revision at hand, and, of
// an end that comes too early, what is whole.
func (p *parser) fault(revision int64, err error) error {
	if err == io.EOF {
		return errors.New("it is empty")
	}
	var placed *svn.Error
	if revision >= 0 && !errors.As(err, &placed) {
		err = &svn.Error{Revision: revision, Err: err}
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if p.last < 0 {
		return fmt.Errorf("it ends before its first revision does: %w", err)
	}
	return fmt.Errorf("it ends early, r%d is its last whole revision: %w", p.last, err)
}

func (p *parser) revisionProps(r *record) (map[string][]byte, error) {
	if err := r.measure(p.format); err != nil {
		return nil, err
	}
	props, err := p.readProps(r)
	if err != nil {
		return nil, err
	}
	return props.set, p.skipText(r)
}

func (p *parser) readNode(revision int64, r *record, visit visit) error {
	if err := r.check(revision); err != nil {
		return err
	}
	if err := r.measure(p.format); err != nil {
		return err
	}
	return visit(revision, r)
}

// readProps reads the properties of a record; nothing when it has none.
func (p *parser) readProps(r *record) (properties, error) {
	if r.props < 0 {
		return properties{}, nil
	}
	props, err := readProps(p.in, r.props)
	switch {
	case err != nil:
		return props, err
	case r.joint && r.nodeKind != "dir":
		r.text = r.props - props.size
	case r.joint:
		r.rest = r.props - props.size
	case props.size != r.props:
		return props, errProps
	}
	return props, nil
}

// skipText passes over what follows the properties.
func (p *parser) skipText(r *record) error {
	return p.in.skip(max(r.text, 0) + r.rest)
}

// skipContent passes over all that follows the header.
func (p *parser) skipContent(r *record) error {
	if err := p.in.skip(max(r.props, 0)); err != nil {
		return err
	}
	return p.skipText(r)
}
