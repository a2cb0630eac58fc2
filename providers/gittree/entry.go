package gittree

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// Mode says what an entry is, as git writes it.
type Mode uint32

// The modes that git writes. Trees of old programs hold a few more, such as
// 0100664, which stay what they are.
const (
	File       Mode = 0o100644
	Executable Mode = 0o100755
	Symlink    Mode = 0o120000
	Directory  Mode = 0o040000
	Submodule  Mode = 0o160000
)

const modeType Mode = 0o170000 // the bits that say what kind of thing an entry is

// IsDirectory reports whether the entry is a tree.
func (m Mode) IsDirectory() bool { return m&modeType == Directory }

// String returns six octal digits, as git prints a mode.
func (m Mode) String() string { return fmt.Sprintf("%06o", uint32(m)) }

// Entry is one line of a tree. [Trees.Walk] puts a path in Name.
type Entry struct {
	Name string
	Mode Mode
	ID   gitpack.ID
}

// exists tells an entry from the zero one, which stands for none.
func (e Entry) exists() bool { return e.Mode != 0 }

// compare orders two names as git does: by bytes, a directory as if its name
// ended with a slash.
func compare[A, B string | []byte](a A, aDir bool, b B, bDir bool) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return int(nameByte(a, aDir, n)) - int(nameByte(b, bDir, n))
}

// nameByte returns byte i of a name as it counts in the order. Past the end
// of a longer name the other one decides, so one byte is enough.
func nameByte[A string | []byte](name A, dir bool, i int) byte {
	switch {
	case i < len(name):
		return name[i]
	case dir:
		return '/'
	}
	return 0
}

// checkName refuses what the format cannot hold.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a name is empty")
	case strings.IndexByte(name, '/') >= 0:
		return fmt.Errorf("the name %.200q holds a slash", name)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("the name %.200q holds a NUL", name)
	}
	return nil
}

// Encode returns the contents of a tree object with the given entries, in
// git's order. Names are distinct and such that the format can hold them.
func Encode(entries []Entry) []byte {
	inOrder := func(a, b Entry) int {
		return compare(a.Name, a.Mode.IsDirectory(), b.Name, b.Mode.IsDirectory())
	}
	if !slices.IsSortedFunc(entries, inOrder) {
		entries = slices.Clone(entries)
		slices.SortFunc(entries, inOrder)
	}
	var data []byte
	for _, e := range entries {
		data = appendEntry(data, e)
	}
	return data
}

func appendEntry(data []byte, e Entry) []byte {
	data = strconv.AppendUint(data, uint64(e.Mode), 8)
	data = append(data, ' ')
	data = append(data, e.Name...)
	data = append(data, 0)
	return append(data, e.ID[:]...)
}

// Decode returns the entries of a tree object in the order in which it holds
// them, which is git's unless an ancient program wrote it. Contents that are
// no tree are an error that wraps [gitpack.ErrCorrupt].
func Decode(data []byte) ([]Entry, error) {
	n, err := newNode(gitpack.ID{}, data)
	if err != nil {
		return nil, err
	}
	return n.entries(), nil
}

// cutEntry splits the first entry from the contents of a tree.
func cutEntry(data []byte) (mode Mode, name, id, rest []byte, err error) {
	space := bytes.IndexByte(data[:min(len(data), maxModeDigits+1)], ' ')
	if space <= 0 {
		return 0, nil, nil, nil, fmt.Errorf("%w: tree with an entry without a mode", gitpack.ErrCorrupt)
	}
	for _, c := range data[:space] {
		if c < '0' || c > '7' {
			return 0, nil, nil, nil, fmt.Errorf("%w: tree with the mode %q", gitpack.ErrCorrupt, data[:space])
		}
		mode = mode<<3 | Mode(c-'0')
	}
	data = data[space+1:]
	end := bytes.IndexByte(data, 0)
	switch {
	case mode == 0:
		err = fmt.Errorf("%w: tree with the mode 0", gitpack.ErrCorrupt)
	case end < 0 || len(data)-end-1 < len(gitpack.ID{}):
		err = fmt.Errorf("%w: tree that ends inside an entry", gitpack.ErrCorrupt)
	case end == 0 || bytes.IndexByte(data[:end], '/') >= 0:
		err = fmt.Errorf("%w: tree with the name %q", gitpack.ErrCorrupt, data[:end])
	}
	if err != nil {
		return 0, nil, nil, nil, err
	}
	name, data = data[:end], data[end+1:]
	return mode, name, data[:len(gitpack.ID{})], data[len(gitpack.ID{}):], nil
}

// maxModeDigits is as many as git writes, and a leading zero of other programs.
const maxModeDigits = 7
