package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// readable are the requirements that this package meets. Some change nothing
// for a reader.
func readable() []string {
	return []string{
		"revlogv1", "store", "fncache", "dotencode", "generaldelta", "sparserevlog",
		"revlog-compression-zstd", "revlog-compression-zlib", "revlog-compression-none",
		"exp-compression-none", "exp-compression-zlib", "exp-compression-zstd",
		"share-safe", "bookmarksinstore", "persistent-nodemap", "exp-persistent-nodemap",
		"internal-phase", "internal-phase-2", "exp-archived-phase",
		"dirstate-v2", "dirstate-tracked-key-v1", "exp-dirstate-v2", "exp-sparse",
		"largefiles", "lfs", "delta-info-revlog", "exp-delta-info-revlog",
	}
}

func (r *Repository) readRequirements() error {
	requires, err := readLines(r.control, "requires")
	if err != nil {
		return err
	}
	if shared, err := r.isShare(requires); err != nil || shared {
		return shareError(err)
	}
	// With share-safe, what the store requires is in the store.
	if slices.Contains(requires, "store") || slices.Contains(requires, "share-safe") {
		store, err := r.control.OpenRoot("store")
		if err != nil {
			return fmt.Errorf("%w: the repository's store cannot be opened: %w", hg.ErrCorrupt, err)
		}
		r.store = store
	}
	if slices.Contains(requires, "share-safe") {
		more, err := readLines(r.store, "requires")
		if err != nil {
			return err
		}
		requires = append(requires, more...)
	}
	slices.Sort(requires)
	r.requirements = slices.Compact(requires)
	return r.checkRequirements()
}

func (r *Repository) checkRequirements() error {
	known := readable()
	var unknown []string
	for _, name := range r.requirements {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return unsupported(strings.Join(unknown, ", "))
	}
	has := func(name string) bool { return slices.Contains(r.requirements, name) }
	switch {
	case !has("store"):
		r.encoding = encodeFolders
	case !has("fncache"):
		r.encoding = encodeCase
	case !has("dotencode"):
		r.encoding = encodeLong
	default:
		r.encoding = encodeDots
	}
	return nil
}

func (r *Repository) isShare(requires []string) (bool, error) {
	if slices.Contains(requires, "shared") || slices.Contains(requires, "relshared") {
		return true, nil
	}
	_, err := r.control.Lstat("sharedpath")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, err
}

func shareError(err error) error {
	return &providers.Error{Code: providers.CodeUnsupported, Op: "open a Mercurial repository", Err: err,
		Message: "it is a share: its history is in another repository",
		Hint:    "name the repository that it was shared from; .hg/sharedpath holds its path"}
}

// unsupported is the error of a format that cannot be read.
func unsupported(what string) error {
	return &providers.Error{Code: providers.CodeUnsupported, Op: "open a Mercurial repository",
		Message: "it is stored in a format that Drover does not read: " + schema.Printable(what),
		Hint:    "serve it with hg serve and name its address, or make a bundle of it with hg bundle --all and name that file"}
}
