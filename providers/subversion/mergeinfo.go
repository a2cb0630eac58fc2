package subversion

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The properties in which merges are recorded, all three on the folder of the
// line that was merged into.
const (
	propMergeinfo = "svn:mergeinfo"
	propSvnmerge  = "svnmerge-integrated" // svnmerge.py, before Subversion 1.5
	propSVK       = "svk:merge"
)

// span is the revisions from..to.
type span struct{ from, to int64 }

// ranges are spans in order, apart from each other.
type ranges []span

// add returns r with s in it.
func (r ranges) add(s span) ranges {
	if s.from > s.to {
		return r
	}
	i, _ := slices.BinarySearchFunc(r, s, func(a, b span) int { // the first that s touches or that follows
		if a.to+1 < b.from {
			return -1
		}
		return 1
	})
	j := i
	for j < len(r) && r[j].from <= s.to+1 {
		s.from, s.to = min(s.from, r[j].from), max(s.to, r[j].to)
		j++
	}
	return slices.Replace(r, i, j, s)
}

func (r ranges) contains(rev int64) bool {
	i, _ := slices.BinarySearchFunc(r, rev, func(s span, rev int64) int {
		if s.to < rev {
			return -1
		}
		return 1
	})
	return i < len(r) && r[i].from <= rev
}

// without returns what is in r and not in other.
func (r ranges) without(other ranges) ranges {
	var left ranges
	for _, s := range r {
		for _, o := range other {
			if o.to < s.from || o.from > s.to {
				continue
			}
			if o.from > s.from {
				left = append(left, span{s.from, o.from - 1})
			}
			s.from = o.to + 1
			if s.from > s.to {
				break
			}
		}
		if s.from <= s.to {
			left = append(left, s)
		}
	}
	return left
}

func (r ranges) String() string {
	var b strings.Builder
	for i, s := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(s.from, 10))
		if s.to != s.from {
			b.WriteString("-" + strconv.FormatInt(s.to, 10))
		}
	}
	return b.String()
}

// merged tells which revisions of which folders are merged into a line.
type merged map[string]ranges

// readMerged unites what the properties of a line's folder say. Lines that
// cannot be read are left out; they are returned as problems.
func readMerged(props map[string][]byte, uuid string) (m merged, problems []string) {
	m = merged{}
	for line := range nonEmptyLines(props[propMergeinfo]) {
		if !m.parseMergeinfo(line) {
			problems = append(problems, line)
		}
	}
	for _, field := range strings.Fields(string(props[propSvnmerge])) {
		if !m.parseSvnmerge(field, uuid) {
			problems = append(problems, field)
		}
	}
	for line := range nonEmptyLines(props[propSVK]) {
		if !m.parseSVK(line, uuid) {
			problems = append(problems, line)
		}
	}
	return m, problems
}

func nonEmptyLines(text []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == '\n' || r == '\r' }) {
			if strings.TrimSpace(line) != "" && !yield(line) {
				return
			}
		}
	}
}

// parseMergeinfo reads PATH:RANGES. Ranges that are not inheritable, marked with
// a star, concern the folder itself and not what is in it: they are no merge.
func (m merged) parseMergeinfo(line string) bool {
	i := strings.LastIndexByte(line, ':') // paths may hold colons
	if i < 0 {
		return false
	}
	p, ok := mergePath(line[:i])
	if !ok {
		return false
	}
	var found ranges
	for field := range strings.SplitSeq(line[i+1:], ",") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue // a path without ranges says that nothing is merged
		}
		number, own := strings.CutSuffix(field, "*")
		s, ok := parseSpan(number)
		if !ok {
			return false
		}
		if !own {
			found = found.add(s)
		}
	}
	m.unite(p, found)
	return true
}

// parseSvnmerge reads PATH:RANGES, or uuid://UUID/PATH:RANGES of newer versions.
// Paths are escaped as in URLs.
func (m merged) parseSvnmerge(field, uuid string) bool {
	if after, ok := strings.CutPrefix(field, "uuid://"); ok {
		id, p, _ := strings.Cut(after, "/")
		if id != uuid {
			return true // of another repository
		}
		field = "/" + p
	}
	i := strings.LastIndexByte(field, ':')
	if i < 0 {
		return false
	}
	unescaped, err := url.PathUnescape(field[:i])
	return err == nil && m.parseMergeinfo(unescaped+field[i:])
}

// parseSVK reads UUID:PATH:REVISION: all of PATH up to there.
func (m merged) parseSVK(line, uuid string) bool {
	id, after, ok := strings.Cut(strings.TrimSpace(line), ":")
	i := strings.LastIndexByte(after, ':')
	if !ok || i < 0 {
		return false
	}
	if id != uuid {
		return true
	}
	p, ok := mergePath(after[:i])
	rev, err := strconv.ParseInt(after[i+1:], 10, 64)
	if !ok || err != nil || rev < 1 {
		return false
	}
	m.unite(p, ranges{{1, rev}})
	return true
}

func (m merged) unite(p string, found ranges) {
	all := m[p]
	for _, s := range found {
		all = all.add(s)
	}
	if len(all) > 0 {
		m[p] = all
	}
}

func mergePath(p string) (string, bool) {
	p = strings.TrimSpace(p)
	if !strings.HasPrefix(p, "/") {
		return "", false
	}
	return strings.Trim(p, "/"), true
}

// parseSpan reads N or N-M. Old versions of Subversion wrote N-N.
func parseSpan(s string) (span, bool) {
	a, b, isRange := strings.Cut(s, "-")
	if !isRange {
		b = a
	}
	from, err := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	if err != nil {
		return span{}, false
	}
	to, err := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if err != nil || from < 0 || to < from || to == math.MaxInt64 {
		return span{}, false
	}
	return span{from, to}, true
}

// since returns what m says beyond before.
func (m merged) since(before merged) merged {
	added := merged{}
	for p, all := range m {
		if more := all.without(before[p]); len(more) > 0 {
			added[p] = more
		}
	}
	return added
}
