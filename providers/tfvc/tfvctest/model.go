package tfvctest

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Collection is a collection of team projects. Its fields may be set between
// changesets and before it is served.
type Collection struct {
	// Folders are listed without what is in them, when they are branched,
	// renamed, undeleted or deleted as a whole.
	Unlisted bool

	NoSourceRenames bool // what was renamed away is not listed as deleted
	NoHashes        bool // items come without hashes and sizes
	NoMergeSources  bool
	Reversed        bool // changes are listed from the last to the first
	ExclusiveFrom   bool // fromId is not part of the list that it begins
	PageCap         int  // the most elements of a page, whatever is asked for; 0: any number
	Tokens          bool // lists of changes go on with tokens
	NoBatch         bool // itembatch is not known
	MaxVersion      string
	Password        string // that requests must carry; "": none

	t        testing.TB
	contract contract
	base     string

	intercept atomic.Pointer[Interceptor]

	mu       sync.Mutex
	sets     []*set
	projects []string
	branches []*branch
	labels   []*label
	gone     map[string]bool // contents that were destroyed, by path and version
	requests map[string]int  // by operation
	skipped  int             // numbers that other projects took
}

// set is one changeset.
type set struct {
	number      int
	by, checked Person
	on          time.Time
	comment     string
	changes     []change
	workItems   []int
	after       snapshot
}

// snapshot is what there is in a version, by folded path.
type snapshot map[string]*item

type item struct {
	path    string
	folder  bool
	data    string
	version int
}

type change struct {
	kind   string
	item   item
	source string
	merged []mergeSource
}

type mergeSource struct {
	path     string
	from, to int
	rename   bool
}

type branch struct {
	path, parent string
	made         time.Time
}

type label struct {
	id          int
	name, scope string
	description string
	by          Person
	on          time.Time
	items       []item
}

// Person is who checks in.
type Person struct{ Display, Unique string }

// Ann is who checks in when nobody is named.
var ann = Person{"Ann Other", "ann@example.com"}

// New returns a collection without projects.
func New(t testing.TB) *Collection {
	t.Helper()
	contract, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	return &Collection{t: t, contract: contract, gone: map[string]bool{}, requests: map[string]int{}}
}

// Project makes a team project, by a changeset of its own.
func (c *Collection) Project(name string) int {
	c.projects = append(c.projects, name)
	return c.Commit("Created team project folder $/"+name, Folder("$/"+name))
}

// Skip leaves out numbers, as changesets of other projects do.
func (c *Collection) Skip(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped += n
}

// Latest is the number of the last changeset.
func (c *Collection) Latest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sets) == 0 {
		return 0
	}
	return c.sets[len(c.sets)-1].number
}

// Commit checks in one changeset and returns its number.
func (c *Collection) Commit(comment string, ops ...Op) int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	number := 1 + c.skipped + len(c.sets)
	p := &pending{c: c, before: c.at(number - 1), number: number, set: &set{number: number, by: ann, comment: comment,
		on: time.Date(2014, 3, 1, 12, 0, 0, 250_000_000, time.UTC).Add(time.Duration(number) * time.Minute)}}
	for _, op := range ops {
		op(p)
	}
	if p.set.checked == (Person{}) {
		p.set.checked = p.set.by
	}
	p.finish()
	c.sets = append(c.sets, p.set)
	return number
}

// at is the state in a version.
func (c *Collection) at(version int) snapshot {
	i, found := slices.BinarySearchFunc(c.sets, version, func(s *set, v int) int { return s.number - v })
	if found {
		return c.sets[i].after
	}
	if i == 0 {
		return snapshot{}
	}
	return c.sets[i-1].after
}

// Files returns the texts of the files at or below a folder in a version, by
// their path in it.
func (c *Collection) Files(folder string, version int) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := map[string]string{}
	for _, i := range c.at(version).under(folder) {
		if !i.folder {
			files[i.path[len(folder)+1:]] = i.data
		}
	}
	return files
}

// Destroy makes the contents of a file in a version unavailable.
func (c *Collection) Destroy(path string, version int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.at(version)[fold(path)]
	for _, s := range c.sets {
		for _, other := range s.after {
			if other.data == i.data {
				c.gone[contentKey(other.path, other.version)] = true
			}
		}
	}
}

// MakeBranch makes a branch of a folder, with a parent or "".
func (c *Collection) MakeBranch(path, parent string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.branches = append(c.branches, &branch{path: path, parent: parent, made: time.Date(2014, 3, 1, 0, 0, len(c.branches), 0, time.UTC)})
}

// Label names what is at or below a path in a version.
func (c *Collection) Label(name, scope, path string, version int) {
	c.LabelMixed(name, scope, map[string]int{path: version})
}

// LabelMixed names what is at or below several paths, each in a version.
func (c *Collection) LabelMixed(name, scope string, paths map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &label{id: 100 + len(c.labels), name: name, scope: scope, description: "label " + name, by: ann, on: time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC)}
	named := map[string]item{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, i := range c.at(paths[path]).under(path) {
			named[fold(i.path)] = *i
		}
	}
	for _, p := range slices.Sorted(maps.Keys(named)) {
		l.items = append(l.items, named[p])
	}
	c.labels = append(c.labels, l)
}

// under lists what is at or below a path, in order.
func (s snapshot) under(path string) []*item {
	var list []*item
	for p, i := range s {
		if within(p, fold(path)) {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b *item) int { return strings.Compare(fold(a.path), fold(b.path)) })
	return list
}

func fold(path string) string { return strings.ToUpper(path) }

func within(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(folder, "/"))
}

func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }
