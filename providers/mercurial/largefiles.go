package mercurial

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// standins is the folder in which the extension largefiles keeps, for each
// large file, a small file with its hash.
const standins = ".hglf/"

// standin returns the SHA-1 of the large file for which a file stands.
func standin(path string, content []byte) (string, bool) {
	hash := strings.TrimSuffix(string(content[:min(len(content), 2*sha1.Size+1)]), "\n")
	if !strings.HasPrefix(path, standins) || len(content) > 2*sha1.Size+1 || len(hash) != 2*sha1.Size {
		return "", false
	}
	_, err := hex.DecodeString(hash)
	return strings.ToLower(hash), err == nil
}

// largeFile stores the large file for which the content of a standin stands.
// When there is no copy of it, the standin is stored itself.
func (c *converter) largeFile(path string, e hg.Entry, hash string, content []byte) (gitpack.ID, error) {
	if c.isMissing(e.Node) {
		return c.session.Writer().Put(gitpack.Blob, content)
	}
	in, err := c.repo.LargeFile(hash)
	if err == nil {
		var blob gitpack.ID
		if blob, err = c.putHashed(in, sha1.New(), hash); err == nil {
			return blob, nil
		}
	}
	return c.without(strings.TrimPrefix(path, standins), e, hash, content, err)
}

// largeContent stores what a pointer of the extension lfs stands for. When
// there is no copy of it, the pointer is stored itself.
func (c *converter) largeContent(path string, e hg.Entry, content []byte) (gitpack.ID, error) {
	if c.isMissing(e.Node) {
		return c.session.Writer().Put(gitpack.Blob, content)
	}
	hash, err := lfsHash(content)
	if err == nil {
		var in io.ReadCloser
		if in, err = c.repo.LFSObject(hash); err == nil {
			var blob gitpack.ID
			if blob, err = c.putHashed(in, sha256.New(), hash); err == nil {
				return blob, nil
			}
		}
	}
	return c.without(path, e, hash, content, err)
}

// lfsHash reads a pointer, which may have lines that git's do not.
func lfsHash(pointer []byte) (string, error) {
	var plain []byte
	for line := range bytes.Lines(pointer[:min(len(pointer), maxMeta)]) {
		if !bytes.HasPrefix(line, []byte("x-")) {
			plain = append(plain, line...)
		}
	}
	p, ok := gitrepo.ParsePointer(plain)
	if !ok {
		return "", fmt.Errorf("%w: the pointer of a large file makes no sense", hg.ErrCorrupt)
	}
	return p.OID, nil
}

// errOther says that a large file is not what its name says.
var errOther = errors.New("the copy of the large file has another hash than its name")

// putHashed stores a stream whose hash is known, and closes it. The size must
// be known before git can be given the first byte, so that the stream passes
// through a file.
func (c *converter) putHashed(in io.ReadCloser, h hash.Hash, want string) (gitpack.ID, error) {
	defer in.Close()
	spill, err := os.CreateTemp(c.scratch, "large-*")
	if err != nil {
		return gitpack.ID{}, err
	}
	defer os.Remove(spill.Name())
	defer spill.Close()
	size, err := io.Copy(io.MultiWriter(spill, h), in)
	if err != nil {
		return gitpack.ID{}, err
	}
	if hex.EncodeToString(h.Sum(nil)) != want {
		return gitpack.ID{}, errOther
	}
	if _, err := spill.Seek(0, io.SeekStart); err != nil {
		return gitpack.ID{}, err
	}
	return c.session.Writer().PutStream(gitpack.Blob, size, spill)
}

// without stores what stands for a large file that cannot be had, and
// remembers that it failed.
func (c *converter) without(path string, e hg.Entry, hash string, content []byte, cause error) (gitpack.ID, error) {
	message := ""
	switch {
	case errors.Is(cause, fs.ErrNotExist):
		message = "the source has no copy of the large file"
	case errors.Is(cause, errOther), errors.Is(cause, hg.ErrCorrupt):
		message = cause.Error()
	default: // a full disk, a server that does not answer: no commit must be made of that
		return gitpack.ID{}, cause
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing[e.Node] = missing{Path: schema.Printable(path), Hash: hash, Message: message}
	return c.session.Writer().Put(gitpack.Blob, content)
}

// isMissing reports whether a file revision's large file could not be had, now
// or in an earlier run: commits were made with what stands for it, and those
// that follow must agree with them.
func (c *converter) isMissing(node hg.Node) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, missing := c.missing[node]
	return missing
}

// hasLarge reports whether the blob of a file below the folder of standins is
// the large file, and not a standin or something else that is kept there.
func (c *converter) hasLarge(path string, node hg.Node) (bool, error) {
	if c.isMissing(node) {
		return false, nil
	}
	log, err := c.repo.File(path)
	if err != nil {
		return false, err
	}
	defer log.Close()
	i, found := log.Find(node)
	if !found || log.Entry(i).Size > maxMeta || log.Entry(i).Flags.Rewritten() {
		return false, nil
	}
	text, err := log.Text(i)
	if err != nil {
		return false, err
	}
	_, is := standin(path, text[hg.MetaSize(text):])
	return is, nil
}

// missing is a large file without content.
type missing struct {
	Path    string `json:"path"`
	Hash    string `json:"hash"`
	Message string `json:"message"`
}

func (m missing) failed() providers.ItemFailed {
	return providers.ItemFailed{
		Key:   schema.Key{Kind: schema.KindLFSObject, ID: m.Hash},
		Title: m.Path,
		Problem: &providers.Error{Code: providers.CodeNotFound, Op: "read large file", Subject: m.Path, Message: m.Message,
			Hint: "restore it at the source and convert anew with drover apply --restart; until then the commits hold what stands for it"},
	}
}
