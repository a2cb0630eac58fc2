// Package store reads a Mercurial repository on this machine from its files.
// It runs no program, follows no symbolic link out of the repository, and reads
// no configuration: a repository's hgrc can name programs to run.
//
// Start at [Open]. Repositories that another process is writing to may be read:
// what was committed when Open returned is seen, and nothing after it, except
// revisions of files that no changeset refers to yet.
//
// # Why
//
// What a repository requires is compared with a list of what this package can
// read, and everything else is refused by name: a reader that guesses at an
// unknown format reads wrong histories.
//
// A share, whose store is somewhere else, is refused as well. Following the
// path in it would let an unpacked archive name any other repository of this
// machine as its content.
package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
	"github.com/drover-migrate/drover/schema"
)

// Options are for Open.
type Options struct {
	Scratch string // folder for texts too large for memory; "" is the system's
}

// Repository is a repository on this machine. It implements [hg.Repository].
type Repository struct {
	control *os.Root // .hg
	store   *os.Root // .hg/store, or control in repositories that have none
	opts    Options

	encoding     encoding
	requirements []string
	decoders     *decoders

	changelog *revlog
	manifest  *revlog
	bookmarks map[string]hg.Node
	localTags map[string]hg.Node
	phases    []hg.Phase
	hidden    []bool // nil: nothing is
}

var _ hg.Repository = (*Repository)(nil)

// Open opens the repository whose working folder, with its .hg, is dir. Errors
// are of type *providers.Error, or damage (hg.ErrCorrupt).
func Open(dir string, opts Options) (_ *Repository, err error) {
	control, err := os.OpenRoot(filepath.Join(dir, ".hg"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &providers.Error{Code: providers.CodeNotFound, Op: "open a Mercurial repository", Message: fmt.Sprintf("there is none at %s", schema.Printable(dir)), Err: err,
			Hint: "name the folder that holds .hg"}
	}
	if err != nil {
		return nil, fmt.Errorf("open a Mercurial repository: %w", err)
	}
	r := &Repository{control: control, store: control, opts: opts}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	if err := r.readRequirements(); err != nil {
		return nil, err
	}
	if r.decoders, err = newDecoders(); err != nil {
		return nil, err
	}
	if err := r.readLogs(); err != nil {
		return nil, err
	}
	return r, r.readState()
}

// readLogs opens the changelog before the manifest: what it refers to was
// written before it.
func (r *Repository) readLogs() (err error) {
	if r.changelog, err = r.openLog("00changelog"); err != nil {
		return fmt.Errorf("read the changelog: %w", err)
	}
	if r.manifest, err = r.openLog("00manifest"); err != nil {
		return fmt.Errorf("read the manifest log: %w", err)
	}
	return nil
}

// openLog opens one of the two logs that an empty repository does not have.
func (r *Repository) openLog(name string) (*revlog, error) {
	log, err := openRevlog(r.store, name+".i", name+".d", r.decoders)
	if errors.Is(err, fs.ErrNotExist) {
		return &revlog{index: &index{}, decoders: r.decoders}, nil
	}
	return log, err
}

// Changelog implements [hg.Repository].
func (r *Repository) Changelog() (hg.Log, error) {
	return r.log(r.changelog.another(), "changelog"), nil
}

// Manifests implements [hg.Repository].
func (r *Repository) Manifests() (hg.Log, error) { return r.log(r.manifest.another(), "manifest"), nil }

// File implements [hg.Repository].
func (r *Repository) File(path string) (hg.Log, error) {
	if err := hg.CheckPath(path); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("file %q", schema.Printable(path))
	log, err := openRevlog(r.store, r.encoding.encode("data/"+path+".i"), r.encoding.encode("data/"+path+".d"), r.decoders)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, hg.ErrNoFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r.log(log, name), nil
}

func (r *Repository) log(log *revlog, name string) *chain.Log {
	return chain.New(log, chain.Options{Name: name, Scratch: r.opts.Scratch, Changeset: r.changeset})
}

func (r *Repository) changeset(link int) (hg.Node, bool) {
	if link < 0 || link >= r.changelog.Len() {
		return hg.Node{}, false
	}
	return r.changelog.node(link), true
}

// Files implements [hg.Repository]. The order is that of the paths.
func (r *Repository) Files() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := r.listFiles()
		if err != nil {
			yield("", fmt.Errorf("list the files of the repository: %w", err))
			return
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if err := hg.CheckPath(name); err != nil {
				yield("", err)
				return
			}
			if !yield(name, nil) {
				return
			}
		}
	}
}

// Bookmarks implements [hg.Repository].
func (r *Repository) Bookmarks() map[string]hg.Node { return r.bookmarks }

// LocalTags implements [hg.Repository].
func (r *Repository) LocalTags() map[string]hg.Node { return r.localTags }

// Phase implements [hg.Repository].
func (r *Repository) Phase(i int) hg.Phase { return r.phases[i] }

// Hidden implements [hg.Repository].
func (r *Repository) Hidden(i int) bool { return r.hidden != nil && r.hidden[i] }

// Requirements implements [hg.Repository].
func (r *Repository) Requirements() []string { return r.requirements }

// LargeFile implements [hg.Repository].
func (r *Repository) LargeFile(sha1 string) (io.ReadCloser, error) {
	if err := checkDigest(sha1, 40); err != nil {
		return nil, err
	}
	return openContent(r.control, "largefiles/"+sha1)
}

// LFSObject implements [hg.Repository].
func (r *Repository) LFSObject(sha256 string) (io.ReadCloser, error) {
	if err := checkDigest(sha256, 64); err != nil {
		return nil, err
	}
	return openContent(r.store, "lfs/objects/"+sha256[:2]+"/"+sha256[2:])
}

func openContent(root *os.Root, name string) (io.ReadCloser, error) {
	f, err := openRegular(root, name)
	if err != nil {
		return nil, err // not a nil *os.File, which would be no nil ReadCloser
	}
	return f, nil
}

// checkDigest keeps what a history calls a digest from being another path.
func checkDigest(s string, n int) error {
	if len(s) != n {
		return fmt.Errorf("%w: a checksum of %d digits instead of %d", hg.ErrCorrupt, len(s), n)
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("%w: a checksum that is not hexadecimal", hg.ErrCorrupt)
		}
	}
	return nil
}

// Close implements [hg.Repository].
func (r *Repository) Close() error {
	var errs []error
	for _, log := range []*revlog{r.changelog, r.manifest} {
		if log != nil {
			errs = append(errs, log.Close())
		}
	}
	if r.decoders != nil {
		r.decoders.close()
	}
	if r.store != r.control {
		errs = append(errs, r.store.Close())
	}
	return errors.Join(append(errs, r.control.Close())...)
}
