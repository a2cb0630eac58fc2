package hg

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
)

// Node is the permanent id of a changeset, manifest or file revision.
type Node [20]byte

// ParseNode reads 40 hexadecimal digits.
func ParseNode(s string) (Node, error) {
	var n Node
	if len(s) != 2*len(n) {
		return n, fmt.Errorf("%w: a node of %d characters instead of 40", ErrCorrupt, len(s))
	}
	if _, err := hex.Decode(n[:], []byte(s)); err != nil {
		return Node{}, fmt.Errorf("%w: a node that is not hexadecimal", ErrCorrupt)
	}
	return n, nil
}

func (n Node) String() string { return hex.EncodeToString(n[:]) }

// IsNull reports whether n stands for no revision.
func (n Node) IsNull() bool { return n == Node{} }

// Compare orders nodes by their bytes.
func (n Node) Compare(other Node) int { return bytes.Compare(n[:], other[:]) }

// HashText returns the node of a text with these parents.
func HashText(p1, p2 Node, text []byte) Node {
	h := NewHash(p1, p2)
	h.Write(text)
	return Node(h.Sum(nil))
}

// Hash computes a node of a text that arrives in pieces.
type Hash struct{ sum }

type sum interface {
	Write(p []byte) (int, error)
	Sum(b []byte) []byte
}

// NewHash begins a text with these parents, whose order does not matter.
func NewHash(p1, p2 Node) Hash {
	if p1.Compare(p2) > 0 {
		p1, p2 = p2, p1
	}
	h := sha1.New()
	h.Write(p1[:])
	h.Write(p2[:])
	return Hash{h}
}

// Node returns the node of what was written.
func (h Hash) Node() Node { return Node(h.Sum(nil)) }

// MarshalText implements encoding.TextMarshaler.
func (n Node) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, n[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Node) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNode(string(text))
	return err
}
