package directory

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// writeBuffer is how many bytes of lines are gathered before they are written.
const writeBuffer = 4 << 20

// write appends records to the journal. Its answers hold when it returns
// without an error: by then everything is on disk. Records that somebody edited
// in the archive's files are left alone.
func (r records) write(ctx context.Context, m *manifest, writes []providers.Write) (_ []providers.Written, err error) {
	now, err := r.edited(ctx, m, writes)
	if err != nil {
		return nil, err
	}
	journal, err := r.openJournal()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, journal.close()) }()

	var lines bytes.Buffer
	written := make([]providers.Written, len(writes))
	for i := range writes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		key, start := writes[i].Record.Key(), lines.Len()
		if is, edited := now[key]; edited && is.Version != writes[i].Ref.Version {
			written[i].Problem = &providers.Error{
				Code: providers.CodeConflict, Op: "write", Subject: schema.Printable(key.String()),
				Message: "somebody edited it in " + r.at.kind(key.Kind), Hint: "to write over it: lifecycle { on_target_drift = \"overwrite\" }",
			}
			continue
		}
		if err := r.line(ctx, &lines, &writes[i]); err != nil {
			var refused *providers.Error
			if !errors.As(err, &refused) {
				return nil, err
			}
			written[i].Problem = refused
			continue
		}
		written[i].Ref = r.versioned(key, lines.Bytes()[start:])
		if lines.Len() >= writeBuffer {
			if err := journal.write(lines.Bytes()); err != nil {
				return nil, err
			}
			lines.Reset()
		}
	}
	return written, journal.write(lines.Bytes())
}

// edited finds the records that are to be replaced in files that somebody edited,
// as they are now. It looks at nothing when nobody did, which is nearly always.
func (r records) edited(ctx context.Context, m *manifest, writes []providers.Write) (map[schema.Key]schema.Ref, error) {
	var keys []schema.Key
	files := map[schema.Kind]bool{}
	for _, w := range writes {
		if w.Ref.Version == "" || w.Overwrite {
			continue
		}
		kind := w.Record.Kind
		if _, known := files[kind]; !known {
			unchanged, err := r.unchanged(m, kind)
			if err != nil {
				return nil, err
			}
			files[kind] = !unchanged
		}
		if files[kind] {
			keys = append(keys, w.Record.Key())
		}
	}
	return r.find(ctx, keys)
}

// unchanged reports whether a kind's file is as the manifest says, or missing:
// it has the size it tells and is not newer.
func (r records) unchanged(m *manifest, kind schema.Kind) (bool, error) {
	written, err := r.tree.Stat(r.at.manifest())
	if err != nil {
		return false, ignoreMissing(err)
	}
	info, err := r.tree.Stat(r.at.kind(kind))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist), ignoreMissing(err)
	}
	told, ok := m.Kinds[kind]
	return ok && told.Bytes == info.Size() && !info.ModTime().After(written.ModTime()), nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// line stores what one record brings along and appends its line to lines. A
// *providers.Error is about the record alone.
func (r records) line(ctx context.Context, lines *bytes.Buffer, write *providers.Write) error {
	record := write.Record
	if err := record.Check(); err != nil {
		return refuse(record.Key(), err)
	}
	if id := write.Ref.ID; id != "" && id != record.ID {
		return refuse(record.Key(), errors.New("it is to replace a record with another id"))
	}
	if record.Blob != nil {
		blob, err := r.storeBlob(ctx, record.Blob, write.Content)
		if err != nil {
			return err
		}
		record.Blob = blob
	}
	if err := encodeLine(lines, &record); err != nil {
		return refuse(record.Key(), err)
	}
	return nil
}

func refuse(key schema.Key, err error) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "write", Subject: schema.Printable(key.String()), Message: err.Error(), Err: err}
}

// storeBlob copies content into the archive, under its digest, and returns how
// a record of the archive refers to it. Without content, the archive must hold
// it already.
func (r records) storeBlob(ctx context.Context, blob *schema.Blob, content string) (*schema.Blob, error) {
	if blob.SHA256 != "" {
		info, err := r.tree.Lstat(r.at.blob(blob.SHA256))
		if err == nil && info.Mode().IsRegular() && (blob.Size < 0 || blob.Size == info.Size()) {
			return &schema.Blob{ID: blob.SHA256, SHA256: blob.SHA256, Size: info.Size()}, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	source, err := os.Open(content)
	if err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "store blob", Subject: schema.Printable(blob.ID),
			Message: "its content was not given, or cannot be read", Hint: "apply again, so that it is fetched again", Err: err}
	}
	defer source.Close()
	temp := path.Join(r.at.incoming(), "blob-"+rand.Text())
	digest, size, err := r.copyContent(ctx, source, temp)
	if err != nil {
		return nil, errors.Join(err, r.tree.RemoveAll(temp))
	}
	if blob.SHA256 != "" && blob.SHA256 != digest || blob.Size >= 0 && blob.Size != size {
		if err := r.tree.Remove(temp); err != nil {
			return nil, err
		}
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "store blob", Subject: schema.Printable(blob.ID),
			Message: "its content is not what its digest and size say", Hint: "apply again, so that it is fetched again"}
	}
	final := r.at.blob(digest)
	if err := r.tree.MkdirAll(path.Dir(final), 0o777); err != nil {
		return nil, err
	}
	if err := r.tree.Rename(temp, final); err != nil {
		return nil, err
	}
	return &schema.Blob{ID: digest, SHA256: digest, Size: size}, syncDir(r.tree, path.Dir(final))
}

func (r records) copyContent(ctx context.Context, source io.Reader, name string) (digest string, size int64, err error) {
	file, err := r.tree.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", 0, err
	}
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, hash), &contextReader{ctx: ctx, r: source})
	return hex.EncodeToString(hash.Sum(nil)), size, errors.Join(err, file.Sync(), file.Close())
}

// contextReader stops a copy when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
