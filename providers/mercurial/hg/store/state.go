package store

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// readState reads what is kept besides the logs: bookmarks, tags, phases and
// what makes changesets obsolete.
func (r *Repository) readState() error {
	from := r.control
	for _, requirement := range r.requirements {
		if requirement == "bookmarksinstore" {
			from = r.store
		}
	}
	lines, err := readLines(from, "bookmarks")
	if err != nil {
		return err
	}
	if r.bookmarks, err = r.names(lines); err != nil {
		return fmt.Errorf("read bookmarks: %w", err)
	}
	if lines, err = readLines(r.control, "localtags"); err != nil {
		return err
	}
	if r.localTags, err = r.names(lines); err != nil {
		return fmt.Errorf("read local tags: %w", err)
	}
	roots, err := r.phaseRoots()
	if err != nil {
		return fmt.Errorf("read phases: %w", err)
	}
	r.phases = hg.Phases(r.changelog, roots)
	data, err := readSmall(r.store, "obsstore")
	if err != nil {
		return err
	}
	obsolete, err := hg.Obsolete(data)
	if err != nil {
		return fmt.Errorf("read obsolete markers: %w", err)
	}
	pinned, err := r.pinned()
	if err != nil {
		return err
	}
	r.hidden = hg.Hidden(r.changelog, r.phases, r.numbers(obsolete), pinned)
	return nil
}

// names reads lines of NODE NAME. Nodes that the repository does not have are
// left out, as Mercurial does, and so is the null node.
func (r *Repository) names(lines []string) (map[string]hg.Node, error) {
	names := map[string]hg.Node{}
	for _, line := range lines {
		digits, name, ok := strings.Cut(line, " ")
		if name = strings.TrimSpace(name); !ok || name == "" {
			continue
		}
		node, err := hg.ParseNode(digits)
		if err != nil {
			return nil, err
		}
		delete(names, name) // the last line is the one that holds
		if _, known := r.changelog.Find(node); known {
			names[name] = node
		}
	}
	return names, nil
}

// phaseRoots reads lines of PHASE NODE.
func (r *Repository) phaseRoots() (map[int]hg.Phase, error) {
	lines, err := readLines(r.store, "phaseroots")
	if err != nil {
		return nil, err
	}
	roots := map[int]hg.Phase{}
	for _, line := range lines {
		number, digits, _ := strings.Cut(line, " ")
		phase, ok := map[string]hg.Phase{"0": hg.Public, "1": hg.Draft, "2": hg.Secret, "32": hg.Archived, "96": hg.Internal}[number]
		if !ok {
			return nil, fmt.Errorf("%w: the unknown phase %q", hg.ErrCorrupt, number)
		}
		node, err := hg.ParseNode(strings.TrimSpace(digits))
		if err != nil {
			return nil, err
		}
		if i, known := r.changelog.Find(node); known {
			roots[i] = max(roots[i], phase)
		}
	}
	return roots, nil
}

// pinned are the changesets that stay visible although they are obsolete:
// those that bookmarks, local tags and the working folder point at.
func (r *Repository) pinned() (map[int]bool, error) {
	parents, err := r.workingParents()
	if err != nil {
		return nil, err
	}
	pinned := r.numbers(parents)
	for _, names := range []map[string]hg.Node{r.bookmarks, r.localTags} {
		for _, node := range names {
			if i, ok := r.changelog.Find(node); ok {
				pinned[i] = true
			}
		}
	}
	return pinned, nil
}

// numbers are those of the nodes that the repository has.
func (r *Repository) numbers(nodes []hg.Node) map[int]bool {
	numbers := map[int]bool{}
	for _, n := range nodes {
		if i, ok := r.changelog.Find(n); ok {
			numbers[i] = true
		}
	}
	return numbers
}

// dirstateV2 begins a dirstate whose nodes have room for 32 bytes.
const dirstateV2 = "dirstate-v2\n"

func (r *Repository) workingParents() ([]hg.Node, error) {
	f, err := readHead(r.control, "dirstate", len(dirstateV2)+2*32)
	if err != nil {
		return nil, err
	}
	size := 20
	if rest, ok := bytes.CutPrefix(f, []byte(dirstateV2)); ok {
		f, size = rest, 32
	}
	if len(f) < 2*size {
		return nil, nil // no dirstate: nothing is checked out
	}
	return []hg.Node{hg.Node(f[:20]), hg.Node(f[size : size+20])}, nil
}
