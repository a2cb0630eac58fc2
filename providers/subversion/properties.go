package subversion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Properties with a meaning of their own.
const (
	propExecutable = "svn:executable"
	propSpecial    = "svn:special"
	propExternals  = "svn:externals"
	propEOLStyle   = "svn:eol-style"
	propMIMEType   = "svn:mime-type"
)

// linkPrefix begins the text of a symbolic link.
const linkPrefix = "link "

// properties are the ones that a folder of the source tree keeps: those of the
// folder itself, and those of its files that the mode of an entry cannot tell.
type properties struct {
	Folder map[string][]byte            `json:"folder,omitempty"`
	Files  map[string]map[string][]byte `json:"files,omitempty"`
}

func (p *properties) empty() bool { return len(p.Folder) == 0 && len(p.Files) == 0 }

func (p *properties) encode() ([]byte, error) {
	data, err := json.Marshal(p) // sorts by key
	if err != nil {
		return nil, fmt.Errorf("write properties: %w", err)
	}
	return data, nil
}

func decodeProperties(data []byte) (*properties, error) {
	p := &properties{}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("read properties of the source tree: %w", err)
	}
	return p, nil
}

// setFolder and setFile return properties with one set replaced; p, which may be
// shared, stays what it is.
func (p *properties) setFolder(props map[string][]byte) *properties {
	return &properties{Folder: props, Files: p.Files}
}

func (p *properties) setFile(name string, props map[string][]byte) *properties {
	files := maps.Clone(p.Files)
	if files == nil {
		files = map[string]map[string][]byte{}
	}
	if len(props) == 0 {
		delete(files, name)
	} else {
		files[name] = props
	}
	return &properties{Folder: p.Folder, Files: files}
}

// folderProperty reports whether a property of a folder is kept because it means
// something.
func folderProperty(name string) bool {
	switch name {
	case propIgnore, propGlobalIgnores, propExternals, propMergeinfo, propSvnmerge, propSVK:
		return true
	}
	return false
}

// keep returns the properties that satisfy wanted.
func keep(props map[string][]byte, wanted func(string) bool) map[string][]byte {
	var kept map[string][]byte
	for name, value := range props {
		if wanted(name) {
			if kept == nil {
				kept = map[string][]byte{}
			}
			kept[name] = value
		}
	}
	return kept
}

// keepsFile reports whether a property of a file has an effect on the history.
func (s *settings) keepsFile(name string) bool {
	switch name {
	case propExecutable, propSpecial:
		return true
	case propEOLStyle, propMIMEType:
		return s.Attributes
	}
	return false
}

// loseProperties reports the properties that a node sets and that git cannot
// hold.
func (c *converter) loseProperties(n *svn.Node, folder bool) {
	for _, name := range slices.Sorted(maps.Keys(n.Props.Set)) {
		message := ""
		switch {
		case name == propMergeinfo, name == propSvnmerge, name == propSVK: // become parents where git has an equal
		case folder && (name == propIgnore || name == propGlobalIgnores):
			if !c.settings.Ignore {
				message = "ignored names are not written, as ignore = false says"
				break
			}
			_, dropped := ignoreLines(map[string][]byte{name: n.Props.Set[name]})
			for _, pattern := range dropped {
				c.lose("subversion.ignore", n.Path, fmt.Sprintf("the pattern %s holds a slash and matches nothing in Subversion; it is left out", svn.Printable(pattern)))
			}
		case folder && name == propExternals:
			c.loseExternals(n.Path, n.Props.Set[name])
		case !folder && (name == propExecutable || name == propSpecial):
		case !folder && (name == propEOLStyle || name == propMIMEType):
			if !c.settings.Attributes {
				message = "files keep their bytes as the repository stores them; attributes = true writes .gitattributes"
			}
		case name == "svn:keywords":
			message = "keywords are not expanded"
		case name == "svn:needs-lock":
			message = "git has no locks of this kind"
		default:
			message = "git has no properties"
		}
		if message != "" {
			c.lose("subversion.property", name, fmt.Sprintf("property %s: %s", svn.Printable(name), message))
		}
	}
}

// loseExternals lists what a folder wants from elsewhere, one loss a line.
func (c *converter) loseExternals(folder string, value []byte) {
	for line := range nonEmptyLines(value) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		c.lose("subversion.externals", folder, fmt.Sprintf("external %s is not part of the history", svn.Printable(line)))
	}
}

// linkTarget returns where a special file points. Subversion reads the first
// line only. A file that does not begin as one is no link: clients make a plain
// file of it.
func linkTarget(text []byte) ([]byte, bool) {
	target, ok := bytes.CutPrefix(text, []byte(linkPrefix))
	if !ok {
		return nil, false
	}
	target, _, _ = bytes.Cut(target, []byte("\n"))
	if len(target) == 0 || len(target) > maxLink || bytes.IndexByte(target, 0) >= 0 {
		return nil, false
	}
	return target, true
}

// maxLink is how long a path can be where links are made.
const maxLink = 4095
