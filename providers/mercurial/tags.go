package mercurial

import (
	"bytes"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// tagsFile is where Mercurial keeps the tags of everybody.
const tagsFile = ".hgtags"

// tagSet is what the .hgtags files of several heads say together: for each
// name the changeset that it means, and those that it meant before.
type tagSet map[string]tagged

type tagged struct {
	node    hg.Node   // null: the tag was removed
	history []hg.Node // what it meant before, oldest first
}

// parseTags reads one .hgtags file. The last line about a name counts; lines
// that make no sense are passed over, as Mercurial does.
func parseTags(text []byte) tagSet {
	set := tagSet{}
	for line := range bytes.Lines(text) {
		digits, name, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		if !ok {
			continue
		}
		node, err := hg.ParseNode(string(digits))
		if err != nil {
			continue
		}
		key := string(bytes.TrimSpace(name))
		tag, known := set[key]
		if known {
			tag.history = append(tag.history, tag.node)
		}
		tag.node = node
		set[key] = tag
	}
	return set
}

// merge adds what the .hgtags of a later head says, by the rule of Mercurial:
// the later head wins, unless its meaning is one that the earlier heads knew
// and left behind.
func (s tagSet) merge(later tagSet) {
	for name, tag := range later {
		earlier, known := s[name]
		if !known {
			s[name] = tag
			continue
		}
		merged := tagged{node: tag.node, history: slices.Clone(tag.history)}
		if earlier.node != tag.node && slices.Contains(earlier.history, tag.node) &&
			(!slices.Contains(tag.history, earlier.node) || len(earlier.history) > len(tag.history)) {
			merged.node = earlier.node
		}
		// A meaning that comes twice in the earlier history stays twice: the
		// lengths that are compared above count it so.
		for _, node := range earlier.history {
			if !slices.Contains(tag.history, node) {
				merged.history = append(merged.history, node)
			}
		}
		s[name] = merged
	}
}

// live yields the tags that were not removed, by name.
func (s tagSet) live() []liveTag {
	var live []liveTag
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if node := s[name].node; name != "" && !node.IsNull() {
			live = append(live, liveTag{name, node})
		}
	}
	return live
}

type liveTag struct {
	name string
	node hg.Node
}
