package tfvc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
)

const (
	heads   = "refs/heads/"
	tagRefs = "refs/tags/"
	archive = "refs/archive/"

	// outsideRef is the ref of what is in no branch.
	outsideRef = archive + "outside"
)

// lossRef is the code of names that git does not take as they are.
const lossRef = "tfvc.ref"

// named is a line and what its ref is to be called.
type named struct {
	line *line
	name string
}

// refs returns all refs, and the one of the default branch. They follow from the
// lines and labels alone and are made anew by every run. Trunks are the branches
// that were made of no other.
func (c *converter) refs(trunks []string) (map[string]gitpack.ID, string, error) {
	c.losses.Forget(lossRef)
	trunk := c.trunk(trunks)
	spaces := map[string][]named{}
	for _, l := range c.inRefOrder(trunk) {
		space, name, err := c.refPlace(l, l == trunk)
		if err != nil {
			return nil, "", err
		}
		spaces[space] = append(spaces[space], named{l, name})
	}
	refs, head := map[string]gitpack.ID{}, ""
	for _, space := range []string{heads, archive} {
		list := distinct(spaces[space])
		var names []string
		for _, n := range list {
			names = append(names, n.name)
		}
		byName := conversion.RefNames(space, names)
		for _, n := range list {
			ref := byName[n.name]
			c.checkRef(n.line.Path, space+n.name, ref)
			refs[ref] = c.history.Commits[n.line.Tip].ID
			if n.line == trunk {
				head = ref
			}
		}
	}
	return refs, head, c.addTags(refs)
}

// checkRef reports a name that could not be kept.
func (c *converter) checkRef(path, wanted, ref string) {
	if ref != wanted {
		c.losses.Add(lossRef, path, "", fmt.Sprintf("its name is one that git does not take; it is the ref %s", ref))
	}
}

func (c *converter) addTags(refs map[string]gitpack.ID) error {
	names, tags := c.tagNames()
	byName := conversion.RefNames(tagRefs, names)
	for _, name := range names {
		ref, of := byName[name], tags[name]
		c.checkRef(of.label.Name, tagRefs+name, ref)
		id, err := c.session.Writer().Put(gitpack.Tag, conversion.EncodeTag(conversion.Tag{
			Object: of.tag.Commit, Kind: gitpack.Commit, Name: strings.TrimPrefix(ref, tagRefs), Tagger: of.label.Tagger, Message: of.label.Message,
		}))
		if err != nil {
			return err
		}
		refs[ref] = id
	}
	return nil
}

// trunk is the line that becomes the default branch, or nil.
func (c *converter) trunk(trunks []string) *line {
	h := c.history
	var best *line
	rank := func(l *line) int {
		switch {
		case len(c.settings.Paths) > 0 && c.settings.Trunk == "" && fold(l.Path) == fold(c.settings.Paths[0]):
			return 1 // the first in the plan
		case slices.ContainsFunc(trunks, func(p string) bool { return fold(p) == fold(l.Path) }):
			return 2
		}
		return 3
	}
	for _, l := range h.Lines {
		if l.Outside || l.End != alive || l.Tip == none {
			continue
		}
		if c.settings.Trunk != "" && fold(l.Path) == fold(c.settings.Trunk) {
			return l
		}
		if best == nil || cmp.Or(rank(l)-rank(best), int(l.Start-best.Start), comparePaths(l.Path, best.Path)) < 0 {
			best = l
		}
	}
	return best
}

// inRefOrder returns the lines that have a ref, in the order in which they may
// choose its name.
func (c *converter) inRefOrder(trunk *line) []*line {
	var list []*line
	for _, l := range c.history.Lines {
		if l.Tip != none && (l.End == alive || l.Archived) {
			list = append(list, l)
		}
	}
	place := func(l *line) int {
		switch {
		case l == trunk:
			return 0
		case l.End == alive:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b *line) int {
		return cmp.Or(place(a)-place(b), comparePaths(a.Path, b.Path), int(a.End-b.End))
	})
	return list
}

// refPlace returns where the ref of a line is, and its name there: its path, in
// the case that it has by now.
func (c *converter) refPlace(l *line, trunk bool) (space, name string, err error) {
	name = l.Path
	if l.End == alive {
		if _, name, _, err = findPath(c.trees, c.history.root(c.history.last()), l.Path); err != nil {
			return "", "", err
		}
	}
	switch {
	case trunk:
		return heads, c.settings.DefaultBranch, nil
	case l.Outside && l.End == alive:
		return archive, strings.TrimPrefix(outsideRef, archive), nil
	case l.Outside:
		return archive, fmt.Sprintf("outside@%d", l.End), nil
	case name == "":
		name = c.settings.DefaultBranch // the whole project, beside branches in it
	}
	if l.End == alive {
		return heads, name, nil
	}
	return archive, fmt.Sprintf("heads/%s@%d", name, l.End), nil
}

// distinct gives a line whose name is taken its path with its first changeset
// for a name.
func distinct(list []named) []named {
	taken := map[string]bool{}
	for i, n := range list {
		for _, name := range []string{n.name, n.line.Path, fmt.Sprintf("%s@%d", n.line.Path, n.line.Start), fmt.Sprintf("%s@%d-%d", n.line.Path, n.line.Start, n.line.End)} {
			if name != "" && !taken[name] {
				list[i].name = name
				break
			}
		}
		taken[list[i].name] = true
	}
	return list
}
