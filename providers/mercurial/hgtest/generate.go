package hgtest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// Size says how large a generated history is.
type Size struct {
	Changesets int
	Files      int // about how many there are at a time
	Seed       uint64
}

// Truth is what a generated history holds.
type Truth struct {
	Changesets []hg.Node // in the order in which they were made
	Merges     int
	Copies     int
	Tips       map[string]Tip     // by branch; the last changeset on it
	Closed     map[string]bool    // by branch
	Tags       map[string]hg.Node // from .hgtags
	TextBytes  int64              // of all file revisions
}

// Tip is a changeset and all its files.
type Tip struct {
	Node  hg.Node
	Files map[string]Content
}

// Content is a file of a changeset.
type Content struct {
	Text []byte
	Flag hg.Flag
}

// Generate writes a bundle with a history like that of a real project: source
// files that change by a few lines, feature branches that are merged and
// closed, copies, removals, executables, links and tags. Equal sizes give equal
// histories.
func Generate(w io.Writer, size Size) (Truth, error) {
	g := &generator{
		random: rand.New(rand.NewPCG(size.Seed, 1)),
		size:   size,
		out:    bundleWriter{files: map[string]*bytes.Buffer{}},
		truth:  Truth{Tips: map[string]Tip{}, Closed: map[string]bool{}, Tags: map[string]hg.Node{}},
		filled: map[string]bool{},
		trees:  map[string]*tree{},
	}
	g.run()
	for branch, t := range g.trees {
		tip := Tip{Node: t.node, Files: map[string]Content{}}
		for path, v := range t.files {
			tip.Files[path] = Content{v.text, v.flag}
		}
		g.truth.Tips[branch] = tip
	}
	return g.truth, g.out.writeTo(w)
}

type generator struct {
	random *rand.Rand
	size   Size
	out    bundleWriter
	truth  Truth
	filled map[string]bool // file and manifest revisions that were made
	waits  []pending
	trees  map[string]*tree // the last of each branch
	serial int
}

// tree is the last changeset of a line. The next one changes it.
type tree struct {
	node     hg.Node
	branch   string
	manifest hg.Node
	text     []byte   // of the manifest
	paths    []string // of files, sorted
	files    map[string]version
}

func (t *tree) clone() *tree {
	c := *t
	c.paths, c.files = slices.Clone(t.paths), maps.Clone(t.files)
	return &c
}

func (t *tree) set(path string, v version) {
	at, found := slices.BinarySearch(t.paths, path)
	switch {
	case v.node.IsNull() && found:
		t.paths = slices.Delete(t.paths, at, at+1)
		delete(t.files, path)
		return
	case !found:
		t.paths = slices.Insert(t.paths, at, path)
	}
	t.files[path] = v
}

// version is a file revision in a tree.
type version struct {
	node hg.Node
	flag hg.Flag
	text []byte
	meta []byte // what precedes the text in the file revision
}

// stored is what the file revision holds.
func (v version) stored() []byte { return append(v.meta[:len(v.meta):len(v.meta)], v.text...) }

// pending is a file revision that waits for its changeset.
type pending struct {
	path         string
	node, p1, p2 hg.Node
	delta        []byte
}

func (g *generator) run() {
	main := &tree{branch: hg.DefaultBranch, files: map[string]version{}}
	var feature, fork *tree
	for len(g.truth.Changesets) < g.size.Changesets {
		n := len(g.truth.Changesets)
		switch {
		case n == 0:
			g.first(main)
		case feature == nil && n%150 == 50 && g.size.Changesets-n > 60:
			fork, feature = main.clone(), g.change(main.clone(), fmt.Sprintf("feature/%d", n), false)
		case feature != nil && n%150 == 90:
			g.change(feature, feature.branch, true)
			g.truth.Closed[feature.branch] = true
			g.merge(main, feature, fork)
			feature = nil
		case feature != nil && g.random.IntN(2) == 0:
			g.change(feature, feature.branch, false)
		case n%500 == 499:
			g.tag(main, fmt.Sprintf("v%d", n/500))
		default:
			g.change(main, main.branch, false)
		}
	}
}

// first makes the first changeset, with most of the files.
func (g *generator) first(empty *tree) {
	edits := map[string]version{}
	for range g.size.Files {
		edits[g.newPath()] = version{text: g.newText(), flag: g.flag()}
	}
	edits["run.sh"] = version{text: []byte("#!/bin/sh\nexec true\n"), flag: hg.Executable}
	edits["latest"] = version{text: []byte("run.sh"), flag: hg.Symlink}
	changes := map[string]version{}
	for _, path := range sorted(edits) {
		changes[path] = g.addFile(path, version{}, version{}, edits[path])
	}
	g.commit(empty, nil, changes, empty.branch, false, "begin")
}

// change makes a changeset that edits a few files, and now and then adds,
// copies or removes one.
func (g *generator) change(from *tree, branch string, close bool) *tree {
	paths := from.paths
	changes := map[string]version{}
	for range 1 + g.random.IntN(4) {
		path := paths[g.random.IntN(len(paths))]
		old := from.files[path]
		if _, done := changes[path]; done || old.flag == hg.Symlink || path == ".hgtags" {
			continue
		}
		changes[path] = g.addFile(path, old, version{}, version{text: g.editText(old.text), flag: old.flag})
	}
	switch g.random.IntN(20) {
	case 0, 1:
		path := g.newPath()
		changes[path] = g.addFile(path, version{}, version{}, version{text: g.newText(), flag: g.flag()})
	case 2:
		source, path := paths[g.random.IntN(len(paths))], g.newPath()
		v := from.files[source]
		v.meta = fmt.Appendf(nil, "\x01\ncopy: %s\ncopyrev: %s\n\x01\n", source, v.node)
		changes[path] = g.addFile(path, version{}, version{}, v)
		g.truth.Copies++
	case 3:
		path := paths[g.random.IntN(len(paths))]
		if _, done := changes[path]; !done && len(paths) > g.size.Files && path != ".hgtags" {
			changes[path] = version{}
		}
	}
	return g.commit(from, nil, changes, branch, close, g.words(3+g.random.IntN(30)))
}

// merge takes what a branch changed since it left the other.
func (g *generator) merge(into, other, fork *tree) {
	changes := map[string]version{}
	for _, path := range sorted(union(other.files, fork.files)) {
		theirs, there := other.files[path]
		ours, here := into.files[path]
		if theirs.node == fork.files[path].node && theirs.flag == fork.files[path].flag {
			continue
		}
		switch {
		case !there && here:
			changes[path] = version{}
		case there && here && ours.node != fork.files[path].node && ours.node != theirs.node:
			changes[path] = g.addFile(path, ours, theirs, version{text: theirs.text, flag: theirs.flag})
		case there:
			changes[path] = theirs
		}
	}
	g.truth.Merges++
	g.commit(into, other, changes, into.branch, false, "merge "+other.branch)
}

func (g *generator) tag(from *tree, name string) {
	old := from.files[".hgtags"]
	next := g.addFile(".hgtags", old, version{}, version{text: fmt.Appendf(slices.Clone(old.text), "%s %s\n", from.node, name)})
	g.truth.Tags[name] = from.node
	g.commit(from, nil, map[string]version{".hgtags": next}, from.branch, false, "tag "+name)
}

// addFile makes a file revision, which goes with the next changeset, and
// returns it with its node.
func (g *generator) addFile(path string, p1, p2, v version) version {
	v.node = hg.HashText(p1.node, p2.node, v.stored())
	if key := path + v.node.String(); !g.filled[key] {
		g.filled[key] = true
		g.waits = append(g.waits, pending{path, v.node, p1.node, p2.node, encodeHunks(diff(p1.stored(), v.stored()))})
		g.truth.TextBytes += int64(len(v.text))
	}
	return v
}

// commit writes a manifest and a changeset, and makes it the last one of the
// line that p1 is of.
func (g *generator) commit(p1, p2 *tree, changes map[string]version, branch string, close bool, description string) *tree {
	var hunks []hg.Hunk
	touched := sorted(changes)
	for _, path := range touched {
		h := lineHunk(p1.text, path, changes[path])
		if n := len(hunks) - 1; n >= 0 && hunks[n].End == h.Start { // as hg writes them
			hunks[n].End, hunks[n].Data = h.End, append(hunks[n].Data, h.Data...)
			continue
		}
		hunks = append(hunks, h)
	}
	var second, secondManifest hg.Node
	if p2 != nil {
		second, secondManifest = p2.node, p2.manifest
	}
	text := hg.Apply(p1.text, hunks)
	manifest := hg.HashText(p1.manifest, secondManifest, text)
	entry := g.changeset(manifest, branch, close, touched, description)
	node := hg.HashText(p1.node, second, entry)
	add(&g.out.changelog, node, p1.node, second, hg.Node{}, node, encodeHunks([]hg.Hunk{{Data: entry}}))
	if key := manifest.String(); !g.filled[key] {
		g.filled[key] = true
		add(&g.out.manifest, manifest, p1.manifest, secondManifest, p1.manifest, node, encodeHunks(hunks))
	}
	for _, f := range g.waits {
		add(g.out.file(f.path), f.node, f.p1, f.p2, f.p1, node, f.delta)
	}
	g.waits = nil
	g.truth.Changesets = append(g.truth.Changesets, node)
	for path, v := range changes {
		p1.set(path, v)
	}
	p1.node, p1.branch, p1.manifest, p1.text = node, branch, manifest, text
	g.trees[branch] = p1
	return p1
}

// changeset is the text of one.
func (g *generator) changeset(manifest hg.Node, branch string, close bool, files []string, description string) []byte {
	extra := ""
	if branch != hg.DefaultBranch {
		extra = " branch:" + branch
	}
	if close {
		extra += "\x00close:1"
	}
	n := len(g.truth.Changesets)
	user := fmt.Sprintf("Person %d <person%d@example.org>", n%37, n%37)
	if n%11 == 0 {
		user = fmt.Sprintf("login%d", n%5)
	}
	zone := []int{0, -3600, 18000, -19800}[n%4]
	lines := append([]string{manifest.String(), user, fmt.Sprintf("%d %d%s", 1_000_000_000+n*600, zone, extra)}, files...)
	return []byte(strings.Join(lines, "\n") + "\n\n" + description)
}

// lineHunk is what becomes of the line of a path in a manifest.
func lineHunk(manifest []byte, path string, v version) hg.Hunk {
	start := findLine(manifest, path)
	h := hg.Hunk{Start: start, End: start}
	if bytes.HasPrefix(manifest[start:], []byte(path+"\x00")) {
		h.End += bytes.IndexByte(manifest[start:], '\n') + 1
	}
	if !v.node.IsNull() {
		h.Data = fmt.Appendf(nil, "%s\x00%s", path, v.node)
		if v.flag != hg.Regular {
			h.Data = append(h.Data, byte(v.flag))
		}
		h.Data = append(h.Data, '\n')
	}
	return h
}

// findLine is where the line of path begins or would begin.
func findLine(manifest []byte, path string) int {
	low, high := 0, len(manifest)
	for low < high {
		middle := bytes.LastIndexByte(manifest[:(low+high)/2], '\n') + 1
		if middle < low {
			middle = low
		}
		end := middle + bytes.IndexByte(manifest[middle:], '\n') + 1
		name, _, _ := bytes.Cut(manifest[middle:end], []byte{0})
		switch c := cmp.Compare(string(name), path); {
		case c == 0:
			return middle
		case c < 0:
			low = end
		default:
			high = middle
		}
	}
	return low
}

// diff replaces what is between the common beginning and end by whole lines.
func diff(before, after []byte) []hg.Hunk {
	start := 0
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	start = bytes.LastIndexByte(before[:start], '\n') + 1
	tail := 0
	for tail < min(len(before), len(after))-start && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	if start == len(before) && start == len(after) {
		return nil
	}
	return []hg.Hunk{{Start: start, End: len(before) - tail, Data: after[start : len(after)-tail]}}
}

func (g *generator) newPath() string {
	g.serial++
	dirs := []string{"src", "lib/core", "lib/net", "docs", "tests/unit", "tests/data/Old"}
	ext := []string{".c", ".h", ".py", ".txt"}
	return fmt.Sprintf("%s/%s_%d%s", dirs[g.random.IntN(len(dirs))], g.word(), g.serial, ext[g.random.IntN(len(ext))])
}

func (g *generator) newText() []byte {
	var b bytes.Buffer
	for range 10 + g.random.IntN(300) {
		b.WriteString(g.words(2+g.random.IntN(8)) + "\n")
	}
	return b.Bytes()
}

// editText replaces, adds or removes a run of lines.
func (g *generator) editText(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	at := g.random.IntN(len(lines))
	end := min(len(lines), at+g.random.IntN(3))
	var next []byte
	next = append(next, bytes.Join(lines[:at], nil)...)
	for range g.random.IntN(4) {
		next = append(next, g.words(2+g.random.IntN(8))+"\n"...)
	}
	// A number makes every text new, as most are in real histories.
	g.serial++
	next = fmt.Appendf(next, "edit %d\n", g.serial)
	return append(next, bytes.Join(lines[end:], nil)...)
}

func (g *generator) flag() hg.Flag {
	if g.random.IntN(20) == 0 {
		return hg.Executable
	}
	return hg.Regular
}

func (g *generator) word() string {
	syllables := []string{"al", "ba", "cor", "den", "el", "fir", "gam", "hin", "is", "jot", "ka", "lum", "mer", "no", "op", "qua"}
	word := ""
	for range 1 + g.random.IntN(3) {
		word += syllables[g.random.IntN(len(syllables))]
	}
	return word
}

func (g *generator) words(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = g.word()
	}
	return strings.Join(words, " ")
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func union[V any](a, b map[string]V) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}
