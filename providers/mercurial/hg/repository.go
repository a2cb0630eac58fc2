package hg

import (
	"errors"
	"io"
	"iter"
)

// MaxText is the largest text that is held in memory. Larger ones are streamed
// with [Log.Open].
const MaxText = 64 << 20

var (
	// ErrCorrupt is found in every error about data that is damaged or lies.
	ErrCorrupt = errors.New("corrupt Mercurial data")

	// ErrTooLarge is returned for a text of more than MaxText bytes.
	ErrTooLarge = errors.New("the text is too large for memory")

	// ErrNoFile is returned for a file that the repository has no revisions of.
	ErrNoFile = errors.New("no such file in the repository")
)

// Repository is a history that is complete and on this machine: a repository's
// own store, or a spool of what a bundle or server sent.
//
// Its methods may be called by several goroutines at once. It does not change
// while it is open.
type Repository interface {
	// Changelog and Manifests return a Log of their own to every caller, who
	// closes it. Revision i of the changelog is changeset i everywhere else.
	Changelog() (Log, error)
	Manifests() (Log, error)

	// File opens the revisions of a file. The caller closes the Log. The error
	// is ErrNoFile when there are none.
	File(path string) (Log, error)

	// Files yields the path of each file that the repository lists, once, in
	// no particular order. The list of a damaged repository may lack files
	// that File finds.
	Files() iter.Seq2[string, error]

	// Bookmarks maps the name of each bookmark to its changeset.
	Bookmarks() map[string]Node

	// LocalTags maps the names of tags that were never shared. Exporting them
	// is hardly ever right.
	LocalTags() map[string]Node

	// Phase returns the phase of changeset i.
	Phase(i int) Phase

	// Hidden reports whether changeset i is out of sight: obsolete or
	// archived, and not an ancestor of something visible. A descendant of a
	// hidden changeset is hidden too, unless it is visible itself; then the
	// ancestor is visible as well.
	Hidden(i int) bool

	// Requirements lists the features of the repository's format, sorted.
	Requirements() []string

	// LargeFile opens the content of a file of the largefiles extension by the
	// SHA-1 that its standin holds; LFSObject one of the lfs extension by its
	// SHA-256. The error is fs.ErrNotExist when the repository has no copy.
	// The content is not checked.
	LargeFile(sha1 string) (io.ReadCloser, error)
	LFSObject(sha256 string) (io.ReadCloser, error)

	Close() error
}

// Log is the revisions of the changelog, of the manifest or of one file.
//
// Parents and delta bases come before the revisions that name them, and links
// are not checked against the changelog's length. A Log is for one goroutine
// at a time; different Logs may be used at the same time. Reading in ascending
// order is cheap: what a revision has in common with recent ones is not
// decoded again.
type Log interface {
	// Len is the number of revisions.
	Len() int

	// Entry returns what is known of revision i without reading its text.
	Entry(i int) Entry

	// Text returns the text of revision i, which must not be changed and
	// stays valid. It has been compared with the node, except when the entry
	// has Flags: then the node stands for another text. The error is
	// ErrTooLarge when Entry(i).Size is over MaxText.
	Text(i int) ([]byte, error)

	// Delta returns revision i as it is stored: the hunks that make it from
	// the text of revision base, or from the empty text when base is -1. The
	// hunks fit the base's size and make Entry(i).Size bytes; that they make
	// the right text is only known after Text. They stay valid until the next
	// call of Delta, Text or Open of this Log. The error is ErrTooLarge when
	// the hunks are too large for memory.
	Delta(i int) (base int, hunks []Hunk, err error)

	// Open streams the text of revision i in bounded memory, whatever its
	// size. A text that does not fit its node ends with an error instead of
	// io.EOF, or Open fails.
	Open(i int) (io.ReadCloser, error)

	// Find returns the number of the revision with this node.
	Find(n Node) (int, bool)

	Close() error
}

// Entry is a revision of a Log.
type Entry struct {
	Node   Node
	P1, P2 int   // numbers of the parents in the same log; -1: none
	Link   int   // number of the changeset that introduced it
	Size   int64 // bytes of the text
	Flags  Flags
}

// Flags say that a revision's text is not what its node was computed from.
type Flags uint16

// The flags.
const (
	Censored Flags = 1 << 15 // the content was removed; the text is a tombstone
	Ellipsis Flags = 1 << 14 // the parents are not the real ones
	External Flags = 1 << 13 // the text is a pointer of the lfs extension

	// copiesInSidedata says something about a changeset's copies and nothing
	// about its text.
	copiesInSidedata Flags = 1 << 12

	knownFlags = Censored | Ellipsis | External | copiesInSidedata
)

// Rewritten reports whether the node stands for another text.
func (f Flags) Rewritten() bool { return f&^copiesInSidedata != 0 }

// Known reports whether every flag is one that this package knows.
func (f Flags) Known() bool { return f&^knownFlags == 0 }

// Hunk replaces the bytes from Start to End of a base text by Data.
type Hunk struct {
	Start, End int
	Data       []byte
}

// Phase says how far a changeset was shared.
type Phase uint8

// The phases.
const (
	Public   Phase = 0
	Draft    Phase = 1
	Secret   Phase = 2
	Archived Phase = 32
	Internal Phase = 96
)

func (p Phase) String() string {
	switch p {
	case Public:
		return "public"
	case Draft:
		return "draft"
	case Secret:
		return "secret"
	case Archived:
		return "archived"
	}
	return "internal"
}
