package gitlabtest

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// fileDiff is a file that differs between two commits.
type fileDiff struct {
	old, new         string // paths
	oldMode, newMode string
	status           byte // A, D, M, R, C, T
	patch            string
}

// diffs compares two commits, or a commit with nothing when from is empty.
func diffs(git gitserver.Repo, from, to string, paths ...string) ([]fileDiff, error) {
	if from == "" {
		from = emptyTree
	}
	args := append([]string{"diff", "--raw", "--patch", "-z", "-M", "--abbrev=40", "--no-color", "--full-index", "--no-ext-diff", "--end-of-options", from, to, "--"}, paths...)
	out, err := git.Run(args...)
	if err != nil {
		return nil, err
	}
	raw, patch, _ := strings.Cut(out, "\x00\x00")
	patches := split(patch)
	fields := strings.Split(strings.TrimSuffix(raw, "\x00"), "\x00")
	var all []fileDiff
	for at := 0; at < len(fields) && strings.HasPrefix(fields[at], ":"); {
		f := strings.Fields(fields[at])
		d := fileDiff{oldMode: strings.TrimPrefix(f[0], ":"), newMode: f[1], status: f[4][0], old: fields[at+1], new: fields[at+1]}
		at += 2
		if d.status == 'R' || d.status == 'C' {
			d.new = fields[at]
			at++
		}
		if len(all) < len(patches) {
			d.patch = patches[len(all)]
		}
		all = append(all, d)
	}
	return all, nil
}

// split takes a patch of several files apart, and leaves of each what begins with
// its first hunk.
func split(patch string) []string {
	var all []string
	for _, part := range strings.Split("\n"+patch, "\ndiff --git ")[1:] {
		part = strings.TrimSuffix(part, "\n") + "\n"
		switch at, binary := strings.Index(part, "\n@@ "), strings.Index(part, "\nBinary files "); {
		case at >= 0:
			all = append(all, part[at+1:])
		case binary >= 0:
			all = append(all, part[binary+1:])
		default:
			all = append(all, "")
		}
	}
	return all
}

// lines is how much of a patch was added and removed.
func (d fileDiff) lines() (plus, less int64) {
	for _, line := range strings.Split(d.patch, "\n") {
		switch {
		case strings.HasPrefix(line, "+"):
			plus++
		case strings.HasPrefix(line, "-"):
			less++
		}
	}
	return plus, less
}

// hunkHead is the line that begins a hunk.
var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@`)

// diffLine is a line of a diff with the numbers that GitLab gives it: those of the
// next line of each side.
type diffLine struct {
	kind     byte // ' ', '+', '-'
	old, new int64
}

func (d fileDiff) diffLines() []diffLine {
	var all []diffLine
	var old, new int64
	for _, line := range strings.Split(d.patch, "\n") {
		if head := hunkHead.FindStringSubmatch(line); head != nil {
			old, _ = strconv.ParseInt(head[1], 10, 64)
			new, _ = strconv.ParseInt(head[2], 10, 64)
			continue
		}
		if line == "" || line[0] == '\\' {
			continue
		}
		all = append(all, diffLine{line[0], old, new})
		switch line[0] {
		case '+':
			new++
		case '-':
			old++
		default:
			old, new = old+1, new+1
		}
	}
	return all
}

// find returns the line at a position: an added line has no number on the old side,
// a removed one none on the new side, any other has both.
func (d fileDiff) find(old, new int64) (diffLine, bool) {
	for _, l := range d.diffLines() {
		switch {
		case l.kind == '+' && old == 0 && l.new == new, l.kind == '-' && new == 0 && l.old == old,
			l.kind == ' ' && l.old == old && l.new == new:
			return l, true
		}
	}
	return diffLine{}, false
}

// view is a file's difference as the API shows it.
func (d fileDiff) view() object {
	return object{
		"diff": d.patch, "collapsed": false, "too_large": false, "new_path": d.new, "old_path": d.old, "a_mode": d.oldMode, "b_mode": d.newMode,
		"new_file": d.status == 'A', "renamed_file": d.status == 'R', "deleted_file": d.status == 'D', "generated_file": false,
	}
}
