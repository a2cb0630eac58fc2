package history

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// maxTreeDepth bounds folders in folders, as git itself does.
const maxTreeDepth = 4096

const (
	modeType    = 0o170000
	modeFile    = 0o100000
	modeTree    = 0o040000
	modeRegular = 0o100644
)

// treeEntry is an entry of a tree object: data[start:end].
type treeEntry struct {
	mode       uint32
	name       []byte
	id         gitpack.ID
	start, end int
}

func (e treeEntry) isTree() bool { return e.mode&modeType == modeTree }

// isFile is false for symbolic links.
func (e treeEntry) isFile() bool { return e.mode&modeType == modeFile }

// treeEntries yields the entries of a tree object in place, so that a tree
// that hardly changes is copied and not written anew.
func treeEntries(data []byte) iter.Seq2[treeEntry, error] {
	return func(yield func(treeEntry, error) bool) {
		for at := 0; at < len(data); {
			e, ok := parseTreeEntry(data, at)
			if !ok {
				yield(treeEntry{}, fmt.Errorf("entry at byte %d is malformed", at))
				return
			}
			if !yield(e, nil) {
				return
			}
			at = e.end
		}
	}
}

func parseTreeEntry(data []byte, at int) (treeEntry, bool) {
	e := treeEntry{start: at}
	for ; at < len(data) && data[at] != ' '; at++ {
		if data[at] < '0' || data[at] > '7' || at-e.start > 6 {
			return e, false
		}
		e.mode = e.mode<<3 | uint32(data[at]-'0')
	}
	at++
	if at > len(data) {
		return e, false
	}
	n := bytes.IndexByte(data[at:], 0)
	if n <= 0 || len(data)-at-n-1 < len(e.id) {
		return e, false
	}
	e.name = data[at : at+n]
	at += n + 1
	e.end = at + copy(e.id[:], data[at:])
	return e, true
}

// appendTreeEntry appends an entry as trees hold it.
func appendTreeEntry(data []byte, mode uint32, name string, id gitpack.ID) []byte {
	data = fmt.Appendf(data, "%o %s\x00", mode, name)
	return append(data, id[:]...)
}

// readTree reads a tree object.
func readTree(store *gitpack.Store, id gitpack.ID) ([]byte, error) {
	kind, data, err := store.Read(id)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	if kind != gitpack.Tree {
		return nil, fmt.Errorf("read tree %s: it is a %s", id, kind)
	}
	return data, nil
}

// folders numbers the folders of a history, so that a path costs four bytes
// where it is a key. The root is 0.
type folders struct {
	known map[folder]int32
	list  []folder
}

type folder struct {
	parent int32
	name   string
}

func newFolders() *folders { return &folders{known: map[folder]int32{}, list: []folder{{parent: -1}}} }

func (f *folders) in(parent int32, name []byte) int32 {
	if n, ok := f.known[folder{parent, string(name)}]; ok {
		return n
	}
	made := folder{parent, string(name)}
	n := int32(len(f.list))
	f.list = append(f.list, made)
	f.known[made] = n
	return n
}

// path returns the path of what is called name in a folder, relative to the
// folder above, which is above it or 0.
func (f *folders) path(above, n int32, name string) string {
	for ; n != above && n > 0; n = f.list[n].parent {
		name = f.list[n].name + "/" + name
	}
	return name
}
