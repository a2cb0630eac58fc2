package svntest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Shape says what a generated history is like. Equal shapes give equal
// histories, byte for byte.
type Shape struct {
	Seed      uint64
	Revisions int // at least a few hundred for all that a history can have
	Files     int // on the trunk, in the end
	FileSize  int // of the average file, in bytes
	Branches  int
	Tags      int
	Merges    int // of a branch into another, as a whole; a hundredth of Revisions when 0
	Authors   int
}

// Large is the shape of a project with a history of many years: some 2 GB of
// texts when every version is counted.
func Large(revisions int) Shape {
	return Shape{Seed: 1, Revisions: revisions, Files: 3000, FileSize: 17 << 10, Branches: 50, Tags: 100, Merges: 40, Authors: 20}
}

// Branch is what a generated history says about a branch.
type Branch struct {
	Path    string
	Tag     bool
	Created int64 // revision
	Deleted int64 // revision, 0 while it is there

	From         string // the branch it is a copy of, "" for the trunk
	FromRevision int64

	Revisions []int64 // that changed something in it, Created and Deleted included
}

// Merge is a revision that merged all of another branch, as svn:mergeinfo says.
type Merge struct {
	Revision     int64
	Branch, From string
	FromRevision int64 // the last revision of From that was merged
}

// Generated is a history with what a converter should find in it.
type Generated struct {
	*History
	Branches []*Branch // in the order of their creation
	Merges   []Merge
}

// Generate makes a random history in the standard layout.
func Generate(s Shape) *Generated {
	if s.Merges == 0 {
		s.Merges = s.Revisions / 100
	}
	g := &generator{
		shape: s,
		rand:  rand.New(rand.NewPCG(s.Seed, uint64(s.Revisions))),
		out:   &Generated{History: New()},

		vocabulary: strings.Fields(vocabulary),
	}
	g.h = g.out.History
	g.run()
	return g.out
}

type generator struct {
	shape Shape
	rand  *rand.Rand
	out   *Generated
	h     *History // of out

	vocabulary []string

	trunk   *line
	live    []*line // branches that can be worked on, the trunk first
	named   int     // files, for names that are unlike all others
	tags    int
	created int // branches
}

// line is a branch while it is worked on.
type line struct {
	*Branch
	files  []string        // paths inside of it
	edits  []edited        // since its creation
	base   map[*line]int64 // the revision of the line it is a copy of
	merged map[*line]span  // what was merged of other lines
}

// span is a range of revisions.
type span struct{ first, last int64 }

func (s span) String() string {
	if s.first == s.last {
		return fmt.Sprint(s.first)
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}

type edited struct {
	revision int64
	path     string
}

func (g *generator) chance(percent float64) bool { return g.rand.Float64()*100 < percent }

func (g *generator) run() {
	g.begin("make the standard layout")
	for _, dir := range []string{"trunk", "branches", "tags"} {
		g.h.Mkdir(dir, Edit{})
	}
	g.trunk = g.open(&Branch{Path: "trunk", Created: 1}, nil)
	g.trunk.Revisions = []int64{1}

	g.commit(g.trunk, "import the sources")
	for range g.shape.Files / 3 {
		g.addFile(g.trunk)
	}
	for g.h.Latest() < int64(g.shape.Revisions) {
		g.step()
	}
}

// step makes one revision.
func (g *generator) step() {
	done := float64(g.h.Latest()) / float64(g.shape.Revisions)
	switch {
	case g.created < int(done*float64(g.shape.Branches)):
		g.branch()
	case g.tags < int(done*float64(g.shape.Tags)):
		g.tag()
	case len(g.live) > 2 && len(g.out.Merges) < int(done*float64(g.shape.Merges)):
		g.merge()
	case len(g.live) > 6 && g.chance(2):
		g.deleteBranch()
	default:
		g.work()
	}
}

// begin starts a revision without changes.
func (g *generator) begin(log string) int64 {
	number := g.h.Latest() + 1
	when := time.Unix(startOfTime+number*4000+g.rand.Int64N(3000), g.rand.Int64N(1e6)*1000)
	return g.h.Begin(map[string]string{
		"svn:author": fmt.Sprintf("author%02d", g.rand.IntN(max(g.shape.Authors, 1))),
		"svn:date":   Date(when),
		"svn:log":    log,
	})
}

// commit starts a revision that changes l.
func (g *generator) commit(l *line, log string) {
	l.Revisions = append(l.Revisions, g.begin(log))
}

func (g *generator) message() string {
	var b strings.Builder
	b.WriteString(g.words(4 + g.rand.IntN(6)))
	for range g.rand.IntN(3) {
		b.WriteString("\n" + g.words(6+g.rand.IntN(8)))
	}
	return b.String()
}

func (g *generator) pick() *line {
	if g.chance(60) || len(g.live) == 1 {
		return g.trunk
	}
	return g.live[1+g.rand.IntN(len(g.live)-1)]
}

func (g *generator) work() {
	l := g.pick()
	g.commit(l, g.message())
	for range 1 + int(g.rand.ExpFloat64()*3) {
		switch {
		case len(l.files) == 0 || l == g.trunk && len(l.files) < g.shape.Files && g.chance(8):
			g.addFile(l)
		case g.chance(1.5):
			g.removeFile(l)
		case g.chance(1.5):
			g.moveFile(l)
		case g.chance(1):
			g.setProperty(l)
		default:
			g.editFile(l)
		}
	}
}

func (g *generator) touched(l *line, path string) string {
	l.edits = append(l.edits, edited{g.h.Latest(), path})
	return join(l.Path, path)
}

// changedNow reports whether the revision at hand has changed the path, so
// that it does not name it twice.
func (g *generator) changedNow(path string) bool {
	return slices.ContainsFunc(g.h.current().changes, func(c change) bool {
		return c.path == path || strings.HasPrefix(path, c.path+"/") && c.fromRev >= 0
	})
}

func (g *generator) addFile(l *line) {
	g.named++
	path := fmt.Sprintf("%s/%s%d%s", g.directory(), g.word(), g.named, []string{".c", ".h", ".txt", ".java", ""}[g.rand.IntN(5)])
	e := Edit{Set: map[string]string{}}
	switch {
	case g.chance(0.5):
		e.pieces = text{"link ../" + g.word()}
		e.Set["svn:special"] = "*"
	case g.chance(3):
		e.pieces = g.binary()
		e.Set["svn:mime-type"] = "application/octet-stream"
	default:
		e.pieces = g.prose()
		if g.chance(5) {
			e.Set["svn:executable"] = "*"
		}
		if g.chance(30) {
			e.Set["svn:eol-style"] = "native"
		}
	}
	g.h.Add(g.touched(l, path), e)
	l.files = append(l.files, path)
}

func (g *generator) editFile(l *line) {
	path := l.files[g.rand.IntN(len(l.files))]
	full := join(l.Path, path)
	if g.changedNow(full) {
		return
	}
	n := g.h.current().root.lookup(full)
	if n.props["svn:special"] != "" {
		return
	}
	pieces := slices.Clone(n.text)
	for range 1 + g.rand.IntN(3) {
		at := g.rand.IntN(len(pieces))
		pieces[at] = g.changed(pieces[at])
	}
	if g.chance(10) {
		pieces = slices.Insert(pieces, g.rand.IntN(len(pieces)), g.paragraph())
	}
	g.h.Change(g.touched(l, path), Edit{pieces: pieces})
}

func (g *generator) removeFile(l *line) {
	at := g.rand.IntN(len(l.files))
	path := l.files[at]
	if g.changedNow(join(l.Path, path)) {
		return
	}
	g.h.Delete(g.touched(l, path))
	l.files[at] = l.files[len(l.files)-1]
	l.files = l.files[:len(l.files)-1]
}

func (g *generator) moveFile(l *line) {
	at := g.rand.IntN(len(l.files))
	from := l.files[at]
	full := join(l.Path, from)
	if g.changedNow(full) {
		return
	}
	g.named++
	to := fmt.Sprintf("%s/%s%d.moved", g.directory(), g.word(), g.named)
	var e Edit
	if n := g.h.current().root.lookup(full); g.chance(50) && n.props["svn:special"] == "" {
		e.pieces = append(slices.Clone(n.text), g.paragraph())
	}
	g.h.Copy(full, g.h.Latest()-1, g.touched(l, to), e)
	g.h.Delete(g.touched(l, from))
	l.files[at] = to
}

func (g *generator) setProperty(l *line) {
	if path := l.files[g.rand.IntN(len(l.files))]; !g.changedNow(join(l.Path, path)) {
		g.h.Change(g.touched(l, path), Edit{Set: map[string]string{"reviewed": g.words(3)}})
	}
}

// open starts work on a branch.
func (g *generator) open(b *Branch, from *line) *line {
	l := &line{Branch: b, merged: map[*line]span{}}
	if from != nil {
		l.files = slices.Clone(from.files)
		l.base = map[*line]int64{from: b.FromRevision}
		maps.Copy(l.merged, from.merged)
	}
	g.out.Branches = append(g.out.Branches, b)
	g.live = append(g.live, l)
	return l
}

func (g *generator) branch() {
	g.created++
	from := g.trunk
	if g.chance(15) {
		from = g.pick()
	}
	revision := g.h.Latest()
	b := &Branch{Path: fmt.Sprintf("branches/%s-%d", g.word(), g.created), From: from.Path, FromRevision: revision}
	b.Created = g.begin("branch " + b.Path)
	b.Revisions = []int64{b.Created}
	g.h.Copy(from.Path, revision, b.Path, Edit{})
	g.open(b, from)
}

func (g *generator) tag() {
	g.tags++
	from := g.trunk
	if g.chance(20) {
		from = g.pick()
	}
	revision := g.h.Latest()
	b := &Branch{Path: fmt.Sprintf("tags/v%d.%d", g.tags/10, g.tags%10), Tag: true, From: from.Path, FromRevision: revision}
	b.Created = g.begin("release " + b.Path)
	b.Revisions = []int64{b.Created}
	g.h.Copy(from.Path, revision, b.Path, Edit{})
	if g.chance(5) { // of mixed revisions
		path := from.files[g.rand.IntN(len(from.files))]
		for old := revision - 1; old > from.Created && old > revision-200; old-- {
			if g.h.revisions[old].root.lookup(join(from.Path, path)) != g.h.revisions[revision].root.lookup(join(from.Path, path)) &&
				g.h.Exists(old, join(from.Path, path)) {
				g.h.ReplaceByCopy(join(from.Path, path), old, join(b.Path, path), Edit{})
				break
			}
		}
	}
	g.out.Branches = append(g.out.Branches, b)
}

func (g *generator) deleteBranch() {
	at := 1 + g.rand.IntN(len(g.live)-1)
	l := g.live[at]
	g.commit(l, "delete "+l.Path)
	l.Deleted = g.h.Latest()
	g.h.Delete(l.Path)
	g.live = slices.Delete(g.live, at, at+1)
}

// merge brings all that a line has into another.
func (g *generator) merge() {
	from := g.live[1+g.rand.IntN(len(g.live)-1)]
	to := g.trunk
	if g.chance(50) {
		from, to = to, from
	}
	upTo := g.h.Latest()
	done, ok := to.merged[from]
	since := done.last
	if !ok {
		since = max(to.base[from], from.Created)
		done.first = since + 1
	}
	var paths []string
	for _, e := range from.edits {
		if e.revision > since && !slices.Contains(paths, e.path) {
			paths = append(paths, e.path)
		}
	}
	if len(paths) == 0 {
		g.work()
		return
	}
	g.commit(to, fmt.Sprintf("merge r%d to r%d of %s", since+1, upTo, from.Path))
	for _, path := range paths {
		g.mergeFile(from, to, path, upTo)
	}
	done.last = upTo
	to.merged[from] = done
	var info []string
	for l, revisions := range to.merged {
		info = append(info, fmt.Sprintf("/%s:%v", l.Path, revisions))
	}
	slices.Sort(info)
	g.h.Change(to.Path, Edit{Set: map[string]string{"svn:mergeinfo": strings.Join(info, "\n")}})
	g.out.Merges = append(g.out.Merges, Merge{Revision: g.h.Latest(), Branch: to.Path, From: from.Path, FromRevision: upTo})
}

// mergeFile makes the file of to what it is in from.
func (g *generator) mergeFile(from, to *line, path string, upTo int64) {
	theirs := g.h.revisions[upTo].root.lookup(join(from.Path, path))
	full := join(to.Path, path)
	ours := g.h.current().root.lookup(full)
	switch {
	case theirs == ours: // also when neither is there
	case theirs == nil:
		g.h.Delete(g.touched(to, path))
		to.files = slices.DeleteFunc(to.files, func(p string) bool { return p == path })
	case ours == nil:
		g.h.Copy(join(from.Path, path), upTo, g.touched(to, path), Edit{})
		to.files = append(to.files, path)
	case !slices.Equal(theirs.text, ours.text):
		g.h.Change(g.touched(to, path), Edit{pieces: theirs.text})
	}
}
