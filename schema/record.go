package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Limits of one record. They bound what a provider can make Drover hold.
const (
	MaxBody   = 16 << 20 // bytes of Body
	MaxID     = 512      // bytes of an id or a revision
	MaxCursor = 4 << 10  // bytes of a Cursor
	MaxAfter  = 64       // keys in After
)

// Key names one object of a repository at its source, for ever.
type Key struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

func (k Key) String() string { return string(k.Kind) + " " + k.ID }

// Record is one object in flight. Its JSON form is a line of an archive.
type Record struct {
	Kind Kind `json:"kind"`

	// ID is permanent at the source and unique within the kind and the
	// repository.
	ID string `json:"id"`

	// Parent is the issue, change, discussion, release or snippet that the
	// object belongs to; nil for objects that stand alone. Records with the
	// same parent keep their order and form a lane.
	Parent *Key `json:"parent,omitempty"`

	// After names other records that the target must hold first, such as the
	// review of a review comment. The parent need not be repeated.
	After []Key `json:"after,omitempty"`

	// Revision differs whenever the object differs. Two records with equal
	// keys and revisions are the same object.
	Revision string `json:"revision"`

	// Body is the JSON of the struct that NewBody returns for Kind. Fields
	// that the struct does not have are kept.
	Body json.RawMessage `json:"body"`

	// Blob describes content that travels apart from the record: the bytes of
	// an attachment. Nil when there is none.
	Blob *Blob `json:"blob,omitempty"`
}

// Key is the record's key.
func (r *Record) Key() Key { return Key{Kind: r.Kind, ID: r.ID} }

// Lane names the group of records that must stay in order: the parent, or the
// record itself.
func (r *Record) Lane() Key {
	if r.Parent != nil {
		return *r.Parent
	}
	return r.Key()
}

// Check reports what makes r unfit to be written or stored.
func (r *Record) Check() error {
	switch {
	case !r.Kind.Known():
		return fmt.Errorf("record has the unknown kind %q", Printable(string(r.Kind)))
	case r.ID == "":
		return fmt.Errorf("%s has no id", r.Kind)
	case len(r.ID) > MaxID || len(r.Revision) > MaxID:
		return fmt.Errorf("%s has an id or revision of more than %d bytes", r.Kind, MaxID)
	case strings.ContainsRune(r.ID, 0):
		return fmt.Errorf("%s has an id with a NUL byte", r.Kind)
	case r.Revision == "":
		return fmt.Errorf("%s %s has no revision", r.Kind, Printable(r.ID))
	case len(r.Body) > MaxBody:
		return fmt.Errorf("%s %s has a body of %d bytes; the limit is %d", r.Kind, Printable(r.ID), len(r.Body), MaxBody)
	case len(r.After) > MaxAfter:
		return fmt.Errorf("%s %s names %d records to stand after; the limit is %d", r.Kind, Printable(r.ID), len(r.After), MaxAfter)
	case !json.Valid(r.Body):
		return fmt.Errorf("%s %s has a body that is not JSON", r.Kind, Printable(r.ID))
	}
	if r.Blob != nil {
		return r.Blob.check()
	}
	return nil
}

// Blob describes content that a source can open and a target can store.
type Blob struct {
	// ID is what the source needs to open the content. It means nothing to
	// anyone else.
	ID string `json:"id"`

	// SHA256 is the content's digest in lower-case hex, or empty when the
	// source does not know it before reading.
	SHA256 string `json:"sha256,omitempty"`

	// Size is the content's length in bytes, or -1 when not known.
	Size int64 `json:"size"`
}

func (b *Blob) check() error {
	if b.ID == "" {
		return errors.New("blob has no id")
	}
	if b.SHA256 != "" && !IsSHA256(b.SHA256) {
		return fmt.Errorf("blob %s has the malformed digest %q", Printable(b.ID), Printable(b.SHA256))
	}
	return nil
}

// IsSHA256 reports whether s is a SHA-256 in lower-case hex.
func IsSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Ref is an object's identity at the target. The zero Ref means that there is
// no such object yet.
type Ref struct {
	ID  string `json:"id,omitempty"`
	URL string `json:"url,omitempty"`

	// Text is how texts at the target refer to the object, such as #15; empty
	// when they use its URL.
	Text string `json:"text,omitempty"`

	// Version is a digest of the object as it stands at the target. It differs
	// whenever somebody changed there what a write sets, and is the same as
	// long as nobody did. Empty: the target cannot tell.
	Version string `json:"version,omitempty"`
}

// Name is a way in which texts of a source refer to an object: #12, !7, or a
// URL.
type Name struct {
	Text    string `json:"text"`
	Key     Key    `json:"key"`
	Becomes string `json:"becomes,omitempty"` // Ref.Text of the object at the target
}

// Cursor is a place in a source's stream to resume from. Only the provider
// that made it can read it; the empty Cursor is the beginning. It is at most
// MaxCursor bytes and holds no secret.
type Cursor string
