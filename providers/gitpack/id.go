package gitpack

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// MaxRead is the size of the largest object that is handed out in one piece.
const MaxRead = 64 << 20

var (
	// ErrMissing says that neither the packs nor the loose objects hold an
	// object.
	ErrMissing = errors.New("no such object")
	// ErrTooLarge says that an object has to be streamed, or that it is larger
	// than anything git stores in its form.
	ErrTooLarge = errors.New("object too large")
	// ErrCorrupt says that stored bytes are not what they have to be.
	ErrCorrupt = errors.New("repository damaged")
)

// ID is the name of an object: the SHA-1 of its header and contents.
type ID [sha1.Size]byte

// ParseID reads 40 hexadecimal digits, in lower or upper case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != hex.EncodedLen(len(id)) {
		return ID{}, fmt.Errorf("object id of %d characters, want %d", len(s), hex.EncodedLen(len(id)))
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("object id %q: %w", s, err)
	}
	return id, nil
}

// String returns 40 lower case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids as packs and git do: by their bytes.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// Kind is what an object is. Its values are those of pack entries.
type Kind uint8

// The kinds of git objects.
const (
	Commit Kind = 1
	Tree   Kind = 2
	Blob   Kind = 3
	Tag    Kind = 4
)

// String returns git's word: "commit", "tree", "blob" or "tag".
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return "kind " + strconv.Itoa(int(k))
}

func (k Kind) valid() bool { return k >= Commit && k <= Tag }

// parseKind is the inverse of String for valid kinds.
func parseKind(word string) (Kind, bool) {
	for k := Commit; k <= Tag; k++ {
		if word == k.String() {
			return k, true
		}
	}
	return 0, false
}

// Hash returns the id of the object of kind k that holds data.
func Hash(k Kind, data []byte) ID {
	h := sha1.New()
	var buf [objectHeaderMax]byte
	h.Write(appendObjectHeader(buf[:0], k, int64(len(data))))
	h.Write(data)
	var id ID
	h.Sum(id[:0])
	return id
}

// objectHeaderMax holds "commit ", 19 digits and a NUL.
const objectHeaderMax = 32

// appendObjectHeader appends what git hashes before an object's contents.
func appendObjectHeader(buf []byte, k Kind, size int64) []byte {
	buf = append(buf, k.String()...)
	buf = append(buf, ' ')
	buf = strconv.AppendInt(buf, size, 10)
	return append(buf, 0)
}
