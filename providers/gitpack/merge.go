package gitpack

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Merge writes one pack that holds the objects of several packs of the bare
// repository dir, and returns its name. The names are those that
// [Writer.Finish] returned. No object may be in two of the packs, which packs
// of one store never do. The packs stay: the caller removes them, indexes
// first, once nothing refers to them.
//
// Entries are copied as they are, at the speed of the disk.
func Merge(dir string, names []string) (name string, err error) {
	m := &merger{dir: filepath.Join(dir, "objects", "pack"), size: packHeaderSize}
	defer func() {
		for _, p := range m.packs {
			err = errors.Join(err, p.close())
		}
		if err != nil {
			name, err = "", fmt.Errorf("merge packs of %s: %w", dir, err)
		}
	}()
	if len(names) == 0 {
		return "", errors.New("there are none")
	}
	for _, name := range names {
		if err := m.add(name); err != nil {
			return "", err
		}
	}
	if m.out, err = os.CreateTemp(m.dir, "tmp_pack_*"); err != nil {
		return "", err
	}
	name, err = m.write()
	if err != nil {
		if rm := os.Remove(m.out.Name()); !gone(rm) {
			err = errors.Join(err, rm)
		}
	}
	return name, errors.Join(err, m.out.Close())
}

// merger is a merge under way.
type merger struct {
	dir     string // objects/pack
	packs   []*pack
	objects []located
	out     *os.File
	size    int64 // of the merged pack, without its checksum
}

// add opens a pack and lists its objects where the merged pack has them.
func (m *merger) add(name string) error {
	if !strings.HasPrefix(name, "pack-") || name != filepath.Base(name) {
		return fmt.Errorf("%q is not the name of a pack", name)
	}
	p, err := openPack(filepath.Join(m.dir, name+".idx"), &tools{})
	if err != nil {
		return err
	}
	m.packs = append(m.packs, p)
	x := p.index
	if x.crcs == nil {
		return fmt.Errorf("%s has an index of version 1; run git index-pack on it", name)
	}
	for i := range x.n {
		id := x.id(i)
		if known(id, m.packs[:len(m.packs)-1], nil) {
			return fmt.Errorf("object %s is in %s and in another one of them", id, name)
		}
		off := x.offset(i)
		if off < packHeaderSize || off >= p.end() {
			return fmt.Errorf("%w: %s lists %s outside the pack", ErrCorrupt, name, id)
		}
		crc := binary.BigEndian.Uint32(x.crcs[4*i:])
		m.objects = append(m.objects, located{id, off - packHeaderSize + m.size, crc})
	}
	m.size += p.end() - packHeaderSize
	if int64(len(m.objects)) > maxObjects {
		return fmt.Errorf("a pack holds no more than %d objects", int64(maxObjects))
	}
	return nil
}

// write copies the entries of all packs and gives the result its name.
func (m *merger) write() (string, error) {
	if _, err := io.WriteString(m.out, packMagic+"\x00\x00\x00\x00"); err != nil {
		return "", err
	}
	for _, p := range m.packs {
		if err := m.copy(p); err != nil {
			return "", fmt.Errorf("copy %s: %w", p.name, err)
		}
	}
	return seal(m.out, m.size, m.dir, m.objects)
}

// copy appends the entries of a pack, and checks that they are those that its
// checksum was made of: damage must not get a new one.
func (m *merger) copy(p *pack) error {
	h := sha1.New()
	if _, err := io.Copy(h, io.NewSectionReader(p.r, 0, packHeaderSize)); err != nil {
		return err
	}
	body := io.NewSectionReader(p.r, packHeaderSize, p.end()-packHeaderSize)
	if _, err := io.CopyBuffer(m.out, struct{ io.Reader }{io.TeeReader(body, h)}, make([]byte, 1<<20)); err != nil {
		return err
	}
	if ID(h.Sum(nil)) != p.index.pack {
		return fmt.Errorf("%w: its checksum is wrong", ErrCorrupt)
	}
	return nil
}
