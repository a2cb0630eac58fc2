package subversion

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// textMemory is how many bytes of texts are kept as the bases of later ones.
const textMemory = 96 << 20

// knownTexts is how many blobs are remembered by where their texts come from.
const knownTexts = 250_000

// content is a file of the source tree.
type content struct {
	mode gittree.Mode
	id   gitpack.ID
}

// texts makes blobs of the texts of nodes.
type texts struct {
	writer  func() *gitpack.Writer
	scratch string
	cache   *textCache
	ahead   map[*svn.Node]*job // made before they are needed

	mu    sync.Mutex
	known map[svn.Origin]gitpack.ID // blobs of this run, by where the source has them
}

func newTexts(writer func() *gitpack.Writer, scratch string) *texts {
	return &texts{writer: writer, scratch: scratch, cache: newTextCache(textMemory), ahead: map[*svn.Node]*job{}, known: map[svn.Origin]gitpack.ID{}}
}

// result returns what the file of n is after it. Was is what it was before, the
// zero content for a new file. Toggled says that it becomes a special file or
// stops being one.
func (t *texts) result(n *svn.Node, was content, special, toggled bool) (content, error) {
	if n.Text == nil && !toggled && was.mode != 0 {
		return was, nil
	}
	if special || was.mode == gittree.Symlink {
		return t.link(n, was, special)
	}
	if j := t.ahead[n]; j != nil {
		delete(t.ahead, n)
		// What was foreseen may not have come: then the work is done again here.
		if id, base, err := j.wait(); err == nil && base == was.id {
			return content{gittree.File, id}, nil
		}
	}
	id, err := t.blob(n, was.id)
	return content{gittree.File, id}, err
}

// link is result for files that are or were links. A blob of a link holds the
// target alone.
func (t *texts) link(n *svn.Node, was content, special bool) (content, error) {
	text, err := t.base(was.id)
	if err != nil {
		return content{}, err
	}
	if was.mode == gittree.Symlink {
		text = append([]byte(linkPrefix), text...)
	}
	if n.Text != nil {
		if text, _, err = n.Text.Apply(text); err != nil {
			return content{}, err
		}
	}
	mode, data := gittree.File, text
	// A text with more than a target could not be built again from the target:
	// the next change of the file needs it.
	if target, ok := linkTarget(text); special && ok && len(target)+len(linkPrefix) == len(text) {
		mode, data = gittree.Symlink, target
	}
	id, err := t.writer().Put(gitpack.Blob, data)
	return content{mode, id}, err
}

// blob makes the blob of n, whose text is a difference to the blob base (zero: to
// nothing).
func (t *texts) blob(n *svn.Node, base gitpack.ID) (gitpack.ID, error) {
	w := t.writer()
	if n.Text == nil {
		return w.Put(gitpack.Blob, nil)
	}
	if id, ok := t.blobOf(n.Text.Origin); ok {
		return id, nil
	}
	old, err := t.base(base)
	if errors.Is(err, gitpack.ErrTooLarge) {
		return t.stream(n, base)
	}
	if err != nil {
		return gitpack.ID{}, err
	}
	text, delta, err := n.Text.Apply(old)
	if errors.Is(err, svn.ErrTooLarge) {
		return t.stream(n, base)
	}
	if err != nil {
		return gitpack.ID{}, err
	}
	var id gitpack.ID
	switch {
	case delta != nil && !base.IsZero():
		id, err = w.PutDelta(gitpack.Blob, text, base, delta)
	case len(old) > 0:
		id, err = w.PutAgainst(gitpack.Blob, text, base, old)
	default:
		id, err = w.Put(gitpack.Blob, text)
	}
	if err != nil {
		return id, err
	}
	t.cache.put(n.Path, id, text, base)
	if n.MD5 != "" || n.SHA1 != "" { // or base may be a wrong guess that nobody noticed yet
		t.know(n.Text.Origin, id)
	}
	return id, nil
}

// blobOf returns the blob that was made of a text of the same origin.
func (t *texts) blobOf(from svn.Origin) (gitpack.ID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.known[from]
	return id, ok
}

// know notes the blob of a text.
func (t *texts) know(from svn.Origin, id gitpack.ID) {
	if from == (svn.Origin{}) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) == knownTexts {
		clear(t.known) // a short memory is a long one most of the time
	}
	t.known[from] = id
}

// base returns the text of a blob.
func (t *texts) base(id gitpack.ID) ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	if text, ok := t.cache.get(id); ok {
		return text, nil
	}
	_, text, err := t.writer().Read(id)
	if err != nil {
		return nil, fmt.Errorf("read the text that it changes: %w", err)
	}
	return text, nil
}

// stream is blob for texts that are not held in memory.
func (t *texts) stream(n *svn.Node, base gitpack.ID) (gitpack.ID, error) {
	old, size, err := t.spill(base)
	if err != nil {
		return gitpack.ID{}, err
	}
	defer discard(old)
	out, err := os.CreateTemp(t.scratch, "drover-svn-*")
	if err != nil {
		return gitpack.ID{}, fmt.Errorf("store a large text: %w", err)
	}
	defer discard(out)
	if err := n.Text.ApplyStream(old, size, out); err != nil {
		return gitpack.ID{}, err
	}
	length, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return gitpack.ID{}, err
	}
	return t.writer().PutStream(gitpack.Blob, length, io.NewSectionReader(out, 0, length))
}

// readerAt is a text that can be read anywhere.
type readerAt interface {
	io.ReaderAt
	io.Closer
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// spill puts a blob of any size where it can be read anywhere.
func (t *texts) spill(id gitpack.ID) (readerAt, int64, error) {
	if id.IsZero() {
		return inMemory{bytes.NewReader(nil)}, 0, nil
	}
	_, size, in, err := t.writer().Open(id)
	if err != nil {
		return nil, 0, fmt.Errorf("read the text that it changes: %w", err)
	}
	defer in.Close() // read only
	f, err := os.CreateTemp(t.scratch, "drover-svn-*")
	if err != nil {
		return nil, 0, fmt.Errorf("store a large text: %w", err)
	}
	if _, err := io.Copy(f, in); err != nil {
		discard(f)
		return nil, 0, fmt.Errorf("store a large text: %w", err)
	}
	return f, size, nil
}

// discard closes a temporary file and removes it.
func discard(r io.Closer) {
	_ = r.Close()
	if f, ok := r.(*os.File); ok {
		_ = os.Remove(f.Name()) // its folder is emptied in time
	}
}
