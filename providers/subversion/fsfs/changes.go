package fsfs

import (
	"bytes"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// parseChanges reads a list of changed paths, two lines each, and sorts it so
// that a directory comes before what is in it.
func parseChanges(raw []byte) ([]svn.Change, error) {
	var changes []svn.Change
	next := func() string {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		return string(line)
	}
	for len(raw) > 0 {
		line := next()
		if line == "" {
			break
		}
		c, err := parseChange(line, next())
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b svn.Change) int { return comparePaths(a.Path, b.Path) })
	for i := 1; i < len(changes); i++ {
		if changes[i-1].Path == changes[i].Path { // old versions did that
			return nil, ErrUnsupported
		}
	}
	return changes, nil
}

// parseChange reads "ID ACTION-KIND TEXT PROPS [MERGEINFO] /PATH", and a line
// "REVISION /PATH" that is empty when nothing was copied.
func parseChange(line, from string) (svn.Change, error) {
	c := svn.Change{FromRevision: -1}
	head, path, ok := strings.Cut(line, " /")
	words := strings.Fields(head)
	if !ok || len(words) < 4 {
		return c, damaged("a changed path")
	}
	var err error
	if c.Path, err = parsePath("/" + path); err != nil {
		return c, err
	}
	action, kind, _ := strings.Cut(words[1], "-")
	switch action {
	case "add":
		c.Action = svn.Add
	case "delete":
		c.Action = svn.Delete
	case "modify":
		c.Action = svn.Modify
	case "replace":
		c.Action = svn.Replace
	default:
		return c, ErrUnsupported
	}
	if c.Kind, err = parseKind(kind); err != nil {
		return c, err
	}
	c.TextChanged, c.PropsChanged = words[2] == "true", words[3] == "true"
	if from == "" {
		return c, nil
	}
	revision, path, _ := strings.Cut(from, " ")
	n, err := parseNumbers(revision)
	if err != nil {
		return c, err
	}
	c.FromRevision = n[0]
	c.FromPath, err = parsePath(path)
	return c, err
}

// comparePaths orders paths as a walk through the tree does.
func comparePaths(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}
