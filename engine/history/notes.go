package history

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// notesCache bounds the trees of notes that are held, in bytes.
const notesCache = 32 << 20

// noter writes the new form of commits of notes, whose trees name what the notes
// are about. A tree is not read whole but follows from that of the parent: a
// hundred thousand notes are often as many commits.
type noter struct {
	*resolver // of the notes
	main      *resolver
	editor    *editor
	trees     *gittree.Trees
	writer    *gitpack.Writer
	// object returns what became of an object that a note is about.
	object func(gitpack.ID) (gitpack.ID, error)

	rewritten, signatures int64
}

// get returns what a commit became, one of notes or any other.
func (n *noter) get(raw gitpack.ID) (gitpack.ID, bool, error) {
	if _, ok := n.graph.find(raw); ok {
		return n.resolver.get(raw)
	}
	return n.main.get(raw)
}

// convert finds out what every commit of the graph became.
func (n *noter) convert(ctx context.Context) error {
	for _, i := range n.graph.order(nil) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := n.commit(i); err != nil {
			return fmt.Errorf("rewrite notes of commit %s: %w", n.graph.ids[i], err)
		}
	}
	return nil
}

func (n *noter) commit(i int32) error {
	raw := n.graph.ids[i]
	_, data, err := n.store.Read(raw)
	if err != nil {
		return err
	}
	links, ok := parseLinks(data, nil)
	if !ok {
		n.set(i, raw)
		return nil
	}
	tree, err := n.tree(links)
	if err != nil {
		return err
	}
	var failed error
	edited, dropped := n.editor.commit(data, renames{
		tree: func(gitpack.ID) gitpack.ID { return tree },
		object: func(id gitpack.ID) gitpack.ID {
			became, known, err := n.get(id)
			if err != nil {
				failed = err
			}
			if !known {
				return id
			}
			return became
		},
	})
	if failed != nil {
		return failed
	}
	if edited == nil {
		n.set(i, raw)
		return nil
	}
	n.rewritten++
	n.signatures += dropped
	became, err := n.writer.Put(gitpack.Commit, edited)
	n.set(i, became)
	return err
}

// tree returns the new form of the tree of a commit: that of its first parent
// with the same changes, under other names.
func (n *noter) tree(links links) (gitpack.ID, error) {
	before, after := gittree.Empty, gittree.Empty
	if len(links.parents) > 0 {
		parent := links.parents[0]
		became, ok, err := n.get(parent)
		if err != nil {
			return links.tree, err
		}
		if !ok {
			return links.tree, fmt.Errorf("its parent %s is missing", parent)
		}
		if before, err = n.treeOf(parent); err != nil {
			return links.tree, err
		}
		if after, err = n.treeOf(became); err != nil {
			return links.tree, err
		}
	}
	edit := n.trees.Edit(after)
	same := before == after
	var added []gittree.Entry
	for c, err := range n.trees.Diff(before, links.tree) {
		if err != nil {
			return links.tree, err
		}
		path, err := n.rename(c.Path)
		if err != nil {
			return links.tree, err
		}
		same = same && path == c.Path
		if c.New.Mode == 0 {
			if err := edit.Remove(path); err != nil {
				return links.tree, err
			}
			continue
		}
		added = append(added, gittree.Entry{Name: path, Mode: c.New.Mode, ID: c.New.ID})
	}
	if same {
		return links.tree, nil
	}
	for _, e := range added { // after what has to make room for them
		if err := edit.Set(e.Name, e.Mode, e.ID); err != nil {
			return links.tree, err
		}
	}
	return edit.Write(false)
}

func (n *noter) treeOf(commit gitpack.ID) (gitpack.ID, error) {
	_, data, err := n.writer.Read(commit)
	if err != nil {
		return gitpack.ID{}, err
	}
	links, ok := parseLinks(data, nil)
	if !ok {
		return gittree.Empty, nil
	}
	return links.tree, nil
}

// rename returns the path of a note: the id of what it is about, divided by
// slashes in the same places. Other paths stay.
func (n *noter) rename(path string) (string, error) {
	digits := strings.ReplaceAll(path, "/", "")
	id, err := gitpack.ParseID(digits)
	if err != nil || digits != id.String() {
		return path, nil
	}
	became, err := n.object(id)
	if err != nil || became == id {
		return path, err
	}
	renamed := []byte(path)
	rest := became.String()
	for i, c := range renamed {
		if c != '/' {
			renamed[i], rest = rest[0], rest[1:]
		}
	}
	return string(renamed), nil
}
