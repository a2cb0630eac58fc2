package fsfs

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// place is where a revision keeps an item.
type place struct{ revision, number int64 }

// representation is where a text or a list of properties is kept.
type representation struct {
	place
	size      int64 // as it is stored, without its first and last line
	whole     int64 // of the content
	md5, sha1 string
}

// node is a node-revision: a file or directory as a revision made it.
type node struct {
	kind  svn.Kind
	path  string // where it was made
	prior place  // of the node that it followed; its revision is -1 when it is new
	text  *representation
	props *representation
}

// parseNode reads a node-revision: lines of a name and a value.
func parseNode(raw []byte) (node, error) {
	n := node{prior: place{revision: -1}}
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		if len(line) == 0 {
			break
		}
		name, value, ok := strings.Cut(string(line), ": ")
		if !ok {
			return n, damaged("a node has a line without a value")
		}
		var err error
		switch name {
		case "type":
			n.kind, err = parseKind(value)
		case "pred":
			n.prior, err = parseID(value)
		case "text":
			n.text, err = parseRepresentation(value)
		case "props":
			n.props, err = parseRepresentation(value)
		case "cpath":
			n.path, err = parsePath(value)
		}
		if err != nil {
			return n, err
		}
	}
	if n.kind == svn.Unknown {
		return n, damaged("a node is neither a file nor a directory")
	}
	return n, nil
}

func parseKind(s string) (svn.Kind, error) {
	switch s {
	case "file":
		return svn.File, nil
	case "dir":
		return svn.Dir, nil
	}
	return svn.Unknown, damaged("a node is neither a file nor a directory")
}

// parseID takes the place out of an id such as "3a-2.0.r40/6".
func parseID(id string) (place, error) {
	at := strings.LastIndex(id, ".r")
	if at < 0 {
		return place{}, damaged("an id names no revision")
	}
	revision, number, ok := strings.Cut(id[at+2:], "/")
	p, err := parseNumbers(revision, number)
	if !ok || err != nil {
		return place{}, damaged("an id names no revision")
	}
	return place{p[0], p[1]}, nil
}

// parseRepresentation reads "REVISION NUMBER SIZE EXPANDED-SIZE MD5 [SHA1 ...]".
func parseRepresentation(s string) (*representation, error) {
	words := strings.Fields(s)
	if len(words) < 4 {
		return nil, damaged("a node says not where its content is")
	}
	n, err := parseNumbers(words[:4]...)
	if err != nil {
		return nil, err
	}
	r := &representation{place: place{n[0], n[1]}, size: n[2], whole: n[3]}
	if r.whole == 0 { // both are the same
		r.whole = r.size
	}
	if len(words) > 4 && words[4] != "-" {
		r.md5 = words[4]
	}
	if len(words) > 5 && words[5] != "-" {
		r.sha1 = words[5]
	}
	if !isHex(r.md5, 32) || !isHex(r.sha1, 40) {
		return nil, damaged("a checksum")
	}
	return r, nil
}

func isHex(s string, size int) bool {
	return s == "" || len(s) == size && strings.Trim(s, "0123456789abcdef") == ""
}

func parseNumbers(words ...string) ([]int64, error) {
	numbers := make([]int64, len(words))
	for i, word := range words {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n < 0 {
			return nil, damaged("a number was expected")
		}
		numbers[i] = n
	}
	return numbers, nil
}

// parsePath takes the slash from the beginning of a path.
func parsePath(s string) (string, error) {
	path, ok := strings.CutPrefix(s, "/")
	if !ok {
		return "", damaged("a path does not begin at the root")
	}
	return path, svn.CheckPath(path)
}
