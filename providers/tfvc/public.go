package tfvc

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// publicMemo is how many folders are remembered with their public trees.
const publicMemo = 1 << 16

// publisher turns source trees into the trees of commits: without empty folders
// and without what git must not hold. What it makes of a folder depends on that
// folder alone, so it is remembered by id; what is forgotten is made again and
// comes out the same.
type publisher struct {
	trees       *gittree.Trees
	memo, older map[gitpack.ID]gitpack.ID // two generations
}

// public returns the public tree of a source tree.
func (p *publisher) public(id gitpack.ID) (gitpack.ID, error) {
	if id.IsZero() || id == gittree.Empty {
		return gittree.Empty, nil
	}
	if made, ok := p.memo[id]; ok {
		return made, nil
	}
	made, ok := p.older[id]
	if !ok {
		var err error
		if made, err = p.make(id); err != nil {
			return gitpack.ID{}, err
		}
	}
	if p.memo == nil || len(p.memo) >= publicMemo {
		p.memo, p.older = map[gitpack.ID]gitpack.ID{}, p.memo
	}
	p.memo[id] = made
	return made, nil
}

func (p *publisher) make(id gitpack.ID) (gitpack.ID, error) {
	entries, err := p.trees.List(id)
	if err != nil {
		return gitpack.ID{}, err
	}
	// The source tree is the base of the edit: the two have most entries in
	// common, and a folder without anything special is its own public tree.
	edit := p.trees.Edit(id)
	for _, e := range entries {
		if err := p.entry(edit, e); err != nil {
			return gitpack.ID{}, err
		}
	}
	return edit.Write(false)
}

func (p *publisher) entry(edit *gittree.Edit, e gittree.Entry) error {
	now, err := e.ID, error(nil)
	if e.Mode.IsDirectory() {
		if now, err = p.public(e.ID); err != nil {
			return err
		}
	}
	name := shownName(e.Name)
	drop := now == gittree.Empty && e.Mode.IsDirectory() || strings.HasPrefix(e.Name, mark) && conversion.EntryProblem(name, e.Mode) != ""
	if name != e.Name || drop {
		if err := edit.Remove(e.Name); err != nil || drop {
			return err
		}
	}
	if name == e.Name && now == e.ID {
		return nil
	}
	return edit.Set(name, e.Mode, now)
}

// lineTree returns the public tree of the folder at p: without the lines inside
// of it.
func (c *converter) lineTree(root gitpack.ID, p string) (gitpack.ID, error) {
	e, ok, err := find(c.trees, root, p)
	if err != nil || !ok || !e.Mode.IsDirectory() {
		return gittree.Empty, err
	}
	h, key := c.history, fold(p)
	if h.inner[key] > 0 {
		t := newTree(c.trees)
		t.begin(e.ID)
		for _, at := range slices.Sorted(maps.Keys(h.live)) {
			if at == key || !within(at, key) {
				continue
			}
			if err := t.remove(rest(h.Lines[h.live[at]].Path, p)); err != nil {
				return gitpack.ID{}, err
			}
		}
		if e.ID, err = t.edit.Write(false); err != nil {
			return gitpack.ID{}, err
		}
	}
	return c.public.public(e.ID)
}
