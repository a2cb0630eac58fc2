package tfvc

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// converter takes changesets, one after the other, into git.
type converter struct {
	history  *history
	session  *conversion.Session
	settings *settings
	reader   *reader
	losses   *conversion.Losses

	trees  *gittree.Trees
	tree   *tree
	public *publisher

	now *plan // the one at hand
}

// changeset converts the next changeset.
func (c *converter) changeset(ctx context.Context, p *plan) error {
	c.now = p
	h := c.history
	before := h.root(p.set.Number)
	for _, l := range p.losses {
		c.lose(l.code, l.path, l.message)
	}
	root, err := c.apply(ctx, before)
	if err != nil {
		return fmt.Errorf("changeset %d: %w", p.set.Number, err)
	}
	h.Sets, h.Roots = append(h.Sets, int32(p.set.Number)), append(h.Roots, root)
	stamp := c.stamp()
	h.Dates = append(h.Dates, h.Date)
	if err := c.commit(stamp, root); err != nil {
		return fmt.Errorf("changeset %d: %w", p.set.Number, err)
	}
	return nil
}

// apply makes the source tree after the changeset at hand: first all that is
// gone goes, then all that is there comes.
func (c *converter) apply(ctx context.Context, before gitpack.ID) (gitpack.ID, error) {
	c.tree.begin(before)
	for _, p := range c.now.removed {
		if err := c.tree.remove(p); err != nil {
			return gitpack.ID{}, fmt.Errorf("%s: %w", schema.Printable(p), err)
		}
	}
	for i := range c.now.present {
		s := &c.now.present[i]
		if err := c.put(ctx, s, before, c.now.copies[fold(s.path)]); err != nil {
			return gitpack.ID{}, fmt.Errorf("%s: %w", schema.Printable(s.path), err)
		}
	}
	return c.tree.finish()
}

// put puts one item in its place.
func (c *converter) put(ctx context.Context, s *step, before gitpack.ID, old copied) error {
	c.checkName(s)
	if s.folder {
		return c.tree.setFolder(s.path, s.named)
	}
	e, _, exists, err := c.tree.lookup(s.path)
	if err != nil {
		return err
	}
	if exists && e.Mode.IsDirectory() {
		if !s.full {
			return nil // a folder that the server does not call one
		}
		exists = false
	}
	id, err := c.blob(ctx, s, func() gitpack.ID {
		switch {
		case exists:
			return e.ID
		case old.kind != 0 && old.foreign == "" && old.path != "":
			if was, ok, err := find(c.trees, before, old.path); err == nil && ok && !was.Mode.IsDirectory() {
				return was.ID
			}
		}
		return gitpack.ID{}
	})
	var gone *goneError
	switch {
	case errors.As(err, &gone):
		m := missing{Path: s.path, Changeset: c.now.set.Number, Message: gone.Error()}
		m.lose(c.losses)
		c.history.Missing = append(c.history.Missing, m)
		return c.tree.remove(s.path)
	case err != nil:
		return err
	case id.IsZero():
		return nil // nothing about its contents changed, and nobody knows them
	}
	return c.tree.setFile(s.path, s.named, id)
}

// goneError says that the server no longer has contents.
type goneError struct{ err error }

func (e *goneError) Error() string { return e.err.Error() }

// blob returns the blob of an item, or none when the server does not say what
// its contents are and they have not changed. Resembles finds a blob that they
// are likely to resemble.
func (c *converter) blob(ctx context.Context, s *step, resembles func() gitpack.ID) (gitpack.ID, error) {
	w := c.session.Writer()
	if s.content.empty() {
		return w.Put(gitpack.Blob, nil)
	}
	var t *text
	var err error
	switch {
	case s.wanted != nil:
		defer c.reader.took(s.wanted)
		t, err = s.wanted.wait(ctx)
	case s.content.known:
		if id, ok := c.reader.blob(s.content); ok {
			return id, nil
		}
		// Who was to bring them could not; perhaps they can be had here.
		t, err = c.reader.alone(ctx, &download{path: s.server, version: s.version, content: s.content})
	default:
		return gitpack.ID{}, nil
	}
	if code := providers.CodeOf(err); code == providers.CodeNotFound || code == providers.CodeDenied {
		return gitpack.ID{}, &goneError{err}
	}
	if err != nil {
		return gitpack.ID{}, err
	}
	id, err := t.put(w, resembles())
	if err = errors.Join(err, t.Close()); err != nil {
		return gitpack.ID{}, err
	}
	c.reader.store(s.content, t, id)
	return id, nil
}

// checkName reports a name that git does not take.
func (c *converter) checkName(s *step) {
	if s.path == "" || s.folder {
		return
	}
	mode := gittree.File
	for p := s.path; p != ""; p = parent(p) {
		if problem := conversion.EntryProblem(base(p), mode); problem != "" {
			c.lose("tfvc.path", s.path, "it is left out: the name "+problem)
			return
		}
		mode = gittree.Directory
	}
}

func (c *converter) revisionName() string { return fmt.Sprintf("C%d", c.now.set.Number) }

// lose reports what git does not get of the changeset at hand.
func (c *converter) lose(code, path, message string) {
	c.losses.Add(code, path, c.revisionName(), message)
}
