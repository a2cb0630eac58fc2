// Package bundle takes Mercurial bundles apart: the files that hg bundle writes,
// and what servers send. It keeps nothing and checks no text; a [Sink] does.
//
// Bundles of version 1 (HG10: plain, gzip, bzip2) and 2 (HG20, also zstd) with
// changegroups 01, 02 and 03 are read. What is marked as mandatory and not
// known is refused by name. So are stream clones, which are copies of a store
// in whatever format that has, and manifests that are split into trees.
//
// Start at [Read].
package bundle

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// Log names the log that revisions belong to.
type Log struct {
	Kind Kind
	Path string // of a file
}

// Kind is which log of a repository.
type Kind uint8

// The kinds.
const (
	Changelog Kind = iota
	Manifest
	File
)

func (l Log) String() string {
	switch l.Kind {
	case Changelog:
		return "changelog"
	case Manifest:
		return "manifest"
	}
	return fmt.Sprintf("file %q", schema.Printable(l.Path))
}

// Revision is one revision as it was sent.
type Revision struct {
	Node, P1, P2 hg.Node
	Base         hg.Node // what the delta is against; null: the empty text
	Link         hg.Node // the changeset
	Flags        hg.Flags
	Size         int64     // bytes of the delta
	Delta        io.Reader // valid until Revision returns
}

// Sink receives what a bundle holds. An error ends the reading and is returned.
type Sink interface {
	// Begin says which log the next revisions belong to. The changelog comes
	// first, then the manifest, then files.
	Begin(log Log) error

	// Revision receives one revision. Parents and bases that the bundle holds
	// came before it.
	Revision(r Revision) error

	// PhaseHeads says that heads and their ancestors are in no higher phase.
	PhaseHeads(phase hg.Phase, heads []hg.Node) error

	// TargetPhase is the phase of what no PhaseHeads mentions.
	TargetPhase(phase hg.Phase) error

	// Bookmark names a changeset. It may be one that the bundle does not hold.
	Bookmark(name string, node hg.Node) error

	// Obsolete receives markers, for hg.Obsolete.
	Obsolete(markers []byte) error
}

// magicSize is the size of a bundle file's first word.
const magicSize = 4

// Read reads a bundle to its end and waits for nothing behind it.
func Read(ctx context.Context, from io.Reader, to Sink) error {
	r := bufio.NewReaderSize(&stoppable{ctx: ctx, from: from}, 64<<10)
	magic, err := r.Peek(magicSize)
	if err != nil {
		return fmt.Errorf("read a bundle: %w", early(err))
	}
	switch string(magic) {
	case "HG10":
		err = readOne(r, to)
	case "HG20":
		r.Discard(magicSize) // was peeked
		err = readTwo(r, to)
	case "HGS1":
		err = unsupported("a stream clone (HGS1)")
	default:
		if bytes.HasPrefix(magic, []byte("HG")) {
			err = unsupported(fmt.Sprintf("a bundle of the version %q", schema.Printable(string(magic))))
		} else {
			err = &providers.Error{Code: providers.CodeInvalid, Message: "it is not a Mercurial bundle", Hint: "make one with hg bundle --all FILE"}
		}
	}
	if err != nil {
		return fmt.Errorf("read a bundle: %w", err)
	}
	return nil
}

// ReadChangegroup reads a changegroup without a bundle around it, as servers
// send it that know no bundles of version 2.
func ReadChangegroup(ctx context.Context, from io.Reader, to Sink) error {
	r := bufio.NewReaderSize(&stoppable{ctx: ctx, from: from}, 64<<10)
	if err := readChangegroup(r, 1, to); err != nil {
		return fmt.Errorf("read a changegroup: %w", err)
	}
	return nil
}

// readOne reads a bundle of version 1: HG10, compression, changegroup 01.
func readOne(r *bufio.Reader, to Sink) error {
	var header [6]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return early(err)
	}
	name := string(header[4:])
	from := io.Reader(r)
	if name == "BZ" { // is also where the bzip2 stream begins
		from = io.MultiReader(bytes.NewReader(header[4:]), r)
	}
	plain, err := decompress(name, from)
	if err != nil {
		return err
	}
	defer plain.Close()
	return readChangegroup(bufio.NewReaderSize(plain, 64<<10), 1, to)
}

// decompress returns a reader of what a compressed reader holds. Its errors
// are ErrCorrupt.
func decompress(name string, r io.Reader) (io.ReadCloser, error) {
	switch name {
	case "UN":
		return io.NopCloser(r), nil
	case "GZ":
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, damaged(err)
		}
		return inflated{z}, nil
	case "BZ":
		return inflated{io.NopCloser(bzip2.NewReader(r))}, nil
	case "ZS":
		z, err := NewZstd(r)
		if err != nil {
			return nil, err
		}
		return z, nil
	}
	return nil, unsupported(fmt.Sprintf("compression %q", schema.Printable(name)))
}

// maxWindow is the memory that a zstd stream may ask for.
const maxWindow = 128 << 20

// NewZstd decompresses a zstd stream in bounded memory.
func NewZstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, damaged(err)
	}
	return inflated{z.IOReadCloser()}, nil
}

// NewZlib decompresses a zlib stream.
func NewZlib(r io.Reader) (io.ReadCloser, error) {
	z, err := zlib.NewReader(r)
	if err != nil {
		return nil, damaged(err)
	}
	return inflated{z}, nil
}

// inflated tells damage apart from a connection that broke.
type inflated struct{ io.ReadCloser }

func (i inflated) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = damaged(err)
	}
	return n, err
}

// damaged is the error of a stream that cannot be decompressed. Errors of the
// provider contract come from below the decompressor and stay.
func damaged(err error) error {
	var known *providers.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: the data cannot be decompressed: %w", hg.ErrCorrupt, err)
}

func unsupported(what string) error {
	return &providers.Error{Code: providers.CodeUnsupported, Message: "it holds " + what + ", which Drover does not read",
		Hint: "make a bundle with hg bundle --all --type zstd-v2 FILE"}
}

// early is the error of data that ends where more has to follow.
func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the bundle ends too early", hg.ErrCorrupt)
	}
	return err
}

// stoppable fails when its context has ended.
type stoppable struct {
	ctx  context.Context
	from io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.from.Read(p)
}
