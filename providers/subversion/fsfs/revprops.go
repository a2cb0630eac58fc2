package fsfs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zlib"
)

// maxPropPack is how large a pack of revision properties may be.
const maxPropPack = 64 << 20

// propPack is a file with the properties of several revisions in a row.
type propPack struct {
	path  string
	first int64
	lists [][]byte
}

func (p *propPack) holds(path string, revision int64) bool {
	return p != nil && p.path == path && revision >= p.first && revision-p.first < int64(len(p.lists))
}

// revProps reads the properties of a revision.
func (r *reader) revProps(revision int64) (map[string][]byte, error) {
	own, pack := r.Repository.files("revprops", revision)
	if r.props.holds(pack, revision) {
		return parseHash(r.props.lists[revision-r.props.first])
	}
	raw, err := readSmall(own)
	if err == nil {
		return parseHash(raw)
	}
	if pack == "" || !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if r.props, err = r.readPropPack(pack, revision); err != nil {
		return nil, err
	}
	if !r.props.holds(pack, revision) {
		return nil, damaged("the properties of a revision are missing")
	}
	return parseHash(r.props.lists[revision-r.props.first])
}

// readPropPack reads the pack that a revision is in. The manifest names it:
// one line for each revision of the shard, of which r0 is never packed.
func (r *reader) readPropPack(dir string, revision int64) (*propPack, error) {
	manifest, err := readSmall(filepath.Join(dir, "manifest"))
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimSuffix(string(manifest), "\n"), "\n")
	at := revision - max(revision/r.shard*r.shard, 1)
	if at < 0 || at >= int64(len(names)) || names[at] == "" || strings.Trim(names[at], "0123456789.") != "" || strings.HasPrefix(names[at], ".") {
		return nil, damaged("a list of revision properties")
	}
	packed, err := readSmall(filepath.Join(dir, names[at]))
	if err != nil {
		return nil, err
	}
	raw, err := inflate(packed)
	if err != nil {
		return nil, err
	}
	p, err := parsePropPack(raw)
	if err != nil {
		return nil, err
	}
	p.path = dir
	return p, nil
}

// inflate unpacks a size and what follows it: that many bytes, or a zlib
// stream of them.
func inflate(packed []byte) ([]byte, error) {
	size, rest := int64(0), packed
	for more := true; more; {
		if len(rest) == 0 || size >= maxPropPack {
			return nil, damaged("a pack of revision properties")
		}
		size, more, rest = size<<7|int64(rest[0]&0x7f), rest[0] >= 0x80, rest[1:]
	}
	if size == int64(len(rest)) {
		return rest, nil
	}
	if size > maxPropPack {
		return nil, damaged("a pack of revision properties")
	}
	z, err := zlib.NewReader(bytes.NewReader(rest))
	if err != nil {
		return nil, damaged("a pack of revision properties")
	}
	raw, err := io.ReadAll(io.LimitReader(z, size+1))
	if err != nil || int64(len(raw)) != size {
		return nil, damaged("a pack of revision properties")
	}
	return raw, nil
}

// parsePropPack reads the first revision, the number of revisions, the length
// of each list, an empty line, and the lists.
func parsePropPack(raw []byte) (*propPack, error) {
	header, lists, ok := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(header), "\n")
	if !ok || len(lines) < 2 {
		return nil, damaged("a pack of revision properties")
	}
	numbers := make([]int64, len(lines))
	for i, line := range lines {
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil || n < 0 {
			return nil, damaged("a pack of revision properties")
		}
		numbers[i] = n
	}
	p := &propPack{first: numbers[0]}
	sizes := numbers[2:]
	if numbers[1] != int64(len(sizes)) {
		return nil, damaged("a pack of revision properties")
	}
	for _, size := range sizes {
		if size > int64(len(lists)) {
			return nil, damaged("a pack of revision properties")
		}
		p.lists = append(p.lists, lists[:size])
		lists = lists[size:]
	}
	return p, nil
}
