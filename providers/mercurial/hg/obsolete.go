package hg

import (
	"encoding/binary"
	"fmt"
)

// Obsolete returns the changesets that the markers in data, an obsstore or the
// part of a bundle, replace by others or by none.
//
// https://www.mercurial-scm.org/repo/hg/file/tip/mercurial/obsolete.py
func Obsolete(data []byte) ([]Node, error) {
	if len(data) == 0 {
		return nil, nil
	}
	version, data := data[0], data[1:]
	var next func([]byte) (Node, int, error)
	switch version {
	case 0:
		next = oldMarker
	case 1:
		next = marker
	default:
		return nil, fmt.Errorf("%w: obsolete markers of the unknown version %d", ErrCorrupt, version)
	}
	var nodes []Node
	for len(data) > 0 {
		node, size, err := next(data)
		if err != nil {
			return nil, err
		}
		if size > len(data) {
			return nil, truncatedMarker()
		}
		nodes = append(nodes, node)
		data = data[size:]
	}
	return nodes, nil
}

// oldMarker reads: successors (1 byte), metadata size (4), flags (1), node.
func oldMarker(data []byte) (n Node, size int, err error) {
	const fixed = 1 + 4 + 1 + 20
	if len(data) < fixed {
		return n, 0, truncatedMarker()
	}
	copy(n[:], data[6:])
	metadata := binary.BigEndian.Uint32(data[1:])
	if uint64(metadata) > uint64(len(data)) {
		return n, 0, truncatedMarker()
	}
	return n, fixed + 20*int(data[0]) + int(metadata), nil
}

// marker reads: total size (4), date (8), time zone (2), flags (2), numbers of
// successors, parents and metadata (1 each), node.
func marker(data []byte) (n Node, size int, err error) {
	const (
		fixed  = 4 + 8 + 2 + 2 + 3
		sha256 = 2 // flag: nodes have 32 bytes
	)
	if len(data) < fixed+len(n) {
		return n, 0, truncatedMarker()
	}
	total := binary.BigEndian.Uint32(data)
	if total < fixed+uint32(len(n)) || uint64(total) > uint64(len(data)) {
		return n, 0, truncatedMarker()
	}
	if binary.BigEndian.Uint16(data[14:])&sha256 == 0 {
		copy(n[:], data[fixed:])
	}
	return n, int(total), nil
}

func truncatedMarker() error {
	return fmt.Errorf("%w: obsolete markers that end too early", ErrCorrupt)
}
