package chain

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// largeText is the text of a revision in a temporary file. The file goes when
// its last user does.
type largeText struct {
	i     int
	size  int64
	file  *os.File
	users atomic.Int32
}

func (t *largeText) release() {
	if t != nil && t.users.Add(-1) == 0 {
		t.file.Close()
		os.Remove(t.file.Name())
	}
}

func (t *largeText) reader() io.ReadCloser {
	t.users.Add(1)
	return &largeReader{Reader: io.NewSectionReader(t.file, 0, t.size), text: t}
}

type largeReader struct {
	io.Reader
	text *largeText
}

func (r *largeReader) Close() error {
	r.text.release()
	r.text = nil
	return nil
}

// makeLarge makes the text of i and every text that it is made from in files,
// and keeps the last. The caller uses the result before the next call.
func (l *Log) makeLarge(i int) (*largeText, error) {
	var above []int
	for at := i; at >= 0 && (l.large == nil || l.large.i != at); at = l.chunks.Base(at) {
		above = append(above, at)
	}
	for n := len(above) - 1; n >= 0; n-- {
		next, err := l.nextLarge(above[n])
		if err != nil {
			return nil, l.inChain(above[n], i, err)
		}
		l.large.release()
		l.large = next
	}
	return l.large, nil
}

// nextLarge makes the text of i in a file, from l.large if it has a base.
func (l *Log) nextLarge(i int) (_ *largeText, err error) {
	file, err := os.CreateTemp(l.opts.Scratch, "hg-text-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for a large text: %w", err)
	}
	t := &largeText{i: i, file: file, size: l.Entry(i).Size}
	t.users.Store(1)
	defer func() {
		if err != nil {
			t.release()
		}
	}()
	chunk, err := l.chunks.OpenChunk(i)
	if err != nil {
		return nil, err
	}
	defer chunk.Close()
	hash := l.hash(i)
	w := &bounded{to: io.MultiWriter(file, hash), left: t.size}
	switch base := l.chunks.Base(i); base {
	case FullText:
		_, err = io.Copy(w, chunk)
	case FromEmpty:
		err = hg.ApplyStream(w, nothing{}, 0, chunk)
	default:
		err = hg.ApplyStream(w, l.large.file, l.large.size, chunk)
	}
	if err == nil && w.left != 0 {
		err = fmt.Errorf("%w: the text has %d bytes less than it should", hg.ErrCorrupt, w.left)
	}
	if err != nil {
		return nil, err
	}
	return t, l.verify(i, hash.Node())
}

// readLarge makes a text that fits in memory from ones that do not.
func (l *Log) readLarge(i int) ([]byte, error) {
	large, err := l.makeLarge(i)
	if err != nil {
		return nil, err
	}
	text := make([]byte, large.size)
	_, err = large.file.ReadAt(text, 0)
	return text, err
}

// bounded refuses to write more than it should.
type bounded struct {
	to   io.Writer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, fmt.Errorf("%w: the text is longer than it should be", hg.ErrCorrupt)
	}
	b.left -= int64(len(p))
	return b.to.Write(p)
}

// nothing is an empty file.
type nothing struct{}

func (nothing) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// checked reads a full text and ends with an error if it is not the right one.
type checked struct {
	log  *Log
	i    int
	from io.ReadCloser
	hash hg.Hash
	left int64
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if int64(n) > c.left {
		return 0, c.log.fail(c.i, fmt.Errorf("%w: the text is longer than it should be", hg.ErrCorrupt))
	}
	c.hash.Write(p[:n])
	c.left -= int64(n)
	switch {
	case err == io.EOF && c.left > 0:
		err = c.log.fail(c.i, fmt.Errorf("%w: the text has %d bytes less than it should", hg.ErrCorrupt, c.left))
	case err == io.EOF:
		if wrong := c.log.verify(c.i, c.hash.Node()); wrong != nil {
			err = c.log.fail(c.i, wrong)
		}
	case err != nil:
		err = c.log.fail(c.i, err)
	}
	return n, err
}

func (c *checked) Close() error { return c.from.Close() }
