package tfvc

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// plan is what a changeset does to the project: what is gone after it, and what
// is there. Everything in it is about the project alone.
type plan struct {
	set       azure.Changeset
	workItems []int

	removed []string // by folded path, folders before what is in them
	present []step   // in the same order, each path once

	copies map[string]copied // by folded path
	merges []mergeRecord     // by target
	losses []planLoss
}

// step is an item that is there after the changeset.
type step struct {
	path   string
	folder bool
	named  bool // path has the case that the name is to have
	full   bool // the contents may be new, also when no hash says so

	server  string // its path at the server
	version int
	content content
	wanted  *download // nil: the contents are known, or there are none
}

// copied says where an item came from.
type copied struct {
	kind    copyKind
	path    string // in the project
	foreign string // the path at the server, when it is not in the project
	version int    // of the source
}

type copyKind uint8

const (
	branched copyKind = iota + 1
	renamed
	undeleted
)

// mergeRecord says that versions of one item were merged into another.
type mergeRecord struct {
	target, source string // in the project
	from, to       int
}

// planLoss is a loss that the list of changes shows.
type planLoss struct{ code, path, message string }

// lister answers questions about what is in a folder in a version.
type lister func(ctx context.Context, path string, version int) iter.Seq2[azure.Item, error]

// planner makes plans for one project.
type planner struct {
	project string
	list    lister
}

// contentFlags are the changes that can come with new contents.
const contentFlags = azure.Add | azure.Edit | azure.Rename | azure.Undelete | azure.Branch | azure.Merge | azure.Rollback | azure.TargetRename | azure.Other

// namingFlags are the changes that give an item its name.
const namingFlags = azure.Add | azure.Rename | azure.Undelete | azure.Branch | azure.TargetRename

// movingFlags are the changes of a folder that bring what is in it with them.
const movingFlags = azure.Rename | azure.Undelete | azure.Branch

// plan reads the changes of a changeset.
func (p *planner) plan(ctx context.Context, set azure.Changeset, changes iter.Seq2[azure.Change, error]) (*plan, error) {
	out := &plan{set: set, copies: map[string]copied{}}
	var folders []azure.Change // that were moved as a whole
	for change, err := range changes {
		if err != nil {
			return nil, err
		}
		path, inside, err := relative(change.Item.Path, p.project)
		if err != nil {
			return nil, err
		}
		if err := p.add(out, change, path, inside); err != nil {
			return nil, err
		}
		if inside && change.Item.Folder && change.Type.Has(movingFlags) && !change.Type.Has(azure.Delete) {
			folders = append(folders, change)
		}
	}
	out.sort()
	if err := p.fillFolders(ctx, out, folders); err != nil {
		return nil, err
	}
	return out, nil
}

// add notes one change.
func (p *planner) add(out *plan, change azure.Change, path string, inside bool) error {
	kind := change.Type
	source, from, err := p.source(out, change)
	if err != nil {
		return err
	}
	if kind.Has(azure.Rename) {
		switch {
		case from != nil && from.foreign == "":
			out.removed = append(out.removed, from.path)
		case from == nil && inside && !change.Item.Folder:
			out.losses = append(out.losses, planLoss{"tfvc.rename", path, "the server does not say what it was called before; if it left a file behind, comparing the conversion with its source shows it"})
		}
	}
	if !inside {
		return nil
	}
	if err := p.addMerges(out, change, path, source); err != nil {
		return err
	}
	gone := kind.Has(azure.Delete) || kind.Has(azure.SourceRename) && !kind.Has(namingFlags|azure.Edit)
	if gone {
		out.removed = append(out.removed, path)
		return nil
	}
	if from != nil {
		out.copies[fold(path)] = *from
	}
	out.present = append(out.present, stepOf(path, change.Item, kind, out.set.Number))
	return nil
}

func stepOf(path string, item azure.Item, kind azure.ChangeType, version int) step {
	return step{
		path: path, folder: item.Folder, named: kind.Has(namingFlags), full: kind.Has(contentFlags),
		server: item.Path, version: version, content: contentOf(item),
	}
}

// source finds what an item was renamed from, branched from or was before it was
// deleted. It returns the path of what is the source by name, too.
func (p *planner) source(out *plan, change azure.Change) (string, *copied, error) {
	var kind copyKind
	switch {
	case change.Type.Has(azure.Rename):
		kind = renamed
	case change.Type.Has(azure.Branch):
		kind = branched
	case change.Type.Has(azure.Undelete):
		return "", &copied{kind: undeleted}, nil
	default:
		return "", nil, nil
	}
	server, version := change.Source, 0
	for _, m := range change.MergeSources {
		if m.IsRename == (kind == renamed) {
			server, version = m.Path, m.To
			break
		}
		if kind == renamed && sameServerPath(m.Path, server) {
			server = "" // it is what was merged, and not what was renamed
		}
	}
	if server == "" {
		return "", nil, nil
	}
	if version <= 0 || version >= out.set.Number || kind == renamed {
		version = out.set.Number - 1
	}
	path, inside, err := relative(server, p.project)
	if err != nil {
		return "", nil, err
	}
	from := &copied{kind: kind, path: path, version: version}
	if !inside {
		from.path, from.foreign = "", server
	}
	return server, from, nil
}

func sameServerPath(a, b string) bool {
	return fold(strings.TrimRight(a, "/")) == fold(strings.TrimRight(b, "/"))
}

// addMerges notes what was merged into the item at path.
func (p *planner) addMerges(out *plan, change azure.Change, path, source string) error {
	if !change.Type.Has(azure.Merge) {
		return nil
	}
	known := false
	for _, m := range change.MergeSources {
		if m.IsRename {
			continue
		}
		from, inside, err := relative(m.Path, p.project)
		if err != nil {
			return err
		}
		known = true
		if inside {
			out.merges = append(out.merges, mergeRecord{path, from, m.From, m.To})
		}
	}
	if !known {
		out.losses = append(out.losses, planLoss{"tfvc.merge", "", "the server does not say what was merged; no commit has it as a parent"})
	}
	return nil
}

// fillFolders asks for what is in folders that were moved, where the list of
// changes leaves it out. A list has all of it or nothing, so one item that moved
// along tells.
func (p *planner) fillFolders(ctx context.Context, out *plan, folders []azure.Change) error {
	slices.SortFunc(folders, func(a, b azure.Change) int { return strings.Compare(fold(a.Item.Path), fold(b.Item.Path)) })
	covered := ""
	for _, f := range folders {
		path, _, err := relative(f.Item.Path, p.project)
		if err != nil {
			return err
		}
		if covered != "" && within(fold(path), covered) {
			continue
		}
		covered = fold(path)
		if out.moved(covered) {
			continue
		}
		if err := p.fill(ctx, out, f.Item.Path, path); err != nil {
			return err
		}
	}
	return nil
}

// moved reports whether something in a folder moved with it.
func (out *plan) moved(key string) bool {
	i := sort.Search(len(out.present), func(i int) bool { return fold(out.present[i].path) > key })
	for ; i < len(out.present); i++ {
		s := fold(out.present[i].path)
		if !strings.HasPrefix(s, key) {
			return false
		}
		if c, ok := out.copies[s]; ok && within(s, key) && c.kind == out.copies[key].kind {
			return true
		}
	}
	return false
}

func (p *planner) fill(ctx context.Context, out *plan, server, path string) error {
	listed := map[string]bool{}
	for _, s := range out.present {
		listed[fold(s.path)] = true
	}
	for item, err := range p.list(ctx, server, out.set.Number) {
		if err != nil {
			return fmt.Errorf("list %s in changeset %d: %w", schema.Printable(server), out.set.Number, err)
		}
		at, inside, err := relative(item.Path, p.project)
		if err != nil {
			return err
		}
		if !inside || !within(fold(at), fold(path)) || listed[fold(at)] {
			continue
		}
		out.present = append(out.present, stepOf(at, item, azure.Add|azure.Edit, out.set.Number))
	}
	out.sort()
	return nil
}

// sort puts everything into an order that does not depend on the server's. Of
// several entries for one path, which servers give for what was deleted and
// replaced, the last one that is there counts.
func (out *plan) sort() {
	slices.SortFunc(out.removed, comparePaths)
	out.removed = slices.CompactFunc(out.removed, func(a, b string) bool { return fold(a) == fold(b) })
	slices.SortStableFunc(out.present, func(a, b step) int { return comparePaths(a.path, b.path) })
	kept := out.present[:0]
	for _, s := range out.present {
		if n := len(kept); n > 0 && fold(kept[n-1].path) == fold(s.path) {
			if weight(s) >= weight(kept[n-1]) {
				kept[n-1] = s
			}
			continue
		}
		kept = append(kept, s)
	}
	out.present = kept
	slices.SortFunc(out.merges, func(a, b mergeRecord) int {
		return cmp.Or(comparePaths(a.target, b.target), comparePaths(a.source, b.source), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	slices.SortFunc(out.losses, func(a, b planLoss) int {
		return cmp.Or(strings.Compare(a.code, b.code), strings.Compare(a.path, b.path))
	})
}

// weight orders entries for one path by how much they say.
func weight(s step) int {
	switch {
	case s.named:
		return 2
	case s.full:
		return 1
	}
	return 0
}

func comparePaths(a, b string) int {
	return cmp.Or(strings.Compare(fold(a), fold(b)), strings.Compare(a, b))
}
