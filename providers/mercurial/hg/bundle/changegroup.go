package bundle

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// maxName bounds the name of a file in a changegroup.
const maxName = 1 << 16

// readChangegroup reads a changegroup of version 1, 2 or 3: the changelog, the
// manifest, in version 3 the manifests of folders, and the files.
//
// https://www.mercurial-scm.org/wiki/BundleFormat, and hg help internals.changegroups
func readChangegroup(r io.Reader, version int, to Sink) error {
	g := &groups{r: r, version: version, to: to}
	if err := g.group(Log{Kind: Changelog}); err != nil {
		return err
	}
	if err := g.group(Log{Kind: Manifest}); err != nil {
		return err
	}
	if version >= 3 {
		switch name, err := g.name(); {
		case err != nil:
			return err
		case name != "":
			return unsupported("manifests that are split into trees (treemanifest)")
		}
	}
	for {
		name, err := g.name()
		if err != nil || name == "" {
			return err
		}
		if err := hg.CheckPath(name); err != nil {
			return err
		}
		if err := g.group(Log{Kind: File, Path: name}); err != nil {
			return err
		}
	}
}

type groups struct {
	r       io.Reader
	version int
	to      Sink
}

// chunk returns how many bytes follow; 0 is the end of a list.
func (g *groups) chunk() (int64, error) {
	var size [4]byte
	if _, err := io.ReadFull(g.r, size[:]); err != nil {
		return 0, early(err)
	}
	n := int64(int32(binary.BigEndian.Uint32(size[:])))
	switch {
	case n == 0:
		return 0, nil
	case n <= 4:
		return 0, fmt.Errorf("%w: a chunk of %d bytes", hg.ErrCorrupt, n)
	}
	return n - 4, nil
}

// name reads what precedes a group; "" is the end of the groups.
func (g *groups) name() (string, error) {
	n, err := g.chunk()
	if err != nil || n == 0 {
		return "", err
	}
	if n > maxName {
		return "", fmt.Errorf("%w: a file name of %d bytes", hg.ErrCorrupt, n)
	}
	name := make([]byte, n)
	if _, err := io.ReadFull(g.r, name); err != nil {
		return "", early(err)
	}
	return string(name), nil
}

func (g *groups) group(log Log) error {
	if err := g.to.Begin(log); err != nil {
		return err
	}
	header := make([]byte, g.headerSize())
	var last hg.Node
	for first := true; ; first = false {
		n, err := g.chunk()
		if err != nil || n == 0 {
			return at(log, last, err)
		}
		if n < int64(len(header)) {
			return at(log, last, fmt.Errorf("%w: a revision of %d bytes", hg.ErrCorrupt, n))
		}
		if _, err := io.ReadFull(g.r, header); err != nil {
			return at(log, last, early(err))
		}
		rev := g.revision(header, first, last)
		body := &io.LimitedReader{R: g.r, N: n - int64(len(header))}
		rev.Size, rev.Delta = body.N, body
		if err := g.to.Revision(rev); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if body.N > 0 {
			return at(log, rev.Node, early(io.EOF))
		}
		last = rev.Node
	}
}

func (g *groups) headerSize() int {
	switch g.version {
	case 1:
		return 4 * 20
	case 2:
		return 5 * 20
	}
	return 5*20 + 2
}

// revision reads a header: node, parents, in version 2 the base, the changeset,
// in version 3 flags.
func (g *groups) revision(header []byte, first bool, last hg.Node) Revision {
	node := func() (n hg.Node) {
		copy(n[:], header)
		header = header[len(n):]
		return n
	}
	r := Revision{Node: node(), P1: node(), P2: node()}
	switch {
	case g.version >= 2:
		r.Base = node()
	case first:
		r.Base = r.P1
	default:
		r.Base = last
	}
	r.Link = node()
	if g.version >= 3 {
		r.Flags = hg.Flags(binary.BigEndian.Uint16(header))
	}
	return r
}

// at says where in a bundle an error is.
func at(log Log, last hg.Node, err error) error {
	switch {
	case err == nil:
		return nil
	case last.IsNull():
		return fmt.Errorf("%s: %w", log, err)
	}
	return fmt.Errorf("%s after revision %s: %w", log, last, err)
}
