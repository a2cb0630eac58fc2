package tfvc

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
)

// content is a file's contents as the server names them. The zero value is
// that of a server which tells no hashes.
type content struct {
	sum   [md5.Size]byte
	size  int64 // unknownSize when the server does not say
	known bool
}

const unknownSize = -1

// noText is the MD5 of nothing.
func noText() [md5.Size]byte { return md5.Sum(nil) }

func contentOf(i azure.Item) content {
	if i.Folder || !i.Hash.Known {
		return content{}
	}
	c := content{sum: i.Hash.Sum, size: i.Size, known: true}
	if c.size <= 0 && c.sum != noText() {
		c.size = unknownSize // servers leave out zeros, and some all sizes
	}
	return c
}

// empty reports contents of which nothing has to be asked.
func (c content) empty() bool { return c.known && c.sum == noText() && c.size <= 0 }

// check compares contents with what the server says of them.
func (c content) check(sum [md5.Size]byte, size int64) error {
	switch {
	case !c.known:
		return nil
	case c.size >= 0 && c.size != size:
		return fmt.Errorf("its contents have %d bytes, and the server says %d", size, c.size)
	case c.sum != sum:
		return fmt.Errorf("the MD5 of its contents is %x, and the server says %x", sum, c.sum)
	}
	return nil
}

// text is the contents of one file, in memory or, when they are large, in a
// temporary file.
type text struct {
	data []byte
	file *os.File
	sum  [md5.Size]byte
	size int64
}

func textOf(data []byte) *text { return &text{data: data, sum: md5.Sum(data), size: int64(len(data))} }

// smallText is the size up to which texts are held in memory.
const smallText = 4 << 20

// readText reads contents; what is longer than smallText goes to a file in
// scratch.
func readText(r io.Reader, scratch string) (_ *text, err error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, smallText+1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n <= smallText {
		return textOf(head.Bytes()), nil
	}
	t := &text{}
	if t.file, err = os.CreateTemp(scratch, "text-*"); err != nil {
		return nil, fmt.Errorf("store a large file: %w", err)
	}
	sum := md5.New()
	if t.size, err = io.Copy(io.MultiWriter(t.file, sum), io.MultiReader(&head, r)); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	sum.Sum(t.sum[:0])
	return t, nil
}

// Close removes what the text takes.
func (t *text) Close() error {
	t.data = nil
	if t.file == nil {
		return nil
	}
	return errors.Join(t.file.Close(), os.Remove(t.file.Name()))
}

// put writes the text as a blob, against the blob that was there before if that
// is worth it.
func (t *text) put(w *gitpack.Writer, before gitpack.ID) (gitpack.ID, error) {
	if t.file != nil {
		return w.PutStream(gitpack.Blob, t.size, io.NewSectionReader(t.file, 0, t.size))
	}
	if before.IsZero() {
		return w.Put(gitpack.Blob, t.data)
	}
	if _, size, err := w.Stat(before); err != nil || size > smallText {
		return w.Put(gitpack.Blob, t.data)
	}
	_, old, err := w.Read(before)
	if err != nil {
		return gitpack.ID{}, err
	}
	return w.PutAgainst(gitpack.Blob, t.data, before, old)
}

// missing is a file whose contents the server no longer has.
type missing struct {
	Path      string
	Changeset int
	Message   string
}

// blobs are the contents that were stored, by what the server calls them.
type blobs map[content]gitpack.ID

// add notes contents under all that the server may call them.
func (b blobs) add(c content, t *text, id gitpack.ID) {
	b[content{sum: t.sum, size: t.size, known: true}] = id
	if c.known && c.size == unknownSize {
		b[c] = id
	}
}

// blobRecord is the length of one entry of a table as bytes.
const blobRecord = md5.Size + 8 + len(gitpack.ID{})

// lossMissing is the code of contents that the server no longer has.
const lossMissing = "tfvc.contents"

func (m missing) lose(l *conversion.Losses) {
	l.Add(lossMissing, m.Path, fmt.Sprintf("C%d", m.Changeset), "its contents cannot be had, and it is left out: "+m.Message)
}
