package subversion

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

const (
	attributesFile = ".gitattributes"

	// markerFile keeps an empty folder in git.
	markerFile = ".gitkeep"

	// publicMemo is how many folders are remembered with their public trees.
	publicMemo = 1 << 16
)

// publisher turns source trees into the trees of commits. What it makes of a
// folder depends on that folder alone, so it is remembered by id; what is
// forgotten is made again and comes out the same.
type publisher struct {
	trees    *gittree.Trees
	objects  func() gittree.Objects
	settings *settings

	memo, older map[gitpack.ID]gitpack.ID // two generations
}

// public returns the public tree of a source tree.
func (p *publisher) public(id gitpack.ID) (gitpack.ID, error) {
	if id.IsZero() || id == gittree.Empty {
		return gittree.Empty, nil
	}
	if made, ok := p.memo[id]; ok {
		return made, nil
	}
	made, ok := p.older[id]
	if !ok {
		var err error
		if made, err = p.make(id); err != nil {
			return gitpack.ID{}, err
		}
	}
	if p.memo == nil || len(p.memo) >= publicMemo {
		p.memo, p.older = map[gitpack.ID]gitpack.ID{}, p.memo
	}
	p.memo[id] = made
	return made, nil
}

func (p *publisher) make(id gitpack.ID) (gitpack.ID, error) {
	entries, err := p.trees.List(id)
	if err != nil {
		return gitpack.ID{}, err
	}
	// The source tree is the base of the edit: the two have most entries in
	// common, and a folder without anything special is its own public tree.
	edit := p.trees.Edit(id)
	var props *properties
	for _, e := range entries {
		now := e
		switch {
		case e.Name == propertiesName:
			if props, err = p.read(e.ID); err != nil {
				return gitpack.ID{}, err
			}
			now = gittree.Entry{}
		case strings.HasPrefix(e.Name, mark) && conversion.EntryProblem(shownName(e.Name), e.Mode) != "":
			now = gittree.Entry{}
		case e.Mode.IsDirectory():
			if now.ID, err = p.public(e.ID); err != nil {
				return gitpack.ID{}, err
			}
			if now.ID == gittree.Empty {
				if now, err = p.emptyFolder(e); err != nil {
					return gitpack.ID{}, err
				}
			}
		}
		now.Name = shownName(now.Name)
		if err := replace(edit, e, now); err != nil {
			return gitpack.ID{}, err
		}
	}
	if props != nil {
		if err := p.dress(edit, props); err != nil {
			return gitpack.ID{}, err
		}
	}
	return edit.Write(false)
}

// replace puts an entry, which may be none, in the place of another.
func replace(edit *gittree.Edit, old, now gittree.Entry) error {
	if now == old {
		return nil
	}
	if now.Name != old.Name || now.Mode == 0 {
		if err := edit.Remove(old.Name); err != nil {
			return err
		}
	}
	if now.Mode == 0 {
		return nil
	}
	return edit.Set(now.Name, now.Mode, now.ID)
}

// emptyFolder is what becomes of a folder without files.
func (p *publisher) emptyFolder(e gittree.Entry) (gittree.Entry, error) {
	if !p.settings.EmptyDirectories {
		return gittree.Entry{}, nil
	}
	marker, err := p.objects().Put(gitpack.Blob, nil)
	if err != nil {
		return e, err
	}
	inside := p.trees.Edit(gittree.Empty)
	if err := inside.Set(markerFile, gittree.File, marker); err != nil {
		return e, err
	}
	e.ID, err = inside.Write(false)
	return e, err
}

// dress adds what the properties of a folder become.
func (p *publisher) dress(edit *gittree.Edit, props *properties) error {
	for _, name := range slices.Sorted(maps.Keys(props.Files)) {
		if _, special := props.Files[name][propSpecial]; special {
			if err := p.special(edit, shownName(name)); err != nil {
				return err
			}
		}
	}
	if p.settings.Ignore {
		lines, _ := ignoreLines(props.Folder)
		if err := p.addLines(edit, ignoreFile, lines); err != nil {
			return err
		}
	}
	if p.settings.Attributes {
		return p.addLines(edit, attributesFile, attributeLines(props.Files))
	}
	return nil
}

// special makes a link of a special file whose text is more than its target. One
// that holds no link stays a file.
func (p *publisher) special(edit *gittree.Edit, name string) error {
	e, ok, err := edit.Lookup(name)
	if err != nil || !ok || e.Mode.IsDirectory() {
		return err
	}
	_, text, err := p.objects().Read(e.ID)
	if err != nil && !errors.Is(err, gitpack.ErrTooLarge) {
		return err
	}
	target, ok := linkTarget(text)
	if !ok {
		return nil
	}
	id, err := p.objects().Put(gitpack.Blob, target)
	if err != nil {
		return err
	}
	return edit.Set(name, gittree.Symlink, id)
}

// addLines puts lines before those of a file that is there.
func (p *publisher) addLines(edit *gittree.Edit, name string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	var own []byte
	e, exists, err := edit.Lookup(name)
	if err != nil {
		return err
	}
	mode := gittree.File
	if exists {
		if e.Mode != gittree.File && e.Mode != gittree.Executable {
			return nil // a folder or link of that name, which git does not read either
		}
		mode = e.Mode
		if _, own, err = p.objects().Read(e.ID); err != nil {
			return err
		}
	}
	id, err := p.objects().Put(gitpack.Blob, withLines(lines, own))
	if err != nil {
		return err
	}
	return edit.Set(name, mode, id)
}

func (p *publisher) read(id gitpack.ID) (*properties, error) {
	_, data, err := p.objects().Read(id)
	if err != nil {
		return nil, fmt.Errorf("read properties of the source tree: %w", err)
	}
	return decodeProperties(data)
}

// attributeLines are the lines of .gitattributes for the files of a folder.
//
// Blobs hold what the repository stores. That is LF for svn:eol-style native and
// LF, which is what git's text expects, and the named line ends for CRLF and CR,
// which git must then not touch.
func attributeLines(files map[string]map[string][]byte) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		attribute := ""
		switch style := strings.TrimSpace(string(files[name][propEOLStyle])); {
		case strings.EqualFold(style, "native"):
			attribute = "text"
		case strings.EqualFold(style, "LF"):
			attribute = "text eol=lf"
		case style != "":
			attribute = "-text"
		default:
			mime := strings.TrimSpace(string(files[name][propMIMEType]))
			if mime == "" || strings.HasPrefix(mime, "text/") {
				continue
			}
			attribute = "-text"
		}
		lines = append(lines, attributePattern(shownName(name))+" "+attribute)
	}
	return lines
}

// attributePattern matches one file of the folder, as .gitattributes writes it.
func attributePattern(name string) string {
	var b strings.Builder
	for _, r := range name {
		if strings.ContainsRune(`*?[\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	pattern := "/" + b.String()
	if !strings.ContainsAny(pattern, " \t\"") && !strings.ContainsFunc(pattern, func(r rune) bool { return r < ' ' }) {
		return pattern
	}
	// Git reads quoted patterns as C strings.
	b.Reset()
	b.WriteByte('"')
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
