package mercurial

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// The namespaces of refs.
const (
	branchRefs  = "refs/heads/"
	tagRefs     = "refs/tags/"
	archiveRefs = "refs/archive/"
)

// refs is what the heads, bookmarks and tags of a history are called in git.
type refs struct {
	commits map[string]gitpack.ID
	head    string // the branch that HEAD names; "" when there is none
	losses  []schema.Loss
}

// refNamer gives names. The order in which it is asked decides who gets a name
// that several want: first the branch default, then named branches, then
// bookmarks, then further heads.
type refNamer struct {
	table  *table
	heads  map[string][]int          // of each branch
	wanted map[string]map[string]int // namespace to name to changeset
	losses []schema.Loss
}

// nameRefs decides what every head, bookmark and tag is called.
func nameRefs(t *table, s settings, bookmarks map[string]hg.Node, tags []liveTag) refs {
	n := &refNamer{table: t, heads: t.branchHeads(), wanted: map[string]map[string]int{}}
	names := n.branches(s)
	main := names[hg.DefaultBranch]
	if s.Bookmarks == asBranches {
		n.bookmarks(bookmarks)
	}
	n.furtherHeads(s, names)
	n.tags(tags)
	return n.refs(main)
}

// branches names the tip of each branch, and returns what each branch whose
// tip is a branch of git is called there.
func (n *refNamer) branches(s settings) map[string]string {
	order := slices.Sorted(maps.Keys(n.heads))
	if i := slices.Index(order, hg.DefaultBranch); i > 0 {
		order = slices.Concat(order[i:i+1], order[:i], order[i+1:])
	}
	names := map[string]string{}
	for _, branch := range order {
		tip, open := n.tip(n.heads[branch])
		name := branch
		if branch == hg.DefaultBranch {
			name = s.DefaultBranch
		}
		switch {
		case open || s.ClosedBranches == kept:
			names[branch] = n.want(branchRefs, name, "branch", tip)
		case s.ClosedBranches == asArchive:
			n.want(archiveRefs+"closed/", name, "branch", tip)
		default:
			n.lose("mercurial.branch.closed", branch, tip, "the closed branch was left out, because closed_branches says so")
		}
	}
	return names
}

// tip is what Mercurial takes for the tip of a branch: the last of its open
// heads or, when all are closed, the last.
func (n *refNamer) tip(heads []int) (tip int, open bool) {
	for _, i := range slices.Backward(heads) {
		if !n.table.rows[i].closed {
			return i, true
		}
	}
	return heads[len(heads)-1], false
}

func (n *refNamer) bookmarks(bookmarks map[string]hg.Node) {
	for _, name := range slices.Sorted(maps.Keys(bookmarks)) {
		i, found := n.table.log.Find(bookmarks[name])
		if !found || !n.table.rows[i].exported {
			n.losses = append(n.losses, schema.Loss{Code: "mercurial.bookmark", Ref: schema.Printable(name), Revision: bookmarks[name].String(), Count: 1,
				Message: "the bookmark was left out, because its changeset is secret, obsolete or not there"})
			continue
		}
		if at, taken := n.wanted[branchRefs][name]; taken && at == i {
			continue // a branch of the same name leads there
		}
		n.want(branchRefs, name, "bookmark", i)
	}
}

// furtherHeads names the heads of each branch besides its tip, unless a
// bookmark names them.
func (n *refNamer) furtherHeads(s settings, names map[string]string) {
	bookmarked := map[int]bool{}
	for _, i := range n.wanted[branchRefs] {
		bookmarked[i] = true
	}
	for _, branch := range slices.Sorted(maps.Keys(n.heads)) {
		tip, _ := n.tip(n.heads[branch])
		for _, i := range n.heads[branch] {
			if i == tip || bookmarked[i] {
				continue
			}
			name := branch
			if branch == hg.DefaultBranch {
				name = s.DefaultBranch
			}
			if known := names[branch]; known != "" {
				name = known
			}
			name = fmt.Sprintf("%s-%.12s", name, n.node(i))
			where, code := s.Heads, "mercurial.head"
			if n.table.rows[i].closed {
				where, code = s.ClosedBranches, "mercurial.head.closed"
			}
			switch {
			case where == dropped:
				n.lose(code, branch, i, "a head of the branch besides its tip was left out, because the settings say so")
			case where == asArchive && n.table.rows[i].closed:
				n.want(archiveRefs+"closed/", name, "head", i)
			case where == asArchive:
				n.want(archiveRefs+"heads/", name, "head", i)
			default:
				n.want(branchRefs, name, "head", i)
			}
		}
	}
}

func (n *refNamer) tags(tags []liveTag) {
	for _, tag := range tags {
		i, found := n.table.log.Find(tag.node)
		if !found || !n.table.rows[i].exported {
			n.losses = append(n.losses, schema.Loss{Code: "mercurial.tag", Ref: schema.Printable(tag.name), Revision: tag.node.String(), Count: 1,
				Message: "the tag was left out, because its changeset is secret, obsolete or not there"})
			continue
		}
		n.want(tagRefs, tag.name, "tag", i)
	}
}

// want asks for a name in a namespace. When somebody has it, what it names is
// appended until it is free.
func (n *refNamer) want(namespace, name, what string, i int) string {
	names := n.wanted[namespace]
	if names == nil {
		names = map[string]int{}
		n.wanted[namespace] = names
	}
	free := name
	for at, taken := names[free]; taken; at, taken = names[free] {
		if at == i && what == "head" {
			return free
		}
		free += "-" + what
	}
	names[free] = i
	if free != name {
		n.losses = append(n.losses, schema.Loss{Code: "mercurial.name", Ref: schema.Printable(name), Revision: n.node(i).String(), Count: 1,
			Message: fmt.Sprintf("the %s is called %s, because something else has its name", what, schema.Printable(free))})
	}
	return free
}

func (n *refNamer) node(i int) hg.Node { return n.table.log.Entry(i).Node }

func (n *refNamer) lose(code, branch string, i int, message string) {
	n.losses = append(n.losses, schema.Loss{Code: code, Ref: schema.Printable(branch), Revision: n.node(i).String(), Message: message, Count: 1})
}

// refs turns wanted names into those that git can hold.
func (n *refNamer) refs(main string) refs {
	r := refs{commits: map[string]gitpack.ID{}}
	newest := -1
	for _, namespace := range slices.Sorted(maps.Keys(n.wanted)) {
		wanted := n.wanted[namespace]
		full := conversion.RefNames(namespace, slices.Sorted(maps.Keys(wanted)))
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			i, ref := wanted[name], full[name]
			r.commits[ref] = n.table.rows[i].commit
			if ref != namespace+name {
				n.losses = append(n.losses, schema.Loss{Code: "mercurial.name", Ref: ref, Revision: n.node(i).String(), Count: 1,
					Message: fmt.Sprintf("%s is called %s, because git cannot have it by its own name", schema.Printable(name), schema.Printable(ref))})
			}
			// Without a branch default, HEAD is the branch that changed last.
			if namespace == branchRefs && (name == main || main == "" && i > newest) {
				r.head, newest = ref, i
			}
		}
	}
	r.losses = n.losses
	return r
}
