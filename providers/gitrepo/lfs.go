package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Pointer is what Git LFS keeps in a repository in place of a file.
type Pointer struct {
	OID  string // SHA-256 of the file, in lower-case hexadecimal
	Size int64
}

const (
	// maxPointer is the size from which git-lfs takes no blob for a pointer.
	maxPointer = 1024

	// minPointer is the length of a pointer without spaces to spare.
	minPointer = len("version http://git-media.io/v/2\noid sha256:\nsize 0") + 64
)

// LFSPointers lists the Git LFS pointers in everything the refs and HEAD lead
// to, each once, sorted.
//
// Looking at all blobs is many times faster than walking all trees, so that
// comes first. The trees are walked only if there are pointers, to leave out
// those that no ref leads to any more.
func (r *Repo) LFSPointers(ctx context.Context) iter.Seq2[Pointer, error] {
	return func(yield func(Pointer, error) bool) {
		pointers, err := r.lfsPointers(ctx)
		if err != nil {
			yield(Pointer{}, err)
			return
		}
		for _, p := range pointers {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (r *Repo) lfsPointers(ctx context.Context) ([]Pointer, error) {
	blobs, err := r.pointerBlobs(ctx)
	if err != nil || len(blobs) == 0 {
		return nil, err
	}
	var pointers []Pointer
	c := r.git("list objects of", "rev-list", "--objects", "--no-object-names", fmt.Sprintf("--filter=blob:limit=%d", maxPointer), "--all")
	err = c.eachLine(ctx, func(oid []byte) error {
		if p, ok := blobs[string(oid)]; ok {
			pointers = append(pointers, p)
			delete(blobs, string(oid))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(pointers, func(a, b Pointer) int {
		if c := strings.Compare(a.OID, b.OID); c != 0 {
			return c
		}
		return int(min(1, max(-1, a.Size-b.Size)))
	})
	return slices.Compact(pointers), nil
}

// pointerBlobs returns all blobs that are pointers, whether used or not.
func (r *Repo) pointerBlobs(ctx context.Context) (map[string]Pointer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	oids, small := io.Pipe()
	listed := make(chan error, 1)
	go func() {
		err := r.smallBlobs(ctx, small)
		small.CloseWithError(err) // nil ends the list
		listed <- err
	}()

	blobs := map[string]Pointer{}
	err := r.eachObject(ctx, oids, func(o object) error {
		data, err := io.ReadAll(o.body)
		if err != nil {
			return err
		}
		if p, ok := ParsePointer(data); ok {
			blobs[o.oid] = p
		}
		return nil
	})
	oids.CloseWithError(errStop) // frees the lister if the reader failed
	if listErr := <-listed; listErr != nil && listErr != errStop {
		return nil, listErr
	}
	return blobs, err
}

// smallBlobs writes the ids of the blobs that have the size of a pointer.
func (r *Repo) smallBlobs(ctx context.Context, w io.Writer) error {
	c := r.git("list objects of", "cat-file", "--batch-all-objects", "--unordered", "--buffer",
		"--batch-check=%(objecttype) %(objectsize) %(objectname)")
	return c.eachLine(ctx, func(line []byte) error {
		rest, ok := bytes.CutPrefix(line, []byte("blob "))
		if !ok {
			return nil
		}
		size, oid, _ := bytes.Cut(rest, []byte(" "))
		if n := number(string(size)); n < int64(minPointer) || n >= maxPointer {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s\n", oid)
		return err
	})
}

// ParsePointer reads a Git LFS pointer. It accepts what git-lfs itself would
// replace by a file, which is a little more than the specification allows:
// old version addresses, blank lines and carriage returns.
func ParsePointer(data []byte) (Pointer, bool) {
	if len(data) >= maxPointer {
		return Pointer{}, false
	}
	var p Pointer
	keys := []string{"version", "oid", "size"}
	extension := regexp.MustCompile(`^ext-\d-\w+$`)
	for line := range strings.Lines(string(bytes.TrimSpace(data))) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, " ")
		if !ok || len(keys) == 0 {
			return Pointer{}, false
		}
		if key != keys[0] {
			// Extensions say how the file was transformed; the oid is of the result.
			if keys[0] == "version" || !extension.MatchString(key) {
				return Pointer{}, false
			}
			if _, ok := sha256Value(value); !ok {
				return Pointer{}, false
			}
			continue
		}
		keys = keys[1:]
		switch key {
		case "version":
			ok = isPointerVersion(value)
		case "oid":
			p.OID, ok = sha256Value(value)
		case "size":
			var err error
			p.Size, err = strconv.ParseInt(value, 10, 64)
			ok = err == nil && p.Size >= 0
		}
		if !ok {
			return Pointer{}, false
		}
	}
	return p, len(keys) == 0
}

func isPointerVersion(s string) bool {
	switch s {
	case "https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2":
		return true
	}
	return false
}

func sha256Value(s string) (string, bool) {
	hash, ok := strings.CutPrefix(s, "sha256:")
	return hash, ok && len(hash) == 64 && isHex(hash)
}
