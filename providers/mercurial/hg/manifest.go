package hg

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"iter"

	"github.com/drover-migrate/drover/schema"
)

// Flag is the kind of a file in a manifest.
type Flag byte

// The flags.
const (
	Regular    Flag = 0
	Executable Flag = 'x'
	Symlink    Flag = 'l'
)

// File is one line of a manifest.
type File struct {
	Path string
	Node Node
	Flag Flag
}

// ParseManifest yields the files of a manifest in the order of their paths,
// which are checked with [CheckPath] and are all different. It ends with the
// first error.
func ParseManifest(text []byte) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		var last []byte
		for len(text) > 0 {
			line, rest, err := cutLine(text)
			if err != nil {
				yield(File{}, err)
				return
			}
			path, file, err := parseLine(line)
			if err == nil && last != nil && bytes.Compare(last, path) >= 0 {
				err = unsorted(path)
			}
			if err == nil {
				file.Path = string(path)
				err = CheckPath(file.Path)
			}
			if err != nil {
				yield(File{}, err)
				return
			}
			if !yield(file, nil) {
				return
			}
			last, text = path, rest
		}
	}
}

// FileChange is a difference between two manifests.
type FileChange struct {
	File
	Removed bool // the path is no file any more; Node and Flag are the old ones
}

// ManifestChanges appends to changes what hunks, which fit base, change in the
// files of the manifest base, in the order of their paths. Lines that hunks do
// not touch are not looked at, except the neighbours of those they do: when
// base is sound, the result is sound as [ParseManifest] would find it.
func ManifestChanges(changes []FileChange, base []byte, hunks []Hunk) ([]FileChange, error) {
	var last []byte // the path of the line before
	done := 0       // where the lines that stay as they are begin
	for len(hunks) > 0 {
		var r region
		r, hunks = nextRegion(base, hunks)
		if r.start > done {
			if err := follows(base[done:], last); err != nil {
				return nil, err
			}
			last = pathAt(base[lineStart(base, r.start-1):])
		}
		var err error
		if changes, last, err = compareLines(changes, base[r.start:r.end], r.text, last); err != nil {
			return nil, err
		}
		done = r.end
	}
	return changes, follows(base[done:], last)
}

// region is a run of whole lines of a manifest that become other lines.
type region struct {
	start, end int // in the base
	text       []byte
}

// nextRegion takes as many hunks as there is no unchanged line between. What
// lies between unchanged lines can be compared by itself, as all is sorted.
func nextRegion(base []byte, hunks []Hunk) (region, []Hunk) {
	h, hunks := hunks[0], hunks[1:]
	r := region{start: lineStart(base, h.Start), text: h.Data[:len(h.Data):len(h.Data)]}
	if r.start < h.Start {
		r.text = append(base[r.start:h.Start:h.Start], h.Data...)
	}
	for at := h.End; ; {
		if len(hunks) > 0 && lineStart(base, hunks[0].Start) <= at {
			h, hunks = hunks[0], hunks[1:]
			r.text = append(append(r.text, base[at:h.Start]...), h.Data...)
			at = h.End
			continue
		}
		r.end = at
		if whole := len(r.text) == 0 || r.text[len(r.text)-1] == '\n'; !whole || lineStart(base, at) != at {
			r.end = lineEnd(base, at)
		}
		if r.end == at {
			return r, hunks
		}
		r.text = append(r.text, base[at:r.end]...)
		at = r.end
	}
}

// compareLines appends what differs between two runs of lines, which follow
// the path last, and returns the path of the last of the new lines.
func compareLines(changes []FileChange, before, after, last []byte) ([]FileChange, []byte, error) {
	for len(before) > 0 || len(after) > 0 {
		oldPath, oldFile, oldRest, err := firstLine(before)
		if err != nil {
			return nil, nil, err
		}
		newPath, newFile, newRest, err := firstLine(after)
		if err != nil {
			return nil, nil, err
		}
		if len(after) == 0 || len(before) > 0 && bytes.Compare(oldPath, newPath) < 0 {
			oldFile.Path = string(oldPath)
			changes = append(changes, FileChange{File: oldFile, Removed: true})
			before = oldRest
			continue
		}
		known := len(before) > 0 && bytes.Equal(oldPath, newPath)
		if known {
			before = oldRest
		}
		if last != nil && bytes.Compare(last, newPath) >= 0 {
			return nil, nil, unsorted(newPath)
		}
		if !known || oldFile != newFile {
			newFile.Path = string(newPath)
			if err := CheckPath(newFile.Path); err != nil {
				return nil, nil, err
			}
			changes = append(changes, FileChange{File: newFile})
		}
		last, after = newPath, newRest
	}
	return changes, last, nil
}

// firstLine takes one line apart. Of no lines it returns nothing.
func firstLine(text []byte) (path []byte, f File, rest []byte, err error) {
	if len(text) == 0 {
		return nil, File{}, nil, nil
	}
	line, rest, err := cutLine(text)
	if err != nil {
		return nil, File{}, nil, err
	}
	path, f, err = parseLine(line)
	return path, f, rest, err
}

func cutLine(text []byte) (line, rest []byte, err error) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return nil, nil, fmt.Errorf("%w: a manifest ends inside a line", ErrCorrupt)
	}
	return text[:i], text[i+1:], nil
}

// parseLine reads PATH NUL NODE [FLAG]. It leaves the path to the caller.
func parseLine(line []byte) (path []byte, f File, err error) {
	path, rest, ok := bytes.Cut(line, []byte{0})
	if !ok || len(rest) < 2*len(f.Node) || len(rest) > 2*len(f.Node)+1 {
		return nil, f, fmt.Errorf("%w: a manifest line that is not a path and a node", ErrCorrupt)
	}
	if _, err := hex.Decode(f.Node[:], rest[:2*len(f.Node)]); err != nil {
		return nil, f, fmt.Errorf("%w: a manifest line whose node is not hexadecimal", ErrCorrupt)
	}
	if len(rest) == 2*len(f.Node) {
		return path, f, nil
	}
	switch f.Flag = Flag(rest[2*len(f.Node)]); f.Flag {
	case Executable, Symlink:
		return path, f, nil
	}
	return nil, f, fmt.Errorf("%w: a manifest line with the unknown flag %q", ErrCorrupt, f.Flag)
}

// follows checks that the first line of text, if there is one, comes after the
// path last.
func follows(text, last []byte) error {
	if len(text) == 0 || last == nil {
		return nil
	}
	if path := pathAt(text); bytes.Compare(last, path) >= 0 {
		return unsorted(path)
	}
	return nil
}

// pathAt is the path of the first line of text.
func pathAt(text []byte) []byte {
	path, _, _ := bytes.Cut(text, []byte{0})
	return path
}

// lineStart is where the line begins that at is in.
func lineStart(text []byte, at int) int { return bytes.LastIndexByte(text[:at], '\n') + 1 }

// lineEnd is behind the end of the line that at is in.
func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

func unsorted(path []byte) error {
	return fmt.Errorf("%w: %q is not in its place in a manifest", ErrCorrupt, schema.Printable(string(path)))
}
