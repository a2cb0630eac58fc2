package svn

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

// ErrChecksum says that a text is not the one that the source has.
var ErrChecksum = errors.New("the text is not the one of the source")

// Expect makes Apply and ApplyStream compare what results with a checksum in
// lower-case hex; an empty one is not known. They use SHA-1 where they can: it
// is more than twice as fast as MD5 on today's processors.
//
// It must be called before the text is used.
func (t *Text) Expect(md5, sha1 string) { t.md5, t.sha1 = md5, sha1 }

// verify compares a text with what is expected.
func (t *Text) verify(text []byte) error {
	sum, want := t.expected()
	if sum == nil {
		return nil
	}
	sum.Write(text)
	return compare(sum, want)
}

func (t *Text) expected() (sum hash.Hash, want string) {
	switch {
	case t.sha1 != "":
		return sha1.New(), t.sha1
	case t.md5 != "":
		return md5.New(), t.md5
	}
	return nil, ""
}

func compare(sum hash.Hash, want string) error {
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return ErrChecksum
	}
	return nil
}

// applyVerified runs apply with a writer that hears what is written to out.
func (t *Text) applyVerified(out io.Writer, apply func(io.Writer) error) error {
	sum, want := t.expected()
	if sum == nil {
		return apply(out)
	}
	if err := apply(io.MultiWriter(out, sum)); err != nil {
		return err
	}
	return compare(sum, want)
}
