package mercurial

import (
	"bytes"
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// maxRemembered bounds how many translations are kept.
const maxRemembered = 256

// ignore puts a .gitignore into a tree that has none of its own, made from its
// .hgignore; without that it takes one away that was made. Touched says that
// either of the two changed.
func (c *converter) ignore(edit *gittree.Edit, touched bool, ch change) error {
	entry, found, err := edit.Lookup(hgIgnore)
	if err != nil {
		return err
	}
	if !found || entry.Mode != gittree.File && entry.Mode != gittree.Executable {
		if touched {
			return edit.Remove(gitIgnore)
		}
		return nil
	}
	made, known := c.ignoring[entry.ID]
	// A .hgignore that includes others says something else when they change.
	if !touched && known && len(made.files) == 1 {
		return nil
	}
	if !known || len(made.files) > 1 {
		if made, err = c.translateIgnoreOf(edit); err != nil {
			return err
		}
		if len(c.ignoring) == maxRemembered {
			clear(c.ignoring)
		}
		c.ignoring[entry.ID] = made
	}
	if touched {
		for _, pattern := range made.foreign {
			c.lose("mercurial.ignore", hgIgnore, ch.number, fmt.Sprintf("git has no form for the pattern %q; .gitignore holds it as a comment", schema.Printable(pattern)))
		}
	}
	blob, err := c.session.Writer().Put(gitpack.Blob, made.text)
	if err != nil {
		return err
	}
	return edit.Set(gitIgnore, gittree.File, blob)
}

// translateIgnoreOf translates the .hgignore of a tree.
func (c *converter) translateIgnoreOf(edit *gittree.Edit) (ignores, error) {
	var failed error
	made := translateIgnore(func(path string) []byte {
		text, err := c.readFile(edit, path)
		if err != nil {
			failed = err
		}
		return text
	})
	return made, failed
}

// readFile returns the content of a file of a tree, or nil when there is none
// or it is no small file.
func (c *converter) readFile(edit *gittree.Edit, path string) ([]byte, error) {
	entry, found, err := edit.Lookup(path)
	if err != nil || !found || entry.Mode != gittree.File && entry.Mode != gittree.Executable {
		return nil, err
	}
	w := c.session.Writer()
	if _, size, err := w.Stat(entry.ID); err != nil || size > maxIgnoreSize {
		return nil, err
	}
	_, text, err := w.Read(entry.ID)
	return bytes.Clone(text), err
}
