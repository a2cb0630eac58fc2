package tfvc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// labelState is a label as it was when it was looked at.
type labelState struct {
	Modified int64 // in nanoseconds
	Name     string
	Scope    string
	Tagger   []byte
	Message  []byte
	Tags     []labelTag
}

// labelTag is what a label names in one line.
type labelTag struct {
	Line   string // its path
	Commit gitpack.ID
}

// labelTrailer names the label that a commit was made for, and the branch.
const labelTrailer = "TFVC-Label"

// Codes of what is lost of labels.
const (
	lossLabel = "tfvc.label"
	lossMixed = "tfvc.label_mixed"
)

// readLabels looks at the labels that are new or changed, and forgets those that
// are gone.
func (c *converter) readLabels(ctx context.Context, client *azure.Client, project string, observe func(providers.Progress)) error {
	h := c.history
	if c.settings.Labels != tagsWord {
		return nil
	}
	seen := map[int]bool{}
	var todo []azure.Label
	for l, err := range client.Labels(ctx, serverRoot+project) {
		if err != nil {
			return fmt.Errorf("list labels: %w", err)
		}
		seen[l.ID] = true
		if was, ok := h.Labels[l.ID]; !ok || was.Modified != l.Modified.UnixNano() || was.Name != l.Name {
			todo = append(todo, l)
		}
	}
	maps.DeleteFunc(h.Labels, func(id int, _ labelState) bool { return !seen[id] })
	slices.SortFunc(todo, func(a, b azure.Label) int { return cmp.Compare(a.ID, b.ID) })
	for i, l := range todo {
		state, err := c.label(l, client.LabelItems(ctx, l.ID), project)
		if errors.Is(err, errLater) {
			continue // the next run brings it
		}
		if err != nil {
			return fmt.Errorf("label %s: %w", schema.Printable(l.Name), err)
		}
		h.Labels[l.ID] = state
		observe(providers.Progress{Phase: "importing", Done: int64(i + 1), Total: int64(len(todo)), Unit: "labels"})
	}
	return nil
}

// label finds or makes the commits that a label names: in each line with labelled
// files, the commit that has exactly these, or else one of their own.
func (c *converter) label(l azure.Label, items iter.Seq2[azure.Item, error], project string) (labelState, error) {
	state := labelState{Modified: l.Modified.UnixNano(), Name: l.Name, Scope: l.Scope}
	person := personOf(l.Owner, c.settings.address.Host())
	state.Tagger = person.At(l.Modified.Unix(), 0)
	state.Message, _ = conversion.Message([]byte(l.Description))
	if len(state.Message) == 0 {
		state.Message, _ = conversion.Message([]byte(l.Name))
	}
	named := map[int32]*labelled{}
	for item, err := range items {
		if err != nil {
			return state, err
		}
		p, inside, err := relative(item.Path, project)
		switch {
		case err != nil:
			return state, err
		case item.Folder:
			continue
		case !inside:
			c.losses.Add(lossLabel, l.Name, "", "it names items of other projects; they are left out")
			continue
		}
		if err := c.labelItem(named, l, p, item.Version); err != nil {
			return state, err
		}
	}
	for _, i := range slices.SortedFunc(maps.Keys(named), c.byPath) {
		commit, err := c.labelCommit(l, state, i, named[i])
		if err != nil {
			return state, err
		}
		state.Tags = append(state.Tags, labelTag{c.history.Lines[i].Path, commit})
	}
	if len(named) == 0 {
		c.losses.Add(lossLabel, l.Name, "", "it names no file that was converted, and becomes no tag")
	}
	return state, nil
}

// labelled are the files that a label names in one line.
type labelled struct {
	edit *gittree.Edit
	last int // the youngest version
}

// errLater says that a label names what came after the last changeset that is
// converted.
var errLater = errors.New("the label is younger than the conversion")

func (c *converter) labelItem(named map[int32]*labelled, l azure.Label, p string, version int) error {
	h := c.history
	if version > h.last() {
		return errLater
	}
	e, at, ok, err := findPath(c.trees, h.root(version), p)
	i := none
	if ok {
		i = h.lineHolding(p, version)
	}
	switch {
	case err != nil:
		return err
	case i == none || e.Mode.IsDirectory():
		c.losses.Add(lossLabel, l.Name, "", fmt.Sprintf("it names %s in version %d, of which there is no commit", schema.Printable(p), version))
		return nil
	}
	if named[i] == nil {
		named[i] = &labelled{edit: c.trees.Edit(gittree.Empty)}
	}
	named[i].last = max(named[i].last, version)
	return named[i].edit.Set(stored(rest(at, h.Lines[i].Path)), e.Mode, e.ID)
}

// labelCommit returns the first commit with the labelled files, among those that
// there were when the label was made.
func (c *converter) labelCommit(l azure.Label, state labelState, i int32, named *labelled) (gitpack.ID, error) {
	h := c.history
	private, err := named.edit.Write(false)
	if err != nil {
		return gitpack.ID{}, err
	}
	tree, err := c.public.public(private)
	if err != nil {
		return gitpack.ID{}, err
	}
	first := h.commitAt(i, named.last)
	if first != none && h.Commits[first].Tree == tree {
		return h.Commits[first].ID, nil
	}
	made := sort.Search(len(h.Sets), func(k int) bool { return h.Dates[k] > l.Modified.Unix() })
	for _, k := range h.Lines[i].Own {
		known := sort.Search(len(h.Sets), func(n int) bool { return h.Sets[n] >= h.Commits[k].Set })
		if k > first && h.Commits[k].Tree == tree && known < made {
			return h.Commits[k].ID, nil
		}
	}
	c.losses.Add(lossMixed, l.Name, "", "it names files of several versions, or only some of a branch; its tag is on a commit of its own")
	of := conversion.Commit{Tree: tree, Author: state.Tagger, Committer: state.Tagger}
	if first != none {
		of.Parents = []gitpack.ID{h.Commits[first].ID}
	}
	of.Message = fmt.Appendf(slices.Clone(state.Message), "\n%s: %d %q\n", labelTrailer, l.ID, h.Lines[i].Path)
	return c.session.Writer().Put(gitpack.Commit, conversion.EncodeCommit(of))
}

// tagNames gives every tag of every label a name. A label in several branches is
// as many tags, NAME/BRANCH. Of labels with one name in several places, all but
// the first have the place in it.
func (c *converter) tagNames() (names []string, tags map[string]namedTag) {
	h := c.history
	tags = map[string]namedTag{}
	for _, id := range slices.Sorted(maps.Keys(h.Labels)) {
		l := h.Labels[id]
		for _, t := range l.Tags {
			name := l.Name
			if len(l.Tags) > 1 {
				name = join(l.Name, cmp.Or(t.Line, "outside"))
			}
			for _, candidate := range []string{name, name + "@" + l.Scope, fmt.Sprintf("%s@%d", name, id)} {
				if _, taken := tags[candidate]; !taken {
					names = append(names, candidate)
					tags[candidate] = namedTag{l, t}
					break
				}
			}
		}
	}
	return names, tags
}

// namedTag is a tag and its label.
type namedTag struct {
	label labelState
	tag   labelTag
}
