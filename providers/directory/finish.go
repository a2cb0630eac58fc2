package directory

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path"

	"github.com/drover-migrate/drover/schema"
)

// finish sorts the journal into the files of the kinds and brings the manifest
// up to date.
//
// The journal goes last, so a kill anywhere before is made good by the next
// call: it merges the journal again, and merging what is merged already
// changes nothing.
func (r records) finish(ctx context.Context, m *manifest) error {
	pending, err := r.pending()
	if err != nil {
		return err
	}
	if pending {
		files, err := r.rewrite(ctx)
		if err != nil {
			return err
		}
		for kind, file := range files {
			if err := r.tree.Rename(r.temp(kind), r.at.kind(kind)); err != nil {
				return err
			}
			m.Kinds[kind] = file
		}
		if err := syncDir(r.tree, r.at.records()); err != nil {
			return err
		}
		if m.Blobs, err = r.blobTotals(); err != nil {
			return err
		}
		if err := writeManifest(r.tree, r.at, m); err != nil {
			return err
		}
	}
	return r.tree.RemoveAll(r.at.incoming())
}

func (r records) temp(kind schema.Kind) string {
	return path.Join(r.at.incoming(), kindFileName(kind))
}

// rewrite writes the new files of the kinds that the journal names beside the
// journal.
func (r records) rewrite(ctx context.Context) (map[schema.Kind]kindFile, error) {
	files := map[schema.Kind]kindFile{}
	var current *kindWriter
	finishCurrent := func() error {
		if current == nil {
			return nil
		}
		file, err := current.close()
		files[current.kind] = file
		current = nil
		return err
	}
	err := r.merged(ctx, func(kind schema.Kind, line []byte) error {
		if current == nil || current.kind != kind {
			if err := finishCurrent(); err != nil {
				return err
			}
			file, err := r.tree.OpenFile(r.temp(kind), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
			if err != nil {
				return err
			}
			current = newKindWriter(kind, file)
		}
		return current.line(line)
	})
	return files, errors.Join(err, finishCurrent())
}

// kindWriter writes the file of a kind and takes its measures.
type kindWriter struct {
	kind  schema.Kind
	file  *os.File
	out   *bufio.Writer
	hash  hash.Hash
	count int64
	bytes int64
}

func newKindWriter(kind schema.Kind, file *os.File) *kindWriter {
	w := &kindWriter{kind: kind, file: file, hash: sha256.New()}
	w.out = bufio.NewWriterSize(w, 256<<10)
	return w
}

// Write takes what the buffer let go of.
func (w *kindWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.hash.Write(p[:n])
	w.bytes += int64(n)
	return n, err
}

func (w *kindWriter) line(line []byte) error {
	w.count++
	return writeLine(w.out, line)
}

func (w *kindWriter) close() (kindFile, error) {
	err := errors.Join(w.out.Flush(), w.file.Sync(), w.file.Close())
	return kindFile{
		File:   kindFileName(w.kind),
		Count:  w.count,
		Bytes:  w.bytes,
		SHA256: hex.EncodeToString(w.hash.Sum(nil)),
	}, err
}

// blobTotals counts the files below blobs.
func (r records) blobTotals() (blobTotals, error) {
	var totals blobTotals
	err := eachFile(r.tree, r.at.blobs(), 2, func(_ string, info fs.FileInfo) error {
		totals.Count++
		totals.Bytes += info.Size()
		return nil
	})
	return totals, err
}
