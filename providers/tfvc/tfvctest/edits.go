package tfvctest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Op is a part of a changeset.
type Op func(*pending)

// pending is a changeset that is being made. What ops take is taken from before
// the changeset; everything that goes is gone before anything comes.
type pending struct {
	c       *Collection
	set     *set
	number  int
	before  snapshot
	removed []string
	placed  []placing
	noted   []change // changes that move nothing
}

// placing is an item that is there after the changeset.
type placing struct {
	item   item
	change change
	silent bool   // it is not listed
	listed string // the path in the list, when it is another one than the item's
}

// By says who made a changeset.
func By(who Person) Op { return func(p *pending) { p.set.by = who } }

// CheckedInBy says who checked it in for them.
func CheckedInBy(who Person) Op { return func(p *pending) { p.set.checked = who } }

// On says when.
func On(at time.Time) Op { return func(p *pending) { p.set.on = at } }

// WorkItems links a changeset to work items.
func WorkItems(ids ...int) Op { return func(p *pending) { p.set.workItems = ids } }

// Folder adds an empty folder.
func Folder(path string) Op {
	return func(p *pending) { p.place(item{path: path, folder: true}, change{kind: "add"}) }
}

// Add adds a file.
func Add(path, text string) Op {
	return func(p *pending) { p.place(item{path: path, data: text}, change{kind: "add, edit, encoding"}) }
}

// Edit changes a file. It is listed under the path that is given here, whose
// case may be another one than that of the file.
func Edit(path, text string) Op { return EditAs("edit", path, text) }

// EditAs is Edit with other words for the change.
func EditAs(kind, path, text string) Op {
	return func(p *pending) {
		old := p.find(path)
		p.placed = append(p.placed, placing{item: item{path: old.path, data: text}, change: change{kind: kind}, listed: path})
	}
}

// Delete removes a file or folder.
func Delete(path string) Op { return DeleteAs("delete", path) }

// DeleteAs is Delete with other words for the change.
func DeleteAs(kind, path string) Op {
	return func(p *pending) {
		p.find(path)
		p.removed = append(p.removed, path)
		for _, i := range p.before.under(path) {
			if fold(i.path) == fold(path) || !p.c.Unlisted {
				p.noted = append(p.noted, change{kind: kind, item: *i})
			}
		}
	}
}

// Rename moves a file or folder.
func Rename(from, to string) Op { return move(from, to, nil) }

// RenameEdit moves a file and changes it.
func RenameEdit(from, to, text string) Op { return move(from, to, &text) }

func move(from, to string, text *string) Op {
	return func(p *pending) {
		p.find(from)
		p.removed = append(p.removed, from)
		for _, i := range p.before.under(from) {
			now := *i
			now.path = to + i.path[len(from):]
			c := change{kind: "rename", source: i.path}
			if text != nil {
				now.data, c.kind = *text, "edit, rename"
			}
			if !p.c.NoMergeSources {
				c.merged = []mergeSource{{path: i.path, from: i.version, to: p.number - 1, rename: true}}
			}
			top := fold(i.path) == fold(from)
			p.placed = append(p.placed, placing{item: now, change: c, silent: p.c.Unlisted && !top})
			if !p.c.NoSourceRenames && (top || !p.c.Unlisted) && fold(from) != fold(to) {
				p.noted = append(p.noted, change{kind: "delete, sourceRename", item: *i})
			}
		}
		for _, b := range p.c.branches {
			if within(fold(b.path), fold(from)) {
				b.path = to + b.path[len(from):]
			}
			if b.parent != "" && within(fold(b.parent), fold(from)) {
				b.parent = to + b.parent[len(from):]
			}
		}
	}
}

// Branch copies the latest version of a file or folder.
func Branch(from, to string) Op {
	return func(p *pending) { BranchAt(from, to, p.number-1)(p) }
}

// BranchAt copies a version of a file or folder.
func BranchAt(from, to string, version int) Op {
	return func(p *pending) {
		for _, i := range p.c.at(version).under(from) {
			now := *i
			now.path = to + i.path[len(from):]
			c := change{kind: "branch", source: i.path}
			if !p.c.NoMergeSources {
				c.merged = []mergeSource{{path: i.path, from: i.version, to: version}}
			}
			p.placed = append(p.placed, placing{item: now, change: c, silent: p.c.Unlisted && fold(i.path) != fold(from)})
		}
	}
}

// Merge brings what changed in a folder in the versions from..to into another
// one. Only limits it to some paths in the folder. Texts are what the target's
// files become, by path in the folder, when not what the source's are.
func Merge(source, target string, from, to int, only []string, texts map[string]string) Op {
	return func(p *pending) {
		old, now := p.c.at(from-1), p.c.at(to)
		rels := map[string]bool{}
		for _, s := range []snapshot{old, now} {
			for _, i := range s.under(source) {
				if !i.folder {
					rels[strings.TrimPrefix(i.path[len(source):], "/")] = true
				}
			}
		}
		for _, rel := range slices.Sorted(maps.Keys(rels)) {
			if only != nil && !slices.Contains(only, rel) {
				continue
			}
			a, b := old[fold(source+"/"+rel)], now[fold(source+"/"+rel)]
			if a != nil && b != nil && a.data == b.data {
				continue
			}
			p.merge(source+"/"+rel, target+"/"+rel, from, to, b, texts[rel])
		}
	}
}

func (p *pending) merge(source, target string, from, to int, now *item, text string) {
	there := p.before[fold(target)]
	c := change{source: source, merged: []mergeSource{{path: source, from: from, to: to}}}
	if p.c.NoMergeSources {
		c.merged = nil
	}
	switch {
	case now == nil && there == nil:
	case now == nil:
		p.removed = append(p.removed, target)
		c.kind, c.item = "delete, merge", *there
		p.noted = append(p.noted, c)
	default:
		c.kind = "merge, branch"
		if there != nil {
			c.kind = "edit, merge"
		}
		data := now.data
		if text != "" {
			data = text
		}
		p.place(item{path: target, data: data}, c)
	}
}

// Undelete brings back what was deleted last at a path.
func Undelete(path string) Op {
	return func(p *pending) {
		for k := len(p.c.sets) - 1; k >= 0; k-- {
			list := p.c.sets[k].after.under(path)
			if len(list) == 0 {
				continue
			}
			for _, i := range list {
				p.placed = append(p.placed, placing{item: *i, change: change{kind: "undelete"}, silent: p.c.Unlisted && fold(i.path) != fold(path)})
			}
			return
		}
		p.c.t.Fatalf("nothing was ever at %s", path)
	}
}

// Rollback gives a file the contents of a version.
func Rollback(path string, version int) Op {
	return func(p *pending) {
		EditAs("edit, rollback", path, p.c.at(version)[fold(path)].data)(p)
	}
}

// Note lists a change that changes no contents, such as "lock", "property" or
// "encoding".
func Note(kind, path string) Op {
	return func(p *pending) { p.noted = append(p.noted, change{kind: kind, item: *p.find(path)}) }
}

// NoteMerge lists a merge that leaves a file or folder as it is.
func NoteMerge(source, target string, from, to int) Op {
	return func(p *pending) {
		p.noted = append(p.noted, change{kind: "merge", item: *p.find(target), merged: []mergeSource{{path: source, from: from, to: to}}})
	}
}

func (p *pending) find(path string) *item {
	i := p.before[fold(path)]
	if i == nil {
		p.c.t.Fatalf("changeset %d: there is no %s", p.number, path)
	}
	return i
}

func (p *pending) place(i item, c change) {
	p.placed = append(p.placed, placing{item: i, change: c})
}

// finish makes the state after the changeset, and the list of changes.
func (p *pending) finish() {
	after := maps.Clone(p.before)
	for _, path := range p.removed {
		maps.DeleteFunc(after, func(at string, _ *item) bool { return within(at, fold(path)) })
	}
	p.set.changes = append(p.set.changes, p.noted...)
	for _, it := range p.placed {
		p.parents(after, &it.item)
		it.item.version = p.number
		i := it.item
		after[fold(i.path)] = &i
		if it.silent {
			continue
		}
		if it.change.item = i; it.listed != "" {
			it.change.item.path = it.listed
		}
		p.set.changes = append(p.set.changes, it.change)
	}
	for i := range p.set.changes {
		p.set.changes[i].item.version = p.number
	}
	p.set.after = after
}

// parents makes the folders above an item, and gives their names to its path.
func (p *pending) parents(after snapshot, i *item) {
	above := parent(i.path)
	if above == "$" || above == "" {
		return
	}
	folder := after[fold(above)]
	if folder == nil {
		made := item{path: above, folder: true, version: p.number}
		p.parents(after, &made)
		folder = &made
		after[fold(above)] = folder
		p.set.changes = append(p.set.changes, change{kind: "add", item: made})
	}
	i.path = folder.path + i.path[len(above):]
}
