package svntest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
)

// File is a file as it was in a revision.
type File struct {
	Props map[string]string

	text text
}

// Text returns the file's content.
func (f File) Text() []byte { return f.text.bytes() }

// GitFile is a file as git should hold it.
type GitFile struct {
	Mode string // 100644, 100755 or 120000
	ID   string // of the blob
}

// Git returns the file in git's terms. A special file that is no link stays a
// plain one.
func (f File) Git() GitFile {
	content, mode := f.Text(), "100644"
	if _, ok := f.Props["svn:executable"]; ok {
		mode = "100755"
	}
	if _, ok := f.Props["svn:special"]; ok {
		if target, ok := strings.CutPrefix(string(content), "link "); ok {
			content, mode = []byte(target), "120000"
		}
	}
	hash := sha1.New()
	fmt.Fprintf(hash, "blob %d\x00", len(content))
	hash.Write(content)
	return GitFile{Mode: mode, ID: hex.EncodeToString(hash.Sum(nil))}
}

// Exists reports whether path was there in a revision.
func (h *History) Exists(revision int64, path string) bool {
	return h.revisions[revision].root.lookup(path) != nil
}

// Files returns the files below a directory as they were in a revision, by
// their paths inside it.
func (h *History) Files(revision int64, dir string) map[string]File {
	files := map[string]File{}
	h.walk(revision, dir, func(path string, n *node) {
		if !n.dir {
			files[path] = File{Props: n.props, text: n.text}
		}
	})
	return files
}

// GitFiles returns Files in git's terms.
func (h *History) GitFiles(revision int64, dir string) map[string]GitFile {
	files := map[string]GitFile{}
	for path, f := range h.Files(revision, dir) {
		files[path] = f.Git()
	}
	return files
}

// Dirs returns the directories below a directory with their properties.
func (h *History) Dirs(revision int64, dir string) map[string]map[string]string {
	dirs := map[string]map[string]string{}
	h.walk(revision, dir, func(path string, n *node) {
		if n.dir {
			dirs[path] = n.props
		}
	})
	return dirs
}

// Props returns the properties of a node.
func (h *History) Props(revision int64, path string) map[string]string {
	if n := h.revisions[revision].root.lookup(path); n != nil {
		return maps.Clone(n.props)
	}
	return nil
}

// RevProps returns the properties of a revision.
func (h *History) RevProps(revision int64) map[string]string {
	return maps.Clone(h.revisions[revision].props)
}

// Changed returns the paths that a revision names, in its order.
func (h *History) Changed(revision int64) []string {
	var paths []string
	for _, c := range h.revisions[revision].changes {
		paths = append(paths, c.path)
	}
	return paths
}

func (h *History) walk(revision int64, dir string, visit func(string, *node)) {
	if n := h.revisions[revision].root.lookup(dir); n != nil {
		n.walk("", visit)
	}
}
