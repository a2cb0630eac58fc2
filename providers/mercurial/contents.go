package mercurial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
	"golang.org/x/sync/errgroup"
)

// contents converts the revisions of all files that changesets without a
// commit introduced. Files are independent of each other, so it works on
// several at a time. Revisions that it misses, because the store names another
// changeset than one that uses them, are converted when a manifest asks.
func (c *converter) contents(ctx context.Context) error {
	var files []string
	for path, err := range c.repo.Files() {
		if err != nil {
			return fmt.Errorf("list files: %w", err)
		}
		files = append(files, path)
	}
	var next atomic.Int64
	for int(next.Load()) < len(files) {
		work, working := errgroup.WithContext(ctx)
		for range runtime.GOMAXPROCS(0) {
			work.Go(func() error {
				for {
					i := int(next.Add(1)) - 1
					if i >= len(files) {
						return nil
					}
					if err := c.contentsOf(working, files[i]); err != nil {
						return err
					}
					c.progress("reading", "files", i+1, len(files))
					if c.due() {
						return nil
					}
				}
			})
		}
		if err := work.Wait(); err != nil {
			return err
		}
		c.blobs.settle()
		if int(next.Load()) < len(files) {
			if err := c.checkpoint(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// contentsOf converts the revisions of one file.
func (c *converter) contentsOf(ctx context.Context, path string) error {
	log, err := c.repo.File(path)
	if errors.Is(err, hg.ErrNoFile) { // the list of files may name some that left
		return nil
	}
	if err != nil {
		return err
	}
	defer log.Close()
	f := c.newFile(path, log)
	pairs := make([]pair, 0, log.Len())
	for i := range log.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := log.Entry(i)
		if e.Link < 0 || e.Link >= len(c.table.rows) || !c.table.rows[e.Link].exported || c.table.rows[e.Link].converted() {
			continue
		}
		if blob, known := c.blobs.find(e.Node); known {
			f.blobs[i] = blob
			continue
		}
		blob, err := f.convert(i)
		if err != nil {
			return fmt.Errorf("%s, revision %.12s: %w", schema.Printable(path), e.Node, err)
		}
		pairs = append(pairs, pair{e.Node, blob})
	}
	c.blobs.add(pairs)
	return nil
}

// blob returns the blob of a file revision, which it converts if nothing did.
func (c *converter) blob(path string, node hg.Node) (gitpack.ID, error) {
	if blob, known := c.blobs.find(node); known {
		return blob, nil
	}
	log, err := c.repo.File(path)
	if err != nil {
		return gitpack.ID{}, err
	}
	defer log.Close()
	i, found := log.Find(node)
	if !found {
		return gitpack.ID{}, fmt.Errorf("%w: %s has no revision %s, which a manifest names", hg.ErrCorrupt, schema.Printable(path), node)
	}
	blob, err := c.newFile(path, log).convert(i)
	if err != nil {
		return gitpack.ID{}, fmt.Errorf("%s, revision %.12s: %w", schema.Printable(path), node, err)
	}
	c.blobs.put(node, blob)
	return blob, nil
}

// file is a file whose revisions are being converted.
type file struct {
	c     *converter
	path  string
	log   hg.Log
	blobs []gitpack.ID // by revision; zero: not known
	metas []int        // how many bytes precede the content, where the blob is known
	delta *gitpack.Delta
}

func (c *converter) newFile(path string, log hg.Log) *file {
	return &file{c: c, path: path, log: log, blobs: make([]gitpack.ID, log.Len()), metas: make([]int, log.Len()), delta: gitpack.NewDelta(0, 0)}
}

func (f *file) convert(i int) (gitpack.ID, error) {
	e := f.log.Entry(i)
	if e.Size > hg.MaxText {
		return f.stream(i, e)
	}
	text, err := f.log.Text(i)
	if err != nil {
		return gitpack.ID{}, err
	}
	meta := hg.MetaSize(text)
	if e.Flags&hg.Censored != 0 {
		f.c.lose("mercurial.censored", f.path, e.Link, "the content was removed at the source, and the file is empty there")
		return f.c.session.Writer().Put(gitpack.Blob, nil)
	}
	if e.Flags&hg.External != 0 {
		return f.c.largeContent(f.path, e, text[meta:])
	}
	if sha1, ok := standin(f.path, text[meta:]); ok {
		return f.c.largeFile(f.path, e, sha1, text[meta:])
	}
	blob, err := f.put(i, text, meta)
	f.blobs[i], f.metas[i] = blob, meta
	return blob, err
}

// farther is how much larger than what changed a delta may be that leads to a
// revision from one that is not its parent.
const farther = 8

// put stores the content of revision i as the change of another revision that
// the store records, or as the change from its parent when the recorded one is
// far from it.
func (f *file) put(i int, text []byte, meta int) (gitpack.ID, error) {
	w, body := f.c.session.Writer(), text[meta:]
	base, hunks, err := f.log.Delta(i)
	if err != nil {
		return gitpack.ID{}, err
	}
	if base >= 0 && !f.blobs[base].IsZero() {
		f.delta.Reset(f.log.Entry(base).Size-int64(f.metas[base]), int64(len(body)))
		if transplant(f.delta, hunks, int(f.log.Entry(base).Size), f.metas[base], meta) && len(f.delta.Bytes()) <= len(body)/farther {
			return w.PutDelta(gitpack.Blob, body, f.blobs[base], f.delta.Bytes())
		}
	}
	parent := f.log.Entry(i).P1
	if parent < 0 || f.blobs[parent].IsZero() {
		parent = i - 1
	}
	if parent < 0 || f.blobs[parent].IsZero() || f.log.Entry(parent).Size > hg.MaxText {
		return w.Put(gitpack.Blob, body)
	}
	old, err := f.log.Text(parent)
	if err != nil {
		return gitpack.ID{}, err
	}
	return w.PutAgainst(gitpack.Blob, body, f.blobs[parent], old[f.metas[parent]:])
}

// transplant turns hunks between two texts into a delta between their
// contents, which begin behind the metadata. It gives up when metadata of the
// base became content.
func transplant(d *gitpack.Delta, hunks []hg.Hunk, baseSize, baseMeta, meta int) bool {
	skip := meta // bytes of the result that are metadata still
	keep := func(from, to int) bool {
		n := min(skip, to-from)
		skip, from = skip-n, from+n
		if from < to && from < baseMeta {
			return false
		}
		d.Copy(int64(from-baseMeta), int64(to-from))
		return true
	}
	last := 0
	for _, h := range hunks {
		if !keep(last, h.Start) {
			return false
		}
		n := min(skip, len(h.Data))
		skip -= n
		d.Insert(h.Data[n:])
		last = h.End
	}
	return keep(last, baseSize)
}

// stream stores a revision that is too large for memory.
func (f *file) stream(i int, e hg.Entry) (gitpack.ID, error) {
	in, err := f.log.Open(i)
	if err != nil {
		return gitpack.ID{}, err
	}
	defer in.Close()
	head := make([]byte, maxMeta)
	n, err := io.ReadFull(in, head)
	if err != nil {
		return gitpack.ID{}, err
	}
	meta := hg.MetaSize(head[:n])
	body := io.MultiReader(strings.NewReader(string(head[meta:n])), in)
	return f.c.session.Writer().PutStream(gitpack.Blob, e.Size-int64(meta), body)
}

// maxMeta bounds what is read of a large text in search of its metadata, which
// is the name of a copy's source.
const maxMeta = 256 << 10
