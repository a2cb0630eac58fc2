package gittree

import (
	"fmt"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// Empty is the tree without entries. The zero ID is taken for it as well.
var Empty = gitpack.Hash(gitpack.Tree, nil)

// maxDepth is how many directories may be inside each other: what newer
// versions of git follow (core.maxTreeDepth).
const maxDepth = 2048

// Reader reads objects; a [gitpack.Store] does.
type Reader interface {
	Read(gitpack.ID) (gitpack.Kind, []byte, error)
}

// Objects reads and adds objects; a [gitpack.Writer] does. What it is given
// and what it returns is not changed afterwards by either side.
type Objects interface {
	Reader
	Put(gitpack.Kind, []byte) (gitpack.ID, error)
	PutDelta(k gitpack.Kind, data []byte, base gitpack.ID, delta []byte) (gitpack.ID, error)
}

// ReadOnly makes Objects that refuse to add any, for who only looks.
func ReadOnly(r Reader) Objects { return readOnly{r} }

type readOnly struct{ Reader }

func (readOnly) Put(gitpack.Kind, []byte) (gitpack.ID, error) {
	return gitpack.ID{}, fmt.Errorf("trees were opened for reading only")
}

func (r readOnly) PutDelta(k gitpack.Kind, data []byte, _ gitpack.ID, _ []byte) (gitpack.ID, error) {
	return r.Put(k, data)
}

// Trees reads and edits the trees among some objects. It may be used by
// several goroutines, each of its edits by one.
type Trees struct {
	mu      sync.Mutex
	objects Objects
	cache   cache
}

// New returns the trees among objects, of which about cacheBytes are kept in
// memory.
func New(objects Objects, cacheBytes int) *Trees {
	return &Trees{objects: objects, cache: newCache(cacheBytes)}
}

// Use goes on with other objects, which hold everything that the ones before
// did. Edits that are not written yet are written there.
func (t *Trees) Use(objects Objects) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.objects = objects
}

// List returns the entries of a tree in git's order.
func (t *Trees) List(tree gitpack.ID) ([]Entry, error) {
	n, err := t.load(tree)
	if err != nil {
		return nil, err
	}
	if n, err = n.inOrder(); err != nil {
		return nil, err
	}
	return n.entries(), nil
}

// Lookup returns what is at a path below root; its Name is the last part of
// the path. The path "" is root itself.
func (t *Trees) Lookup(root gitpack.ID, path string) (Entry, bool, error) {
	if root.IsZero() {
		root = Empty
	}
	e := Entry{Mode: Directory, ID: root}
	if path == "" {
		return e, true, nil
	}
	if err := checkPath(path); err != nil {
		return Entry{}, false, err
	}
	for name := range strings.SplitSeq(path, "/") {
		if !e.Mode.IsDirectory() {
			return Entry{}, false, nil
		}
		n, err := t.load(e.ID)
		if err != nil {
			return Entry{}, false, fmt.Errorf("look up %.200q: %w", path, err)
		}
		i, found := n.find(name)
		if !found {
			return Entry{}, false, nil
		}
		e = n.entry(i, name)
	}
	return e, true, nil
}

// load returns a tree from the cache or from the objects.
func (t *Trees) load(id gitpack.ID) (*node, error) {
	if id.IsZero() || id == Empty {
		return &node{id: Empty, ordered: true}, nil
	}
	t.mu.Lock()
	n, objects := t.cache.get(id), t.objects
	t.mu.Unlock()
	if n != nil {
		return n, nil
	}
	kind, data, err := objects.Read(id)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	if kind != gitpack.Tree {
		return nil, fmt.Errorf("read tree %s: %w: it is a %s", id, gitpack.ErrCorrupt, kind)
	}
	if n, err = newNode(id, data); err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	t.keep(n)
	return n, nil
}

func (t *Trees) keep(n *node) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cache.add(n)
}

// put adds the tree n, which was made out of base by delta, gives it its id
// and keeps it. Without a delta it is stored whole.
func (t *Trees) put(n *node, base gitpack.ID, delta []byte) error {
	t.mu.Lock()
	objects := t.objects
	t.mu.Unlock()
	var err error
	if delta == nil {
		n.id, err = objects.Put(gitpack.Tree, n.data)
	} else {
		n.id, err = objects.PutDelta(gitpack.Tree, n.data, base, delta)
	}
	if err != nil {
		return fmt.Errorf("write a tree of %d entries: %w", n.len(), err)
	}
	t.keep(n)
	return nil
}

// checkPath refuses paths with parts that no tree can hold.
func checkPath(path string) error {
	depth := 0
	for name := range strings.SplitSeq(path, "/") {
		if err := checkName(name); err != nil {
			return fmt.Errorf("path %.200q: %w", path, err)
		}
		if depth++; depth > maxDepth {
			return fmt.Errorf("path %.200q: more than %d directories deep", path, maxDepth)
		}
	}
	return nil
}
