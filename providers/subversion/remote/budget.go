package remote

import (
	"fmt"
	"math"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

const (
	// maxMetadata bounds what the paths and properties of one revision may
	// take in memory. A million files with long names take two thirds of it.
	maxMetadata = 512 << 20

	// overhead is what a node or property takes besides its name and value.
	overhead = 256

	// MaxProp is the longest property value that is read.
	MaxProp = 32 << 20
)

// Budget bounds what the paths and properties of one revision take in memory.
// The zero Budget has spent nothing.
type Budget struct{ spent int }

// Reserve accounts for one more node or property, whose names and values have
// n bytes. It fails when the revision holds too much.
func (b *Budget) Reserve(n int) error {
	b.spent += overhead + n
	if b.spent > maxMetadata {
		return fmt.Errorf("its paths and properties exceed %d MiB", maxMetadata>>20)
	}
	return nil
}

// Held returns about how many bytes of memory a revision takes.
func Held(r *svn.Revision) int64 {
	held := int64(overhead)
	add := func(n int64) { held = min(held, math.MaxInt64-n) + n }
	for name, value := range r.Props {
		add(int64(len(name) + len(value)))
	}
	for _, n := range r.Nodes {
		add(int64(overhead + len(n.Path) + len(n.FromPath)))
		if n.Text != nil {
			add(n.Text.Held())
		}
		if n.Props != nil {
			for name, value := range n.Props.Set {
				add(int64(len(name) + len(value)))
			}
		}
	}
	return held
}
