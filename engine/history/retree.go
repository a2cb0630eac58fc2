package history

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// sink takes the objects that a rewrite makes.
type sink interface {
	Put(k gitpack.Kind, data []byte) (gitpack.ID, error)
	PutAgainst(k gitpack.Kind, data []byte, base gitpack.ID, baseData []byte) (gitpack.ID, error)
}

// dry is a sink that keeps nothing.
type dry struct{}

func (dry) Put(k gitpack.Kind, data []byte) (gitpack.ID, error) { return gitpack.Hash(k, data), nil }

func (dry) PutAgainst(k gitpack.Kind, data []byte, _ gitpack.ID, _ []byte) (gitpack.ID, error) {
	return gitpack.Hash(k, data), nil
}

// forester replaces large files in trees. What a tree becomes depends on the
// tree, on its place if there are patterns of paths, and on the attributes of
// the folders above it.
type forester struct {
	*survey
	out     sink
	pointer func(gitpack.ID) (gitrepo.Pointer, error) // of a blob
	kept    func(path string, blob gitpack.ID, why string)

	done   map[treeKey]gitpack.ID
	blobs  map[gitpack.ID]gitpack.ID // -> the blob of its pointer
	scopes []scope
	known  map[scopeKey]int32
	parsed map[gitpack.ID]*attributes // as of the root

	last      map[int32]version
	lastBytes int
}

// treeKey is all that the new form of a tree depends on.
type treeKey struct {
	tree   gitpack.ID
	folder int32 // -1 where it does not matter
	scope  int32
}

// scope is what the attributes of a folder and those above it say about
// filters. The first one says nothing.
type scope struct {
	parent, folder int32
	*attributes
}

type scopeKey struct {
	parent, folder int32
	text           string
}

// version is what a folder was written as last; the next version is stored as
// a delta to it.
type version struct {
	id   gitpack.ID
	data []byte
}

// maxLast bounds the versions that are held for deltas, in bytes.
const maxLast = 32 << 20

func newForester(s *survey, out sink) *forester {
	f := &forester{
		survey: s, out: out, done: map[treeKey]gitpack.ID{}, blobs: map[gitpack.ID]gitpack.ID{},
		scopes: []scope{{parent: -1, attributes: &attributes{}}}, known: map[scopeKey]int32{},
		parsed: map[gitpack.ID]*attributes{}, last: map[int32]version{},
	}
	if s.large.Mode == Move {
		s.filters = func(id gitpack.ID) (bool, error) {
			a, err := f.attributesOf(id)
			return err == nil && !a.empty(), err
		}
	}
	return f
}

// attributesOf reads a blob of attributes as if it were the one at the root.
func (f *forester) attributesOf(id gitpack.ID) (*attributes, error) {
	if a, ok := f.parsed[id]; ok {
		return a, nil
	}
	data, err := f.readAttributes(id)
	if err != nil {
		return nil, err
	}
	a := parseAttributes(data, true, nil)
	f.parsed[id] = a
	return a, nil
}

// readAttributes returns nothing for files that are too large to be meant.
func (f *forester) readAttributes(id gitpack.ID) ([]byte, error) {
	_, size, err := f.store.Stat(id)
	if err != nil || size > maxAttributes {
		return nil, err
	}
	_, data, err := f.store.Read(id)
	return data, err
}

// root returns what a root tree becomes.
func (f *forester) root(ctx context.Context, tree gitpack.ID) (gitpack.ID, error) {
	became, err := f.tree(ctx, tree, 0, 0, 0)
	if err == nil && became.IsZero() {
		return f.out.Put(gitpack.Tree, nil)
	}
	return became, err
}

// tree returns what a tree becomes; zero if nothing is left of it.
func (f *forester) tree(ctx context.Context, tree gitpack.ID, folder, scope int32, depth int) (gitpack.ID, error) {
	if scope == 0 {
		if holds, err := f.holds(tree, depth); err != nil || !holds {
			return tree, err
		}
	}
	key := treeKey{tree, folder, scope}
	if scope == 0 && len(f.large.Paths) == 0 && folder != 0 {
		key.folder = -1 // only the root differs: it defines macros
	}
	if became, ok := f.done[key]; ok {
		return became, nil
	}
	if err := context.Cause(ctx); err != nil {
		return tree, err
	}
	if depth > maxTreeDepth {
		return tree, fmt.Errorf("tree %s is more than %d folders deep", tree, maxTreeDepth)
	}
	data, err := readTree(f.store, tree)
	if err != nil {
		return tree, err
	}
	became, err := f.rewrite(ctx, grove{data: data, id: tree, folder: folder, scope: scope, depth: depth})
	if err != nil {
		return tree, err
	}
	f.done[key] = became
	return became, nil
}

// grove is one tree while it is rewritten.
type grove struct {
	data   []byte
	id     gitpack.ID
	folder int32
	scope  int32
	depth  int

	attributes *treeEntry // the entry called .gitattributes
	lines      []string   // to add to it
	changes    splices
}

// rewrite writes the new form of a tree.
func (f *forester) rewrite(ctx context.Context, g grove) (gitpack.ID, error) {
	for e, err := range treeEntries(g.data) {
		if err != nil {
			return g.id, fmt.Errorf("read tree %s: %w", g.id, err)
		}
		if string(e.name) == attributesName {
			g.attributes = &e
		}
	}
	if err := f.enter(&g); err != nil {
		return g.id, err
	}
	left := 0
	for e := range treeEntries(g.data) {
		became, err := f.entry(ctx, &g, e)
		if err != nil {
			return g.id, err
		}
		switch {
		case became.IsZero():
			g.changes.remove(e.start, e.end)
			continue
		case became != e.id:
			g.changes.replace(e.end-len(e.id), e.end, became[:])
		}
		left++
	}
	if err := f.list(&g); err != nil {
		return g.id, err
	}
	if len(g.changes) == 0 {
		return g.id, nil
	}
	if left == 0 {
		return gitpack.ID{}, nil
	}
	return f.put(g.folder, g.changes.apply(g.data))
}

// enter makes what the folder's own attributes say count.
func (f *forester) enter(g *grove) error {
	if f.large.Mode != Move || g.attributes == nil || !g.attributes.isFile() {
		return nil
	}
	id := g.attributes.id
	var a *attributes
	if g.folder == 0 {
		var err error
		if a, err = f.attributesOf(id); err != nil {
			return err
		}
	} else {
		data, err := f.readAttributes(id)
		if err != nil {
			return err
		}
		a = parseAttributes(data, false, f.macros(g.scope))
	}
	if a.empty() {
		return nil
	}
	key := scopeKey{g.scope, g.folder, a.text}
	n, ok := f.known[key]
	if !ok {
		n = int32(len(f.scopes))
		f.scopes = append(f.scopes, scope{g.scope, g.folder, a})
		f.known[key] = n
	}
	g.scope = n
	return nil
}

// macros returns those that the root defined.
func (f *forester) macros(n int32) map[string]string {
	for ; n > 0; n = f.scopes[n].parent {
		if f.scopes[n].macros != nil {
			return f.scopes[n].macros
		}
	}
	return nil
}

// filter returns the filter of a file, as the nearest attributes have it.
func (f *forester) filter(g *grove, name string) string {
	for n := g.scope; n > 0; n = f.scopes[n].parent {
		if filter, said := f.scopes[n].match(f.folders.path(f.scopes[n].folder, g.folder, name)); said {
			return filter
		}
	}
	return ""
}

// entry returns what an entry becomes; zero if it goes.
func (f *forester) entry(ctx context.Context, g *grove, e treeEntry) (gitpack.ID, error) {
	switch {
	case e.isTree():
		return f.tree(ctx, e.id, f.folders.in(g.folder, e.name), g.scope, g.depth+1)
	case !e.isFile() || isControl(e.name):
		return e.id, nil
	}
	_, large := f.sizes.large(e.id)
	if !large && g.scope == 0 {
		return e.id, nil
	}
	name := string(e.name)
	path := f.folders.path(0, g.folder, name)
	large = large && f.large.covers(path)
	if f.large.Mode == Remove {
		if large {
			return gitpack.ID{}, nil
		}
		return e.id, nil
	}
	filter := f.filter(g, name)
	if filter != lfsFilter && !large {
		return e.id, nil
	}
	if pointer, err := isPointer(f.store, e.id); err != nil || pointer {
		return e.id, err
	}
	if filter != lfsFilter {
		line, why, err := f.lineFor(g, name, filter)
		if err != nil {
			return e.id, err
		}
		if why != "" {
			f.kept(path, e.id, why)
			return e.id, nil
		}
		g.lines = append(g.lines, line)
	}
	return f.pointerTo(e.id)
}

// lineFor returns the attributes that name needs, or why it cannot have any.
func (f *forester) lineFor(g *grove, name, filter string) (line, why string, err error) {
	if filter != "" {
		return "", fmt.Sprintf("the filter %q is in charge of it", filter), nil
	}
	if g.attributes != nil {
		if !g.attributes.isFile() {
			return "", "the .gitattributes beside it is not a file", nil
		}
		_, size, err := f.store.Stat(g.attributes.id)
		if err != nil || size > maxAttributes {
			return "", "the .gitattributes beside it is too large", err
		}
	}
	line, ok := pointerLine(name)
	if !ok {
		return "", "its name is too long for .gitattributes", nil
	}
	return line, "", nil
}

// pointerTo returns the blob of the pointer to what another blob holds.
func (f *forester) pointerTo(blob gitpack.ID) (gitpack.ID, error) {
	if id, ok := f.blobs[blob]; ok {
		return id, nil
	}
	p, err := f.pointer(blob)
	if err != nil {
		return gitpack.ID{}, err
	}
	id, err := f.out.Put(gitpack.Blob, pointerText(p))
	if err != nil {
		return gitpack.ID{}, err
	}
	f.blobs[blob] = id
	return id, nil
}

// list adds the lines that the files in g need to its .gitattributes.
func (f *forester) list(g *grove) error {
	if len(g.lines) == 0 {
		return nil
	}
	slices.Sort(g.lines) // the order of entries is not to be trusted
	var data []byte
	if g.attributes != nil {
		_, own, err := f.store.Read(g.attributes.id)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.folders.path(0, g.folder, attributesName), err)
		}
		data = append(data, own...)
		if len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n')
		}
	}
	id, err := f.out.Put(gitpack.Blob, append(data, strings.Join(g.lines, "")...))
	if err != nil {
		return err
	}
	if g.attributes != nil {
		g.changes.replace(g.attributes.end-len(id), g.attributes.end, id[:])
		return nil
	}
	at := len(g.data)
	for e := range treeEntries(g.data) {
		if string(e.name) > attributesName {
			at = e.start
			break
		}
	}
	g.changes.replace(at, at, appendTreeEntry(nil, modeRegular, attributesName, id))
	return nil
}

// put writes a tree, if possible as a delta to what the folder was last.
func (f *forester) put(folder int32, data []byte) (gitpack.ID, error) {
	last, ok := f.last[folder]
	var id gitpack.ID
	var err error
	if ok {
		id, err = f.out.PutAgainst(gitpack.Tree, data, last.id, last.data)
	} else {
		id, err = f.out.Put(gitpack.Tree, data)
	}
	if err != nil {
		return id, err
	}
	f.lastBytes += len(data) - len(last.data)
	f.last[folder] = version{id, data}
	if f.lastBytes > maxLast {
		clear(f.last)
		f.lastBytes = 0
	}
	return id, nil
}
