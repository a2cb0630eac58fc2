package subversion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

const (
	heads   = "refs/heads/"
	tags    = "refs/tags/"
	archive = "refs/archive/"

	// outsideRef is the ref of what is in no other line.
	outsideRef = archive + "outside"

	notesRef = "refs/notes/commits"
)

// lossRef is the code of names that git does not take as they are.
const lossRef = "subversion.ref"

// named is a line and what its ref is to be called.
type named struct {
	line *line
	name string
}

// refs returns all refs, and the one of the default branch. They follow from the
// lines alone and are made anew by every run.
func (c *converter) refs() (map[string]gitpack.ID, string, error) {
	c.losses.Forget(lossRef)
	spaces := map[string][]named{}
	var first *line // the trunk that is the default branch
	for _, l := range c.inRefOrder() {
		space, name := c.refPlace(l, first == nil)
		if l.Kind == trunk && l.End == alive && first == nil {
			first = l
		}
		spaces[space] = append(spaces[space], named{l, name})
	}
	refs, head := map[string]gitpack.ID{}, ""
	for _, space := range []string{heads, tags, archive} {
		list := distinct(spaces[space])
		var names []string
		for _, n := range list {
			names = append(names, n.name)
		}
		byName := conversion.RefNames(space, names)
		for _, n := range list {
			ref := byName[n.name]
			if ref != space+n.name {
				c.losses.Add(lossRef, n.line.Path, "", fmt.Sprintf("its name is one that git does not take; it is the ref %s", ref))
			}
			id, err := c.refTarget(n.line, strings.TrimPrefix(ref, space), space == tags)
			if err != nil {
				return nil, "", err
			}
			refs[ref] = id
			if n.line == first {
				head = ref
			}
		}
	}
	if c.settings.GitSVNID == noteWord {
		id, err := c.notes()
		if err != nil {
			return nil, "", err
		}
		refs[notesRef] = id
	}
	return refs, head, nil
}

// inRefOrder returns the lines that have a ref, in the order in which they may
// choose its name: what exists before what was removed, and trunks, branches and
// tags as the layout lists them.
func (c *converter) inRefOrder() []*line {
	var list []*line
	for _, l := range c.history.Lines {
		if l.Tip != none && (l.End == alive || l.Archived) {
			list = append(list, l)
		}
	}
	place := func(l *line) int { return slices.Index(c.history.Layout.Trunk, l.Path) }
	slices.SortStableFunc(list, func(a, b *line) int {
		switch {
		case (a.End == alive) != (b.End == alive):
			if a.End == alive {
				return -1
			}
			return 1
		case a.Kind != b.Kind:
			return int(a.Kind) - int(b.Kind)
		case a.Kind == trunk && a.Path != b.Path:
			return place(a) - place(b)
		case a.Path != b.Path:
			return strings.Compare(a.Path, b.Path)
		}
		return int(a.End - b.End)
	})
	return list
}

// refPlace returns where the ref of a line is, and its name there. First says
// that no trunk is the default branch yet.
func (c *converter) refPlace(l *line, first bool) (space, name string) {
	layout := &c.history.Layout
	name = layout.name(l.Kind, l.Path)
	folder := "heads/"
	switch {
	case l.Kind == outside:
		name, folder = strings.TrimPrefix(outsideRef, archive), ""
	case l.Kind == tag:
		folder = "tags/"
	case l.Kind == trunk && (l.End != alive || first):
		name = c.settings.DefaultBranch
	case l.Kind == trunk:
		name = l.Path
	}
	if l.End == alive {
		if l.Kind == outside {
			return archive, name
		}
		return "refs/" + folder, name
	}
	return archive, fmt.Sprintf("%s%s@%d", folder, name, l.End)
}

// distinct gives a line whose name is taken its path, and if need be its first
// revision, for a name.
func distinct(list []named) []named {
	taken := map[string]bool{}
	for i, n := range list {
		for _, name := range []string{n.name, n.line.Path, fmt.Sprintf("%s@%d", n.line.Path, n.line.Start), fmt.Sprintf("%s@%d-%d", n.line.Path, n.line.Start, n.line.End)} {
			list[i].name = name
			if !taken[name] && name != "" {
				break
			}
		}
		taken[list[i].name] = true
	}
	return list
}

// refTarget is the object of a line's ref: its tip, or an annotated tag of it.
func (c *converter) refTarget(l *line, name string, isTag bool) (gitpack.ID, error) {
	tip := c.history.Commits[l.Tip].ID
	if !isTag || c.settings.Tags != annotated {
		return tip, nil
	}
	return c.session.Writer().Put(gitpack.Tag, conversion.EncodeTag(conversion.Tag{
		Object: tip, Kind: gitpack.Commit, Name: name, Tagger: l.Tagger, Message: l.Message,
	}))
}

// notes writes what git svn would have written into messages as git notes. The
// commit of the notes has no history: it follows from what was converted, not
// from how many runs did it.
func (c *converter) notes() (gitpack.ID, error) {
	h := c.history
	w := c.session.Writer()
	edit := c.trees.Edit(h.Notes)
	for _, commit := range h.Commits[h.Noted:] {
		blob, err := w.Put(gitpack.Blob, []byte("git-svn-id: "+c.gitSVNID(h.Lines[commit.Line].Path, commit.Rev)+"\n"))
		if err != nil {
			return gitpack.ID{}, err
		}
		name := commit.ID.String()
		if err := edit.Set(name[:2]+"/"+name[2:], gittree.File, blob); err != nil {
			return gitpack.ID{}, err
		}
	}
	var err error
	if h.Notes, err = edit.Write(false); err != nil {
		return gitpack.ID{}, err
	}
	h.Noted = len(h.Commits)
	person := loginAt("", c.uuid).At(h.Date, 0)
	message := fmt.Appendf(nil, "Subversion revisions up to r%d\n", h.last())
	return w.Put(gitpack.Commit, conversion.EncodeCommit(conversion.Commit{Tree: h.Notes, Author: person, Committer: person, Message: message}))
}

// checkLayout reports when the log suggests another layout by now than the one
// that the history is converted with.
func (c *converter) checkLayout(folder string) {
	const code = "subversion.layout"
	h := c.history
	if h.Survey == nil {
		return
	}
	c.losses.Forget(code)
	found := h.Survey.candidates(h.Layout.Home)
	if len(found) == 1 && folder == h.Layout.Home {
		folder = found[0]
	}
	now := h.Survey.layout(folder, h.Layout.Home)
	if len(found) > 1 || now.String() != h.Layout.String() {
		c.losses.Add(code, h.Layout.Home, fmt.Sprintf("r%d", h.last()), fmt.Sprintf(
			"the layout was found when the first revisions were converted (%s) and is kept; the log now suggests %s; a layout block in the plan converts anew",
			h.Layout, now))
	}
}
