package mercurial

import (
	"errors"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// tree makes the tree of a changeset from that of its first parent, and tells
// which .hgtags the changeset has.
func (c *converter) tree(ch change, base row) (tree gitpack.ID, tagFile int32, err error) {
	edit := c.trees.Edit(base.tree)
	tagFile = base.tagFile
	var subs, ignoring bool
	// A folder can take the place of a file, and a file that of a folder, so
	// that what goes must be gone before anything comes.
	for _, f := range ch.files {
		switch f.Path {
		case tagsFile:
			if tagFile = 0; f.Removed {
				break
			}
			blob, err := c.blob(f.Path, f.Node)
			if err != nil {
				return tree, 0, err
			}
			tagFile = c.table.tagFile(blob)
		case subFile, subStateFile, gitModules:
			subs = true
		case hgIgnore, gitIgnore:
			ignoring = true
		}
		if f.Removed {
			if err := c.remove(edit, f.Path); err != nil {
				return tree, 0, err
			}
		}
	}
	for _, f := range ch.files {
		if f.Removed || f.Path == tagsFile && c.settings.HgTags == dropped {
			continue
		}
		if err := c.set(edit, f, ch.number); err != nil {
			return tree, 0, err
		}
	}
	if subs {
		if err := c.subrepositories(edit, base.tree, ch); err != nil {
			return tree, 0, err
		}
	}
	if c.settings.HgIgnore && !ch.gitIgnored {
		if err := c.ignore(edit, ignoring, ch); err != nil {
			return tree, 0, err
		}
	}
	tree, err = edit.Write(false)
	return tree, tagFile, err
}

// remove takes a file away. Of a large file either the standin or the file
// itself was there.
func (c *converter) remove(edit *gittree.Edit, path string) error {
	if entryProblem(path, gittree.File) != "" {
		return nil
	}
	if large, ok := strings.CutPrefix(path, standins); ok {
		if err := edit.Remove(large); err != nil {
			return err
		}
	}
	return edit.Remove(path)
}

// set puts a file in its place.
func (c *converter) set(edit *gittree.Edit, f hg.FileChange, number int) error {
	mode := modeOf(f.Flag)
	if problem := entryProblem(f.Path, mode); problem != "" {
		c.lose("mercurial.path", f.Path, number, "the file was left out, because git must not hold it: "+problem)
		return c.remove(edit, f.Path)
	}
	blob, err := c.blob(f.Path, f.Node)
	if err != nil {
		return err
	}
	large, ok := strings.CutPrefix(f.Path, standins)
	if !ok {
		return edit.Set(f.Path, mode, blob)
	}
	if ok, err = c.hasLarge(f.Path, f.Node); err != nil || !ok {
		return errors.Join(err, edit.Set(f.Path, mode, blob))
	}
	// The content may have been missing in the parent.
	if err := edit.Remove(f.Path); err != nil {
		return err
	}
	if problem := entryProblem(large, mode); problem != "" {
		c.lose("mercurial.path", large, number, "the large file was left out, because git must not hold it: "+problem)
		return nil
	}
	return edit.Set(large, mode, blob)
}

func modeOf(flag hg.Flag) gittree.Mode {
	switch flag {
	case hg.Executable:
		return gittree.Executable
	case hg.Symlink:
		return gittree.Symlink
	}
	return gittree.File
}

// entryProblem says why git must not hold a file at a path, or "".
func entryProblem(path string, mode gittree.Mode) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		problem := conversion.PathProblem(part)
		if i == len(parts)-1 {
			problem = conversion.EntryProblem(part, mode)
		}
		if problem != "" {
			return fmt.Sprintf("%q %s", schema.Printable(part), problem)
		}
	}
	return ""
}
